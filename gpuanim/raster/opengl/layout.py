"""How the bytes of a window lie in the texture that is read back, and where they go in the frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim.frames import PixelFormat
from gpuanim.raster.opengl.tiles import Window
from gpuanim.types import Buffer

__all__ = ["Layout"]

_CHANNELS = {PixelFormat.RGB24: 3, PixelFormat.RGBA: 4, PixelFormat.YUV444P: 1, PixelFormat.PAL8: 1}


@dataclass(frozen=True)
class Layout:
    """A window of a frame, four bytes in a texel: planes one below the other, rows padded to whole texels.

    Of YUV420P, U and V lie side by side.

    Parameters
    ----------
    pixel_format, width, height
        Of the frame.
    window
        Even in 4:2:0.
    clip
        Outside of it frames stay as they are, but for the chroma that pixels on both sides share.
    """

    pixel_format: PixelFormat
    width: int
    height: int
    window: Window
    clip: Window

    @property
    def size(self) -> tuple[int, int]:
        """Pixels of the window."""
        left, top, right, bottom = self.window
        return right - left, bottom - top

    @property
    def chroma_texels(self) -> int:
        """Texels of a row of U, or of V, in YUV420P."""
        return -(-self.size[0] // 8)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of texels."""
        w, h = self.size
        if self.pixel_format is PixelFormat.YUV420P:
            return h + h // 2, max(-(-w // 4), 2 * self.chroma_texels)
        if self.pixel_format is PixelFormat.NV12:
            return h + h // 2, -(-w // 4)
        planes = 3 if self.pixel_format is PixelFormat.YUV444P else 1
        return planes * h, -(-w * _CHANNELS[self.pixel_format] // 4)

    @property
    def nbytes(self) -> int:
        """Bytes that are read back."""
        return 4 * self.shape[0] * self.shape[1]

    def copy(self, packed: NDArray[np.uint8], out: Buffer) -> None:
        """Copy (nbytes,) bytes that were read back to where they belong in a frame."""
        rows = packed.reshape(self.shape[0], -1)
        (w, h), width, height = self.size, self.width, self.height
        if not self.pixel_format.subsampled:
            channels = _CHANNELS[self.pixel_format]
            planes = 3 if self.pixel_format is PixelFormat.YUV444P else 1
            frame = out.reshape(planes, height, channels * width)
            for plane in range(planes):
                self._plane(rows[plane * h : (plane + 1) * h], frame[plane], channels)
            return
        self._plane(rows[:h], out[: width * height].reshape(height, width), 1)
        chroma = out[width * height :]
        if self.pixel_format is PixelFormat.NV12:
            self._chroma(rows[h:, :w], chroma.reshape(height // 2, width), 2)
            return
        frame, half = chroma.reshape(2, height // 2, width // 2), 4 * self.chroma_texels
        self._chroma(rows[h:, : w // 2], frame[0], 1)
        self._chroma(rows[h:, half : half + w // 2], frame[1], 1)

    def _plane(self, rows: NDArray[np.uint8], plane: NDArray[np.uint8], channels: int) -> None:
        left, top, right, bottom = (
            edge(a, b) for edge, a, b in zip((max, max, min, min), self.window, self.clip, strict=True)
        )
        x, y = self.window[:2]
        part = rows[top - y : bottom - y, channels * (left - x) : channels * (right - x)]
        plane[top:bottom, channels * left : channels * right] = part

    def _chroma(self, rows: NDArray[np.uint8], plane: NDArray[np.uint8], channels: int) -> None:
        left, top, right, bottom = (edge // 2 for edge in self.window)
        plane[top:bottom, channels * left : channels * right] = rows
