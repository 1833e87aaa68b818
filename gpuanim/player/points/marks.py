"""The marks of a page: symbols at cells and lassos, as outlines that a canvas draws above the points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome.marks import Lasso, Symbols
from gpuanim.player.points.place import Placement

__all__ = ["mark_facts"]

_FINE = 100.0
"""Curves become lines as if symbols were so many pixels wide."""


def mark_facts(
    marks: Sequence[Symbols | Lasso], placement: Placement, dpi: float, text_color: Any
) -> list[dict[str, Any]]:
    """Return what the page draws for each mark.

    Parameters
    ----------
    placement
        Of the points.
    dpi
        Film pixels per inch.
    text_color
        Of the figure, for lassos without a colour.

    Returns
    -------
    list of dict
        ``places`` as those of the points; ``outlines`` around each of them in film pixels, y upwards (none:
        a line through the places); ``fill`` and ``edge``, colours or None; ``width`` and ``dash`` of the edge
        and the ``rim`` of white around it in film pixels; and its ``label``.
    """
    pixels = dpi / 72
    return [
        _symbols(mark, placement, pixels)
        if isinstance(mark, Symbols)
        else _lasso(mark, placement, pixels, text_color)
        for mark in marks
    ]


def _symbols(mark: Symbols, placement: Placement, pixels: float) -> dict[str, Any]:
    from matplotlib.markers import MarkerStyle
    from matplotlib.transforms import Affine2D

    look = mark.look()
    style = MarkerStyle(look.marker)
    path = style.get_path().transformed(style.get_transform() + Affine2D().scale(_FINE))
    size = math.sqrt(mark.size) * pixels / _FINE
    lines = path.to_polygons(closed_only=False)
    outlines = [np.round(np.asarray(line, np.float64) * size, 2).tolist() for line in lines]
    return {
        "places": _places(mark.places, placement),
        "outlines": outlines,
        "fill": _css(look.fill),
        "edge": _css(look.edge),
        "width": look.width * pixels,
        "dash": [],
        "rim": look.rim * pixels,
        "label": mark.label,
    }


def _lasso(mark: Lasso, placement: Placement, pixels: float, text_color: Any) -> dict[str, Any]:
    return {
        "places": _places(mark.corners, placement),
        "outlines": [],
        "fill": None,
        "edge": _css(mark.color or text_color),
        "width": mark.width * pixels,
        "dash": [part * mark.width * pixels for part in mark.dash],
        "rim": 0.0,
        "label": mark.label,
    }


def _places(data: NDArray[np.floating[Any]], placement: Placement) -> list[list[float]]:
    places: list[list[float]] = np.round((data - placement.low) / placement.step - 0.5, 2).tolist()
    return places


def _css(color: Any) -> str | None:
    from matplotlib.colors import to_hex

    return None if color is None else to_hex(color)
