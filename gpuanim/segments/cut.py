"""Where a film is cut: closed segments of about the same length, none shorter than asked for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from numbers import Real
from typing import Any

from gpuanim.errors import OptionError

__all__ = ["LEAST_SECONDS", "Cut", "as_seconds"]

LEAST_SECONDS = 2.0
"""An encoder starts anew in each segment: shorter ones cost bytes (half as much again at half a second)."""


_MOST_SECONDS = 1e6


@dataclass(frozen=True)
class Cut:
    """The segments of a film, each a range of frames; all of them together are the film."""

    segments: tuple[range, ...]

    @classmethod
    def of(cls, n_frames: int, fps: Fraction, seconds: float = LEAST_SECONDS) -> Cut:
        """Cut `n_frames` frames into segments of `seconds` or longer, as many and as even as possible.

        Where the film is cut depends on nothing else, so that it is the same however many workers there are.
        """
        least = max(1, ceil(Fraction(seconds) * fps))
        count = max(1, n_frames // least)
        edges = [n_frames * i // count for i in range(count + 1)]
        return cls(tuple(range(start, stop) for start, stop in pairwise(edges)))

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def longest(self) -> int:
        """Frames of the longest segment."""
        return max(map(len, self.segments))


def as_seconds(segment: Any) -> float:
    """Return the seconds of a segment; None stands for `LEAST_SECONDS`.

    Raises
    ------
    OptionError
        If it is not a number from there on.
    """
    if segment is None:
        return LEAST_SECONDS
    if not isinstance(segment, Real) or not LEAST_SECONDS <= float(segment) < _MOST_SECONDS:
        raise OptionError(f"segment must be {LEAST_SECONDS:g} seconds or more, not {segment!r}")
    return float(segment)
