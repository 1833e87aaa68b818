"""One category per point, whatever it came as -> codes and names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import ShapeError
from gpuanim.values.convert import as_numpy

__all__ = ["BOOLEANS", "Integers", "Labels", "code_type", "natural", "read_labels"]

_INTP = np.iinfo(np.intp).max

BOOLEANS = ("False", "True")
"""Names of the categories of booleans, both also where only one occurs, as in scanpy."""

Integers = NDArray[np.integer[Any]]
"""(n,) of whole numbers."""


@dataclass(frozen=True, eq=False)
class Labels:
    """The categories of points.

    Parameters
    ----------
    codes
        (n,) signed integers: the category is `names[code]`, -1 for none.
    names
        The categories; two of them may be of one name.
    ordered
        Whether the order of the names was given, as in a categorical, and is not ours.
    """

    codes: Integers
    names: tuple[str, ...]
    ordered: bool


def read_labels(raw: Any, n_points: int, what: str, coded: tuple[str, ...] | None = None) -> Labels:
    """Read one category per point.

    Parameters
    ----------
    raw
        (n,) or (n, 1): strings, booleans, integers, also mixed, in a list, array, pandas `Series`,
        `Categorical` or extension array, or an object with `codes` and `names`. None, NaN, NA and masked
        values are no category, nor is the integer -1. The codes of a categorical are not copied.
    n_points
        n.
    what
        Names the values in messages, such as "values of step 7".
    coded
        The categories that integers are codes of; None if integers are categories themselves.

    Returns
    -------
    Labels
        Categories of a categorical in its order, also those that no point has. Integers are sorted by
        size, booleans are "False" and "True", all else is sorted naturally.

    Raises
    ------
    ShapeError
        If there is not one per point, a code is out of range, or they are floating-point numbers.
    """
    if isinstance(raw, Labels):
        return raw
    values = getattr(raw, "array", raw)  # a Series
    names = getattr(values, "categories", getattr(values, "names", None))
    if names is not None and hasattr(values, "codes"):
        codes = _checked(np.asarray(values.codes), n_points, len(names), what)
        return Labels(codes, tuple(str(name) for name in names), ordered=True)
    if isinstance(raw, str | bytes | dict) or not hasattr(values, "__len__"):
        raise ShapeError(f"{what} must be one for each of the {n_points} points, not {raw!r}")
    array = _flat(values)
    _check_shape(array.shape, n_points, what)
    if coded is not None and array.dtype.kind in "iu":
        signed = array if array.dtype.kind == "i" else array.astype(np.int64)
        return Labels(_checked(signed, n_points, len(coded), what), coded, ordered=True)
    return _of_array(array, what)


def natural(names: Iterable[str]) -> list[str]:
    """Sort names, the numbers in them by size: "B 2" before "B 10", as anndata sorts categories."""
    return sorted(names, key=_natural_key)


def _natural_key(name: str) -> list[Any]:
    if re.fullmatch(r"-\d+", name):
        return ["", int(name)]
    parts: list[Any] = re.split(r"(\d+)", name)
    parts[1::2] = map(int, parts[1::2])  # text and numbers alternate, text first: all lists compare
    return parts


def _flat(values: Any) -> Any:
    """Return an array of numpy, or of pandas where it has a type that numpy lacks."""
    if not hasattr(values, "dtype"):
        values = _of_list(list(values))
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(object), None)
    elif isinstance(values.dtype, np.dtype):
        values = as_numpy(values)
    elif values.dtype.kind in "iu":
        values = values.to_numpy(np.int64, na_value=-1)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return values.astype(str) if values.dtype.kind == "S" else values


def _of_list(values: list[Any]) -> NDArray[Any]:
    kinds = set(map(type, values))
    if all(issubclass(kind, int | np.integer | type(None)) and kind is not bool for kind in kinds):
        return np.array([-1 if value is None else value for value in values], np.int64)
    out = np.empty(len(values), object)
    out[:] = values
    return out


def _checked(codes: Integers, n_points: int, n_names: int, what: str) -> Integers:
    _check_shape(codes.shape, n_points, what)
    if codes.dtype.kind != "i":
        raise ShapeError(f"codes of {what} must be signed integers, -1 for none, not {codes.dtype}")
    if codes.size and not -1 <= codes.min() <= codes.max() < n_names:
        raise ShapeError(
            f"codes of {what} go from {codes.min()} to {codes.max()}, expected -1 (none) to {n_names - 1}: "
            f"there are {n_names} categories"
        )
    return codes


def _check_shape(shape: tuple[int, ...], n_points: int, what: str) -> None:
    if shape == (n_points,):
        return
    came = f"there are {shape[0]}" if len(shape) == 1 else f"not an array of shape {shape}"
    raise ShapeError(f"{what} must be one for each of the {n_points} points, {came}")


def _of_array(array: Any, what: str) -> Labels:
    kind, plain = array.dtype.kind, isinstance(array.dtype, np.dtype)
    if kind in "fc":
        raise _are_numbers(array.dtype, what)
    if kind == "b" and plain:
        return Labels(array.view(np.int8), BOOLEANS, ordered=True)
    return _of_integers(array) if kind in "iu" and plain else _of_objects(array, what)


def _are_numbers(dtype: Any, what: str) -> ShapeError:
    return ShapeError(
        f"{what} must be categories: strings, integers, booleans or a categorical, not {dtype}; "
        'pandas\' type "Int64" holds integers with missing ones'
    )


def _of_integers(array: Integers) -> Labels:
    low, high = (int(array.min()), int(array.max())) if array.size else (0, -1)
    if high - low > 4 * array.size + 1024 or high > _INTP:  # a table of all between were mostly empty
        numbers, codes = np.unique(array, return_inverse=True)
    else:
        places = array.astype(np.intp) - low
        seen = np.zeros(high - low + 1, bool)
        seen[places] = True
        numbers, codes = np.flatnonzero(seen) + low, (np.cumsum(seen) - 1)[places]
    missing = numbers == -1
    if missing.any():
        at = int(np.argmax(missing))
        codes = np.where(codes == at, -1, codes - (codes > at))
    names = tuple(map(str, numbers[~missing].tolist()))
    return Labels(codes.astype(code_type(len(names))), names, ordered=False)


def _of_objects(array: Any, what: str) -> Labels:
    import pandas

    codes, found = pandas.factorize(array)
    kinds: list[Any] = list(found)
    if kinds and all(isinstance(kind, float) for kind in kinds):
        raise _are_numbers("float", what)
    if kinds and all(isinstance(kind, bool | np.bool_) for kind in kinds):
        names, ordered = list(BOOLEANS), True
    elif all(isinstance(kind, int | np.integer) for kind in kinds):
        names, ordered = [str(kind) for kind in sorted(kinds) if kind != -1], False
    else:
        names, ordered = natural({str(kind) for kind in kinds}), False
    places = {name: i for i, name in enumerate(names)}
    turned = [places.get(str(kind), -1) for kind in kinds]  # the integer -1 has no name
    return Labels(np.array([*turned, -1], code_type(len(names)))[codes], tuple(names), ordered)


def code_type(n_names: int) -> np.dtype[Any]:
    """Return the smallest signed type that holds the codes of so many categories."""
    return np.min_scalar_type(-max(1, n_names))
