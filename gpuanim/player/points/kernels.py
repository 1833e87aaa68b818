"""The loops of packing: which disc lies on which, and what a frame adds to the one before."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel

__all__ = ["narrow", "predict", "reach", "split", "stack"]

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


@kernel
def stack(
    x: F32,
    y: F32,
    diameter: F32,
    order: NDArray[np.int64],
    grain: float,
    heights: NDArray[np.uint32],
    out: NDArray[np.uint32],
) -> None:
    """Write each disc's layer: one above the highest layer in all the cells that the disc touches.

    Discs are laid down in `order`, on cells of `grain` pixels. The grid of cells repeats: whatever lies
    outside needs no room of its own, and two discs in one place always meet.
    """
    rows, columns = heights.shape
    for k in range(len(order)):
        i = order[k]
        r = 0.5 * diameter[i if len(diameter) > 1 else 0]
        left, top = math.floor((x[i] - r) / grain), math.floor((y[i] - r) / grain)
        width = min(math.floor((x[i] + r) / grain) - left + 1, columns)
        height = min(math.floor((y[i] + r) / grain) - top + 1, rows)
        first_row, first_column = int(top) % rows, int(left) % columns
        layer = np.uint32(0)
        for a in range(height):
            row = first_row + a - (rows if first_row + a >= rows else 0)
            for b in range(width):
                column = first_column + b - (columns if first_column + b >= columns else 0)
                layer = max(layer, heights[row, column])
        out[i] = layer
        for a in range(height):
            row = first_row + a - (rows if first_row + a >= rows else 0)
            for b in range(width):
                column = first_column + b - (columns if first_column + b >= columns else 0)
                heights[row, column] = layer + np.uint32(1)


@kernel
def predict(codes: NDArray[np.uint16], before: U8, smooth: bool, after: U8, residuals: U8) -> None:
    """Write what is to be added to the codes of an earlier frame, or to 128 where `before` is empty.

    Changes are taken modulo 256. With `smooth` the running mean of the changes of the points before, which
    are neighbours in space, is taken off: its noise averages out. What is left is folded: 0, -1, 1, -2 ...
    become 0, 1, 2, 3 ... A point without a value (code 256) keeps what was predicted; `after` is
    what the reader will have.
    """
    mean = 0
    for i in range(len(codes)):
        base = int(before[i]) if len(before) else 128
        guess = (mean + 4) >> 3 if smooth else 0
        change = guess
        if codes[i] < 256:
            change = ((int(codes[i]) - base + 128) & 255) - 128
        rest = ((change - guess + 128) & 255) - 128
        residuals[i] = np.uint8(((rest << 1) ^ (rest >> 7)) & 255)
        after[i] = np.uint8((base + change) & 255)
        mean += change - (mean >> 3)


@kernel
def narrow(residuals: U8, bits: int, main: U8, escapes: U8) -> int:
    """Pack residuals into `bits` (2 or 4) each, lowest first; return how many did not fit.

    The highest number stands for those: their bytes go to `escapes`.
    """
    most = (1 << bits) - 1
    per_byte = 8 // bits
    count = 0
    for i in range(len(main)):
        word = 0
        for k in range(min(per_byte, len(residuals) - i * per_byte)):
            residual = int(residuals[i * per_byte + k])
            if residual >= most:
                escapes[count] = residual
                count += 1
                residual = most
            word |= residual << (bits * k)
        main[i] = word
    return count


@kernel
def reach(
    values: NDArray[np.floating], where: NDArray[np.uint32], codes: NDArray[np.uint16]
) -> tuple[float, float]:
    """Return the least and the greatest finite value that has a code below 256, inf and -inf if none has."""
    low, high = np.inf, -np.inf
    for i in range(len(codes)):
        value = float(values[where[i]])
        if codes[i] < 256 and -np.inf < value < np.inf:
            low = min(low, value)
            high = max(high, value)
    return low, high


@kernel
def split(
    codes: NDArray[np.uint16],
    n_levels: int,
    first: int,
    span: int,
    low: NDArray[np.uint16],
    high: NDArray[np.uint16],
) -> None:
    """Write the two bytes of the rows that codes have in a page; see `PageRows` for the numbers.

    Codes from `first` on, which is higher than `n_levels` where there are any, are those of copies.
    """
    for i in range(len(codes)):
        code = np.int64(codes[i])
        if code == n_levels:
            low[i] = 256
            high[i] = 0
            continue
        row = code
        if code > n_levels:
            copied = code - first
            row = (copied // n_levels + 1) * span + copied % n_levels
        low[i] = row & 255
        high[i] = row >> 8
