"""Animated WebP: smaller than GIF, all colours, and transparency; every browser plays it."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from math import floor
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
from gpuanim.errors import EncoderError, OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["WebP"]

_FACTORS: dict[str, float | None] = {"draft": 80, "standard": 88, "high": 99, "lossless": None}
_LOSSLESS = {"lossless": True, "quality": 20, "method": 1}  # a third smaller than 0, 0 where much is flat
_LOSSY_METHOD = 2  # 4 gains 0.4 dB for twice the time
_MAX_SIDE = 16383
_MAX_BYTES = (1 << 32) - 2


@dataclass(frozen=True, kw_only=True)
class WebP(Encoder):
    """Animated WebP, with transparency where the film has it.

    Delays are milliseconds: at 30 frames/s they alternate (33, 34, 33), so that the film keeps its duration.

    Parameters
    ----------
    factor
        libwebp's quality, 0 to 100, better upwards; 88 by default.
    quality
        "draft", "standard" (default), "high" or "lossless": sets `factor` where that is not given.
        "lossless" keeps every pixel, at three to four times the bytes.
    loop
        How often the film is shown: 0 for ever, n times, 1 or None once.

    Raises
    ------
    OptionError
        If an option is not of this kind.

    References
    ----------
    WebP Container Specification, RFC 9649, section 2.
    """

    factor: float | None = None
    quality: str | None = None
    loop: int | None = 0

    formats: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.RGB24, PixelFormat.RGBA)

    def __post_init__(self) -> None:
        check_loop(self.loop, 65535)
        check_quality("WebP", self.quality, QUALITIES)
        factor = self.factor
        if factor is None:
            factor = _FACTORS[self.quality or "standard"]
        elif self.quality == "lossless":
            raise OptionError('give factor or quality="lossless", not both')
        elif isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 <= factor <= 100:
            raise OptionError(f"factor must be from 0 to 100, not {factor!r}")
        object.__setattr__(self, "factor", factor)

    @property
    def exact(self) -> bool:
        return self.factor is None

    def open(self, target: Path, spec: FilmSpec) -> PicturesWriter:
        """Write the head of the file."""
        check_spec(self, spec, _MAX_SIDE)
        check_rate("WebP", spec)
        return _Writer(self, check_target(target), spec)


class _Writer(PicturesWriter):
    def __init__(self, settings: WebP, target: Path, spec: FilmSpec) -> None:
        self._plays = 1 if settings.loop is None else settings.loop
        self._options: dict[str, object] = dict(_LOSSLESS)
        if settings.factor is not None:
            self._options = {"quality": settings.factor, "method": _LOSSY_METHOD}
        elif spec.pixel_format is PixelFormat.RGBA:
            self._options["exact"] = True  # colours under alpha 0 are kept, too
        super().__init__(target, spec, align=2)

    def _head(self) -> bytes:
        spec = self._spec
        alpha, xmp, animation = 0x10, 0x04, 0x02
        flags = (
            animation | (alpha if spec.pixel_format is PixelFormat.RGBA else 0) | (xmp if self._xmp else 0)
        )
        canvas = struct.pack("<I", flags) + _three(spec.width - 1) + _three(spec.height - 1)
        # The size comes at the end; the background is one that browsers leave out.
        animated = struct.pack("<IH", 0, self._plays)
        return b"RIFF\0\0\0\0WEBP" + _chunk(b"VP8X", canvas) + _chunk(b"ANIM", animated)

    @property
    def _xmp(self) -> bytes:
        return xmp_packet(self._spec.title, film_comment(self._spec))

    def _compress(self, picture: NDArray[np.uint8]) -> bytes:
        from PIL import Image

        file = io.BytesIO()
        Image.fromarray(picture).save(file, "webp", **self._options)
        return _bitstream(file.getvalue())

    def _block(self, index: int, box: Box, data: bytes) -> bytes:
        replace = 2  # do not blend, and leave the picture as it is afterwards
        place = [box.left // 2, box.top // 2, box.width - 1, box.height - 1, duration(index, self._spec.fps)]
        return _chunk(b"ANMF", b"".join(_three(number) for number in place) + bytes([replace]) + data)

    def _end(self, file: BinaryIO, n_frames: int) -> None:
        del n_frames
        if self._xmp:
            write_all(file, _chunk(b"XMP ", self._xmp))
        size = file.tell() - 8
        if size > _MAX_BYTES:
            raise EncoderError("a WebP file holds at most 4 GB; use a lower quality or dpi, or save to .webm")
        file.seek(4)
        write_all(file, struct.pack("<I", size))


def duration(i: int, fps: Fraction) -> int:
    """Return the milliseconds of frame `i`; their sums follow the film's clock."""
    end, start = (floor(k * 1000 / fps + Fraction(1, 2)) for k in (i + 1, i))
    return min(end - start, (1 << 24) - 1)


def xmp_packet(title: str, comment: str) -> bytes:
    """Return title and comment as XMP, empty if there is neither."""
    texts = {"dc:title": title, "dc:description": comment}
    item = '<{0}><rdf:Alt><rdf:li xml:lang="x-default">{1}</rdf:li></rdf:Alt></{0}>'
    fields = "".join(item.format(name, escape(text, quote=False)) for name, text in texts.items() if text)
    if not fields:
        return b""
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    core = 'rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    description = f"<rdf:RDF {rdf}><rdf:Description {core}>{fields}</rdf:Description></rdf:RDF>"
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{description}</x:xmpmeta>'.encode()


def _bitstream(webp: bytes) -> bytes:
    """Return the picture's own chunks: VP8L, VP8, or ALPH and VP8."""
    chunks, at = b"", 12
    while at < len(webp):
        kind, size = struct.unpack_from("<4sI", webp, at)
        end = at + 8 + size + size % 2
        if kind in (b"ALPH", b"VP8 ", b"VP8L"):
            chunks += webp[at:end]
        at = end
    return chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
