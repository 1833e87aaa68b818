"""The `cpu` renderer: builds the compositing operator with numba and applies it to each frame."""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Points, Renderer, Scene
from gpuanim.raster.kernels import shade
from gpuanim.raster.operator import Band, Operator
from gpuanim.raster.palette import nearest
from gpuanim.raster.pixels import ONE, pack, rgb_to_yuv
from gpuanim.types import Buffer, Codes, Colors, Ids

__all__ = ["CpuRenderer"]


class CpuRenderer(Renderer):
    """The reference renderer; needs neither GPU nor display."""

    name: ClassVar[str] = "cpu"
    formats: ClassVar[tuple[PixelFormat, ...]] = tuple(PixelFormat)

    def __init__(self) -> None:
        self._operator: Operator | None = None
        self._table: Colors = np.zeros((1, 3), np.uint8)
        self._format = PixelFormat.RGB24
        self._palette: Colors | None = None
        self._lut: NDArray[np.uint64] = np.zeros(1, np.uint64)
        self._stills: list[tuple[NDArray[np.uint64], NDArray[np.uint16]]] = []  # of the live pixels
        # One per thread: the mixed pixels of a band, and the codes of its points.
        self._scratch: deque[tuple[NDArray[np.uint64], Codes]] = deque()

    def place(self, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        """Build W; see `Renderer.place`."""
        self._operator = operator = Operator(points, scene, n_source, keep=keep)
        pixels = max(4 * len(band.live) for band in operator.bands)
        points_of_band = max(len(band.points) for band in operator.bands)
        self._scratch = deque(
            (np.empty(pixels, np.uint64), np.empty(points_of_band, np.uint16))
            for _ in range(_threads.n_threads())
        )
        self._stills = []

    def paint(self, table: Colors, pixel_format: PixelFormat, palette: Colors | None = None) -> None:
        """Fix table and format; see `Renderer.paint`."""
        self._table, self._format, self._palette = table, pixel_format, palette
        words = self._words(table)
        self._lut = words if pixel_format is PixelFormat.PAL8 else words.astype(np.uint64)
        self._stills = []

    @property
    def visible(self) -> Ids | None:
        return self._placed.visible

    def still(self, out: Buffer) -> None:
        """Write background and chrome; see `Renderer.still`."""
        operator = self._placed
        views = self._views(out)
        fresh = not self._stills
        if fresh:
            self._stills = [(np.empty(0, np.uint64), np.empty(0, np.uint16))] * len(operator.bands)
        under = self._words(operator.scene.under.reshape(-1, 3)[:1])[0]
        _threads.run(lambda b: self._still_band(b, under, views, keep=fresh), len(operator.bands))

    def draw(self, codes: Codes, out: Buffer) -> None:
        """Gather W's fragments for each live pixel; see `Renderer.draw`."""
        operator = self._placed
        views = self._views(out)

        def task(b: int) -> None:
            band, (base, solid) = operator.bands[b], self._stills[b]
            mixed, own = self._scratch.pop()
            try:
                shade.look_up(band.points, codes, own)
                if self._format is PixelFormat.PAL8:
                    shade.pick(band.classes, band.order, band.ids, base, self._lut, own, mixed)
                else:
                    shade.mix(band.classes, band.order, band.ids, band.weights, base, self._lut, own, mixed)
                self._put(band.live, mixed, band.row0, solid, views)
            finally:
                self._scratch.append((mixed, own))

        _threads.run(task, len(operator.bands))

    def close(self) -> None:
        """Free W."""
        self._operator, self._stills = None, []

    def facts(self) -> dict[str, Any]:
        operator = self._placed
        visible = operator.visible
        return {
            "operator_bytes": operator.nbytes + sum(base.nbytes for base, _ in self._stills),
            "fragments": operator.n_fragments,
            "visible": None if visible is None else len(visible),
        }

    @property
    def _placed(self) -> Operator:
        if self._operator is None:
            raise RuntimeError("place() comes before everything else")
        return self._operator

    def _words(self, colors: Colors) -> NDArray[np.uint64]:
        """Return the word that stands for each of (..., 3) colours in the current format."""
        if self._format is PixelFormat.PAL8:
            if self._palette is None:
                raise RuntimeError("palette frames need a palette")
            return nearest(colors, self._palette).astype(np.uint64)
        return pack(rgb_to_yuv(colors) if self._format.subsampled else colors)

    def _still_band(
        self, b: int, under: np.uint64, views: tuple[NDArray[np.uint8], ...], *, keep: bool
    ) -> None:
        operator = self._placed
        band = operator.bands[b]
        base, solid = self._base(band, under), self._solid(band.rest)
        if keep:
            pixels = _pixels(band.live, operator.quads)
            self._stills[b] = base[pixels], solid[pixels] if len(solid) else solid
        everywhere = operator.address(np.arange(len(base) // 4, dtype=np.uint32))
        self._put(everywhere, base, band.row0, solid, views)

    def _base(self, band: Band, under: np.uint64) -> NDArray[np.uint64]:
        """Sum up what does not change: the background (`under` where it has one colour) and the chrome."""
        operator = self._placed
        scene = operator.scene
        # Palette rows are not added up: a flat operator has weights 0 and ONE only.
        unit = np.uint64(ONE if self._format is PixelFormat.PAL8 else 1)
        base = band.rest // unit
        if scene.transparent:
            base = np.zeros(base.shape, np.uint64)
        elif scene.under.ndim == 1:
            base = base * under
        else:
            base = base * self._words(operator.band_pixels(scene.under, band.row0))
        if scene.over is not None:
            drawn = np.flatnonzero(band.over)  # a few per cent of the pixels: frames, ticks, text
            colors = operator.band_pixels(scene.over, band.row0)[drawn, :3]
            base[drawn] += band.over[drawn] // unit * self._words(colors)
        return base

    def _solid(self, rest: NDArray[np.uint16]) -> NDArray[np.uint16]:
        return np.uint16(ONE) - rest if self._placed.scene.transparent else np.empty(0, np.uint16)

    def _views(self, out: Buffer) -> tuple[NDArray[np.uint8], ...]:
        scene = self._placed.scene
        w, h = scene.width, scene.height
        if self._format is PixelFormat.NV12:
            chroma = out[w * h :].reshape(h // 2, w // 2, 2)
            return out[: w * h].reshape(h, w), chroma[..., 0], chroma[..., 1]
        if self._format is PixelFormat.YUV420P:
            chroma = out[w * h :].reshape(2, h // 2, w // 2)
            return out[: w * h].reshape(h, w), chroma[0], chroma[1]
        return (out.reshape(self._format.shape(w, h)),)

    def _put(
        self,
        quads: NDArray[np.uint32],
        mixed: NDArray[np.uint64],
        row0: int,
        solid: NDArray[np.uint16],
        views: tuple[NDArray[np.uint8], ...],
    ) -> None:
        """Write mixed pixels to the frame."""
        if self._format.subsampled:
            shade.to_yuv(quads, mixed, row0, *views)
        elif self._format is PixelFormat.PAL8:
            shade.to_index(quads, mixed, row0, *views)
        else:
            shade.to_rgb(quads, mixed, row0, solid, *views)


def _pixels(live: NDArray[np.uint32], quads: int) -> NDArray[np.intp]:
    """Return the numbers of the pixels of live quads within their band."""
    quad = (live >> np.uint32(16)).astype(np.intp) * quads + (live & np.uint32(0xFFFF))
    return (quad[:, None] * 4 + np.arange(4)).ravel()
