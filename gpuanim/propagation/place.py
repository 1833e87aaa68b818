"""Where a propagation runs and in which order its nodes lie: decided once, before the first step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.propagation import cuda
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.graph import read_graph
from gpuanim.propagation.order import ORDERS, inverse_of, locality_order, pays, permuted
from gpuanim.types import Ids

__all__ = ["Place", "place"]


@dataclass(frozen=True, eq=False)
class Place:
    """A graph on its device, in its order.

    Attributes
    ----------
    product
        A `CpuProduct`, an `ArrayProduct` or a `ClusterProduct`.
    device, reason
        "cpu", "cuda" or "dask", and why.
    permutation
        (n,) the caller's row of each node, or None if the order is the caller's.
    inverse
        (n,) the node of each of the caller's rows, or None.
    """

    product: Any
    device: str
    reason: str
    permutation: Ids | None
    inverse: Ids | None
    _to_caller: Callable[[Any], Any]

    def inward(self, values: Any) -> Any:
        """Return values in the order of the nodes."""
        return values if self.permutation is None else values[self.permutation]

    def outward(self, values: Any) -> Any:
        """Return a copy of values in the caller's order, and on the caller's side."""
        if self.inverse is not None:
            return np.take(values, self.inverse, axis=0)
        return self._to_caller(values.copy())

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
        "auto", "given" or "locality"; see `order.pays`. On CUDA the order is the given one.
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
        name, reason = cuda.choose(device, on_gpu=True, work=0)
        return _on_gpu(adj_mat, dtype, order, cuda.cupy_modules(), reason, keep=True)
    graph = read_graph(adj_mat)
    name, reason = cuda.choose(device, on_gpu=on_gpu, work=graph.nnz * width * n_steps)
    if name == "cuda":
        return _on_gpu(graph, dtype, order, cuda.cupy_modules(), reason, keep=on_gpu)
    places = None if coords is None else _read_coords(coords, graph.n)
    if order == "given" or (order == "auto" and not pays(graph, n_steps, width * dtype.itemsize)):
        return Place(CpuProduct(graph, dtype), name, reason, None, None, np.asarray)
    permutation = locality_order(graph, places)
    product = CpuProduct(permuted(graph, permutation), dtype)
    return Place(product, name, reason, permutation, inverse_of(permutation), np.asarray)


def _on_cluster(
    adj_mat: Any, client: Any, order: str, coords: Any, dtype: np.dtype[Any], device: str, *, on_gpu: bool
) -> Place:
    from gpuanim.cluster import check_client
    from gpuanim.propagation.distributed import ClusterProduct

    check_client(client)
    if device == "cuda":
        raise OptionError(
            "device='cuda' and client exclude each other: workers propagate on their processors"
        )
    if on_gpu or cuda.is_cupy(adj_mat):
        raise OptionError("a client's workers need NumPy arrays, got CuPy's; copy them with .get()")
    graph = read_graph(adj_mat)
    places = None if coords is None else _read_coords(coords, graph.n)
    permutation = None if order == "given" else locality_order(graph, places)
    inverse = None if permutation is None else inverse_of(permutation)
    product = ClusterProduct(graph, permutation, inverse, dtype, client)
    return Place(product, "dask", f"blocks of rows on {client}", permutation, inverse, np.asarray)


def _on_gpu(
    matrix: Any, dtype: np.dtype[Any], order: str, modules: cuda.Modules, reason: str, *, keep: bool
) -> Place:
    """Place a graph on the GPU; `keep` says whether values stay there when the caller gets them."""
    if order == "locality":
        raise OptionError("order='locality' is for device='cpu'; on CUDA nodes keep their order, use 'auto'")
    product = cuda.ArrayProduct(matrix, dtype, modules)
    return Place(product, "cuda", reason, None, None, modules.xp.asarray if keep else modules.to_numpy)


def _read_coords(coords: Any, n: int) -> NDArray[np.float64]:
    places = np.asarray(coords, np.float64)
    if places.ndim != 2 or places.shape[0] != n or places.shape[1] < 2:
        raise ShapeError(
            f"coords must have shape ({n}, 2), a row for each row of adj_mat, got {places.shape}"
        )
    return np.ascontiguousarray(places[:, :2])
