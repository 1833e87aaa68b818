"""Which frame shows what: counts, rates, holds, blends, the way back; sources that reuse their buffers."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.errors import OptionError, SourceError
from gpuanim.values._base import Source
from gpuanim.values.sources import as_source
from gpuanim.values.timeline import EASES, Timeline, as_fps


def ramp(n_steps):
    """Step i is [i, 10 i]."""
    return as_source(np.arange(n_steps, dtype=np.float32)[:, None] * np.float32([1, 10]), n_points=2)


def shown(timeline, source):
    """Return the first value of each frame, checking `changed`."""
    out = []
    for values, changed in timeline.frames(source):
        assert changed == (not out or values[0] != out[-1])
        assert values[1] == pytest.approx(10 * values[0])
        out.append(float(values[0]))
    return out


class Reused(Source):
    """Yields the same buffer over and over, and spoils it once more at the end; counts its reads."""

    rewindable = False

    def __init__(self, n_steps, known=True):
        self.count, self.reads, self.closed = n_steps, 0, False
        self.n_points, self.n_steps = 2, n_steps if known else None

    def steps(self):
        buffer = np.empty(2, np.float32)
        try:
            for i in range(self.count):
                self.reads += 1
                buffer[:] = i, 10 * i
                yield buffer
            buffer[:] = np.nan
        finally:
            self.closed = True


# ---- by hand


@pytest.mark.parametrize(
    ("n_steps", "options", "expected"),
    [
        (3, {}, [0, 1, 2]),
        (1, {}, [0]),
        (1, {"n_frames": 3}, [0, 0, 0]),
        (2, {"n_frames": 5}, [0, 0, 0, 1, 1]),
        (3, {"n_frames": 6}, [0, 0, 1, 1, 2, 2]),
        (5, {"n_frames": 3}, [0, 2, 4]),
        (5, {"n_frames": 2}, [0, 4]),
        (5, {"n_frames": 1}, [0]),
        (2, {"n_frames": 5, "tween": "linear"}, [0, 0.25, 0.5, 0.75, 1]),
        (3, {"n_frames": 5, "tween": "linear"}, [0, 0.5, 1, 1.5, 2]),
        (3, {"n_frames": 5, "tween": "linear", "ease": "in"}, [0, 0.125, 1, 1.125, 2]),
        (3, {"n_frames": 5, "tween": "linear", "ease": "out"}, [0, 0.875, 1, 1.875, 2]),
        (2, {"n_frames": 5, "tween": "linear", "ease": "in-out"}, [0, 0.0625, 0.5, 0.9375, 1]),
        (2, {"n_frames": 5, "tween": "linear", "ease": "smoothstep"}, [0, 0.15625, 0.5, 0.84375, 1]),
        (2, {"n_frames": 3, "tween": "linear", "ease": "sine"}, [0, 0.5, 1]),
        (2, {"n_frames": 3, "tween": "linear", "ease": lambda t: t / 2}, [0, 0.25, 1]),
        (5, {"n_frames": 3, "tween": "linear"}, [0, 2, 4]),
        (6, {"n_frames": 3, "tween": "linear"}, [0, 2.5, 5]),
        (3, {"tween": "linear"}, [0, 1, 2]),
        (3, {"fps": 2, "hold": 1}, [0, 1, 2, 2, 2]),
        (3, {"fps": 2, "hold": (0.5, 1)}, [0, 0, 1, 2, 2, 2]),
        (3, {"fps": 2, "duration": 3}, [0, 0, 1, 1, 2, 2]),
        (4, {"boomerang": True}, [0, 1, 2, 3, 2, 1]),
        (2, {"boomerang": True}, [0, 1]),
        (1, {"boomerang": True}, [0]),
        (3, {"boomerang": True, "fps": 1, "hold": (1, 2)}, [0, 0, 1, 2, 2, 2, 1]),
        (3, {"boomerang": True, "tween": "linear", "n_frames": 5}, [0, 0.5, 1, 1.5, 2, 1.5, 1, 0.5]),
    ],
)
def test_frames_by_hand(n_steps, options, expected):
    timeline = Timeline.resolve(n_steps, **options)
    assert timeline.n_frames == len(expected)
    assert shown(timeline, ramp(n_steps)) == pytest.approx(expected)
    for i, value in enumerate(expected):
        single = timeline.only(i)
        assert single.n_frames == 1
        [(values, changed)] = single.frames(ramp(n_steps))
        assert changed
        assert values[0] == pytest.approx(value)


def test_blends_keep_nan_infinity_and_equal_values():
    nan, inf, third = np.nan, np.inf, np.float32(1) / 3
    steps = np.array([[nan, 1, inf, inf, third, -0.0, 1e38], [1, nan, 1, inf, third, 0.0, -3e38]], np.float32)
    timeline = Timeline.resolve(2, n_frames=4, tween="linear")
    frames = [values.copy() for values, _ in timeline.frames(as_source(steps, n_points=7))]
    assert np.array_equal(frames[0], steps[0], equal_nan=True)
    assert np.array_equal(frames[-1], steps[1], equal_nan=True)
    for blended in frames[1:3]:
        assert np.array_equal(blended[:6], [nan, nan, inf, inf, third, 0], equal_nan=True)
        assert -3e38 < blended[6] < 1e38


def test_blends_of_moving_points_and_of_mixed_types():
    class Points(Source):
        n_steps = 2

        def steps(self):
            yield np.zeros((4, 2))
            yield np.ones((4, 2))

    middle = [
        values.copy() for values, _ in Timeline.resolve(2, n_frames=3, tween="linear").frames(Points())
    ][1]
    assert np.array_equal(middle, np.full((4, 2), 0.5))
    mixed = as_source([np.zeros(3, np.float32), np.full(3, 0.1)], n_points=3)
    frames = [values.copy() for values, _ in Timeline.resolve(2, n_frames=3, tween="linear").frames(mixed)]
    assert frames[1].dtype == np.float64
    assert np.array_equal(frames[1], np.full(3, 0.05))


def test_large_blends_use_all_threads():
    steps = np.random.default_rng(0).random((2, 600_000), np.float32)
    timeline = Timeline.resolve(2, n_frames=3, tween="linear")
    frames = [values.copy() for values, _ in timeline.frames(as_source(steps, n_points=600_000))]
    assert np.array_equal(frames[1], (steps.astype(np.float64).sum(0) / 2).astype(np.float32))


# ---- laws

COUNTS = st.integers(1, 40)
OPTIONS = st.fixed_dictionaries(
    {"n_frames": st.integers(1, 100), "fps": st.integers(1, 60)},
    optional={
        "tween": st.sampled_from([None, "linear"]),
        "ease": st.sampled_from(sorted(EASES)),
        "hold": st.tuples(st.integers(0, 2), st.integers(0, 2)),
    },
)


@given(n_steps=COUNTS, options=OPTIONS, boomerang=st.booleans())
def test_laws(n_steps, options, boomerang):
    timeline = Timeline.resolve(n_steps, **options, boomerang=boomerang)
    frames = shown(timeline, ramp(n_steps))
    start, end = timeline.hold
    forth = frames[: start + options["n_frames"] + end]
    assert timeline.n_frames == len(frames)
    assert start == options.get("hold", (0, 0))[0] * options["fps"]
    assert forth[0] == 0
    assert options["n_frames"] == 1 or forth[-1] == n_steps - 1
    assert all(a <= b for a, b in pairwise(forth)), "never runs back on the way forth"
    if boomerang:
        back = frames[len(forth) :]
        moving = forth[start : start + options["n_frames"]]
        assert back == moving[-2:0:-1]
    if options.get("tween") is None and options["n_frames"] >= n_steps:
        lengths = np.bincount(np.array(forth[start : len(forth) - end], int))
        assert lengths.min() >= 1
        assert lengths.max() - lengths.min() <= 1, "each step is shown equally long"


@given(n_steps=COUNTS, options=OPTIONS)
def test_sources_that_reuse_their_buffer(n_steps, options):
    timeline = Timeline.resolve(n_steps, **options)
    source = Reused(n_steps)
    assert shown(timeline, source) == shown(timeline, ramp(n_steps))
    assert source.reads <= n_steps
    assert source.closed


# ---- unknown lengths


@pytest.mark.parametrize("hold", [0, 0.2, (0.1, 0), (0.1, 0.2)])
def test_unknown_length_shows_a_frame_per_step(hold):
    timeline = Timeline.resolve(None, fps=10, hold=hold)
    assert timeline.n_frames is None
    source = Reused(4, known=False)
    expected = [0] * timeline.hold[0] + [0, 1, 2, 3] + [3] * timeline.hold[1]
    assert shown(timeline, source) == expected
    assert source.reads == 4
    for i, value in enumerate(expected):
        assert shown(timeline.only(i), Reused(4, known=False)) == [value]
    assert shown(timeline.only(99), Reused(4, known=False)) == []


@pytest.mark.parametrize(
    "options",
    [
        {"n_frames": 3},
        {"duration": 3},
        {"tween": "linear"},
        {"boomerang": True},
        {"n_frames": 3, "duration": 1},
    ],
)
def test_unknown_length_cannot_be_stretched(options):
    with pytest.raises(
        OptionError, match=r"values of unknown length show one frame per step: .*need n_steps=\.\.\."
    ):
        Timeline.resolve(None, **options)


# ---- reading


def test_each_step_is_read_once_and_only_what_is_shown():
    asked = []

    def step(index):
        asked.append(index)
        return np.full(2, index)

    def frames(**options):
        asked.clear()
        for _ in Timeline.resolve(10, **options).frames(as_source(step, n_points=2, n_steps=10)):
            pass
        return asked

    assert frames(hold=1) == list(range(10))
    assert frames(n_frames=25) == list(range(10))
    assert frames(n_frames=37, tween="linear") == list(range(10))
    assert frames(n_frames=4) == [0, 3, 6, 9]
    assert frames(n_frames=3, tween="linear") == [0, 4, 5, 9]
    assert frames(boomerang=True) == [*range(10), *range(8, 0, -1)]
    assert frames(n_frames=19, boomerang=True, tween="linear") == [*range(10), *range(7, -1, -1)]


def test_no_copies_without_a_blend():
    film = np.zeros((4, 3), np.float32)
    for values, _ in Timeline.resolve(4, n_frames=9, hold=1).frames(as_source(film, n_points=3)):
        assert np.shares_memory(values, film)


def test_a_source_that_ends_early():
    source = Reused(3)
    source.n_steps = 5
    with pytest.raises(SourceError, match="values ended after 3 steps, 5 were announced"):
        list(Timeline.resolve(5).frames(source))
    with pytest.raises(OptionError, match="values have no steps"):
        list(Timeline.resolve(None).frames(Reused(0, known=False)))


def test_a_film_that_is_not_watched_to_its_end_closes_its_source():
    source = Reused(3)
    frames = Timeline.resolve(3).frames(source)
    next(frames)
    assert not source.closed
    frames.close()
    assert source.closed


def test_running_back_needs_random_access():
    timeline = Timeline.resolve(3, boomerang=True)
    with pytest.raises(OptionError, match="boomerang needs values that can be read backwards"):
        timeline.frames(Reused(3))


# ---- rates


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        (24, Fraction(24)),
        (12.5, Fraction(25, 2)),
        (0.1, Fraction(1, 10)),
        (np.float32(29.97), Fraction(30000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        (29.9, Fraction(299, 10)),
        (np.int64(60), Fraction(60)),
        ("24000/1001", Fraction(24000, 1001)),
        ("25", Fraction(25)),
        (Fraction(2997, 100), Fraction(2997, 100)),
        (100 / 7, Fraction(100, 7)),
    ],
)
def test_fps(value, rate):
    assert as_fps(value) == rate


@pytest.mark.parametrize("value", [0, -5, np.nan, np.inf, "fast", "1/0", None, True, [24], 1e9, 1e-9])
def test_bad_fps(value):
    with pytest.raises(OptionError, match="fps must be"):
        as_fps(value)


@pytest.mark.parametrize(
    ("options", "n_frames", "fps"),
    [
        ({}, 7, 30),
        ({"fps": 5}, 7, 5),
        ({"n_frames": 60}, 60, 30),
        ({"duration": 2}, 60, 30),
        ({"duration": 2.5, "fps": 10}, 25, 10),
        ({"n_frames": 100, "duration": 7}, 100, Fraction(100, 7)),
        ({"n_frames": 100, "duration": 0.1}, 100, 1000),
        ({"n_frames": 10, "duration": 2, "fps": 5}, 10, 5),
        ({"n_frames": 240, "duration": 10, "fps": 23.976}, 240, Fraction(24000, 1001)),
    ],
)
def test_two_give_the_third(options, n_frames, fps):
    timeline = Timeline.resolve(7, **options)
    assert (timeline.n_frames, timeline.fps) == (n_frames, fps)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"n_frames": 3, "fps": 10, "duration": 2},
            r"n_frames=3, fps=10 and duration=2 contradict.*\(20 frames",
        ),
        ({"n_frames": 0}, "n_frames must be a whole number from 1 on, not 0"),
        ({"n_frames": 2.5}, "n_frames must be a whole number from 1 on, not 2.5"),
        ({"n_frames": True}, "n_frames must be a whole number"),
        ({"fps": 0}, "fps must be above 0 and at most 1000, not 0"),
        ({"duration": 0}, "duration must be above 0 seconds, not 0"),
        ({"duration": -1}, "duration must be seconds from 0 on, not -1"),
        ({"duration": np.nan}, "duration must be seconds from 0 on, not nan"),
        ({"duration": "long"}, "duration must be seconds from 0 on, not 'long'"),
        ({"duration": 0.01, "fps": 10}, "duration=0.01 is shorter than one frame at 10 fps"),
        ({"hold": -1}, "hold must be seconds from 0 on, not -1"),
        ({"hold": (1, 2, 3)}, r"hold must be seconds, or \(start, end\) in seconds, not \(1, 2, 3\)"),
        ({"hold": (1, np.inf)}, "hold must be seconds from 0 on, not inf"),
        ({"tween": "cubic"}, "tween must be None or \"linear\", not 'cubic'"),
        ({"tween": True}, "tween must be None"),
        ({"ease": "bounce"}, "ease must be one of linear, in, out, in-out, smoothstep, sine, or a callable"),
        ({"ease": lambda t: 2 * t}, "ease must return numbers from 0 to 1, it returned 1.5 for 0.75"),
        ({"ease": lambda t: np.nan}, "ease must return numbers from 0 to 1"),
    ],
)
def test_bad_options(options, text):
    with pytest.raises(OptionError, match=text):
        Timeline.resolve(7, **options)


def test_no_steps():
    with pytest.raises(OptionError, match="values have no steps"):
        Timeline.resolve(0)
