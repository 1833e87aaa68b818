"""Some of the points of a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import ShapeError
from gpuanim.types import Values
from gpuanim.values._base import Source

__all__ = ["Subset"]


class Subset(Source):
    """The steps of a source for some of its points, in the order of the points.

    Parameters
    ----------
    source
        Of n points.
    keep
        (n,) bool.

    Raises
    ------
    ShapeError
        If the source has another number of points; where it does not know, when the first step is read.
    """

    def __init__(self, source: Source, keep: NDArray[np.bool_]) -> None:
        self._source, self._n = source, len(keep)
        self._where = np.flatnonzero(keep)
        if source.permutation is not None:
            place = np.empty(len(keep), np.int64)
            place[source.permutation] = np.arange(len(keep))
            self._where = place[self._where]
        self.n_points, self.n_steps = len(self._where), source.n_steps
        self.n_columns, self.rewindable = source.n_columns, source.rewindable
        self.own_norm = source.own_norm
        if source.n_points is not None:
            self._check(source.n_points)

    @classmethod
    def of(cls, source: Source, keep: NDArray[np.bool_]) -> Source:
        """Return the source itself if all points are kept; with random access where the source has it."""
        if keep.all():
            return source
        random = type(source).step is not Source.step
        return _RandomSubset(source, keep) if random else cls(source, keep)

    def origin(self) -> Any:
        whole = self._source.origin()
        return None if whole is None else (whole, self._where)

    def steps(self) -> Iterator[Values]:
        for values in self._source.steps():
            yield self._taken(values)

    def _taken(self, values: Values) -> Values:
        self._check(len(values))
        return values[self._where]

    def _check(self, n: int) -> None:
        if n != self._n:
            raise ShapeError(f"values have {n} points, expected {self._n}")


class _RandomSubset(Subset):
    def step(self, index: int) -> Values:
        return self._taken(self._source.step(index))
