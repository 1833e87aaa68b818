"""Sizes and opacities that fit: how large points are in pixels, from how close they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gpuanim.geometry import MIN_DIAMETER, point_diameter
from gpuanim.view._base import Lens

if TYPE_CHECKING:
    from gpuanim.look import Dots
    from gpuanim.motion.tracks import Track

__all__ = ["Crowd", "Diameter", "auto_alpha", "auto_diameter", "sized"]

Box = tuple[float, float, float, float]
Floats = NDArray[np.float32]

Diameter = Floats | float
"""Pixels: of each point, or of all."""

INK = 1.5
"""Area of all discs, as a multiple of the area that holds nine tenths of the points."""

LEAST, MOST = 1 / 720, 0.03
"""Bounds of a diameter, as shares of the shorter side of the box."""

OPAQUE = 0.9
"""Opacity of a crowded place where `alpha` is automatic."""

FAINTEST = 0.15
"""Least automatic opacity: a lone point at most so pale can still be told from the ground."""

_PER_CELL = 2.0
_MIN_CELLS, _MAX_CELLS = 8, 256


@dataclass(frozen=True)
class Crowd:
    """How close the points of a panel lie; in a zoomed view, those that it shows.

    Counted on a grid of g by g square cells of the box's area, ``g = sqrt(n / 2)`` within 8 .. 256, so that
    it is the same at any resolution.

    Parameters
    ----------
    typical
        Points per pixel in the fewest cells that hold nine tenths of the points: far outliers do not count.
    crowded
        Points per pixel where 5 % of the points lie closer.
    """

    typical: float
    crowded: float

    @classmethod
    def of(cls, x: Floats, y: Floats, box: Box) -> Crowd:
        """Count (n,) points in pixels in a box (left, top, width, height) of the frame."""
        left, top, width, height = box
        inside = (x >= left) & (x < left + width) & (y >= top) & (y < top + height)
        n = int(np.count_nonzero(inside))
        if n == 0:
            return cls(0.0, 0.0)
        cells = min(max(round(math.sqrt(n / _PER_CELL)), _MIN_CELLS), _MAX_CELLS)
        side = math.sqrt(width * height) / cells
        columns = math.ceil(width / side)
        place = ((y[inside] - top) / side).astype(np.int64) * columns
        place += ((x[inside] - left) / side).astype(np.int64)
        counts = np.bincount(place)
        falling = np.sort(counts[counts > 0])[::-1]
        held = np.cumsum(falling)
        n_cells = int(np.searchsorted(held, 0.9 * n)) + 1
        crowded = falling[int(np.searchsorted(held, 0.05 * n))]
        return cls(float(held[n_cells - 1] / n_cells / side**2), float(crowded / side**2))


def auto_diameter(crowd: Crowd, box: Box) -> float:
    """Return the diameter in pixels that fits points which lie so close; may be below one.

    ``d = sqrt(4 * 1.5 / (pi * typical))``: the discs' areas make one and a half times the area that holds
    nine tenths of the points, of which they then cover two thirds to three quarters. Between 1/720 and 3 %
    of the shorter side of the box: it grows with the resolution, so that a film looks the same from afar.
    """
    side = min(box[2], box[3])
    fitting = math.sqrt(4 * INK / (math.pi * crowd.typical)) if crowd.typical else math.inf
    return min(max(fitting, LEAST * side), MOST * side)


def auto_alpha(crowd: Crowd, diameter: Diameter) -> float:
    """Return the opacity that shows how crowded a place is.

    ``alpha = 1 - 0.1 ** (1 / depth)``, where ``depth = crowded * mean(pi / 4 * diameter ** 2)`` discs lie
    over a point of a crowded place: together they are 90 % opaque there. Between 0.15 and 1; 1 where discs
    hardly lie on one another (depth <= 1).
    """
    depth = crowd.crowded * math.pi / 4 * float(np.mean(np.square(diameter, dtype=np.float64)))
    if depth <= 1:
        return 1.0
    return max(1 - math.pow(1 - OPAQUE, 1 / depth), FAINTEST)


def sized(dots: Dots, coords: NDArray[np.floating] | Track, lens: Lens, dpi: float) -> tuple[Diameter, float]:
    """Return diameters in pixels, never below one, and opacity of the points of a panel.

    Of moving points, the first step tells what fits.
    """
    diameter: Diameter
    if dots.spot is not None:
        diameter = dots.spot * lens.pixels_per_unit()
    elif dots.s is not None:
        diameter = point_diameter(dots.s, dots.edge, dpi)
    alpha = dots.scene_alpha
    if dots.automatic or dots.spread is not None:
        seen = lens.project(coords if isinstance(coords, np.ndarray) else coords.first())
        crowd = Crowd.of(seen.x, seen.y, lens.box)
        if dots.spot is None and dots.s is None:
            diameter = auto_diameter(crowd, lens.box)
        if isinstance(dots.alpha, str):
            alpha = auto_alpha(crowd, diameter)
        if dots.spread is not None:
            diameter = dots.spread.grow(seen.x, seen.y, diameter, lens.box)
    if isinstance(diameter, np.ndarray):
        return np.maximum(diameter, np.float32(MIN_DIAMETER)), alpha
    return max(diameter, MIN_DIAMETER), alpha
