"""How long each frame of a GIF is shown: hundredths of a second, none shorter than browsers allow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from numbers import Integral, Real
from typing import Any

from gpuanim.errors import FormatError, OptionError

__all__ = ["FAST", "MAX_FPS", "Delays", "as_holds"]

SHORTEST = 2
"""Browsers show a frame of 1/100 s for 10/100 s, so that 2/100 s is the shortest that works."""
MAX_FPS = 100 // SHORTEST
FAST = ("error", "drop", "slow")
"""What to do with films of more than 50 frames/s."""

_LONGEST = 3600  # seconds


def as_holds(holds: Any) -> dict[int, float]:
    """Return seconds by frame, from a mapping, or from a sequence of one number, or None, per frame.

    Raises
    ------
    OptionError
        If that is not what it is.
    """
    if holds is None:
        return {}
    if isinstance(holds, Sequence) and not isinstance(holds, str):
        holds = {frame: seconds for frame, seconds in enumerate(holds) if seconds is not None}
    if not isinstance(holds, Mapping):
        raise OptionError(
            f"holds must be seconds by frame, such as {{-1: 2.0}}, or one number per frame, not {holds!r}"
        )
    for frame, seconds in holds.items():
        if isinstance(frame, bool) or not isinstance(frame, Integral):
            raise OptionError(f"holds must name frames by whole numbers, not {frame!r}")
        real = isinstance(seconds, Real) and not isinstance(seconds, bool) and math.isfinite(seconds)
        if not (real and SHORTEST / 100 <= seconds <= _LONGEST):
            raise OptionError(
                f"holds must be from {SHORTEST / 100} to {_LONGEST} seconds, not {seconds!r} "
                f"for frame {frame}"
            )
    return {int(frame): float(seconds) for frame, seconds in holds.items()}


@dataclass(frozen=True)
class Delays:
    """Hundredths of a second of each frame; those of all frames before it follow the film's clock.

    Parameters
    ----------
    fps
        Frames per second.
    n_frames
        Frames of the film, or None if only its end will tell.
    holds
        Seconds of the frames that are exceptions; negative numbers count from the end.
    fast
        Above 50 frames/s: "drop" leaves frames out, "slow" shows each for 2/100 s, "error" is an error.

    Raises
    ------
    FormatError
        If the rate is too high or too low.
    OptionError
        If a hold is of a frame that the film does not have, or that cannot be told in advance.
    """

    fps: Fraction
    n_frames: int | None = None
    holds: Mapping[int, float] = field(default_factory=dict)
    fast: str = "error"

    shortest = SHORTEST

    def __post_init__(self) -> None:
        if self.fps > MAX_FPS and self.fast == "error":
            raise FormatError(
                f"GIF cannot show {float(self.fps):g} frames/s: browsers slow frames under 1/50 s down to "
                '1/10 s; use fps=50 or less, too_fast="drop" (leaves frames out, keeps the duration) or '
                '"slow" (keeps the frames), or save to .mp4'
            )
        if 1 / self.fps > _LONGEST:
            raise FormatError(
                f"GIF frames are shown for at most an hour, fps={float(self.fps):g} is too slow"
            )
        object.__setattr__(self, "holds", {self._frame(k): _cs(seconds) for k, seconds in self.holds.items()})

    def __call__(self, i: int) -> int:
        """Return the delay of frame `i`, 0 if it is left out."""
        return int(self.holds[i]) if i in self.holds else self.plain(i)

    def plain(self, i: int) -> int:
        """Return the delay of frame `i` without its hold."""
        if self.fps <= MAX_FPS:
            return _cs((i + 1) / self.fps) - _cs(i / self.fps)
        if self.fast == "slow":
            return SHORTEST
        # Of the film's clock, only each fiftieth of a second shows a frame.
        ticks = ceil((i + 1) / self.fps * MAX_FPS) - ceil(i / self.fps * MAX_FPS)
        return SHORTEST * ticks

    def at_the_end(self, count: int) -> int:
        """Return what the last of `count` frames is to be shown longer, or shorter, than was said."""
        if self.n_frames is not None or -1 not in self.holds:
            return 0
        return int(self.holds[-1]) - max(self(count - 1), SHORTEST)

    def _frame(self, k: int) -> int:
        n = self.n_frames
        if n is None:
            if k < -1:
                raise OptionError(
                    f"holds: frame {k} cannot be told, the film's length is not known in advance; -1 is the "
                    "last frame, others are counted from the start"
                )
            return k
        if not -n <= k < n:
            raise OptionError(f"holds: there is no frame {k} in a film of {n} frames")
        return k % n


def _cs(seconds: Fraction | float) -> int:
    return floor(Fraction(seconds) * 100 + Fraction(1, 2))
