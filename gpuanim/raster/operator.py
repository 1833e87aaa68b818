"""The compositing operator of the `cpu` renderer: W as bands of weighted point lists.

frame = W c(values)        W: pixels x points, rows sum to one with background and chrome

For sums of light (`Scene.mixing`), W has the points' weights alone; `raster.light` does the rest.
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.raster._base import Points, Scene
from gpuanim.raster.binning import Binned, bin_points, cover_table, radii
from gpuanim.raster.grid import Grid
from gpuanim.raster.kernels import build, coverage, update
from gpuanim.raster.mixing import importance, scattered
from gpuanim.raster.pixels import ONE, WEIGHT_OF_ALPHA
from gpuanim.types import Ids

__all__ = ["MOST", "WINDOW", "Band", "Operator"]

WINDOW = 2048
"""Pixels that are sorted by length together; see `build.sort_by_length`."""

MOST = ONE
"""Points that a pixel shows at most where none hides another: each has a unit of weight then.

Of a sample of 4,096, the share of a category is within 0.8 % (standard deviation, at most), two grey levels.
"""

_BAND_FRAGMENTS = 1 << 22
"""Fragments of a band at most, where none hides another: 25 MB, and less than 1 GB for all of a frame."""


@dataclass
class Band:
    """Rows `row0 ..` of W; only live quads, those that hold a point, have fragments.

    Parameters
    ----------
    live
        (quads,) uint32: row of quads within the band << 16 | quad within the row.
    points
        (points,) uint32 the points that the band shows, by their place in the codes of a frame.
    classes, order, ids, weights
        Fragments of the live quads' pixels, pixels of equal length together: see
        `build.sort_by_length`. `ids` count `points`, in 16 bits where that suffices.
    rest, over
        Weights of the background and of the chrome, for all pixels of the band in quad order; with
        the points' they make `ONE`. For sums, `rest` is what shows of a transparent background.
    thinned
        Number of pixels that show a sample of their points: those of more than `MOST`, or of fewer where
        large discs fill a band with more than four million fragments.
    """

    row0: int
    live: NDArray[np.uint32]
    points: Ids
    classes: NDArray[np.uint32]
    order: NDArray[np.uint16]
    ids: NDArray[np.uint16] | NDArray[np.uint32]
    weights: NDArray[np.uint16]
    rest: NDArray[np.uint16]
    over: NDArray[np.uint16]
    thinned: int = 0

    @property
    def nbytes(self) -> int:
        parts = (self.live, self.points, self.order, self.ids, self.weights, self.rest, self.over)
        return sum(part.nbytes for part in parts)


@dataclass
class _Scratch:
    """Workspace of one thread while it composites; grows, and is used for all of its bands."""

    pixel: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    point: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    weight: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    position: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))

    def grow(self, size: int) -> None:
        self.pixel = np.empty(size, np.uint32)
        self.point = np.empty(size, np.uint32)
        self.weight = np.empty(size, np.float32)


class Operator:
    """W for one placement of the points.

    Parameters
    ----------
    points, scene
        What to draw, and on what.
    n_source
        Number of values that ids refer to.
    keep
        Whether many frames follow: then points that cannot be seen are left out of `visible`, and
        `boxes` tells which quads the others touch: (visible, 4), first and last column, first and last
        row.
    """

    def __init__(self, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        self.scene = scene
        self.grid = Grid.of(scene)
        self.quads, self.band_rows = self.grid.quads, self.grid.band_rows
        self.visible: Ids | None = None
        self._seen = np.zeros(n_source, np.uint8)
        self._importance = np.ones(1, np.float32)
        if scene.mixing != "over":
            self._importance = importance(points.ids, n_source, scene.falloff)
            points = scattered(points)
        self.boxes = np.empty((0, 4), np.uint16)
        self.bands = self._composite_all(bin_points(points, scene, self.band_rows))
        if keep:
            self._keep(points)
        del self._seen, self._importance

    def _keep(self, points: Points) -> None:
        """Count points among the visible ones from now on, and find out where those lie."""
        self.visible = np.flatnonzero(self._seen).astype(np.uint32)
        place = np.cumsum(self._seen, dtype=np.uint32)
        for band in self.bands:
            band.points = place[band.points] - np.uint32(1)
        for name in ("live", "points", "order", "ids", "weights"):
            for band, part in zip(self.bands, _joined([getattr(b, name) for b in self.bands]), strict=True):
                setattr(band, name, part)
        self.boxes = np.tile(np.array([65535, 0, 65535, 0], np.uint16), (len(self.visible), 1))
        radius, stride = radii(points)
        clip = np.array(self.scene.clip, np.int64)
        update.find_boxes(points.x, points.y, radius, stride, points.ids, self._seen, place, clip, self.boxes)

    @property
    def nbytes(self) -> int:
        """Bytes of W."""
        return sum(band.nbytes for band in self.bands) + self.boxes.nbytes

    @property
    def n_fragments(self) -> int:
        """Non-zeros of W."""
        return sum(len(band.ids) for band in self.bands)

    @property
    def n_thinned(self) -> int:
        """Pixels that show a sample of their points."""
        return sum(band.thinned for band in self.bands)

    def _composite_all(self, binned: Binned) -> list[Band]:
        scene = self.scene
        cover = cover_table(binned, scene)
        scratches: deque[_Scratch] = deque(_Scratch() for _ in range(_threads.n_threads()))
        bands: list[Band | None] = [None] * (len(binned.edges) - 1)

        def task(b: int) -> None:
            scratch = scratches.pop()
            try:
                bands[b] = self._composite(binned, b, cover, scratch)
            finally:
                scratches.append(scratch)

        _threads.run(task, len(bands))
        return [band for band in bands if band is not None]

    def _composite(self, binned: Binned, b: int, cover: NDArray[np.float32], scratch: _Scratch) -> Band:
        scene = self.scene
        (row0, row1), n_pixels = self.grid.rows(b), self.grid.n_pixels(b)
        lo, hi = int(binned.edges[b]), int(binned.edges[b + 1])
        part = slice(lo, hi)
        radius = binned.radius[part] if binned.stride else binned.radius
        opacity = binned.opacity[part] if binned.opacity_stride else binned.opacity
        light = np.empty(n_pixels, np.float32)
        clip = np.array(scene.clip, np.int64)
        count = -1
        while count < 0:
            count = build.composite(
                binned.x[part], binned.y[part], radius, binned.stride, opacity, binned.opacity_stride,
                binned.ids[part], clip, row0, row1, self.quads, scene.antialias, cover, coverage.SAMPLES,
                scene.mixing == "over", self._importance, int(len(self._importance) > 1),
                light, scratch.pixel, scratch.point, scratch.weight,
            )  # fmt: skip
            if count < 0:
                scratch.grow(max(4 * n_pixels, 2 * len(scratch.pixel)))
        ptr = np.empty(n_pixels + 1, np.uint32)
        ids, shares = np.empty(count, np.uint32), np.empty(count, np.float32)
        build.gather_rows(
            scratch.pixel[:count], scratch.point[:count], scratch.weight[:count], ptr, ids, shares
        )
        return self._weigh(row0, ptr, ids, shares, light, scratch)

    def _weigh(
        self,
        row0: int,
        ptr: NDArray[np.uint32],
        ids: NDArray[np.uint32],
        shares: NDArray[np.float32],
        light: NDArray[np.float32],
        scratch: _Scratch,
    ) -> Band:
        """Turn what `build.composite` lists of a band's fragments into whole weights."""
        mixing, thinned = self.scene.mixing, 0
        sums = mixing == "additive"
        if mixing != "over":
            thinned = build.thin(_most(ptr), sums, ptr, ids, shares)
        if mixing in ("mix", "weighted"):
            build.share_out(ptr, light, shares)
        over = self._over_weights(row0, len(light))
        whole = np.zeros_like(over) if sums else over  # chrome lies over the sum, after it is clipped
        weights, rest = np.empty(len(ids), np.uint16), np.empty(len(light), np.uint16)
        kept = build.quantise(
            ONE, mixing == "over", not sums, ptr, ids, shares, whole, rest, weights, self._seen
        )
        if sums:
            rest = (rest.astype(np.uint32) * (ONE - over.astype(np.uint32)) // ONE).astype(np.uint16)
        band = self._pack(row0, ptr, ids[:kept], weights[:kept], rest, over, scratch)
        band.thinned = thinned
        return band

    def _pack(
        self,
        row0: int,
        ptr: NDArray[np.uint32],
        ids: NDArray[np.uint32],
        weights: NDArray[np.uint16],
        rest: NDArray[np.uint16],
        over: NDArray[np.uint16],
        scratch: _Scratch,
    ) -> Band:
        """Bring a band's fragments to the order in which frames read them."""
        live = np.flatnonzero(ptr[4::4] > ptr[:-4:4]).astype(np.uint32)
        # Quads without fragments end where they start: those of the others stay one after the other.
        ends = np.concatenate([ptr[:1], ptr[1:].reshape(-1, 4)[live].ravel()])
        longest = int(np.diff(ends.astype(np.int64)).max(initial=0))
        windows = -(-4 * len(live) // WINDOW)
        classes = np.empty((windows, longest + 2), np.uint32)
        order = np.empty(4 * len(live), np.uint16)
        own_ids, own_weights = np.empty_like(ids), np.empty_like(weights)
        build.sort_by_length(WINDOW, ends, ids, weights, classes, order, own_ids, own_weights)
        if len(scratch.position) == 0:
            scratch.position = np.full(len(self._seen), 0xFFFFFFFF, np.uint32)
        n_points = build.localise(own_ids, scratch.position, ids)
        points = ids[:n_points].copy()
        narrow = own_ids.astype(np.uint16) if n_points <= 1 << 16 else own_ids
        return Band(row0, self.grid.address(live), points, classes, order, narrow, own_weights, rest, over)

    def _over_weights(self, row0: int, n_pixels: int) -> NDArray[np.uint16]:
        if self.scene.ground.over is None:
            return np.zeros(n_pixels, np.uint16)
        return WEIGHT_OF_ALPHA[self.grid.pixels(self.scene.ground.over[..., 3:], row0)[:, 0]]


def _most(ptr: NDArray[np.uint32]) -> int:
    """Return how many fragments a pixel of a band may have; `ptr[p]..ptr[p + 1]` are those of pixel p."""
    if ptr[-1] <= _BAND_FRAGMENTS:
        return MOST
    lengths = np.diff(ptr)

    def too_many(most: int) -> bool:
        return int(np.minimum(lengths, most).sum()) > _BAND_FRAGMENTS

    return max(1, bisect.bisect(range(1, MOST + 1), False, key=too_many))


def _joined(parts: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Copy arrays to one piece of memory, each to the start of a cache line.

    numpy asks for huge pages from 4 MB on; with those a frame of a million points takes a tenth less time
    than from hundreds of small arrays.
    """
    sizes = [-(-part.nbytes // 64) * 64 for part in parts]
    memory = np.empty(sum(sizes), np.uint8)
    starts = np.cumsum([0, *sizes])
    joined = []
    for part, start in zip(parts, starts[:-1], strict=True):
        view = memory[start : start + part.nbytes].view(part.dtype)
        view[:] = part
        joined.append(view)
    return joined
