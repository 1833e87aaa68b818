"""A graph that lies in rows somewhere, in memory or in a file, and is read in slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import GraphError
from gpuanim.propagation.graph import check_shape, columns_of, real_weights

__all__ = ["StoredGraph", "in_memory", "is_group", "stored_graph"]

_LOOK = 1 << 16
"""Entries at the start, in the middle and at the end that tell whether all weights are equal."""


@dataclass(frozen=True, eq=False)
class StoredGraph:
    """CSR whose entries are read a slice at a time.

    Attributes
    ----------
    indptr
        (n + 1,) int64, in memory.
    indices, data
        (nnz,) arrays, or datasets of HDF5 or zarr: anything that slices to an array.
    """

    indptr: NDArray[np.int64]
    indices: Any
    data: Any

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def nnz(self) -> int:
        """Number of stored entries."""
        return int(self.indptr[-1])

    def weight_bytes(self) -> int:
        """Return the bytes of a weight, 0 if all seem to be equal by a look at some."""
        parts = [self.data[k : k + _LOOK] for k in (0, self.nnz // 2, max(0, self.nnz - _LOOK))]
        some = np.concatenate([np.asarray(part) for part in parts])
        return 0 if len(some) == 0 or some.min() == some.max() else max(4, some.itemsize)

    def row_slices(self, entries: int) -> Iterator[tuple[int, int]]:
        """Yield rows `first..last` of about so many entries together, at least one row each."""
        first = 0
        while first < self.n:
            goal = self.indptr[first] + entries
            last = int(np.searchsorted(self.indptr, goal, side="right")) - 1
            last = min(max(last, first + 1), self.n)
            yield first, last
            first = last

    def columns(self, first: int, last: int) -> NDArray[np.uint32]:
        """Return the columns of rows `first..last`, checked."""
        part = slice(int(self.indptr[first]), int(self.indptr[last]))
        return columns_of(np.asarray(self.indices[part]), self.n)

    def weights(self, first: int, last: int) -> NDArray[Any]:
        """Return the weights of rows `first..last`, float32 or float64."""
        return real_weights(np.asarray(self.data[int(self.indptr[first]) : int(self.indptr[last])]))


def is_group(adj_mat: Any) -> bool:
    """Say whether this is a sparse matrix of an AnnData's file: a group of HDF5 or zarr."""
    return hasattr(adj_mat, "attrs") and hasattr(adj_mat, "keys")


def in_memory(adj_mat: Any) -> Any:
    """Return an adjacency matrix in memory: one in a file as CSR of scipy, any other as it is."""
    matrix = getattr(adj_mat, "group", adj_mat)
    if not is_group(matrix):
        return adj_mat
    from scipy.sparse import csr_matrix

    graph = stored_graph(matrix)
    return csr_matrix((graph.data[...], graph.indices[...], graph.indptr), shape=(graph.n, graph.n))


def stored_graph(adj_mat: Any) -> StoredGraph:
    """Return what reads an adjacency matrix in slices; of one in a file, only the row pointers are read.

    Parameters
    ----------
    adj_mat
        (n, n) scipy sparse matrix or array, whose arrays may be memory-mapped; a group of HDF5 or zarr that
        holds `data`, `indices` and `indptr` of CSR, as anndata writes it; or anndata's dataset of one.

    Raises
    ------
    GraphError
        If it is none of these, not square or damaged.
    """
    matrix: Any = getattr(adj_mat, "group", adj_mat)  # anndata's CSRDataset
    if is_group(matrix):
        kind, shape = matrix.attrs.get("encoding-type", ""), matrix.attrs.get("shape", ())
        kind = kind.decode() if isinstance(kind, bytes) else str(kind)
        if kind != "csr_matrix":
            raise GraphError(
                f"adj_mat lies in a file as {kind or 'something else'!r}, and only 'csr_matrix' can be "
                "read from there in parts; read it into memory first"
            )
        check_shape(tuple(int(side) for side in shape))
        parts = (np.asarray(matrix["indptr"][...]), matrix["indices"], matrix["data"])
    else:
        from scipy import sparse

        rows: Any = matrix
        if not sparse.issparse(matrix):
            raise GraphError(
                "a graph on disk is made from a sparse matrix or a group of a file, "
                f"got {type(adj_mat).__name__}"
            )
        check_shape(rows.shape)
        rows = rows.tocsr()
        parts = (np.asarray(rows.indptr), rows.indices, rows.data)
    indptr = parts[0].astype(np.int64, copy=False)
    sizes = {int(part.shape[0]) for part in parts[1:]}
    if indptr[0] != 0 or min(sizes) < indptr[-1] or not (indptr[1:] >= indptr[:-1]).all():
        raise GraphError("adj_mat is a damaged CSR matrix: its indptr points outside of it")
    return StoredGraph(indptr, *parts[1:])
