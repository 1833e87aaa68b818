"""Colours as the renderer adds them up: RGB or YUV, three fields in one 64-bit word.

A pixel is a weighted mean of table colours whose integer weights sum to `ONE`. With the three
channels in three fields of a word, one multiply-add mixes all of them, and the mean of YUV colours
is the YUV of the mean, because the conversion is affine: no RGB picture is ever made for a film.

    field 0: bits 0..19    field 1: bits 20..41    field 2: bits 42..63

A field holds 255 * ONE < 2^20; fields 1 and 2 have two bits to spare for the sum of the four pixels
that share a chroma sample.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.types import Colors

__all__ = [
    "ONE",
    "ONE_BITS",
    "WEIGHT_OF_ALPHA",
    "float_yuv",
    "pack",
    "rgb_to_yuv",
    "unique_colors",
    "yuv_to_rgb",
]

ONE_BITS = 12
ONE = 1 << ONE_BITS

WEIGHT_OF_ALPHA = np.rint(np.arange(256) / 255.0 * ONE).astype(np.uint16)
"""Weight of what has an 8-bit opacity."""

_KR, _KB = 0.2126, 0.0722  # ITU-R BT.709-6, item 3.2
_KG = 1.0 - _KR - _KB

_NEIGHBOURS = np.array(list(itertools.product((0, -1, 1), repeat=3)))


def float_yuv(rgb: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Convert (..., 3) RGB on 0..255 to BT.709 limited-range YUV, unrounded."""
    r, g, b = (rgb[..., i] / 255.0 for i in range(3))
    luma = _KR * r + _KG * g + _KB * b
    return np.stack(
        [
            16 + 219 * luma,
            128 + 224 * (b - luma) / (2 * (1 - _KB)),
            128 + 224 * (r - luma) / (2 * (1 - _KR)),
        ],
        axis=-1,
    )


def yuv_to_rgb(yuv: NDArray[Any]) -> NDArray[np.float64]:
    """Convert BT.709 limited-range (..., 3) YUV to RGB on 0..255, unrounded."""
    y, u, v = (np.asarray(yuv[..., i], np.float64) for i in range(3))
    luma = (y - 16) / 219
    r = luma + (v - 128) / 224 * 2 * (1 - _KR)
    b = luma + (u - 128) / 224 * 2 * (1 - _KB)
    g = (luma - _KR * r - _KB * b) / _KG
    return np.stack([r, g, b], axis=-1) * 255.0


def rgb_to_yuv(rgb: Colors) -> Colors:
    """Convert (..., 3) uint8 RGB to 8-bit BT.709 limited-range YUV that decodes closest to it.

    Rounding each channel alone loses up to 2 of 255 on the way back; of the 27 integer neighbours
    the one whose RGB is nearest is taken.

    References
    ----------
    ITU-R BT.709-6, items 3.2 to 3.5 and 4.6.
    """
    unique, inverse = unique_colors(rgb)
    best = np.empty((len(unique), 3), np.uint8)
    for start in range(0, len(unique), 65536):  # bounds the 27 candidates of a whole picture
        part = unique[start : start + 65536].astype(np.float64)
        candidates = np.rint(float_yuv(part))[:, None, :] + _NEIGHBOURS
        error = np.square(yuv_to_rgb(candidates) - part[:, None, :]).sum(-1)
        best[start : start + 65536] = candidates[np.arange(len(part)), error.argmin(1)]
    return best[inverse]


def unique_colors(rgb: Colors) -> tuple[Colors, NDArray[np.intp]]:
    """Find the distinct colours of (..., 3) uint8 and the (...) row of each pixel among them.

    Still layers are long runs of few colours: only the heads of the runs are sorted.
    """
    c = np.asarray(rgb).astype(np.uint32)
    key = ((c[..., 0] << 16) | (c[..., 1] << 8) | c[..., 2]).ravel()
    heads = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    unique, inverse = np.unique(key[heads], return_inverse=True)
    lengths = np.diff(np.append(heads, len(key)))
    rows = np.repeat(inverse, lengths).reshape(np.shape(rgb)[:-1])
    colors = np.stack([unique >> 16, unique >> 8 & 255, unique & 255], -1).astype(np.uint8)
    return colors, rows


def pack(colors: Colors) -> NDArray[np.uint64]:
    """Put (..., 3) uint8 channels into the fields of (...) words."""
    c = np.asarray(colors).astype(np.uint64)
    return np.asarray(c[..., 0] | (c[..., 1] << np.uint64(20)) | (c[..., 2] << np.uint64(42)))
