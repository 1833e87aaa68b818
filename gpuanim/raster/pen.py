"""How the `cpu` renderer's sums become the bytes of a frame, in each pixel format."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim.frames import PixelFormat
from gpuanim.raster.kernels import shade
from gpuanim.raster.palette import nearest
from gpuanim.raster.pixels import ONE, pack, rgb_to_yuv
from gpuanim.types import Buffer, Colors

__all__ = ["Pen", "Views"]

Views = tuple[NDArray[np.uint8], ...]


class Pen:
    """Writes pixels of one format.

    Parameters
    ----------
    pixel_format, palette
        As in `Renderer.canvas`.
    """

    def __init__(self, pixel_format: PixelFormat, palette: Colors | None) -> None:
        self.format, self._palette = pixel_format, palette

    @property
    def unit(self) -> int:
        """What weights are divided by: palette rows are not added up, weights are 0 and ONE only."""
        return ONE if self.format is PixelFormat.PAL8 else 1

    def words(self, colors: Colors, *, light: bool = False) -> NDArray[np.uint64]:
        """Return the words that stand for (..., 3) colours; those of sums of light are RGB."""
        if self.format is PixelFormat.PAL8:
            if self._palette is None:
                raise RuntimeError("palette frames need a palette")
            return nearest(colors, self._palette).astype(np.uint64)
        return pack(rgb_to_yuv(colors) if self.format.yuv and not light else colors)

    def views(self, out: Buffer, width: int, height: int) -> Views:
        """Return the planes of a frame."""
        w, h = width, height
        if self.format is PixelFormat.NV12:
            chroma = out[w * h :].reshape(h // 2, w // 2, 2)
            return out[: w * h].reshape(h, w), chroma[..., 0], chroma[..., 1]
        if self.format is PixelFormat.YUV420P:
            chroma = out[w * h :].reshape(2, h // 2, w // 2)
            return out[: w * h].reshape(h, w), chroma[0], chroma[1]
        if self.format is PixelFormat.YUV444P:  # three channels that are not interleaved
            return (out.reshape(3, h, w).transpose(1, 2, 0),)
        return (out.reshape(self.format.shape(w, h)),)

    def put(
        self,
        quads: NDArray[np.uint32],
        mixed: NDArray[np.uint64],
        row0: int,
        solid: NDArray[np.uint16],
        views: Views,
    ) -> None:
        """Write the mixed pixels of a band's quads to the frame."""
        if self.format.subsampled:
            shade.to_yuv(quads, mixed, row0, *views)
        elif self.format is PixelFormat.PAL8:
            shade.to_index(quads, mixed, row0, *views)
        else:
            shade.to_rgb(quads, mixed, row0, solid, *views)
