"""Kernels that list which points lie in each pixel of a band; nothing lies above anything.

A point lies in the pixels whose centre its disc covers, and in the one that holds its own centre. Pixels that
no point lies in by this rule, but whose area discs of exact coverage touch, take the points of these discs:
they are the soft edges around what can be seen.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.raster.kernels.coverage import covered_share

LENGTHS = 64
"""Numbers of points that `settle` tells apart; more are all the same to it."""

F32 = NDArray[np.float32]
U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]


@kernel
def count_members(
    x: F32,
    y: F32,
    radius: F32,
    stride: int,
    opacity: F32,
    opacity_stride: int,
    clip: I64,
    row0: int,
    row1: int,
    width: int,
    antialias: bool,
    cover: F32,
    samples: int,
    inside: U32,
    touched: U32,
    light: F32,
) -> None:
    """Count the points of each pixel of a band, and what is left of the background there.

    Parameters
    ----------
    x, y, radius, stride
        The band's points; `stride` is 0 where all have `radius[0]`.
    opacity, opacity_stride
        Of the points, 0..1, in the same way.
    clip, row0, row1, width
        Columns and rows that may be drawn, rows of the band, pixels of a row.
    cover, samples
        Coverage by |dx| and |dy| (`coverage.table`), or one element: compute each exactly.
    inside, touched
        ((row1 - row0) * width,) output, zeros before: points by their centre rule, and points that touch the
        pixel's area only.
    light
        The same shape, ones before: product of what each disc lets through.
    """
    for i in range(x.shape[0]):
        r = radius[i * stride]
        px = x[i]
        py = y[i]
        opaque = opacity[i * opacity_stride]
        own_column = math.floor(px)
        own_row = math.floor(py)
        left = max(math.floor(px - r), clip[0])
        right = min(math.floor(px + r), clip[2] - 1)
        top = max(math.floor(py - r), clip[1], row0)
        bottom = min(math.floor(py + r), clip[3] - 1, row1 - 1)
        for row in range(top, bottom + 1):
            dy = abs(np.float32(row) + np.float32(0.5) - py)
            base = (row - row0) * width
            for column in range(left, right + 1):
                dx = abs(np.float32(column) + np.float32(0.5) - px)
                lies = dx * dx + dy * dy <= r * r or (row == own_row and column == own_column)
                covered = np.float32(1.0) if lies else np.float32(0.0)
                if antialias:
                    covered = np.float32(covered_share(cover, samples, dx, dy, r))
                    touched[base + column] += covered > np.float32(0.0) and not lies
                inside[base + column] += lies
                light[base + column] *= np.float32(1.0) - opaque * covered


@kernel
def settle(inside: U32, touched: U32, pixels: U32, ptr: U32) -> tuple[int, int]:
    """List the pixels of a band that points lie in, and where the points of each are to stand.

    Pixels of as many points stand together, those of few first: loops over the points of a pixel then run
    equally long, which the processor guesses right; that saves a third of a frame's time.

    Parameters
    ----------
    inside, touched
        As `count_members` leaves them. `touched` then holds the first place of each pixel.
    pixels, ptr
        Output, as long as `inside`: numbers of the pixels within the band, and the end of the points of each.

    Returns
    -------
    int
        Number of pixels.
    int
        Number of points in them; beyond 2**32 `touched` and `ptr` are wrong, this is not.
    """
    place = np.zeros(LENGTHS + 1, np.int64)
    for p in range(inside.shape[0]):
        members = inside[p] if inside[p] > 0 else touched[p]
        place[min(members, LENGTHS - 1) + 1] += members > 0
    for c in range(1, LENGTHS + 1):
        place[c] += place[c - 1]
    count = int(place[LENGTHS])
    for p in range(inside.shape[0]):
        members = inside[p] if inside[p] > 0 else touched[p]
        if members > 0:
            c = min(members, LENGTHS - 1)
            pixels[place[c]] = p
            place[c] += 1
    total = 0
    for k in range(count):
        p = pixels[k]
        members = inside[p] if inside[p] > 0 else touched[p]
        touched[p] = total
        total += members
        ptr[k] = total
    return count, total


@kernel
def fill_members(
    x: F32,
    y: F32,
    radius: F32,
    stride: int,
    ids: U32,
    clip: I64,
    row0: int,
    row1: int,
    width: int,
    antialias: bool,
    cover: F32,
    samples: int,
    inside: U32,
    cursor: U32,
    members: U32,
) -> None:
    """Write the points of each pixel of a band to `members`, from `cursor` on; see `count_members`."""
    for i in range(x.shape[0]):
        r = radius[i * stride]
        px = x[i]
        py = y[i]
        own_column = math.floor(px)
        own_row = math.floor(py)
        left = max(math.floor(px - r), clip[0])
        right = min(math.floor(px + r), clip[2] - 1)
        top = max(math.floor(py - r), clip[1], row0)
        bottom = min(math.floor(py + r), clip[3] - 1, row1 - 1)
        for row in range(top, bottom + 1):
            dy = abs(np.float32(row) + np.float32(0.5) - py)
            base = (row - row0) * width
            for column in range(left, right + 1):
                p = base + column
                dx = abs(np.float32(column) + np.float32(0.5) - px)
                lies = dx * dx + dy * dy <= r * r or (row == own_row and column == own_column)
                if inside[p] == 0:
                    lies = antialias and covered_share(cover, samples, dx, dy, r) > np.float32(0.0)
                if lies:
                    members[cursor[p]] = ids[i]
                    cursor[p] += 1
