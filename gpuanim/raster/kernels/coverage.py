"""How much of a pixel a disc covers: the exact area, and a table of it for discs of one size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel

SAMPLES = 64
"""Table entries per pixel; bilinear reading is then within 1e-3 of the exact area (see the tests)."""

MAX_TABLED_RADIUS = 8.0
"""Beyond, the table outgrows the L2 cache (544^2 floats at 8 px) and edges are a small share."""


@inline
def _corner_area(x: float, y: float, r: float) -> float:
    """Area of the disc of radius r around 0 within [0, x] x [0, y]; odd in x and in y."""
    sign = 1.0
    if x < 0.0:
        x, sign = -x, -sign
    if y < 0.0:
        y, sign = -y, -sign
    x = min(x, r)
    y = min(y, r)
    if x * x + y * y <= r * r:
        return sign * x * y
    left = math.sqrt(max(0.0, r * r - y * y))  # where the arc leaves the upper edge
    arc = 0.5 * (
        x * math.sqrt(max(0.0, r * r - x * x))
        - left * y
        + r * r * (math.asin(x / r) - math.asin(min(1.0, left / r)))
    )
    return sign * (left * y + arc)


@inline
def exact(dx: float, dy: float, r: float) -> float:
    """Share of the unit pixel centred at (dx, dy) that the disc of radius r around 0 covers."""
    dx = abs(dx)
    dy = abs(dy)
    if (dx + 0.5) * (dx + 0.5) + (dy + 0.5) * (dy + 0.5) <= r * r:
        return 1.0
    nearest_x = max(0.0, dx - 0.5)
    nearest_y = max(0.0, dy - 0.5)
    if nearest_x * nearest_x + nearest_y * nearest_y >= r * r:
        return 0.0
    area = (
        _corner_area(dx + 0.5, dy + 0.5, r)
        - _corner_area(dx - 0.5, dy + 0.5, r)
        - _corner_area(dx + 0.5, dy - 0.5, r)
        + _corner_area(dx - 0.5, dy - 0.5, r)
    )
    return min(1.0, max(0.0, area))


@inline
def covered_share(cover: NDArray[np.float32], samples: int, dx: float, dy: float, r: float) -> Any:
    """Return the share of a pixel that a disc covers, from its table where there is one."""
    if cover.shape[0] == 1:
        return np.float32(exact(dx, dy, r))
    u = dx * samples
    v = dy * samples
    iu = int(u)
    iv = int(v)
    if iu + 1 >= cover.shape[0] or iv + 1 >= cover.shape[0]:
        return np.float32(0.0)
    fu = u - np.float32(iu)
    fv = v - np.float32(iv)
    near = cover[iu, iv] + fv * (cover[iu, iv + 1] - cover[iu, iv])
    far = cover[iu + 1, iv] + fv * (cover[iu + 1, iv + 1] - cover[iu + 1, iv])
    return near + fu * (far - near)


@kernel
def fill_table(r: float, samples: int, out: NDArray[np.float32]) -> None:
    """Write `exact` at (i, j) / samples to the (k, k) table."""
    for i in range(out.shape[0]):
        for j in range(i + 1):
            value = np.float32(exact(i / samples, j / samples, r))
            out[i, j] = value
            out[j, i] = value


def table(radius: float) -> NDArray[np.float32]:
    """Tabulate `exact` for discs of `radius` pixels, by |dx| and |dy|; the border is 0."""
    side = math.ceil((radius + 0.5) * SAMPLES) + 2
    out = np.empty((side, side), np.float32)
    fill_table(float(radius), SAMPLES, out)
    return out
