"""What lies between two steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gpuanim import _threads
from gpuanim.types import Values
from gpuanim.values.kernels import blend

__all__ = ["fitting", "in_blocks", "linear"]

_GRAIN = 1 << 17


def linear(before: Values, after: Values, share: float, into: Values) -> Values:
    """Return ``(1 - share) before + share after``, NaN where either is; in `into` where that fits."""
    into = fitting(before, after, into)
    first, second, mixed = before.reshape(-1), after.reshape(-1), into.reshape(-1)
    in_blocks(lambda lo, hi: blend(first, second, share, lo, hi, mixed), len(mixed))
    return into


def fitting(before: Values, after: Values, into: Values) -> Values:
    """Return `into`, or a new array if it cannot hold what lies between two steps."""
    dtype = np.result_type(before, after)
    if into.shape != before.shape or into.dtype != dtype:
        return np.empty(before.shape, dtype)
    return into


def in_blocks(task: Callable[[int, int], object], n: int) -> None:
    """Call ``task(lo, hi)`` for blocks of `n` numbers, on all threads."""
    parts = _threads.blocks(n, _GRAIN)
    _threads.run(lambda i: task(*parts[i]), len(parts))
