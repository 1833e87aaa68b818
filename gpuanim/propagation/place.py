"""Where a propagation runs and in which order its nodes lie: decided once, before the first step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import cuda as devices
from gpuanim.budget._base import fits, require
from gpuanim.budget.graph import GraphSize, graph_advice, graph_budget, steps_budget
from gpuanim.errors import OptionError, ShapeError
from gpuanim.propagation import cuda, gpu
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.graph import Graph, frozen, read_graph
from gpuanim.propagation.order import ORDERS, inverse_of, locality_order, pays, permuted
from gpuanim.propagation.sizes import graph_size
from gpuanim.propagation.stored import in_memory, stored_graph
from gpuanim.types import Ids

__all__ = ["HOMES", "Place", "place"]

HOMES = ("auto", "memory", "disk")
"""Where the entries of a graph may lie."""


@dataclass(frozen=True, eq=False)
class Place:
    """A graph on its device, in its order.

    Attributes
    ----------
    product
        A `CpuProduct`, a `GpuProduct` or a `ClusterProduct`.
    device, reason
        "cpu", "cuda" or "dask", and why.
    permutation
        (n,) the caller's row of each node, or None if the order is the caller's.
    pass_bytes
        Memory that a pass over the steps takes.
    """

    product: Any
    device: str
    reason: str
    permutation: Ids | None
    _to_caller: Callable[[Any], Any]
    pass_bytes: int = 0

    def inward(self, values: Any) -> Any:
        """Return values in the order of the nodes."""
        return values if self.permutation is None else values[self._there(self.permutation)]

    def outward(self, values: Any) -> Any:
        """Return a copy of values in the caller's order, and on the caller's side."""
        if self.permutation is None:
            return self._to_caller(values.copy())
        return self._to_caller(self.product.xp.take(values, self._inverse, axis=0))

    @cached_property
    def _inverse(self) -> Any:
        """(n,) the node of each of the caller's rows, where the values are."""
        return None if self.permutation is None else self._there(inverse_of(self.permutation))

    def _there(self, positions: Ids) -> Any:
        return self.product.xp.asarray(positions)

    def shown(self, values: Any) -> Any:
        """Return values in the order of the nodes, on the caller's side; a view where that is possible."""
        return self._to_caller(values)


def place(
    adj_mat: Any,
    *,
    on_gpu: bool,
    device: str,
    order: str,
    coords: Any,
    dtype: np.dtype[Any],
    width: int,
    n_steps: float,
    graph_on: str,
    client: Any = None,
) -> Place:
    """Check a graph and put it where its work is done soonest.

    Parameters
    ----------
    adj_mat
        (n, n), of scipy, NumPy or CuPy, or in a file (`stored.stored_graph`).
    on_gpu
        Whether the labels lie on the GPU.
    device
        "auto", "cpu" or "cuda"; see `cuda.choose`.
    order
        "auto", "given" or "locality"; see `order.pays`. Matrices of CuPy keep theirs.
    coords
        (n, 2) or None; see `order.locality_order`.
    dtype
        Of the values.
    width
        Columns of the signal.
    n_steps
        How many steps there will be, or a guess.
    graph_on
        "auto", "memory" or "disk": where the entries lie during the steps.
    client
        Of Dask, or None. On a cluster "auto" is the locality order: it keeps boundaries between blocks short.

    Raises
    ------
    MemoryPlanError
        If it does not fit into the memory that is available.
    """
    if order not in ORDERS:
        raise OptionError(f"order must be one of {', '.join(map(repr, ORDERS))}, got {order!r}")
    if graph_on not in HOMES:
        raise OptionError(f"graph_on must be one of {', '.join(map(repr, HOMES))}, got {graph_on!r}")
    if client is not None:
        if graph_on == "disk":
            raise OptionError('graph_on="disk" is for one machine: workers of a client hold blocks of rows')
        return _on_cluster(adj_mat, client, order, coords, dtype, device, on_gpu=on_gpu)
    if cuda.is_cupy(adj_mat):
        if order == "locality":
            raise OptionError(
                "order='locality' is for matrices of scipy, CuPy's keep their order; use 'auto'"
            )
        _, reason = cuda.choose(device, on_gpu=True, work=0)
        there = devices.default_device()
        given = gpu.read_on_device(adj_mat, there)
        gpu.check_memory(there, given.n, 0, width, dtype.itemsize, 0)  # the graph lies there already
        return _on_gpu(given, there, None, dtype, reason, keep=True)
    size = graph_size(adj_mat, columns=width, itemsize=dtype.itemsize)
    name, reason = cuda.choose(device, on_gpu=on_gpu, work=size.nnz * width * n_steps)
    places = None if coords is None else _read_coords(coords, size.n)
    worth = order == "locality" or (order == "auto" and pays(size.n, n_steps, width * dtype.itemsize))
    size = replace(size, ordered=worth)
    if name == "cuda":
        return _on_device(adj_mat, size, places, dtype, reason, graph_on, keep=on_gpu)
    size = _choose_home(size, graph_on)
    if size.on_disk and places is None:
        if order == "locality":
            raise OptionError(
                "order='locality' of a graph on disk follows coords: give them, or order='auto'"
            )
        size = replace(size, ordered=False)  # to follow the graph would be to jump about in the file
    require(graph_budget(size), "the propagation", partial(graph_advice, size))
    if size.on_disk:
        return _on_disk(adj_mat, size, places, dtype, reason)
    graph, permutation = _in_order(adj_mat, size, places)
    passing = steps_budget(size).nbytes
    return Place(CpuProduct(graph, dtype), "cpu", reason, permutation, np.asarray, passing)


def _choose_home(size: GraphSize, graph_on: str) -> GraphSize:
    """Decide whether the entries lie on disk: if asked for, or where they do not fit into memory."""
    elsewhere = replace(size, on_disk=True)
    if graph_on == "auto":
        full = not fits(graph_budget(size))
        return elsewhere if full and fits(graph_budget(elsewhere)) else size
    return elsewhere if graph_on == "disk" else size


def _in_order(adj_mat: Any, size: GraphSize, places: NDArray[np.float64] | None) -> tuple[Graph, Ids | None]:
    """Read a graph into memory, and bring it to a locality order if it is to have one."""
    graph = read_graph(in_memory(adj_mat))
    if not size.ordered:
        return graph, None
    permutation = locality_order(graph, places)
    return permuted(graph, permutation), permutation


def _on_disk(
    adj_mat: Any, size: GraphSize, places: NDArray[np.float64] | None, dtype: np.dtype[Any], reason: str
) -> Place:
    """Place a graph in a file."""
    from gpuanim.propagation.disk import look_at, on_disk

    stored = stored_graph(adj_mat)
    look = look_at(stored)
    permutation = None
    if size.ordered:
        rows = Graph(frozen(look.indptr), frozen(np.empty(0, np.uint32)), None)
        permutation = locality_order(rows, places)
    product = CpuProduct(on_disk(stored, look, permutation), dtype)
    told = f"{reason}; the graph is on disk"
    return Place(product, "cpu", told, permutation, np.asarray, steps_budget(size).nbytes)


def _on_device(
    adj_mat: Any,
    size: GraphSize,
    places: NDArray[np.float64] | None,
    dtype: np.dtype[Any],
    reason: str,
    graph_on: str,
    *,
    keep: bool,
) -> Place:
    """Read a graph on the host, and place it on the GPU."""
    if graph_on == "disk":
        raise OptionError('graph_on="disk" is for device="cpu": a GPU has its graph in its own memory')
    graph, permutation = _in_order(adj_mat, size, places)
    there = devices.default_device()
    _check_room(graph, there, dtype, size.columns)
    return _on_gpu(gpu.uploaded(graph, there), there, permutation, dtype, reason, keep=keep)


def _check_room(graph: Graph, device: devices.Device, dtype: np.dtype[Any], width: int) -> None:
    weight = 0 if graph.weights is None else graph.weights.itemsize
    gpu.check_memory(device, graph.n, graph.nnz, width, dtype.itemsize, weight)


def _on_cluster(
    adj_mat: Any, client: Any, order: str, coords: Any, dtype: np.dtype[Any], device: str, *, on_gpu: bool
) -> Place:
    from gpuanim.cluster import check_client
    from gpuanim.propagation.distributed import ClusterProduct
    from gpuanim.propagation.distributed.files import GraphFile
    from gpuanim.propagation.distributed.sending import FromFile, FromMemory, Sender

    check_client(client)
    if device == "cuda":
        raise OptionError(
            "device='cuda' and client exclude each other: workers propagate on their processors"
        )
    if on_gpu or cuda.is_cupy(adj_mat):
        raise OptionError("a client's workers need NumPy arrays, got CuPy's; copy them with .get()")
    file = GraphFile.of(adj_mat)
    graph = read_graph(adj_mat) if file is None else Graph(file.pointers(), np.empty(0, np.uint32), None)
    places = None if coords is None else _read_coords(coords, graph.n)
    if file is not None and places is None:
        if order == "locality":
            raise OptionError(
                "order='locality' of a graph in a file follows coords: give them, or order='auto'"
            )
        order = "given"
    permutation = None if order == "given" else locality_order(graph, places)
    sender: Sender = FromMemory(graph, permutation) if file is None else FromFile(file, permutation)
    product = ClusterProduct(sender, dtype, client)
    return Place(product, "dask", f"blocks of rows on {client}", permutation, np.asarray)


def _on_gpu(
    graph: gpu.DeviceGraph,
    device: devices.Device,
    permutation: Ids | None,
    dtype: np.dtype[Any],
    reason: str,
    *,
    keep: bool,
) -> Place:
    """Place a graph on the GPU; `keep` says whether values stay there when the caller gets them."""
    to_caller = device.xp.asarray if keep else device.download
    return Place(gpu.GpuProduct(graph, dtype, device), "cuda", reason, permutation, to_caller)


def _read_coords(coords: Any, n: int) -> NDArray[np.float64]:
    places = np.asarray(coords, np.float64)
    if places.ndim != 2 or places.shape[0] != n or places.shape[1] < 2:
        raise ShapeError(
            f"coords must have shape ({n}, 2), a row for each row of adj_mat, got {places.shape}"
        )
    return np.ascontiguousarray(places[:, :2])
