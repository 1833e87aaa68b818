"""The kernels of steps that leave out tiles of rows at rest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.propagation.kernels import step_columns, step_vector

__all__ = ["awake", "hears", "walk_columns", "walk_vector"]

_1 = np.uint64(1)


@kernel
def hears(
    indptr: NDArray[np.uint64],
    indices: NDArray[np.uint32],
    bits: int,
    stamps: NDArray[np.uint32],
    lengths: NDArray[np.int64],
    room: NDArray[np.uint32],
    first: int,
    last: int,
) -> int:
    """List the tiles that the tiles `first..last` hear, each tile itself first; return their number.

    Parameters
    ----------
    bits
        A tile has 2**bits rows.
    stamps
        (tiles,) zeros.
    lengths
        (tiles,) output: how many each hears; where `room` ends, those that are left stay 0.
    """
    rows = np.uint64(len(indptr) - 1)
    shift = np.uint64(bits)
    count = np.uint64(0)
    for t in range(np.uint64(first), np.uint64(last)):
        if count + np.uint64(len(stamps)) > np.uint64(len(room)):
            break
        stamp = np.uint32(t + _1)
        stamps[t] = stamp
        room[count] = t
        before = count
        count += _1
        for p in range(indptr[t << shift], indptr[min((t + _1) << shift, rows)]):
            other = np.uint64(indices[p]) >> shift
            if stamps[other] != stamp:
                stamps[other] = stamp
                room[count] = other
                count += _1
        lengths[t] = count - before
    return np.int64(count)  # type: ignore[return-value]


@kernel
def awake(
    ptr: NDArray[np.int64], heard: NDArray[np.uint32], sums: NDArray[np.float64], active: NDArray[np.uint8]
) -> None:
    """Flag the tiles that hear one whose values have changed in the last step."""
    for t in range(len(active)):
        found = 0
        for p in range(ptr[t], ptr[t + 1]):
            if sums[heard[p], 2] != 0.0:
                found = 1
                break
        active[t] = found


@kernel
def walk_vector(
    indptr: NDArray[np.uint64],
    indices: NDArray[np.uint32],
    weights: Any,
    row: NDArray[np.float64],
    z: NDArray[Any],
    base: NDArray[Any],
    col: NDArray[np.float64],
    f: NDArray[Any],
    z_next: NDArray[Any],
    active: NDArray[np.uint8],
    sums: NDArray[np.float64],
    tile: int,
    first: int,
    last: int,
) -> None:
    """Do what `step_vector` does in the active ones of the tiles `first..last`; each has its own `sums`."""
    for t in range(first, last):
        if active[t]:
            end = min((t + 1) * tile, len(f))
            step_vector(indptr, indices, weights, row, z, base, col, f, z_next, sums[t], t * tile, end)


@kernel
def walk_columns(
    indptr: NDArray[np.uint64],
    indices: NDArray[np.uint32],
    weights: Any,
    row: NDArray[np.float64],
    z: NDArray[Any],
    base: NDArray[Any],
    col: NDArray[np.float64],
    f: NDArray[Any],
    z_next: NDArray[Any],
    active: NDArray[np.uint8],
    sums: NDArray[np.float64],
    tile: int,
    first: int,
    last: int,
) -> None:
    """Do what `step_columns` does in the active ones of the tiles `first..last`."""
    for t in range(first, last):
        if active[t]:
            end = min((t + 1) * tile, len(f))
            step_columns(indptr, indices, weights, row, z, base, col, f, z_next, sums[t], t * tile, end)
