"""Trails: where points were in the frames before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gpuanim.errors import OptionError
from gpuanim.values.timeline import as_ease

__all__ = ["MOST_FRAMES", "Trail", "as_trail"]

MOST_FRAMES = 240
"""Frames that a trail may reach back: each draws all points that have moved since once more."""


@dataclass(frozen=True)
class Trail:
    """The way that points have come: discs at their places in past frames, below all points.

    A place counts only if the point has left it by the next frame, so that points at rest have no trail.
    The same whichever frames are rendered: it follows from the positions alone.

    Parameters
    ----------
    length
        Seconds that a trail reaches back.
    frames
        Frames of the film that it reaches back, in place of seconds.
    alpha
        Opacity of the youngest disc, as a share of the point's.
    fade
        How opacity falls towards the oldest one: a name of `EASES`, or a callable from 0..1 to 0..1, of how
        young a disc is.

    Raises
    ------
    OptionError
        If an option cannot be used, or there are both lengths or none.
    """

    length: float | None = None
    frames: int | None = None
    alpha: float = 0.5
    fade: str | Callable[[float], float] = "linear"

    def __post_init__(self) -> None:
        if (self.length is None) == (self.frames is None):
            raise OptionError("a Trail needs its length in seconds, or its frames: one of the two")
        if self.length is not None and not _is_number(self.length, 0, 3600):
            raise OptionError(f"length of a trail must be seconds, 0 or more, not {self.length!r}")
        whole = isinstance(self.frames, int) and not isinstance(self.frames, bool)
        if self.frames is not None and not (whole and 0 <= self.frames <= MOST_FRAMES):
            raise OptionError(
                f"frames of a trail must be a whole number, 0 to {MOST_FRAMES}, not {self.frames!r}"
            )
        if not _is_number(self.alpha, 0, 1):
            raise OptionError(f"alpha of a trail must be a share, 0 to 1, not {self.alpha!r}")
        as_ease(self.fade, "fade of a trail")

    def weights(self, fps: Fraction) -> tuple[float, ...]:
        """Return the opacity of the disc of each past frame, the last one first.

        Raises
        ------
        OptionError
            If these are more than `MOST_FRAMES`.
        """
        count = round(Fraction(self.length) * fps) if self.length is not None else self.frames or 0
        if count > MOST_FRAMES:
            raise OptionError(
                f"a trail of {self.length:g} s is {count} frames long at {float(fps):g} frames per second, "
                f"{MOST_FRAMES} are the most"
            )
        ease = as_ease(self.fade, "fade of a trail")
        return tuple(self.alpha * ease(1 - age / (count + 1)) for age in range(1, count + 1))


def as_trail(trail: Any) -> Trail | None:
    """Return the trail that the user's words mean: a `Trail`, seconds, or None; raises OptionError."""
    if trail is None or isinstance(trail, Trail):
        return trail
    if not _is_number(trail, 0, 3600):
        raise OptionError(
            f"trail must be seconds, or a gpuanim.Trail such as Trail(frames=12), not {trail!r}"
        )
    return Trail(float(trail))


def _is_number(value: Any, low: float, high: float) -> bool:
    try:
        return not isinstance(value, bool | str) and low <= float(value) <= high
    except (TypeError, ValueError):
        return False
