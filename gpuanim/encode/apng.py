"""APNG: an animated PNG, exact and with transparency, for browsers; other programs show its first frame."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray

from gpuanim.encode._base import Encoder
from gpuanim.encode._ffmpeg import QUALITIES, check_quality
from gpuanim.encode._guarded import check_spec, write_all
from gpuanim.encode._metadata import film_comment
from gpuanim.encode._pictures import Box, PicturesWriter, check_loop, check_rate
from gpuanim.encode.target import check_target
from gpuanim.errors import OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["APNG"]

_LEVELS = {"draft": 1, "standard": 1, "high": 6, "lossless": 6}
_MAX_SIDE = 1 << 24  # the format has 2^31 - 1; a row must fit the memory


@dataclass(frozen=True, kw_only=True)
class APNG(Encoder):
    """Animated PNG: every pixel exact, full transparency, any frame rate up to 90.

    Parameters
    ----------
    loop
        How often the film is shown: 0 for ever, n times, 1 or None once.
    compress_level
        zlib's, 0 to 9; 1 by default. 6 takes 2 to 5 % fewer bytes and twice the time.
    quality
        Sets `compress_level` where that is not given; nothing is ever lost.

    Raises
    ------
    OptionError
        If an option is not of this kind.

    References
    ----------
    Portable Network Graphics (PNG) Specification (Third Edition), W3C, section 11.3.6.
    """

    loop: int | None = 0
    compress_level: int | None = None
    quality: str | None = None

    formats: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.RGB24, PixelFormat.RGBA)

    def __post_init__(self) -> None:
        check_loop(self.loop, (1 << 31) - 1)
        check_quality("APNG", self.quality, QUALITIES)
        level = _LEVELS[self.quality or "standard"] if self.compress_level is None else self.compress_level
        if isinstance(level, bool) or not (isinstance(level, int) and 0 <= level <= 9):
            raise OptionError(f"compress_level must be from 0 to 9, not {level!r}")
        object.__setattr__(self, "compress_level", level)

    @property
    def exact(self) -> bool:
        return True

    def open(self, target: Path, spec: FilmSpec) -> PicturesWriter:
        """Write the head of the file."""
        check_spec(self, spec, _MAX_SIDE)
        check_rate("APNG", spec)
        return _Writer(self, check_target(target), spec)


class _Writer(PicturesWriter):
    def __init__(self, settings: APNG, target: Path, spec: FilmSpec) -> None:
        self._level = settings.compress_level or 0
        self._plays = 1 if settings.loop is None else settings.loop
        self._delay = (1 / spec.fps).limit_denominator(65535)
        self._sequence = 0
        super().__init__(target, spec)

    def _head(self) -> bytes:
        spec = self._spec
        color_type = 6 if spec.pixel_format is PixelFormat.RGBA else 2
        parts = [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", spec.width, spec.height, 8, color_type, 0, 0, 0)),
            _chunk(b"acTL", struct.pack(">II", 0, self._plays)),  # the count comes at the end
        ]
        comment = film_comment(spec)
        if spec.title:
            parts.append(_chunk(b"iTXt", b"Title\0\0\0\0\0" + spec.title.encode()))
        if comment:
            parts.append(_chunk(b"tEXt", b"Comment\0" + comment.encode("ascii")))
        return b"".join(parts)

    def _compress(self, picture: NDArray[np.uint8]) -> bytes:
        # Of the filters none is best where colours come from a table: the others take 2 to 6 % more bytes.
        height, width, channels = picture.shape
        rows = np.zeros((height, width * channels + 1), np.uint8)
        rows[:, 1:] = picture.reshape(height, -1)
        return zlib.compress(rows.data, self._level)

    def _block(self, index: int, box: Box, data: bytes) -> bytes:
        delay = _sixteen_bits(self._delay)
        place = (box.width, box.height, box.left, box.top)
        # 0, 0: leave the picture as it is afterwards, and replace what is in the box, alpha included.
        control = struct.pack(">IIIIIHHBB", self._next(), *place, *delay, 0, 0)
        if index == 0:
            return _chunk(b"fcTL", control) + _chunk(b"IDAT", data)
        return _chunk(b"fcTL", control) + _chunk(b"fdAT", struct.pack(">I", self._next()) + data)

    def _end(self, file: BinaryIO, n_frames: int) -> None:
        write_all(file, _chunk(b"IEND", b""))
        file.seek(8 + 25)
        write_all(file, _chunk(b"acTL", struct.pack(">II", n_frames, self._plays)))

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence - 1


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _sixteen_bits(delay: Fraction) -> tuple[int, int]:
    """Return numerator and denominator of seconds, both below 2^16; delays beyond 18 hours are cut."""
    if delay.numerator > 65535:
        return min(65535, round(delay)), 1
    return delay.numerator, delay.denominator
