"""Matrices of steps, in memory or in a file: their rows, or their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuanim.errors import ShapeError
from gpuanim.types import Values
from gpuanim.values.convert import as_numpy, as_step, check_dtype, check_shape, is_cupy, lies_on_disk
from gpuanim.values.indexed import Convert, Indexed, failed, first_of

if TYPE_CHECKING:
    from gpuanim.cuda import Device
    from gpuanim.values._base import Source

__all__ = ["Columns", "Rows"]

_BAND_BYTES = 1 << 26
"""Memory for the columns that are read together."""

_LINE = 16
"""float32 values in a cache line."""


class Rows(Indexed):
    """The rows of a (t, n) matrix, or of (t, n, 1): array, memory map, HDF5, zarr, data frame, sparse.

    Rows are read one by one when they are asked for, the whole never.
    """

    def __init__(
        self,
        matrix: Any,
        n_points: int,
        n_steps: int | None = None,
        convert: Convert = as_step,
        what: str = "values",
    ) -> None:
        check_dtype(getattr(matrix, "dtype", None), what)
        check_shape(tuple(matrix.shape)[1:], n_points, f"{what} of step 0")
        self._matrix = matrix.tocsr() if hasattr(matrix, "tocsr") else matrix
        super().__init__(n_points, first_of(n_steps, int(matrix.shape[0]), what), convert, what)

    @property
    def portable(self) -> bool:  # type: ignore[override]
        return lies_on_disk(self._matrix)

    def origin(self) -> Any:
        return self.steps()

    def _read(self, index: int) -> Any:
        if hasattr(self._matrix, "iloc"):
            return self._matrix.iloc[index]
        if hasattr(self._matrix, "toarray"):
            return self._matrix[[index]].toarray()[0]
        return self._matrix[index]

    def _given_on_gpu(self) -> bool:
        return is_cupy(self._matrix)


class Columns(Indexed):
    """The columns of an (n, t) matrix, as animations of cells are kept in `obsm`.

    Columns are read in bands of at most 64 MB: in memory because a column alone uses one number of each
    cache line, in files because it needs every chunk.

    Parameters
    ----------
    matrix
        (n, t) numpy, HDF5 or zarr array, data frame, or sparse matrix, whose absent values are 0.
    n_points, n_steps
        n, and how many of the first columns to take; by default those of the matrix.
    """

    def __init__(
        self,
        matrix: Any,
        n_points: int | None = None,
        n_steps: int | None = None,
        convert: Convert = as_step,
        what: str = "values",
    ) -> None:
        shape = tuple(int(side) for side in matrix.shape)
        if len(shape) != 2 or n_points not in (None, shape[0]):
            wanted = "n" if n_points is None else n_points
            raise ShapeError(f"{what} have shape {shape}, expected ({wanted}, steps)")
        check_dtype(getattr(matrix, "dtype", None), what)
        self._matrix = matrix.tocsc() if hasattr(matrix, "tocsc") else matrix
        super().__init__(shape[0], first_of(n_steps, shape[1], what), convert, what)

    @property
    def portable(self) -> bool:  # type: ignore[override]
        return lies_on_disk(self._matrix)

    def origin(self) -> Any:
        return self.steps()

    def _read(self, index: int) -> Any:
        return self._band(index, index + 1)[:, 0]

    def steps(self) -> Iterator[Values]:
        width = self._width()
        for start in range(0, self.n_steps, width):
            stop = min(start + width, self.n_steps)
            try:
                band = _turned(self._band(start, stop))
            except Exception as error:
                raise failed(start, error, self.what) from error
            for index, values in enumerate(band, start):
                yield self._convert(values, self.n_points, f"{self.what} of step {index}")

    def on_device(self, device: Device) -> Source | None:
        return (
            Rows(self._matrix.T, self.n_points, self.n_steps).on_device(device)
            if is_cupy(self._matrix)
            else None
        )

    def _width(self) -> int:
        """Columns of a band: as many as memory allows, in whole chunks of the file if one fits."""
        afford = max(1, _BAND_BYTES // (8 * max(1, self.n_points)))
        chunks = getattr(self._matrix, "chunks", None)
        chunk = int(np.max(chunks[1])) if chunks else _LINE
        return afford // chunk * chunk if chunk <= afford else afford

    def _band(self, start: int, stop: int) -> np.ndarray[Any, Any]:
        matrix = self._matrix
        return as_numpy(matrix.iloc[:, start:stop] if hasattr(matrix, "iloc") else matrix[:, start:stop])


def _turned(band: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the transpose, contiguous: 2 ms for a column of a million rows instead of 9 at once."""
    out = np.empty(band.shape[::-1], band.dtype)
    for start in range(0, len(band), 4096):  # rows that stay in the cache until all columns have had them
        out[:, start : start + 4096] = band[start : start + 4096].T
    return out
