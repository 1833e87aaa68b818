"""A camera that goes from shot to shot over a plane."""

from __future__ import annotations

import difflib
import math
from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gpuanim.errors import OptionError
from gpuanim.values.timeline import Ease, Timeline, as_ease, eased
from gpuanim.view._base import Coords, Flight, Lens, Move, Subject
from gpuanim.view.clock import UNTIMED, Clock
from gpuanim.view.flight import between
from gpuanim.view.plane import View
from gpuanim.view.shots import Framing, Shot
from gpuanim.view.window import seen_through

if TYPE_CHECKING:
    from gpuanim.chrome._base import Moment

__all__ = ["Keyframes"]

UNITS = ("share", "seconds", "frames")


@dataclass(frozen=True, eq=False)
class Keyframes(Move):
    """Shots at certain times; in between the camera flies from one to the next.

    On its way it zooms and pans at a speed that looks constant, out and in again between far shots, and
    eases in and out of each shot. Sizes of points in points squared stay, automatic ones grow with the
    square root of the zoom, those in units of the data with the zoom.

    Parameters
    ----------
    shots
        Two or more; one is a still camera. The same shot twice in a row rests.
    at
        When each is reached, ascending; two shots at one time are a cut. Before the first and after the last
        one the camera rests. By default evenly over the film.
    unit
        Of `at`: "share" of the film, 0 its first and 1 its last frame; "seconds"; or "frames", from 0.
    ease
        How the camera sets off and arrives: "linear", "in", "out", "in-out", "smoothstep", "sine", a
        callable from 0..1 to 0..1, or a list with one for each way.

    Raises
    ------
    OptionError
        If there are no shots, times do not fit them, or an option is not known.
    """

    shots: Sequence[Shot]
    at: Sequence[float] | None = None
    unit: str = "share"
    ease: Any = "in-out"

    def __post_init__(self) -> None:
        shots = list(self.shots) if isinstance(self.shots, list | tuple) else []
        if not shots or not all(isinstance(shot, Shot) for shot in shots):
            raise OptionError(
                f"camera needs shots, such as [ga.Shot.all(), ga.Shot.group('B cells')], not {self.shots!r}"
            )
        if self.unit not in UNITS:
            near = difflib.get_close_matches(str(self.unit), UNITS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"unit must be one of {UNITS}, not {self.unit!r}{hint}")
        if self.at is None and self.unit != "share":
            raise OptionError(f"unit={self.unit!r} is that of at=[...], the times of the shots")
        _times(self.at, len(shots), self.unit)
        _eases(self.ease, len(shots) - 1)

    def over(self, subject: Subject) -> Flight:
        n = len(self.shots)
        made: dict[int, Framing] = {}
        for shot in self.shots:
            if id(shot) not in made:
                made[id(shot)] = shot.frame(subject)
        return _Flight(
            tuple(shot.told for shot in self.shots),
            tuple(made[id(shot)] for shot in self.shots),
            _times(self.at, n, self.unit),
            self.unit,
            _eases(self.ease, n - 1),
            self.ease if isinstance(self.ease, str) else "given",
        )


@dataclass(frozen=True, eq=False)
class _Flight(Flight):
    """Keyframes over given points."""

    told: tuple[str, ...]
    framings: tuple[Framing, ...]
    at: tuple[float, ...]
    unit: str
    eases: tuple[Ease, ...]
    told_ease: str
    clock: Clock = UNTIMED

    def place(self, moment: Moment) -> Hashable:
        return self._leg(moment)

    def lens(self, moment: Moment, coords: Coords, view: View) -> Lens:
        start, end, share = self._leg(moment)
        window = self.framings[start].window(coords, view)
        if share:
            window = between(
                window, self.framings[end].window(coords, view), share, math.hypot(*view.box[2:])
            )
        return seen_through(view, window)

    def _leg(self, moment: Moment) -> tuple[int, int, float]:
        """Return the shots between which the camera is, and how far it is from the first."""
        time = self._time(moment)
        after = bisect_right(self.at, time)
        if after in (0, len(self.at)):
            return self._resting(min(after, len(self.at) - 1))
        low, high = self.at[after - 1 : after + 1]
        share = eased(self.eases[after - 1], (time - low) / (high - low))
        if share in (0.0, 1.0) or self.framings[after - 1] == self.framings[after]:
            return self._resting(after if share == 1.0 else after - 1)
        return after - 1, after, share

    def _resting(self, shot: int) -> tuple[int, int, float]:
        first = self.framings.index(self.framings[shot])  # the same, however often it comes
        return first, first, 0.0

    def _time(self, moment: Moment) -> float:
        if self.unit == "seconds":
            return self.clock.seconds(moment)
        return self.clock.frame(moment) if self.unit == "frames" else self.clock.share(moment)

    def timed(self, timeline: Timeline) -> Flight:
        self._check(timeline)
        return replace(self, clock=Clock.of(timeline))

    def _check(self, timeline: Timeline) -> None:
        n_frames, last = timeline.n_frames, self.at[-1]
        if n_frames is None:
            if self.unit == "share" and len(self.at) > 1:
                raise OptionError(
                    "camera: shots at shares of a film need to know how long it will be: give n_steps, or "
                    'the times of the shots, at=[...], unit="seconds"'
                )
            return
        end = {"share": 1.0, "seconds": float(n_frames / timeline.fps), "frames": n_frames - 1}[self.unit]
        if last > end:
            raise OptionError(
                f"camera: the last shot is at {last:g} {self.unit}, the film ends at {end:g}; give it a "
                "longer duration, or earlier shots"
            )

    def describe(self) -> dict[str, Any]:
        return {
            "move": "keyframes",
            "shots": list(self.told),
            "at": list(self.at),
            "unit": self.unit,
            "ease": self.told_ease,
        }


def _times(at: Any, n: int, unit: str) -> tuple[float, ...]:
    if at is None:
        return tuple(i / max(1, n - 1) for i in range(n))
    try:
        times = tuple(float(time) for time in at)
    except (TypeError, ValueError):
        raise OptionError(f"at must be a list of {n} times, one for each shot, not {at!r}") from None
    if len(times) != n:
        raise OptionError(f"at has {len(times)} times for {n} shots: give one for each")
    if not all(math.isfinite(time) and time >= 0 for time in times) or (unit == "share" and max(times) > 1):
        span = "from 0 to 1, shares of the film" if unit == "share" else f"{unit} from 0 on"
        hint = '; for other times give unit="seconds" or "frames"' if unit == "share" else ""
        raise OptionError(f"at must be {span}, not {list(times)}{hint}")
    if any(late < early for early, late in pairwise(times)):
        raise OptionError(f"at must be ascending, not {list(times)}")
    return times


def _eases(ease: Any, n: int) -> tuple[Ease, ...]:
    if not isinstance(ease, list | tuple):
        return (as_ease(ease),) * n
    if len(ease) != n:
        raise OptionError(f"ease has {len(ease)} eases for {n} ways between shots: give one for each, or one")
    return tuple(as_ease(one) for one in ease)
