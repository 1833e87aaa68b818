"""Frames of palette rows -> images of a GIF: only the box that changed, and in it only the changes."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim._jit import kernel
from gpuanim.encode._gif_match import TABLE, match, run_lengths, search
from gpuanim.encode._gif_pack import bits_of, code_widths, finish_blocks, pack
from gpuanim.errors import ShapeError
from gpuanim.types import Buffer, Colors

__all__ = ["Compressor", "table_bits"]

_BAND = 1 << 17
"""Pixels of a band that compresses on its own: fifteen bands at 1080p, for 0.1 % more bytes."""
_GRAIN = 1 << 16  # pixels that are worth a thread when what has changed is looked for
_STARTS = 8
"""Rows that a searched match may start with: from 1 to 8 saves 10 to 25 % of the bytes."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom; right and bottom excluded."""


def table_bits(n_colors: int) -> int:
    """Return the bits of a row of the table; a row for "unchanged" is added while there is room."""
    return max(2, min(n_colors, 255).bit_length())


class Compressor:
    """Knows what is on the screen, and turns the next frame into an image of what has changed.

    A pixel stays as it is while its colour is at most `max_error` from the new one in each channel. It is
    always what is shown that is compared, so that errors never add up. Pixels of the background are shown
    exactly: what has moved away leaves no trace.

    Parameters
    ----------
    palette
        (k, 3); fewer than 256 rows leave one for "unchanged".
    background
        A colour that no other one stands for.
    max_error
        0 is exact.
    thorough
        Search for long matches, for smaller and slower films; no use without `max_error`.
    """

    def __init__(
        self,
        width: int,
        height: int,
        palette: Colors,
        *,
        background: tuple[int, int, int] | None = None,
        max_error: int = 0,
        thorough: bool = False,
    ) -> None:
        n, count = width * height, max(1, width * height // _BAND)
        self._size = (width, height)
        self._n_colors = len(palette)
        self._bits = table_bits(len(palette))
        self._transparent = len(palette) if len(palette) < 256 else -1
        self._near, self._nearest = _neighbours(palette, max_error, background)
        self._bounded, self._thorough = max_error > 0, thorough and max_error > 0
        self._shown: Buffer = np.zeros(n, np.uint8)
        self._fresh = True
        # Pixels of all bands one after the other: what they should show, may keep, and do show.
        self._wanted, self._kept, self._screen = (
            np.zeros(n, np.uint8),
            np.zeros(n, np.bool_),
            self._shown.copy(),
        )
        self._codes = np.empty(_max_codes(n, count), np.int16)
        self._widths = code_widths(self._bits)
        # 12 bits for each code, a byte for each block of 255, and the head.
        self._bytes: Buffer = np.empty(len(self._codes) * 3 // 2 * 256 // 255 + 64, np.uint8)
        self._runs = np.empty(n if self._thorough else 0, np.int32)
        scratch, kind = ((256, 256), np.int16) if self._thorough else ((TABLE,), np.uint32)
        self._scratch = np.empty((count, *scratch), kind)

    def changes(self, rows: Buffer) -> Box | None:
        """Return the box of the pixels that cannot stay as they are, None if there are none."""
        if rows.max() >= self._n_colors:
            raise ShapeError(
                f"a palette frame holds row {rows.max()}, but there are {self._n_colors} colours"
            )
        width, height = self._size
        if self._fresh:
            return 0, 0, width, height
        strips = _threads.blocks(height, max(1, _GRAIN // width))
        boxes = np.zeros((len(strips), 4), np.int64)

        def strip(i: int) -> None:
            boxes[i] = changed_box(self._shown, rows, width, *strips[i], self._near)

        _threads.run(strip, len(strips))
        boxes = boxes[boxes[:, 0] < boxes[:, 2]]
        if not len(boxes):
            return None
        left, top = boxes[:, :2].min(0)
        right, bottom = boxes[:, 2:].max(0)
        return int(left), int(top), int(right), int(bottom)

    def image(self, rows: Buffer, box: Box, centiseconds: int) -> memoryview:
        """Return the bytes that change what `box` shows; they are valid until the next call."""
        transparent = -1 if self._fresh else self._transparent
        head = _head(box, transparent, centiseconds, self._bits)
        self._bytes[: len(head)] = np.frombuffer(head, np.uint8)
        n = self._compress(rows, box, transparent, self._bytes[len(head) :])
        self._fresh = False
        return self._bytes[: len(head) + n].data

    def pause(self, centiseconds: int) -> bytes:
        """Return the bytes of an image that changes nothing and takes its time."""
        row = self._transparent if self._transparent >= 0 else int(self._shown[0])
        head = _head((0, 0, 1, 1), self._transparent, centiseconds, self._bits)
        out = np.zeros(16, np.uint8)
        return head + out[: self._write([np.array([row], np.int16)], out)].tobytes()

    def _compress(self, rows: Buffer, box: Box, transparent: int, out: Buffer) -> int:
        left, top, right, bottom = box
        wide, count = right - left, max(1, (right - left) * (bottom - top) // _BAND)
        edges = [top + (bottom - top) * i // count for i in range(count + 1)]
        codes: list[NDArray[np.int16]] = [self._codes] * count

        def band(i: int) -> None:
            part = (left, edges[i], right, edges[i + 1])
            place = slice((edges[i] - top) * wide, (edges[i + 1] - top) * wide)
            room = self._codes[_max_codes(place.start, i) :]
            lined = self._wanted[place], self._kept[place], self._screen[place]
            look = (self._near, self._bounded, transparent >= 0)
            gather(rows, self._shown, self._size[0], part, *look, *lined)
            codes[i] = room[: self._match(i, place, transparent, room)]
            scatter(self._screen[place], self._shown, self._size[0], part)

        _threads.run(band, count)
        return self._write(codes, out)

    def _write(self, codes: list[NDArray[np.int16]], out: Buffer) -> int:
        """Write the bands' codes as blocks of bytes; return how many bytes."""
        clear, last = 1 << self._bits, len(codes) - 1
        starts = [self._bits + 1]  # after the clear code that a picture begins with
        for part in codes:
            starts.append(starts[-1] + bits_of(len(part), self._widths))
        out[1] = clear & 255
        tails = [clear >> (starts[0] & ~7)] + [0] * len(codes)

        def band(i: int) -> None:
            end = clear + 1 if i == last else clear
            tails[i + 1] = pack(codes[i], end, self._widths, starts[i], out)

        _threads.run(band, len(codes))
        return finish_blocks(out, list(zip(starts, tails, strict=True)))

    def _match(self, band: int, place: slice, transparent: int, codes: NDArray[np.int16]) -> int:
        wanted, kept, screen = self._wanted[place], self._kept[place], self._screen[place]
        scratch, bits = self._scratch[band], self._bits
        if not self._thorough:
            return match(wanted, kept, screen, self._near, self._bounded, bits, transparent, scratch, codes)
        runs = self._runs[place]
        run_lengths(kept, runs)
        near, nearest = self._near, self._nearest
        return search(wanted, kept, runs, screen, near, nearest, bits, transparent, scratch, codes)


def _head(box: Box, transparent: int, centiseconds: int, bits: int) -> bytes:
    left, top, right, bottom = box
    flags = 0x04 | (transparent >= 0)  # keep the picture; one row of the table means "unchanged"
    control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, centiseconds, max(0, transparent), 0)
    return control + struct.pack("<BHHHHBB", 0x2C, left, top, right - left, bottom - top, 0, bits)


def _max_codes(n_pixels: int, n_bands: int) -> int:
    return n_pixels + n_pixels // 2048 + 4 * n_bands  # a dictionary holds 3838 codes or more


def _neighbours(
    palette: Colors, max_error: int, background: tuple[int, int, int] | None
) -> tuple[NDArray[np.bool_], NDArray[np.int16]]:
    """Return which rows will do for a row, as (256, 256) and as a list of the nearest ones."""
    n, colors = len(palette), palette.astype(np.int32)
    gap = np.abs(colors[:, None] - colors[None])
    will_do = gap.max(-1) <= max_error
    if background is not None:
        exact = (palette == background).all(-1)
        will_do[exact] = will_do[exact] & exact
    near = np.eye(256, dtype=np.bool_)
    near[:n, :n] |= will_do
    nearest = np.full((256, _STARTS), -1, np.int16)
    nearest[:, 0] = np.arange(256)
    for row in range(n):
        order = np.argsort(np.square(gap[row]).sum(-1), kind="stable")
        others = [other for other in order if will_do[row, other] and other != row][: _STARTS - 1]
        nearest[row, 1 : 1 + len(others)] = others
    return near, nearest


@kernel
def changed_box(
    shown: Buffer, rows: Buffer, width: int, top: int, bottom: int, near: NDArray[np.bool_]
) -> tuple[int, int, int, int]:
    """Return the box of the pixels between two lines that cannot stay; left = width if there are none."""
    left, right, first, last = width, 0, bottom, top
    for y in range(top, bottom):
        line = y * width
        x = 0
        while x < width and (shown[line + x] == rows[line + x] or near[rows[line + x], shown[line + x]]):
            x += 1
        if x == width:
            continue
        left = min(left, x)
        first = min(first, y)
        last = y + 1
        x = width - 1
        while x >= right and (shown[line + x] == rows[line + x] or near[rows[line + x], shown[line + x]]):
            x -= 1
        right = max(right, x + 1)
    return left, first, right, last


@kernel
def gather(
    rows: Buffer,
    shown: Buffer,
    width: int,
    box: tuple[int, int, int, int],
    near: NDArray[np.bool_],
    bounded: bool,
    may_keep: bool,
    wanted: Buffer,
    kept: NDArray[np.bool_],
    screen: Buffer,
) -> None:
    """Line up the pixels of a box: rows wanted, whether what is shown will do, and rows shown."""
    left, top, right, bottom = box
    wide = right - left
    for line in range(bottom - top):
        here = slice(line * wide, (line + 1) * wide)
        there = slice((top + line) * width + left, (top + line) * width + right)
        new, old, keep = rows[there], shown[there], kept[here]
        wanted[here] = new
        screen[here] = old
        if not may_keep:
            keep[:] = False
        elif bounded:
            for x in range(wide):
                keep[x] = near[new[x], old[x]]
        else:
            for x in range(wide):
                keep[x] = new[x] == old[x]


@kernel
def scatter(screen: Buffer, shown: Buffer, width: int, box: tuple[int, int, int, int]) -> None:
    """Put lined-up pixels back to where they belong."""
    left, top, right, bottom = box
    wide = right - left
    for line in range(bottom - top):
        there = (top + line) * width
        shown[there + left : there + right] = screen[line * wide : (line + 1) * wide]
