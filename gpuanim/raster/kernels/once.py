"""Kernels that draw one frame of points that move: what `build` and `shade` do, without listing fragments.

Where points lie over each other, and one frame only is drawn of where they are, each point's part of a pixel
is added to its sum at once. All roundings are those of the operator, so that the pictures are the same.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.raster.kernels.build import CUT, upto
from gpuanim.raster.kernels.coverage import covered_share

F32 = NDArray[np.float32]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]


@kernel
def lay(
    x: F32,
    y: F32,
    radius: F32,
    stride: int,
    opacity: F32,
    opacity_stride: int,
    ids: U32,
    codes: U16,
    lut: U64,
    clip: I64,
    row0: int,
    row1: int,
    quads: int,
    antialias: bool,
    cover: F32,
    samples: int,
    one: int,
    shift: int,
    over: U16,
    light: F32,
    sums: U64,
) -> int:
    """Lay a band's points over each other, front to back.

    Parameters
    ----------
    x, y, radius, stride, opacity, opacity_stride, ids, clip, row0, row1, quads, antialias, cover, samples
        As in `build.composite`.
    codes, lut
        Colours of the ids, and the word of each colour.
    one, shift
        What the weights of a pixel sum to, and the bits that are dropped of each.
    over
        (pixels,) weights of what lies above the points, or (0,) if nothing does.
    light, sums
        (pixels,) output: what reaches the background, and the sum of words times weights.

    Returns
    -------
    int
        Number of fragments.
    """
    light[:] = np.float32(1.0)
    sums[:] = np.uint64(0)
    count = 0
    whole = one
    for i in range(x.shape[0] - 1, -1, -1):
        r = radius[i * stride]
        opaque = opacity[i * opacity_stride]
        px = x[i]
        py = y[i]
        left = max(math.floor(px - r), clip[0])
        right = min(math.floor(px + r), clip[2] - 1)
        top = max(math.floor(py - r), clip[1], row0)
        bottom = min(math.floor(py + r), clip[3] - 1, row1 - 1)
        own_column = math.floor(px)
        own_row = math.floor(py)
        word = lut[codes[ids[i]]]
        for row in range(top, bottom + 1):
            dy = abs(np.float32(row) + np.float32(0.5) - py)
            base = ((row - row0) >> 1) * quads * 4 + (row & 1) * 2
            for column in range(left, right + 1):
                # Unsigned: numba looks whether others are negative, for each array.
                pixel = np.uint64(base + (column >> 1) * 4 + (column & 1))
                t = light[pixel]
                if t < CUT:
                    continue
                dx = abs(np.float32(column) + np.float32(0.5) - px)
                if antialias:
                    part = covered_share(cover, samples, dx, dy, r)
                    if part <= np.float32(0.0):
                        continue
                    share = part * opaque
                elif dx * dx + dy * dy <= r * r or (row == own_row and column == own_column):
                    share = opaque
                else:
                    continue
                rest = t * (np.float32(1.0) - share)
                if rest < CUT:
                    rest = np.float32(0.0)
                light[pixel] = rest
                if over.shape[0]:
                    whole = one - int(over[pixel])
                weight = upto(light[pixel], whole) - upto(t, whole)  # as stored, in 32 bits
                sums[pixel] += np.uint64(weight >> shift) * word
                count += 1
    return count


@kernel
def settle(
    quads: int,
    every: bool,
    one: int,
    shift: int,
    transparent: bool,
    under: U64,
    over: U16,
    chrome: U64,
    light: F32,
    sums: U64,
    live: U32,
    solid: U16,
) -> int:
    """Add to the sums of a band what lies below and above the points, and list the quads that hold any.

    Parameters
    ----------
    quads
        Quads of a row.
    every
        List all quads.
    one, shift, over
        As in `lay`.
    transparent
        Whether nothing lies below.
    under
        (pixels,) words of what does, or (1,) if it is one colour.
    chrome
        (pixels,) words times weights of what lies above, or (0,).
    light, sums
        As `lay` leaves them; `sums` is left with the pixels of the quads listed, one after the other.
    live, solid
        Output: row << 16 | column of each quad listed, and weights of what is there at all in each of its
        pixels, if `transparent`.

    Returns
    -------
    int
        Number of quads listed.
    """
    n = 0
    whole = one
    for quad in range(light.shape[0] // 4):
        p = 4 * quad
        lit = min(light[p], light[p + 1], light[p + 2], light[p + 3])
        if lit == np.float32(1.0) and not every:
            continue
        live[n] = np.uint32(quad // quads) << np.uint32(16) | np.uint32(quad % quads)
        for j in range(4):
            if over.shape[0]:
                whole = one - int(over[p + j])
            rest = whole - upto(light[p + j], whole)
            total = sums[p + j]
            if transparent:
                solid[4 * n + j] = one - rest
            else:
                total += np.uint64(rest >> shift) * under[(p + j) % under.shape[0]]
            if chrome.shape[0]:
                total += chrome[p + j]
            sums[4 * n + j] = total
        n += 1
    return n
