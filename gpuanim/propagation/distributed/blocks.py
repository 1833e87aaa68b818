"""Rows of a graph in blocks: which rows a machine holds, and the columns that it needs of others."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.propagation.graph import Graph, Weights, frozen
from gpuanim.types import Ids

__all__ = ["Block", "Rows", "cut_rows", "equal_blocks"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows `first` to `last` of a graph, columns numbered as in the whole graph: what travels.

    Attributes
    ----------
    indptr, indices, weights, value
        As in `Graph`; `indptr` starts at 0.
    """

    first: int
    last: int
    indptr: NDArray[np.int64]
    indices: NDArray[np.uint32]
    weights: Weights | None
    value: float


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of a graph as a machine walks over them: its own nodes first, then those of others.

    Attributes
    ----------
    first, last
        The nodes that it holds.
    graph
        m rows; column j < m is node `first + j`, column m + k is node `halo[k]`.
    halo
        (h,) uint32 ascending: nodes of other blocks whose values it needs.
    """

    first: int
    last: int
    graph: Graph
    halo: Ids

    @classmethod
    def of(cls, rows: Rows) -> Block:
        """Return the block of some rows, their columns numbered anew."""
        m = rows.last - rows.first
        own = rows.indices - np.uint32(rows.first)  # nodes before the first turn huge
        foreign = own >= m
        halo = np.unique(rows.indices[foreign])
        own[foreign] = m + np.searchsorted(halo, rows.indices[foreign])
        weights = None if rows.weights is None else frozen(rows.weights)
        graph = Graph(frozen(rows.indptr), frozen(own), weights, rows.value)
        return cls(rows.first, rows.last, graph, halo)

    def parts_of_halo(self, edges: list[int]) -> list[slice]:
        """Return for each block, whose rows begin at `edges`, the part of the halo that it holds."""
        cuts = np.searchsorted(self.halo, edges).tolist()
        return [slice(first, last) for first, last in itertools.pairwise(cuts)]


def equal_blocks(lengths: NDArray[np.int64], count: int) -> list[tuple[int, int]]:
    """Cut rows of these lengths into at most `count` runs of equally many entries; none is empty."""
    work = np.concatenate([[0], np.cumsum(lengths + 1)])  # a row without entries is work as well
    edges = np.searchsorted(work, np.linspace(0, work[-1], count + 1)).tolist()
    return [(first, last) for first, last in itertools.pairwise(edges) if first < last]


def cut_rows(graph: Graph, order: Ids | None, inverse: Ids | None, first: int, last: int) -> Rows:
    """Return rows of a graph, in an order or as they are: views where that is possible.

    Parameters
    ----------
    order, inverse
        (n,) as `order.locality_order` and `order.inverse_of` give them, or None.
    """
    if order is None or inverse is None:
        entries = slice(int(graph.indptr[first]), int(graph.indptr[last]))
        indptr = graph.indptr[first : last + 1] - entries.start
        weights = None if graph.weights is None else graph.weights[entries]
        return Rows(first, last, indptr, graph.indices[entries], weights, graph.value)
    return _moved(graph, order[first:last], inverse, first, last)


def _moved(graph: Graph, nodes: Ids, inverse: Ids, first: int, last: int) -> Rows:
    from gpuanim.propagation.order_kernels import fill

    indptr = np.zeros(len(nodes) + 1, np.int64)
    np.cumsum(np.diff(graph.indptr)[nodes], out=indptr[1:])
    indices = np.empty(indptr[-1], np.uint32)
    weights: Any = None if graph.weights is None else np.empty(indptr[-1], graph.weights.dtype)
    old, new = (frozen(pointers.view(np.uint64)) for pointers in (graph.indptr, indptr))
    fill(old, graph.indices, graph.weights, nodes, inverse, new, indices, weights, 0, len(nodes))
    return Rows(first, last, indptr, indices, weights, graph.value)
