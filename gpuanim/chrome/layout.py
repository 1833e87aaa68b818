"""Where the axes of a figure go: a grid of equal boxes that leaves room for what hangs out of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Box", "Sides", "grid"]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, `top` from the upper edge of the frame."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def as_tuple(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.width, self.height

    def overlaps(self, other: Box) -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)

    def within(self, other: Box) -> bool:
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True)
class Sides:
    """Pixels by which something hangs out of a box."""

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0

    def union(self, other: Sides) -> Sides:
        return Sides(
            max(self.left, other.left), max(self.right, other.right),
            max(self.top, other.top), max(self.bottom, other.bottom),
        )  # fmt: skip

    def within(self, other: Sides) -> bool:
        return self.union(other) == other


def grid(
    area: Box, sides: Sequence[Sides], ncols: int, pad: float, gap: float
) -> tuple[list[Box], list[Box]]:
    """Return the boxes of the axes, all of one size and row by row, and the cells around them.

    What hangs out of the boxes of one column, or row, gets the same room, so that boxes are in line. The
    outer `pad` is left out where nothing hangs out: points may go to the edge of the frame.

    Parameters
    ----------
    area
        Where all has to fit.
    sides
        What hangs out of each box.
    ncols
        Columns of the grid.
    pad, gap
        Pixels to the edges of the area, and between cells.

    Returns
    -------
    boxes, cells
        One of each for each of `sides`; boxes are of whole pixels. Cells touch in the middle of the gaps.
    """
    columns = _lines([(s.left, s.right) for s in sides], [i % ncols for i in range(len(sides))])
    rows = _lines([(s.top, s.bottom) for s in sides], [i // ncols for i in range(len(sides))])
    across = _divide(area.left, area.right, columns, pad, gap)
    down = _divide(area.top, area.bottom, rows, pad, gap)
    boxes, cells = [], []
    for i in range(len(sides)):
        (x, width, x0, x1), (y, height, y0, y1) = across[i % ncols], down[i // ncols]
        boxes.append(Box(x, y, width, height))
        cells.append(Box(x0, y0, x1 - x0, y1 - y0))
    return boxes, cells


def _lines(overhangs: Sequence[tuple[float, float]], line_of: Sequence[int]) -> list[tuple[float, float]]:
    """Return what hangs out at the low and the high end of each column or row."""
    lines = [(0.0, 0.0)] * (max(line_of) + 1)
    for (low, high), line in zip(overhangs, line_of, strict=True):
        lines[line] = max(lines[line][0], low), max(lines[line][1], high)
    return lines


def _divide(
    start: float, end: float, lines: Sequence[tuple[float, float]], pad: float, gap: float
) -> list[tuple[float, float, float, float]]:
    """Return (start, length) of each box along one direction, and (start, end) of its cell."""
    first = pad if lines[0][0] > 0 else 0.0
    last = pad if lines[-1][1] > 0 else 0.0
    free = end - start - first - last - sum(low + high for low, high in lines) - gap * (len(lines) - 1)
    length = float(max(math.floor(free / len(lines)), 1))
    spare = max(free - length * len(lines), 0.0) / 2  # less than a pixel a line: half on either end
    out, at = [], start + first + spare
    for i, (low, high) in enumerate(lines):
        box = float(math.floor(at + low + 0.5)) if low > 0 or i > 0 or spare >= 1 else start
        after = at + low + length + high
        cell_start = start if i == 0 else at - gap / 2
        cell_end = end if i == len(lines) - 1 else after + gap / 2
        out.append((box, length, cell_start, cell_end))
        at = after + gap
    return out
