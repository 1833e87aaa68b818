"""W in blocks of rows on the workers of a cluster, under the names that a product has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import GraphError
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.distributed.blocks import cut_rows
from gpuanim.propagation.distributed.team import Team
from gpuanim.propagation.distributed.walk import ClusterWalk
from gpuanim.propagation.graph import Graph
from gpuanim.propagation.order import inverse_of, permuted
from gpuanim.propagation.system import System
from gpuanim.types import Ids

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ClusterProduct"]


class ClusterProduct:
    """W on a cluster, and what a propagation asks of it; see `cpu.CpuProduct`.

    Parameters
    ----------
    graph
        The neighbours, in the caller's order.
    order
        (n,) the order in which values are to be kept; None: the caller's.
    dtype
        float32 or float64, of the values.
    client
        Of Dask.
    """

    xp: Any = np

    def __init__(self, graph: Graph, order: Ids | None, dtype: np.dtype[Any], client: Client) -> None:
        self.n = graph.n
        self.dtype = dtype
        self._graph, self._order = graph, order
        lengths = np.diff(graph.indptr)
        inverse = None if order is None else inverse_of(order)
        rows_of = partial(cut_rows, graph, order, inverse)
        self.team = Team(client, lengths if order is None else lengths[order], rows_of, dtype)

    def in_double(self) -> CpuProduct:
        """Return W in float64 and in this machine's memory, for the solvers."""
        graph = self._graph if self._order is None else permuted(self._graph, self._order)
        return CpuProduct(graph, np.dtype(np.float64))

    def column_sums(self) -> NDArray[np.float64]:
        """Return (n,) the sum of each column of W, added up in the order of the blocks."""
        team, sums = self.team, np.zeros(self.n)
        answers = team.attempt(lambda: list(zip(team.blocks, team.call("column_sums"), strict=True)))
        for (first, last), (partial_sums, halo) in answers:
            sums[first:last] += partial_sums[: last - first]
            sums[halo] += partial_sums[last - first :]
        if not np.isfinite(sums).all():
            raise GraphError("adj_mat has weights whose sum is infinite; divide it by its largest weight")
        return sums

    def walk(self, system: System) -> ClusterWalk:
        """Return a walk of a system in the order of the nodes."""
        return ClusterWalk(self.team, system, self.dtype)
