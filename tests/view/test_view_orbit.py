"""Points in space: the lens, the order of depth, and the camera that circles around them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.chrome._base import Moment
from gpuanim.errors import ShapeError
from gpuanim.motion.tracks import Indexed
from gpuanim.values.timeline import Timeline
from gpuanim.view._base import Subject
from gpuanim.view.depth import back_to_front
from gpuanim.view.plane import View, fit_view
from gpuanim.view.words import picker

BOX = (10.0, 20.0, 300.0, 200.0)
FLAT = {"elevation": 0, "perspective": 0, "depth_cue": 0}


@pytest.fixture(scope="module")
def cloud():
    return np.random.default_rng(0).normal(size=(400, 3)) * [3, 1, 2] + [5, -2, 1]


def subject(coords, **options):
    return Subject(coords, picker(len(coords), lambda name, key: np.arange(len(coords)) < 3), **options)


def flown(orbit, coords):
    """Return a flight and the view that its film has."""
    flight = orbit.over(subject(coords))
    return flight, fit_view(flight.bounds, BOX, xlim=None, ylim=None, margin=0, aspect="equal")


def test_at_angle_0_without_perspective_it_is_the_plain_view(cloud, at):
    flight, view = flown(ga.Orbit(turns=0, **FLAT), cloud)
    seen = flight.lens(at(0), cloud, view).project(cloud)
    x, y = view.xy(cloud)
    np.testing.assert_allclose(seen.x, x, atol=1e-4)
    np.testing.assert_allclose(seen.y, y, atol=1e-4)
    assert (seen.scale, seen.fade) == (1.0, None)
    assert (np.diff(seen.depth[np.argsort(cloud[:, 2])].astype(int)) >= 0).all()


@pytest.mark.parametrize(
    ("axis", "angle", "elevation", "right", "up", "near"),
    [
        ("y", 0, 0, [1, 0, 0], [0, 1, 0], [0, 0, 1]),
        ("y", 90, 0, [0, 0, -1], [0, 1, 0], [1, 0, 0]),
        ("y", 0, 90, [1, 0, 0], [0, 0, -1], [0, 1, 0]),
        ("z", 0, 0, [1, 0, 0], [0, 0, 1], [0, -1, 0]),
        ("z", 0, 90, [1, 0, 0], [0, 1, 0], [0, 0, 1]),
        ("x", 0, 0, [0, 1, 0], [1, 0, 0], [0, 0, -1]),
        ("x", 180, 0, [0, -1, 0], [1, 0, 0], [0, 0, 1]),
    ],
)
def test_what_is_right_up_and_near(axis, angle, elevation, right, up, near, at):
    """A viewer at angle 90 stands where the right was, one at elevation 90 looks down."""
    corners = np.concatenate([np.eye(3), -np.eye(3)])
    orbit = ga.Orbit(turns=0, start=angle, axis=axis, **FLAT | {"elevation": elevation})
    flight = orbit.over(subject(corners))
    view = View((-1.0, 1.0), (-1.0, 1.0), (0.0, 0.0, 200.0, 200.0))
    lens = flight.lens(at(0), corners, view)
    seen = lens.project(np.array([right, up, near], np.float64))
    assert seen.x == pytest.approx([200, 100, 100], abs=1e-4)
    assert seen.y == pytest.approx([100, 0, 100], abs=1e-4)
    assert seen.depth.tolist() == [32767, 32767, 65534]


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0, 0.9), st.sampled_from("xyz"))
def test_the_limits_hold_all_points_at_all_angles(angle, elevation, perspective, axis):
    coords = np.random.default_rng(1).normal(size=(50, 3)) ** 3 + 7
    orbit = ga.Orbit(start=angle, elevation=elevation, perspective=perspective, axis=axis)
    flight, view = flown(orbit, coords)
    seen = flight.lens(Moment(0, 1, 0, 1, 0.0), coords, view).project(coords)
    left, top, width, height = BOX
    assert left - 1e-2 <= seen.x.min() <= seen.x.max() <= left + width + 1e-2
    assert top - 1e-2 <= seen.y.min() <= seen.y.max() <= top + height + 1e-2


def test_the_limits_are_tight(cloud):
    """Over a whole turn some point comes to the edge in the direction that fits least."""
    flight, view = flown(ga.Orbit(perspective=0.4, elevation=20), cloud)
    lenses = [flight.lens(Moment(k, 720, k, 720, 0.0), cloud, view) for k in range(720)]
    x = np.array([lens.project(cloud).x for lens in lenses])
    y = np.array([lens.project(cloud).y for lens in lenses])
    gaps = [x.min() - 10, 310 - x.max(), y.min() - 20, 220 - y.max()]
    assert min(gaps) < 0.5


def test_perspective_is_the_rule_of_three(at):
    line = np.array([[0.0, 0, -2], [0, 0, 0], [0, 0, 2], [1, 0, 1], [1, 0, -1]])
    flight, view = flown(ga.Orbit(turns=0, **FLAT | {"perspective": 0.5}), line)
    seen = flight.lens(at(0), line, view).project(line)
    assert flight.ball.reach == pytest.approx(math.hypot(0.5, 2))  # from the middle of the box of all points
    grown = 1 / (1 - 0.5 * line[:, 2] / flight.ball.reach)
    np.testing.assert_allclose(seen.scale, grown, rtol=1e-6)
    middle, unit = view.xy(np.array([[0.5, 0.0, 0]]))[0][0], view.pixels_per_unit()
    np.testing.assert_allclose(seen.x, middle + (line[:, 0] - 0.5) * grown * unit, atol=1e-3)


def test_the_depth_cue_takes_from_what_is_far(cloud, at):
    flight, view = flown(ga.Orbit(turns=0, elevation=0, depth_cue=0.8), cloud)
    seen = flight.lens(at(0), cloud, view).project(cloud)
    near = (cloud[:, 2] - flight.ball.center[2]) / flight.ball.reach
    np.testing.assert_allclose(seen.fade, 1 - 0.8 * (0.5 - near / 2), rtol=1e-5)
    assert flight.fades
    assert not flown(ga.Orbit(depth_cue=0), cloud)[0].fades


def test_nearer_points_come_last_and_equal_ones_in_the_order_of_the_data():
    assert back_to_front(np.array([3, 1, 3, 65535, 1, 0], np.uint16)).tolist() == [5, 1, 4, 0, 2, 3]


def test_a_whole_turn_closes_and_others_end_where_they_are_told(cloud):
    whole, _ = flown(ga.Orbit(), cloud)
    angles = [whole.place(Moment(k, 4, k, 4, 0.0))[0] for k in range(4)]
    assert angles == [0, 90, 180, 270]
    half, _ = flown(ga.Orbit(turns=-0.5, start=10), cloud)
    assert [half.place(Moment(k, 3, k, 3, 0.0))[0] for k in range(3)] == [10, 280, 190]
    rise, _ = flown(ga.Orbit(turns=1, elevation=(0, 60), zoom=(1, 4), ease="in-out"), cloud)
    assert rise.place(Moment(0, 5, 0, 5, 0.0)) == (0, 0, 1)
    assert rise.place(Moment(2, 5, 2, 5, 0.0)) == (180, 30, 2)
    assert rise.place(Moment(4, 5, 4, 5, 0.0)) == (0, 60, 4)


def test_seconds_per_turn_go_on_for_ever(cloud):
    flight, _ = flown(ga.Orbit(seconds_per_turn=4), cloud)
    assert flight.place(Moment(99, None, 99, None, 5.0))[0] == 90
    flight.timed(Timeline.resolve(None))


def test_a_camera_that_stands_is_one_place(cloud):
    flight, _ = flown(ga.Orbit(turns=0), cloud)
    assert len({flight.place(Moment(k, 9, k, 9, k / 10)) for k in range(9)}) == 1
    flight.timed(Timeline.resolve(None))


def test_zoom_shows_the_middle_closer(cloud, at):
    flight, view = flown(ga.Orbit(zoom=3), cloud)
    plain = flown(ga.Orbit(), cloud)[0].lens(at(0), cloud, view).project(cloud)
    lens = flight.lens(at(0), cloud, view)
    assert lens.zoom == 3
    center = np.array([view.xy(flight.ball.center[None])[0][0], view.xy(flight.ball.center[None])[1][0]])
    seen = lens.project(cloud)
    np.testing.assert_allclose(seen.x - center[0], 3 * (plain.x - center[0]), atol=1e-2)
    np.testing.assert_allclose(seen.y - center[1], 3 * (plain.y - center[1]), atol=1e-2)


def test_around_cells_that_move_it_moves_with_them(cloud, at):
    steps = np.stack([cloud, cloud + np.array([10, 0, 5])])
    track = Indexed(steps.__getitem__, 2, 3)
    flight = ga.Orbit(around=[0, 1, 2], turns=0).over(subject_of(track))
    view = fit_view(flight.bounds, BOX, xlim=None, ylim=None, margin=0, aspect="equal")
    first, second = (flight.lens(at(0), step, view).project(step) for step in steps)
    np.testing.assert_allclose(first.x, second.x, atol=1e-3)
    middle = np.median(cloud[:3], axis=0)
    np.testing.assert_allclose(flight.ball.center, middle)
    assert flight.ball.reach == pytest.approx(np.linalg.norm(cloud - middle, axis=1).max())


def subject_of(track):
    return Subject(track, picker(track.n_points, lambda name, key: None))


def test_points_in_one_place_have_a_picture(at):
    coords = np.ones((4, 3))
    flight, view = flown(ga.Orbit(), coords)
    seen = flight.lens(at(3), coords, view).project(coords)
    assert seen.x == pytest.approx([160] * 4)
    assert seen.y == pytest.approx([120] * 4)


def test_upside_down_looks_from_above_all_the_same():
    assert ga.Orbit(elevation=(10, 20)).upside_down().elevation == (-10, -20)
    upright = ga.Orbit(axis="z")
    assert upright.upside_down() is upright


def test_a_film_tells_of_its_orbit(cloud):
    told = ga.Orbit(turns=2, elevation=30, around=[1, 2], ease="sine").over(subject(cloud)).describe()
    assert told == {
        "move": "orbit", "turns": 2, "seconds_per_turn": None, "start": 0.0, "elevation": [30.0, 30.0],
        "axis": "y", "perspective": 0.3, "depth_cue": 0.5, "zoom": [1.0, 1.0], "around": "2 given",
        "ease": "sine",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"turns": 1, "seconds_per_turn": 2}, "exclude each other"),
        ({"turns": "once"}, "turns must be a number"),
        ({"seconds_per_turn": 0}, "seconds_per_turn must not be 0"),
        ({"start": None}, "start must be a number"),
        ({"elevation": 91}, "elevation must be a number from -90 to 90, not 91"),
        ({"elevation": (0, 1, 2)}, r"elevation must be one number, or \(at the start, at the end\)"),
        ({"perspective": 1}, "perspective must be a number from 0 to 0.95"),
        ({"depth_cue": True}, "depth_cue must be a number from 0 to 1"),
        ({"zoom": 0}, "zoom must be a number from 0.01"),
        ({"axis": "Z"}, r"axis must be one of \('y', 'z', 'x'\), not 'Z'"),
        ({"ease": "slow"}, "ease must be one of linear"),
    ],
)
def test_options_that_cannot_be_used(options, message):
    with pytest.raises(ga.OptionError, match=message):
        ga.Orbit(**options)


def test_what_does_not_fit_the_film(cloud):
    with pytest.raises(
        ga.OptionError, match="need to know how long it will be: give n_steps, or seconds_per"
    ):
        ga.Orbit().over(subject(cloud)).timed(Timeline.resolve(None))
    with pytest.raises(ga.OptionError, match="depth_cue fades single points"):
        ga.Orbit(depth_cue=0.5).over(subject(cloud, fades=False))
    assert not ga.Orbit().over(subject(cloud, fades=False)).fades
    with pytest.raises(ShapeError, match="span more than a number can hold"), np.errstate(over="ignore"):
        ga.Orbit().over(subject(cloud * 1e200))
