"""A way from one window to another that is smooth and short for the eye."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Window", "between"]

_RHO = math.sqrt(2.0)
"""How much a flight zooms out on its way: viewers of van Wijk & Nuij liked 1.42 best."""


@dataclass(frozen=True)
class Window:
    """What is seen of a view: a part of its shape anywhere on it.

    Parameters
    ----------
    x, y
        Its middle, in pixels of the view's frame.
    zoom
        How many times larger it shows things; its width is that of the view divided by it.
    """

    x: float
    y: float
    zoom: float


def between(start: Window, end: Window, share: float, size: float) -> Window:
    """Return the window after a share, 0..1, of the way from one to another.

    The optimal path of van Wijk & Nuij: pan and zoom go together such that the picture seems to move at a
    constant speed. Between far windows it zooms out and in again.

    Parameters
    ----------
    size
        Pixels of the view from corner to corner: measured so, a flight from the whole view to a part of it
        never zooms out first.

    References
    ----------
    van Wijk, J. J. & Nuij, W. A. A. (2003): Smooth and efficient zooming and panning. IEEE InfoVis.
    """
    if share in (0.0, 1.0):
        return end if share else start
    w0, w1 = size / start.zoom, size / end.zoom
    distance = math.hypot(end.x - start.x, end.y - start.y)
    if distance < 1e-9 * min(w0, w1):
        return Window(start.x, start.y, start.zoom * (end.zoom / start.zoom) ** share)
    grown = _RHO**4 * distance**2
    r0 = -math.asinh((w1**2 - w0**2 + grown) / (2 * w0 * _RHO**2 * distance))
    r1 = -math.asinh((w1**2 - w0**2 - grown) / (2 * w1 * _RHO**2 * distance))
    r = r0 + share * (r1 - r0)  # rho times the length of the path, from r0 on
    gone = w0 / (_RHO**2 * distance) * (math.cosh(r0) * math.tanh(r) - math.sinh(r0))
    w = w0 * math.cosh(r0) / math.cosh(r)
    return Window(start.x + gone * (end.x - start.x), start.y + gone * (end.y - start.y), size / w)
