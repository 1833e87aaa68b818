"""How rows come to a worker: sent from here, or read by the worker itself from a disk that it shares."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gpuanim.propagation.distributed.blocks import cut_rows
from gpuanim.propagation.distributed.files import GraphFile
from gpuanim.propagation.graph import Graph
from gpuanim.propagation.order import inverse_of, permuted
from gpuanim.types import Ids

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["FromFile", "FromMemory", "Sender"]


class Sender(Protocol):
    """Rows of a graph in the order in which values are kept."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) entries of each row."""

    def send(self, client: Client, first: int, last: int, address: str) -> Any:
        """Return a future of the `Rows` `first` to `last`, which is kept by the worker at `address`."""

    def whole(self) -> Graph:
        """Return the graph in this machine's memory."""


class FromMemory:
    """A graph that lies here, and is sent block by block.

    Parameters
    ----------
    graph
        In the caller's order.
    order
        (n,) the order in which values are kept, or None for the caller's.
    """

    def __init__(self, graph: Graph, order: Ids | None) -> None:
        self._graph, self._order = graph, order
        self._inverse = None if order is None else inverse_of(order)

    @property
    def lengths(self) -> NDArray[np.int64]:
        lengths: NDArray[np.int64] = np.diff(self._graph.indptr)
        return lengths if self._order is None else lengths[self._order]

    def send(self, client: Client, first: int, last: int, address: str) -> Any:
        rows = cut_rows(self._graph, self._order, self._inverse, first, last)
        return client.scatter([rows], workers=[address], hash=False)[0]

    def whole(self) -> Graph:
        return self._graph if self._order is None else permuted(self._graph, self._order)


class FromFile:
    """A graph in a file. Workers that see the same file read their rows; for others they are read here."""

    def __init__(self, file: GraphFile, order: Ids | None) -> None:
        self._file, self._order = file, order
        self._seen: dict[str, str | None] = {}  # what each worker sees in its place

    @property
    def lengths(self) -> NDArray[np.int64]:
        lengths: NDArray[np.int64] = np.diff(self._file.pointers())
        return lengths if self._order is None else lengths[self._order]

    @cached_property
    def _fingerprint(self) -> str | None:
        return self._file.fingerprint()

    def send(self, client: Client, first: int, last: int, address: str) -> Any:
        if address not in self._seen:
            self._seen |= client.run(self._file.fingerprint, on_error="ignore")
        if self._seen.get(address) != self._fingerprint:
            rows = self._file.rows(self._order, first, last)
            return client.scatter([rows], workers=[address], hash=False)[0]
        order = self._order
        if order is not None:
            order = client.scatter([order], workers=[address], hash=False)[0]
        options = {"workers": [address], "allow_other_workers": False, "pure": False}
        return client.submit(self._file.rows, order, first, last, **options)

    def whole(self) -> Graph:
        return self._file.read(self._order)
