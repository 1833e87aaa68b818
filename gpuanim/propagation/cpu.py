"""The products of a step on the processor: numba kernels over blocks of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import GraphError
from gpuanim.propagation.graph import Graph, frozen
from gpuanim.propagation.order import row_blocks
from gpuanim.propagation.stepper import Stepper
from gpuanim.propagation.system import System
from gpuanim.propagation.tiles import TILE, Tiles, Trail, tiles_of

__all__ = ["CpuProduct"]

# Entries that `kernels.step_columns` may read behind the last one of an array.
_SLACK = 8


class CpuProduct:
    """W, and what a step does with it; `gpu.GpuProduct` has the same names in the same order.

    Parameters
    ----------
    graph
        The neighbours, in the order in which values are to be kept.
    dtype
        float32 or float64, of the values.
    n_columns
        Columns of W, if it is a block of rows: its `z` is as long, all else as the block. Default: square.

    Attributes
    ----------
    xp
        The module of the arrays: numpy.
    graph
        The neighbours.
    scale
        The matrix that `affine` multiplies with is W / scale.
    """

    xp: Any = np

    def __init__(self, graph: Graph, dtype: np.dtype[Any], n_columns: int | None = None) -> None:
        self.n = graph.n
        self._n_columns = graph.n if n_columns is None else n_columns
        self.dtype = dtype
        self.scale = graph.value
        self.graph = graph
        self._indptr = frozen(graph.indptr.view(np.uint64))
        self._weights = graph.weights
        if graph.weights is not None and graph.weights.itemsize > dtype.itemsize:
            self.scale = float(graph.weights.max())  # weights of any size then fit float32
            self._weights = graph.narrowed(self.scale, dtype)
        self._blocks = row_blocks(graph.indptr)
        self._tiles: Tiles | None = None

    def in_double(self) -> CpuProduct:
        """Return the same in float64; the graph is shared."""
        return CpuProduct(self.graph, np.dtype(np.float64), self._n_columns)

    def walk(self, system: System) -> Stepper:
        """Return a walk of a system in the order of the nodes."""
        return Stepper(self, system)

    def values(self, start: NDArray[Any]) -> NDArray[Any]:
        """Return a copy of (n,) or (n, c) values in the dtype of the steps, to work in."""
        room = np.zeros(start.size + _SLACK, self.dtype)
        values = room[: start.size].reshape(start.shape)
        values[...] = start
        return values

    def affine(
        self,
        row: NDArray[np.float64],
        z: NDArray[Any],
        base: NDArray[Any],
        col: NDArray[np.float64],
        f: NDArray[Any],
        z_next: NDArray[Any],
        trail: Trail | None = None,
    ) -> tuple[float, float]:
        """Set `f = row * (W z) / scale + base` and `z_next = col * f`, except in rows where `row` is 0.

        Values come from `values`. Returns ||f' - f||^2 and ||f'||^2 over the rows that were set. With a
        `trail` that was along in all steps before, tiles of rows are left out whose values cannot change.
        """
        from gpuanim.propagation import kernels

        if trail is not None:
            return self._along(trail, row, z, base, col, f, z_next)
        step = kernels.step_vector if z.ndim == 1 else kernels.step_columns
        sums = np.zeros((len(self._blocks), 3))
        indices, graph, blocks = self.graph.indices, self.graph, self._blocks
        soon = _threads.n_threads()

        def task(k: int) -> None:
            rows = blocks[k]
            graph.ahead(*blocks[(k + soon) % len(blocks)])
            step(self._indptr, indices, self._weights, row, z, base, col, f, z_next, sums[k], *rows)

        _threads.run(task, len(self._blocks))
        change, norm, _ = sums.sum(axis=0)
        return float(change), float(norm)

    def trail(self) -> Trail | None:
        """Return what a walk over the steps keeps of where values change; None where it would not pay."""
        if self._tiles is None:
            self._tiles = tiles_of(self.graph)
        return self._tiles.trail()

    def _along(self, trail: Trail, *arrays: Any) -> tuple[float, float]:
        """Take a step over the tiles of rows in which values may change."""
        from gpuanim.propagation import tile_kernels

        walk: Any = tile_kernels.walk_vector if arrays[1].ndim == 1 else tile_kernels.walk_columns
        parts = trail.begin()
        rows = [(first * TILE, min(last * TILE, self.n)) for first, last in parts]
        soon = _threads.n_threads()
        graph = self.graph

        def task(k: int) -> None:
            if k + soon < len(parts):
                graph.ahead(*rows[k + soon])
            walk(
                self._indptr, graph.indices, self._weights, *arrays, trail.active, trail.sums, TILE, *parts[k]
            )

        _threads.run(task, len(parts))
        return trail.end()

    def begin(
        self,
        row: NDArray[np.float64],
        z: NDArray[Any],
        base: NDArray[Any],
        col: NDArray[np.float64],
        f: NDArray[Any],
        z_next: NDArray[Any],
        slot: int,
        trail: Trail | None = None,
    ) -> Callable[[], tuple[float, float]]:
        """Do as `affine`, and return what returns the sums; here it is done when this returns."""
        del slot
        sums = self.affine(row, z, base, col, f, z_next, trail)
        return lambda: sums

    def column_sums(self) -> NDArray[np.float64]:
        """Return the sum of each column of W, (n,) if W is square."""
        return self.transposed(np.ones(self.n))

    def transposed(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `W.T @ x` for (n,) float64."""
        from gpuanim.propagation.kernels import transposed

        # Each part of the rows adds to an array of its own; four of them, on any number of threads.
        count = min(4, len(self._blocks))
        parts = np.zeros((count, self._n_columns))
        edges = [self._blocks[len(self._blocks) * k // count][0] for k in range(count)] + [self.n]
        graph = self.graph

        def task(k: int) -> None:
            transposed(self._indptr, graph.indices, graph.weights, x, parts[k], edges[k], edges[k + 1])

        _threads.run(task, count)
        sums: NDArray[np.float64] = parts.sum(axis=0) * graph.value
        if not np.isfinite(sums).all():
            raise GraphError("adj_mat has weights whose sum is infinite; divide it by its largest weight")
        return sums
