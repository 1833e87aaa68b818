"""Particles: exact ways, the same frame however it is come by, and never where there are no cells."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.errors import OptionError
from gpuanim.motion.field import Field, velocity_field
from gpuanim.motion.flow import Lives, Particles, StreakSource, StreakTrack, substeps, usual_speed


def grid(function, n=41, half=2.0):
    """A field given at the nodes of a grid from -half to half, with cells everywhere."""
    axis = np.linspace(-half, half, n)
    x, y = np.meshgrid(axis, axis)
    vx, vy = function(x, y)
    nodes = np.stack([vx + 0 * x, vy + 0 * y, np.full_like(x, 5.0)], -1).astype(np.float32)
    return Field(nodes, np.array([-half, -half, axis[1] - axis[0], axis[1] - axis[0]]))


TURNING = grid(lambda x, y: (-y, x))


def particles(field, cells, *, n=200, length=20, loop=None, **options):
    given = {"dt": 0.05, "steps": 2, "trail": 3, "fade": 4.0, "seed": 0} | options
    return Particles(field, np.asarray(cells, float), Lives(n, Fraction(length), loop), **given)


def heads(swarm, frame, n=200):
    now = swarm.at(frame)
    return now.coords[-n:], now.opacity[-n:]


def test_a_turning_field_keeps_the_radius_and_turns_by_its_angle():
    swarm = particles(TURNING, [[1.0, 0.0]], trail=0)
    for frame in range(30, 60):
        before, _ = heads(swarm, frame)
        life = swarm._life.copy()
        after, _ = heads(swarm, frame + 1)
        same = life == swarm._life
        assert 0 < same.sum() < 200
        turn = np.array([[np.cos(0.05), np.sin(0.05)], [-np.sin(0.05), np.cos(0.05)]])
        np.testing.assert_allclose(after[same], before[same] @ turn, atol=2e-6)


def test_an_exponential_way():
    swarm = particles(grid(lambda x, y: (x, 0.5 + 0 * y)), [[0.5, -1.0]], n=40, trail=0)
    coords, _ = heads(swarm, 0, 40)
    start = swarm._paths[:, 0].astype(float)
    _, age, _ = swarm._lives.at(0)
    expected = np.column_stack([start[:, 0] * np.exp(age * 0.05), start[:, 1] + 0.5 * age * 0.05])
    np.testing.assert_allclose(coords, expected, atol=1e-6)


def test_streaks_are_past_places():
    swarm = particles(TURNING, [[1.0, 0.0]], trail=3, steps=2)
    now, past = swarm.at(50), particles(TURNING, [[1.0, 0.0]], trail=3, steps=2).at(48)
    streak, earlier = now.coords.reshape(7, 200, 2), past.coords.reshape(7, 200, 2)
    _, age, _ = swarm._lives.at(50)
    old = age >= 2
    np.testing.assert_array_equal(streak[2, old], earlier[6, old])
    opacity = now.opacity.reshape(7, 200)
    assert (np.diff(opacity, axis=0) >= 0).all()
    assert (opacity[:2, age == 2] == 0).all()  # before the birth


@pytest.mark.parametrize("loop", [None, 3])
def test_a_frame_is_the_same_however_it_is_come_by(loop):
    cells = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    running, seeking = (particles(TURNING, cells, loop=loop) for _ in range(2))
    film = [running.at(frame) for frame in range(60)]
    for frame in (59, 3, 20, 21, 0, 40):
        for name in ("coords", "opacity", "speed"):
            np.testing.assert_array_equal(getattr(seeking.at(frame), name), getattr(film[frame], name))


def test_seeds_differ():
    a, b = (particles(TURNING, [[0.0, 0.5], [0.5, 0.0]], seed=seed).at(7).coords for seed in (0, 1))
    assert not np.array_equal(a, b)


def test_a_loop_closes():
    cells = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    swarm = particles(TURNING, cells, length=Fraction(50, 3), loop=3)
    np.testing.assert_array_equal(
        swarm.at(50).coords, particles(TURNING, cells, length=Fraction(50, 3), loop=3).at(0).coords
    )
    first, second = swarm.at(49), swarm.at(50)
    assert np.abs(first.opacity - second.opacity).max() < 0.5


def test_never_where_there_are_no_cells():
    rng = np.random.default_rng(0)
    cells = np.concatenate([rng.normal(size=(400, 2)) * 0.3 + shift for shift in ((-2, 0), (2, 0))])
    field = velocity_field(cells, np.tile([1.0, 0.2], (len(cells), 1)), smooth=1.0)
    swarm = particles(field, cells, n=300, length=40, dt=0.1)
    ended = False
    for frame in range(0, 80, 7):
        now = swarm.at(frame)
        assert (field.at(now.coords)[:, 2] >= 1 - 1e-3).all()
        ended = ended or bool((now.opacity[-300:] == 0).any())
    assert ended  # the stream leaves the islands, and its particles fade away there


def test_particles_fade_in_and_out():
    swarm = particles(TURNING, [[0.5, 0.0]], fade=5.0)
    _, age, length = swarm._lives.at(33)
    _, opacity = heads(swarm, 33)
    assert opacity[age == 0].max() < 0.1
    assert opacity[age == length - 1].max() < 0.15
    np.testing.assert_allclose(opacity[age == 10], 1)


@given(
    n=st.integers(1, 50),
    frames=st.integers(2, 90),
    length=st.floats(2, 40),
    frame=st.integers(0, 200),
    loop=st.booleans(),
)
def test_lives(n, frames, length, frame, loop):
    lives = Lives.resolve(n, length, frames, loop=loop)
    life, age, span = lives.at(frame)
    assert ((age >= 0) & (age < span) & (span <= lives.longest)).all()
    later, older, _ = lives.at(frame + 1)
    going = later == life
    if loop:
        going &= lives.loop > 1 or older > 0
        np.testing.assert_array_equal(lives.at(frame + frames), (life, age, span))
    same = going & (age + 1 < span)
    np.testing.assert_array_equal(older[same], age[same] + 1)
    assert (older[age + 1 == span] == 0).all()


def test_the_source():
    swarm = particles(TURNING, [[0.5, 0.0]])
    opacity, track = StreakSource(swarm, 5, "opacity"), StreakTrack(swarm, 5)
    assert opacity.n_points == track.n_points == 7 * 200
    np.testing.assert_array_equal(list(opacity.steps())[3], swarm.at(3).opacity)
    np.testing.assert_array_equal(track.first(), swarm.at(0).coords)
    film = np.stack([swarm.at(k).coords for k in range(5)])
    assert track.bounds() == (film[..., 0].min(), film[..., 0].max(), film[..., 1].min(), film[..., 1].max())


def test_speeds_and_substeps():
    assert usual_speed(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]]), 100.0, Fraction(30)) == pytest.approx(
        6 / 5 / 30
    )
    with pytest.raises(OptionError, match="nothing flows"):
        usual_speed(np.zeros((3, 2)), 1.0, Fraction(30))
    still = grid(lambda x, y: (1.0, 0.0))  # cells of the grid are 0.1 wide
    assert [substeps(still, dt, 10.0) for dt in (0.05, 0.11, 5.0)] == [1, 3, 16]
    assert substeps(still, 0.05, 0.01) == 5


def test_no_cell_inside():
    with pytest.raises(OptionError, match="no cell lies where the flow"):
        particles(TURNING, [[50.0, 50.0]])
