"""What the levels of a page's colours stand for, in values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim.values._base import Mapping

__all__ = ["level_edges"]


def level_edges(mapping: Mapping, low: float, high: float) -> NDArray[np.float64] | None:
    """Return (257,) ascending values: those of level k lie from edge k up to edge k + 1.

    The outer levels end at `low` and `high`, the least and the greatest value that are shown, where any
    value lies in them, and else are as wide as the levels beside them. None if levels do not rise with the
    values, or no value has one.
    """
    lower = mapping.lower_edges()
    if lower is None or low > high:
        return None
    inner = lower[1:][np.isfinite(lower[1:])]  # where the levels rise; the first takes all that is lower
    if len(inner) == 0:
        return np.concatenate([[low], np.full(256, high)])
    first, last = low, high
    if low >= inner[0]:
        first = max(lower[0], 2 * inner[0] - inner[1]) if len(inner) > 1 else inner[0]
    if high < inner[-1]:
        last = 2 * inner[-1] - inner[-2] if len(inner) == 255 else inner[-1]
    return np.concatenate([[first], inner, np.full(256 - len(inner), last)])
