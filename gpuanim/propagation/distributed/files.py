"""A graph in a file that workers read by themselves: nobody holds it whole, and it travels to nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import FileError, GraphError
from gpuanim.propagation.distributed.blocks import Rows
from gpuanim.propagation.graph import Graph, check_shape, frozen, graph_of
from gpuanim.propagation.order import inverse_of
from gpuanim.types import Ids

__all__ = ["GraphFile"]

_SLICE = 1 << 24
"""Entries that are read at a time: 64 MB of columns and as much of weights."""


@dataclass(frozen=True)
class GraphFile:
    """The neighbours of an AnnData's file, in CSR.

    Parameters
    ----------
    path
        The HDF5 file or the directory of zarr, as absolute path.
    group
        Where the matrix lies in it, such as ``"/obsp/connectivities"``.
    """

    path: str
    group: str

    @classmethod
    def of(cls, adj_mat: Any) -> GraphFile | None:
        """Return the file of a group of HDF5 or zarr, or of anndata's dataset of one; None for all else."""
        group = getattr(adj_mat, "group", adj_mat)
        if not (hasattr(group, "attrs") and hasattr(group, "keys")):
            return None
        if hasattr(group, "file"):
            return cls(str(Path(group.file.filename).resolve()), str(group.name))
        root = getattr(group.store, "root", getattr(group.store, "path", None))
        if root is None:
            raise GraphError(
                "adj_mat is a group of zarr that lies in no directory; read it into memory first"
            )
        return cls(str(Path(root).resolve()), str(group.name))

    def pointers(self) -> NDArray[np.int64]:
        """Return (n + 1,) where the rows begin.

        Raises
        ------
        GraphError
            If the matrix is no CSR, not square or damaged.
        """
        with self._opened() as group:
            return _pointers(group)

    def fingerprint(self) -> str | None:
        """Return what tells this matrix from others, or None where there is no such file."""
        try:
            return hashlib.sha256(self.pointers().tobytes()).hexdigest()
        except (OSError, KeyError, GraphError):
            return None

    def rows(self, order: Ids | None, first: int, last: int) -> Rows:
        """Read the rows `first` to `last` of the graph in an order.

        In the order of the file these rows alone are read. In another one they may lie anywhere: the file
        is gone through once, in slices, and those that hold none of these rows are left out.
        """
        with self._opened() as group:
            indptr = _pointers(group)
            if order is None:
                own = indptr[first : last + 1]
                columns, data = _entries(group, own)
                graph = graph_of(own - own[0], columns, data)
            else:
                graph = _picked(group, indptr, order, first, last)
        return Rows(first, last, graph.indptr, graph.indices, graph.weights, graph.value)

    def read(self, order: Ids | None) -> Graph:
        """Read the whole graph."""
        rows = self.rows(order, 0, len(self.pointers()) - 1)
        return Graph(rows.indptr, rows.indices, rows.weights, rows.value)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        if Path(self.path).is_dir():
            import zarr

            yield zarr.open_group(self.path, mode="r")[self.group.strip("/")]
            return
        import h5py

        try:
            file = h5py.File(self.path, "r")
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error}") from error
        with file:
            yield file[self.group]


def _pointers(group: Any) -> NDArray[np.int64]:
    kind = group.attrs.get("encoding-type", "")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if kind != "csr_matrix":
        raise GraphError(
            f"adj_mat lies in a file as {kind or 'something else'!r}, and only 'csr_matrix' can be read "
            "from there in parts; read it into memory first"
        )
    check_shape(tuple(int(side) for side in group.attrs["shape"]))
    indptr = np.asarray(group["indptr"][...]).astype(np.int64, copy=False)
    in_order = indptr[0] == 0 and bool((indptr[1:] >= indptr[:-1]).all())
    if not in_order or indptr[-1] > min(group[name].shape[0] for name in ("indices", "data")):
        raise GraphError("adj_mat is a damaged CSR matrix: its indptr points outside of it")
    return indptr


def _entries(group: Any, indptr: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[Any]]:
    """Read the columns and weights of consecutive rows."""
    part = slice(int(indptr[0]), int(indptr[-1]))
    columns = np.asarray(group["indices"][part])
    n = int(group.attrs["shape"][0])
    if len(columns) and (columns.min() < 0 or columns.max() >= n):
        raise GraphError(f"adj_mat is a damaged CSR matrix: it has columns outside of 0 to {n - 1}")
    return columns.astype(np.uint32, copy=False), np.asarray(group["data"][part])


def _picked(group: Any, indptr: NDArray[np.int64], order: Ids, first: int, last: int) -> Graph:
    """Read rows from all over the file, their columns renamed."""
    inverse = inverse_of(order)
    place = inverse.astype(np.int64) - first
    mine = (place >= 0) & (place < last - first)
    out = np.zeros(last - first + 1, np.int64)
    np.cumsum(np.diff(indptr)[order[first:last]], out=out[1:])
    columns = np.empty(out[-1], np.uint32)
    weights = np.empty(out[-1], group["data"].dtype)
    for low, high in _slices(indptr):
        rows = low + np.flatnonzero(mine[low:high])
        if len(rows) == 0:
            continue
        own = indptr[low : high + 1]
        found, data = _entries(group, own)
        lengths = np.diff(indptr)[rows]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        source = np.repeat(indptr[rows] - own[0], lengths) + offsets
        target = np.repeat(out[place[rows]], lengths) + offsets
        columns[target] = inverse[found[source]]
        weights[target] = data[source]
    return graph_of(out, frozen(columns), weights)


def _slices(indptr: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield runs of rows with about `_SLICE` entries, at least one row each."""
    first, n = 0, len(indptr) - 1
    while first < n:
        last = int(np.searchsorted(indptr, indptr[first] + _SLICE, side="right")) - 1
        last = min(max(last, first + 1), n)
        yield first, last
        first = last
