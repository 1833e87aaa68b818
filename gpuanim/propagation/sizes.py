"""How large a graph is, before it is read."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuanim.budget.graph import GraphSize
from gpuanim.propagation.stored import is_group, stored_graph

__all__ = ["graph_size"]


def graph_size(adj_mat: Any, *, columns: int, itemsize: int) -> GraphSize:
    """Return a propagation over `adj_mat` in numbers; a graph that cannot be used is left to others to tell.

    Parameters
    ----------
    columns, itemsize
        Columns of the signal, and bytes of its values.
    """
    matrix = getattr(adj_mat, "group", adj_mat)
    if not is_group(matrix):
        from scipy import sparse

        given: Any = matrix
        if not sparse.issparse(matrix):
            n = len(matrix) if np.ndim(matrix) else 0
            return GraphSize(n, int(np.count_nonzero(matrix)) if n else 0, columns, itemsize, 4, read=12)
        shape = given.shape
        if given.format != "csr" or len(shape) != 2 or shape[0] != shape[1]:
            return GraphSize(int(shape[0]), int(given.nnz), columns, itemsize, 4, read=12)
    stored = stored_graph(matrix)
    read = stored.indices.dtype.itemsize + stored.data.dtype.itemsize if is_group(matrix) else 0
    return GraphSize(stored.n, stored.nnz, columns, itemsize, stored.weight_bytes(), read=read)
