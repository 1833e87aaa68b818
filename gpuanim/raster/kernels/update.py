"""Kernels that find what a frame has to mix again: from changed points to quads to fragments."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
F32 = NDArray[np.float32]


@kernel
def find_boxes(
    x: F32,
    y: F32,
    radius: F32,
    stride: int,
    ids: U32,
    seen: U8,
    place: U32,
    clip: NDArray[np.int64],
    boxes: U16,
) -> None:
    """Write the quads that the discs of the visible points touch.

    Parameters
    ----------
    x, y, radius, stride, ids
        Points, `stride` 0 where all have `radius[0]`.
    seen, place
        Whether a point of the source is visible, and its place among those that are, from 1.
    boxes
        (visible, 4) first and last column, first and last row; starts as 65535, 0, 65535, 0.
    """
    for i in range(x.shape[0]):
        if not seen[ids[i]]:
            continue
        r = radius[i * stride]
        box = boxes[place[ids[i]] - np.uint32(1)]
        left, right = max(math.floor(x[i] - r), clip[0]), min(math.floor(x[i] + r), clip[2] - 1)
        top, bottom = max(math.floor(y[i] - r), clip[1]), min(math.floor(y[i] + r), clip[3] - 1)
        if left > right or top > bottom:
            continue
        box[0], box[1] = min(box[0], np.uint16(left >> 1)), max(box[1], np.uint16(right >> 1))
        box[2], box[3] = min(box[2], np.uint16(top >> 1)), max(box[3], np.uint16(bottom >> 1))


@kernel
def locate_rows(window: int, classes: U32, order: U16, starts: U32, lengths: U16) -> None:
    """Write for each pixel where its fragments start and how many there are (`build.sort_by_length`)."""
    k = 0
    for w in range(classes.shape[0]):
        for length in range(classes.shape[1] - 1):
            for i in range(classes[w, length], classes[w, length + 1]):
                p = w * window + order[i]
                starts[p] = k
                lengths[p] = length
                k += length


@inline
def _raise(box: U16, flags: U8) -> None:
    for row in range(box[2], box[3] + 1):  # assigning a slice would compile its error messages
        for column in range(box[0], box[1] + 1):
            flags[row, column] = 1


@kernel
def mark(codes: U16, shown: U16, boxes: U16, lo: int, hi: int, flags: U8) -> None:
    """Raise the flags of the quads in the boxes of the points `lo..hi` whose codes differ."""
    part, old, around = codes[lo:hi], shown[lo:hi], boxes[lo:hi]
    whole = part.shape[0] // 16 * 16
    for start in range(0, whole, 16):
        differ = np.uint32(0)  # one test for 16 points, and vectorised
        for j in range(16):
            differ |= np.uint32(part[start + j] ^ old[start + j])
        if differ != 0:
            for i in range(start, start + 16):
                if part[i] != old[i]:
                    _raise(around[i], flags)
    for i in range(whole, part.shape[0]):
        if part[i] != old[i]:
            _raise(around[i], flags)


@kernel
def collect(flags: U8, words: NDArray[np.uint64], live: NDArray[np.int32], found: U32) -> int:
    """Write the live quads under raised flags to `found`, lower the flags, and return their number.

    `words` is the same memory as `flags`, eight at a time; `live` may have fewer columns.
    """
    count = 0
    for row in range(words.shape[0]):
        for w in range(words.shape[1]):
            if words[row, w] == 0:
                continue
            for column in range(8 * w, min(8 * w + 8, live.shape[1])):
                if flags[row, column] and live[row, column] >= 0:
                    found[count] = live[row, column]
                    count += 1
            words[row, w] = 0
    return count
