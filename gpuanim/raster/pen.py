"""How the `cpu` renderer's sums become the bytes of a frame, in each pixel format."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim.frames import PixelFormat
from gpuanim.raster.kernels import shade
from gpuanim.raster.pixels import ONE_BITS, pack
from gpuanim.raster.planes import Planes, planes_of
from gpuanim.raster.words import words_of
from gpuanim.types import Buffer, Colors

__all__ = ["Pen"]


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
    def shift(self) -> int:
        """Bits dropped of weights: palette rows are not added up, their weights are 0 and ONE only."""
        return ONE_BITS if self.format is PixelFormat.PAL8 else 0

    def words(self, colors: Colors, *, light: bool = False) -> NDArray[np.uint64]:
        """Return the words that stand for (..., 3) colours; those of sums of light are RGB."""
        return pack(colors) if light else words_of(colors, self.format, self._palette)

    def planes(self, out: Buffer, width: int, height: int) -> Planes:
        """Return the planes of a frame."""
        return planes_of(out, self.format, width, height)

    def put(
        self,
        quads: NDArray[np.uint32],
        mixed: NDArray[np.uint64],
        row0: int,
        solid: NDArray[np.uint16],
        planes: Planes,
    ) -> None:
        """Write the mixed pixels of a band's quads to the frame."""
        if self.format.subsampled:
            shade.to_yuv(quads, mixed, row0, *planes)
        elif self.format is PixelFormat.PAL8:
            shade.to_index(quads, mixed, row0, *planes)
        else:
            shade.to_rgb(quads, mixed, row0, solid, *planes)
