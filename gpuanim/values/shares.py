"""Whatever the user has as shares of categories over time -> a `Source` that yields (n, k) arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gpuanim.errors import OptionError, ShapeError
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.convert import as_rows, check_dtype
from gpuanim.values.indexed import Calls, first_of
from gpuanim.values.mixing import Confident, Mixed
from gpuanim.values.sources import Checked, Stream, whole

__all__ = ["Confident", "Mixed", "as_shares"]


def as_shares(values: Any, *, n_points: int, n_steps: int | None = None, k: int) -> Source:
    """Return a source of the shares of k categories. Nothing is read that is not shown.

    Parameters
    ----------
    values
        One of

        - an array (t, n, k): numpy array, memory map, HDF5 or zarr array; one matrix (n, k), dense or sparse,
          is a film of one step
        - a list or tuple of steps, each (n, k): array, data frame, sparse matrix
        - a callable of the step number, from 0
        - a generator or any other iterable of steps, which can be gone through only once
        - a `Source` of k columns, such as a label propagation of k classes; its order of points is kept, see
          `Source.permutation`

        Shares are real numbers and need not sum to one.
    n_points
        Number of points n.
    n_steps
        Number of steps of a callable or a generator. Of all others no more than these are shown.
    k
        Number of categories.

    Returns
    -------
    Source
        Steps are (n, k) float32, or float64 where that is given, in C order; `n_columns` is k.

    Raises
    ------
    ShapeError
        If there is not one real number per point and category; for lists and arrays at once, else when the
        step is read.
    OptionError
        If there are no steps, fewer than `n_steps`, or a callable comes without `n_steps`.
    SourceError
        While reading: if the callable or generator fails, with its exception as the cause, or ends early.
    """
    step = _Step(k)
    if isinstance(values, Source):
        return _passed(values, n_points, whole(n_steps), step)
    source = _opened(values, n_points, whole(n_steps), step)
    source.n_columns = k
    return source


class _Step:
    """Reads one step of shares of `k` categories."""

    def __init__(self, k: int) -> None:
        if k < 1:
            raise OptionError(f"k must be the number of categories, from 1 on, not {k!r}")
        self._k = k

    def __call__(self, raw: Any, n_points: int, what: str) -> Values:
        array = as_rows(raw, what)
        self.check(array.shape, n_points, what)
        return array.reshape(n_points, self._k)

    def check(self, shape: tuple[int, ...], n_points: int, what: str) -> None:
        """Raise ShapeError if `shape` is not (n, k); of one category (n,) will do."""
        if shape == (n_points, self._k) or (self._k == 1 and shape == (n_points,)):
            return
        raise ShapeError(
            f"{what} have shape {shape}, expected ({n_points}, {self._k}): there are {n_points} points and "
            f"{self._k} categories"
        )

    def checked(self, raw: Any, n_points: int, what: str) -> Any:
        """Return a step, after a look at its shape and type."""
        array = raw if hasattr(raw, "shape") else np.asarray(raw)
        check_dtype(getattr(array, "dtype", None), what)
        self.check(tuple(int(side) for side in array.shape), n_points, what)
        return array


def _opened(values: Any, n_points: int, n_steps: int | None, step: _Step) -> Source:
    if isinstance(values, str | bytes | dict):
        raise ShapeError(f"values must be shares for each point and category, not {type(values).__name__}")
    if len(getattr(values, "shape", ())) > 0:
        return _of_array(values, n_points, n_steps, step)
    if isinstance(values, Sequence):
        count = first_of(n_steps, len(values))
        steps = [step.checked(values[i], n_points, f"values of step {i}") for i in range(count)]
        return Calls(steps.__getitem__, n_points, count, step, stored=True)
    if callable(values):
        if n_steps is None:
            raise OptionError("values is a callable: say how many steps it has, n_steps=...")
        return Calls(values, n_points, n_steps, step)
    if isinstance(values, Iterable):
        return Stream(values, n_points, n_steps, step)
    raise ShapeError(
        f"values must be an array, a list or generator of arrays, or a callable, not {type(values).__name__}"
    )


def _of_array(values: Any, n_points: int, n_steps: int | None, step: _Step) -> Source:
    check_dtype(getattr(values, "dtype", None), "values")
    if len(values.shape) < 3:
        step.check(tuple(int(side) for side in values.shape), n_points, "values")
        return Calls(lambda i: values, n_points, first_of(n_steps, 1), step, stored=True)
    step.check(tuple(int(side) for side in values.shape[1:]), n_points, "values of step 0")
    count = first_of(n_steps, int(values.shape[0]))
    return Calls(values.__getitem__, n_points, count, step, stored=True)


def _passed(source: Source, n_points: int, n_steps: int | None, step: _Step) -> Source:
    if source.n_points not in (None, n_points):
        raise ShapeError(f"values have {source.n_points} points, expected {n_points}")
    step.check((n_points, source.n_columns), n_points, "values")
    if source.n_points is not None and n_steps in (None, source.n_steps):
        return source
    return Checked(source, n_points, n_steps, step.check)
