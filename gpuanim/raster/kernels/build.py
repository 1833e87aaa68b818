"""Kernels that build the compositing operator W: bin the points to bands, composite each band.

A band is a strip of whole pixel rows, small enough that its transmittance stays in the L2 cache.
Pixels are numbered in quads, so that the four pixels of one chroma sample are neighbours:

    number = (row // 2 * quads_per_row + column // 2) * 4 + row % 2 * 2 + column % 2
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel
from gpuanim.raster.kernels.coverage import covered_share

CUT = np.float32(1.0 / 512.0)
"""Transmittance below which nothing behind can change a pixel by more than half a grey level."""

F32 = NDArray[np.float32]
U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]


@kernel
def count_bands(
    x: F32, y: F32, radius: F32, stride: int, lo: int, hi: int, clip: I64, band_of: U32, counts: I64
) -> None:
    """Add to `counts[band]` the points of `lo..hi` whose disc touches the band inside the clip.

    `band_of` has the band of each row of the frame: a division costs as much as all the rest.
    """
    left, top, right, bottom = clip[0], clip[1], clip[2], clip[3]
    for i in range(lo, hi):
        r = radius[i * stride]
        if x[i] + r <= left or x[i] - r >= right or y[i] + r <= top or y[i] - r >= bottom:
            continue
        first = band_of[max(math.floor(y[i] - r), top)]
        last = band_of[min(math.floor(y[i] + r), bottom - 1)]
        for band in range(first, last + 1):
            counts[band] += 1


@kernel
def fill_bands(
    x: F32,
    y: F32,
    radius: F32,
    stride: int,
    opacity: F32,
    opacity_stride: int,
    ids: U32,
    lo: int,
    hi: int,
    clip: I64,
    band_of: U32,
    cursor: I64,
    out_x: F32,
    out_y: F32,
    out_r: F32,
    out_opacity: F32,
    out_id: U32,
) -> None:
    """Copy points `lo..hi` to their bands, in draw order, from `cursor[band]` on."""
    left, top, right, bottom = clip[0], clip[1], clip[2], clip[3]
    for i in range(lo, hi):
        r = radius[i * stride]
        if x[i] + r <= left or x[i] - r >= right or y[i] + r <= top or y[i] - r >= bottom:
            continue
        first = band_of[max(math.floor(y[i] - r), top)]
        last = band_of[min(math.floor(y[i] + r), bottom - 1)]
        for band in range(first, last + 1):
            k = cursor[band]
            cursor[band] = k + 1
            out_x[k] = x[i]
            out_y[k] = y[i]
            out_r[k * stride] = r
            out_opacity[k * opacity_stride] = opacity[i * opacity_stride]
            out_id[k] = ids[i]


@kernel
def composite(
    x: F32,
    y: F32,
    radius: F32,
    stride: int,
    opacity: F32,
    opacity_stride: int,
    ids: U32,
    clip: I64,
    row0: int,
    row1: int,
    quads: int,
    antialias: bool,
    cover: F32,
    samples: int,
    layered: bool,
    importance: F32,
    importance_stride: int,
    light: F32,
    frag_pixel: U32,
    frag_id: U32,
    frag_weight: F32,
) -> int:
    """Composite a band's points front to back; list what each pixel shows.

    Parameters
    ----------
    x, y, radius, stride, opacity, opacity_stride, ids
        The band's points in draw order; a stride is 0 where all have `radius[0]` or `opacity[0]`.
    clip, row0, row1, quads
        Rows of the band, columns and rows that may be drawn, quads in a row.
    cover, samples
        Coverage by |dx| and |dy| (`coverage.table`), or one element: compute each exactly.
    layered
        Points hide what lies behind them: a fragment gets what they let through together, up to and
        with this one. If not, it gets the point's opacity times `importance[id * importance_stride]`,
        whatever else lies there.
    light
        (pixels,) scratch: the transmittance in front of everything so far; holds what reaches the
        background afterwards.
    frag_pixel, frag_id, frag_weight
        Scratch for the fragments: pixel, point, and the number that `layered` tells of.

    Returns
    -------
    int
        Number of fragments, or -1 if the scratch is too small.
    """
    light[:] = np.float32(1.0)
    count = 0
    space = frag_pixel.shape[0]
    for i in range(x.shape[0] - 1, -1, -1):
        r = radius[i * stride]
        opaque = opacity[i * opacity_stride]
        strength = importance[ids[i] * importance_stride]
        px = x[i]
        py = y[i]
        left = max(math.floor(px - r), clip[0])
        right = min(math.floor(px + r), clip[2] - 1)
        top = max(math.floor(py - r), clip[1], row0)
        bottom = min(math.floor(py + r), clip[3] - 1, row1 - 1)
        if count + max(0, right - left + 1) * max(0, bottom - top + 1) > space:
            return -1
        own_column = math.floor(px)
        own_row = math.floor(py)
        for row in range(top, bottom + 1):
            dy = abs(np.float32(row) + np.float32(0.5) - py)
            base = ((row - row0) >> 1) * quads * 4 + (row & 1) * 2
            for column in range(left, right + 1):
                pixel = np.uint64(base + (column >> 1) * 4 + (column & 1))
                t = light[pixel]
                if layered and t < CUT:
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
                frag_pixel[count] = pixel
                frag_id[count] = ids[i]
                frag_weight[count] = rest if layered else share * strength
                count += 1
    return count


@kernel
def gather_rows(
    frag_pixel: U32, frag_id: U32, frag_weight: F32, ptr: U32, row_id: U32, row_weight: F32
) -> None:
    """Sort fragments by pixel, keeping their order: `ptr[p]..ptr[p+1]` are those of pixel p."""
    ptr[:] = 0
    for k in range(frag_pixel.shape[0]):
        ptr[frag_pixel[k] + 1] += 1
    for p in range(1, ptr.shape[0]):
        ptr[p] += ptr[p - 1]
    for k in range(frag_pixel.shape[0]):
        slot = ptr[frag_pixel[k]]
        ptr[frag_pixel[k]] = slot + 1
        row_id[slot] = frag_id[k]
        row_weight[slot] = frag_weight[k]
    for p in range(ptr.shape[0] - 1, 0, -1):  # each entry has moved to the end of its row
        ptr[p] = ptr[p - 1]
    ptr[0] = 0


@kernel
def thin(most: int, sums: bool, ptr: U32, row_id: U32, row_weight: F32) -> int:
    """Keep of each pixel's fragments at most `most`, evenly spaced, in place.

    Parameters
    ----------
    sums
        Those that are left weigh more, up to 1, so that their sum stays.

    Returns
    -------
    int
        Number of pixels that lost any.
    """
    kept = 0
    thinned = 0
    start = 0
    for p in range(ptr.shape[0] - 1):
        stop = int(ptr[p + 1])
        n = stop - start
        left = min(n, most)
        thinned += n > most
        gain = n / left if sums and n > most else 1.0
        # Pixels that share their points show different ones: on the whole the sample is finer.
        phase = (p * 0.6180339887498949) % 1.0
        for j in range(left):
            k = start + min(n - 1, int((j + phase) * n / left))
            row_id[kept] = row_id[k]
            row_weight[kept] = min(1.0, row_weight[k] * gain) if sums else row_weight[k]
            kept += 1
        start = stop
        ptr[p + 1] = kept
    return thinned


@kernel
def share_out(ptr: U32, light: F32, row_weight: F32) -> None:
    """Scale the weights of each pixel so that they sum to what does not reach the background."""
    for p in range(ptr.shape[0] - 1):
        total = 0.0
        for k in range(ptr[p], ptr[p + 1]):
            total += row_weight[k]
        scale = (1.0 - light[p]) / total if total > 0.0 else 0.0
        for k in range(ptr[p], ptr[p + 1]):
            row_weight[k] = row_weight[k] * scale


@inline
def upto(light: Any, whole: int) -> int:
    """Return the weight of all that lies above where `light` is let through, of `whole` in a pixel."""
    return int((1.0 - np.float64(light)) * whole + 0.5)


@kernel
def quantise(
    one: int,
    layered: bool,
    bounded: bool,
    ptr: U32,
    row_id: U32,
    row_weight: F32,
    over: NDArray[np.uint16],
    rest: NDArray[np.uint16],
    out_weight: NDArray[np.uint16],
    seen: NDArray[np.uint8],
) -> int:
    """Round the weights of each pixel to integers that sum to `one`, in place; drop zeros.

    Parameters
    ----------
    layered
        Whether `row_weight` is what each fragment and those before it let through, not its weight.
    bounded
        False for sums of light, which may be more than `one` together; none is more alone.
    over
        (pixels,) weight of what lies above the points.
    rest
        (pixels,) output: the weight of the background.
    seen
        (points,) flags, set for each point that kept a weight.

    Returns
    -------
    int
        Number of fragments left in `row_id` and `out_weight`.
    """
    kept = 0
    start = np.uint32(0)
    for p in range(ptr.shape[0] - 1):
        stop = ptr[p + 1]
        whole = one - over[p]
        total = 0.0
        given = 0
        for k in range(start, stop):
            # Rounding the running sum, not each weight, keeps every error below one unit.
            if layered:
                reached = upto(row_weight[k], whole)
            else:
                total += row_weight[k]
                reached = int(total * whole + 0.5)
                if bounded:
                    reached = min(whole, reached)
            if reached > given:
                row_id[kept] = row_id[k]
                out_weight[kept] = reached - given
                seen[row_id[k]] = 1
                kept += 1
                given = reached
        rest[p] = max(0, whole - given)
        start = stop
        ptr[p + 1] = kept
    return kept


@kernel
def sort_by_length(
    window: int,
    ptr: U32,
    row_id: U32,
    row_weight: NDArray[np.uint16],
    classes: U32,
    order: NDArray[np.uint16],
    out_id: U32,
    out_weight: NDArray[np.uint16],
) -> None:
    """Sort rows by their number of fragments, window by window, so that loops run equally long.

    A loop of 1 to 5 turns in random order costs a branch misprediction a pixel, half of the time of
    a frame; sorted, the processor guesses nearly every turn. Windows keep neighbours together: the
    pixels of one read codes that stay in the L1 cache.

    Parameters
    ----------
    window
        Rows that are sorted together.
    classes
        (windows, longest row + 2) output: rows `classes[w, c]..classes[w, c + 1]` of the order have c
        fragments.
    order
        (rows,) output: the rows, counted from the window's first, shortest first in each window.
    """
    k = 0
    for w in range(classes.shape[0]):
        first = w * window
        last = min(first + window, order.shape[0])
        ends = classes[w]
        ends[:] = 0
        for p in range(first, last):
            ends[ptr[p + 1] - ptr[p] + 1] += 1
        ends[0] = first
        for c in range(1, ends.shape[0]):
            ends[c] += ends[c - 1]
        for p in range(first, last):
            length = ptr[p + 1] - ptr[p]
            order[ends[length]] = p - first
            ends[length] += 1
        for c in range(ends.shape[0] - 1, 0, -1):
            ends[c] = ends[c - 1]
        ends[0] = first
        for i in range(first, last):
            p = first + order[i]
            for j in range(ptr[p], ptr[p + 1]):
                out_id[k] = row_id[j]
                out_weight[k] = row_weight[j]
                k += 1


@kernel
def localise(row_id: U32, position: U32, points: U32) -> int:
    """Replace ids by their order of first appearance in the band, so that near pixels read near words.

    Parameters
    ----------
    position
        (points,) scratch of 2**32 - 1; is left as it was found.
    points
        (fragments,) output: the ids in their new order.

    Returns
    -------
    int
        Number of different ids.
    """
    count = 0
    for k in range(row_id.shape[0]):
        p = position[row_id[k]]
        if p == np.uint32(0xFFFFFFFF):
            p = np.uint32(count)
            position[row_id[k]] = p
            points[count] = row_id[k]
            count += 1
        row_id[k] = p
    for k in range(count):
        position[points[k]] = np.uint32(0xFFFFFFFF)
    return count
