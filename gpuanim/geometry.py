"""From data to pixels: the view, the size of a point, and the order of drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import OptionError, ShapeError
from gpuanim.types import Codes, Ids, Values

__all__ = ["View", "check_coords", "draw_order", "fit_view", "point_diameter"]

Coords = NDArray[np.floating[Any]]

MIN_DIAMETER = 1.0
"""Pixels; a smaller disc would cover no pixel enough to be seen."""


@dataclass(frozen=True)
class View:
    """An affine map from data to pixels of the frame.

    Parameters
    ----------
    xlim, ylim
        Data at the left and right, and at the bottom and top edge of the box.
    box
        (left, top, width, height) in pixels from the frame's upper left corner, fractions allowed.
    """

    xlim: tuple[float, float]
    ylim: tuple[float, float]
    box: tuple[float, float, float, float]

    def project(self, coords: Coords) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
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

    @property
    def clip(self) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) whole pixels of the box."""
        left, top, width, height = self.box
        edges = (left, top, left + width, top + height)
        a, b, c, d = (math.floor(edge + 0.5) for edge in edges)  # as Agg rounds its clip box
        return a, b, c, d


def check_coords(coords: Any, what: str = "coords", *, gaps: bool = False) -> Coords:
    """Return (n, 2) coordinates as float32 or float64, without a copy where that is possible.

    With `gaps`, rows that are not finite stand for points that are not there, and become NaN.

    Raises
    ------
    ShapeError
        If there are not two columns or more, no rows, or values that are not finite.
    """
    from gpuanim.values.convert import as_numpy

    try:
        array = as_numpy(coords)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{what} cannot be read as an array of shape (n, 2): {error}") from error
    if array.ndim != 2 or array.shape[1] < 2:
        raise ShapeError(f"{what} must have shape (n, 2), one row per point, not {array.shape}")
    if array.dtype.kind not in "fiub":
        raise ShapeError(f"{what} must be real numbers, not {array.dtype}")
    if len(array) == 0:
        raise ShapeError(f"{what} has no rows: there are no points to draw")
    array = array[:, :2]  # a third component of an embedding is not drawn
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    finite = np.isfinite(array).all(axis=1)
    if gaps and not finite.all():
        return np.where(finite[:, None], array, np.array(np.nan, array.dtype))
    if not finite.all():
        bad = np.flatnonzero(~finite)
        raise ShapeError(
            f"{what} must be finite; {len(bad)} of {len(array)} rows hold NaN or inf, the first is row "
            f"{bad[0]}. Leave these points out: keep = np.isfinite(coords).all(1); coords[keep]; or, if they "
            'come and go, let them fade: present="finite"'
        )
    return array


def _limits(lo: float, hi: float, given: tuple[float, float] | None, margin: float) -> tuple[float, float]:
    if given is not None:
        return float(given[0]), float(given[1])
    pad = (hi - lo) * margin
    if hi == lo:  # a single point, or all in one line: some room around it
        pad = max(abs(lo) * 1e-3, 0.5)
    return lo - pad, hi + pad


def fit_view(
    bounds: tuple[float, float, float, float],
    box: tuple[float, float, float, float],
    *,
    xlim: tuple[float, float] | None,
    ylim: tuple[float, float] | None,
    margin: float,
    aspect: str,
) -> View:
    """Choose limits that show `bounds` (xmin, xmax, ymin, ymax) in `box`.

    With aspect "equal" the direction that has room to spare is widened around its middle.
    """
    if not math.isfinite(bounds[1] - bounds[0] + bounds[3] - bounds[2]):
        raise ShapeError("coords span more than a number can hold; scale them down")
    x0, x1 = _limits(bounds[0], bounds[1], xlim, margin)
    y0, y1 = _limits(bounds[2], bounds[3], ylim, margin)
    if aspect == "equal":
        per_pixel = max(abs(x1 - x0) / box[2], abs(y1 - y0) / box[3])
        x0, x1 = _widen(x0, x1, per_pixel * box[2])
        y0, y1 = _widen(y0, y1, per_pixel * box[3])
    return View((x0, x1), (y0, y1), box)


def _widen(lo: float, hi: float, length: float) -> tuple[float, float]:
    grow = math.copysign((length - abs(hi - lo)) / 2, hi - lo)
    return lo - grow, hi + grow


def point_diameter(s: NDArray[np.float64] | float, edge: float, dpi: float) -> NDArray[np.float32] | float:
    """Return diameters in pixels for `s` in points squared, never below one pixel.

    Parameters
    ----------
    s
        As matplotlib's: the disc has diameter sqrt(s) points, plus `edge`, the line that `scatter`
        draws around it.
    edge
        Line width in points.
    """
    diameter = (np.sqrt(np.asarray(s, np.float64)) + edge) * dpi / 72.0
    diameter = np.maximum(diameter, MIN_DIAMETER)
    return float(diameter) if np.ndim(s) == 0 else diameter.astype(np.float32)


def draw_order(order: Any, n_points: int, seed: int) -> NDArray[np.int64] | None:
    """Resolve an order that holds for the film: (n,) points from the bottom to the top, or None.

    None is the order of the data; orders that follow the values are `value_order`'s.
    """
    if isinstance(order, str):
        return np.random.default_rng(seed).permutation(n_points) if order == "random" else None
    key = np.asarray(order)
    if key.shape != (n_points,):
        raise ShapeError(f"order must have shape ({n_points},), one number per point, not {key.shape}")
    if key.dtype.kind not in "fiub" or not np.isfinite(key).all():
        raise OptionError("order must hold finite numbers: points with higher ones are drawn on top")
    return np.argsort(key, kind="stable")


def value_order(order: str, values: Values, codes: Codes, nan_code: int) -> NDArray[np.int64]:
    """Order the points of one frame by their values, NaN at the bottom.

    "value" sorts by colour code: points of one code look the same, whichever is on top, and numpy
    sorts 16-bit codes by radix, ten times faster than floats.
    """
    if order == "value":
        keys = np.where(codes == nan_code, 0, codes + np.uint16(1)).astype(np.uint16)
        return np.argsort(keys, kind="stable")
    return np.argsort(np.where(np.isnan(values), -1.0, np.abs(values)), kind="stable")


def inverse(permutation: Ids) -> Ids:
    """Return where each point's value stands in a source that is permuted."""
    out = np.empty(len(permutation), np.uint32)
    out[permutation] = np.arange(len(permutation), dtype=np.uint32)
    return out
