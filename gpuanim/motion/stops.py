"""The way of a morph: stops at each embedding, and how points go from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.motion.tracks import Coords, Indexed
from gpuanim.types import Values
from gpuanim.values._base import Blender
from gpuanim.values.rates import as_fps
from gpuanim.values.timeline import Ease

__all__ = ["Legs", "Morph", "Paused", "make_legs"]

_MOST_STARTS = 256


@dataclass(frozen=True)
class Paused:
    """An ease that rests at both ends.

    Parameters
    ----------
    ease
        Of the way between the rests.
    rest, leg
        Frames of each rest, and of all.
    """

    ease: Ease
    rest: int
    leg: int

    def __call__(self, share: float) -> float:
        """Return how far a blend has gone: exactly 0 and 1 in the rests."""
        start, end = float(Fraction(self.rest, self.leg)), float(Fraction(self.leg - self.rest, self.leg))
        if share <= start:
            return 0.0
        return 1.0 if share >= end else self.ease((share - start) / (end - start))


@dataclass(frozen=True)
class Legs:
    """Frames of a film that stops at each of k embeddings.

    Parameters
    ----------
    count
        Ways from one to the next, ``k - 1``.
    move
        Frames of each way.
    rest
        Frames by which each stop is longer, before and behind.
    fps
        Frames per second.
    extra
        Frames by which the last stop is longer, so that the film has the length asked for.
    """

    count: int
    move: int
    rest: int
    fps: Fraction
    extra: int = 0

    @property
    def leg(self) -> int:
        """Frames from the middle of a stop to that of the next."""
        return self.move + 2 * self.rest

    @property
    def n_frames(self) -> int:
        """Frames from the middle of the first stop to that of the last; the halves outside are holds."""
        return self.count * self.leg + 1

    @property
    def hold_frames(self) -> tuple[int, int]:
        """Frames of the half stops at both ends of the film."""
        return self.rest, self.rest + self.extra

    @property
    def hold(self) -> tuple[float, float]:
        """Seconds of the half stops at both ends of the film."""
        start, end = self.hold_frames
        return float(start / self.fps), float(end / self.fps)

    def way(self, ease: Ease) -> Paused:
        """Return how the way between two embeddings goes."""
        return Paused(ease, self.rest, self.leg)


def make_legs(n_stops: int, *, move: Any, hold: Any, fps: Any, n_frames: Any, duration: Any) -> Legs:
    """Spread a film over its stops.

    Parameters
    ----------
    move, hold
        Seconds of each way, and at each embedding.
    n_frames, duration
        Frames, or seconds, of the whole film, in place of `move`.

    Raises
    ------
    OptionError
        If an option cannot be used, or the film is too short for its stops.
    """
    rate = as_fps(30 if fps is None else fps)
    rest = round(_seconds("hold", hold) * rate / 2)
    if n_frames is not None and duration is not None:
        raise OptionError("give n_frames or duration: fps and move follow the other way round")
    if n_frames is None and duration is None:
        frames = round(_seconds("move", 1.5 if move is None else move) * rate)
        return Legs(n_stops - 1, max(1, frames), rest, rate)
    if move is not None:
        raise OptionError("move and the length of the whole film exclude each other: give one of them")
    total = round(_seconds("duration", duration) * rate) if n_frames is None else _whole(n_frames)
    left = total - 1 - 2 * rest * n_stops
    if left < n_stops - 1:
        raise OptionError(
            f"{total} frames are too few for {n_stops} stops of {2 * rest + 1} frames and ways between them: "
            "make hold shorter, or the film longer"
        )
    each, extra = divmod(left, n_stops - 1)
    return Legs(n_stops - 1, each, rest, rate, extra)


class Morph(Indexed):
    """Embeddings of the same points, one after the other.

    Parameters
    ----------
    stations
        (n, 2) each, NaN for points that are not there.
    legs
        Their times.
    ease
        How points go from one to the next.
    starts
        (n,) when a point sets out, as a share of the way from 0 to below 1; all take as long as is left of
        it by those that set out last. None: all at once.
    gaps
        As in `Track`.
    """

    def __init__(
        self,
        stations: Sequence[Coords],
        legs: Legs,
        ease: Ease,
        starts: NDArray[np.floating] | None = None,
        *,
        gaps: bool = True,
    ) -> None:
        self._ease, self._starts = ease, np.empty(0)
        way = legs.way(ease)
        if starts is not None:
            way = legs.way(lambda share: share)
            # One ease for each of few starts: the user's callable cannot run a million times a frame.
            self._starts, groups = np.unique(_coarse(starts), return_inverse=True)
            self._groups = groups.astype(np.uint8)
        super().__init__(stations.__getitem__, len(stations), gaps=gaps, way=way, stored=True)

    @property
    def blender(self) -> Blender:
        if len(self._starts) == 0:
            return super().blender
        return partial(_by_group, self._ease, self._starts, self._groups)


def _by_group(
    ease: Ease,
    starts: NDArray[np.float64],
    groups: NDArray[np.uint8],
    before: Values,
    after: Values,
    share: float,
    into: Values,
) -> Values:
    from gpuanim.motion.blending import bridged_by_group

    span = 1.0 - float(starts.max())
    shares = np.array([ease(min(max((share - s) / span, 0.0), 1.0)) for s in starts])
    return bridged_by_group(before, after, shares, groups, into)


def _coarse(starts: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.rint(np.asarray(starts, np.float64) * (_MOST_STARTS - 1)) / (_MOST_STARTS - 1)


def _seconds(name: str, value: Any) -> Fraction:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds < 36000:
        raise OptionError(f"{name} must be seconds, 0 or more, the same for all embeddings, not {value!r}")
    return Fraction(seconds).limit_denominator(1 << 20)


def _whole(n_frames: Any) -> int:
    if isinstance(n_frames, bool) or not isinstance(n_frames, int | np.integer) or n_frames < 1:
        raise OptionError(f"n_frames must be a whole number from 1 on, not {n_frames!r}")
    return int(n_frames)
