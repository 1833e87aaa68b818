"""The order of the nodes in memory: neighbours near each other, so that a step finds them in the cache.

Two orders were measured on neighbour graphs (k = 15 and 30, shuffled): breadth-first along the graph, and
Morton's curve through coordinates. On 56k to a million real points in 2-D a step takes the same time in
both, within 10 %. Neighbours in 5 dimensions (200k simulated points) are 1.6 times faster than in the given
order breadth-first, and 2.1 times along a curve through two of the dimensions. So the graph alone will do,
and where coordinates are given Morton's order is taken: it is also found sooner (25 ms instead of 75 ms for
a million nodes) and makes the picture's gather local. Hilbert's curve and reverse Cuthill-McKee gain
nothing further and cost 2 to 10 times as much.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.propagation.graph import Graph, frozen
from gpuanim.types import Ids

__all__ = ["ORDERS", "inverse_of", "locality_order", "pays", "permuted", "row_blocks"]

ORDERS = ("auto", "given", "locality")

# Rows are sorted by length inside small windows: where a loop ends when the one before it ended, the
# processor guesses right. A step over a million rows takes 5.9 ms instead of 8.0 ms (34 neighbours), 3.6 ms
# instead of 5.1 ms (17). Windows of 64 to 256 rows keep the locality, from 1024 on it suffers.
_WINDOW = 256

_COST_PER_ENTRY = 5.0  # ns
_GAIN_PER_ENTRY = 0.45  # ns
_CACHE = 1 << 16  # bytes: twice the first-level cache


def pays(n: int, n_steps: float, bytes_per_node: int) -> bool:
    """Say whether a locality order of `n` nodes saves more time than it costs.

    To find and apply it costs 4 to 7 ns for each entry of the graph; a step then takes 0.35 to 0.7 ns less
    for each, once the values of all nodes have outgrown the first-level cache (measured with k = 15 and 30 on
    30,000 to a million nodes; at 10,000 it is 0.15 ns, at 3,000 nothing). So it pays from 12 steps on.
    """
    return n_steps * _GAIN_PER_ENTRY > _COST_PER_ENTRY and n * bytes_per_node > _CACHE


def locality_order(graph: Graph, coords: NDArray[np.float64] | None = None) -> Ids:
    """Return (n,) uint32: the node that comes k-th when neighbours are to be near each other.

    Parameters
    ----------
    graph
        Its rows are followed breadth-first; parts that are not connected follow one another.
    coords
        (n, 2) places of the nodes, if known; then the order follows Morton's curve through them. Nodes
        whose place is not finite go last.
    """
    from gpuanim.propagation import order_kernels

    if coords is None:
        order = order_kernels.breadth_first(_unsigned(graph.indptr), graph.indices)
    else:
        order = order_kernels.radix_sort(_morton_keys(coords))
    sorted_order = np.empty_like(order)
    indptr = _unsigned(graph.indptr)
    blocks = _threads.blocks(-(-graph.n // _WINDOW), 64)
    _threads.run(
        lambda k: order_kernels.sort_windows(indptr, order, sorted_order, _WINDOW, *blocks[k]), len(blocks)
    )
    return sorted_order


def _morton_keys(coords: NDArray[np.float64]) -> NDArray[np.uint32]:
    from gpuanim.propagation import order_kernels

    (left, right), (bottom, top) = _reach(coords[:, 0]), _reach(coords[:, 1])
    low = np.array([left, bottom])
    extent = max(right - left, top - bottom)
    scale = 65535 / extent if 0 < extent < np.inf else 0.0
    keys = np.empty(len(coords), np.uint32)
    blocks = _threads.blocks(len(coords), 1 << 16)
    _threads.run(lambda k: order_kernels.morton_keys(coords, low, scale, keys, *blocks[k]), len(blocks))
    return keys


def _reach(x: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least and the greatest finite entry, 0 and 0 if there is none."""
    low, high = float(x.min()), float(x.max())
    if not np.isfinite(high - low):
        x = x[np.isfinite(x)]
        low, high = float(x.min(initial=np.inf)), float(x.max(initial=-np.inf))
    return (low, high) if low <= high else (0.0, 0.0)


def inverse_of(order: Ids) -> Ids:
    """Return (n,) uint32: the place of each node in `order`."""
    inverse = np.empty_like(order)
    inverse[order] = np.arange(len(order), dtype=np.uint32)
    return inverse


def permuted(graph: Graph, order: Ids) -> Graph:
    """Return the graph with `order[k]` as node k, in new memory; columns of a row are not sorted."""
    from gpuanim.propagation.order_kernels import fill

    indptr = np.zeros(graph.n + 1, np.int64)
    np.cumsum(np.diff(graph.indptr)[order], out=indptr[1:])
    indices = np.empty(graph.nnz, np.uint32)
    weights = None if graph.weights is None else np.empty_like(graph.weights)
    inverse = inverse_of(order)
    old, new = _unsigned(graph.indptr), _unsigned(indptr)
    blocks = row_blocks(indptr)
    _threads.run(
        lambda k: fill(old, graph.indices, graph.weights, order, inverse, new, indices, weights, *blocks[k]),
        len(blocks),
    )
    return Graph(frozen(indptr), frozen(indices), None if weights is None else frozen(weights), graph.value)


def row_blocks(indptr: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Cut rows into blocks of equally many entries, the shares of the threads.

    Of 128k entries at least, which take 30 us, a multiple of what it costs to hand them out. They depend on
    the graph alone, not on the number of threads: sums over blocks are the same everywhere.
    """
    n = len(indptr) - 1
    work = indptr + np.arange(n + 1)  # a row without entries is work as well
    total = int(work[-1])
    count = max(1, min(total >> 17, 64 + (total >> 24)))
    edges = np.searchsorted(work, np.linspace(0, total, count + 1)).tolist()
    return [(first, last) for first, last in itertools.pairwise(edges) if first < last]


def _unsigned(indptr: NDArray[np.int64]) -> NDArray[np.uint64]:
    return frozen(indptr.view(np.uint64))
