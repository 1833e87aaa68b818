"""Labels, the rows that count, and the numbers beside them, from whatever a user has them in."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from gpuanim.errors import OptionError, ShapeError

__all__ = ["check_alpha", "check_tol", "read_labels", "read_mask"]


def check_alpha(alpha: float, name: str) -> float:
    """Return `alpha`, or raise an `OptionError` if it is not between 0 and 1."""
    if not isinstance(alpha, Real) or not 0 < alpha < 1:
        raise OptionError(f"{name} must be above 0 and below 1, got {alpha}; 0.8 to 0.999 is usual")
    return float(alpha)


def check_tol(tol: float, name: str) -> float:
    """Return `tol`, or raise an `OptionError` if it is negative or not finite."""
    if not isinstance(tol, Real) or not 0 <= tol < math.inf:
        raise OptionError(f"{name} must be finite and not negative, got {tol}; 0.01 is usual")
    return float(tol)


def read_mask(labeled: Any, n: int, name: str, xp: Any = np) -> Any:
    """Return the labelled rows as an (n,) bool array of `xp`.

    Parameters
    ----------
    labeled
        bool, one per row, of shape (n,) or (n, 1), dense or sparse; or integers, the rows.
    n
        Number of rows.
    name
        What the caller calls this argument.
    xp
        numpy, or a module like it.

    Raises
    ------
    ShapeError
        If a mask has not one entry for each row.
    OptionError
        If nothing is labelled, an index is out of range, or these are neither bools nor integers.
    """
    given = xp.asarray(_dense(labeled)).reshape(-1)
    if given.size == 0 and given.dtype.kind not in "b":
        raise OptionError(f"{name} is empty, so there is nothing to start from; label a row")
    if given.dtype.kind == "b":
        if given.size != n:
            raise ShapeError(
                f"{name} must have an entry for each of the {n} rows of adj_mat, got {given.size}"
            )
        mask = xp.array(given)
    elif given.dtype.kind in "iu":
        outside = given[(given < 0) | (given >= n)]
        if outside.size:
            raise OptionError(f"{name} must hold row numbers from 0 to {n - 1}, got {int(outside[0])}")
        mask = xp.zeros(n, bool)
        mask[given] = True
    else:
        raise OptionError(
            f"{name} must be a bool mask or integer row numbers, got {given.dtype}; "
            "a comparison such as labels == 1 gives a mask"
        )
    if not bool(mask.any()):
        raise OptionError(f"{name} is False everywhere, so there is nothing to start from; label a row")
    return mask


def read_labels(labels: Any, mask: Any | None, n: int, name: str, xp: Any = np) -> Any:
    """Return a copy of the labels, 0 in the rows that are not labelled.

    Parameters
    ----------
    labels
        (n,) or (n, c), dense or sparse; finite where labelled, anything elsewhere.
    mask
        (n,) bool, the labelled rows; None if all are.
    n
        Number of rows.
    name
        What the caller calls this argument.
    xp
        numpy, or a module like it.

    Returns
    -------
    array
        (n,) or (n, c) as given, float32 if that is what was given, otherwise float64, contiguous.

    Raises
    ------
    ShapeError
        If the shape does not fit, these are not real numbers, or a labelled row is NaN or infinite.
    """
    given = xp.asarray(_dense(labels))
    if given.dtype.kind not in "biuf":
        raise ShapeError(
            f"{name} must hold real numbers, got {given.dtype}; give categories one column each, with 1 and 0"
        )
    if given.ndim not in (1, 2) or given.shape[0] != n or given.size == 0:
        raise ShapeError(
            f"{name} must have shape ({n},) or ({n}, c), one row for each row of adj_mat, got {given.shape}"
        )
    signal = xp.zeros(given.shape, xp.float32 if given.dtype == xp.float32 else xp.float64)
    rows = slice(None) if mask is None else mask
    signal[rows] = given[rows]
    bad = ~xp.isfinite(signal)
    if bool(bad.any()):
        first = int(xp.argmax(bad if bad.ndim == 1 else bad.any(axis=1)))
        raise ShapeError(
            f"{name} must be finite in labelled rows, got NaN or infinity in {int(bad.sum())} entries, "
            f"the first in row {first}; leave such rows out of the labelled ones"
        )
    return signal


def _dense(values: Any) -> Any:
    """Return the array of what may be sparse (scipy's or CuPy's)."""
    return values.toarray() if hasattr(values, "toarray") else values
