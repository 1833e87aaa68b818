"""The compositing operator on a device: lists of weighted points for each pixel, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.cuda import Device
from gpuanim.cuda._base import Array, blocks_for
from gpuanim.errors import MemoryPlanError
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.kernels import coverage
from gpuanim.raster.pixels import ONE, WEIGHT_OF_ALPHA
from gpuanim.types import Ids

__all__ = ["GpuOperator", "Uploads", "over_weights"]

_SOURCE = "raster/cuda/build.cu"
_PER_FRAGMENT = 8 + 8 + 8 + 4 + 4 + 2
"""Bytes of a fragment while it is built: its key, twice more to sort it, share, point and weight."""

_PER_PIXEL = 4 + 2 + 2 + 8 + 8 + 8 + 8 + 2 * 3
"""Bytes of a pixel: counts, weights over and under the points, where its list begins, what lies under and
over it and both mixed, and two frames."""

_PER_SOURCE = 4 + 4 + 2
"""Bytes of a point besides its place and id: whether it is seen, its place among those, value and code."""

_SHARE_OF_MEMORY = 0.5
"""Of what is free on the device that a band may take."""

_MOST_IN_BAND = 1 << 28
"""Fragments of a band: 9 GB, and positions stay far from the limits of 32 bits."""


@dataclass(frozen=True, eq=False)
class _Uploaded:
    """Points on the device: what every kernel of `build.cu` is told of them, and their ids."""

    n: int
    told: tuple[Any, ...]
    ids: Array
    defines: dict[str, int]


@dataclass(frozen=True, eq=False)
class _Band:
    """Rows of the frame whose fragments have been weighed: those of a pixel are `found[begins : + kept]`."""

    begins: Array
    kept: Array
    found: Array
    weights: Array


class GpuOperator:
    """W for one placement of the points; see `raster.operator.Operator`, whose numbers these are.

    Parameters
    ----------
    uploads
        To the device where it is built and kept.
    points, scene, n_source, keep
        As in `Renderer.place`.

    Attributes
    ----------
    ptr, ids, weights
        (pixels + 1,) uint32, or uint64 from 2^32 fragments on, and (fragments,) uint32 and uint16, of one
        element at least: row-major pixels, and of each its points by their place in the codes of a frame.
    rest, over
        (pixels,) uint16 weights of the background and of what lies above; they make `ONE` with the points'.
    visible
        As in `Renderer.visible`.

    Raises
    ------
    MemoryPlanError
        If the points of a single row of pixels do not fit the device.
    """

    def __init__(self, uploads: Uploads, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        self.scene = scene
        self._device = device = uploads.device
        self._pixels = scene.width * scene.height
        check_room(device, points, scene)
        self.over = uploads.there("over", scene.ground, over_weights)
        self.rest = device.empty(self._pixels, np.uint16)
        self._seen = device.zeros(n_source, np.uint8)
        there = _upload(uploads, points, scene)
        bands = self._topmost(there) if self._is_flat(points) else self._layered(there)
        self.visible: Ids | None = None
        place = device.xp.arange(n_source, dtype=np.uint32)
        if keep:
            self.visible = np.flatnonzero(device.download(self._seen)).astype(np.uint32)
            place = device.xp.cumsum(self._seen, dtype=np.uint32) - np.uint32(1)
        self.ptr, self.ids, self.weights = self._packed(bands, place)
        del self._seen

    @property
    def nbytes(self) -> int:
        """Bytes of W."""
        parts = (self.ptr, self.ids, self.weights, self.rest, self.over)
        return sum(int(part.nbytes) for part in parts)

    @property
    def n_fragments(self) -> int:
        """Non-zeros of W."""
        return int(self.ptr[-1])

    def _is_flat(self, points: Points) -> bool:
        return not self.scene.antialias and self.scene.alpha == 1.0 and points.opacity is None

    def _topmost(self, points: _Uploaded) -> list[_Band]:
        """Find the last point of each pixel."""
        device, pixels = self._device, self._pixels
        tops = device.zeros(pixels, np.uint32)
        self._run("topmost", points, points.n, np.int64(points.n), *points.told, *self._clip(), tops)
        band = _Band(
            device.xp.arange(pixels, dtype=np.uint64),
            device.empty(pixels, np.uint32),
            device.empty(pixels, np.uint32),
            device.empty(pixels, np.uint16),
        )
        self._run(
            "weigh_topmost", points, pixels, np.int64(pixels), tops, points.ids, np.uint32(ONE), self.over,
            band.found, band.weights, band.kept, self.rest, self._seen,
        )  # fmt: skip
        return [band]

    def _layered(self, points: _Uploaded) -> list[_Band]:
        """List the points of each pixel from front to back, in bands of rows that fit the memory."""
        device = self._device
        counts = device.zeros(self._pixels, np.uint32)
        self._run("count", points, points.n, np.int64(points.n), *points.told, *self._clip(), counts)
        by_row = counts.reshape(self.scene.height, -1).sum(axis=1, dtype=np.uint64)
        return [self._weighed(points, counts, *rows) for rows in self._slices(device.download(by_row))]

    def _slices(self, by_row: NDArray[np.uint64]) -> list[tuple[int, int]]:
        """Cut the frame into runs of rows whose fragments fit what is free."""
        free, _ = self._device.memory()
        most = min(_MOST_IN_BAND, int(_SHARE_OF_MEMORY * free) // _PER_FRAGMENT)
        worst = int(by_row.max(initial=0))
        if worst > most:
            needed = f"{worst * _PER_FRAGMENT / 1e9:.2f} GB on {self._device.name}"
            raise MemoryPlanError(
                f"a single row of pixels has {worst:,} points, which take {needed}, where only "
                f"{free / 1e9:.2f} are free: make points smaller, or take alpha=1 with antialias=False, or "
                'renderer="cpu"'
            )
        slices, top, total = [], 0, 0
        for row, n in enumerate(by_row.tolist()):
            if total + n > most:
                slices.append((top, row))
                top, total = row, 0
            total += n
        return [*slices, (top, len(by_row))]

    def _weighed(self, points: _Uploaded, counts: Array, top: int, bottom: int) -> _Band:
        device, xp, width = self._device, self._device.xp, self.scene.width
        rows = slice(top * width, bottom * width)
        pixels = (bottom - top) * width
        ptr = device.zeros(pixels + 1, np.uint64)
        ptr[1:] = xp.cumsum(counts[rows], dtype=np.uint64)
        total = int(ptr[-1])
        keys = device.empty(max(total, 1), np.uint64)
        self._run(
            "list", points, points.n, np.int64(points.n), *points.told, *self._clip(top, bottom),
            np.int32(top), ptr[:-1].copy(), keys,
        )  # fmt: skip
        if total:
            keys.sort()
        room = len(keys)
        band = _Band(
            ptr[:-1],
            device.empty(pixels, np.uint32),
            device.empty(room, np.uint32),
            device.empty(room, np.uint16),
        )
        self._run(
            "weigh", points, pixels, np.int64(pixels), np.int64(points.n), *points.told, np.int32(top),
            np.int32(width), ptr, keys, points.ids, np.uint32(ONE), self.over[rows],
            device.empty(room, np.float32), band.found, band.weights, band.kept, self.rest[rows], self._seen,
        )  # fmt: skip
        return band

    def _packed(self, bands: list[_Band], place: Array) -> tuple[Array, Array, Array]:
        """Put the fragments of all bands one after the other."""
        device, xp = self._device, self._device.xp
        ptr = device.zeros(self._pixels + 1, np.uint64)
        ptr[1:] = xp.cumsum(xp.concatenate([band.kept for band in bands]), dtype=np.uint64)
        total = max(1, int(ptr[-1]))
        ids, weights = device.empty(total, np.uint32), device.empty(total, np.uint16)
        pack = device.kernel(_SOURCE, "pack", {"ANTIALIAS": 0, "TABLED": 0})
        first = 0
        for band in bands:
            pixels = len(band.kept)
            part = ptr[first : first + pixels + 1]
            pack(
                blocks_for(pixels), np.int64(pixels), band.begins, part, band.found, band.weights, place,
                ids, weights,
            )  # fmt: skip
            first += pixels
        return ptr.astype(np.uint32) if total < 1 << 32 else ptr, ids, weights

    def _run(self, name: str, points: _Uploaded, threads: int, *args: Any) -> None:
        self._device.kernel(_SOURCE, name, points.defines)(blocks_for(threads), *args)

    def _clip(self, top: int = 0, bottom: int | None = None) -> tuple[np.int32, ...]:
        """Return the edges of what may be drawn of some rows, and the width of the frame."""
        scene = self.scene
        edges = scene.clip
        last = scene.height if bottom is None else bottom
        clip = (
            max(edges[0], 0), max(edges[1], top), min(edges[2], scene.width), min(edges[3], last), scene.width
        )  # fmt: skip
        return tuple(map(np.int32, clip))


class Uploads:
    """Copies of host arrays on a device; those that come again are not copied again.

    Parameters
    ----------
    device
        Where they go.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self._known: dict[str, tuple[Any, Array]] = {}

    def there(self, name: str, given: Any, array_of: Callable[[Any], NDArray[Any]] = np.asarray) -> Array:
        """Return the array of what was given: an array that is the one that had this name, or a number."""
        before, there = self._known.get(name, (None, None))
        if before is not given and not (isinstance(given, float) and given == before):
            there = self.device.upload(array_of(given))
            self._known[name] = (given, there)
        return there


def _upload(uploads: Uploads, points: Points, scene: Scene) -> _Uploaded:
    one_size, one_opacity = np.ndim(points.diameter) == 0, points.opacity is None
    alpha = np.float32(scene.alpha)
    radius = uploads.there("radius", points.diameter, _radii)
    own = scene.alpha if one_opacity else points.opacity
    opacity = uploads.there("opacity", own, lambda own: np.atleast_1d(alpha if one_opacity else own * alpha))
    half = float(np.float32(points.diameter) / np.float32(2)) if one_size else 0.0
    tabled = scene.antialias and one_size and half <= coverage.MAX_TABLED_RADIUS
    cover = uploads.there("cover", half if tabled else 0.0, _cover)
    told = (
        uploads.device.upload(points.x), uploads.device.upload(points.y), radius, np.int32(not one_size),
        opacity, np.int32(not one_opacity), cover, np.int32(len(cover)),
    )  # fmt: skip
    defines = {"ANTIALIAS": int(scene.antialias), "TABLED": int(tabled)}
    return _Uploaded(len(points.x), told, uploads.there("ids", points.ids), defines)


def _cover(radius: float) -> NDArray[np.float32]:
    return coverage.table(radius) if radius else np.zeros((1, 1), np.float32)


def _radii(diameter: NDArray[np.float32] | float) -> NDArray[np.float32]:
    return np.atleast_1d(np.asarray(diameter, np.float32)) / np.float32(2)


def check_room(device: Device, points: Points, scene: Scene) -> None:
    """Raise MemoryPlanError if points and frames do not fit a device, before anything is built.

    Fragments are not counted: they are built in slices.
    """
    free, total = device.memory()
    per_point = 12 + 4 * (points.opacity is not None) + 4 * (np.ndim(points.diameter) > 0) + _PER_SOURCE
    n, frames = len(points.x), scene.width * scene.height * _PER_PIXEL
    needed = n * per_point + frames
    if needed > free:
        most = max(0, (free - frames) // per_point)
        fits = f"{most:,} points would fit" if most else "not even the frame fits"
        raise MemoryPlanError(
            f"{n:,} points on {scene.width}x{scene.height} pixels need {needed / 1e9:.2f} GB on "
            f"{device.name}, where {free / 1e9:.2f} of {total / 1e9:.2f} GB are free: {fits}; or take "
            'renderer="cpu"'
        )


def over_weights(ground: Ground) -> NDArray[np.uint16]:
    """Return the (pixels,) weights of what lies above the points."""
    if ground.over is None:
        return np.zeros(ground.width * ground.height, np.uint16)
    return WEIGHT_OF_ALPHA[ground.over[..., 3]].ravel()
