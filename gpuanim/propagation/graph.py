"""An adjacency matrix, checked once and frozen: what the kernels walk over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import GraphError

__all__ = [
    "Graph",
    "Weights",
    "bad_weights",
    "check_shape",
    "columns_of",
    "frozen",
    "graph_of",
    "read_graph",
    "real_weights",
]

Weights: TypeAlias = NDArray[np.float32] | NDArray[np.float64]

# Entries that a thread checks at a time: 256 KiB of float32, so that the second look finds them in L2.
_SLICE = 1 << 16
_DAMAGED = (
    "adj_mat is a damaged CSR matrix: its indptr or indices point outside of it; "
    "adj_mat.check_format() of scipy says where, building it anew from rows and columns mends it"
)
_MEND = "pass the (n, n) neighbour matrix, of an AnnData for example adata.obsp['connectivities']"


@dataclass(frozen=True, eq=False)
class Graph:
    """Rows of neighbours, in the layout of CSR.

    Entry p of row i, `indptr[i] <= p < indptr[i + 1]`, says that column `indices[p]` has the weight
    `weights[p]`, or `value` where there are no weights. Columns of a row come in any order; a column
    that occurs twice counts twice, which is the sum of the two.

    Attributes
    ----------
    indptr
        (n + 1,) int64, read-only.
    indices
        (nnz,) uint32, read-only; may be the caller's memory. Unsigned, because numba tests a signed index
        for wrap-around at each access.
    weights
        (nnz,) float32 or float64, finite and positive, read-only, may be the caller's memory; None if all
        are equal ("binary"), which halves the bytes of a step.
    value
        The weight of each entry of a binary graph, otherwise 1.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: Weights | None
    value: float = 1.0

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def nnz(self) -> int:
        """Number of stored entries: of an undirected graph twice its edges."""
        return len(self.indices)

    def ahead(self, first: int, last: int) -> None:
        """Hear that rows `first..last` are needed soon; where they lie in memory there is nothing to do."""

    def narrowed(self, scale: float, dtype: np.dtype[Any]) -> Weights | None:
        """Return the weights divided by `scale`, in another type."""
        return None if self.weights is None else frozen((self.weights / scale).astype(dtype))


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view. Kernels get no other kind of graph, so they are compiled for one kind."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def read_graph(adj_mat: Any) -> Graph:
    """Check an adjacency matrix and return it as a `Graph`, without a copy where CSR allows that.

    Parameters
    ----------
    adj_mat
        (n, n) scipy sparse matrix or array of any format, or a dense array. Row i holds the neighbours
        that node i hears. Real, finite, not negative. Zeros that are stored are dropped, duplicates
        count as their sum. It need not be symmetric, and nodes may be without neighbours.

    Raises
    ------
    GraphError
        If it is not square, has no nodes, or holds weights that are NaN, infinite or negative.
    """
    matrix = _to_csr(adj_mat)
    indptr = np.asarray(matrix.indptr).astype(np.int64, copy=False)
    nnz = int(indptr[-1])
    if not (indptr[0] == 0 and nnz <= len(matrix.indices) and bool((indptr[1:] >= indptr[:-1]).all())):
        raise GraphError(_DAMAGED)
    indices = columns_of(np.asarray(matrix.indices)[:nnz], len(indptr) - 1)
    return graph_of(indptr, indices, np.asarray(matrix.data)[:nnz])


def graph_of(indptr: NDArray[np.int64], indices: NDArray[np.uint32], data: NDArray[Any]) -> Graph:
    """Check weights, and return the graph of rows whose columns are checked.

    Raises
    ------
    GraphError
        If weights are NaN, infinite, negative or no numbers.
    """
    if not len(indices):
        return Graph(frozen(indptr), frozen(indices), None)
    weights = real_weights(data)
    low, high = _extremes(weights)
    if not (low >= 0 and high < np.inf):  # NaN ends up here too
        raise GraphError(bad_weights(weights, indices, indptr))
    if low == 0:
        return _without_zeros(indptr, indices, weights)
    if low == high:
        return Graph(frozen(indptr), frozen(indices), None, float(high))
    return Graph(frozen(indptr), frozen(indices), frozen(weights))


def _to_csr(adj_mat: Any) -> Any:
    """Return `adj_mat` as CSR, made of the caller's arrays or of copies, or say what it should be."""
    from scipy import sparse

    if sparse.issparse(adj_mat):
        matrix: Any = adj_mat
        check_shape(matrix.shape)
        return matrix.tocsr()
    dense = np.asarray(adj_mat)
    if dense.dtype.kind not in "biuf":
        kind = f"{type(adj_mat).__module__}.{type(adj_mat).__qualname__} of {dense.dtype}"
        raise GraphError(f"adj_mat must be a sparse matrix or a dense array of numbers, got {kind}; {_MEND}")
    check_shape(dense.shape)
    return sparse.csr_array(real_weights(dense))


def check_shape(shape: tuple[int, ...]) -> None:
    """Raise a `GraphError` unless a matrix of this shape can be an adjacency."""
    if len(shape) != 2 or shape[0] != shape[1]:
        raise GraphError(f"adj_mat must be square, got shape {shape}; {_MEND}")
    if shape[0] == 0:
        raise GraphError(f"adj_mat must have at least one node, got shape {shape}; {_MEND}")
    if shape[0] >= 2**32 - 1:
        raise GraphError(f"adj_mat may have at most 2**32 - 2 nodes, got {shape[0]}; use parts of it")


def columns_of(indices: NDArray[Any], n: int) -> NDArray[np.uint32]:
    """Return column numbers as uint32; those that scipy never checked would read foreign memory here."""
    if indices.dtype == np.int32:
        indices = indices.view(np.uint32)  # negative ones turn huge
    low, high = _extremes(indices) if len(indices) else (0, 0)
    if low < 0 or high >= n:
        raise GraphError(_DAMAGED)
    return indices.astype(np.uint32, copy=False)


def real_weights(data: NDArray[Any]) -> Weights:
    """Return weights as float32 or float64, whichever holds them exactly."""
    if data.dtype in (np.float32, np.float64) and data.dtype.isnative:
        return data
    if data.dtype.kind not in "biuf":
        raise GraphError(
            f"adj_mat must hold real numbers, got dtype {data.dtype}; use adj_mat.astype('float32')"
        )
    return data.astype(np.float32) if np.can_cast(data.dtype, np.float32) else data.astype(np.float64)


def _extremes(array: NDArray[Any]) -> tuple[Any, Any]:
    """Return the least and the greatest entry, both NaN if there is a NaN; numpy lets other threads run."""
    starts = range(0, len(array), _SLICE)
    found = np.empty((2, len(starts)), array.dtype)

    def task(k: int) -> None:
        part = array[starts[k] : starts[k] + _SLICE]
        found[:, k] = part.min(), part.max()

    _threads.run(task, len(starts))
    return found[0].min(), found[1].max()


def _without_zeros(indptr: NDArray[np.int64], indices: NDArray[np.uint32], weights: Weights) -> Graph:
    """Return the graph without the entries that are stored but zero."""
    keep = weights != 0
    kept_before = np.zeros(len(keep) + 1, np.int64)
    np.cumsum(keep, out=kept_before[1:])
    indices, weights = indices[keep], weights[keep]
    binary = not len(weights) or weights.min() == weights.max()
    value = float(weights[0]) if binary and len(weights) else 1.0
    return Graph(frozen(kept_before[indptr]), frozen(indices), None if binary else frozen(weights), value)


def bad_weights(
    weights: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any], first_row: int = 0
) -> str:
    """Say which weights cannot be used, how many, where the first is, and how to mend it."""
    bad = ~(np.isfinite(weights) & (weights >= 0))
    first = int(np.argmax(bad))
    row = int(np.searchsorted(indptr, first, side="right")) - 1
    return (
        f"adj_mat must hold finite weights that are not negative, got {int(bad.sum())} others, "
        f"the first {weights[first]} at row {first_row + row}, column {indices[first]}; map "
        "correlations and the like to weights, for example by clipping them at 0"
    )
