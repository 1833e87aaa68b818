"""How large an operator will be, from a sample of the points, before it is built."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAMPLE", "Estimate", "at_most", "estimate", "layers", "touched"]

SAMPLE = 1 << 18
"""Points that are worth looking at."""

_PER_CELL = 16
"""Of them, how many a cell of the grid would hold if they were spread evenly."""


@dataclass(frozen=True)
class Estimate:
    """An operator in numbers.

    Parameters
    ----------
    fragments
        Weights of all pixels.
    live
        Pixels that hold a point.
    visible
        Points that can be seen.
    members
        Points of all pixels where none hides another.
    """

    fragments: int
    live: int
    visible: int
    members: int


def touched(diameter: float, *, antialias: bool) -> float:
    """Return how many pixels a disc touches on average: the area of the disc and a pixel moved along it."""
    radius = diameter / 2
    area = math.pi * radius * radius
    return area + 4 * radius + 1 if antialias else max(1.0, area)


def layers(diameter: float, alpha: float, *, antialias: bool) -> float:
    """Return how many fragments a pixel holds until nothing behind them shows; infinite if alpha is 0.

    A disc that touches a pixel covers it whole with a probability of p, and otherwise the share that makes
    the mean coverage right; logarithms of what they let through add up to that of `build.CUT`.
    """
    from gpuanim.raster.kernels.build import CUT

    if alpha <= 0:
        return math.inf
    enough = -math.log(float(CUT))
    radius, area = diameter / 2, touched(diameter, antialias=antialias)
    whole = math.pi * max(0.0, radius - math.sqrt(0.5)) ** 2 / area if antialias else 1.0
    mean = math.pi * radius * radius / area
    share = (mean - whole) / (1 - whole) if whole < 1 else 0.0

    def stops(covered: float) -> float:
        left = 1 - alpha * covered
        return enough if left <= math.exp(-enough) else -math.log(left)

    count = enough / (whole * stops(1.0) + (1 - whole) * stops(share))
    return count + 1 if antialias else math.ceil(count)


def estimate(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    every: float,
    clip: tuple[int, int, int, int],
    diameter: float,
    alpha: float,
    *,
    antialias: bool,
    hiding: bool,
) -> Estimate:
    """Estimate the operator of points in pixels, from how many lie in each cell of a coarse grid.

    Parameters
    ----------
    x, y, every
        A sample of the points, and how many each stands for.
    clip
        (left, top, right, bottom) of what is drawn.
    hiding
        Whether points hide what lies behind them.
    """
    left, top, right, bottom = clip
    inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
    side = max(4.0, math.sqrt(max(1, right - left) * max(1, bottom - top) * _PER_CELL / max(1, len(x))))
    columns = math.ceil(max(1, right - left) / side)
    cells = ((y[inside] - top) / side).astype(np.int64) * columns
    cells += ((x[inside] - left) / side).astype(np.int64)
    density = np.bincount(cells) * every / side**2  # points per pixel
    area = touched(diameter, antialias=antialias)
    most = layers(diameter, alpha, antialias=antialias) if hiding else math.inf
    held = density * area
    fragments = float(np.minimum(held, most).sum() * side**2)
    live = float(-np.expm1(-held).sum() * side**2)
    n_inside = float(np.count_nonzero(inside) * every)
    visible = min(n_inside, fragments / (0.4 * area)) if hiding else n_inside
    return Estimate(int(fragments), int(live), int(visible), int(held.sum() * side**2))


def at_most(
    n: int,
    clip: tuple[int, int, int, int],
    diameter: float,
    alpha: float,
    *,
    antialias: bool,
    hiding: bool,
) -> Estimate:
    """Return the largest operator of `n` points wherever they lie: spread evenly, none hidden altogether."""
    left, top, right, bottom = clip
    pixels = max(0, right - left) * max(0, bottom - top)
    members = n * touched(diameter, antialias=antialias)
    most = pixels * layers(diameter, alpha, antialias=antialias) if hiding else math.inf
    return Estimate(int(min(members, most)), int(min(members, pixels)), n, int(members))
