"""One step of values, whatever it came as -> (n,) float32 or float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuanim.errors import ShapeError
from gpuanim.types import Values

__all__ = [
    "EXACT",
    "as_numpy",
    "as_rows",
    "as_step",
    "check_dtype",
    "check_shape",
    "is_cupy",
    "lies_on_disk",
]

EXACT = 1 << 24
"""Integers up to here are float32 values."""


def as_step(raw: Any, n_points: int, what: str) -> Values:
    """Return the values of one step, float32 or float64 and contiguous; a copy only where it takes one.

    Parameters
    ----------
    raw
        (n,) or (n, 1) of real numbers: array, list, data frame column, sparse column, CuPy array. Masked
        and missing values become NaN. Integers become float32 where that is exact.
    n_points
        n.
    what
        Names the values in messages, such as "values of step 7".

    Raises
    ------
    ShapeError
        If there is not one real number per point.
    """
    array = _as_numbers(raw, what)
    check_shape(array.shape, n_points, what)
    if array.ndim == 2:
        array = array[:, 0]
    return _as_floats(array)


def as_rows(raw: Any, what: str) -> Values:
    """Return values of any shape as `as_step` does; raises ShapeError if they are not real numbers."""
    return _as_floats(_as_numbers(raw, what))


def _as_numbers(raw: Any, what: str) -> np.ndarray[Any, Any]:
    try:
        array = as_numpy(raw)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{what} cannot be read as an array: {error}") from error
    check_dtype(array.dtype, what)
    return array


def _as_floats(array: np.ndarray[Any, Any]) -> Values:
    return np.require(array, _float_type(array), ["C", "A"])


def check_dtype(dtype: Any, what: str) -> None:
    """Raise ShapeError if `dtype` is not one of real numbers."""
    if getattr(dtype, "kind", "f") not in "fiub":
        raise ShapeError(f"{what} must be real numbers, not {dtype}")


def check_shape(shape: tuple[int, ...], n_points: int, what: str) -> None:
    """Raise ShapeError if `shape` is neither (n,) nor (n, 1)."""
    if shape in ((n_points,), (n_points, 1)):
        return
    text = f"{what} have shape {tuple(shape)}, expected ({n_points},)"
    if len(shape) == 2 and shape[0] == n_points and shape[1] > 1:
        text += ": choose a column, (f[:, 0] for f in F)"
    raise ShapeError(text)


def as_numpy(raw: Any) -> np.ndarray[Any, Any]:
    """Return any array as numpy's, a copy only where it takes one; what is masked or missing is NaN."""
    if isinstance(raw, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(raw.astype(_float_type(raw.data)), np.nan))
    if isinstance(raw, np.ndarray):
        return raw
    if hasattr(raw, "toarray"):  # scipy.sparse
        raw = raw.toarray()
    elif hasattr(raw, "__cuda_array_interface__") and hasattr(raw, "get"):  # CuPy
        raw = raw.get()
    elif hasattr(raw, "iloc"):  # pandas: its types with missing values would turn into objects
        plain = raw.to_numpy()
        raw = raw.to_numpy(np.float64, na_value=np.nan) if plain.dtype.kind == "O" else plain
    return np.asarray(raw)


def lies_on_disk(matrix: Any) -> bool:
    """Return whether an array is one of zarr's that travels to other processes as a name."""
    if not type(matrix).__module__.startswith("zarr."):
        return False
    return type(getattr(matrix, "store", None)).__name__ in ("LocalStore", "FsspecStore")


def _float_type(array: np.ndarray[Any, Any]) -> type[np.float32 | np.float64]:
    if array.dtype.kind == "f":
        return np.float32 if array.dtype.itemsize <= 4 else np.float64
    if array.dtype.itemsize <= 2 or array.size == 0:  # booleans too
        return np.float32
    low, high = int(array.min()), int(array.max())
    return np.float32 if low >= -EXACT and high <= EXACT else np.float64


def is_cupy(array: object) -> bool:
    """Say whether this is an array or a sparse matrix of CuPy, without importing CuPy."""
    return type(array).__module__.partition(".")[0] in ("cupy", "cupyx")
