"""GIF's codes -> bits -> blocks of bytes, all bands of a picture side by side.

Each band starts with an empty dictionary, so that the bits of the bands can simply follow each other; the
dictionary is full and cleared after some 10,000 pixels anyway. How many bits a band has follows from how
many codes it has, so that each knows where its own go. Bands depend on the size of the picture only, never
on the number of threads: the same film gives the same bytes everywhere.

References
----------
CompuServe, "GIF89a Specification", appendix F (1990).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.encode._gif_match import FULL
from gpuanim.types import Buffer

__all__ = ["bits_of", "code_widths", "finish_blocks", "pack"]


def code_widths(symbol_bits: int) -> NDArray[np.int64]:
    """Return the bits of the codes from one clear code to the next; the last one is that clear code."""
    first = (1 << symbol_bits) + 1
    return np.array([code.bit_length() for code in range(first, FULL)], np.int64)


def bits_of(n_codes: int, widths: NDArray[np.int64]) -> int:
    """Return the bits of the codes of a band and of the clear or end code after them."""
    dictionaries, rest = divmod(n_codes, len(widths))
    return int(dictionaries * widths.sum() + widths[: rest + 1].sum())


@kernel
def pack(codes: NDArray[np.int16], end: int, widths: NDArray[np.int64], at: int, out: Buffer) -> int:
    """Write the codes of a band, and `end` after them, from bit `at` of the picture's data on.

    `out` are that data in blocks of 255 bytes, with a byte before each for its length. A band ends with
    the clear code for the next one, because only it knows how wide its codes have become. Returns the
    bits of the byte that the band does not fill; the byte belongs to the next band, which writes zeros there.
    """
    held = at & 7
    byte = at >> 3
    pos = byte + byte // 255 + 1
    left = 255 - byte % 255
    acc = np.uint64(0)
    place = 0
    for i in range(len(codes) + 1):
        code = np.int64(codes[i]) if i < len(codes) else np.int64(end)
        acc |= np.uint64(code) << np.uint64(held)
        held += widths[place]
        place = place + 1 if place < len(widths) - 1 else 0
        while held >= 8:
            out[pos] = np.uint8(acc & np.uint64(255))
            acc >>= np.uint64(8)
            held -= 8
            pos += 1
            left -= 1
            if left == 0:
                pos += 1
                left = 255
    return np.int64(acc)  # type: ignore[return-value]


def finish_blocks(out: Buffer, seams: Sequence[tuple[int, int]]) -> int:
    """Add what `pack` left: the bits at the seams, given as (place, bits before it), and all lengths.

    The last seam is the end. Returns the bytes of all blocks and of the empty one that ends them.
    """
    end = seams[-1][0]
    if end & 7:
        out[_position(end >> 3)] = 0
    for at, bits in seams:
        if at & 7:
            out[_position(at >> 3)] |= bits
    full, rest = divmod((end + 7) // 8, 255)
    out[: full * 256 : 256] = 255
    last = full * 256
    if rest:
        out[last] = rest
        last += rest + 1
    out[last] = 0
    return last + 1


def _position(byte: int) -> int:
    return byte + byte // 255 + 1
