"""What lies on points that move goes with them: symbols at cells, names at the medians of groups."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.chrome.followed import FollowedCells, FollowedGroups, sampled
from gpuanim.film import State

SIZE = (240, 180)
LIMITS = {"xlim": (-4, 4), "ylim": (-3, 3), "size": SIZE}
STAR = "#ff00ff"


@pytest.fixture(scope="module")
def moving():
    """Return (steps, n, 2) of points in two groups that pass by each other."""
    rng = np.random.default_rng(0)
    start = rng.normal(scale=0.2, size=(200, 2)) + np.repeat([[-2, -1], [2, 1]], 100, axis=0)
    return np.stack([start + np.repeat([[1, 0], [-1, 0]], 100, axis=0) * t for t in range(4)])


def middle(frame, color):
    """Return where in a frame, in units of the data, pixels of a colour are; None for none."""
    y, x = np.nonzero((np.abs(frame.astype(int) - color) < 40).all(-1))
    if not len(x):
        return None
    return (x.mean() + 0.5) / 30 - 4, 3 - (y.mean() + 0.5) / 30


def test_symbols_go_with_their_cells(moving):
    star = ga.Highlight([0], marker="s", color=STAR, size=60)
    film = ga.animate(
        moving, np.zeros(200), highlight=star, cmap=["white"], tween="linear", n_frames=7, **LIMITS
    )
    for frame, place in zip(film.frames(), np.linspace(moving[0, 0], moving[3, 0], 7), strict=True):
        assert middle(frame, (255, 0, 255)) == pytest.approx(tuple(place), abs=0.05)


def test_symbols_of_points_that_are_not_there_are_not_either(moving):
    star = ga.Highlight([0, 100], marker="s", color=STAR)
    there = np.ones((4, 200), bool)
    there[1, [0, 100]] = there[2, 0] = False
    options = {"highlight": star, "cmap": ["white"], **LIMITS}
    for film in (
        ga.animate(moving, np.zeros(200), present=there, **options),
        ga.animate(np.where(there[..., None], moving, np.nan), np.zeros(200), present="finite", **options),
    ):
        found = [middle(frame, (255, 0, 255)) for frame in film.frames()]
        assert [place is None for place in found] == [False, True, False, False]
        assert found[2] == pytest.approx(tuple(moving[2, 100]), abs=0.05)


def test_symbols_of_still_points_come_and_go(moving):
    star = ga.Highlight([0], marker="s", color=STAR)
    there = np.ones((3, 200), bool)
    there[1, 0] = False
    film = ga.animate(moving[0], np.zeros(200), present=there, highlight=star, cmap=["white"], **LIMITS)
    assert [middle(frame, (255, 0, 255)) is None for frame in film.frames()] == [False, True, False]


@pytest.mark.parametrize("columns", [2, 3])
def test_symbols_go_with_cells_and_camera(moving, columns):
    star = ga.Highlight([0], marker="s", color=STAR, size=60)
    places = moving if columns == 2 else np.concatenate([moving, np.zeros((4, 200, 1))], axis=2)
    camera = [ga.Shot.all(), ga.Shot.box((-3, 1), (-2, 1))] if columns == 2 else ga.Orbit()
    film = ga.animate(places, np.zeros(200), highlight=star, cmap=["white"], camera=camera, size=SIZE)
    found = [middle(frame, (255, 0, 255)) for frame in film.frames()]
    assert all(a != b for a, b in pairwise(found))


def test_the_rest_is_grey_and_below_where_points_move(moving):
    picked = np.arange(200) >= 100
    groups = np.where(picked, "b", "a")
    options = {"palette": ["#ff0000", "#0000ff"], "antialias": False, "s": 300, **LIMITS}
    film = ga.animate(moving, groups, highlight=ga.Highlight(picked, rest="#00ff00"), **options)
    for frame in film.frames():
        colors = {tuple(color) for color in frame.reshape(-1, 3).tolist()}
        assert colors == {(255, 255, 255), (0, 255, 0), (0, 0, 255)}
    order = film._film.clouds[0].order
    assert order[:100].tolist() == list(range(100))


def test_reductions_of_moving_points_have_symbols(moving):
    star = ga.Highlight([0], marker="s", color=STAR, size=60)
    film = ga.animate(moving, np.zeros(200), blend="count", vmin=1, vmax=9, highlight=star, **LIMITS)
    places = [middle(frame, (255, 0, 255)) for frame in film.frames()]
    assert places[3] == pytest.approx(tuple(moving[3, 0]), abs=0.05)


def names(film, frame):
    """Return where the names on the data are seen in a frame, in units of the data."""
    shown = film.frame(frame)
    dark = (shown.max(-1) < 60).nonzero()
    return dark[1].mean() / 30 - 4, 3 - dark[0].mean() / 30


def test_names_go_with_the_medians_of_their_groups(moving):
    labels = np.repeat(["one", "two"], 100)
    only = np.where(labels == "one", "one", None)
    film = ga.animate(
        moving, only, categories=["one"], legend="on data", palette=["#ffd0d0"], na_color="#d0d0ff", **LIMITS
    )
    for frame in range(4):
        assert names(film, frame) == pytest.approx(tuple(np.median(moving[frame, :100], axis=0)), abs=0.2)
    film = ga.animate(moving, labels, legend="on data", **LIMITS)
    assert len(film._film.stage.panels[0].key.members) == 2


def test_names_of_groups_that_come_later(moving):
    labels = np.repeat(["one", "two"], 100)
    there = np.ones((4, 200), bool)
    there[0, :100] = False
    places = np.where(there[..., None], moving, np.nan)
    options = {"legend": "on data", "palette": ["#ffd0d0", "#d0d0ff"], **LIMITS}
    film = ga.animate(places, labels, present="finite", **options)
    dark = [(frame.max(-1) < 60).sum() for frame in film.frames()]
    assert 0 < dark[0] < 0.8 * dark[1]


def test_names_need_groups_that_are_known(moving):
    steps = (np.zeros(200, int) for _ in range(4))
    with pytest.raises(ga.OptionError, match="needs values whose last step is known"):
        ga.animate(moving, steps, categories=["one"], legend="on data", **LIMITS)


def moment(coords, shares=None):
    return ga.Moment(0, 1, 0, 1, 0.0, states=(State(coords, np.empty(0), True, shares=shares),))


def test_places_by_hand():
    coords = np.array([[0.0, 0], [1, 2], [3, 2], [np.nan, np.nan]])
    cells = FollowedCells(np.array([2, 0]), 0)
    assert cells(moment(coords)).tolist() == [[3, 2], [0, 0]]
    shares = np.array([0, 1, 0.5, 0], np.float32)
    np.testing.assert_array_equal(cells(moment(coords, shares)), [[3, 2], [np.nan, np.nan]])
    groups = FollowedGroups((np.array([0, 1, 2]), np.array([3])), 0)
    np.testing.assert_array_equal(groups(moment(coords)), [[1, 2], [np.nan, np.nan]])
    np.testing.assert_array_equal(groups(moment(coords, shares)), [[2, 2], [np.nan, np.nan]])


def test_few_cells_stand_for_many():
    assert sampled(np.arange(5)).tolist() == [0, 1, 2, 3, 4]
    some = sampled(np.arange(10_000))
    assert len(some) == len(set(some.tolist())) == 2000
    np.testing.assert_array_equal(some, sampled(np.arange(10_000)))
