"""The two plain stages: nothing but points, and one empty pair of axes around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Fitted, Stage, StageLayers
from gpuanim.errors import OptionError
from gpuanim.look import Limits
from gpuanim.view.plane import View

__all__ = ["BareAxes", "Frameless"]

_WHITE = np.array([255, 255, 255], np.uint8)


@dataclass(frozen=True, eq=False)
class Frameless(Stage):
    """Points from edge to edge of the frame; matplotlib is not needed.

    Parameters
    ----------
    figsize, background
        As in `Stage`.
    limits
        Part of the data to show.
    """

    figsize: tuple[float, float]
    background: NDArray[np.uint8] | None
    limits: Limits

    def without_background(self) -> Self:
        return replace(self, background=None)

    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        view = self.limits.view((0.0, 0.0, float(size[0]), float(size[1])))
        return StageLayers((view,), _WHITE if self.background is None else self.background, None)

    def describe(self) -> dict[str, Any]:
        told = {name: getattr(self.limits, name) for name in ("xlim", "ylim", "margin", "aspect")}
        return told | {"axes": False}


@dataclass(frozen=True, eq=False)
class BareAxes(Stage):
    """Axes without ticks on a figure, as `plt.subplots(figsize=figsize)` makes them.

    The layout is tight for axes with ticks, which are removed afterwards: this is what the code that
    `create_animation` stands in for does. matplotlib's rcParams (colours, margins, spines) apply.

    Parameters
    ----------
    figsize
        Width and height in inches.
    bounds
        (xmin, xmax, ymin, ymax) of the data; the limits add matplotlib's margins.
    """

    figsize: tuple[float, float]
    bounds: tuple[float, float, float, float]
    background = _WHITE

    def without_background(self) -> Self:
        raise OptionError("a film with axes has their background; use animate() for a transparent one")

    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        fig, ax = self._figure()
        fig.set_dpi(dpi)
        box = ax.get_window_extent()
        height = fig.bbox.height
        view = View(
            tuple(ax.get_xlim()),
            tuple(ax.get_ylim()),
            (float(box.x0), float(height - box.y1), float(box.width), float(box.height)),
        )
        under = _draw(fig, ax, size, over=False)[..., :3]
        uniform = bool((under == under[0, 0]).all())
        return StageLayers((view,), under[0, 0] if uniform else under, _draw(fig, ax, size, over=True))

    def describe(self) -> dict[str, Any]:
        return {"xlim": None, "ylim": None, "margin": 0.05, "aspect": "auto", "axes": True}

    def _figure(self) -> tuple[Any, Any]:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        fig: Any = Figure(figsize=self.figsize)
        FigureCanvasAgg(fig)
        ax = fig.add_subplot()
        fig.tight_layout()
        ax.set_xticks([])
        ax.set_yticks([])
        x0, x1, y0, y1 = self.bounds
        ax.update_datalim([(x0, y0), (x1, y1)])
        ax.autoscale_view()
        return fig, ax


def _draw(fig: Any, ax: Any, size: tuple[int, int], *, over: bool) -> NDArray[np.uint8]:
    """Draw either the backgrounds of figure and axes, or all that lies above the points."""
    fig.patch.set_visible(not over)
    ax.patch.set_visible(not over)
    for artist in ax.get_children():
        if artist is not ax.patch:
            artist.set_visible(over)
    fig.canvas.draw()
    picture = np.asarray(fig.canvas.buffer_rgba())
    width, height = size
    grow = ((0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0))
    return np.pad(picture, grow, mode="edge") if any(g[1] for g in grow) else picture.copy()
