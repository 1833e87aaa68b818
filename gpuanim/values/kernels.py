"""Kernels that every norm shares: bins of values, codes by thresholds, and blending of steps.

`bins.Bins` says what a bin is. Loops run over pieces of 512 values: one loop computes the bins, which LLVM
turns into 16 lanes of AVX-512, the next looks them up. In one loop together they take 1.6 times as long.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel
from gpuanim.types import Codes, Ids, Values
from gpuanim.values.bins import LINE_BINS

__all__ = ["PIECE", "bins_of", "blend", "encode", "fill_table"]

PIECE = 512
"""Values that are binned at a time: their bins stay in the L1 cache."""

MANY = np.uint16(0x8000)
"""Flag of a table entry: two thresholds or more lie in the bin."""

_SIGN = np.uint32(0x80000000)
_ZERO = np.float32(0)
_ONE, _TWO = np.float32(1), np.float32(2)
_LAST = np.float32(LINE_BINS)


@inline
def _bin_of_bits(value: Any, low: np.uint32, high: np.uint32, shift: np.uint32) -> np.uint32:
    """Return the bin of a value that is not NaN, from 1, by the bits of its float32."""
    # Adding 0 turns -0.0 into 0.0. No branches: one on the sign costs 5 ns for values around zero.
    bits = np.float32(np.float32(value) + _ZERO).view(np.int32)
    key = np.uint32(np.uint32(np.uint32(bits >> np.int32(31)) | _SIGN) ^ np.uint32(bits))
    inside = min(max(key, low), high)
    return np.uint32(np.uint32(np.uint32(inside - low) >> shift) + np.uint32(1))


@inline
def _bin_on_line(value: Any, origin: Any, scale: Any) -> np.uint32:
    """Return the bin of a value that is not NaN, from 1, by its distance from `origin`."""
    place = (value - origin) * scale + _TWO
    place = _ONE if place < _ONE else place
    place = _LAST if place > _LAST else place
    return np.uint32(np.int32(place))


@inline
def bins_of(
    values: Values,
    low: np.uint32,
    high: np.uint32,
    shift: np.uint32,
    origin: Any,
    scale: Any,
    bins: NDArray[np.uint32],
) -> None:
    """Write the bins of at most PIECE values: 0 for NaN; the first and the last hold what lies outside."""
    if scale > _ZERO:
        for j in range(len(values)):
            value = values[j]
            own = _bin_on_line(value, origin, scale)
            bins[j] = np.uint32(0) if value != value else own  # noqa: PLR0124
    else:
        for j in range(len(values)):
            value = values[j]
            own = _bin_of_bits(value, low, high, shift)
            bins[j] = np.uint32(0) if value != value else own  # noqa: PLR0124


@kernel
def fill_table(thresholds: Values, bins: NDArray[np.uint32], table: NDArray[np.uint16]) -> None:
    """Write for each bin the number of thresholds in lower bins, and `MANY` if it holds three or more.

    Parameters
    ----------
    thresholds, bins
        (k,) ascending, k <= 256, and the bin of each.
    table
        (n_bins + 1,) uint16.
    """
    done, b = 0, np.int64(0)
    for i in range(len(thresholds)):
        own = np.int64(bins[i])
        if own < b:
            continue
        table[b:own] = done
        inside = 1
        while i + inside < len(thresholds) and bins[i + inside] == own:
            inside += 1
        table[own] = np.uint16(done) | (MANY if inside > 2 else np.uint16(0))
        done, b = done + inside, own + 1
    table[b:] = done


@kernel
def encode(
    values: Values,
    where: Ids,
    lo: int,
    hi: int,
    low: np.uint32,
    high: np.uint32,
    shift: np.uint32,
    origin: Any,
    scale: Any,
    table: NDArray[np.uint16],
    thresholds: Values,
    codes: Codes,
    out: Codes,
) -> None:
    """Write to `out[lo:hi]` the code for the number of thresholds that a value reaches.

    Parameters
    ----------
    values
        (n,) float32 or float64.
    where
        (m,) uint32 positions of the values that are wanted, or (0,) for all.
    table
        (n_bins + 1,) from `fill_table`; the first row is that of NaN.
    thresholds
        (513,) ascending, of the dtype of `values`, filled up with NaN, which no value reaches.
    codes
        (257,) the code for 0, 1, ... thresholds.
    """
    buffer = np.empty(PIECE, values.dtype)
    bins = np.empty(PIECE, np.uint32)
    for start in range(lo, hi, PIECE):
        end = min(start + PIECE, hi)
        picked = values[start:end]
        if len(where) > 0:
            picked = buffer[: end - start]
            ids = where[start:end]
            for j in range(len(picked)):
                picked[j] = values[ids[j]]
        bins_of(picked, low, high, shift, origin, scale, bins)
        target = out[start:end]
        for j in range(len(picked)):
            value = picked[j]
            entry = table[bins[j]]
            reached = np.uint32(entry & ~MANY)
            # No branches on comparisons: where a value lies beside a threshold cannot be predicted.
            if entry & MANY and value >= thresholds[reached]:
                step = np.uint32(256)
                while step > 0:
                    ahead = np.uint32(reached + step)
                    reached = ahead if value >= thresholds[ahead - np.uint32(1)] else reached
                    step >>= np.uint32(1)
            else:
                second = np.uint32(value >= thresholds[reached + np.uint32(1)])
                reached = np.uint32(reached + np.uint32(value >= thresholds[reached]) + second)
            target[j] = codes[reached]


@kernel
def blend(before: Values, after: Values, fraction: float, lo: int, hi: int, out: Values) -> None:
    """Write ``(1 - fraction) before + fraction after``; equal values stay exactly what they are."""
    for i in range(lo, hi):
        a, b = np.float64(before[i]), np.float64(after[i])
        mixed = (1.0 - fraction) * a + fraction * b
        out[i] = a if a == b else mixed
