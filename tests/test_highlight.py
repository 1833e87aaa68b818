"""What stands out: which cells, in which order, in which colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.errors import OptionError, ShapeError
from gpuanim.highlight import Highlight, as_highlights, emphasise, picked_cells, with_halos
from gpuanim.raster._base import Points
from gpuanim.values.emphasis import STRENGTHS, Emphasis, Rows, WithPrevious
from gpuanim.values.normalize import Linear
from gpuanim.values.sources import as_source
from gpuanim.verbs._cloud import emphasised

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
WHITE, BLACK = np.full(3, 255, np.uint8), np.zeros(3, np.uint8)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [([3, 0, 3], [0, 3]), (np.array([True, False, False, True]), [0, 3]), (2, [2]), ([], [])],
)
def test_cells_are_positions_or_a_mask(cells, expected):
    assert picked_cells(Highlight(cells=cells, rest=True), SQUARE).tolist() == expected


def test_a_lasso_picks_what_lies_in_it():
    lasso = [(-0.5, -0.5), (0.5, -0.5), (0.5, 2.0), (-0.5, 2.0)]
    assert picked_cells(Highlight(lasso=lasso), SQUARE).tolist() == [0, 2]


def test_the_rest_lies_below_and_highlights_above_in_their_order():
    found = emphasise(
        [Highlight(cells=[0], rest=True, outline=True), Highlight(cells=[2], outline="red")],
        SQUARE,
        None,
        WHITE,
    )
    assert found.order.tolist() == [1, 3, 0, 2]
    assert found.faded is not None
    assert found.faded.tolist() == [False, True, False, True]
    assert [(h.cells.tolist(), h.below, round(h.scale, 2)) for h in found.halos] == [
        ([0], 2, 1.7), ([0], 2, 1.1), ([2], 3, 1.7), ([2], 3, 1.1),
    ]  # fmt: skip
    assert found.halo_colors.tolist() == [[0, 0, 0], [255, 255, 255], [255, 0, 0], [255, 255, 255]]


def test_halos_go_between_the_points():
    points = Points(*SQUARE.T.astype(np.float32), 2.0, np.arange(4, dtype=np.uint32))
    found = emphasise([Highlight(cells=[1], outline=True, outline_width=(0.5, 0))], SQUARE, None, None)
    drawn = with_halos(points, found.halos, 4, found.order)
    assert drawn.ids.tolist() == [0, 2, 3, 4, 5, 1]
    assert np.asarray(drawn.diameter).tolist() == [2, 2, 2, 4, 2, 2]
    assert drawn.x.tolist() == [0, 0, 1, 1, 1, 1]
    assert drawn.opacity is None
    shares = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    own = with_halos(replace(points, opacity=shares), found.halos, 4, found.order)
    assert own.opacity.tolist() == shares[[0, 2, 3, 1, 1, 1]].tolist()


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5), min_size=1))
@settings(max_examples=50, deadline=None)
def test_every_point_is_drawn_once(order, first, second):
    coords = np.random.default_rng(0).normal(size=(6, 2))
    highlights = [Highlight(cells=sorted(first), rest=True), Highlight(cells=sorted(second), outline=True)]
    found = emphasise(highlights, coords, np.array(order), WHITE)
    points = Points(*coords.T.astype(np.float32), 1.0, np.arange(6, dtype=np.uint32))
    ids = with_halos(points, found.halos, 6, found.order).ids
    assert sorted(ids[ids < 6].tolist()) == list(range(6))
    assert (ids >= 6).sum() == 2 * len(second)
    top = ids[-len(second) :]
    assert set(top.tolist()) == second
    kept = [i for i in order if i in second]  # among equals, the order that was asked for
    assert top.tolist() == kept


def colors_at(frame, xy):
    return [tuple(frame[y, x].tolist()) for x, y in xy]


def test_faded_and_outlined_points_in_a_frame():
    film = ga.animate(
        SQUARE, [0.0, 1.0, 0.0, 1.0], cmap=["blue", "lime"], size=(100, 100), s=80, margin=0.5,
        highlight=Highlight(cells=[1], rest="silver", outline="red", outline_width=(1.0, 0.0)),
    )  # fmt: skip
    frame = film.frame(0)
    places = [(25, 75), (75, 75), (25, 25), (75, 25)]
    silver, lime = (192, 192, 192), (0, 255, 0)
    assert colors_at(frame, places) == [silver, lime, silver, silver]
    # The disc is 14 pixels wide, its outline as much again on each side.
    assert colors_at(frame, [(75 + 14, 75), (75, 75 - 14), (25 + 10, 25)]) == [(255, 0, 0)] * 2 + [(255,) * 3]


def test_a_front_brightens_what_has_changed_and_nothing_else():
    values = np.array([[0.0, 0.5, 1.0, np.nan], [0.0, 0.5 + 5 / 256, 0.0, 0.5]])
    norm = Emphasis(Linear(0.0, 1.0), Rows(256, 0, True), np.empty(0, np.uint8))
    source = WithPrevious(as_source(values, n_points=4))
    mapping = norm.fit(source.steps)
    codes = np.empty(4, np.uint16)
    first, second = (np.array(step) for step in source.steps())
    mapping.encode(first, None, codes)
    assert codes.tolist() == [0, 128, 255, 256]
    mapping.encode(second, None, codes)
    brightest = 258 + (STRENGTHS - 1) * 256
    assert codes.tolist() == [0, 133, brightest, brightest + 128]
    picked = np.array([2, 3], np.uint32)
    mapping.encode(second, picked, codes[:2])
    assert codes[:2].tolist() == [brightest, brightest + 128]


def test_frames_of_a_front_do_not_depend_on_what_was_drawn_before():
    rng = np.random.default_rng(1)
    film = ga.animate(
        rng.normal(size=(300, 2)), rng.random((5, 300)), norm="rank", size=(60, 60), background="black",
        highlight=[Highlight(front=True), Highlight(cells=[4, 5], outline=True)],
    )  # fmt: skip
    frames = film.to_array()
    for i in (3, 0, 4):
        np.testing.assert_array_equal(film.frame(i), frames[i])
    assert (frames[1] != frames[0]).any()


def test_a_permuted_source_fades_the_same_points():
    class Permuted(type(as_source(np.zeros((1, 4)), n_points=4))):
        permutation = np.array([2, 0, 3, 1], np.uint32)

    values = np.array([[0.1, 0.2, 0.3, 0.4]])
    highlight = Highlight(cells=[0], rest=True)
    plain = ga.animate(SQUARE, values, size=(80, 80), highlight=highlight).frame(0)
    moved = Permuted(values[:, [2, 0, 3, 1]], 4)
    np.testing.assert_array_equal(
        ga.animate(SQUARE, moved, size=(80, 80), highlight=highlight).frame(0), plain
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cells": [0]}, "needs one of lasso, rest, outline, marker and front"),
        ({"rest": True}, "rest needs cells"),
        ({"cells": [0], "rest": True, "label": "seed"}, "label='seed' is that of a marker or a lasso"),
        ({"marker": "star"}, "marker needs cells"),
        ({"front": "nonsense"}, "front must be a colour"),
        ({"cells": [0], "outline": True, "outline_width": (9, 0)}, "two shares from 0 to 5"),
        ({"cells": [0], "marker": "star", "size": 0}, "size must be a positive number"),
    ],
)
def test_wrong_highlights(options, message):
    with pytest.raises(OptionError, match=message):
        Highlight(**options)


@pytest.mark.parametrize(
    ("highlight", "error", "message"),
    [
        (Highlight(cells=[4], rest=True), OptionError, "cell 4 is out of range, there are 4 points"),
        (Highlight(cells=[-1], rest=True), OptionError, "cell -1 is out of range"),
        (Highlight(cells=[True, False], rest=True), ShapeError, r"must have shape \(4,\)"),
        (Highlight(cells=[0.5], rest=True), OptionError, "bool mask or positions, not float64"),
        (Highlight(lasso=[(0, 0), (1, 1)]), ShapeError, "m >= 3"),
        ([Highlight(front="red"), Highlight(front="blue")], OptionError, "there can be one front"),
        ("all", OptionError, "must be a gpuanim.Highlight"),
    ],
)
def test_highlights_that_do_not_fit(highlight, error, message):
    with pytest.raises(error, match=message):
        ga.animate(SQUARE, np.zeros(4), highlight=highlight)


def test_points_in_the_order_of_their_values_cannot_stand_out():
    highlight = as_highlights(Highlight(cells=[0], rest=True))
    film = ga.animate(SQUARE, np.zeros(4), order="value")
    with pytest.raises(OptionError, match="highlight needs an order that holds for the film"):
        emphasised(film._film.clouds[0], highlight, WHITE)


@pytest.mark.parametrize(
    ("highlight", "message"),
    [
        (
            Highlight(cells=[0], outline=True),
            "outline needs points that stand still and stay, .* use rest or",
        ),
        (Highlight(front=True), "front needs points that stand still and stay, .* use marker"),
        (Highlight(lasso=[(0, 0), (1, 0), (0, 1)]), "a lasso picks points that stand still"),
    ],
)
def test_what_points_that_move_cannot_have(highlight, message):
    moving = np.stack([SQUARE, SQUARE + 1])
    with pytest.raises(OptionError, match=message):
        ga.animate(moving, np.zeros((2, 4)), highlight=highlight)
    if highlight.lasso is None:
        with pytest.raises(OptionError, match=message):
            ga.animate(SQUARE, np.zeros(4), present=np.ones((2, 4), bool), highlight=highlight)
