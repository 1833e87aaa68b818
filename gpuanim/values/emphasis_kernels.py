"""Numba kernels that change the levels of points which stand out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.types import Codes, Ids

__all__ = ["brighten", "fade"]


@kernel
def brighten(
    earlier: Codes, lo: int, hi: int, n_levels: int, full: int, strengths: int, first: int, out: Codes
) -> None:
    """Move `out[lo:hi]` to a brightened copy of its level, by how far the level is from the earlier one.

    A change of `full` levels or more, or from no level to one, is the brightest of `strengths` copies, the
    first of which begins at row `first`.
    """
    for i in range(lo, hi):
        now, before = np.int64(out[i]), np.int64(earlier[i])
        if now >= n_levels or now == before:
            continue
        strength = strengths
        if before < n_levels:
            strength = min(strengths, abs(int(now - before)) * strengths // full)
        if strength > 0:
            out[i] = np.uint16(first + (strength - 1) * n_levels + now)


@kernel
def fade(faded: NDArray[np.uint8], where: Ids, lo: int, hi: int, row: int, out: Codes) -> None:
    """Write `row` to `out[lo:hi]` for points that are faded; `where` says which they are, (0,) for all."""
    for i in range(lo, hi):
        point = i if len(where) == 0 else np.int64(where[i])
        if faded[point]:
            out[i] = row
