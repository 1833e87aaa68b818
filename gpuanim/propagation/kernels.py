"""The kernels of a step: one pass over the graph, fused with all that is done to each row.

Arrays are allocated by the caller; a kernel works on rows `first` to `last` and writes nothing else, so
that `_threads.run` can run blocks of rows side by side. Numbers below are medians on 2 cores of Zen 4, of
the graph of a million real points with 33.8 million entries, in the locality order.

- Positions are unsigned. numba tests a signed one for wrap-around at each access: 11.6 ms instead of 7.7.
- `weights` may be None, and numba then compiles the kernel without them: 7.6 ms instead of 11.7.
- Sums are kept in float64, also of float32 values. That costs a tenth of the time, and a row of 14,685
  neighbours is as exact as one of ten.
- Four running sums hide the latency of additions; further ones gain nothing, as rows are short.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.propagation.lanes import WIDTH, add, store, zeros

__all__ = ["step_columns", "step_vector", "transposed"]

_1 = np.uint64(1)
_2 = np.uint64(2)
_3 = np.uint64(3)
_4 = np.uint64(4)
_8 = np.uint64(8)


@kernel
def step_vector(
    indptr: NDArray[np.uint64],
    indices: NDArray[np.uint32],
    weights: Any,
    row: NDArray[np.float64],
    z: NDArray[Any],
    base: NDArray[Any],
    col: NDArray[np.float64],
    f: NDArray[Any],
    z_next: NDArray[Any],
    sums: NDArray[np.float64],
    first: int,
    last: int,
) -> None:
    """Set `f = row * (W z) + base` and `z_next = col * f`; write ||f' - f||^2 and ||f'||^2 to `sums`.

    The third of `sums` is not 0 if any f has changed, which may be too little to have a square. Rows whose
    `row` is 0 never change: they are skipped, and are not in the sums.
    """
    change = 0.0
    norm = 0.0
    moved = False
    for i in range(np.uint64(first), np.uint64(last)):
        if row[i] == 0.0:
            continue
        p = indptr[i]
        end = indptr[i + _1]
        s0 = s1 = s2 = s3 = 0.0
        while p + _4 <= end:
            if weights is None:
                s0 += z[indices[p]]
                s1 += z[indices[p + _1]]
                s2 += z[indices[p + _2]]
                s3 += z[indices[p + _3]]
            else:
                s0 += weights[p] * z[indices[p]]
                s1 += weights[p + _1] * z[indices[p + _1]]
                s2 += weights[p + _2] * z[indices[p + _2]]
                s3 += weights[p + _3] * z[indices[p + _3]]
            p += _4
        while p < end:
            if weights is None:
                s0 += z[indices[p]]
            else:
                s0 += weights[p] * z[indices[p]]
            p += _1
        value = z.dtype.type(row[i] * ((s0 + s1) + (s2 + s3)) + base[i])
        moved |= value != f[i]
        step = float(value) - float(f[i])
        change += step * step
        norm += float(value) * float(value)
        f[i] = value
        z_next[i] = col[i] * value
    sums[0] = change
    sums[1] = norm
    sums[2] = moved


@kernel
def step_columns(
    indptr: NDArray[np.uint64],
    indices: NDArray[np.uint32],
    weights: Any,
    row: NDArray[np.float64],
    z: NDArray[Any],
    base: NDArray[Any],
    col: NDArray[np.float64],
    f: NDArray[Any],
    z_next: NDArray[Any],
    sums: NDArray[np.float64],
    first: int,
    last: int,
) -> None:
    """Do what `step_vector` does, for (n, c) arrays.

    Eight columns are summed at a time, and those past the last one thrown away: memory must go on for
    `WIDTH` entries behind `z`.
    """
    change = 0.0
    norm = 0.0
    moved = False
    width = np.uint64(z.shape[1])
    flat = z.ravel()
    sums_of_row = np.empty(z.shape[1] + WIDTH, np.float64)
    for i in range(np.uint64(first), np.uint64(last)):
        if row[i] == 0.0:
            continue
        for c in range(np.uint64(0), width, _8):
            total = zeros()
            for p in range(indptr[i], indptr[i + _1]):
                total = add(total, None if weights is None else weights[p], flat, indices[p] * width + c)
            store(total, sums_of_row, c)
        for k in range(width):
            value = z.dtype.type(row[i] * sums_of_row[k] + base[i, k])
            moved |= value != f[i, k]
            step = float(value) - float(f[i, k])
            change += step * step
            norm += float(value) * float(value)
            f[i, k] = value
            z_next[i, k] = col[i] * value
    sums[0] = change
    sums[1] = norm
    sums[2] = moved


@kernel
def transposed(
    indptr: NDArray[np.uint64],
    indices: NDArray[np.uint32],
    weights: Any,
    x: NDArray[np.float64],
    out: NDArray[np.float64],
    first: int,
    last: int,
) -> None:
    """Add `W[first:last].T @ x[first:last]` to `out`."""
    for i in range(np.uint64(first), np.uint64(last)):
        for p in range(indptr[i], indptr[i + _1]):
            out[indices[p]] += x[i] if weights is None else weights[p] * x[i]
