"""GIF's LZW in numba: a frame is cut into bands that compress side by side.

Each band starts with an empty dictionary, so that the bits of the bands can simply follow each other; the
dictionary is full and cleared after some 10,000 pixels anyway. Bands depend on the size of the picture
only, never on the number of threads: the same film gives the same bytes everywhere.

References
----------
Welch, "A Technique for High-Performance Data Compression", IEEE Computer 17 (1984); CompuServe, "GIF89a
Specification", appendix F (1990).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel
from gpuanim.types import Buffer

__all__ = ["TABLE", "changed_box", "compress", "map_colors", "sub_blocks"]

_BITS = 14
TABLE = 1 << _BITS
"""Slots of the hash table of a dictionary of 4096 codes: 64 KiB; with 32 KiB searches are longer."""

_FULL = 4096
_EMPTY = np.uint32(0xFFFFFFFF)  # no entry looks so: it would extend code 4095 by code 4095


@kernel
def changed_box(old: Buffer, new: Buffer, width: int, height: int) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of the pixels that differ, right and bottom excluded."""
    left, right, top, bottom = width, 0, height, 0
    for y in range(height):
        row = y * width
        x = 0
        while x < width and old[row + x] == new[row + x]:
            x += 1
        if x == width:
            continue
        left = min(left, x)
        top = min(top, y)
        bottom = y + 1
        x = width - 1
        while x >= right and old[row + x] == new[row + x]:
            x -= 1
        right = max(right, x + 1)
    return left, top, right, bottom


@inline
def _find(table: NDArray[np.uint32], key: np.uint32) -> np.int64:
    """Return the slot of `key` (20 bits), or the empty slot where it belongs."""
    # Numba multiplies in 64 bits; Knuth's factor spreads the key over the lower 32 of them.
    slot = ((np.uint64(key) * np.uint64(2654435769)) & np.uint64(0xFFFFFFFF)) >> np.uint64(32 - _BITS)
    while table[slot] != _EMPTY and (table[slot] >> np.uint32(12)) != key:
        slot = (slot + np.uint64(1)) & np.uint64(TABLE - 1)
    return np.int64(slot)


@kernel
def compress(
    new: Buffer,
    old: Buffer,
    width: int,
    box: tuple[int, int, int, int],
    symbol_bits: int,
    transparent: int,
    first: bool,
    last: bool,
    table: NDArray[np.uint32],
    out: Buffer,
) -> int:
    """Write the codes of one band to `out`, and return their number of bits.

    A pixel that is as in `old` may be its colour or `transparent`, whichever lengthens the current match;
    `transparent` < 0 switches that off. A band ends with the clear code for the next one, because only
    it knows how long its codes have become; `first` and `last` are the ends of the picture.
    """
    left, top, right, bottom = box
    clear = np.int64(1) << symbol_bits
    bits = symbol_bits + 1
    free = clear + 2
    table[:] = _EMPTY
    acc = np.uint64(clear) if first else np.uint64(0)
    held = bits if first else 0
    pos = 0
    prefix = np.int64(-1)
    for y in range(top, bottom):
        for at in range(y * width + left, y * width + right):
            symbol = np.int64(new[at])
            other = symbol
            if transparent >= 0 and old[at] == new[at]:
                symbol = np.int64(transparent)
            if prefix < 0:
                prefix = symbol
                continue
            key = np.uint32((prefix << 8) | symbol)
            slot = _find(table, key)
            entry = table[slot]
            if entry != _EMPTY:
                prefix = np.int64(entry & np.uint32(4095))
                continue
            if other != symbol:
                entry = table[_find(table, np.uint32((prefix << 8) | other))]
                if entry != _EMPTY:
                    prefix = np.int64(entry & np.uint32(4095))
                    continue
            acc |= np.uint64(prefix) << np.uint64(held)
            held += bits
            table[slot] = (key << np.uint32(12)) | np.uint32(free)
            if free == (1 << bits):
                bits += 1
            free += 1
            if free == _FULL:
                acc |= np.uint64(clear) << np.uint64(held)
                held += bits
                bits = symbol_bits + 1
                free = clear + 2
                table[:] = _EMPTY
            while held >= 8:
                out[pos] = np.uint8(acc & np.uint64(255))
                acc >>= np.uint64(8)
                held -= 8
                pos += 1
            prefix = symbol
    acc |= np.uint64(prefix) << np.uint64(held)
    held += bits
    if free == (1 << bits):  # the decoder has grown its codes, too
        bits += 1
    acc |= np.uint64(clear + 1 if last else clear) << np.uint64(held)
    held += bits
    total = pos * 8 + held
    while held > 0:
        out[pos] = np.uint8(acc & np.uint64(255))
        acc >>= np.uint64(8)
        held -= 8
        pos += 1
    return total


@kernel
def sub_blocks(bands: Buffer, starts: NDArray[np.int64], n_bits: NDArray[np.int64], out: Buffer) -> int:
    """Join the bits of all bands into blocks of at most 255 bytes; return the bytes written."""
    acc = np.uint64(0)
    held = 0
    pos = 1
    block = 0
    for band in range(len(starts)):
        at = starts[band]
        left = n_bits[band]
        while left > 0:
            take = min(left, 8)
            # The last byte of a band has zeros above its bits.
            acc |= np.uint64(bands[at]) << np.uint64(held)
            held += take
            at += 1
            left -= take
            if held >= 8:
                out[pos] = np.uint8(acc & np.uint64(255))
                acc >>= np.uint64(8)
                held -= 8
                pos += 1
                if pos - block == 256:
                    out[block] = 255
                    block = pos
                    pos += 1
    if held > 0:
        out[pos] = np.uint8(acc)
        pos += 1
    if pos - block > 1:
        out[block] = pos - block - 1
        block = pos
        pos += 1
    out[block] = 0
    return block + 1


@kernel
def map_colors(
    rgb: Buffer, first: int, end: int, palette: NDArray[np.int32], table: Buffer, out: Buffer
) -> None:
    """Replace the pixels `first` to `end` by the nearest rows of a palette of at most 255 colours.

    `table` has 2^24 bytes, zeros at first: a colour that occurs is searched once and leaves its row, plus
    one, and of an untouched table the system keeps only the pages in use. Threads may fill it together,
    since all write the same rows.
    """
    last = np.int64(-1)
    row = np.uint8(0)
    for i in range(first, end):
        r, g, b = np.int64(rgb[3 * i]), np.int64(rgb[3 * i + 1]), np.int64(rgb[3 * i + 2])
        key = (r << 16) | (g << 8) | b
        if key != last:
            if table[key] == 0:
                best = np.int64(1 << 30)
                for k in range(len(palette)):
                    dr, dg, db = palette[k, 0] - r, palette[k, 1] - g, palette[k, 2] - b
                    gap = dr * dr + dg * dg + db * db
                    if gap < best:
                        best = gap
                        row = np.uint8(k)
                table[key] = row + 1
            row = np.uint8(table[key] - 1)
            last = key
        out[i] = row
