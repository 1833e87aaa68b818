"""A graph whose entries lie in a temporary file: for graphs that do not fit into memory.

The file holds the rows in the order in which steps walk over them, so that each step reads it once from
start to end, and the system is told of each block of rows before it is needed. Where the file fits into what
memory is free, the system keeps it there and a step takes as long as on a graph in memory.
"""

from __future__ import annotations

import mmap
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gpuanim import _threads
from gpuanim.budget._base import gb
from gpuanim.budget.graph import DISK_BYTES
from gpuanim.errors import GraphError, TargetError
from gpuanim.propagation.graph import Graph, Weights, bad_weights, frozen
from gpuanim.propagation.order import inverse_of, row_blocks
from gpuanim.propagation.stored import StoredGraph
from gpuanim.types import Ids

__all__ = ["DiskGraph", "Look", "look_at", "on_disk", "scratch_folder"]

_SLICE = 1 << 23
"""Entries that are read at a time: 32 MB of columns and as much of weights."""


def scratch_folder() -> Path:
    """Return where large temporary files go: not to /tmp, which often lies in memory."""
    if not os.environ.get("TMPDIR") and os.access("/var/tmp", os.W_OK):  # noqa: S108
        return Path("/var/tmp")  # noqa: S108
    return Path(tempfile.gettempdir())


class _File:
    """An array in a temporary file without a name: it is gone with the last that uses it, or the process."""

    def __init__(self, size: int, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        nbytes = max(1, size) * self.dtype.itemsize
        folder = scratch_folder()
        free = shutil.disk_usage(folder).free
        if nbytes > free:
            raise TargetError(
                f"a graph on disk takes {gb(nbytes)} in {folder}, where {gb(free)} are free; make room, or "
                "set TMPDIR to a folder of another disk"
            )
        with tempfile.TemporaryFile(prefix="gpuanim-", suffix=".graph", dir=folder) as file:
            file.truncate(nbytes)
            self._map = mmap.mmap(file.fileno(), nbytes)  # keeps the file
        self.array = np.frombuffer(self._map, self.dtype, size)

    def ahead(self, first: int, last: int) -> None:
        """Ask the system to read entries `first..last`, without waiting."""
        if hasattr(mmap, "MADV_WILLNEED") and last > first:
            start = first * self.dtype.itemsize // mmap.PAGESIZE * mmap.PAGESIZE
            self._map.madvise(mmap.MADV_WILLNEED, start, last * self.dtype.itemsize - start)


@dataclass(frozen=True, eq=False)
class DiskGraph(Graph):
    """A `Graph` whose `indices` and `weights` are mapped from `files`, in that order."""

    files: tuple[_File, ...] = ()

    def ahead(self, first: int, last: int) -> None:
        """Have the entries of rows `first..last` read in the background."""
        for file in self.files:
            file.ahead(int(self.indptr[first]), int(self.indptr[last]))

    def narrowed(self, scale: float, dtype: np.dtype[Any]) -> Weights | None:
        """Return the weights divided by `scale`, in another type and in a file of their own."""
        if self.weights is None:
            return None
        file = _File(self.nnz, dtype)
        for start in range(0, self.nnz, _SLICE):
            part = slice(start, min(start + _SLICE, self.nnz))
            file.array[part] = (self.weights[part] / scale).astype(dtype)
        return frozen(file.array)


@dataclass(frozen=True)
class Look:
    """What a first look at all weights of a graph tells.

    Attributes
    ----------
    indptr
        (n + 1,) int64: row pointers without the entries that are stored but zero.
    low, high, dtype
        Of the other entries.
    """

    indptr: NDArray[np.int64]
    low: float
    high: float
    dtype: np.dtype[Any]

    @property
    def binary(self) -> bool:
        """Whether all weights are equal."""
        return self.indptr[-1] == 0 or self.low == self.high


def look_at(graph: StoredGraph) -> Look:
    """Read all weights once.

    Raises
    ------
    GraphError
        If some are NaN, infinite or negative.
    """
    from gpuanim.propagation.disk_kernels import count_kept

    lengths = np.zeros(graph.n, np.int64)
    low, high, dtype = np.inf, -np.inf, np.dtype(np.float32)
    for first, last in graph.row_slices(_SLICE):
        weights = graph.weights(first, last)
        if len(weights) == 0:
            continue
        least, most = weights.min(), weights.max()
        if not (least >= 0 and most < np.inf):
            indptr = graph.indptr[first : last + 1] - graph.indptr[first]
            raise GraphError(bad_weights(weights, graph.columns(first, last), indptr, first))
        count_kept(graph.indptr, weights, first, last, lengths)
        if least == 0:
            least = weights[weights != 0].min(initial=np.inf)
        low, high, dtype = min(low, float(least)), max(high, float(most)), weights.dtype
    return Look(_pointers(lengths), low, high, dtype)


def on_disk(graph: StoredGraph, look: Look, order: Ids | None) -> DiskGraph:
    """Copy a graph to a temporary file, with `order[k]` as node k: what `permuted` makes in memory.

    It is read once from start to end. Rows go to one of several parts of the file as they come, each part is
    then brought to order in memory: neither reading nor writing jumps.

    Raises
    ------
    GraphError
        If columns point outside of the matrix.
    TargetError
        If there is no room on the disk.
    """
    indptr = look.indptr
    if order is not None:
        indptr = _pointers(np.diff(look.indptr)[order])
    nnz = int(indptr[-1])
    files = [_File(nnz, np.uint32)]
    if not look.binary:
        files.append(_File(nnz, look.dtype))
    parts = [(0, graph.n)]
    if order is not None:
        parts = list(StoredGraph(indptr, None, None).row_slices(DISK_BYTES // 8))
    _scatter(graph, order, indptr, parts, files)
    if order is not None:
        for first, last in parts:
            _settle(files, order, indptr, first, last)
    columns, *weights = (frozen(file.array) for file in files)
    value = look.high if look.binary and nnz else 1.0
    return DiskGraph(frozen(indptr), columns, weights[0] if weights else None, value, tuple(files))


def _pointers(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    indptr = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=indptr[1:])
    return indptr


def _scatter(
    graph: StoredGraph,
    order: Ids | None,
    indptr: NDArray[np.int64],
    parts: list[tuple[int, int]],
    files: list[_File],
) -> None:
    """Append each row to the part of the files that it belongs to."""
    from gpuanim.propagation.disk_kernels import scatter

    inverse = np.arange(graph.n, dtype=np.uint32) if order is None else inverse_of(order)
    edges = np.array([last for _, last in parts], np.uint32)
    cursor = indptr[[first for first, _ in parts]]
    columns = files[0].array
    weights = files[1].array if len(files) > 1 else np.empty(0, np.float32)
    for first, last in graph.row_slices(_SLICE):
        scatter(
            graph.indptr, graph.columns(first, last), graph.weights(first, last), inverse, edges, cursor,
            columns, weights, len(files) > 1, first, last,
        )  # fmt: skip


def _settle(files: list[_File], order: Ids, indptr: NDArray[np.int64], first: int, last: int) -> None:
    """Bring the rows of a part from the order of the caller's graph, in which they came, to their own."""
    from gpuanim.propagation.disk_kernels import settle

    came = np.argsort(order[first:last], kind="stable")
    lengths = np.diff(indptr[first : last + 1])
    starts = np.empty(last - first, np.int64)
    starts[came] = np.cumsum(lengths[came]) - lengths[came]
    blocks = row_blocks(indptr[first : last + 1] - indptr[first])
    for file in files:
        entries = slice(int(indptr[first]), int(indptr[last]))
        part, place = file.array[entries].copy(), file.array[entries]

        def task(k: int, part: NDArray[Any] = part, place: NDArray[Any] = place) -> None:
            settle(part, starts, indptr[first : last + 1], place, *blocks[k])

        _threads.run(task, len(blocks))
