"""RGB frames -> rows of a palette: the nearest row, or a dither of rows.

A still pixel keeps its row. The nearest row and ordered dithering depend on nothing but a pixel's colour
and its place, so that they cannot flicker. Error diffusion depends on all pixels above; here it diffuses
only what has changed: a pixel whose colour is that of the frame before keeps its row, and hands on the
error that it handed on then. What an error should have changed in it is lost, once.

References
----------
Bayer, "An optimum method for two-level rendition of continuous-tone pictures", IEEE ICC (1973); Floyd and
Steinberg, "An adaptive algorithm for spatial greyscale", Proc. SID 17 (1976).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim._jit import inline, kernel
from gpuanim.frames import FilmSpec
from gpuanim.types import Buffer, Colors

__all__ = ["DITHERS", "Mapper"]

DITHERS = ("bayer", "floyd-steinberg")

_GRAIN = 1 << 16  # pixels of a task
_BAND_ROWS = 256
"""Lines that errors are diffused over; where the next band begins, the errors above it are lost."""
_NOISE = 0.15
"""What the square of a visible difference between the two rows of a dither weighs, against its mean being
off: without it far rows are mixed for a mean that is hardly better, and grain shows."""


class Mapper:
    """Maps the frames of one film.

    Parameters
    ----------
    palette
        (at most 255, 3).
    dither
        None for the nearest row, or one of `DITHERS`.
    """

    def __init__(self, palette: Colors, spec: FilmSpec, dither: str | None = None) -> None:
        n = spec.width * spec.height
        self._width, self._height = spec.width, spec.height
        self._palette = palette.astype(np.int32)
        self._dither = dither
        self._rows: Buffer = np.zeros(n, np.uint8)
        # Colours that were searched: an entry for each of 2^24, of which the system keeps the pages in use.
        if dither == "bayer":
            self._pairs = np.zeros(1 << 24, np.uint32)
            self._thresholds = bayer(3)
        else:
            self._table: Buffer = np.zeros(1 << 24, np.uint8)
        if dither == "floyd-steinberg":
            self._background = -1 if spec.background is None else _key(spec.background)
            self._before: Buffer = np.zeros(3 * n, np.uint8)
            self._errors = np.zeros(3 * n, np.int8)
            self._fresh = True

    def __call__(self, rgb: Buffer) -> Buffer:
        """Return the rows of a frame; they are valid until the next call."""
        if self._dither == "floyd-steinberg":
            self._diffuse(rgb)
            return self._rows
        blocks = _threads.blocks(len(self._rows), _GRAIN)

        def block(i: int) -> None:
            if self._dither == "bayer":
                mix(rgb, *blocks[i], self._width, self._palette, self._thresholds, self._pairs, self._rows)
            else:
                nearest(rgb, *blocks[i], self._palette, self._table, self._rows)

        _threads.run(block, len(blocks))
        return self._rows

    def _diffuse(self, rgb: Buffer) -> None:
        count = max(1, self._height // _BAND_ROWS)
        edges = [self._height * i // count for i in range(count + 1)]

        def band(i: int) -> None:
            diffuse(
                rgb, self._before, self._fresh, edges[i], edges[i + 1], self._width, self._palette,
                self._background, self._table, self._errors, self._rows,
            )  # fmt: skip

        _threads.run(band, count)
        self._before[:] = rgb
        self._fresh = False


def bayer(order: int) -> NDArray[np.uint8]:
    """Return the numbers 0 to 4**order - 1 on a square, each far from those that are close to it."""
    square = np.zeros((1, 1), np.int64)
    for _ in range(order):
        square = np.block([[4 * square, 4 * square + 2], [4 * square + 3, 4 * square + 1]])
    return square.astype(np.uint8)


def _key(color: tuple[int, int, int]) -> int:
    return color[0] << 16 | color[1] << 8 | color[2]


@inline
def _nearest_row(r: np.int64, g: np.int64, b: np.int64, palette: NDArray[np.int32]) -> np.int64:
    best, row = np.int64(1 << 30), np.int64(0)
    for k in range(len(palette)):
        dr, dg, db = palette[k, 0] - r, palette[k, 1] - g, palette[k, 2] - b
        gap = dr * dr + dg * dg + db * db
        if gap < best:
            best, row = gap, np.int64(k)
    return row


@inline
def _row(r: np.int64, g: np.int64, b: np.int64, palette: NDArray[np.int32], table: Buffer) -> np.int64:
    """Return the nearest row; `table` remembers it, plus one. Threads may fill it together."""
    key = (r << 16) | (g << 8) | b
    if table[key] == 0:
        table[key] = np.uint8(_nearest_row(r, g, b, palette) + 1)
    return np.int64(table[key]) - 1


@kernel
def nearest(
    rgb: Buffer, first: int, end: int, palette: NDArray[np.int32], table: Buffer, out: Buffer
) -> None:
    """Replace the pixels `first` to `end` by their nearest rows."""
    last, row = np.int64(-1), np.int64(0)
    for i in range(first, end):
        r, g, b = np.int64(rgb[3 * i]), np.int64(rgb[3 * i + 1]), np.int64(rgb[3 * i + 2])
        key = (r << 16) | (g << 8) | b
        if key != last:
            row, last = _row(r, g, b, palette, table), key
        out[i] = row


@inline
def _pair(r: np.int64, g: np.int64, b: np.int64, palette: NDArray[np.int32]) -> np.uint32:
    """Return two rows and the 64ths of the second whose mixture comes closest to a colour.

    The first is the nearest row; the second minimises the squared error of the mean plus `_NOISE` times
    the variance of what is shown. Bit 31 is set, so that no pair is 0.
    """
    one = _nearest_row(r, g, b, palette)
    x, y, z = r - palette[one, 0], g - palette[one, 1], b - palette[one, 2]
    least = np.float64(x * x + y * y + z * z)
    two, share = one, np.int64(0)
    for k in range(len(palette)):
        u, v, w = (
            palette[k, 0] - palette[one, 0],
            palette[k, 1] - palette[one, 1],
            palette[k, 2] - palette[one, 2],
        )
        apart = u * u + v * v + w * w
        along = x * u + y * v + z * w
        if along <= 0:
            continue
        # The minimum of |c - t d|^2 + noise t (1 - t) |d|^2 over t.
        t = (along / apart - _NOISE / 2) / (1 - _NOISE)
        part = np.int64(np.rint(64 * min(max(t, 0.0), 0.5)))
        t = part / 64
        off = (x - t * u) ** 2 + (y - t * v) ** 2 + (z - t * w) ** 2 + _NOISE * t * (1 - t) * apart
        if off < least:
            least, two, share = off, np.int64(k), part
    return np.uint32(one | (two << 8) | (share << 16) | (1 << 31))


@kernel
def mix(
    rgb: Buffer,
    first: int,
    end: int,
    width: int,
    palette: NDArray[np.int32],
    thresholds: Buffer,
    pairs: NDArray[np.uint32],
    out: Buffer,
) -> None:
    """Replace the pixels `first` to `end` by one of two rows, by their places; `pairs` remembers which."""
    for i in range(first, end):
        r, g, b = np.int64(rgb[3 * i]), np.int64(rgb[3 * i + 1]), np.int64(rgb[3 * i + 2])
        key = (r << 16) | (g << 8) | b
        if pairs[key] == 0:
            pairs[key] = _pair(r, g, b, palette)
        pair = np.int64(pairs[key])
        y = i // width
        second = ((pair >> 16) & 127) > thresholds[y & 7, (i - y * width) & 7]
        out[i] = (pair >> 8) & 255 if second else pair & 255


@kernel
def diffuse(
    rgb: Buffer,
    before: Buffer,
    fresh: bool,
    top: int,
    bottom: int,
    width: int,
    palette: NDArray[np.int32],
    background: int,
    table: Buffer,
    errors: NDArray[np.int8],
    out: Buffer,
) -> None:
    """Replace the lines `top` to `bottom`; errors go right, and down to three pixels.

    Background stays exact and hands nothing on: errors of a point's edge would show as specks beside it.
    """
    wanted = np.zeros(3, np.int64)
    for y in range(top, bottom):
        for x in range(width):
            i = y * width + x
            at = 3 * i
            same = rgb[at] == before[at] and rgb[at + 1] == before[at + 1] and rgb[at + 2] == before[at + 2]
            if same and not fresh:
                continue
            r, g, b = np.int64(rgb[at]), np.int64(rgb[at + 1]), np.int64(rgb[at + 2])
            exact = ((r << 16) | (g << 8) | b) == background
            for c in range(3):
                error = np.int64(8)
                if not exact:
                    up = at + c - 3 * width
                    if x > 0:
                        error += 7 * np.int64(errors[at + c - 3])
                    if y > top:
                        error += 5 * np.int64(errors[up])
                        if x > 0:
                            error += np.int64(errors[up - 3])
                        if x < width - 1:
                            error += 3 * np.int64(errors[up + 3])
                moved = np.int64(rgb[at + c]) + (error >> np.int64(4))
                wanted[c] = min(np.int64(255), max(np.int64(0), moved))
            row = _row(wanted[0], wanted[1], wanted[2], palette, table)
            for c in range(3):
                off = np.int64(0) if exact else wanted[c] - palette[row, c]
                errors[at + c] = min(np.int64(127), max(np.int64(-127), off))
            out[i] = row
