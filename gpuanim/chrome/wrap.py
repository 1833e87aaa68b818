"""Texts broken into lines: at spaces, then within words, and only then in a smaller font."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["LEAST_POINTS", "Measure", "broken", "fit_lines", "measure_of"]

LEAST_POINTS = 6.0
"""Size of a font below which nobody can read it; texts are broken before they get there."""

_WORD = re.compile(r"(?:\$[^$]*\$|[^\s$]|\$)+")
"""What stands between spaces; a formula is one with all that touches it."""

_PIECE = re.compile(r"[^/_|,;:\-]*[/_|,;:\-]+|[^/_|,;:\-]+")
"""What words may be broken after."""


@dataclass(frozen=True)
class Measure:
    """Widths of texts in a font.

    Parameters
    ----------
    width
        Of a text without spaces at its ends, in units of the font's size.
    space
        Width of a space, likewise.
    """

    width: Callable[[str], float]
    space: float

    def scaled(self, font: float) -> Measure:
        """Return widths in the unit of `font`."""
        return Measure(lambda text: font * self.width(text), font * self.space)


def measure_of(artist: Any, renderer: Any) -> Measure:
    """Return the widths of texts in the font of a `matplotlib.text.Text`, which is left as it is.

    Widths are taken at the size that it has, and grow in proportion.
    """
    size, known = artist.get_fontsize(), dict[str, float]()

    def width(text: str) -> float:
        if text not in known:
            before = artist.get_text()
            artist.set_text(text)
            known[text] = artist.get_window_extent(renderer).width / size
            artist.set_text(before)
        return known[text]

    return Measure(width, width("x x") - width("xx"))


def broken(text: str, width: float, measure: Measure, *, anywhere: bool = False) -> str | None:
    """Return a text in lines that are about equally long, as few as fit a width.

    Parameters
    ----------
    text
        Its own line breaks stay.
    width
        In the unit of `measure`.
    measure
        Of the font.
    anywhere
        Whether words that are too long may be broken between any two letters.

    Returns
    -------
    str or None
        None if a word does not fit.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        words = [_Word(word, measure.width(word)) for word in _WORD.findall(line)]
        found = _lines(list(_parts(words, width, measure, anywhere=anywhere)), width, measure.space)
        if found is None:
            return None
        lines += found or [""]
    return "\n".join(lines)


def fit_lines(
    artist: Any, renderer: Any, text: str, room: tuple[float, float], fontsize: float
) -> tuple[float, float]:
    """Write a text in lines, in the largest font up to `fontsize` points with which it fits a room.

    It may not fit in a font that can be read; the caller shrinks it then.

    Parameters
    ----------
    artist
        A `matplotlib.text.Text` without rotation.
    room
        Width and height in pixels; the height may be infinite.

    Returns
    -------
    width, height
        What it takes, in pixels.
    """
    artist.set_text(text)
    artist.set_fontsize(fontsize)
    size = _size(artist, renderer)
    if _fits(size, room) or not text.strip():
        return size
    measure, font = measure_of(artist, renderer), fontsize
    while True:
        own = measure.scaled(font)
        least = font <= LEAST_POINTS
        lines = broken(text, 0.995 * room[0], own, anywhere=least)
        if lines is not None:
            artist.set_text(lines)
            artist.set_fontsize(font)
            size = _size(artist, renderer)
            if _fits(size, room):
                return size
        if least:
            return size
        over = math.sqrt(max(room[1], 0.0) / size[1]) if lines is not None and size[1] > room[1] else 0.97
        font = max(font * min(max(over, 0.7), 0.97), min(LEAST_POINTS, fontsize))


@dataclass(frozen=True)
class _Word:
    """A part of a text that stays together; `glued` to the one before without a space."""

    text: str
    width: float
    glued: bool = False


def _parts(words: Sequence[_Word], width: float, measure: Measure, *, anywhere: bool) -> Iterator[_Word]:
    """Yield words, those that are too long in pieces."""
    for word in words:
        if word.width <= width or "$" in word.text:
            yield word
            continue
        for i, piece in enumerate(_PIECE.findall(word.text)):
            long = _Word(piece, measure.width(piece), i > 0)
            if long.width <= width or not anywhere:
                yield long
                continue
            each = max(int(len(piece) * width / long.width), 1)  # letters that fit, about
            for k in range(0, len(piece), each):
                part = piece[k : k + each]
                yield _Word(part, min(measure.width(part), width), i + k > 0)


def _lines(words: Sequence[_Word], width: float, space: float) -> list[str] | None:
    """Return lines of words, about equally long and as few as fit; None if a word is too long."""
    if any(word.width > width for word in words):
        return None
    lines = _filled(words, width, space)
    low, high = 0.0, width
    while high - low > space:  # the narrowest that takes as many
        middle = (low + high) / 2
        tried = _filled(words, middle, space)
        if len(tried) > len(lines):
            low = middle
        else:
            high, lines = middle, tried
    return lines


def _filled(words: Sequence[_Word], width: float, space: float) -> list[str]:
    lines: list[str] = []
    used = 0.0
    for word in words:
        gap = 0.0 if word.glued else space
        if lines and used + gap + word.width <= width:
            lines[-1] += ("" if word.glued else " ") + word.text
            used += gap + word.width
        else:
            lines.append(word.text)
            used = word.width
    return lines


def _size(artist: Any, renderer: Any) -> tuple[float, float]:
    extent = artist.get_window_extent(renderer)
    return float(extent.width), float(extent.height)


def _fits(size: tuple[float, float], room: tuple[float, float]) -> bool:
    return size[0] <= room[0] and size[1] <= room[1]
