"""Kernels that apply W to the colours of one frame, one band at a time, in each pixel format.

The sum over a pixel's fragments is spelt out in each kernel: as a function of its own numba passes
the five arrays on every call and the frame takes twice as long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]

_HALF = np.uint64(1 << 11)
_FIELD = np.uint64((1 << 20) - 1)
_FIELD4 = np.uint64((1 << 22) - 1)
_HALF4 = np.uint64(1 << 13)


@kernel
def shade_yuv(
    ptr: U32,
    ids: U32,
    weights: U16,
    base: U64,
    lut: U64,
    codes: U16,
    quads: int,
    row0: int,
    luma: U8,
    cb: U8,
    cr: U8,
) -> None:
    """Write a band to planar or semi-planar YUV 4:2:0; `cb` and `cr` may be one interleaved plane."""
    n_rows = base.shape[0] // (4 * quads)
    start = ptr[0]
    for quad_row in range(n_rows):
        upper = row0 + 2 * quad_row
        chroma = upper // 2
        for quad in range(quads):
            p = (quad_row * quads + quad) * 4
            total = np.uint64(0)
            for j in range(4):
                stop = ptr[p + j + 1]
                acc = base[p + j]
                for k in range(start, stop):
                    acc += np.uint64(weights[k]) * lut[codes[ids[k]]]
                start = stop
                luma[upper + (j >> 1), 2 * quad + (j & 1)] = ((acc & _FIELD) + _HALF) >> np.uint64(12)
                total += acc >> np.uint64(20)
            cb[chroma, quad] = ((total & _FIELD4) + _HALF4) >> np.uint64(14)
            cr[chroma, quad] = ((total >> np.uint64(22)) + _HALF4) >> np.uint64(14)


@kernel
def shade_rgb(
    ptr: U32,
    ids: U32,
    weights: U16,
    base: U64,
    lut: U64,
    codes: U16,
    quads: int,
    row0: int,
    solid: U16,
    out: U8,
) -> None:
    """Write a band to the (h, w, 3) or (h, w, 4) frame.

    `solid` holds the weights that are there at all (`ONE` less what is left transparent) or is
    empty where all of it is; a fourth channel gets it as straight alpha.
    """
    height, width, channels = out.shape
    start = ptr[0]
    for p in range(base.shape[0]):
        stop = ptr[p + 1]
        acc = base[p]
        for k in range(start, stop):
            acc += np.uint64(weights[k]) * lut[codes[ids[k]]]
        start = stop
        quad = p >> 2
        row = row0 + 2 * (quad // quads) + ((p >> 1) & 1)
        column = 2 * (quad % quads) + (p & 1)
        if row >= height or column >= width:
            continue
        share = solid[p] if solid.shape[0] else np.uint64(1 << 12)
        divisor = max(np.uint64(share), np.uint64(1))
        half = divisor >> np.uint64(1)
        out[row, column, 0] = ((acc & _FIELD) + half) // divisor
        out[row, column, 1] = (((acc >> np.uint64(20)) & _FIELD) + half) // divisor
        out[row, column, 2] = ((acc >> np.uint64(42)) + half) // divisor
        if channels == 4:
            out[row, column, 3] = (np.uint64(share) * np.uint64(255) + _HALF) >> np.uint64(12)


@kernel
def shade_index(ptr: U32, ids: U32, base: U64, lut: U64, codes: U16, quads: int, row0: int, out: U8) -> None:
    """Write a band to the (h, w) palette frame; `lut` and `base` hold palette rows, unweighted."""
    height, width = out.shape
    for p in range(base.shape[0]):
        quad = p >> 2
        row = row0 + 2 * (quad // quads) + ((p >> 1) & 1)
        column = 2 * (quad % quads) + (p & 1)
        if row >= height or column >= width:
            continue
        k = ptr[p]
        out[row, column] = lut[codes[ids[k]]] if ptr[p + 1] > k else base[p]
