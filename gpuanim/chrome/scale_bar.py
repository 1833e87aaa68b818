"""The scale bar in a corner: how long it is and what it says, for the part of the data that is shown."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

from gpuanim.chrome._base import Attached, Moment
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.layout import Box
from gpuanim.chrome.parts import ScaleBar
from gpuanim.errors import OptionError

__all__ = ["CarriedBar", "DrawnBar", "length_and_label", "start"]


class DrawnBar:
    """A line and its label.

    Parameters
    ----------
    line, text
        Of matplotlib, in pixels of the frame, with their final heights and font.
    bar
        What it is to be.
    box
        Of the panel.
    pad
        Pixels between things and the edge of the box.
    canvas
        Where it will be drawn.
    """

    def __init__(self, line: Any, text: Any, bar: ScaleBar, box: Box, pad: float, canvas: Canvas) -> None:
        self.line, self.text = line, text
        self.box = box
        self._bar, self._pad, self._canvas = bar, pad, canvas
        text.set_horizontalalignment("center")

    def show(self, span: float) -> tuple[str, float]:
        """Fit it to an x axis of so many units, and return its label and its length in pixels.

        The label stands in the middle above the line, but never outside of the box.
        """
        length, label = length_and_label(self._bar, span, self.box)
        pixels = length / span * self.box.width
        x0 = start(self._bar.loc, pixels, self.box, self._pad)
        self.line.set_xdata([x0, x0 + pixels])
        self.text.set_text(label)
        half = self._pad + self.text.get_window_extent(self._canvas.renderer).width / 2
        self.text.set_x(min(max(x0 + pixels / 2, self.box.left + half), self.box.right - half))
        return label, pixels


class CarriedBar(Attached):
    """A scale bar of a panel over which a camera moves.

    Parameters
    ----------
    drawn
        The bar.
    number
        Of the panel's cloud.
    """

    def __init__(self, drawn: DrawnBar, number: int) -> None:
        self.artists = [drawn.line, drawn.text]
        self._drawn, self._number = drawn, number

    def show(self, moment: Moment) -> Hashable:
        return self._drawn.show(self._drawn.box.width / moment.lenses[self._number].pixels_per_unit())


def length_and_label(bar: ScaleBar, span: float, box: Box) -> tuple[float, str]:
    """Return the length in units of an x axis of so many, and the label; raises OptionError."""
    length = _round_length(span, box) if bar.length is None else float(bar.length)
    if length > span:
        raise OptionError(f"scale_bar: length {length:g} does not fit the x axis, which spans {span:g}")
    return length, f"{length:g} {bar.unit}".strip() if bar.label is None else bar.label


def start(corner: str, width: float, box: Box, pad: float) -> float:
    """Return the left pixel of something of a width in a corner."""
    side = corner.partition(" ")[2]
    if side == "left":
        return box.left + pad
    right = box.right - pad - width
    return right if side == "right" else box.left + (box.width - width) / 2


def _round_length(span: float, box: Box) -> float:
    """Return 1, 2 or 5 times a power of ten, up to a quarter of the box's shorter side."""
    most = span / 4 * min(box.height / box.width, 1.0)
    power = 10.0 ** math.floor(math.log10(most))
    return max(power * step for step in (1, 2, 5) if power * step <= most)
