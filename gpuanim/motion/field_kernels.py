"""Kernels of velocity fields: cells spread over the nodes of a grid, and nodes read between them."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from gpuanim._jit import inline, kernel
from gpuanim.types import Grid

__all__ = ["sample", "splat"]


@kernel
def splat(
    coords: NDArray[Any],
    velocities: NDArray[Any],
    lo: int,
    hi: int,
    frame: NDArray[Any],
    sigma: float,
    reach: float,
    out: NDArray[Any],
) -> None:
    """Add the weights of the cells `lo` to `hi`, and their weighted velocities, to the nodes within `reach`.

    Parameters
    ----------
    coords, velocities
        (n, 2).
    frame
        (4,) float64: x and y of the first node, and the distances of two nodes along x and y.
    sigma, reach
        Of the Gaussian, and how far along x and y a cell is felt, in the units of `coords`.
    out
        (ny, nx, 3) float64: vx, vy and mass, not yet divided.
    """
    x0, y0, dx, dy = frame
    n_y, n_x = out.shape[:2]
    across = [0.0] * (int(2 * reach / dx) + 2)
    for i in range(lo, hi):
        gx, gy = (coords[i, 0] - x0) / dx, (coords[i, 1] - y0) / dy
        left, right = max(0, math.ceil(gx - reach / dx)), min(n_x - 1, math.floor(gx + reach / dx))
        top, bottom = max(0, math.ceil(gy - reach / dy)), min(n_y - 1, math.floor(gy + reach / dy))
        for column in range(left, right + 1):  # the Gaussian of a plane is a product of two of a line
            across[column - left] = math.exp(-0.5 * ((column - gx) * dx / sigma) ** 2)
        for row in range(top, bottom + 1):
            down = math.exp(-0.5 * ((row - gy) * dy / sigma) ** 2)
            for column in range(left, right + 1):
                weight = down * across[column - left]
                out[row, column, 0] += weight * velocities[i, 0]
                out[row, column, 1] += weight * velocities[i, 1]
                out[row, column, 2] += weight


@inline
def sample(nodes: Grid, frame: NDArray[Any], x: float, y: float) -> tuple[float, float, float]:
    """Return vx, vy and mass at a place, bilinear between the four nodes around it; zeros off the grid."""
    n_y, n_x = nodes.shape[:2]
    gx, gy = (x - frame[0]) / frame[2], (y - frame[1]) / frame[3]
    if not (0 <= gx <= n_x - 1 and 0 <= gy <= n_y - 1):
        return 0.0, 0.0, 0.0
    column, row = min(int(gx), n_x - 2), min(int(gy), n_y - 2)
    fx, fy = gx - column, gy - row
    a, b, c, d = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    upper, lower = nodes[row], nodes[row + 1]
    vx = a * upper[column, 0] + b * upper[column + 1, 0] + c * lower[column, 0] + d * lower[column + 1, 0]
    vy = a * upper[column, 1] + b * upper[column + 1, 1] + c * lower[column, 1] + d * lower[column + 1, 1]
    mass = a * upper[column, 2] + b * upper[column + 1, 2] + c * lower[column, 2] + d * lower[column + 1, 2]
    return vx, vy, mass


@kernel
def sample_all(nodes: Grid, frame: NDArray[Any], coords: NDArray[Any], out: NDArray[Any]) -> None:
    """Write vx, vy and mass at each of (n, 2) places to (n, 3) `out`."""
    for i in range(len(coords)):
        out[i, 0], out[i, 1], out[i, 2] = sample(nodes, frame, coords[i, 0], coords[i, 1])
