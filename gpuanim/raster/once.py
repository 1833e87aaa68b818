"""Frames of points that move: drawn at once from where the points are, with no operator in between."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.raster._base import Canvas, Ground, Points, Scene
from gpuanim.raster.binning import Binned, BinSpace, bin_points, cover_table
from gpuanim.raster.grid import Grid
from gpuanim.raster.kernels import coverage
from gpuanim.raster.kernels import once as kernels
from gpuanim.raster.pen import Pen
from gpuanim.raster.pixels import ONE, WEIGHT_OF_ALPHA
from gpuanim.raster.planes import Planes
from gpuanim.types import Buffer, Codes, Colors

__all__ = ["Once", "OnceCanvas"]

_NO_WEIGHTS = np.empty(0, np.uint16)
_NO_WORDS = np.empty(0, np.uint64)


class Once:
    """Points that lie over each other, for one frame.

    Parameters
    ----------
    points, scene
        What to draw, and on what.
    space
        Memory for the points, which the next frame uses again.
    """

    def __init__(self, points: Points, scene: Scene, space: BinSpace) -> None:
        self.scene, self.grid = scene, Grid.of(scene)
        self.binned: Binned = bin_points(points, scene, self.grid.band_rows, space)
        self.cover = cover_table(self.binned, scene)
        self.n_fragments = 0
        self.nbytes = space.nbytes


@dataclass(frozen=True)
class _Still:
    """What lies below and above the points of a band; see `kernels.settle`."""

    under: NDArray[np.uint64]
    over: NDArray[np.uint16]
    chrome: NDArray[np.uint64]


@dataclass(frozen=True)
class _Scratch:
    """Workspace of one thread for any band of a grid."""

    light: NDArray[np.float32]
    sums: NDArray[np.uint64]
    live: NDArray[np.uint32]
    solid: NDArray[np.uint16]

    @classmethod
    def of(cls, n_pixels: int, *, transparent: bool) -> _Scratch:
        solid = np.empty(n_pixels if transparent else 0, np.uint16)
        return cls(
            np.empty(n_pixels, np.float32), np.empty(n_pixels, np.uint64),
            np.empty(n_pixels // 4, np.uint32), solid,
        )  # fmt: skip


class OnceCanvas(Canvas):
    """A canvas of the `cpu` renderer for points that move.

    Parameters
    ----------
    table, pen
        Colours of the codes, and who writes the format.
    """

    def __init__(self, table: Colors, pen: Pen) -> None:
        self._pen, self._lut = pen, pen.words(table)
        self._once: Once | None = None
        self._ground: Ground | None = None
        self._stills: list[_Still] = []
        self._blank: Buffer = np.empty(0, np.uint8)
        self._scratch: deque[_Scratch] = deque()

    def take(self, once: Once) -> None:
        """Draw these points from now on."""
        self._once = once
        if once.scene.ground is not self._ground:
            self._ground = once.scene.ground
            self._prepare(once)

    @property
    def nbytes(self) -> int:
        """Bytes of what is kept between frames."""
        stills = sum(s.under.nbytes + s.over.nbytes + s.chrome.nbytes for s in self._stills)
        return stills + self._blank.nbytes

    def still(self, out: Buffer) -> None:
        """Write background and chrome; see `Canvas.still`."""
        np.copyto(out, self._blank)

    def draw(self, codes: Codes, out: Buffer) -> None:
        """Lay the points over each other, and write the pixels that hold any; see `Canvas.draw`."""
        once = self._placed
        planes = self._pen.planes(out, once.scene.width, once.scene.height)
        counts = [0] * len(self._stills)

        def task(b: int) -> None:
            scratch = self._scratch.pop()
            try:
                counts[b] = self._lay(b, codes, scratch)
                self._put(b, scratch, planes, every=False)
            finally:
                self._scratch.append(scratch)

        _threads.run(task, len(self._stills))
        once.n_fragments = sum(counts)

    @property
    def _placed(self) -> Once:
        if self._once is None:
            raise RuntimeError("place() comes before drawing")
        return self._once

    def _prepare(self, once: Once) -> None:
        """Find out what stays in all frames, and draw it."""
        scene, grid, pen = once.scene, once.grid, self._pen
        bands = range(len(once.binned.edges) - 1)
        self._stills = [_still(scene.ground, grid, b, pen) for b in bands]
        most, transparent = grid.n_pixels(0), scene.ground.transparent
        n = _threads.n_threads()
        self._scratch = deque(_Scratch.of(most, transparent=transparent) for _ in range(n))
        self._blank = pen.format.empty(scene.width, scene.height)
        planes, scratch = pen.planes(self._blank, scene.width, scene.height), self._scratch[0]
        for b in bands:
            scratch.light[:], scratch.sums[:] = 1, 0
            self._put(b, scratch, planes, every=True)

    def _lay(self, b: int, codes: Codes, scratch: _Scratch) -> int:
        once, still = self._placed, self._stills[b]
        scene, binned, grid = once.scene, once.binned, once.grid
        n, (row0, row1) = grid.n_pixels(b), grid.rows(b)
        part = slice(int(binned.edges[b]), int(binned.edges[b + 1]))
        return kernels.lay(
            binned.x[part], binned.y[part], binned.radius[part] if binned.stride else binned.radius,
            binned.stride, binned.opacity[part] if binned.opacity_stride else binned.opacity,
            binned.opacity_stride, binned.ids[part], codes, self._lut, np.array(scene.clip, np.int64),
            row0, row1, grid.quads, scene.antialias, once.cover, coverage.SAMPLES, ONE, self._pen.shift,
            still.over, scratch.light[:n], scratch.sums[:n],
        )  # fmt: skip

    def _put(self, b: int, scratch: _Scratch, planes: Planes, *, every: bool) -> None:
        once, still = self._placed, self._stills[b]
        grid, transparent = once.grid, once.scene.ground.transparent
        n = grid.n_pixels(b)
        count = kernels.settle(
            grid.quads, every, ONE, self._pen.shift, transparent, still.under, still.over, still.chrome,
            scratch.light[:n], scratch.sums[:n], scratch.live, scratch.solid,
        )  # fmt: skip
        solid = scratch.solid[: 4 * count] if transparent else scratch.solid
        self._pen.put(scratch.live[:count], scratch.sums[: 4 * count], grid.rows(b)[0], solid, planes)


def _still(ground: Ground, grid: Grid, b: int, pen: Pen) -> _Still:
    row0, _ = grid.rows(b)
    if ground.under.ndim == 1:
        under = pen.words(ground.under.reshape(1, 3))
    else:
        under = pen.words(grid.pixels(ground.under, row0))
    if ground.over is None:
        return _Still(under, _NO_WEIGHTS, _NO_WORDS)
    over = grid.pixels(ground.over, row0)
    if not over[:, 3].any():
        return _Still(under, _NO_WEIGHTS, _NO_WORDS)
    weights = WEIGHT_OF_ALPHA[over[:, 3]]
    return _Still(under, weights, (weights >> pen.shift).astype(np.uint64) * pen.words(over[:, :3]))
