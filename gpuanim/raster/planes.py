"""The planes that a frame consists of, and copies of a part of all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.frames import PixelFormat
from gpuanim.types import Buffer

__all__ = ["copy_part", "planes_of"]

Planes = tuple[NDArray[np.uint8], ...]

_GRAIN = 1 << 19
"""Bytes of a frame that a thread copies at a time."""


def planes_of(out: Buffer, pixel_format: PixelFormat, width: int, height: int) -> Planes:
    """Return views of a frame: (h, w) luma and two of chroma, or all channels (h, w, c) or (h, w) at once."""
    if pixel_format is PixelFormat.NV12:
        chroma = out[width * height :].reshape(height // 2, width // 2, 2)
        return out[: width * height].reshape(height, width), chroma[..., 0], chroma[..., 1]
    if pixel_format is PixelFormat.YUV420P:
        chroma = out[width * height :].reshape(2, height // 2, width // 2)
        return out[: width * height].reshape(height, width), chroma[0], chroma[1]
    if pixel_format is PixelFormat.YUV444P:  # three channels that are not interleaved
        return (out.reshape(3, height, width).transpose(1, 2, 0),)
    return (out.reshape(pixel_format.shape(width, height)),)


def copy_part(
    picture: Buffer,
    out: Buffer,
    pixel_format: PixelFormat,
    size: tuple[int, int],
    clip: tuple[int, int, int, int],
) -> None:
    """Copy what lies in a clip from one frame to another; the rest may be another panel's.

    Parameters
    ----------
    size
        Width and height of the frames in pixels.
    clip
        (left, top, right, bottom) in pixels.
    """
    if clip == (0, 0, *size):
        parts = _threads.blocks(len(out), _GRAIN)
        _threads.run(lambda i: np.copyto(out[slice(*parts[i])], picture[slice(*parts[i])]), len(parts))
        return
    left, top, right, bottom = (max(0, edge) for edge in clip)
    pairs = zip(planes_of(out, pixel_format, *size), planes_of(picture, pixel_format, *size), strict=True)
    for into, kept in pairs:
        shrink = size[1] // into.shape[0]  # 2 for the chroma of 4:2:0, whose samples are shared
        part = np.s_[top // shrink : -(-bottom // shrink), left // shrink : -(-right // shrink)]
        np.copyto(into[part], kept[part])
