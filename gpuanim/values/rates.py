"""Frames, frames per second and seconds: two of them give the third."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from gpuanim.errors import OptionError

__all__ = ["DEFAULT_FPS", "as_fps", "frames_and_rate", "hold_frames"]

DEFAULT_FPS = Fraction(30)

_MAX_FPS = 1000
_NTSC = tuple(Fraction(base * 1000, 1001) for base in (24, 30, 48, 60, 120))


def as_fps(value: Any) -> Fraction:
    """Return frames per second as a fraction.

    Parameters
    ----------
    value
        A number, a fraction, or text such as "25", "12.5" or "30000/1001". Decimals that are short for a
        rate of television, such as 23.976 and 29.97, are taken for it: 24000/1001 and 30000/1001.

    Raises
    ------
    OptionError
        If it is not a number above 0 and up to 1000.
    """
    try:
        rate = _fraction(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise OptionError(f'fps must be a number such as 24, 29.97 or "30000/1001", not {value!r}') from None
    if not isinstance(value, Rational) and "/" not in str(value):
        rate = next((ntsc for ntsc in _NTSC if abs(rate - ntsc) < Fraction(1, 2000)), rate)
    rate = rate.limit_denominator(1_000_000)  # ffmpeg's fractions have 31 bits
    if not 0 < rate <= _MAX_FPS:
        raise OptionError(f"fps must be above 0 and at most {_MAX_FPS}, not {value!r}")
    return rate


def frames_and_rate(n_frames: Any, fps: Any, duration: Any) -> tuple[int | None, Fraction]:
    """Return the frames, None if nothing fixes them, and the rate, 30 if nothing fixes it.

    Raises
    ------
    OptionError
        If one cannot be used, or the three contradict each other.
    """
    count = None if n_frames is None else _count(n_frames)
    rate = None if fps is None else as_fps(fps)
    if duration is None:
        return count, rate or DEFAULT_FPS
    seconds = _seconds("duration", duration)
    if seconds == 0:
        raise OptionError(f"duration must be above 0 seconds, not {duration!r}")
    if count is not None and rate is None:
        return count, as_fps(count / seconds)
    rate = rate or DEFAULT_FPS
    fitting = round(seconds * rate)
    if count is not None and fitting != count:
        raise OptionError(
            f"n_frames={n_frames}, fps={fps} and duration={duration} contradict each other ({fitting} frames "
            "would fit): give two of them"
        )
    if fitting == 0:
        raise OptionError(f"duration={duration} is shorter than one frame at {float(rate):g} fps")
    return fitting, rate


def hold_frames(hold: Any, rate: Fraction) -> tuple[int, int]:
    """Return the frames to add at the start and at the end for seconds at the end, or (start, end)."""
    try:
        start, end = (0.0, hold) if np.ndim(hold) == 0 else hold
    except (TypeError, ValueError):
        raise OptionError(f"hold must be seconds, or (start, end) in seconds, not {hold!r}") from None
    return round(_seconds("hold", start) * rate), round(_seconds("hold", end) * rate)


def _fraction(value: Any) -> Fraction:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, float | np.floating):
        return Fraction(str(float(value)))  # 0.1 is a tenth
    return Fraction(value)


def _count(n_frames: Any) -> int:
    try:
        count = operator.index(n_frames)
    except TypeError:
        count = 0
    if count < 1 or isinstance(n_frames, bool):
        raise OptionError(f"n_frames must be a whole number from 1 on, not {n_frames!r}")
    return count


def _seconds(name: str, value: Any) -> Fraction:
    try:
        seconds = _fraction(value) if math.isfinite(value) else Fraction(-1)
    except (TypeError, ValueError):
        seconds = Fraction(-1)
    if seconds < 0:
        raise OptionError(f"{name} must be seconds from 0 on, not {value!r}")
    return seconds
