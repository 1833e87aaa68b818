"""Kernels that reduce the values of the points in each pixel to one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel

U32 = NDArray[np.uint32]
I32 = NDArray[np.int32]

# In all of them the points of pixel p are `members[ptr[p]] .. members[ptr[p + 1] - 1]`, and the pixels lo..hi
# of `out` are written. A value that is not equal to itself is NaN.


@kernel
def mean(values: NDArray[Any], ptr: U32, members: U32, lo: int, hi: int, out: NDArray[Any]) -> None:
    """Set `out[p]` to the mean of the values that are not NaN, summed in double precision; NaN for none."""
    for p in range(lo, hi):
        total = 0.0
        count = 0
        for k in range(ptr[p], ptr[p + 1]):
            value = values[members[k]]
            number = value == value  # noqa: PLR0124
            total += value if number else 0.0
            count += number
        out[p] = total / count if count else np.nan


@kernel
def mean_rows(values: NDArray[Any], ptr: U32, members: U32, lo: int, hi: int, out: NDArray[Any]) -> None:
    """Set row p of `out` to the mean share of each class; NaN if no point has shares.

    Parameters
    ----------
    values
        (n, k) weights of the classes: of each point they count by their share of its sum, negative ones as 0.
        Points whose weights sum to 0, or are not finite, have none.
    out
        (pixels, k).
    """
    n_classes = values.shape[1]
    totals = np.empty(n_classes, np.float64)
    for p in range(lo, hi):
        totals[:] = 0.0
        count = 0
        for k in range(ptr[p], ptr[p + 1]):
            weight = 0.0
            for c in range(n_classes):
                value = values[members[k], c]
                weight += 0.0 if value < 0 else value
            if weight > 0.0 and weight < np.inf:
                for c in range(n_classes):
                    value = values[members[k], c]
                    totals[c] += 0.0 if value < 0 else value / weight
                count += 1
        for c in range(n_classes):
            out[p, c] = totals[c] / count if count else np.nan


@kernel
def add(values: NDArray[Any], ptr: U32, members: U32, lo: int, hi: int, out: NDArray[Any]) -> None:
    """Set `out[p]` to the sum of the values that are not NaN, in double precision; NaN for none."""
    for p in range(lo, hi):
        total = 0.0
        count = 0
        for k in range(ptr[p], ptr[p + 1]):
            value = values[members[k]]
            number = value == value  # noqa: PLR0124
            total += value if number else 0.0
            count += number
        out[p] = total if count else np.nan


@inline
def _any_number(values: NDArray[Any], ptr: U32, members: U32, p: int) -> bool:
    found = False
    for k in range(ptr[p], ptr[p + 1]):
        found |= values[members[k]] == values[members[k]]
    return found


@kernel
def highest(values: NDArray[Any], ptr: U32, members: U32, lo: int, hi: int, out: NDArray[Any]) -> None:
    """Set `out[p]` to the highest value that is not NaN; NaN for none."""
    for p in range(lo, hi):
        best = values.dtype.type(-np.inf)
        for k in range(ptr[p], ptr[p + 1]):
            value = values[members[k]]
            best = value if value > best else best
        # Only where nothing was found is it worth a look whether there was a number at all.
        out[p] = best if best > -np.inf or _any_number(values, ptr, members, p) else np.nan


@kernel
def lowest(values: NDArray[Any], ptr: U32, members: U32, lo: int, hi: int, out: NDArray[Any]) -> None:
    """Set `out[p]` to the lowest value that is not NaN; NaN for none."""
    for p in range(lo, hi):
        best = values.dtype.type(np.inf)
        for k in range(ptr[p], ptr[p + 1]):
            value = values[members[k]]
            best = value if value < best else best
        # Only where nothing was found is it worth a look whether there was a number at all.
        out[p] = best if best < np.inf or _any_number(values, ptr, members, p) else np.nan


@kernel
def count(values: NDArray[Any], ptr: U32, members: U32, lo: int, hi: int, out: NDArray[Any]) -> None:
    """Set `out[p]` to how many values are not NaN; NaN for none."""
    for p in range(lo, hi):
        there = 0
        for k in range(ptr[p], ptr[p + 1]):
            value = values[members[k]]
            there += value == value  # noqa: PLR0124
        out[p] = there if there else np.nan


@kernel
def count_coded(values: NDArray[Any], ptr: U32, members: U32, lo: int, hi: int, out: NDArray[Any]) -> None:
    """Set `out[p]` to how many codes are not negative; NaN for none."""
    for p in range(lo, hi):
        there = 0
        for k in range(ptr[p], ptr[p + 1]):
            there += values[members[k]] >= 0
        out[p] = there if there else np.nan


@kernel
def mode(
    values: NDArray[Any], ptr: U32, members: U32, lo: int, hi: int, tally: I32, out: NDArray[Any]
) -> None:
    """Set `out[p]` to the most frequent code, the lowest of equals; -1 if all are negative.

    Parameters
    ----------
    values
        (n,) integers or floats; what is not from 0 to k - 1 is no code.
    tally
        (k,) scratch of zeros; is left as it was found.
    """
    for p in range(lo, hi):
        if ptr[p + 1] - ptr[p] == 1:
            value = values[members[ptr[p]]]
            out[p] = value if value >= 0 and value < tally.shape[0] else -1
            continue
        best = -1
        most = 0
        for k in range(ptr[p], ptr[p + 1]):
            value = values[members[k]]
            if value >= 0 and value < tally.shape[0]:
                code = int(value)
                tally[code] += 1
                if tally[code] > most or (tally[code] == most and code < best):
                    best = code
                    most = tally[code]
        for k in range(ptr[p], ptr[p + 1]):
            value = values[members[k]]
            if value >= 0 and value < tally.shape[0]:
                tally[int(value)] = 0
        out[p] = best
