"""Windows on a view: around a box of the data, and as a lens."""

from __future__ import annotations

from dataclasses import replace

from gpuanim.view._base import Bounds
from gpuanim.view.flight import Window
from gpuanim.view.plane import View

__all__ = ["CLOSEST", "around", "pixel", "seen_through", "whole"]

CLOSEST = 40.0
"""Zoom that cells are never shown closer with: a single one has no extent."""


def whole(view: View) -> Window:
    """Return the window that shows a view as it is."""
    left, top, width, height = view.box
    return Window(left + width / 2, top + height / 2, 1.0)


def around(view: View, bounds: Bounds, margin: float = 0.0, closest: float = 1e9) -> Window:
    """Return the window that just shows a box of the data, with a `margin` as a share of its sides.

    Its scales are those of the view, so that nothing changes its shape; the box lies in its middle.
    """
    (x0, y0), (x1, y1) = pixel(view, *bounds[::2]), pixel(view, *bounds[1::2])
    sides = max(abs(x1 - x0) / view.box[2], abs(y1 - y0) / view.box[3]) * (1 + 2 * margin)
    return Window((x0 + x1) / 2, (y0 + y1) / 2, 1 / max(sides, 1 / closest))


def pixel(view: View, x: float, y: float) -> tuple[float, float]:
    """Return where a place of the data lies on the frame."""
    left, top, width, height = view.box
    return left + _share(x, view.xlim) * width, top + (1 - _share(y, view.ylim)) * height


def seen_through(view: View, window: Window) -> View:
    """Return the view that fills the box of `view` with a window on it."""
    left, top, width, height = view.box
    if _close(window, whole(view), width):
        return view
    x, y = (window.x - left) / width, 1 - (window.y - top) / height
    half = 0.5 / window.zoom
    xlim, ylim = _part(view.xlim, x - half, x + half), _part(view.ylim, y - half, y + half)
    return replace(view, xlim=xlim, ylim=ylim, zoom=window.zoom)


def _share(value: float, limits: tuple[float, float]) -> float:
    return (value - limits[0]) / (limits[1] - limits[0])


def _part(limits: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    length = limits[1] - limits[0]
    return limits[0] + low * length, limits[0] + high * length


def _close(one: Window, other: Window, width: float) -> bool:
    """Return whether two windows differ by less than a millionth of a pixel: what rounding does."""
    off = max(abs(one.x - other.x), abs(one.y - other.y), width * abs(one.zoom - other.zoom))
    return off < 1e-6
