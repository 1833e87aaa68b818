"""How far points have to look for their neighbours, on a grid of pixels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.raster.kernels import neighbours as kernels

__all__ = ["distances"]

_GRAIN = 16384
_MOST_CELLS = 1 << 22


def distances(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    box: tuple[float, float, float, float],
    k: int,
    *,
    near: float,
    far: float,
) -> NDArray[np.float32]:
    """Return the distance from each point to its k-th nearest other one, within bounds.

    Parameters
    ----------
    x, y
        (n,) pixels.
    box
        (left, top, width, height) of the picture. Points farther than `far` from it are not looked at.
    k
        1..64.
    near, far
        Pixels. Distances up to `near` are told as 0, those from `far` on as `far`.

    Returns
    -------
    numpy.ndarray
        (n,) float32; 0 for points outside of the box.
    """
    left, top, width, height = box
    area = (width + 2 * far) * (height + 2 * far)
    # So small that a point and those of the nine cells around it are within `near`.
    side = max(near / math.sqrt(8), math.sqrt(area / _MOST_CELLS))
    columns, rows = math.ceil((width + 2 * far) / side), math.ceil((height + 2 * far) / side)
    cells = np.empty(len(x), np.int32)
    starts = np.zeros(columns * rows + 1, np.int64)
    kernels.find_cells(x, y, left - far, top - far, side, columns, rows, cells, starts)
    np.cumsum(starts, out=starts)
    total = int(starts[-1])
    own, own_x, own_y = np.empty(total, np.uint32), np.empty(total, np.float32), np.empty(total, np.float32)
    kernels.sort_points(x, y, cells, starts, own, own_x, own_y)
    out = np.zeros(len(x), np.float32)
    edges = np.array([left, top, left + width, top + height], np.float64)
    parts = _threads.blocks(total, _GRAIN)

    def task(i: int) -> None:
        kernels.find_distances(
            own_x, own_y, own, cells, starts, columns, rows, side, edges, k, near, far, *parts[i], out
        )

    _threads.run(task, len(parts))
    return out
