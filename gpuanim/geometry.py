"""What coordinates must be, the size of a point, and the order of drawing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.types import Codes, Ids, Values

__all__ = ["check_cells", "check_coords", "draw_order", "point_diameter"]

Coords = NDArray[np.floating[Any]]

MIN_DIAMETER = 1.0
"""Pixels; a smaller disc would cover no pixel enough to be seen."""


def check_coords(coords: Any, what: str = "coords", columns: int = 2, *, gaps: bool = False) -> Coords:
    """Return (n, columns) coordinates as float32 or float64, without a copy where that is possible.

    With `gaps`, rows that are not finite stand for points that are not there, and become NaN.

    Raises
    ------
    ShapeError
        If there are not that many columns or more, no rows, or values that are not finite.
    """
    from gpuanim.values.convert import as_numpy

    try:
        array = as_numpy(coords)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{what} cannot be read as an array of shape (n, {columns}): {error}") from error
    if array.ndim != 2 or array.shape[1] < columns:
        hint = "; a camera that orbits looks into a space" if columns == 3 else ""
        raise ShapeError(f"{what} must have shape (n, {columns}), one row per point, not {array.shape}{hint}")
    if array.dtype.kind not in "fiub":
        raise ShapeError(f"{what} must be real numbers, not {array.dtype}")
    if len(array) == 0:
        raise ShapeError(f"{what} has no rows: there are no points to draw")
    array = array[:, :columns]  # further components of an embedding are not drawn
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


def check_cells(cells: Any, n: int, what: str) -> NDArray[np.int64]:
    """Return ascending positions of cells that are given as (n,) bool or as positions.

    Raises
    ------
    ShapeError, OptionError
        If the mask has another length, or there is no such cell.
    """
    given = np.asarray(cells)
    if given.dtype == bool:
        if given.shape != (n,):
            raise ShapeError(f"{what}: cells as a mask must have shape ({n},), not {given.shape}")
        return np.flatnonzero(given)
    positions = np.unique(np.atleast_1d(given)) if given.size else np.empty(0, np.int64)
    if given.size and given.dtype.kind not in "iu":
        raise OptionError(f"{what}: cells must be a (n,) bool mask or positions, not {given.dtype}")
    if len(positions) and (positions[0] < 0 or positions[-1] >= n):
        wrong = positions[0] if positions[0] < 0 else positions[-1]
        raise OptionError(f"{what}: cell {wrong} is out of range, there are {n} points, from 0 to {n - 1}")
    return positions.astype(np.int64)


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
