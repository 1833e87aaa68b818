"""What lives on a worker: a block of rows, and the walks over it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.distributed.blocks import Block, Rows
from gpuanim.propagation.system import System, scaled
from gpuanim.types import Ids
from gpuanim.values.bins import Bins
from gpuanim.values.ranks import Rank
from gpuanim.values.selection import Tally, Wanted, tally

__all__ = ["Member"]

_GLANCE = 0.5
"""Seconds between looks at whether a team was given up while one waits for a neighbour."""

_TOO_LONG = 300.0
"""Seconds after which a member no longer waits, though nobody has told it that the team is given up."""


class Member:
    """A block of rows on a worker, kept there as an actor of Dask.

    Workers talk to each other: before a step each member asks those of its neighbours for the values at
    the boundary, which they have kept since the last step. These are handed out by the worker's event
    loop, while its thread may be waiting for values itself; so nobody can wait for each other.

    Parameters
    ----------
    rows
        The block's rows.
    dtype
        float32 or float64, of the values.
    """

    def __init__(self, rows: Rows, dtype: np.dtype[Any]) -> None:
        self._block = Block.of(rows)
        n_columns = self._block.graph.n + len(self._block.halo)
        self._product = CpuProduct(self._block.graph, dtype, n_columns)
        self._neighbours: list[tuple[Any, slice]] = []
        self._asked: dict[int, NDArray[np.int64]] = {}
        self._walks: dict[str, _MemberWalk] = {}
        self._index = -1
        self._given_up = False

    async def give_up(self) -> None:
        """Wait for nobody from now on: some member is lost, and what it was asked for may never come."""
        self._given_up = True

    def column_sums(self) -> tuple[NDArray[np.float64], Ids]:
        """Return what the rows add to the sums of columns, (m + h,), and the nodes of the last h."""
        return self._product.column_sums(), self._block.halo

    def link(self, index: int, members: list[Any], edges: list[int]) -> int:
        """Tell the others what will be asked of them; return the bytes that come in at each step.

        Parameters
        ----------
        index, members
            All members in the order of their rows; this one is `members[index]`.
        edges
            Where the rows of each begin, and the number of rows.
        """
        self._index = index
        m = self._block.graph.n
        parts = self._block.parts_of_halo(edges)
        told = []
        for other, part in enumerate(parts):
            if part.start < part.stop:
                nodes = self._block.halo[part].astype(np.int64) - edges[other]
                told.append(members[other].subscribe(index, nodes))
                self._neighbours.append((members[other], slice(m + part.start, m + part.stop)))
        for done in told:
            self._await(done)
        return len(self._block.halo) * self._product.dtype.itemsize

    async def subscribe(self, index: int, nodes: NDArray[np.int64]) -> None:
        """Note which of these nodes member `index` needs at each step."""
        self._asked[index] = nodes

    def begin(self, name: str, step: int, system: System, f: NDArray[Any] | None) -> None:
        """Begin a walk.

        Parameters
        ----------
        system
            The rows of this block.
        f
            What the walk has come to at `step`, or None for the start of the system.
        """
        self._walks[name] = _MemberWalk(self._product, system, len(self._block.halo), step, f)
        self._walks[name].keep_for(self._asked)

    def step(self, name: str, step: int) -> tuple[float, float]:
        """Take the step from `step` on; return ||F' - F||^2 and ||F'||^2 over the rows that move."""
        walk = self._walks[name]
        if walk.step == step:  # asked twice, after a connection broke, it is taken once
            coming = [(part, other.outgoing(name, self._index, step)) for other, part in self._neighbours]
            for part, values in coming:
                walk.z[part] = self._await(values)
            walk.advance(self._product)
            walk.keep_for(self._asked)
        return walk.sums

    def _await(self, asked: Any) -> Any:
        """Return what a neighbour answers. Dask leaves some questions to a lost actor open for ever."""
        until = time.monotonic() + _TOO_LONG
        while not self._given_up and time.monotonic() < until:
            try:
                return asked.result(timeout=_GLANCE)
            except TimeoutError:
                continue
        raise ConnectionError("a neighbour does not answer")

    async def outgoing(self, name: str, index: int, step: int) -> NDArray[Any]:
        """Return the values at the boundary that member `index` needs to go on from `step`."""
        return self._walks[name].kept[step][index]

    def values(self, name: str) -> NDArray[Any]:
        """Return F of the rows; Dask has sent it before the next step is asked for."""
        return self._walks[name].f

    def tally(self, name: str, bins: Bins) -> Tally:
        """Return what F of the rows adds to the counts of all."""
        counted = tally(self._walks[name].f, bins)
        return replace(counted, counts=counted.counts.astype(np.uint32))  # half the bytes

    def in_question(self, name: str, wanted: Wanted) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Return the values of F that lie in the bins in question."""
        return wanted.members(self._walks[name].f)

    def levels(self, name: str, thresholds: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Return the levels of F, for ranks among all rows."""
        return Rank.encoded(thresholds, self._walks[name].f)

    def end(self, name: str) -> None:
        """Forget a walk."""
        self._walks.pop(name, None)


class _MemberWalk:
    """The buffers of a walk, as `stepper.Stepper` has them; `z` goes on with the values of others."""

    def __init__(
        self, product: CpuProduct, system: System, n_halo: int, step: int, f: NDArray[Any] | None
    ) -> None:
        start = system.start if f is None else f
        scaled_start = scaled(system.col, start)
        self.step = step
        self.sums = 0.0, 0.0
        self.f = product.values(start)
        self.z = product.values(np.concatenate([scaled_start, np.zeros((n_halo, *start.shape[1:]))]))
        self.kept: dict[int, dict[int, NDArray[Any]]] = {}
        self._z_next = product.values(self.z)
        self._row = system.row * product.scale
        self._col = system.col
        self._base = product.values(system.base)

    def advance(self, product: CpuProduct) -> None:
        self.sums = product.affine(self._row, self.z, self._base, self._col, self.f, self._z_next)
        self.z, self._z_next = self._z_next, self.z
        self.step += 1

    def keep_for(self, asked: dict[int, NDArray[np.int64]]) -> None:
        """Keep what others need for the next step, and what they needed for the last one."""
        before = {step: kept for step, kept in self.kept.items() if step == self.step - 1}
        self.kept = before | {self.step: {index: self.z[nodes] for index, nodes in asked.items()}}
