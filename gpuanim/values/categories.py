"""Whatever the user has as categories over time -> a `Source` that yields one array of codes per step."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Number
from typing import Any, TypeAlias, cast

import numpy as np

from gpuanim.errors import OptionError, ShapeError
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.indexed import Calls, Convert, first_of
from gpuanim.values.labels import Labels, code_type, natural, read_labels
from gpuanim.values.matrices import Columns, Rows
from gpuanim.values.sources import Stream, whole

__all__ = ["MOST", "as_categories", "category_names", "check_no_tween", "looks_categorical"]

MOST = 65_000
"""Categories at most: a colour table has 65,536 rows."""

_Make: TypeAlias = Callable[[Convert], Source]
"""Makes the source of some values, given how a step of them is read."""


def as_categories(
    values: Any, *, n_points: int, n_steps: int | None = None, categories: Sequence[Any] | None = None
) -> tuple[Source, tuple[str, ...]]:
    """Return a source of the categories that `values` stands for, and their names.

    Parameters
    ----------
    values
        One of

        - one category per point (n,): list, array, pandas `Series` or `Categorical`, or an object with
          `codes` and `names`, which is a film of one step
        - a matrix (t, n) of strings, integers or booleans, in memory or in a file; if only the number of its
          rows is `n_points`, its columns are the steps, as in `obsm`
        - a data frame with a column per step, whose columns may be categoricals
        - a list or tuple of steps, each (n,)
        - a callable of the step number, from 0, or a generator of steps, with `categories`

        None, NaN, NA and the integer -1 stand for "no category".
    n_points
        Number of points n.
    n_steps
        Number of steps of a callable or a generator. Of all others no more than these are shown.
    categories
        The names of all categories, in order. Integers in `values` are then their codes, unless all
        categories are integers themselves. With None all steps are read at once to find what occurs: first
        the categories of categoricals, in their order, then all others, sorted naturally ("B 2" before
        "B 10"); integers are categories of themselves. Booleans are "False" and "True".

    Returns
    -------
    source : Source
        Steps are (n,) signed integers, the places in `names`, and -1 for no category.
    names : tuple of str
        The k categories.

    Raises
    ------
    ShapeError
        If there is not one per point, or they are floating-point numbers.
    OptionError
        If there are no steps, more than 65,000 categories, or a callable or generator comes without
        `categories`; while reading, if a step has a category that is not among `categories`.
    SourceError
        While reading: if the callable or generator fails, with its exception as the cause, or ends early.
    """
    n_steps = whole(n_steps)
    if isinstance(values, Source) and values.coded and categories is not None:
        return values, category_names(categories)
    if isinstance(values, Source):
        raise OptionError("values are numbers, a running computation, not categories; leave categories= out")
    if categories is not None:
        known = _Vocabulary(category_names(categories), _are_integers(categories))
        return _opened(values, n_points, n_steps, known=True)(known.read), known.names
    make = _opened(values, n_points, n_steps, known=False)
    source = make(cast(Convert, read_labels))
    if not isinstance(source, Rows | Columns):  # strings take 50 ms per million: they are read once
        steps = cast(list[Labels], list(source.steps()))
        found = _Vocabulary(_union(steps), integers=True)
        return Calls(steps.__getitem__, n_points, len(steps), found.read, stored=True), found.names
    found = _Vocabulary(_union(cast(Iterable[Labels], source.steps())), integers=True)
    return make(found.read), found.names


def looks_categorical(values: Any) -> bool:
    """Return whether values are categories beyond doubt: strings, booleans, categoricals, or steps of these.

    Numbers are not, integers neither: whether they are codes only their owner knows. Callables and
    generators are not looked into.
    """
    if isinstance(values, str | bytes | dict | Source):
        return False
    if hasattr(values, "iloc") and getattr(values, "ndim", 1) == 2:
        return values.shape[1] > 0 and all(_told_by(dtype, values) for dtype in values.dtypes)
    if _is_coded(values):
        return True
    if hasattr(values, "dtype"):
        return _told_by(values.dtype, values)
    if isinstance(values, list | tuple):
        told = [value for value in values if value is not None]
        if told and _is_single(told[0]):
            return all(isinstance(value, str | bool | np.bool_) or value != value for value in told)  # noqa: PLR0124
        return bool(told) and looks_categorical(told[0])
    return False


def check_no_tween(tween: Any) -> None:
    """Raise OptionError if categories are to be blended."""
    if tween is not None:
        raise OptionError(
            f"tween={tween!r} blends numbers, and nothing lies between two categories: leave tween out, or "
            "give the share of each category, (points, categories) per step"
        )


class _Vocabulary:
    """The categories of a film.

    Parameters
    ----------
    names
        The categories, in order.
    integers
        Whether integers are categories, and not codes.
    """

    def __init__(self, names: tuple[str, ...], integers: bool) -> None:
        if len(names) > MOST:
            raise OptionError(
                f"values have {len(names):,} different categories, at most {MOST:,} can be shown"
            )
        self.names = names
        self._coded = None if integers else names
        self._codes = {name: code for code, name in enumerate(names)}

    def read(self, raw: Any, n_points: int, what: str) -> Values:
        """Return the codes of one step."""
        labels = read_labels(raw, n_points, what, self._coded)
        if labels.names == self.names:
            return cast(Values, labels.codes)
        table = np.array([self._codes.get(name, -2) for name in labels.names] + [-1], np.int32)
        codes = table.astype(code_type(len(self.names)))[labels.codes]
        if -2 in table and codes.min(initial=0) == -2:
            raise self._unknown(labels.names[labels.codes[np.argmax(codes == -2)]], what)
        return cast(Values, codes)

    def _unknown(self, name: str, what: str) -> OptionError:
        near = difflib.get_close_matches(name, self.names, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return OptionError(f"{what} have the category {name!r}, which is not among categories{hint}")


def _union(steps: Iterable[Labels]) -> tuple[str, ...]:
    """Return what occurs: the categories whose order was given in that order, then the others."""
    given: dict[str, None] = {}
    others: set[str] = set()
    for labels in steps:
        if labels.ordered:
            given.update(dict.fromkeys(labels.names))
        else:
            others.update(labels.names)
    return (*given, *natural(others - given.keys()))


def category_names(categories: Any) -> tuple[str, ...]:
    """Return the names of all categories; raises OptionError if they are none, or not distinct."""
    if isinstance(categories, str | bytes | dict) or not isinstance(categories, Iterable):
        raise OptionError(f"categories must be a list of names, not {categories!r}")
    names = tuple(str(name) for name in categories)
    if not names:
        raise OptionError("categories must have a name, the list is empty")
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise OptionError(f"categories must differ, {name!r} occurs {times} times")
    return names


def _are_integers(categories: Iterable[Any]) -> bool:
    return all(isinstance(name, Integral) and not isinstance(name, bool) for name in categories)


def _opened(values: Any, n_points: int, n_steps: int | None, *, known: bool) -> _Make:
    """Return what makes the source of values in any form; `known` are the categories if they were told."""
    if isinstance(values, str | bytes | dict):
        raise ShapeError(f"values must be a category for each point and step, not {type(values).__name__}")
    if _is_coded(values) or (isinstance(values, list | tuple) and values and _is_single(values[0])):
        return _listed([values], n_points, n_steps)
    if len(getattr(values, "shape", ())) > 0:
        return _of_array(values, n_points, n_steps)
    if isinstance(values, Sequence):
        return _listed(values, n_points, n_steps)
    if not callable(values) and not isinstance(values, Iterable):
        raise ShapeError(
            "values must be categories in an array, a list or generator of arrays, or a callable, not "
            f"{type(values).__name__}"
        )
    kind = "callable" if callable(values) else "generator"
    if not known:
        raise OptionError(
            f"values is a {kind}, of which no step is known in advance: give the names of all categories, "
            "categories=[...]"
        )
    if not callable(values):
        return lambda convert: Stream(values, n_points, n_steps, convert)
    if n_steps is None:
        raise OptionError("values is a callable: say how many steps it has, n_steps=...")
    return lambda convert: Calls(values, n_points, n_steps, convert)


def _listed(steps: Sequence[Any], n_points: int, n_steps: int | None) -> _Make:
    count = first_of(n_steps, len(steps))
    return lambda convert: Calls(steps.__getitem__, n_points, count, convert, stored=True)


def _of_array(values: Any, n_points: int, n_steps: int | None) -> _Make:
    shape = tuple(int(side) for side in values.shape)
    if len(shape) == 1:
        return _listed([values], n_points, n_steps)
    if len(shape) != 2 or n_points not in shape:
        raise ShapeError(
            f"values have shape {shape}, expected (steps, {n_points}) or ({n_points}, steps): "
            f"there are {n_points} points"
        )
    framed = hasattr(values, "iloc")
    by_row = shape[1] == n_points and not (framed and shape[0] == n_points)
    if getattr(getattr(values, "dtype", None), "kind", "O") in "biuf":
        matrix = Rows if by_row else Columns
        return lambda convert: matrix(values, n_points, n_steps, convert)
    count = first_of(n_steps, shape[0 if by_row else 1])
    cells = values.iloc if framed else values
    read: Callable[[int], Any] = (lambda i: cells[i]) if by_row else (lambda i: cells[:, i])
    return lambda convert: Calls(read, n_points, count, convert, stored=True)


def _is_coded(values: Any) -> bool:
    """Return whether these are codes with names, such as a categorical or a series of it."""
    inner = getattr(values, "array", values)
    return hasattr(inner, "codes") and (hasattr(inner, "categories") or hasattr(inner, "names"))


def _is_single(value: Any) -> bool:
    """Return whether this is the category of one point, and not a step."""
    return value is None or isinstance(value, str | bytes | Number) or not hasattr(value, "__len__")


def _told_by(dtype: Any, values: Any) -> bool:
    kind = getattr(dtype, "kind", "O")
    if kind != "O":
        return kind in "bUST"
    if hasattr(dtype, "categories") or not isinstance(dtype, np.dtype):  # categorical, pandas' strings
        return True
    return any(isinstance(value, str | bool | np.bool_) for value in _first_told(values))


def _first_told(values: Any) -> list[Any]:
    """Return the first thing in an array of objects that is not missing, if there is one."""
    flat = np.asarray(values, object).reshape(-1)
    return next(([value] for value in flat if value is not None and value == value), [])  # noqa: PLR0124
