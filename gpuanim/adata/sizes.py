"""Sizes of dots, by scanpy's rules."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError

__all__ = ["default_size", "resolve_size"]

_COVERED = 120_000
"""Points squared that all dots take together, as in scanpy."""


def default_size(n: int) -> float:
    """Return matplotlib's `s` of a dot, in points squared, where `n` cells have a place."""
    return _COVERED / max(1, n)


def resolve_size(size: Any, keep: NDArray[np.bool_]) -> float | NDArray[np.float64]:
    """Return matplotlib's `s`, in points squared.

    Parameters
    ----------
    size
        None for the default, a number, or (n,) numbers, one for each cell.
    keep
        (n,) bool, the cells that have a place.

    Returns
    -------
    float or array
        (m,) for the cells that have a place, where each has its own.

    Raises
    ------
    OptionError
        A size is negative or not finite.
    ShapeError
        There is not one for each cell, or they are not numbers.
    """
    if size is None:
        return default_size(int(np.count_nonzero(keep)))
    try:
        sizes = np.asarray(size, np.float64)
    except (TypeError, ValueError):
        raise ShapeError(f"size must be a number, or one for each cell, not {size!r}") from None
    if sizes.ndim and sizes.shape != keep.shape:
        raise ShapeError(
            f"size must be a number or have shape {keep.shape}, one for each cell, not {sizes.shape}"
        )
    if not (np.isfinite(sizes) & (sizes >= 0)).all():
        raise OptionError("size must be finite and not negative, in points squared")
    return sizes[keep] if sizes.ndim else float(sizes)
