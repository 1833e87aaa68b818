"""What a frame is between the renderer and the encoder: pixel formats and the facts of a film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from gpuanim.types import Buffer, Colors

__all__ = ["FilmSpec", "PixelFormat"]


class PixelFormat(StrEnum):
    """Layout of a frame in memory, by ffmpeg's names. Rows run from the top, without padding."""

    RGB24 = "rgb24"
    """(h, w, 3)."""
    RGBA = "rgba"
    """(h, w, 4), straight (not premultiplied) alpha."""
    YUV420P = "yuv420p"
    """Y (h, w), then U and V (h/2, w/2): BT.709, limited range; h and w are even."""
    NV12 = "nv12"
    """Y (h, w), then U and V interleaved (h/2, w/2, 2): BT.709, limited range; h and w are even."""
    YUV444P = "yuv444p"
    """Y, U and V (h, w) one after the other: BT.709, limited range."""
    PAL8 = "pal8"
    """(h, w) rows of `FilmSpec.palette`."""

    @property
    def subsampled(self) -> bool:
        """Whether chroma has half the resolution, so that width and height must be even."""
        return self in (PixelFormat.YUV420P, PixelFormat.NV12)

    @property
    def yuv(self) -> bool:
        """Whether the channels are BT.709 YUV, not RGB."""
        return self.subsampled or self is PixelFormat.YUV444P

    def nbytes(self, width: int, height: int) -> int:
        """Bytes of one frame of `width` x `height` pixels."""
        doubled = {"rgb24": 6, "rgba": 8, "yuv420p": 3, "nv12": 3, "yuv444p": 6, "pal8": 2}[self.value]
        return width * height * doubled // 2

    def shape(self, width: int, height: int) -> tuple[int, ...]:
        """Shape of one frame as an array; subsampled formats have `h * 3 / 2` rows of `w` bytes."""
        if self.subsampled:
            return (height * 3 // 2, width)
        if self is PixelFormat.YUV444P:
            return (3, height, width)
        channels = {PixelFormat.RGB24: (3,), PixelFormat.RGBA: (4,)}.get(self, ())
        return (height, width, *channels)

    def empty(self, width: int, height: int) -> Buffer:
        """Allocate a frame, uninitialised and flat."""
        return np.empty(self.nbytes(width, height), np.uint8)


@dataclass(frozen=True)
class FilmSpec:
    """What an encoder is told before the first frame.

    Parameters
    ----------
    width, height
        Pixels of every frame; even if the format is subsampled.
    fps
        Frames per second, exact.
    pixel_format
        Layout of the frames that will be written.
    n_frames
        Number of frames, or None if the source does not know yet.
    colors
        (k, 3) the colours that occur in flat areas of the film: background, colour table, chrome.
        Where `pixel_format` is PAL8, `colors` is the palette (k <= 256) and frames hold its rows.
    title
        For the file's metadata and the page's heading.
    background
        The colour that most of the film stands on, None if unknown; a palette keeps it exact and
        spends its rows on mixtures with it.
    metadata
        How the film was made, for the file to tell: names and what JSON knows; see `gpuanim.provenance`.
    """

    width: int
    height: int
    fps: Fraction
    pixel_format: PixelFormat
    n_frames: int | None
    colors: Colors
    title: str = ""
    background: tuple[int, int, int] | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
