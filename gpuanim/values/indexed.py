"""Sources whose steps can be read in any order."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuanim.errors import OptionError, ShapeError, SourceError
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.convert import as_step, check_dtype, check_shape, is_cupy

if TYPE_CHECKING:
    from gpuanim.cuda import Device

__all__ = ["Calls", "Convert", "Indexed", "Listed", "failed", "first_of"]

Convert = Callable[[Any, int, str], Values]
"""What makes a step of raw values, their number of points, and a name for messages; like `as_step`."""


class Indexed(Source):
    """Steps with random access."""

    n_points: int
    n_steps: int

    def __init__(self, n_points: int, n_steps: int, convert: Convert = as_step, what: str = "values") -> None:
        if n_steps < 1:
            raise OptionError(f"{what} have no steps: there is nothing to show")
        self.n_points, self.n_steps, self._convert, self.what = n_points, n_steps, convert, what

    @abstractmethod
    def _read(self, index: int) -> Any:
        """Return step `index` in any form that `convert` takes."""

    def steps(self) -> Iterator[Values]:
        for index in range(self.n_steps):
            yield self.step(index)

    def step(self, index: int) -> Values:
        if not 0 <= index < self.n_steps:
            raise IndexError(index)
        try:
            raw = self._read(index)
        except Exception as error:
            raise failed(index, error, self.what) from error
        return self._convert(raw, self.n_points, f"{self.what} of step {index}")

    def on_device(self, device: Device) -> Source | None:
        if not self._given_on_gpu():
            return None
        from gpuanim.cuda.sources import step_on

        there = copy(self)
        there._convert = step_on(device)
        return there

    def _given_on_gpu(self) -> bool:
        """Say whether all steps are arrays of CuPy."""
        return False


class Listed(Indexed):
    """A list of steps, each anything that `as_step` takes; their shapes are checked at once."""

    def __init__(
        self, items: Sequence[Any], n_points: int, n_steps: int | None = None, what: str = "values"
    ) -> None:
        super().__init__(n_points, first_of(n_steps, len(items), what), what=what)
        if isinstance(items, list | tuple):
            items = [_checked(items[i], n_points, f"{what} of step {i}") for i in range(self.n_steps)]
        self._items = items

    def origin(self) -> Any:
        return self.steps()

    def _read(self, index: int) -> Any:
        return self._items[index]

    def _given_on_gpu(self) -> bool:
        return isinstance(self._items, list) and all(map(is_cupy, self._items))


class Calls(Indexed):
    """A function of the step number; it is called when the step is due.

    With `stored` it does not compute the steps, but finds them.
    """

    def __init__(
        self,
        function: Callable[[int], Any],
        n_points: int,
        n_steps: int,
        convert: Convert = as_step,
        what: str = "values",
        *,
        stored: bool = False,
    ) -> None:
        super().__init__(n_points, n_steps, convert, what)
        self._function, self._stored = function, stored

    def origin(self) -> Any:
        return self.steps() if self._stored else None

    def _read(self, index: int) -> Any:
        return self._function(index)


def _checked(item: Any, n_points: int, what: str) -> Any:
    if not hasattr(item, "shape"):
        try:
            item = np.asarray(item)
        except ValueError as error:  # rows of different lengths
            raise ShapeError(f"{what} cannot be read as an array: {error}") from error
    check_dtype(getattr(item, "dtype", None), what)
    check_shape(tuple(item.shape), n_points, what)
    return item


def first_of(n_steps: int | None, available: int, what: str = "values") -> int:
    """Return how many steps to show of those that are available; None is all.

    Raises
    ------
    OptionError
        If there are not so many.
    """
    if n_steps is not None and n_steps > available:
        raise OptionError(f"n_steps={n_steps}, but {what} have only {available} steps")
    return available if n_steps is None else n_steps


def failed(index: int, error: Exception, what: str = "values") -> SourceError:
    """Return the error to raise from one of the user's code."""
    return SourceError(f"{what} failed at step {index}: {type(error).__name__}: {error}")
