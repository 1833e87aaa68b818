"""The bytes of a GIF: head, one block for each frame, end.

References
----------
CompuServe, "Graphics Interchange Format, Version 89a" (1990); the loop block is Netscape's (1995).
"""

from __future__ import annotations

import struct
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gpuanim import _threads
from gpuanim.encode._gif_kernels import TABLE, changed_box, compress, map_colors, sub_blocks
from gpuanim.encode._guarded import GuardedWriter, write_all
from gpuanim.encode._palette import film_palette
from gpuanim.encode.target import Part
from gpuanim.errors import FormatError, ShapeError
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.types import Buffer, Colors

__all__ = ["GifWriter"]

_BAND = 1 << 17
"""Pixels of a band that compresses on its own: fifteen bands at 1080p, for 0.1 % more bytes."""
_DELAY_AT = 4
"""Where a frame's block holds its delay."""


class GifWriter(GuardedWriter):
    """A GIF being written.

    Parameters
    ----------
    target
        A checked target.
    delays
        Hundredths of a second of frame i.
    final_delay
        Those of the last frame, if it is an exception.
    loop
        As in `GIF`.
    """

    def __init__(
        self,
        target: Path,
        spec: FilmSpec,
        *,
        delays: Callable[[int], int],
        final_delay: int | None,
        loop: int | None,
    ) -> None:
        super().__init__(spec)
        self._delays, self._final_delay = delays, final_delay
        self._mapper: _Mapper | None = None
        palette = spec.colors
        if spec.pixel_format is PixelFormat.PAL8 and not 1 <= len(palette) <= 256:
            raise FormatError(f"a GIF palette has 1 to 256 colours, not {len(palette)}")
        if spec.pixel_format is PixelFormat.RGB24:
            palette = film_palette(spec.colors, spec.background).colors
            self._mapper = _Mapper(palette)
        self._compressor = _Compressor(spec.width, spec.height, len(palette))
        self._delay_at = 0
        self._part = Part(target)
        try:
            self._file = self._part.path.open("r+b", buffering=0)
            weakref.finalize(self, self._file.close)  # of a writer that is forgotten
            write_all(self._file, _head(spec, palette, loop))
        except BaseException:
            self.abort()
            raise

    def _put(self, frame: Buffer) -> None:
        rows = frame if self._mapper is None else self._mapper(frame)
        self._delay_at = self._file.tell() + _DELAY_AT
        write_all(self._file, self._compressor.block(rows, self._delays(self.n_written)))

    def _complete(self) -> None:
        write_all(self._file, b";")
        if self._final_delay is not None:
            self._file.seek(self._delay_at)
            write_all(self._file, struct.pack("<H", self._final_delay))
        self._file.close()
        self._part.commit()

    def _drop(self) -> None:
        file: BinaryIO | None = getattr(self, "_file", None)
        if file is not None:
            file.close()
        self._part.discard()


def _head(spec: FilmSpec, palette: Colors, loop: int | None) -> bytes:
    bits = _table_bits(len(palette))
    table = np.zeros((1 << bits, 3), np.uint8)
    table[: len(palette)] = palette
    # 0xF0: a global table, eight bits a channel, unsorted; then its size, background 0, square pixels.
    screen = struct.pack("<HHBBB", spec.width, spec.height, 0xF0 | (bits - 1), 0, 0)
    head = b"GIF89a" + screen + table.tobytes()
    if loop is None or loop == 1:
        return head
    # The block counts repetitions after the first showing; 0 is for ever.
    return head + b"\x21\xff\x0bNETSCAPE2.0" + struct.pack("<BBHB", 3, 1, max(0, loop - 1), 0)


def _table_bits(n_colors: int) -> int:
    """Return the bits of a row of the table; a row for "unchanged" is added while there is room."""
    return max(2, min(n_colors, 255).bit_length())


_DELAY_AT = 4  # where a frame's block holds its delay


class _Compressor:
    """Turns frames of palette rows into blocks of a GIF: only the box that changed, only its changes."""

    def __init__(self, width: int, height: int, n_colors: int) -> None:
        self._width, self._height, self._n_colors = width, height, n_colors
        self._bits = _table_bits(n_colors)
        self._transparent = n_colors if n_colors < 256 else -1
        self._shown: Buffer = np.empty(0, np.uint8)
        self._tables = np.empty((0, 0), np.uint32)
        self._packed: Buffer = np.empty(0, np.uint8)
        self._joined: Buffer = np.empty(0, np.uint8)

    def block(self, rows: Buffer, centiseconds: int) -> memoryview:
        """Return the bytes of the next frame; they are valid until the next call."""
        if rows.max() >= self._n_colors:
            raise ShapeError(
                f"a palette frame holds row {rows.max()}, but there are {self._n_colors} colours"
            )
        first = not len(self._shown)
        if first:
            self._allocate()
            left, top, right, bottom = 0, 0, self._width, self._height
        else:
            left, top, right, bottom = changed_box(self._shown, rows, self._width, self._height)
        if right <= left:  # nothing has changed, but the frame takes its time
            left, top, right, bottom = 0, 0, 1, 1
        transparent = -1 if first else self._transparent
        flags = 0x04 | (transparent >= 0)  # keep the picture; one row of the table means "unchanged"
        control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, centiseconds, max(0, transparent), 0)
        image = struct.pack("<BHHHHB", 0x2C, left, top, right - left, bottom - top, 0)
        head = control + image + bytes([self._bits])
        self._joined[: len(head)] = np.frombuffer(head, np.uint8)
        n = self._compress(rows, (left, top, right, bottom), transparent, self._joined[len(head) :])
        self._shown[:] = rows
        return self._joined[: len(head) + n].data

    def _compress(self, rows: Buffer, box: tuple[int, int, int, int], transparent: int, out: Buffer) -> int:
        left, top, right, bottom = box
        count = max(1, (right - left) * (bottom - top) // _BAND)
        edges = [top + (bottom - top) * i // count for i in range(count + 1)]
        n_bits = np.zeros(count, np.int64)
        starts = np.array([_bound((right - left) * (edge - top), i) for i, edge in enumerate(edges[:-1])])

        def band(i: int) -> None:
            n_bits[i] = compress(
                rows,
                self._shown,
                self._width,
                (left, edges[i], right, edges[i + 1]),
                self._bits,
                transparent,
                i == 0,
                i == count - 1,
                self._tables[i],
                self._packed[starts[i] :],
            )

        _threads.run(band, count)
        return sub_blocks(self._packed, starts, n_bits, out)

    def _allocate(self) -> None:
        n = self._width * self._height
        count = max(1, n // _BAND)
        self._shown = np.zeros(n, np.uint8)
        self._tables = np.empty((count, TABLE), np.uint32)
        self._packed = np.empty(_bound(n, count), np.uint8)
        self._joined = np.empty(len(self._packed) * 256 // 255 + 64, np.uint8)


def _bound(n_pixels: int, n_bands: int) -> int:
    """Return the bytes that `n_pixels` in `n_bands` cannot exceed: 12 bits for each, and the clear codes."""
    return n_pixels * 3 // 2 + n_pixels // 2048 + 16 * n_bands


class _Mapper:
    """Maps RGB frames to the nearest rows of a palette."""

    def __init__(self, palette: Colors) -> None:
        self._palette = palette.astype(np.int32)
        self._table: Buffer = np.zeros(1 << 24, np.uint8)
        self._rows: Buffer = np.empty(0, np.uint8)

    def __call__(self, rgb: Buffer) -> Buffer:
        n = len(rgb) // 3
        if len(self._rows) != n:
            self._rows = np.empty(n, np.uint8)
        blocks = _threads.blocks(n, 1 << 16)

        def block(i: int) -> None:
            map_colors(rgb, *blocks[i], self._palette, self._table, self._rows)

        _threads.run(block, len(blocks))
        return self._rows
