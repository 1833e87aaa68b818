"""Whatever the user has as values over time -> a `Source` that yields one array per step."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from numbers import Number
from typing import TYPE_CHECKING, Any

from gpuanim.errors import OptionError, ShapeError, SourceError
from gpuanim.types import Ids, Values
from gpuanim.values._base import Source
from gpuanim.values.convert import as_step, check_shape
from gpuanim.values.indexed import Calls, Convert, Listed, failed, first_of
from gpuanim.values.matrices import Columns, Rows

if TYPE_CHECKING:
    from gpuanim.cuda import Device

__all__ = ["Checked", "Columns", "Stream", "as_source", "whole"]

CheckShape = Callable[[tuple[int, ...], int, str], None]
"""Raises ShapeError if a step has not the shape for so many points; like `check_shape`."""


class Stream(Source):
    """An iterable of steps that is gone through once, one step at a time."""

    rewindable = False

    def __init__(
        self,
        steps: Iterable[Any],
        n_points: int,
        n_steps: int | None = None,
        convert: Convert = as_step,
        what: str = "values",
    ) -> None:
        if n_steps is not None and n_steps < 1:
            raise OptionError(f"{what} have no steps: there is nothing to show")
        self.n_points, self.n_steps, self._convert, self.what = n_points, n_steps, convert, what
        self._unread: Iterable[Any] | None = steps

    def steps(self) -> Iterator[Values]:
        if self._unread is None:
            raise SourceError(
                f"these {self.what} can be read only once, and have been: give a list, an array or a "
                "callable to show them again"
            )
        unread, self._unread = self._unread, None
        return self._pass(unread)

    def _pass(self, unread: Iterable[Any]) -> Iterator[Values]:
        index = 0
        steps = iter(unread)
        while index != self.n_steps:
            try:
                raw = next(steps)
            except StopIteration:
                break
            except Exception as error:
                raise failed(index, error, self.what) from error
            yield self._convert(raw, self.n_points or 0, f"{self.what} of step {index}")
            index += 1
        if index == 0:
            raise OptionError(f"{self.what} have no steps: there is nothing to show")
        if self.n_steps is not None and index < self.n_steps:
            raise SourceError(f"{self.what} ended after {index} steps, n_steps={self.n_steps} were announced")


class Checked(Source):
    """A source of someone else's, of which no more than the first steps are shown."""

    def __init__(
        self, source: Source, n_points: int, n_steps: int | None, check: CheckShape = check_shape
    ) -> None:
        self._source, self._check, self.what = source, check, source.what
        self.n_columns = source.n_columns
        self.n_points = n_points
        self.n_steps = n_steps if source.n_steps is None else first_of(n_steps, source.n_steps)
        self.rewindable, self.own_norm = source.rewindable, source.own_norm

    @property
    def permutation(self) -> Ids | None:  # type: ignore[override]
        return self._source.permutation

    def on_device(self, device: Device) -> Source | None:
        there = self._source.on_device(device)
        return None if there is None else Checked(there, self.n_points or 0, self.n_steps, self._check)

    def origin(self) -> Any:
        return self._source.origin()

    def steps(self) -> Iterator[Values]:
        count = 0
        for count, values in enumerate(islice(self._source.steps(), self.n_steps), 1):
            self._check(values.shape, self.n_points or 0, f"{self.what} of step {count - 1}")
            yield values
        if self.n_steps is not None and count < self.n_steps:
            raise SourceError(f"{self.what} ended after {count} steps, n_steps={self.n_steps} were announced")


def as_source(values: Any, *, n_points: int, n_steps: int | None = None, what: str = "values") -> Source:
    """Return a source of the steps that `values` stands for. Nothing is read that is not shown.

    Parameters
    ----------
    values
        One of

        - a matrix (t, n): numpy array, memory map, HDF5 or zarr array, data frame, sparse matrix. If only
          the number of its rows is `n_points`, its columns are the steps, as in `obsm`; a square matrix is
          (t, n). One array (n,) is a film of one step.
        - a list or tuple of steps, each (n,) or (n, 1): array, list, data frame column, sparse column
        - a callable of the step number, from 0
        - a generator or any other iterable of steps, which can be gone through only once
        - a `Source`, such as a running propagation

        Values are real numbers. NaN stands for "no value"; infinite values are largest and smallest. float16
        and float32 are shown as float32, float64 as it is; integers and booleans as float32 where that is
        exact. Arrays are not copied where their type can stay, and never changed.
    n_points
        Number of points n.
    n_steps
        Number of steps of a callable or a generator. Of all others no more than these are shown.
    what
        The option that they were given to, for messages.

    Raises
    ------
    ShapeError
        If there is not one real number per point; for lists and matrices at once, else when the step is read.
    OptionError
        If there are no steps, fewer than `n_steps`, or a callable comes without `n_steps`.
    SourceError
        While reading: if the callable or generator fails, with its exception as the cause, or ends early.
    """
    n_steps = whole(n_steps)
    if isinstance(values, Source):
        return _passed(values, n_points, n_steps)
    if isinstance(values, str | bytes | dict):
        raise ShapeError(f"{what} must be numbers for each point and step, not {type(values).__name__}")
    if len(getattr(values, "shape", ())) > 0:
        return _of_array(values, n_points, n_steps, what)
    if isinstance(values, Sequence):
        single = len(values) > 0 and isinstance(values[0], Number)
        return Listed([values] if single else values, n_points, n_steps, what)
    if callable(values):
        if n_steps is None:
            raise OptionError(f"{what} is a callable: say how many steps it has, n_steps=...")
        return Calls(values, n_points, n_steps, what=what)
    if isinstance(values, Iterable):
        return Stream(values, n_points, n_steps, what=what)
    raise ShapeError(
        f"{what} must be an array, a list or generator of arrays, or a callable, not {type(values).__name__}"
    )


def _of_array(values: Any, n_points: int, n_steps: int | None, what: str) -> Source:
    shape = tuple(int(side) for side in values.shape)
    if len(shape) == 1:
        return Listed([values], n_points, n_steps, what)
    is_rows, is_columns = shape[1] == n_points, shape[0] == n_points
    if len(shape) == 2 and not is_rows and is_columns:
        return Columns(values, n_points, n_steps, what=what)
    if is_rows and len(shape) <= 3:
        return Rows(values, n_points, n_steps, what=what)
    raise ShapeError(
        f"{what} have shape {shape}, expected (steps, {n_points}) or ({n_points}, steps): "
        f"there are {n_points} points"
    )


def _passed(source: Source, n_points: int, n_steps: int | None) -> Source:
    if source.n_points not in (None, n_points):
        raise ShapeError(f"values have {source.n_points} points, expected {n_points}")
    if source.n_columns != 1:
        text = f"values have {source.n_columns} columns at each step, a film shows one"
        raise ShapeError(f"{text}: choose a column, (f[:, 0] for f in F)")
    if source.n_points is not None and n_steps in (None, source.n_steps):
        return source
    return Checked(source, n_points, n_steps)


def whole(n_steps: Any) -> int | None:
    """Return `n_steps` as an int from 1 on, or None; raises OptionError."""
    if n_steps is None:
        return None
    try:
        count = operator.index(n_steps)
    except TypeError:
        raise OptionError(f"n_steps must be a whole number, not {n_steps!r}") from None
    if count < 1 or isinstance(n_steps, bool):
        raise OptionError(f"n_steps must be a whole number from 1 on, not {n_steps!r}")
    return count
