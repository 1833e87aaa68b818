"""Applies the operator on a device to the colours of a frame, in one pixel format."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.cuda import Device
from gpuanim.cuda._base import Array, blocks_for
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Canvas, Ground
from gpuanim.raster.cuda.operator import GpuOperator, over_weights
from gpuanim.raster.pixels import ONE
from gpuanim.raster.planes import copy_part
from gpuanim.raster.words import words_of
from gpuanim.types import Buffer, Codes, Colors

__all__ = ["SLOTS", "GpuCanvas"]

_SOURCE = "raster/cuda/shade.cu"

SLOTS = 2
"""Frames that are mixed or copied at a time: one is copied to the host while the next is mixed."""


class Slot:
    """A frame on the device, and the pinned memory that it is copied to."""

    def __init__(self, device: Device, nbytes: int) -> None:
        self.frame = device.empty(nbytes, np.uint8)
        self.picture = device.pinned(nbytes)


class GpuCanvas(Canvas):
    """A canvas of the `cuda` renderer: one kernel mixes a frame, which is copied while the next is mixed.

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
        self._ground: Ground | None = None
        self._slots: list[Slot] = []
        self._drawn = 0
        self._under_way: deque[tuple[Buffer, Callable[[], None]]] = deque()
        self._still: Buffer | None = None

    def take(self, operator: GpuOperator) -> None:
        """Draw what `operator` says from now on; what surrounds its points is only read if it is new."""
        self._operator = operator
        ground = operator.scene.ground
        if ground is not self._ground:
            self._surround(ground)
        self._base = self._base_of(operator.rest)
        self._solid = self._solid_of(operator.rest)

    def _surround(self, ground: Ground) -> None:
        """Make room for frames with this ground, and bring it to the device."""
        while self._under_way:
            self._finish_first()
        device, size = self._device, self._format.nbytes(ground.width, ground.height)
        self._ground, self._still = ground, None
        self._slots = [Slot(device, size) for _ in range(SLOTS)]
        self._under = device.upload(self._words(ground.under.reshape(-1, 3)).ravel())
        self._chrome = device.upload(self._chrome_part(ground))

    @property
    def nbytes(self) -> int:
        """Bytes on the device that are kept between frames, besides the operator."""
        parts = [self._under, self._chrome, self._base, *(slot.frame for slot in self._slots)]
        return sum(int(part.nbytes) for part in parts)

    def still(self, out: Buffer) -> None:
        """Write the frame without points; see `Canvas.still`."""
        if self._still is None:
            operator, device = self._placed, self._device
            rest = np.uint16(ONE) - operator.over
            nothing = device.zeros(len(rest) + 1, np.uint32)
            frame = device.empty(len(out), np.uint8)
            none = device.zeros(1, np.uint16)
            self._mixing(nothing, self._base_of(rest), self._solid_of(rest), none, frame)()
            self._still = device.download(frame)
        out[:] = self._still

    def draw(self, codes: Codes | Array, out: Buffer) -> None:
        """Begin to mix all pixels, and to copy them; codes may lie on the device. See `Canvas.draw`."""
        if len(self._under_way) == SLOTS:
            self._finish_first()
        slot = self.shade(self._device.upload(codes) if isinstance(codes, np.ndarray) else codes)
        self._device.launches.run()
        wait = self._device.fetch(slot.frame, slot.picture)
        scene, fmt = self._placed.scene, self._format
        clip, size = scene.clip, (scene.width, scene.height)

        def finish() -> None:
            wait()
            copy_part(slot.picture, out, fmt, size, clip)

        self._under_way.append((out, finish))

    def shade(self, codes: Array) -> Slot:
        """Queue the mixing of all pixels by codes on the device, and return where the frame will be."""
        operator, device = self._placed, self._device
        slot = self._slots[self._drawn % SLOTS]
        self._drawn += 1
        parts = (operator.ptr, operator.ids, operator.weights, self._base, self._solid, codes, slot.frame)
        mixing = self._mixing(operator.ptr, self._base, self._solid, codes, slot.frame)
        device.launches.add((self, *map(device.address, parts)), mixing)
        return slot

    def finish(self, out: Buffer) -> None:
        while any(waiting is out for waiting, _ in self._under_way):
            self._finish_first()

    def close(self) -> None:
        """Wait for copies that are under way, before their memory is given to others."""
        self._device.wait_for_copies()
        self._under_way.clear()

    def _finish_first(self) -> None:
        _, finish = self._under_way.popleft()
        finish()

    @property
    def _placed(self) -> GpuOperator:
        if self._operator is None:
            raise RuntimeError("place() comes before drawing")
        return self._operator

    def _words(self, colors: Colors) -> NDArray[np.uint64]:
        return words_of(colors, self._format, self._palette)

    def _chrome_part(self, ground: Ground) -> NDArray[np.uint64]:
        """Return what lies above the points, by its weight: (pixels,) words."""
        part = np.zeros(ground.width * ground.height, np.uint64)
        if ground.over is not None:
            weights = over_weights(ground)
            drawn = np.flatnonzero(weights)
            colors = ground.over.reshape(-1, 4)[drawn, :3]
            part[drawn] = (weights[drawn] // self._unit).astype(np.uint64) * self._words(colors)
        return part

    def _base_of(self, rest: Array) -> Array:
        """Return what does not change in each pixel, `rest` being the weights of the background."""
        if self._placed.scene.ground.transparent:
            return self._chrome
        return (rest // self._unit).astype(np.uint64) * self._under + self._chrome

    def _solid_of(self, rest: Array) -> Array:
        """Return the weights of what is there at all, for formats that have transparency."""
        if self._format is not PixelFormat.RGBA:
            return rest
        if self._placed.scene.ground.transparent:
            return np.uint16(ONE) - rest
        return self._device.xp.full_like(rest, ONE)

    @property
    def _unit(self) -> np.uint16:
        """What weights are divided by: palette rows are not added up, weights are 0 and ONE only."""
        return np.uint16(ONE if self._format is PixelFormat.PAL8 else 1)

    def _mixing(
        self, ptr: Array, base: Array, solid: Array, codes: Array, frame: Array
    ) -> Callable[[], None]:
        """Return what launches the mixing of a frame."""
        operator, pixels = self._placed, len(base)
        told = (ptr, operator.ids, operator.weights, base, self._lut, codes)
        name, threads, before, after = self._kernel(operator.scene.width, pixels, solid, frame)
        defines = {"PTR": "u32" if ptr.dtype == np.uint32 else "u64"}
        kernel = self._device.kernel(_SOURCE, name, defines)
        return lambda: kernel(blocks_for(threads), *before, *told, *after)

    def _kernel(
        self, width: int, pixels: int, solid: Array, frame: Array
    ) -> tuple[str, int, tuple[Any, ...], tuple[Any, ...]]:
        """Return the kernel of the format, its threads, and what it is told before and after the operator."""
        n = (np.int64(pixels),)
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
            return "to_rgba", pixels, n, (solid, frame)
        steps = (1, pixels) if self._format is PixelFormat.YUV444P else (3, 1)
        return "to_channels", pixels, n, (frame, *map(np.int64, steps))
