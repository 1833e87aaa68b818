"""Texts that differ in their digits only are shaped once: in most fonts all digits take the same room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Glyph", "Shape", "Shapes"]

_KEPT = 512
"""Shapes at most."""

_DIGITS = "0123456789"
_BLANK = str.maketrans(_DIGITS, "0" * 10)
_PAIRS = "".join(a + b for a in _DIGITS for b in _DIGITS)
"""Every pair of digits: those that are kerned show in it."""

Glyph = tuple[Any, int, float, float]
"""Font, index in it, and place from the start of the text in pixels, y upwards."""
Layout = Callable[[str], Sequence[Glyph]]
Measure = Callable[[str], tuple[float, float, float]]


@dataclass(frozen=True)
class Shape:
    """What texts have in common that differ in their digits only.

    Parameters
    ----------
    extent
        Width, height and descent in pixels.
    glyphs
        Of the text with zeros for all digits.
    digits
        Positions of the digits in it.
    forms
        Indices of the ten digits in the font.
    """

    extent: tuple[float, float, float]
    glyphs: tuple[Glyph, ...]
    digits: tuple[int, ...]
    forms: tuple[int, ...]

    def laid(self, text: str) -> list[Glyph]:
        """Return the glyphs of a text of this shape."""
        glyphs = list(self.glyphs)
        for at in self.digits:
            font, _, x, y = glyphs[at]
            glyphs[at] = (font, self.forms[int(text[at])], x, y)
        return glyphs


class Shapes:
    """Knows the shapes of texts in fonts.

    A shape stands for other digits only where that has been found to be true: the text is laid out with
    each digit in place of all, and every pair of digits is, and nothing but the digits' own forms may differ.
    """

    def __init__(self) -> None:
        self._shapes: dict[Any, Shape | None] = {}
        self._forms: dict[Any, tuple[int, ...] | None] = {}

    def of(self, font: Any, text: str, layout: Layout, measure: Measure) -> Shape | None:
        """Return the shape of a text, or None if it has to be laid out by itself.

        Parameters
        ----------
        font
            What its layout depends on besides the text, hashable.
        layout, measure
            Return glyphs and extent of a text in that font.
        """
        blank = text.translate(_BLANK)
        key = (font, blank)
        if key not in self._shapes:
            if len(self._shapes) >= _KEPT:
                self._shapes.clear()
            self._shapes[key] = self._found(font, blank, layout, measure)
        return self._shapes[key]

    def _found(self, font: Any, blank: str, layout: Layout, measure: Measure) -> Shape | None:
        glyphs, extent = tuple(layout(blank)), measure(blank)
        digits = tuple(i for i, character in enumerate(blank) if character == "0")
        if not digits:
            return Shape(extent, glyphs, (), ())
        if font not in self._forms:
            self._forms[font] = _forms(layout)
        forms = self._forms[font]
        if forms is None or len(glyphs) != len(blank):  # ligatures, or scripts that are written otherwise
            return None
        shape = Shape(extent, glyphs, digits, forms)
        for digit in _DIGITS:
            other = blank.replace("0", digit)
            if shape.laid(other) != list(layout(other)) or measure(other) != extent:
                return None
        return shape


def _forms(layout: Layout) -> tuple[int, ...] | None:
    """Return the indices of the digits in the font, None if they do not all take the same room."""
    forms = tuple(glyphs[0][1] if len(glyphs := layout(digit)) == 1 else -1 for digit in _DIGITS)
    step = layout("00")[-1][2]
    glyphs = layout(_PAIRS)
    even = all(
        index == forms[int(digit)] and x == i * step and y == 0
        for i, (digit, (_, index, x, y)) in enumerate(zip(_PAIRS, glyphs, strict=False))
    )
    return forms if even and len(glyphs) == len(_PAIRS) else None
