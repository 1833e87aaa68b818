"""Kernels that blend what moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.types import Values

__all__ = ["bridge", "bridge_groups", "fade"]


@kernel
def bridge(before: Values, after: Values, share: float, lo: int, hi: int, out: Values) -> None:
    """Write ``(1 - share) before + share after`` to `out[lo:hi]`, and where one is NaN the other."""
    for i in range(lo, hi):
        a, b = np.float64(before[i]), np.float64(after[i])
        a, b = b if a != a else a, a if b != b else b  # noqa: PLR0124
        out[i] = a if a == b else (1.0 - share) * a + share * b


@kernel
def bridge_groups(
    before: Values,
    after: Values,
    shares: NDArray[np.float64],
    groups: NDArray[np.uint8],
    lo: int,
    hi: int,
    out: Values,
) -> None:
    """Do the same for points `lo:hi` of (n, 2) arrays, each with the share of its group."""
    for i in range(lo, hi):
        share = shares[groups[i]]
        for j in range(before.shape[1]):
            a, b = np.float64(before[i, j]), np.float64(after[i, j])
            a, b = b if a != a else a, a if b != b else b  # noqa: PLR0124
            out[i, j] = a if a == b else (1.0 - share) * a + share * b


@kernel
def fade(before: Values, after: Values, leaving: float, coming: float, lo: int, hi: int, out: Values) -> None:
    """Write what lies between: `leaving` of the way where it falls, `coming` where it rises."""
    for i in range(lo, hi):
        a, b = before[i], after[i]
        out[i] = a + (b - a) * (coming if b > a else leaving)
