"""W in blocks of rows on the workers of a cluster, under the names that a product has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import GraphError
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.distributed.sending import Sender
from gpuanim.propagation.distributed.team import Team
from gpuanim.propagation.distributed.walk import ClusterWalk
from gpuanim.propagation.system import System

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ClusterProduct"]


class ClusterProduct:
    """W on a cluster, and what a propagation asks of it; see `cpu.CpuProduct`.

    Parameters
    ----------
    sender
        Has the rows of W, in the order in which values are to be kept.
    dtype
        float32 or float64, of the values.
    client
        Of Dask.
    """

    xp: Any = np

    def __init__(self, sender: Sender, dtype: np.dtype[Any], client: Client) -> None:
        self.n = len(sender.lengths)
        self.dtype = dtype
        self._sender = sender
        self.team = Team(client, sender, dtype)

    def in_double(self) -> CpuProduct:
        """Return W in float64 and in this machine's memory, for the solvers."""
        return CpuProduct(self._sender.whole(), np.dtype(np.float64))

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
