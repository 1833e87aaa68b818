"""Sizes and opacities that fit: the rules, their bounds, and the same look at any resolution."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.autosize import FAINTEST, Crowd, auto_alpha, auto_diameter

BOX = (0.0, 0.0, 800.0, 800.0)


def scattered(n, side=800.0, seed=0):
    x, y = np.random.default_rng(seed).uniform(0, side, (2, n)).astype(np.float32)
    return x, y


# ---- the rule


def test_one_point_in_each_cell_is_counted_as_it_is():
    x, y = (grid.ravel().astype(np.float32) for grid in np.meshgrid(*[np.arange(8) * 100 + 50] * 2))
    crowd = Crowd.of(x, y, BOX)  # 64 points: 8 x 8 cells of 100 pixels
    assert crowd == Crowd(1e-4, 1e-4)
    assert auto_diameter(crowd, BOX) == 0.03 * 800  # 138 pixels would fit
    assert auto_diameter(Crowd(0.01, 0.01), BOX) == pytest.approx((4 * 1.5 / np.pi / 0.01) ** 0.5)


def test_crowded_places_and_typical_ones():
    # 20 points: 90 % of them are in one cell, the others alone.
    x = np.array([50.0] * 18 + [250.0, 450.0], np.float32)
    crowd = Crowd.of(x, np.full(20, 50.0, np.float32), BOX)
    assert crowd == Crowd(18e-4, 18e-4)


def test_discs_cover_two_thirds_of_points_scattered_at_random():
    x, y = scattered(50_000)
    diameter = auto_diameter(Crowd.of(x, y, BOX), BOX)
    ink = 50_000 * np.pi / 4 * diameter**2 / 800**2
    assert 1 - np.exp(-ink) == pytest.approx(0.67, abs=0.02)


def test_far_outliers_do_not_count():
    x, y = scattered(20_000, 200.0)
    crowd = Crowd.of(x, y, BOX)
    lone = np.linspace(300, 799, 200, dtype=np.float32)
    with_outliers = Crowd.of(np.concatenate([x, lone]), np.concatenate([y, lone]), BOX)
    assert with_outliers.typical == pytest.approx(crowd.typical, rel=0.1)


def test_a_zoomed_view_counts_the_points_that_it_shows():
    x, y = scattered(50_000)
    zoomed = Crowd.of(x * 4, y * 4, BOX)
    assert zoomed.typical == pytest.approx(Crowd.of(x, y, BOX).typical / 16, rel=0.2)
    assert Crowd.of(x + 1000, y, BOX) == Crowd(0.0, 0.0)
    assert auto_diameter(Crowd(0.0, 0.0), BOX) == 0.03 * 800


@given(st.integers(1, 5000), st.floats(0.01, 4), st.integers(0, 5))
def test_laws(n, scale, seed):
    rng = np.random.default_rng(seed)
    x, y = (rng.beta(2, 2, (2, n)) * 800).astype(np.float32)
    crowd = Crowd.of(x, y, BOX)
    shuffled = rng.permutation(n)
    assert Crowd.of(x[shuffled], y[shuffled], BOX) == crowd
    assert crowd.typical > 0
    diameter = auto_diameter(crowd, BOX)
    assert 800 / 720 <= diameter <= 24
    assert FAINTEST <= auto_alpha(crowd, diameter) <= 1
    larger = (0.0, 0.0, 800 * scale, 800 * scale)
    same = auto_diameter(Crowd(crowd.typical / scale**2, crowd.crowded / scale**2), larger)
    assert same == pytest.approx(diameter * scale)


def test_crowded_places_are_nine_tenths_opaque():
    crowd = Crowd(typical=0.1, crowded=1.0)
    depth = np.pi / 4 * 3**2
    assert 1 - (1 - auto_alpha(crowd, 3.0)) ** depth == pytest.approx(0.9)
    assert auto_alpha(crowd, 1.0) == 1.0  # less than one disc at each place
    assert auto_alpha(Crowd(1, 1000), 3.0) == FAINTEST
    mixed = np.array([1.0, 5**0.5], np.float32)
    assert auto_alpha(crowd, mixed) == pytest.approx(auto_alpha(crowd, 3**0.5))


# ---- in films


def test_auto_is_the_default_and_what_none_means():
    coords = np.random.default_rng(0).normal(size=(300, 2))
    first, second, third = (
        ga.animate(coords, [coords[:, 0]], size=(120, 90), **options).frame(0)
        for options in ({}, {"s": None}, {"s": "auto"})
    )
    assert np.array_equal(first, second)
    assert np.array_equal(first, third)


def test_the_result_and_the_file_say_what_was_chosen(tmp_path):
    coords = np.random.default_rng(0).normal(size=(3000, 2))
    film = ga.animate(coords, [coords[:, 0]], size=(160, 120), alpha="auto")
    result = film.save(tmp_path / "film.mp4")
    assert 1 <= result.facts["diameter"] <= 0.03 * 120
    assert FAINTEST <= result.facts["opacity"] < 1
    plan = film._described(film._plan(*_any_plan(film)), None)
    assert plan.spec.metadata["s"] == plan.spec.metadata["alpha"] == "auto"
    assert plan.spec.metadata["diameter"] == result.facts["diameter"]
    assert plan.spec.metadata["opacity"] == result.facts["opacity"]


def _any_plan(film):
    from gpuanim.film import Fits, Timings
    from gpuanim.frames import PixelFormat

    return (PixelFormat.RGB24,), Fits(film._film, Timings())


def test_moving_points_fit_by_their_first_step():
    coords = np.random.default_rng(0).normal(size=(2, 500, 2))
    options = {"size": (200, 200), "xlim": (-4, 4), "ylim": (-4, 4), "alpha": "auto"}
    moving = ga.animate(coords, [coords[0, :, 0]], **options)
    still = ga.animate(coords[0], [coords[0, :, 0]], **options)
    assert np.array_equal(moving.frame(0), still.frame(0))


@pytest.mark.parametrize("size", [(1280, 720), (160, 90), (24, 18)])
@pytest.mark.parametrize("alpha", [1.0, "auto"])
def test_a_point_never_vanishes(size, alpha):
    rng = np.random.default_rng(0)
    crowd = rng.normal(size=(50_000, 2)) * 0.02
    lone = np.array([[1, 1], [-1, 0.913], [0.531, -1], [-0.777, -0.777]])
    coords = np.concatenate([crowd, lone])
    options = {"size": size, "cmap": ["black", "black"], "aspect": "auto", "alpha": alpha}
    picture = ga.animate(coords, [np.zeros(len(coords))], **options).frame(0)
    places = np.rint((lone * (1, -1) / 2.2 + 0.5) * size).astype(int)
    for x, y in places:
        near = picture[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3]
        assert near.min() < 250


def real(path):
    with h5py.File(path) as file:
        coords = file["obsm"]["X_umap"][:, :2]
    coords = coords[np.isfinite(coords).all(1)]
    angle = np.arctan2(*(coords - np.median(coords, 0)).T)
    return coords, angle + np.random.default_rng(0).normal(0, 0.5, len(coords)).astype(np.float32)


@pytest.fixture(params=["pbmc68k", "arxiv_ml_umap_118k.h5ad", "cord19_umap_517k.h5ad"])
def atlas(request, shared_data):
    if request.param == "pbmc68k":
        coords = np.asarray(request.getfixturevalue("pbmc68k").obsm["X_umap"])
        return coords, coords[:, 0]
    return real(shared_data(request.param))


@pytest.mark.parametrize("options", [{}, {"alpha": "auto"}, {"spread": True}])
def test_720p_1080p_and_4k_look_the_same_from_afar(atlas, options):
    coords, values = atlas
    film = ga.animate(coords, [values], size=(1280, 720), **options)
    small = []
    for dpi, factor in ((100, 4), (150, 6), (300, 12)):
        picture = film.frame(0, dpi=dpi)
        height, width, _ = picture.shape
        blocks = picture.reshape(height // factor, factor, width // factor, factor, 3)
        small.append(blocks.mean((1, 3), dtype=np.float32))
    inked = (small[2] < 250).any(-1)
    assert inked.mean() > 0.02
    for picture in small[:2]:
        differ = np.abs(picture - small[2])[inked]
        assert differ.mean() < 3  # of 255: opaque discs are composited pixel by pixel
        assert np.percentile(differ, 99) < 20


def test_sizes_are_found_once_for_all_targets(tmp_path, monkeypatch):
    import gpuanim.film

    calls, sized = [], gpuanim.film.sized

    def counted(*args):
        calls.append(args)
        return sized(*args)

    monkeypatch.setattr("gpuanim.film.sized", counted)
    film = ga.animate(np.random.default_rng(0).normal(size=(50, 2)), np.zeros((2, 50)), size=(64, 48))
    film.save([tmp_path / "a.mp4", tmp_path / "a.gif", tmp_path / "a.webm"])
    assert len(calls) == 1
