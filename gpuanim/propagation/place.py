"""Where a propagation runs and in which order its nodes lie: decided once, before the first step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import cuda as devices
from gpuanim.errors import OptionError, ShapeError
from gpuanim.propagation import cuda, gpu
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.graph import Graph, read_graph
from gpuanim.propagation.order import ORDERS, inverse_of, locality_order, pays, permuted
from gpuanim.types import Ids

__all__ = ["Place", "place"]


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
    """

    product: Any
    device: str
    reason: str
    permutation: Ids | None
    _to_caller: Callable[[Any], Any]

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
    client: Any = None,
) -> Place:
    """Check a graph and put it where its work is done soonest.

    Parameters
    ----------
    adj_mat
        (n, n), of scipy, NumPy or CuPy.
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
    client
        Of Dask, or None. On a cluster "auto" is the locality order: it keeps boundaries between blocks short.
    """
    if order not in ORDERS:
        raise OptionError(f"order must be one of {', '.join(map(repr, ORDERS))}, got {order!r}")
    if client is not None:
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
    graph = read_graph(adj_mat)
    name, reason = cuda.choose(device, on_gpu=on_gpu, work=graph.nnz * width * n_steps)
    places = None if coords is None else _read_coords(coords, graph.n)
    permutation = None
    if order == "locality" or (order == "auto" and pays(graph, n_steps, width * dtype.itemsize)):
        permutation = locality_order(graph, places)
        graph = permuted(graph, permutation)
    if name == "cpu":
        return Place(CpuProduct(graph, dtype), name, reason, permutation, np.asarray)
    there = devices.default_device()
    _check_room(graph, there, dtype, width)
    return _on_gpu(gpu.uploaded(graph, there), there, permutation, dtype, reason, keep=on_gpu)


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
