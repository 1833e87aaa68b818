"""The products of a step on an NVIDIA GPU: kernels of `step.cu` on a device of the contract."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuanim.cuda import Device
from gpuanim.cuda._base import MOST_BLOCKS, Array, blocks_for
from gpuanim.errors import GraphError, MemoryPlanError
from gpuanim.propagation.graph import Graph, bad_weights, check_shape
from gpuanim.propagation.stepper import Stepper
from gpuanim.propagation.system import System

__all__ = ["DeviceGraph", "GpuProduct", "bytes_needed", "check_memory", "read_on_device", "uploaded"]

_SOURCE = "propagation/step.cu"
_EACH = 4
"""Neighbours that a thread is to have: their loads are under way together."""


@dataclass(frozen=True, eq=False)
class DeviceGraph:
    """A `Graph` whose arrays lie on a device: (n + 1,) int64, (nnz,) uint32, and (nnz,) weights or None."""

    indptr: Array
    indices: Array
    weights: Array | None
    value: float = 1.0

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def nnz(self) -> int:
        """Number of stored entries."""
        return len(self.indices)


def uploaded(graph: Graph, device: Device) -> DeviceGraph:
    """Copy a graph to a device."""
    weights = None if graph.weights is None else device.upload(graph.weights)
    return DeviceGraph(device.upload(graph.indptr), device.upload(graph.indices), weights, graph.value)


def read_on_device(matrix: Any, device: Device) -> DeviceGraph:
    """Check a matrix of the device's own modules, sparse or dense, and return it as a graph.

    The arrays of a CSR matrix are used as they are, where their types allow it.

    Raises
    ------
    GraphError
        If it is not square, or holds weights that are NaN, infinite or negative.
    """
    xp = device.xp
    check_shape(matrix.shape)
    if matrix.dtype.kind not in "biuf":
        raise GraphError(f"adj_mat must hold real numbers, got dtype {matrix.dtype}")
    csr = matrix.tocsr() if hasattr(matrix, "tocsr") else device.sparse.csr_matrix(xp.asarray(matrix))
    if csr.dtype not in (np.float32, np.float64):
        csr = csr.astype(np.float32 if np.can_cast(csr.dtype, np.float32) else np.float64)
    indptr = csr.indptr.astype(np.int64)
    narrow = csr.indices.dtype == np.int32
    indices = csr.indices.view(np.uint32) if narrow else csr.indices.astype(np.uint32)
    weights = csr.data
    if not len(weights):
        return DeviceGraph(indptr, indices, None)
    if not bool((xp.isfinite(weights) & (weights >= 0)).all()):
        data, columns, rows = map(device.download, (weights, csr.indices, csr.indptr))
        raise GraphError(bad_weights(data, columns, rows))
    low, high = float(weights.min()), float(weights.max())
    if low == high and high > 0:
        return DeviceGraph(indptr, indices, None, high)
    return DeviceGraph(indptr, indices, weights)


def bytes_needed(n: int, nnz: int, width: int, value_size: int, weight_size: int) -> int:
    """Return the bytes that a propagation takes on a device.

    Parameters
    ----------
    n, nnz
        Nodes and entries.
    width
        Columns of the signal.
    value_size, weight_size
        Bytes of a value, and of a weight: 0 for binary graphs.
    """
    graph = 8 * (n + 1) + (4 + weight_size) * nnz
    per_row = 3 * 8  # row, col and the degrees
    per_value = 4 * value_size + 2 * 8  # f, z, z_next and base; labels and start in double
    return graph + n * (per_row + width * per_value) + 16 * (MOST_BLOCKS + 2)


class GpuProduct:
    """W, and what a step does with it; `cpu.CpuProduct` has the same names in the same order.

    Parameters
    ----------
    graph
        On the device, in the order in which values are to be kept.
    dtype
        float32 or float64, of the values.
    device
        Where it runs.
    """

    def __init__(self, graph: DeviceGraph, dtype: np.dtype[Any], device: Device) -> None:
        self.xp = device.xp
        self.n, self.nnz = graph.n, graph.nnz
        self.dtype = dtype
        self.scale = graph.value
        self._graph, self._device = graph, device
        self._weights = graph.weights
        if graph.weights is not None and graph.weights.dtype.itemsize > dtype.itemsize:
            self.scale = float(graph.weights.max())  # weights of any size then fit float32
            self._weights = (graph.weights / self.scale).astype(dtype)
        self._total = device.kernel(_SOURCE, "total", self._defines | {"LANES": 1})
        self._sums = device.empty(2 * MOST_BLOCKS, np.float64)
        self._found = device.empty((2, 2), np.float64)
        self._submit: Callable[[Hashable, Callable[[], None]], None] = lambda key, work: work()

    def in_double(self) -> GpuProduct:
        """Return the same in float64; the graph is shared."""
        return GpuProduct(self._graph, np.dtype(np.float64), self._device)

    def walk(self, system: System) -> Stepper:
        """Return a walk of a system in the order of the nodes."""
        return Stepper(self, system)

    def values(self, start: Array) -> Array:
        """Return a copy of (n,) or (n, c) values in the dtype of the steps, to work in."""
        return self.xp.array(start, dtype=self.dtype, order="C")

    def affine(
        self, row: Array, z: Array, base: Array, col: Array, f: Array, z_next: Array, trail: None = None
    ) -> tuple[float, float]:
        """Set `f = row * (W z) / scale + base` and `z_next = col * f`, except in rows where `row` is 0.

        Returns ||f' - f||^2 and ||f'||^2 over the rows that were set.
        """
        return self.begin(row, z, base, col, f, z_next, 0)()

    def begin(
        self,
        row: Array,
        z: Array,
        base: Array,
        col: Array,
        f: Array,
        z_next: Array,
        slot: int,
        trail: None = None,
    ) -> Callable[[], tuple[float, float]]:
        """Begin to do as `affine`; what is returned waits, and returns the sums until `slot` is used again.

        Parameters
        ----------
        slot
            0 or 1.
        """
        name, threads, shape, defines = self._variant(z)
        blocks = blocks_for(threads, MOST_BLOCKS)
        device, found, sums = self._device, self._found[slot], self._sums
        kernel = device.kernel(_SOURCE, name, defines)
        arrays = (*map(_whole, (row, z, base, col)), f, z_next)

        def launch() -> None:
            kernel(blocks, *shape, *self._entries, *arrays, sums)
            self._total(1, np.int64(blocks), sums, found)

        self._submit((self, name, slot, *map(device.address, arrays)), launch)

        def read() -> tuple[float, float]:
            device.launches.run()
            change, norm = device.download(found)
            return float(change), float(norm)

        return read

    def queued(self) -> GpuProduct:
        """Return the same, whose steps wait in `Device.launches` for the rest of their frame."""
        product = copy(self)
        product._submit = self._device.launches.add
        return product

    def trail(self) -> None:
        """Return nothing: here all rows are taken in each step."""

    def column_sums(self) -> Array:
        """Return (n,) float64, the sum of each column of W."""
        return self.transposed(self.xp.ones(self.n))

    def transposed(self, x: Array) -> Array:
        """Return `W.T @ x` for (n,) float64."""
        sums = self._device.zeros(self.n, np.float64)
        kernel = self._device.kernel(
            _SOURCE, "transposed", _defines(np.dtype(np.float64), self._graph.weights) | {"LANES": 1}
        )
        weights = self._graph.indices if self._graph.weights is None else self._graph.weights
        graph = self._graph
        kernel(blocks_for(self.n), np.int64(self.n), graph.indptr, graph.indices, weights, _whole(x), sums)
        sums = sums * graph.value
        if not bool(self.xp.isfinite(sums).all()):
            raise GraphError("adj_mat has weights whose sum is infinite; divide it by its largest weight")
        return sums

    def _variant(self, z: Array) -> tuple[str, int, tuple[np.int64, ...], dict[str, str | int]]:
        """Return the kernel for such values, its threads, what it is told of the shape, and its macros."""
        lanes = _lanes(self.nnz / self.n)
        defines = self._defines | {"LANES": lanes}
        if z.ndim == 2:
            return "step_columns", z.size, (np.int64(self.n), np.int64(z.shape[1])), defines
        name = "step_by_threads" if lanes == 1 else "step_by_warps"
        return name, lanes * self.n, (np.int64(self.n),), defines

    @property
    def _entries(self) -> tuple[Array, Array, Array]:
        """The arrays of the graph as kernels take them; without weights, anything that has an address."""
        weights = self._graph.indices if self._weights is None else self._weights
        return self._graph.indptr, self._graph.indices, weights

    @property
    def _defines(self) -> dict[str, str | int]:
        return _defines(self.dtype, self._weights)


def _lanes(degree: float) -> int:
    """Return the threads that take a row together: a power of two, at most a warp."""
    lanes = 1
    while lanes < 32 and _EACH * lanes < degree:
        lanes *= 2
    return lanes


def check_memory(device: Device, n: int, nnz: int, width: int, value_size: int, weight_size: int) -> None:
    """Raise MemoryPlanError if a propagation does not fit a device; the arguments are `bytes_needed`'s."""
    needed = bytes_needed(n, nnz, width, value_size, weight_size)
    free, total = device.memory()
    if needed > free:
        raise MemoryPlanError(
            f"this propagation needs {needed / 1e9:.2f} GB on {device.name}, where {free / 1e9:.2f} of "
            f"{total / 1e9:.2f} GB are free, enough for about {int(n * free / needed):,} of its {n:,} nodes: "
            "take dtype='float32', fewer columns, or device='cpu'"
        )


def _whole(array: Array) -> Array:
    """Return an array in one piece, as kernels take it."""
    return array if array.flags.c_contiguous else array.copy()


def _defines(dtype: np.dtype[Any], weights: Array | None) -> dict[str, str | int]:
    names = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}
    defines: dict[str, str | int] = {"VALUE": names[dtype]}
    if weights is not None:
        defines["WEIGHT"] = names[np.dtype(weights.dtype)]
    return defines
