"""An `obsm` matrix as a film: its columns are the steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.convert import lies_on_disk

__all__ = ["ObsmSource", "dense", "floats"]

BAND_BYTES = 1 << 27  # what a block of steps may take while a matrix is turned on its side


class ObsmSource(Source):
    """The columns of an (n, t) matrix as t steps, read in bands; the matrix may lie in a file.

    Parameters
    ----------
    matrix
        (n, t) numpy, HDF5 or zarr array, data frame, or sparse matrix, whose absent values are 0; or an
        (n, t, k) array of k values per cell and step.
    key
        Its name.
    """

    n_steps: int

    def __init__(self, matrix: Any, key: str = "") -> None:
        shape = tuple(int(side) for side in matrix.shape)
        if len(shape) not in (2, 3) or 0 in shape[1:]:
            raise ShapeError(
                f"obsm[{key!r}] has shape {shape}, expected (cells, steps) or (cells, steps, classes)"
            )
        self._matrix = matrix.tocsc() if hasattr(matrix, "tocsc") else matrix
        self.key = key
        self.n_points, self.n_steps, self._first = *shape[:2], 0
        self.n_columns = math.prod(shape[2:])

    def part(self, steps: slice) -> ObsmSource:
        """Return some of the steps that follow each other; raises OptionError if there are none."""
        start, stop, step = steps.indices(self.n_steps)
        if step != 1 or start >= stop:
            raise OptionError(
                f"steps must be a range such as 10:60 that holds some of the {self.n_steps} steps of "
                f"obsm[{self.key!r}]"
            )
        part = ObsmSource(self._matrix, self.key)
        part._first, part.n_steps = self._first + start, stop - start
        return part

    def steps(self) -> Iterator[Values]:
        """Yield the columns, (n,) or (n, k), float32, or float64 where stored so."""
        width = self._band()
        for start in range(0, self.n_steps, width):
            yield from self._columns(start, min(start + width, self.n_steps))

    def step(self, index: int) -> Values:
        """Return column `index`."""
        if not 0 <= index < self.n_steps:
            raise IndexError(index)
        first: Values = self._columns(index, index + 1)[0]
        return first

    @property
    def portable(self) -> bool:  # type: ignore[override]
        return lies_on_disk(self._matrix)

    def origin(self) -> Any:
        return self.steps()

    def _band(self) -> int:
        """Columns that are read at once: whole chunks of a file, and enough for cache lines of memory."""
        chunks = getattr(self._matrix, "chunks", None)
        chunk = int(chunks[1]) if chunks else 1
        afford = max(1, BAND_BYTES // (8 * max(1, self.n_points or 1) * self.n_columns))
        return max(chunk, afford // chunk * chunk)

    def _columns(self, start: int, stop: int) -> NDArray[Any]:
        return floats(dense(self._matrix, self._first + start, self._first + stop).swapaxes(0, 1))


def dense(matrix: Any, start: int, stop: int) -> NDArray[Any]:
    """Return columns `start` to `stop` of a matrix of any kind, or of an (n, t, k) array, as numpy's."""
    band = matrix.iloc[:, start:stop] if hasattr(matrix, "iloc") else matrix[:, start:stop]
    return np.asarray(band.toarray() if hasattr(band, "toarray") else band)


def floats(array: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """Return a contiguous array, float64 if it was float64, float32 otherwise."""
    return np.ascontiguousarray(array, np.float64 if array.dtype == np.float64 else np.float32)
