"""Isolated points grow until they can be seen; crowded ones stay as they are."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

import gpuanim as ga
from gpuanim.errors import OptionError
from gpuanim.spreading import Spread, as_spread

BOX = (10.0, 20.0, 400.0, 300.0)


def reference(x, y, diameter, spread, box=BOX):
    """Return what the docstring says, by a tree."""
    points = np.stack([x, y], 1).astype(np.float64)
    inside = (x >= box[0]) & (x < box[0] + box[2]) & (y >= box[1]) & (y < box[1] + box[3])
    reach = cKDTree(points).query(points, spread.neighbours + 1)[0][:, -1]  # inf where there are too few
    grown = np.minimum(2 * reach * (0.35 / spread.neighbours) ** 0.5, spread.most * min(box[2:]))
    return np.maximum(np.where(inside, grown, 0), diameter)


@given(st.integers(1, 600), st.integers(1, 12), st.floats(0.004, 0.1), st.floats(0.5, 6), st.integers(0, 10))
def test_is_the_distance_to_the_kth_neighbour(n, k, most, diameter, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(200, rng.choice([5, 40, 200]), n).astype(np.float32)
    y = rng.normal(170, rng.choice([5, 40, 200]), n).astype(np.float32)
    spread = Spread(k, most)
    grown = spread.grow(x, y, diameter, BOX)
    assert grown.dtype == np.float32
    np.testing.assert_allclose(grown, reference(x, y, diameter, spread), rtol=1e-5)


def test_each_point_keeps_its_own_size_at_least():
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(10, 310, (2, 500))).astype(np.float32)
    diameter = rng.uniform(1, 8, 500).astype(np.float32)
    grown = Spread(most=0.02).grow(x, y, diameter, BOX)
    np.testing.assert_allclose(grown, reference(x, y, diameter, Spread(most=0.02)), rtol=1e-5)
    assert (grown >= diameter).all()
    assert (grown > diameter).any()


def test_nothing_grows_beyond_the_largest_size():
    x = y = np.array([100.0, 200.0], np.float32)
    assert Spread(1, 0.01).grow(x, y, 3.5, BOX).tolist() == [3.5, 3.5]
    assert Spread(1, 0.01).grow(x, y, 1.5, BOX).tolist() == [3.0, 3.0]


def test_grown_discs_cover_a_third_of_the_place():
    x, y = np.random.default_rng(0).uniform(-100, 900, (2, 5000)).astype(np.float32)
    grown = Spread(most=0.1).grow(x, y, 0.1, (0.0, 0.0, 800.0, 800.0))
    assert np.pi / 4 * np.square(grown).sum() / 800**2 == pytest.approx(0.35, rel=0.05)


def test_lone_points_grow_while_a_crowd_stays():
    rng = np.random.default_rng(0)
    crowd = rng.normal(300, 8, (20_000, 2))
    lone = rng.uniform(10, 310, (300, 2))
    x, y = np.concatenate([crowd, lone]).T.astype(np.float32)
    grown = Spread().grow(x, y, 1.0, (0.0, 0.0, 800.0, 800.0))
    assert np.mean(grown[:20_000] == 1) > 0.95
    assert np.mean(grown[20_000:] == np.float32(4)) > 0.9


def test_a_million_points_take_a_third_of_a_second():
    x, y = np.random.default_rng(0).uniform(0, 1080, (2, 1_000_000)).astype(np.float32)
    box = (0.0, 0.0, 1080.0, 1080.0)
    Spread().grow(x[:10], y[:10], 1.5, box)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        Spread().grow(x, y, 1.5, box)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 3  # 0.3 on two idle cores


def test_film_with_spread_shows_lone_points_better():
    rng = np.random.default_rng(0)
    coords = np.concatenate([rng.normal(size=(20_000, 2)) * 0.05, [[1, 1], [-1, -1]]])
    options = {"size": (400, 400), "cmap": ["black", "black"]}
    plain = ga.animate(coords, [coords[:, 0]], **options)
    grown = ga.animate(coords, [coords[:, 0]], spread=Spread(most=0.02), **options)
    corner = np.s_[:60, 340:]
    ink = [(255 - film.frame(0)[corner].astype(int)).sum() for film in (plain, grown)]
    assert ink[0] * 4 < ink[1]
    middle = np.s_[190:210, 190:210]
    assert np.array_equal(plain.frame(0)[middle], grown.frame(0)[middle])
    assert _metadata(grown)["spread"] == "Spread(neighbours=8, most=0.02)"
    assert _metadata(grown)["diameter"][2] == pytest.approx(8)
    assert _metadata(plain)["spread"] == "None"


def _metadata(film):
    from gpuanim.film import Fits, Timings
    from gpuanim.frames import PixelFormat

    plan = film._plan((PixelFormat.RGB24,), Fits(film._film, Timings()))
    return film._described(plan, None).spec.metadata


def test_words():
    assert as_spread(True) == Spread()
    assert as_spread(None) is as_spread(False) is None
    assert as_spread(Spread(3)) == Spread(3)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: as_spread("yes"), "spread must be True, False or a gpuanim.Spread, not 'yes'"),
        (lambda: Spread(0), "neighbours must be a whole number from 1 to 64, not 0"),
        (lambda: Spread(2.5), "not 2.5"),
        (lambda: Spread(True), "not True"),
        (lambda: Spread(most=0), "most must be a share above 0 and up to 0.1, not 0"),
        (lambda: Spread(most=float("nan")), "not nan"),
    ],
)
def test_what_cannot_be_used(make, text):
    with pytest.raises(OptionError, match=text):
        make()


def test_moving_points_do_not_spread():
    with pytest.raises(OptionError, match="spread needs points that stand still"):
        ga.animate(np.zeros((2, 5, 2)), [np.zeros(5)], spread=True)
