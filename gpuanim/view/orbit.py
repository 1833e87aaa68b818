"""A camera that circles around points in space."""

from __future__ import annotations

import difflib
import math
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.values.timeline import Ease, Timeline, as_ease, eased
from gpuanim.view._base import Bounds, Coords, Flight, Lens, Move, Subject
from gpuanim.view.ball import Ball
from gpuanim.view.clock import UNTIMED, Clock
from gpuanim.view.plane import View
from gpuanim.view.shots import told_cells
from gpuanim.view.space import Space

if TYPE_CHECKING:
    from gpuanim.chrome._base import Moment

__all__ = ["Orbit"]

_AXES = {
    "y": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "z": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)),
    "x": ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
}
"""Upright axis -> what is right, up, and near at angle 0."""

Pair = tuple[float, float]

_SAMPLES = 9
"""Elevations at which the picture is measured, where it changes."""


@dataclass(frozen=True, eq=False)
class Orbit(Move):
    """Circle around points in space: (n, 3) coordinates, nearer points over those behind them.

    At angle 0 and elevation 0 the third column points at the viewer and the picture is that of the first
    two; the limits of the film hold all points at all angles.

    Parameters
    ----------
    turns
        Around the upright axis over the film, negative for the other way. After a whole number of turns the
        film can go on with its first frame.
    start
        Degrees at which it sets off.
    elevation
        Degrees, -90..90, from which the camera looks down; or (at the start, at the end).
    axis
        The upright one: "y", "z" or "x". With "z" the camera circles around a plane of x and y, which
        elevation=90 shows from above.
    perspective
        How much larger near points are: 0 for none, and below 1; 0.3 shows the nearest 1.4 times as large as
        those in the middle, the farthest 0.77 times.
    depth_cue
        How much of their opacity the farthest points lose, 0..1. By default 0.5, where the blend shows
        single points.
    zoom
        How much closer the camera is; or (at the start, at the end).
    around
        Cells whose middle it circles around, as in `Shot.cells`; they are followed if they move. By default
        the middle of the box that holds all points.
    ease
        How it sets off and arrives, as in `Keyframes`.
    seconds_per_turn
        In place of `turns`, for films of any length.

    Raises
    ------
    OptionError
        If an option cannot be used.
    """

    n_columns: ClassVar[int] = 3

    turns: float | None = None
    start: float = 0.0
    elevation: float | Pair = 15.0
    axis: str = "y"
    perspective: float = 0.3
    depth_cue: float | None = None
    zoom: float | Pair = 1.0
    around: Any = None
    ease: Any = "linear"
    seconds_per_turn: float | None = None

    def __post_init__(self) -> None:
        if self.turns is not None and self.seconds_per_turn is not None:
            raise OptionError("turns and seconds_per_turn exclude each other: both say how fast it goes")
        if self.turns is not None:
            _number("turns", self.turns, -1000, 1000)
        if self.seconds_per_turn is not None and _number("seconds_per_turn", self.seconds_per_turn) == 0:
            raise OptionError("seconds_per_turn must not be 0; negative ones go the other way")
        _number("start", self.start, -1e6, 1e6)
        _number("perspective", self.perspective, 0, 0.95)
        if self.depth_cue is not None:
            _number("depth_cue", self.depth_cue, 0, 1)
        _pair("elevation", self.elevation, -90, 90)
        _pair("zoom", self.zoom, 0.01, 100)
        if self.axis not in _AXES:
            near = difflib.get_close_matches(str(self.axis), _AXES, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"axis must be one of {tuple(_AXES)}, not {self.axis!r}{hint}")
        as_ease(self.ease)

    def upside_down(self) -> Self:
        """Return the orbit above data whose upright axis points down on the frame, as in pictures."""
        if self.axis != "y":
            return self
        low, high = _pair("elevation", self.elevation, -90, 90)
        return replace(self, elevation=(-low, -high))

    def over(self, subject: Subject) -> Flight:
        if self.depth_cue and not subject.fades:
            raise OptionError(
                "depth_cue fades single points, and this blend shows what the points of a pixel come to: "
                'leave it out, or use blend="over"'
            )
        usual = 0.5 if subject.fades else 0.0
        turns = 1.0 if self.turns is None and self.seconds_per_turn is None else self.turns
        course = _Course(
            turns=turns, period=self.seconds_per_turn, start=float(self.start),
            elevation=_pair("elevation", self.elevation, -90, 90), zoom=_pair("zoom", self.zoom, 0.01, 100),
            ease=as_ease(self.ease),
        )  # fmt: skip
        cells = None if self.around is None else subject.pick(self.around)
        ball = Ball.of(subject.place, np.array(_AXES[self.axis]), cells)
        cue = usual if self.depth_cue is None else float(self.depth_cue)
        bounds = ball.bounds(np.linspace(*course.elevation, _SAMPLES), float(self.perspective))
        return _Flight(course, ball, float(self.perspective), cue, bounds, self._told(course, cue))

    def _told(self, course: _Course, cue: float) -> dict[str, Any]:
        return {
            "move": "orbit",
            "turns": course.turns,
            "seconds_per_turn": course.period,
            "start": course.start,
            "elevation": list(course.elevation),
            "axis": self.axis,
            "perspective": float(self.perspective),
            "depth_cue": cue,
            "zoom": list(course.zoom),
            "around": None if self.around is None else told_cells(self.around),
            "ease": self.ease if isinstance(self.ease, str) else "given",
        }


@dataclass(frozen=True, eq=False)
class _Course:
    """Angles and zoom over time: the fields of `Orbit`, checked."""

    turns: float | None
    period: float | None
    start: float
    elevation: Pair
    zoom: Pair
    ease: Ease
    clock: Clock = UNTIMED

    @property
    def steady(self) -> bool:
        """Whether nothing but the angle changes."""
        return self.elevation[0] == self.elevation[1] and self.zoom[0] == self.zoom[1]

    def at(self, moment: Moment) -> tuple[float, float, float]:
        """Return degrees around and of elevation, and the zoom."""
        loops = self.steady and self.turns is not None and float(self.turns).is_integer()
        share = moment.frame / (moment.n_frames or 1) if loops else self.clock.share(moment)
        far = eased(self.ease, share)
        turned = (
            self.clock.seconds(moment) / self.period if self.period is not None else (self.turns or 0.0) * far
        )
        low, high = self.zoom
        elevation = self.elevation[0] + far * (self.elevation[1] - self.elevation[0])
        return (self.start + 360.0 * turned) % 360.0, elevation, low * (high / low) ** far

    @property
    def endless(self) -> bool:
        """Whether it goes on whatever the length of the film."""
        return self.steady and (self.period is not None or not self.turns)


@dataclass(frozen=True, eq=False)
class _Flight(Flight):
    """Circling around given points."""

    deep: ClassVar[bool] = True

    course: _Course
    ball: Ball
    perspective: float
    cue: float
    taken: Bounds
    told: dict[str, Any]

    @property
    def fades(self) -> bool:
        return self.cue > 0

    @property
    def bounds(self) -> Bounds:
        return self.taken

    def place(self, moment: Moment) -> Hashable:
        return self.course.at(moment)

    def lens(self, moment: Moment, coords: Coords, view: View) -> Lens:
        return self._lens(view, self.ball.middle_of(coords), *self.course.at(moment))

    def standard(self, view: View) -> Lens:
        return self._lens(view, self.ball.center, self.course.start, self.course.elevation[0], 1.0)

    def _lens(
        self, view: View, center: NDArray[np.float64], around: float, elevation: float, zoom: float
    ) -> Lens:
        ball = self.ball
        turned = _tilted(elevation) @ _spun(around) @ ball.base
        return Space(view, ball.middle, center, turned, ball.reach, self.perspective, self.cue, zoom)

    def timed(self, timeline: Timeline) -> Flight:
        if timeline.n_frames is None and not self.course.endless:
            raise OptionError(
                "camera: turns over a film, or an elevation or zoom that changes, need to know how long it "
                "will be: give n_steps, or seconds_per_turn"
            )
        return replace(self, course=replace(self.course, clock=Clock.of(timeline)))

    def describe(self) -> dict[str, Any]:
        return self.told


def _spun(degrees: float) -> NDArray[np.float64]:
    """Return the turn of what is (right, up, near) for a viewer who goes to the right, around `up`."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])


def _tilted(degrees: float) -> NDArray[np.float64]:
    """Return the turn of what is (right, up, near) for a viewer who rises and looks down."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])


def _number(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not real or not math.isfinite(value) or not low <= value <= high:
        span = f" from {low:g} to {high:g}" if math.isfinite(low) else ""
        raise OptionError(f"{name} must be a number{span}, not {value!r}")
    return float(value)


def _pair(name: str, value: Any, low: float, high: float) -> Pair:
    if not isinstance(value, list | tuple):
        number = _number(name, value, low, high)
        return number, number
    if len(value) != 2:
        raise OptionError(f"{name} must be one number, or (at the start, at the end), not {value!r}")
    return _number(name, value[0], low, high), _number(name, value[1], low, high)
