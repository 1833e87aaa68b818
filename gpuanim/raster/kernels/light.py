"""Kernels that add up light, clip it, and bring it to the words of a format, one band at a time.

Colours are RGB in the fields of a word, as in `raster.pixels`, each times `ONE`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel

U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Rows = U16 | U32

_FIELD = np.uint64((1 << 20) - 1)
_FIELD4 = np.uint64((1 << 22) - 1)
_GREEN, _BLUE = np.uint64(20), np.uint64(42)
_ONE_BITS = np.uint64(12)
_WHITE = np.uint64(255 << 12)


@kernel
def add(
    window: int,
    classes: U32,
    order: U16,
    ids: Rows,
    weights: U16,
    base: Rows,
    bases: U64,
    own: U64,
    out: U64,
) -> None:
    """Set `out[p]` to the ground plus the light of each fragment, no more than white in any channel.

    Parameters
    ----------
    window, classes, order, ids, weights, base, bases, own
        As in `shade.mix`. One weight times a colour fits the fields; sums get 64 bits a channel.
    """
    k = np.uint64(0)
    for w in range(classes.shape[0]):
        for length in range(classes.shape[1] - 1):
            for i in range(classes[w, length], classes[w, length + 1]):
                p = w * window + order[i]
                ground = bases[base[p]]
                red = ground & _FIELD
                green = (ground >> _GREEN) & _FIELD4
                blue = ground >> _BLUE
                for _ in range(length):
                    light = np.uint64(weights[k]) * own[ids[k]]
                    red += light & _FIELD
                    green += (light >> _GREEN) & _FIELD4
                    blue += light >> _BLUE
                    k += np.uint64(1)
                red, green, blue = min(red, _WHITE), min(green, _WHITE), min(blue, _WHITE)
                out[p] = red | (green << _GREEN) | (blue << _BLUE)


@kernel
def cover(places: U32, left: U16, chrome: U64, out: U64) -> None:
    """Lay chrome over some pixels: `out[places]` times `left` of `ONE`, plus the words of `chrome`."""
    for i in range(places.shape[0]):
        word = out[places[i]]
        share = np.uint64(left[i])
        red = ((word & _FIELD) * share) >> _ONE_BITS
        green = (((word >> _GREEN) & _FIELD4) * share) >> _ONE_BITS
        blue = ((word >> _BLUE) * share) >> _ONE_BITS
        out[places[i]] = (red | (green << _GREEN) | (blue << _BLUE)) + chrome[i]


@kernel
def to_yuv(matrix: NDArray[np.int64], words: U64) -> None:
    """Convert words of RGB to words of YUV, in place.

    Parameters
    ----------
    matrix
        (3, 4) what takes R, G, B and `ONE` to Y, Cb and Cr, times 65,536.
    """
    one, half = np.int64(1 << 12), np.int64(1 << 15)
    for p in range(words.shape[0]):
        red = np.int64(words[p] & _FIELD)
        green = np.int64((words[p] >> _GREEN) & _FIELD4)
        blue = np.int64(words[p] >> _BLUE)
        y = matrix[0, 0] * red + matrix[0, 1] * green + matrix[0, 2] * blue + matrix[0, 3] * one + half
        cb = matrix[1, 0] * red + matrix[1, 1] * green + matrix[1, 2] * blue + matrix[1, 3] * one + half
        cr = matrix[2, 0] * red + matrix[2, 1] * green + matrix[2, 2] * blue + matrix[2, 3] * one + half
        words[p] = np.uint64(y >> 16) | (np.uint64(cb >> 16) << _GREEN) | (np.uint64(cr >> 16) << _BLUE)
