"""Shots and keyframes over a plane, and a camera that follows cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.chrome._base import Moment
from gpuanim.values.timeline import EASES, Timeline
from gpuanim.view._base import Subject
from gpuanim.view.plane import View
from gpuanim.view.words import as_move, picker

VIEW = View((0.0, 10.0), (0.0, 10.0), (0.0, 0.0, 100.0, 100.0))
COORDS = np.array([[1, 1], [3, 3], [8, 8], [9, 9], [10, 0]], np.float64)
GROUPS = {"left": [0, 1], "none": []}


def members(name, key):
    mask = np.zeros(len(COORDS), bool)
    mask[GROUPS[name]] = True
    return mask


SUBJECT = Subject(COORDS, picker(len(COORDS), members))
BOX = ga.Shot.box((0, 2), (0, 2))


def seen(flight, moment, coords=COORDS):
    return flight.lens(moment, coords, VIEW)


def test_a_box_and_cells_and_groups_are_framed(at):
    shots = [
        ga.Shot.box((2, 4), (6, 8)), ga.Shot.cells([2, 3], margin=0),
        ga.Shot.cells(COORDS[:, 0] < 4, margin=0.5), ga.Shot.group("left", margin=0.5, share=1),
        ga.Shot.cells("left", margin=0.5),
    ]  # fmt: skip
    views = [seen(as_move(shot).over(SUBJECT), at(0)) for shot in shots]
    assert (views[0].xlim, views[0].ylim) == (pytest.approx((2, 4)), pytest.approx((6, 8)))
    assert (views[1].xlim, views[1].ylim) == (pytest.approx((8, 9)), pytest.approx((8, 9)))
    for view in views[2:]:
        assert (view.xlim, view.ylim) == (pytest.approx((0, 4)), pytest.approx((0, 4)))
        assert view.zoom == pytest.approx(2.5)


def test_a_share_of_cells_leaves_out_those_that_lie_apart(at):
    places = np.column_stack([np.arange(101.0), np.arange(101.0)])
    subject = Subject(places, picker(101, members))
    view = seen(as_move(ga.Shot.cells(np.arange(101), margin=0, share=0.9)).over(subject), at(0), places)
    assert view.xlim == pytest.approx((5, 95))
    everyone = Subject(places, picker(101, lambda name, key: np.ones(101, bool)))
    view = seen(as_move(ga.Shot.group("all", margin=0)).over(everyone), at(0), places)
    assert view.xlim == pytest.approx((2.5, 97.5))  # by default a group without its stragglers


def test_shots_are_reached_at_their_times(at):
    flight = ga.Keyframes([ga.Shot.all(), BOX, ga.Shot.all()]).over(SUBJECT)
    assert seen(flight, at(0)) is VIEW
    assert seen(flight, at(5)).zoom == pytest.approx(5)
    assert seen(flight, at(10)) is VIEW
    assert 1 < seen(flight, at(3)).zoom < 5


@pytest.mark.parametrize(
    ("unit", "times"), [("share", [0.2, 0.6]), ("seconds", [0.2, 0.6]), ("frames", [2, 6])]
)
def test_the_camera_rests_before_the_first_and_after_the_last_shot(unit, times, at):
    flight = ga.Keyframes([ga.Shot.all(), BOX], at=times, unit=unit).over(SUBJECT)
    zooms = [seen(flight, at(frame)).zoom for frame in range(11)]
    assert zooms[:3] == [1, 1, 1]
    assert zooms[3] > 1
    assert zooms[6:] == pytest.approx([5] * 5)
    assert len({flight.place(at(frame)) for frame in range(11)}) == 5  # two rests, three frames on the way


def test_two_shots_at_one_time_are_a_cut(at):
    flight = ga.Keyframes([ga.Shot.all(), ga.Shot.all(), BOX], at=[0, 0.5, 0.5]).over(SUBJECT)
    zooms = [seen(flight, at(frame)).zoom for frame in range(11)]
    assert zooms == pytest.approx([1] * 5 + [5] * 6)


def test_the_same_shot_twice_is_a_rest_however_it_is_written(at):
    twice = [ga.Shot.cells([0, 1]), ga.Shot.cells(np.array([True, True, False, False, False]))]
    for shots in ([ga.Shot.all(), ga.Shot.all()], [BOX, BOX], twice):
        flight = ga.Keyframes(shots).over(SUBJECT)
        assert len({flight.place(at(frame)) for frame in range(11)}) == 1


@given(st.sampled_from(sorted(EASES)), st.integers(0, 10))
def test_every_ease_begins_and_ends_at_its_shots_and_never_turns_back(name, frame):
    flight = ga.Keyframes([ga.Shot.all(), ga.Shot.box((4, 6), (4, 6))], ease=name).over(SUBJECT)
    zooms = [seen(flight, Moment(k, 11, k, 11, k / 10)).zoom for k in (0, frame, min(frame + 1, 10), 10)]
    assert zooms == sorted(zooms)
    assert (zooms[0], zooms[-1]) == (1, pytest.approx(5))
    wanted = 5 ** EASES[name](frame / 10)
    assert zooms[1] == pytest.approx(wanted)  # zooming on the spot is geometric


def test_eases_for_each_way(at):
    shots = [ga.Shot.all(), ga.Shot.box((4, 6), (4, 6)), ga.Shot.all()]
    flight = ga.Keyframes(shots, ease=["linear", lambda t: 0.0 if t < 1 else 1.0]).over(SUBJECT)
    assert seen(flight, at(3)).zoom == pytest.approx(5**0.6)
    assert seen(flight, at(9)).zoom == pytest.approx(5)


def test_shots_of_cells_and_follow_go_where_the_cells_go(at):
    moved = COORDS + np.array([3.0, 1.0])
    flight = as_move(ga.Shot.cells([0, 1], margin=0)).over(SUBJECT)
    assert seen(flight, at(1), moved).xlim == pytest.approx((4, 6))
    follow = ga.Follow([0, 1], zoom=5).over(SUBJECT)
    assert seen(follow, at(0)).xlim == pytest.approx((1, 3))
    view = seen(follow, at(1), moved)
    assert (view.xlim, view.ylim) == (pytest.approx((4, 6)), pytest.approx((2, 4)))
    assert follow.place(at(0)) == follow.place(at(9))  # points that move are drawn anyway


def test_a_film_tells_of_its_camera():
    shots = [ga.Shot.all(), ga.Shot.group("left"), ga.Shot.group("a", "louvain"), BOX, ga.Shot.cells([1])]
    told = ga.Keyframes(shots[:2] + shots[3:]).over(SUBJECT).describe()
    assert told["shots"] == ["all", "cells(left)", "box(0, 2, 0, 2)", "cells(1 given)"]
    assert (told["move"], told["unit"], told["ease"]) == ("keyframes", "share", "in-out")
    assert repr(shots[2]) == "Shot.cells(louvain: a)"
    assert ga.Follow("left").over(SUBJECT).describe() == {"move": "follow", "cells": "left", "zoom": 4.0}


def test_cells_without_a_place_are_left_out():
    keep = np.array([True, False, True, True, False])
    pick = picker(5, members, keep)
    assert pick([0, 1, 3]).tolist() == [0, 2]
    assert pick("left").tolist() == [0]
    with pytest.raises(ga.OptionError, match="no cell to look at in what was given"):
        pick([1, 4])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ga.Shot.box((0, 0), (0, 1)), r"xlim must be \(low, high\), two different finite"),
        (lambda: ga.Shot.box((0, 1), 3), "ylim must be"),
        (lambda: ga.Shot.box((0, float("nan")), (0, 1)), "xlim must be"),
        (lambda: ga.Shot.box((0, 1), (0, 1), margin=-1), "margin must be a number from 0 to 10"),
        (lambda: ga.Shot.cells([0], margin="big"), "margin must be a number"),
        (lambda: ga.Shot.cells([0], share=0), "share must be a number above 0 and up to 1"),
        (lambda: ga.Keyframes([]), r"camera needs shots, such as \[ga.Shot.all\(\)"),
        (lambda: ga.Keyframes([ga.Shot.all(), "group"]), "camera needs shots"),
        (lambda: ga.Keyframes([BOX, BOX], at=[0, 1], unit="second"), "did you mean 'seconds'"),
        (lambda: ga.Keyframes([BOX, BOX], unit="seconds"), r"unit='seconds' is that of at=\[...\]"),
        (lambda: ga.Keyframes([BOX, BOX], at=[0]), "at has 1 times for 2 shots"),
        (lambda: ga.Keyframes([BOX, BOX], at="ab"), "at must be a list of 2 times"),
        (lambda: ga.Keyframes([BOX, BOX], at=[0, 2]), 'from 0 to 1, shares of the film, .* unit="seconds"'),
        (lambda: ga.Keyframes([BOX, BOX], at=[-1, 2], unit="frames"), "frames from 0 on"),
        (lambda: ga.Keyframes([BOX, BOX], at=[1, 0]), "at must be ascending"),
        (lambda: ga.Keyframes([BOX, BOX], ease="slow"), "ease must be one of linear"),
        (lambda: ga.Keyframes([BOX, BOX], ease=["in", "out"]), "ease has 2 eases for 1 ways"),
        (lambda: ga.Keyframes([BOX, BOX], ease=lambda t: 2 * t), "ease must return numbers from 0 to 1"),
        (lambda: ga.Follow([0], zoom=0), "zoom must be a positive number"),
        (lambda: as_move("zoom"), "camera must be a list of ga.Shot, or ga.Keyframes"),
        (lambda: ga.Follow([9]).over(SUBJECT), "camera: cell 9 is out of range, there are 5 points"),
        (lambda: as_move(ga.Shot.cells([True])).over(SUBJECT), r"as a mask must have shape \(5,\)"),
        (lambda: as_move(ga.Shot.cells([0.5])).over(SUBJECT), "mask or positions, not float64"),
        (lambda: ga.Follow("none").over(SUBJECT), "no cell to look at in group 'none'"),
        (lambda: ga.Follow(("key", "none")).over(SUBJECT), "no cell to look at in group 'none' of 'key'"),
    ],
)  # fmt: skip
def test_what_cannot_be_filmed(make, message):
    with pytest.raises((ga.OptionError, ga.ShapeError), match=message):
        make()


@pytest.mark.parametrize(
    ("options", "timeline", "message"),
    [
        ({}, Timeline.resolve(None), "need to know how long it will be"),
        ({"at": [0, 3], "unit": "seconds"}, Timeline.resolve(20, fps=10), "the film ends at 2"),
        ({"at": [0, 20], "unit": "frames"}, Timeline.resolve(20, fps=10), "last shot is at 20 frames"),
    ],
)
def test_flights_must_fit_the_film(options, timeline, message):
    with pytest.raises(ga.OptionError, match=message):
        ga.Keyframes([BOX, ga.Shot.all()], **options).over(SUBJECT).timed(timeline)


def test_films_of_unknown_length_take_seconds_and_single_shots():
    ga.Keyframes([BOX, ga.Shot.all()], at=[0, 1], unit="seconds").over(SUBJECT).timed(Timeline.resolve(None))
    as_move(BOX).over(SUBJECT).timed(Timeline.resolve(None))
    ga.Follow([0]).over(SUBJECT).timed(Timeline.resolve(None))
