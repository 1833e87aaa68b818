"""Applies the operator on a device to the colours of a frame, in one pixel format."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.cuda import Device
from gpuanim.cuda._base import Array, blocks_for
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Canvas
from gpuanim.raster.cuda.operator import GpuOperator
from gpuanim.raster.pixels import ONE
from gpuanim.raster.planes import copy_part
from gpuanim.raster.words import words_of
from gpuanim.types import Buffer, Codes, Colors

__all__ = ["GpuCanvas"]

_SOURCE = "raster/cuda/shade.cu"


class GpuCanvas(Canvas):
    """A canvas of the `cuda` renderer: one kernel mixes a frame, and it is copied to pinned memory.

    Parameters
    ----------
    device, table, pixel_format, palette
        As in `Renderer.canvas`.
    """

    def __init__(
        self, device: Device, table: Colors, pixel_format: PixelFormat, palette: Colors | None
    ) -> None:
        self._device, self._format, self._palette = device, pixel_format, palette
        self._lut = device.upload(self._words(table))
        self._operator: GpuOperator | None = None

    def take(self, operator: GpuOperator) -> None:
        """Draw what `operator` says from now on."""
        device, scene = self._device, operator.scene
        self._operator = operator
        size = self._format.nbytes(scene.width, scene.height)
        self._frame = device.empty(size, np.uint8)
        self._picture = device.pinned(size)
        self._under = device.upload(self._words(scene.ground.under.reshape(-1, 3)).ravel())
        self._chrome = device.upload(self._chrome_part(operator))
        self._base = self._base_of(operator.rest)

    @property
    def nbytes(self) -> int:
        """Bytes on the device that are kept between frames, besides the operator."""
        parts = (self._frame, self._under, self._chrome, self._base)
        return sum(int(part.nbytes) for part in parts)

    def still(self, out: Buffer) -> None:
        """Write the frame without points; see `Canvas.still`."""
        operator, device = self._placed, self._device
        rest = np.uint16(ONE) - operator.over
        nothing = device.zeros(len(rest) + 1, np.uint64)
        self._mix(nothing, self._base_of(rest), rest, device.zeros(1, np.uint16))
        self._fetch(out, (0, 0, operator.scene.width, operator.scene.height))

    def draw(self, codes: Codes | Array, out: Buffer) -> None:
        """Mix all pixels, and copy those of the panel; codes may lie on the device. See `Canvas.draw`."""
        operator = self._placed
        there = self._device.upload(codes) if isinstance(codes, np.ndarray) else codes
        self._mix(operator.ptr, self._base, operator.rest, there)
        self._fetch(out, operator.scene.clip)

    @property
    def _placed(self) -> GpuOperator:
        if self._operator is None:
            raise RuntimeError("place() comes before drawing")
        return self._operator

    def _words(self, colors: Colors) -> NDArray[np.uint64]:
        return words_of(colors, self._format, self._palette)

    def _chrome_part(self, operator: GpuOperator) -> NDArray[np.uint64]:
        """Return what lies above the points, by its weight: (pixels,) words."""
        scene = operator.scene
        part = np.zeros(scene.width * scene.height, np.uint64)
        over = scene.ground.over
        if over is not None:
            weights = self._device.download(operator.over)
            drawn = np.flatnonzero(weights)
            colors = over.reshape(-1, 4)[drawn, :3]
            part[drawn] = (weights[drawn] // self._unit).astype(np.uint64) * self._words(colors)
        return part

    def _base_of(self, rest: Array) -> Array:
        """Return what does not change in each pixel, `rest` being the weights of the background."""
        if self._placed.scene.ground.transparent:
            return self._chrome
        return (rest // self._unit).astype(np.uint64) * self._under + self._chrome

    @property
    def _unit(self) -> np.uint16:
        """What weights are divided by: palette rows are not added up, weights are 0 and ONE only."""
        return np.uint16(ONE if self._format is PixelFormat.PAL8 else 1)

    def _mix(self, ptr: Array, base: Array, rest: Array, codes: Array) -> None:
        operator, pixels = self._placed, len(base)
        told = (ptr, operator.ids, operator.weights, base, self._lut, codes)
        name, threads, before, after = self._kernel(operator.scene.width, pixels, rest)
        self._device.kernel(_SOURCE, name)(blocks_for(threads), *before, *told, *after)

    def _kernel(
        self, width: int, pixels: int, rest: Array
    ) -> tuple[str, int, tuple[Any, ...], tuple[Any, ...]]:
        """Return the kernel of the format, its threads, and what it is told before and after the operator."""
        frame, n = self._frame, (np.int64(pixels),)
        if self._format.subsampled:
            quads = pixels // 4
            planar = self._format is PixelFormat.YUV420P
            cr = frame[pixels + (quads if planar else 1) :]
            step = np.int32(1 if planar else 2)
            shape = (np.int64(quads), np.int32(width))
            return "to_yuv420", quads, shape, (frame, frame[pixels:], cr, step)
        if self._format is PixelFormat.PAL8:
            return "to_index", pixels, n, (frame,)
        if self._format is PixelFormat.RGBA:
            return "to_rgba", pixels, n, (self._solid(rest), frame)
        steps = (1, pixels) if self._format is PixelFormat.YUV444P else (3, 1)
        return "to_channels", pixels, n, (frame, *map(np.int64, steps))

    def _solid(self, rest: Array) -> Array:
        """Return the weights of what is there at all."""
        whole = np.uint16(ONE)
        return (
            whole - rest if self._placed.scene.ground.transparent else self._device.xp.full_like(rest, whole)
        )

    def _fetch(self, out: Buffer, clip: tuple[int, int, int, int]) -> None:
        scene = self._placed.scene
        self._device.fetch(self._frame, self._picture)()
        copy_part(self._picture, out, self._format, (scene.width, scene.height), clip)
