"""Kernels that put patches over frames: those that prepare a patch for a format, and those that blend.

All work on rows `lo..hi` of a patch. A frame is taken in planes of bytes, so that one loop blends every
format whose samples have a weight each; only straight alpha needs one of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]

_EIGHT, _ROUND = np.uint16(8), np.uint16(128)
_FULL = np.uint16(255)


@kernel
def blend(plane: U8, top: int, left: int, alpha: U8, color: U8, saved: U8, lo: int, hi: int) -> None:
    """Save what lies under a patch, and mix its samples in.

    Parameters
    ----------
    plane
        (h, w) samples of the frame; the patch begins at row `top`, column `left`, and lies inside.
    alpha, color, saved
        (rows, columns) opacity, what is mixed in, and what was there before.
    """
    for row in range(lo, hi):
        under, share = plane[top + row, left : left + alpha.shape[1]], alpha[row]
        upper, kept = color[row], saved[row]
        for i in range(share.shape[0]):
            old, a = under[i], share[i]
            kept[i] = old
            # Sixteen bits hold it all, and x / 255 is exactly rounded by (x + 128) * 257 >> 16.
            mixed = np.uint16(np.uint16(old) * np.uint16(_FULL - a) + np.uint16(upper[i]) * np.uint16(a))
            mixed = np.uint16(mixed + _ROUND)
            under[i] = np.uint16(mixed + (mixed >> _EIGHT)) >> _EIGHT


@kernel
def over(plane: U8, top: int, left: int, rgba: U8, saved: U8, lo: int, hi: int) -> None:
    """Save what lies under a patch, and put it on a frame of straight alpha.

    Parameters
    ----------
    plane
        (h, 4 w) RGBA; the patch begins at row `top`, byte `left`, and lies inside.
    rgba, saved
        (rows, 4 columns) the patch, and what was there before.

    References
    ----------
    T. Porter, T. Duff, "Compositing Digital Images", SIGGRAPH 1984: the operator "over".
    """
    for row in range(lo, hi):
        under, upper, kept = plane[top + row, left : left + rgba.shape[1]], rgba[row], saved[row]
        for i in range(upper.shape[0]):
            kept[i] = under[i]
        for i in range(0, upper.shape[0], 4):
            a = np.uint32(upper[i + 3])
            mine = np.uint32(255 * a)
            rest = np.uint32(under[i + 3] * (255 - a))
            both = np.uint32(mine + rest)
            if a == 255:
                for j in range(i, i + 4):
                    under[j] = upper[j]
            elif a != 0:
                for j in range(i, i + 3):
                    under[j] = np.uint32(mine * upper[j] + rest * under[j] + both // 2) // both
                under[i + 3] = np.uint32(both + 127) // np.uint32(255)


@kernel
def to_rgb(rgba: U8, alpha: U8, color: U8, lo: int, hi: int) -> None:
    """Split a (rows, columns, 4) patch into (rows, 3 columns) colours and their opacities."""
    for row in range(lo, hi):
        for column in range(rgba.shape[1]):
            for j in range(3):
                color[row, 3 * column + j] = rgba[row, column, j]
                alpha[row, 3 * column + j] = rgba[row, column, 3]


@kernel
def to_channel(rgba: U8, weights: F64, alpha: U8, channel: U8, lo: int, hi: int) -> None:
    """Split a (rows, columns, 4) patch into (rows, columns) luma or chroma and opacity.

    `weights` are those of R, G, B, and what is added.
    """
    fixed = np.rint(65536 * weights).astype(np.int32)  # integers take 0.6 of the time of floats here
    red, green, blue, offset = fixed[0], fixed[1], fixed[2], fixed[3] + (1 << 15)
    for row in range(lo, hi):
        pixels, share, values = rgba[row], alpha[row], channel[row]
        for i in range(share.shape[0]):
            total = red * pixels[i, 0] + green * pixels[i, 1] + blue * pixels[i, 2] + offset
            values[i] = np.int32(total) >> 16
            share[i] = pixels[i, 3]


@kernel
def to_chroma(rgba: U8, matrix: F64, alpha: U8, cb: U8, cr: U8, lo: int, hi: int) -> None:
    """Set the chroma of blocks of 2 x 2 pixels: their mean opacity, and their mean colour by it.

    Parameters
    ----------
    rgba
        (2 rows, 2 columns, 4) a patch.
    matrix
        (3, 4) what takes R, G, B and 1 to Y, Cb and Cr.
    alpha, cb, cr
        (rows, columns); may be channels of an interleaved plane. Where a block is transparent, its colour
        is not set.
    """
    ru, gu, bu, u0 = matrix[1, 0], matrix[1, 1], matrix[1, 2], matrix[1, 3] + 0.5
    rv, gv, bv, v0 = matrix[2, 0], matrix[2, 1], matrix[2, 2], matrix[2, 3] + 0.5
    for row in range(lo, hi):
        for column in range(alpha.shape[1]):
            weight = red = green = blue = np.int64(0)
            for y in range(2):
                for x in range(2):
                    pixel = rgba[2 * row + y, 2 * column + x]
                    a = np.int64(pixel[3])
                    weight += a
                    red += a * pixel[0]
                    green += a * pixel[1]
                    blue += a * pixel[2]
            alpha[row, column] = (weight + 2) >> 2
            if weight != 0:
                unit = 1.0 / weight
                cb[row, column] = np.int64((ru * red + gu * green + bu * blue) * unit + u0)
                cr[row, column] = np.int64((rv * red + gv * green + bv * blue) * unit + v0)
