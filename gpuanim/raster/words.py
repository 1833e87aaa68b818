"""What stands for a colour where pixels are mixed: a word of three channels, or a row of a palette."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim.frames import PixelFormat
from gpuanim.raster.palette import nearest
from gpuanim.raster.pixels import pack, rgb_to_yuv
from gpuanim.types import Colors

__all__ = ["words_of"]


def words_of(colors: Colors, pixel_format: PixelFormat, palette: Colors | None) -> NDArray[np.uint64]:
    """Return the (...) words that stand for (..., 3) uint8 RGB colours in frames of a format."""
    if pixel_format is PixelFormat.PAL8:
        if palette is None:
            raise RuntimeError("palette frames need a palette")
        return nearest(colors, palette).astype(np.uint64)
    return pack(rgb_to_yuv(colors) if pixel_format.yuv else colors)
