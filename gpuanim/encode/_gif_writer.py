"""The bytes of a GIF: head, an image for each frame that shows something new, end.

References
----------
CompuServe, "Graphics Interchange Format, Version 89a" (1990); the loop block is Netscape's (1995).
"""

from __future__ import annotations

import struct
import weakref
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gpuanim.encode._delays import Delays
from gpuanim.encode._gif_colors import Mapper
from gpuanim.encode._gif_compressor import Compressor, table_bits
from gpuanim.encode._guarded import GuardedWriter, write_all
from gpuanim.encode._palette import film_palette
from gpuanim.encode.target import Part
from gpuanim.errors import FormatError
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.types import Buffer, Colors

__all__ = ["GifWriter"]

_DELAY_AT = 4
"""Where an image's bytes hold its delay."""
_MAX_DELAY = 65535  # 16 bits, in hundredths of a second


class GifWriter(GuardedWriter):
    """A GIF being written.

    An image is written when the next one comes: until then frames that change nothing lengthen its delay.

    Parameters
    ----------
    target
        A checked target.
    delays
        How long each frame is shown.
    loop, dither, max_error
        As in `GIF`.
    thorough
        Whether to search for long matches.
    comment
        Bytes of a comment block; none if empty.
    """

    def __init__(
        self,
        target: Path,
        spec: FilmSpec,
        *,
        delays: Delays,
        loop: int | None = 0,
        dither: str | None = None,
        max_error: int = 0,
        thorough: bool = False,
        comment: bytes = b"",
    ) -> None:
        super().__init__(spec)
        self._delays = delays
        self._mapper: Mapper | None = None
        palette = spec.colors
        if spec.pixel_format is PixelFormat.PAL8:
            _check_palette(palette, max_error)
        else:
            palette = film_palette(spec.colors, spec.background).colors
            self._mapper = Mapper(palette, spec, dither)
        self._compressor = Compressor(
            spec.width, spec.height, palette,
            background=spec.background, max_error=max_error, thorough=thorough,
        )  # fmt: skip
        self._image: memoryview | None = None
        self._waits = 0  # hundredths of a second that the image is to be shown
        self._left_out: Buffer | None = None
        self._part = Part(target)
        try:
            self._file = self._part.path.open("r+b", buffering=0)
            weakref.finalize(self, self._file.close)  # of a writer that is forgotten
            write_all(self._file, _head(spec, palette, loop, comment))
        except BaseException:
            self.abort()
            raise

    def _put(self, frame: Buffer) -> None:
        rows = frame if self._mapper is None else self._mapper(frame)
        delay = self._delays(self.n_written)
        if delay == 0:
            self._left_out = rows.copy()
            return
        self._show(rows, delay)

    def _show(self, rows: Buffer, delay: int) -> None:
        box = self._compressor.changes(rows)
        if box is not None:
            self._flush()
            self._image = self._compressor.image(rows, box, 0)
        self._left_out = None
        self._waits += delay

    def _flush(self) -> None:
        """Write the image that is waiting, and its delay, which may need more images that change nothing."""
        if self._image is None:
            return
        struct.pack_into("<H", self._image, _DELAY_AT, min(self._waits, _MAX_DELAY))
        write_all(self._file, self._image)
        for rest in range(self._waits - _MAX_DELAY, 0, -_MAX_DELAY):
            write_all(self._file, self._compressor.pause(min(rest, _MAX_DELAY)))
        self._image, self._waits = None, 0

    def _complete(self) -> None:
        if self._left_out is not None:  # the end of a film is always shown
            self._show(self._left_out, self._delays.shortest)
        self._waits += self._delays.at_the_end(self.n_written)
        self._flush()
        write_all(self._file, b";")
        self._file.close()
        self._part.commit()

    def _drop(self) -> None:
        file: BinaryIO | None = getattr(self, "_file", None)
        if file is not None:
            file.close()
        self._part.discard()


def _check_palette(palette: Colors, max_error: int) -> None:
    if not 1 <= len(palette) <= 256:
        raise FormatError(f"a GIF palette has 1 to 256 colours, not {len(palette)}")
    if max_error and len(palette) == 256:
        raise FormatError('max_error needs a row of the palette for "unchanged": give at most 255 colours')


def _head(spec: FilmSpec, palette: Colors, loop: int | None, comment: bytes) -> bytes:
    bits = table_bits(len(palette))
    table = np.zeros((1 << bits, 3), np.uint8)
    table[: len(palette)] = palette
    # 0xF0: a global table, eight bits a channel, unsorted; then its size, background 0, square pixels.
    screen = struct.pack("<HHBBB", spec.width, spec.height, 0xF0 | (bits - 1), 0, 0)
    head = b"GIF89a" + screen + table.tobytes()
    if loop is not None and loop != 1:
        # The block counts repetitions after the first showing; 0 is for ever.
        head += b"\x21\xff\x0bNETSCAPE2.0" + struct.pack("<BBHB", 3, 1, max(0, loop - 1), 0)
    if comment:
        parts = [comment[at : at + 255] for at in range(0, len(comment), 255)]
        head += b"\x21\xfe" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
    return head
