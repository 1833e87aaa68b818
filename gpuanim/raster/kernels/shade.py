"""Kernels that apply W to the colours of one frame, one band at a time, in each pixel format.

Only live quads are written, those that hold a point; the rest of a frame never changes. `mix` sums up
their pixels in the order of the operator, the others put the sums where they belong.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Rows = U16 | U32

_HALF = np.uint64(1 << 11)
_FIELD = np.uint64((1 << 20) - 1)
_FIELD4 = np.uint64((1 << 22) - 1)
_HALF4 = np.uint64(1 << 13)


@kernel
def look_up(points: U32, codes: U16, lut: U64, own: U64) -> None:
    """Set `own` to the words of a band's points: 70 KB where it has 9,000, and read many times."""
    for k in range(points.shape[0]):
        own[k] = lut[codes[points[k]]]


@kernel
def mix(
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
    """Set `out[p]` to the background's share plus each fragment's, for the pixels of the live quads.

    Parameters
    ----------
    window, classes, order, ids, weights
        The rows of W by length (`build.sort_by_length`); ids are 16 or 32 bits wide.
    base, bases
        (pixels,) rows of (k,): what does not change, in quad order. A film reads all of W for each frame:
        two bytes for a pixel instead of eight save a tenth of them.
    own
        Words of the band's points.
    """
    k = np.uint64(0)
    for w in range(classes.shape[0]):
        for length in range(classes.shape[1] - 1):
            for i in range(classes[w, length], classes[w, length + 1]):
                p = w * window + order[i]
                acc = bases[base[p]]
                for _ in range(length):
                    acc += np.uint64(weights[k]) * own[ids[k]]
                    k += np.uint64(1)
                out[p] = acc


@kernel
def pick(
    window: int, classes: U32, order: U16, ids: Rows, base: Rows, bases: U64, own: U64, out: U64
) -> None:
    """Set `out[p]` to the first fragment's palette row, or to the background's: for flat operators."""
    k = np.uint64(0)
    for w in range(classes.shape[0]):
        for length in range(classes.shape[1] - 1):
            for i in range(classes[w, length], classes[w, length + 1]):
                p = w * window + order[i]
                out[p] = own[ids[k]] if length else bases[base[p]]
                k += np.uint64(length)


@kernel
def remix(
    live: U32,
    starts: U32,
    lengths: U16,
    ids: Rows,
    weights: U16,
    base: Rows,
    bases: U64,
    own: U64,
    flat: bool,
    out: U64,
) -> None:
    """Do for a few live quads what `mix`, or `pick` if `flat`, does for all; `out` has their pixels only.

    Parameters
    ----------
    live
        (q,) places among the live quads of the band.
    starts, lengths
        (pixels,) the fragments of each pixel (`update.locate_rows`).
    """
    for q in range(live.shape[0]):
        for j in range(4):
            p = np.uint64(4 * live[q] + j)
            acc = bases[base[p]]
            start = np.uint64(starts[p])
            length = np.uint64(lengths[p])
            if flat:
                acc = own[ids[start]] if length else acc
            else:
                for k in range(start, start + length):
                    acc += np.uint64(weights[k]) * own[ids[k]]
            out[4 * q + j] = acc


@kernel
def to_yuv(live: U32, mixed: U64, row0: int, luma: U8, cb: U8, cr: U8) -> None:
    """Write a band to planar or semi-planar YUV 4:2:0; `cb` and `cr` may be one interleaved plane."""
    chroma0 = row0 // 2
    for q in range(live.shape[0]):
        quad_row = live[q] >> np.uint32(16)
        quad = live[q] & np.uint32(0xFFFF)
        upper = row0 + 2 * quad_row
        a, b, c, d = mixed[4 * q], mixed[4 * q + 1], mixed[4 * q + 2], mixed[4 * q + 3]
        luma[upper, 2 * quad] = ((a & _FIELD) + _HALF) >> np.uint64(12)
        luma[upper, 2 * quad + 1] = ((b & _FIELD) + _HALF) >> np.uint64(12)
        luma[upper + 1, 2 * quad] = ((c & _FIELD) + _HALF) >> np.uint64(12)
        luma[upper + 1, 2 * quad + 1] = ((d & _FIELD) + _HALF) >> np.uint64(12)
        total = (a >> np.uint64(20)) + (b >> np.uint64(20)) + (c >> np.uint64(20)) + (d >> np.uint64(20))
        cb[chroma0 + quad_row, quad] = ((total & _FIELD4) + _HALF4) >> np.uint64(14)
        cr[chroma0 + quad_row, quad] = ((total >> np.uint64(22)) + _HALF4) >> np.uint64(14)


@kernel
def to_rgb(live: U32, mixed: U64, row0: int, solid: U16, out: U8) -> None:
    """Write a band to the (h, w, 3) or (h, w, 4) frame.

    `solid` holds the weights that are there at all (`ONE` less what is left transparent) or is
    empty where all of it is; a fourth channel gets it as straight alpha.
    """
    height, width, channels = out.shape
    for p in range(4 * live.shape[0]):
        row = row0 + 2 * (live[p >> 2] >> np.uint32(16)) + ((p >> 1) & 1)
        column = 2 * (live[p >> 2] & np.uint32(0xFFFF)) + (p & 1)
        if row >= height or column >= width:
            continue
        share = np.uint64(solid[p]) if solid.shape[0] else np.uint64(1 << 12)
        divisor = max(share, np.uint64(1))
        half = divisor >> np.uint64(1)
        out[row, column, 0] = ((mixed[p] & _FIELD) + half) // divisor
        out[row, column, 1] = (((mixed[p] >> np.uint64(20)) & _FIELD) + half) // divisor
        out[row, column, 2] = ((mixed[p] >> np.uint64(42)) + half) // divisor
        if channels == 4:
            out[row, column, 3] = (share * np.uint64(255) + _HALF) >> np.uint64(12)


@kernel
def to_index(live: U32, mixed: U64, row0: int, out: U8) -> None:
    """Write a band to the (h, w) palette frame."""
    height, width = out.shape
    for p in range(4 * live.shape[0]):
        row = row0 + 2 * (live[p >> 2] >> np.uint32(16)) + ((p >> 1) & 1)
        column = 2 * (live[p >> 2] & np.uint32(0xFFFF)) + (p & 1)
        if row < height and column < width:
            out[row, column] = mixed[p]
