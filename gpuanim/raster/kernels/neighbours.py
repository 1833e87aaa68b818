"""Kernels that find the k-th nearest neighbours of points on a grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@kernel
def find_cells(
    x: F32, y: F32, left: float, top: float, side: float, columns: int, rows: int, cells: I32, counts: I64
) -> None:
    """Write each point's cell, -1 outside, and count the points of cell c in `counts[c + 1]`."""
    for i in range(x.shape[0]):
        column, row = math.floor((x[i] - left) / side), math.floor((y[i] - top) / side)
        cells[i] = -1
        if 0 <= column < columns and 0 <= row < rows:
            cells[i] = row * columns + column
            counts[cells[i] + 1] += 1


@kernel
def sort_points(
    x: F32, y: F32, cells: I32, starts: I64, own: NDArray[np.uint32], own_x: F32, own_y: F32
) -> None:
    """Sort points by cell: cell c has `starts[c] .. starts[c + 1]`, before as after."""
    for i in range(x.shape[0]):
        if cells[i] >= 0:
            k = starts[cells[i]]
            starts[cells[i]] = k + 1
            own[k], own_x[k], own_y[k] = i, x[i], y[i]
    for c in range(starts.shape[0] - 1, 0, -1):  # each entry has moved to the end of its cell
        starts[c] = starts[c - 1]
    starts[0] = 0


@inline
def _scan(x: F32, y: F32, p: int, start: int, stop: int, nearest: NDArray[np.float64]) -> None:
    """Put the distances from p to the points `start..stop` into the ascending list of the smallest ones."""
    last = nearest.shape[0] - 1
    for q in range(start, stop):
        dx, dy = np.float64(x[q]) - x[p], np.float64(y[q]) - y[p]
        distance = dx * dx + dy * dy
        if q == p or distance >= nearest[last]:
            continue
        j = last
        while j > 0 and nearest[j - 1] > distance:
            nearest[j] = nearest[j - 1]
            j -= 1
        nearest[j] = distance


@kernel
def find_distances(
    x: F32,
    y: F32,
    own: NDArray[np.uint32],
    cells: I32,
    starts: I64,
    columns: int,
    rows: int,
    side: float,
    edges: NDArray[np.float64],
    k: int,
    near: float,
    far: float,
    lo: int,
    hi: int,
    out: F32,
) -> None:
    """Write the distances of the sorted points `lo..hi` to `out[own]`; see `neighbours.distances`.

    Leaves 0 where it has found k points that are `near`, in the cells around the own one without measuring if
    those are so small.
    """
    nearest = np.empty(k, np.float64)  # squared
    small = math.sqrt(8.0) * side <= near * (1 + 1e-9)
    for p in range(lo, hi):
        if not (edges[0] <= x[p] < edges[2] and edges[1] <= y[p] < edges[3]):
            continue
        cell = cells[own[p]]
        row, column = cell // columns, cell % columns
        left, right = max(0, column - 1), min(columns - 1, column + 1)
        if small:
            around = 0
            for r in range(max(0, row - 1), min(rows - 1, row + 1) + 1):
                around += starts[r * columns + right + 1] - starts[r * columns + left]
            if around > k:
                continue
        nearest[:] = far * far
        ring = 0
        # What rings up to `ring` have not shown is farther than `ring` sides.
        while ring == 0 or (near * near < nearest[k - 1] and ((ring - 1) * side) ** 2 < nearest[k - 1]):
            left, right = max(0, column - ring), min(columns - 1, column + ring)
            for r in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
                first = r * columns
                if r in (row - ring, row + ring):
                    _scan(x, y, p, starts[first + left], starts[first + right + 1], nearest)
                    continue
                if left == column - ring:
                    _scan(x, y, p, starts[first + left], starts[first + left + 1], nearest)
                if right == column + ring:
                    _scan(x, y, p, starts[first + right], starts[first + right + 1], nearest)
            ring += 1
        if nearest[k - 1] > near * near:
            out[own[p]] = math.sqrt(nearest[k - 1])
