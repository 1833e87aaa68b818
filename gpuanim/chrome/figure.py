"""The stage of a finished figure: panels with titles, axes, colour bars and legends, drawn by matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Fitted, Moving, Stage, StageLayers
from gpuanim.chrome.bar import Bar, Scale
from gpuanim.chrome.canvas import Canvas, split_artists, words
from gpuanim.chrome.edges import Edges
from gpuanim.chrome.layout import Box, Sides, grid
from gpuanim.chrome.moving import ArtistMoving, ProgressMoving
from gpuanim.chrome.panel import Panel, PanelStage
from gpuanim.chrome.parts import ColorBar, FigureDress
from gpuanim.chrome.style import Style
from gpuanim.chrome.text import Text
from gpuanim.errors import OptionError
from gpuanim.types import Colors
from gpuanim.values._base import Mapping

__all__ = ["FigureStage", "PanelStage"]

_WHITE = np.array([255, 255, 255], np.uint8)

_SHRINK = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
"""On frames where the panels would be left with too little, all but the points is drawn this much smaller."""

_LEAST_DPI = 12.0
"""Below it FreeType has no font for the smallest letters."""

_LEAST = 0.35
"""The part of its cell, across and down, that the box of a panel must keep."""


@dataclass(frozen=True, eq=False)
class SharedBar:
    """A colour bar beside all panels: what it shows, and how."""

    scale: Scale
    dress: ColorBar


@dataclass(frozen=True, eq=False)
class FigureStage(Stage):
    """A figure with a grid of panels.

    Parameters
    ----------
    figsize, background
        As in `Stage`.
    panels
        The panels, row by row.
    style
        rcParams that hold.
    dress
        What the figure wears besides its panels.
    ncols
        Columns of the grid.
    shared
        A colour bar for all panels.
    """

    figsize: tuple[float, float]
    background: NDArray[np.uint8] | None
    panels: tuple[PanelStage, ...]
    style: Style = field(default_factory=Style.now)
    dress: FigureDress = field(default_factory=FigureDress)
    ncols: int = 4
    shared: SharedBar | None = None

    def __post_init__(self) -> None:
        if not self.panels:
            raise OptionError("a figure needs a panel at least")
        if not isinstance(self.ncols, int | np.integer) or self.ncols < 1:
            raise OptionError(f"ncols must be a whole number from 1 on, not {self.ncols!r}")

    def without_background(self) -> Self:
        return replace(self, background=None)

    @property
    def texts(self) -> tuple[Text, ...]:
        """All texts that may change with the frames, to be checked against the length of the film."""
        return sum((panel.dress.texts for panel in self.panels), self.dress.texts)

    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        clouds = accumulate((panel.points for panel in self.panels), initial=0)
        numbers = tuple(clouds)[:-1]
        mappings = [
            fitted(i) if panel.dress.colorbar and panel.scale and panel.scale.needs_mapping else None
            for i, panel in zip(numbers, self.panels, strict=True)
        ]
        shared = fitted(0) if self.shared is not None and self.shared.scale.needs_mapping else None
        with self.style.applied():
            return drawing(self, dpi, size, numbers, [*mappings, shared]).layers()

    def describe(self) -> dict[str, Any]:
        names = ("xlim", "ylim", "margin", "aspect")
        panels = [
            {name: getattr(panel.limits, name) for name in names} | {"axes": panel.dress.axes}
            for panel in self.panels
        ]
        told = panels[0] if len(panels) == 1 else {"panels": panels, "ncols": int(self.ncols)}
        return told | self.style.describe()


def drawing(
    stage: FigureStage,
    dpi: float,
    size: tuple[int, int],
    numbers: Sequence[int],
    mappings: Sequence[Mapping | None],
) -> Drawing:
    """Make the figure as large as `dpi` says, or smaller where the panels need the room.

    Each panel has the number of its cloud, and the mapping that its colour bar needs; the last mapping is
    that of the bar that they share.
    """
    for shrink in _SHRINK:
        smaller = max(dpi * shrink, _LEAST_DPI)
        made = Drawing(stage, smaller, size, numbers, mappings, logo_room=False)
        if made.logo_in_the_way:
            made = Drawing(stage, smaller, size, numbers, mappings, logo_room=True)
        if made.roomy:
            break
    return made


class Drawing:
    """A figure stage at one resolution; the contract of the stage is `FigureStage.layers`."""

    def __init__(
        self,
        stage: FigureStage,
        dpi: float,
        size: tuple[int, int],
        numbers: Sequence[int],
        mappings: Sequence[Mapping | None],
        *,
        logo_room: bool,
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._stage = stage
        self._canvas = Canvas(size, dpi)
        inches = (size[0] / dpi, size[1] / dpi)
        options: dict[str, Any] = {"layout": "none"} | self._face()
        self._figure: Any = Figure(figsize=inches, dpi=dpi, **options)
        FigureCanvasAgg(self._figure)
        self.edges = Edges(self._figure, stage.dress, self._canvas, logo_room=logo_room)
        colors = self._axes_colors()
        self.panels = [
            Panel(self._figure, panel, i, mapping, self._canvas, outline=colors[0], facecolor=colors[1])
            for i, panel, mapping in zip(numbers, stage.panels, mappings[:-1], strict=True)
        ]
        self._bar: Bar | None = None
        if stage.shared is not None:
            scale, dress = stage.shared.scale, stage.shared.dress
            self._bar = Bar(self._figure, scale, dress, mappings[-1], 0, self._canvas)
        self._lay_out()
        for panel in self.panels:
            panel.finish()

    def _face(self) -> dict[str, Any]:
        background = self._stage.background
        face = "none" if background is None else tuple(background / 255)
        return {"facecolor": face, "edgecolor": "none", "linewidth": 0.0, "frameon": True}

    def _axes_colors(self) -> tuple[Any, Any]:
        """Return the colour around letters on the data, and that of the axes, None for the figure's.

        Axes have a colour of their own where the style gives them another one than the figure: the background
        is that of all the frame otherwise.
        """
        from matplotlib.colors import same_color

        rc, background = self._stage.style.rc, self._stage.background
        if background is None:
            return rc["figure.facecolor"], None
        if same_color(rc["axes.facecolor"], rc["figure.facecolor"]):
            return tuple(background / 255), None
        return rc["axes.facecolor"], rc["axes.facecolor"]

    def _lay_out(self) -> None:
        """Find the largest boxes with which nothing is cut off.

        What hangs out of a box depends on its size: by the ticks that fit, and by legends that shrink. Later
        rounds may ask for more room, never for less, so that this ends.
        """
        points = self._canvas.dpi / 72
        ncols = min(int(self._stage.ncols), len(self.panels))
        sides = [Sides()] * len(self.panels)
        area = self._beside_bar(self.edges.area, 12 * points)
        for attempt in range(6):
            boxes, cells = grid(area, sides, ncols, pad=5 * points, gap=12 * points)
            placed = zip(self.panels, boxes, cells, strict=True)
            found = [panel.place(box, cell) for panel, box, cell in placed]
            if attempt and all(new.within(old) for new, old in zip(found, sides, strict=True)):
                break
            sides = found if attempt < 2 else [a.union(b) for a, b in zip(found, sides, strict=True)]
        self._cells, self._sides = cells, found
        if self._bar is not None:
            self._bar.place(_around(boxes), max(getattr(s, self._bar.loc) for s in found), 8 * points)

    def _beside_bar(self, area: Box, gap: float) -> Box:
        """Return what the bar that panels share leaves of the area."""
        if self._bar is None:
            return area
        hanging = self._bar.place(area, 0.0, gap)  # numbers at its ends hang out as well
        left, right, top, bottom = (
            math.ceil(max(side, 0.0)) for side in (hanging.left, hanging.right, hanging.top, hanging.bottom)
        )
        return Box(area.left + left, area.top + top, area.width - left - right, area.height - top - bottom)

    @property
    def roomy(self) -> bool:
        """Whether the panels are large enough."""
        return all(
            panel.room.width >= _LEAST * cell.width and panel.room.height >= _LEAST * cell.height
            for panel, cell in zip(self.panels, self._cells, strict=True)
        )

    @property
    def logo_in_the_way(self) -> bool:
        """Whether the logo lies over anything but points."""
        logo, dress = self.edges.logo, self._stage.dress.logo
        if logo is None or dress is None:
            return False
        for panel, sides in zip(self.panels, self._sides, strict=True):
            box = panel.box
            outer = Box(
                box.left - sides.left, box.top - sides.top, box.width + sides.left + sides.right,
                box.height + sides.top + sides.bottom,
            )  # fmt: skip
            free = logo.within(box) and dress.loc not in panel.corners()
            if logo.overlaps(outer) and not free:
                return True
        return False

    def layers(self) -> StageLayers:
        attached = [part for panel in self.panels for part in panel.attached] + list(self.edges.attached)
        self._figure.draw_without_rendering()  # all artists find their place
        points = {panel.ax: panel.stage.zorder for panel in self.panels}
        skip = [artist for part in attached for artist in part.artists]
        under, over = split_artists(self._figure, points, skip)
        above = self._canvas.picture(over)
        moving: list[Moving] = [ArtistMoving(part, self._canvas, self._stage.style) for part in attached]
        return StageLayers(
            tuple(panel.final_view() for panel in self.panels if panel.stage.points),
            self._under(self._canvas.picture(under)),
            above if above[..., 3].any() else None,
            (*moving, *self.edges.moving),
            _colors([artist for part in attached for artist in part.artists], self.edges.moving),
        )

    def _under(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._stage.background is None:
            if picture[..., 3].any():
                raise OptionError(
                    "a transparent film cannot have things below its points, such as a grid or a picture: "
                    "give a background, or draw the grid above (rcParams['axes.axisbelow'] = False)"
                )
            return _WHITE
        uniform = bool((words(picture) == words(picture[0, 0])).all())
        return picture[0, 0, :3] if uniform else np.ascontiguousarray(picture[..., :3])


def _around(boxes: Sequence[Box]) -> Box:
    """Return the least box that holds others."""
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    return Box(left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top)


def _colors(artists: Sequence[Any], moving: Sequence[Moving]) -> Colors:
    """Return the (k, 3) uint8 colours of texts, lines and bars that change."""
    from matplotlib.collections import Collection
    from matplotlib.colors import to_rgb

    told = [to_rgb(artist.get_color()) for artist in artists if hasattr(artist, "get_color")]
    told += [to_rgb(color) for artist in artists if isinstance(artist, Collection) for color in _of(artist)]
    bars = [part.color[:3] for part in moving if isinstance(part, ProgressMoving)]
    rows = [np.rint(np.multiply(rgb, 255)) for rgb in told] + bars
    return np.unique(np.array(rows, np.uint8).reshape(-1, 3), axis=0)


def _of(symbols: Any) -> list[Any]:
    """Return the colours of a collection."""
    return [*symbols.get_facecolor(), *symbols.get_edgecolor()]
