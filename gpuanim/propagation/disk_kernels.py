"""The kernels that bring a graph to its order where it does not fit into memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel

__all__ = ["count_kept", "scatter", "settle"]


@kernel
def count_kept(
    indptr: NDArray[np.int64], weights: NDArray[Any], first: int, last: int, lengths: NDArray[np.int64]
) -> None:
    """Write to `lengths[first:last]` how many entries of each row are not zero; `weights` are only theirs."""
    start = indptr[first]
    for i in range(first, last):
        kept = 0
        for p in range(indptr[i] - start, indptr[i + 1] - start):
            kept += weights[p] != 0
        lengths[i] = kept


@kernel
def scatter(
    indptr: NDArray[np.int64],
    columns: NDArray[np.uint32],
    weights: Any,
    inverse: NDArray[np.uint32],
    edges: NDArray[np.uint32],
    cursor: NDArray[np.int64],
    out_columns: NDArray[np.uint32],
    out_weights: Any,
    keep_weights: bool,
    first: int,
    last: int,
) -> None:
    """Append rows `first..last` to the parts of the file that they belong to, their columns renamed.

    Parameters
    ----------
    columns, weights
        Of these rows alone; entries of weight 0 are left out.
    inverse
        (n,) the place of each node in the new order.
    edges, cursor
        Part b takes the places below `edges[b]`, and its next entry goes to `cursor[b]`.
    """
    start = indptr[first]
    for i in range(first, last):
        part = np.searchsorted(edges, inverse[i], side="right")
        q = cursor[part]
        for p in range(indptr[i] - start, indptr[i + 1] - start):
            if weights[p] == 0:
                continue
            out_columns[q] = inverse[columns[p]]
            if keep_weights:
                out_weights[q] = weights[p]
            q += 1
        cursor[part] = q


@kernel
def settle(
    came: NDArray[Any],
    starts: NDArray[np.int64],
    indptr: NDArray[np.int64],
    out: NDArray[Any],
    first: int,
    last: int,
) -> None:
    """Copy rows `first..last` of a part to their place, from where they came: row k from `starts[k]` on.

    Parameters
    ----------
    came, out
        Entries of the part.
    indptr
        Row pointers of the part in the graph, so that its first entry is `indptr[0]`.
    """
    for k in range(first, last):
        p = starts[k]
        for q in range(indptr[k] - indptr[0], indptr[k + 1] - indptr[0]):
            out[q] = came[p]
            p += 1
