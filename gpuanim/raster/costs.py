"""What renderers cost: seconds as a sum over what there is to draw, and the rates of typical machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BEST", "CORES", "DEFAULTS", "KINDS", "Costs", "Load", "Rates"]

KINDS = ("cpu", "cuda", "opengl", "opengl, data centre", "opengl, software")
"""What is weighed: OpenGL by what draws it."""


_CUT = 1 / 512
"""As in `kernels.build`: what lets through less hides the rest."""

_EDGES = 0.75
"""Mean share of a pixel that an antialiased disc covers, of those that it touches."""


@dataclass(frozen=True)
class Load:
    """The points of a panel.

    Parameters
    ----------
    points
        Discs in a frame.
    fragments
        Pixels of the squares around them: each side is the disc's diameter and one pixel more.
    alpha, antialias, mixing
        As in `Scene`.
    pixels
        Of the clip.
    still
        Whether no point moves.
    """

    points: int
    fragments: float
    alpha: float
    antialias: bool
    mixing: str
    pixels: int
    still: bool

    @property
    def shown(self) -> float:
        """Fragments that can be seen, where they are spread evenly."""
        share = self.alpha * (_EDGES if self.antialias else 1.0)
        layers = 1.0 if share >= 1.0 else math.log(_CUT) / math.log1p(-max(share, _CUT))
        return min(self.fragments, self.pixels * max(layers, 1.0))


@dataclass(frozen=True)
class Rates:
    """Seconds that one pass over the points of a panel takes.

    Parameters
    ----------
    base
        However little there is to do.
    point
        For each point.
    fragment
        For each pixel that the square around a point touches, hidden ones as well.
    shown
        For each of those that can be seen: where enough lie above, no more are.
    pixel
        For each pixel of the panel.
    """

    base: float = 0.0
    point: float = 0.0
    fragment: float = 0.0
    shown: float = 0.0
    pixel: float = 0.0

    def seconds(self, load: Load) -> float:
        """Return what a pass takes."""
        return (
            self.base + self.point * load.points + self.fragment * load.fragments
            + self.shown * load.shown + self.pixel * load.pixels
        )  # fmt: skip

    def times(self, factor: float) -> Rates:
        """Return the rates of a machine that takes so many times as long."""
        return Rates(*(factor * rate for rate in vars(self).values()))


@dataclass(frozen=True)
class Costs:
    """Seconds of a renderer.

    Parameters
    ----------
    start
        Before its first frame, once a film.
    place
        To take the points of a still panel, once a film.
    redraw
        A frame of points that stand still.
    move
        A frame of points that move.
    """

    start: float
    place: Rates
    redraw: Rates
    move: Rates

    def on(self, cores: int, measured: int) -> Costs:
        """Return what it is on so many cores, where it was measured on others."""
        factor = (measured / cores) ** _SCALING
        return Costs(self.start, *(rates.times(factor) for rates in (self.place, self.redraw, self.move)))


_SCALING = 0.9
"""Power of the number of cores by which drawing gets faster: memory and the serial rest hold it back."""

CORES = 2
"""Those that `DEFAULTS` were measured on."""

DEFAULTS: Mapping[str, Costs] = {
    "cpu": Costs(
        0.1,
        place=Rates(5e-4, 1.4e-7, 0.0, 8.8e-9, 1.8e-9),
        redraw=Rates(1e-4, 3.7e-9, 0.0, 3.4e-10, 4e-11),
        move=Rates(3e-4, 4.2e-8, 3.3e-10, 4.5e-9, 3.5e-10),
    ),
    "cuda": Costs(
        2.5,
        place=Rates(2e-3, 4e-9, 1e-10, 1e-10, 1e-10),
        redraw=Rates(5e-4, 1e-9, 0.0, 1e-10, 8e-10),
        move=Rates(2e-3, 4e-9, 1e-10, 1e-10, 8e-10),
    ),
    "opengl": Costs(
        1.0,
        place=Rates(1e-3, 4e-9),
        redraw=Rates(1e-3, 2e-9, 4e-10, 0.0, 2e-9),
        move=Rates(1e-3, 6e-9, 4e-10, 0.0, 2e-9),
    ),
    "opengl, data centre": Costs(
        1.5,
        place=Rates(1e-3, 4e-9),
        redraw=Rates(1e-3, 8e-9, 3e-9, 0.0, 3e-9),
        move=Rates(1e-3, 1.2e-8, 3e-9, 0.0, 3e-9),
    ),
    "opengl, software": Costs(
        0.1,
        place=Rates(1e-4, 7.2e-10),
        redraw=Rates(1e-4, 4.6e-7, 4.4e-9, 0.0, 1.3e-8),
        move=Rates(1e-4, 4.6e-7, 4.4e-9, 0.0, 1.3e-8),
    ),
}
"""The CPU's and software's were measured on two cores; those of GPUs are estimates on the careful side."""

_COPIED = Rates(1e-4, 3e-10, pixel=2e-10)
_UPLOADED = Rates(2e-4, 1e-9, pixel=2e-10)
BEST: Mapping[str, Costs] = {
    "cuda": Costs(2.0, place=_UPLOADED, redraw=_COPIED, move=_UPLOADED),
    "opengl": Costs(0.5, place=_UPLOADED, redraw=_COPIED, move=_UPLOADED),
}
"""A GPU that draws in no time: what is left is handing it the points and reading the frames back."""
