"""The `cpu` renderer: builds the compositing operator with numba and applies it to each frame."""

from __future__ import annotations

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
        self._bases: list[NDArray[np.uint64]] = []

    def place(self, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        """Build W; see `Renderer.place`."""
        self._operator = Operator(points, scene, n_source, keep=keep)
        self._bases = []

    def paint(self, table: Colors, pixel_format: PixelFormat, palette: Colors | None = None) -> None:
        """Fix table and format; see `Renderer.paint`."""
        self._table, self._format, self._palette = table, pixel_format, palette
        words = self._words(table)
        self._lut = words if pixel_format is PixelFormat.PAL8 else words.astype(np.uint64)
        self._bases = []

    @property
    def visible(self) -> Ids | None:
        return self._placed.visible

    def draw(self, codes: Codes, out: Buffer) -> None:
        """Gather W's fragments for each pixel; see `Renderer.draw`."""
        operator = self._placed
        if not self._bases:
            self._bases = [self._base(band) for band in operator.bands]
        ordered = operator.arrange(codes)
        views = self._views(out)
        _threads.run(lambda b: self._draw_band(b, ordered, views), len(operator.bands))

    def close(self) -> None:
        """Free W."""
        self._operator, self._bases = None, []

    def facts(self) -> dict[str, Any]:
        operator = self._placed
        visible = operator.visible
        return {
            "operator_bytes": operator.nbytes + sum(base.nbytes for base in self._bases),
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

    def _base(self, band: Band) -> NDArray[np.uint64]:
        """Sum up what does not change in a band: background and chrome."""
        operator = self._placed
        scene = operator.scene
        if scene.under.ndim == 1:
            under = np.broadcast_to(self._words(scene.under[None])[0], band.rest.shape)
        else:
            under = self._words(operator.band_pixels(scene.under, band.row0))
        rest = band.rest.astype(np.uint64)
        if self._format is PixelFormat.PAL8:
            rest //= np.uint64(ONE)  # a flat operator has weights 0 and ONE only
        base = rest * (np.uint64(0) if scene.transparent else under)
        if scene.over is not None:
            over = band.over.astype(np.uint64)
            if self._format is PixelFormat.PAL8:
                over //= np.uint64(ONE)
            base += over * self._words(operator.band_pixels(scene.over, band.row0)[:, :3])
        return np.ascontiguousarray(base)

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

    def _draw_band(self, b: int, codes: Codes, views: tuple[NDArray[np.uint8], ...]) -> None:
        operator = self._placed
        band, base, lut, quads = operator.bands[b], self._bases[b], self._lut, operator.quads
        if self._format.subsampled:
            shade.shade_yuv(band.ptr, band.ids, band.weights, base, lut, codes, quads, band.row0, *views)
        elif self._format is PixelFormat.PAL8:
            shade.shade_index(band.ptr, band.ids, base, lut, codes, quads, band.row0, *views)
        else:
            solid = np.empty(0, np.uint16)
            if operator.scene.transparent:
                solid = np.uint16(ONE) - band.rest
            shade.shade_rgb(
                band.ptr, band.ids, band.weights, base, lut, codes, quads, band.row0, solid, *views
            )
