"""W in blocks of rows on the workers of a cluster, under the names that a product has."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import GraphError
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.distributed.blocks import cut_rows
from gpuanim.propagation.distributed.team import Team
from gpuanim.propagation.graph import Graph
from gpuanim.propagation.order import permuted
from gpuanim.propagation.stepper import Walk
from gpuanim.propagation.system import System
from gpuanim.types import Ids

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ClusterProduct", "ClusterWalk"]


class ClusterProduct:
    """W on a cluster, and what a propagation asks of it; see `cpu.CpuProduct`.

    Parameters
    ----------
    graph
        The neighbours, in the caller's order.
    order, inverse
        (n,) the order in which values are to be kept, and its inverse; None: the caller's.
    dtype
        float32 or float64, of the values.
    client
        Of Dask.
    """

    xp: Any = np

    def __init__(
        self, graph: Graph, order: Ids | None, inverse: Ids | None, dtype: np.dtype[Any], client: Client
    ) -> None:
        self.n = graph.n
        self.dtype = dtype
        self._graph, self._order = graph, order
        lengths = np.diff(graph.indptr)
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


class ClusterWalk(Walk):
    """A walk over the blocks of a team.

    Sums of the stopping rule are added up in float64, in the order of the blocks. The next step is begun as
    soon as F is here, and is taken while F is shown. F is also what a new team goes on from: a worker that
    is lost costs the time to send the graph anew, and the step that was being taken.
    """

    def __init__(self, team: Team, system: System, dtype: np.dtype[Any]) -> None:
        super().__init__(system, dtype)
        self._team = team
        self._name = uuid.uuid4().hex
        self._generation = -1  # of the team that knows this walk
        self._reached = 0  # the step that its members are at
        self._sums: list[tuple[float, float]] = []  # of the step to there
        self._ahead: list[Any] = []  # the answers to come, for the step from there on
        self._f = system.start.astype(dtype)
        self._at = 0  # the step of `_f`

    @property
    def f(self) -> NDArray[Any]:
        if self._at != self.n_done:
            self._team.attempt(self._gather)
        return self._f

    def close(self) -> None:
        with suppress(Exception):  # the cluster may be gone by now, and with it what is to be forgotten
            if self._generation == self._team.generation:
                self._team.collect(self._ahead)
                self._team.call("end", self._name)
        self._generation, self._ahead = -1, []

    def _advance(self) -> tuple[float, float]:
        self._team.attempt(lambda: self._bring_to(self.n_done + 1))
        change, norm = np.array(self._sums).sum(axis=0)
        return float(change), float(norm)

    def _gather(self) -> None:
        """Fetch F, and let the members take the next step."""
        self._bring_to(self.n_done)
        for (first, last), part in zip(self._team.blocks, self._team.call("values", self._name), strict=True):
            self._f[first:last] = part
        self._at = self.n_done
        self._ahead = self._ask_for_step()

    def _bring_to(self, step: int) -> None:
        """See to it that the members are at `step`."""
        if self._generation != self._team.generation or self._reached > step:
            self._begin()
        while self._reached < step:
            asked, self._ahead = self._ahead or self._ask_for_step(), []
            self._sums = self._team.collect(asked)
            self._reached += 1

    def _begin(self) -> None:
        """Begin at the last F that is known."""
        system, f = self._system, self._f if self._at else None
        each = [
            (
                replace(
                    system,
                    row=system.row[first:last],
                    col=system.col[first:last],
                    base=system.base[first:last],
                    start=system.start[first:last],
                ),
                None if f is None else f[first:last],
            )
            for first, last in self._team.blocks
        ]
        self._team.call("begin", self._name, self._at, each=each)
        self._generation, self._reached, self._ahead = self._team.generation, self._at, []

    def _ask_for_step(self) -> list[Any]:
        return self._team.ask("step", self._name, self._reached)
