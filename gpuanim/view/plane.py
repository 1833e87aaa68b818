"""The plain lens: an affine map from a plane of data to pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import ShapeError
from gpuanim.view._base import Bounds, Coords, Lens, Projected

__all__ = ["View", "fit_view"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class View(Lens):
    """An affine map from data to pixels of the frame.

    Parameters
    ----------
    xlim, ylim
        Data at the left and right, and at the bottom and top edge of the box.
    box
        (left, top, width, height) in pixels from the frame's upper left corner, fractions allowed.
    zoom
        How much larger things are than in the view of the whole film.
    """

    xlim: tuple[float, float]
    ylim: tuple[float, float]
    box: tuple[float, float, float, float]
    zoom: float = 1.0

    def project(self, coords: Coords) -> Projected:
        return Projected(*self.xy(coords))

    def xy(self, coords: Coords) -> tuple[Floats, Floats]:
        """Map (n, 2) data to x and y in pixels, y downwards. In float64 until the last step."""
        left, top, width, height = self.box
        x_scale = width / (self.xlim[1] - self.xlim[0])
        y_scale = height / (self.ylim[1] - self.ylim[0])
        x, y = np.empty(len(coords), np.float32), np.empty(len(coords), np.float32)
        parts = _threads.blocks(len(coords), 65536)

        def task(i: int) -> None:
            part = slice(*parts[i])
            x[part] = (coords[part, 0].astype(np.float64) - self.xlim[0]) * x_scale + left
            y[part] = (self.ylim[1] - coords[part, 1].astype(np.float64)) * y_scale + top

        _threads.run(task, len(parts))
        return x, y

    def pixels_per_unit(self) -> float:
        return self.box[2] / abs(self.xlim[1] - self.xlim[0])

    @property
    def clip(self) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) whole pixels of the box."""
        left, top, width, height = self.box
        edges = (left, top, left + width, top + height)
        a, b, c, d = (math.floor(edge + 0.5) for edge in edges)  # as Agg rounds its clip box
        return a, b, c, d


def _limits(lo: float, hi: float, given: tuple[float, float] | None, margin: float) -> tuple[float, float]:
    if given is not None:
        return float(given[0]), float(given[1])
    pad = (hi - lo) * margin
    if hi == lo:  # a single point, or all in one line: some room around it
        pad = max(abs(lo) * 1e-3, 0.5)
    return lo - pad, hi + pad


def fit_view(
    bounds: Bounds,
    box: tuple[float, float, float, float],
    *,
    xlim: tuple[float, float] | None,
    ylim: tuple[float, float] | None,
    margin: float,
    aspect: str,
) -> View:
    """Choose limits that show `bounds` (xmin, xmax, ymin, ymax) in `box`.

    With aspect "equal" the direction that has room to spare is widened around its middle; with "box" the box
    is made smaller around its own, to whole pixels.
    """
    if not math.isfinite(bounds[1] - bounds[0] + bounds[3] - bounds[2]):
        raise ShapeError("coords span more than a number can hold; scale them down")
    x0, x1 = _limits(bounds[0], bounds[1], xlim, margin)
    y0, y1 = _limits(bounds[2], bounds[3], ylim, margin)
    if aspect == "box":
        box = _shaped(box, abs(x1 - x0), abs(y1 - y0))
    if aspect != "auto":
        per_pixel = max(abs(x1 - x0) / box[2], abs(y1 - y0) / box[3])
        x0, x1 = _widen(x0, x1, per_pixel * box[2])
        y0, y1 = _widen(y0, y1, per_pixel * box[3])
    return View((x0, x1), (y0, y1), box)


def _shaped(
    box: tuple[float, float, float, float], across: float, down: float
) -> tuple[float, float, float, float]:
    """Return the largest part of a box, in its middle, that has the proportions of data."""
    left, top, width, height = box
    per_pixel = max(across / width, down / height)
    wide, high = (max(float(round(length / per_pixel)), 1.0) for length in (across, down))
    return left + (width - wide) // 2, top + (height - high) // 2, wide, high


def _widen(lo: float, hi: float, length: float) -> tuple[float, float]:
    grow = math.copysign((length - abs(hi - lo)) / 2, hi - lo)
    return lo - grow, hi + grow
