"""How many columns a legend has, where its names are broken into lines, and in which font."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gpuanim.chrome.moving import Room
from gpuanim.chrome.wrap import LEAST_POINTS, Measure, broken

__all__ = ["Rows", "Spacing", "best_rows"]

_STEP = 0.94
"""Ratio of the fonts that are tried."""

_MOST_COLUMNS = 12

_TINY = 0.05
"""Of the font asked for: below that nothing is tried."""


@dataclass(frozen=True)
class Rows:
    """The texts of a legend, its columns, and its font in points."""

    names: tuple[str, ...]
    title: str | None
    ncols: int
    font: float

    def smaller(self, share: float) -> Rows:
        """Return the same in a smaller font."""
        return replace(self, font=self.font * share)


@dataclass(frozen=True)
class Spacing:
    """What things take in a legend, in pixels for a font of one point.

    Parameters
    ----------
    measure
        Widths of texts.
    line, next_line
        Height of one line, and of each further one.
    row_gap, column_gap
        Between entries, and between columns.
    beside
        Width of a handle, with what is between it and its text.
    border
        Between texts and the frame.
    """

    measure: Measure
    line: float
    next_line: float
    row_gap: float
    column_gap: float
    beside: float
    border: float

    def height(self, text: str) -> float:
        """Return the height of a text of one or more lines."""
        return self.line + text.count("\n") * self.next_line

    def width(self, text: str) -> float:
        """Return the width of a text of one or more lines."""
        return max(self.measure.width(line) for line in text.split("\n"))

    def size(self, rows: Rows) -> tuple[float, float]:
        """Return width and height of a legend in pixels."""
        n = len(rows.names)
        columns = _columns(rows.names, rows.ncols)
        across = sum(self.beside + max(map(self.width, column)) for column in columns)
        across += (len(columns) - 1) * self.column_gap
        down = max(sum(map(self.height, column)) + (len(column) - 1) * self.row_gap for column in columns)
        if rows.title and n:
            across = max(across, self.width(rows.title))
            down += self.height(rows.title) + self.row_gap
        return (across + 2 * self.border) * rows.font, (down + 2 * self.border) * rows.font


def best_rows(
    names: Sequence[str],
    title: str | None,
    spacing: Spacing,
    room: Room,
    font: float,
    usual: int,
    fixed: int | None,
) -> Rows:
    """Return the columns and lines with which the font can be largest, with as few lines as possible.

    Parameters
    ----------
    names, title
        What is listed.
    spacing
        What things take.
    room
        Pixels.
    font
        Points, the largest.
    usual
        Columns that are preferred.
    fixed
        Columns that are asked for, or None.
    """
    counts = [usual] if fixed is not None else range(1, min(len(names), _MOST_COLUMNS) + 1)
    size = font
    while size > _TINY * font:
        fitting = [
            rows
            for k in counts
            for rows in (
                Rows(tuple(names), title, k, size),  # columns need not be equally wide
                _broken(names, title, spacing, room, size, k),
            )
            if rows is not None and _fits(spacing.size(rows), room)
        ]
        if fitting:
            return min(fitting, key=lambda rows: (_n_lines(rows), abs(rows.ncols - usual)))
        step = size * _STEP
        size = LEAST_POINTS if step < LEAST_POINTS < size else step
    return Rows(tuple(names), title, usual, size)


def _broken(
    names: Sequence[str], title: str | None, spacing: Spacing, room: Room, font: float, ncols: int
) -> Rows | None:
    """Return names in lines that fit as many columns, None if a word does not."""
    free = room.width / font - 2 * spacing.border
    wide = (free - (ncols - 1) * spacing.column_gap) / ncols - spacing.beside
    anywhere = ncols == 1 and font <= LEAST_POINTS
    if wide <= 0:
        return None
    lines = []
    for name in names:
        whole = spacing.width(name) <= wide
        text = name if whole else broken(name, wide, spacing.measure, anywhere=anywhere)
        if text is None:
            return None
        lines.append(text)
    head = title
    if title and spacing.width(title) > free:
        head = broken(title, free, spacing.measure, anywhere=anywhere)
        if head is None:
            return None
    return Rows(tuple(lines), head, ncols, font)


def _columns(names: Sequence[str], ncols: int) -> list[Sequence[str]]:
    """Return what stands in each column: as matplotlib has it, the first ones have one more."""
    each, more = divmod(len(names), ncols)
    columns, start = [], 0
    for k in range(ncols):
        end = start + each + (k < more)
        columns.append(names[start:end])
        start = end
    return [column for column in columns if len(column)]


def _n_lines(rows: Rows) -> int:
    return sum(name.count("\n") + 1 for name in rows.names)


def _fits(size: tuple[float, float], room: Room) -> bool:
    return size[0] <= room.width and size[1] <= room.height
