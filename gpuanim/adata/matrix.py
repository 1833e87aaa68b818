"""Columns of a matrix of cells and genes, in memory or in a file, without what lies beside them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.obsm import floats

__all__ = ["read_columns"]

Floats = NDArray[np.floating[Any]]

CSR_ENTRIES = 1 << 22
"""Entries of a CSR matrix in a file that are read at once: 48 MB with their positions."""

CSR_WARN = 10_000_000
"""From so many entries on, columns of a CSR matrix in a file are slow: about a second with compression."""

STRIP_BYTES = 1 << 26
"""Memory for chunks of a dense matrix in a file that are read at once."""


def read_columns(matrix: Any, positions: Sequence[int]) -> Floats:
    """Return columns of a matrix, each one contiguous.

    A dense matrix and CSC are read at these columns only. CSR in a file has to be gone through, once for
    all columns, in pieces of bounded size; a `UserWarning` tells of it where that is slow.

    Parameters
    ----------
    matrix
        (n, m) numpy array, data frame, sparse matrix, dask array, HDF5 or zarr array, or a sparse matrix in
        a file: a group, or anndata's wrapper of one.
    positions
        k columns, from 0.

    Returns
    -------
    array
        (k, n) float32, or float64 if it is stored so.
    """
    matrix = getattr(matrix, "group", matrix)  # what anndata calls a sparse dataset
    wanted = np.asarray(positions, np.int64)
    if hasattr(matrix, "attrs") and hasattr(matrix, "keys") and "indptr" in matrix:
        read = _from_csc if _is_csc(matrix) else _from_csr
        return floats(read(matrix, wanted))
    if hasattr(matrix, "chunks") and hasattr(matrix, "attrs"):
        return floats(_from_chunks(matrix, wanted))
    band = matrix.iloc[:, wanted] if hasattr(matrix, "iloc") else matrix[:, wanted]
    band = band.compute() if hasattr(band, "compute") else band
    return floats(np.asarray(band.toarray() if hasattr(band, "toarray") else band).T)


def _is_csc(group: Any) -> bool:
    kind = group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", b""))
    return "csc" in (kind.decode() if isinstance(kind, bytes) else str(kind))


def _shape(group: Any) -> tuple[int, int]:
    n, m = group.attrs["shape"] if "shape" in group.attrs else group.attrs["h5sparse_shape"]
    return int(n), int(m)


def _from_csc(group: Any, wanted: NDArray[np.int64]) -> Floats:
    n, _ = _shape(group)
    out = np.zeros((len(wanted), n), group["data"].dtype)
    for row, position in zip(out, wanted.tolist(), strict=True):
        start, stop = (int(end) for end in group["indptr"][position : position + 2])
        np.add.at(row, group["indices"][start:stop], group["data"][start:stop])
    return out


def _from_csr(group: Any, wanted: NDArray[np.int64]) -> Floats:
    n, m = _shape(group)
    starts = np.asarray(group["indptr"][...], np.int64)
    if starts[-1] >= CSR_WARN:
        warnings.warn(
            f"genes are read from a matrix in CSR order: all of its {starts[-1]:,} entries are gone through; "
            "stored in CSC order (adata.X = adata.X.tocsc(), then write), a gene takes milliseconds",
            UserWarning,
            stacklevel=2,
        )
    row_of = np.full(m, -1, np.int64)  # repeated positions are filled at the end
    row_of[wanted] = np.arange(len(wanted))
    out = np.zeros((len(wanted), n), group["data"].dtype)
    for start in range(0, int(starts[-1]), CSR_ENTRIES):
        rows = row_of[group["indices"][start : start + CSR_ENTRIES]]
        hits = np.flatnonzero(rows >= 0)
        if len(hits):
            cells = np.searchsorted(starts, hits + start, side="right") - 1
            np.add.at(out, (rows[hits], cells), group["data"][start : start + CSR_ENTRIES][hits])
    return np.asarray(out[row_of[wanted]])


def _from_chunks(matrix: Any, wanted: NDArray[np.int64]) -> Floats:
    """Read each chunk that holds a wanted column once; without chunks, rows follow one another."""
    n = int(matrix.shape[0])
    height, width = (int(side) for side in matrix.chunks or (1, matrix.shape[1]))
    out = np.empty((len(wanted), n), matrix.dtype)
    for strip in np.unique(wanted // width):
        inside = np.flatnonzero(wanted // width == strip)
        first, last = int(wanted[inside].min()), int(wanted[inside].max()) + 1
        for start, stop in _bands(n, height, (last - first) * matrix.dtype.itemsize):
            band = np.asarray(matrix[start:stop, first:last])
            out[inside, start:stop] = band[:, wanted[inside] - first].T
    return out


def _bands(n: int, height: int, row_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield pieces of the rows, of whole chunks, that fit into memory."""
    rows = max(1, STRIP_BYTES // row_bytes // height) * height
    return ((start, min(start + rows, n)) for start in range(0, n, rows))
