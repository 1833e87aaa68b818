"""One panel of a figure: axes, and what they wear, at one resolution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gpuanim.chrome._base import Attached, Part
from gpuanim.chrome.bar import Bar, Scale
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.carried import CarriedMark, CarriedNames
from gpuanim.chrome.corners import Corners
from gpuanim.chrome.followed import FollowedCells, FollowedGroups
from gpuanim.chrome.key import CategoryKey, names_on_data, settle
from gpuanim.chrome.layout import Box, Sides
from gpuanim.chrome.legend import DrawnLegend
from gpuanim.chrome.moving import Room, TextsAttached, fit_sample, fit_text
from gpuanim.chrome.parts import CORNERS, Dress
from gpuanim.chrome.picture import Picture
from gpuanim.chrome.scale_bar import CarriedBar
from gpuanim.errors import OptionError
from gpuanim.look import Limits
from gpuanim.values._base import Mapping
from gpuanim.view.plane import View

__all__ = ["SCALES", "Panel", "PanelStage"]

_LEGEND_SHARES = (0.42, 0.55)
"""The part of a panel's width that a legend beside it may take, and that of one that is too small there."""

_TITLE_SHARE = 0.3
"""The part of a panel's height that lines of its title may take before their font shrinks."""

SCALES = ("linear", "log")

_HAIR = Sides(1.0, 1.0, 1.0, 1.0)
"""What frames of axes and colour bars need: lines are half outside of their boxes."""


@dataclass(frozen=True, eq=False)
class PanelStage:
    """One panel, at any resolution.

    Parameters
    ----------
    limits
        Part of the data to show.
    dress
        What it wears.
    scale
        What the colours mean, for a colour bar.
    key
        The categories, for a legend.
    parts
        Things in the axes that change with the frames.
    zorder
        Of the points; artists up to it lie below them.
    points
        Whether it is a panel of points, and not of parts alone.
    scales
        Of x and y, "linear" or "log"; points need linear ones.
    carried
        Whether a camera moves over the data, and what lies on them goes with it.
    picture
        What lies below the points, or None.

    Raises
    ------
    OptionError
        If the legend is to be on data without positions.
    """

    limits: Limits
    dress: Dress = field(default_factory=Dress)
    scale: Scale | None = None
    key: CategoryKey | None = None
    parts: tuple[Part, ...] = ()
    zorder: float = 2.0
    points: bool = True
    scales: tuple[str, str] = ("linear", "linear")
    carried: bool = False
    picture: Picture | None = None

    def __post_init__(self) -> None:
        legend, key = self.dress.legend, self.key
        if legend is not None and key is not None and legend.loc == "on data" and key.positions is None:
            raise OptionError('legend loc "on data" needs the places of the groups, which are not known here')


class Panel:
    """Axes on a figure.

    Parameters
    ----------
    figure
        Figure of matplotlib, at the resolution of `canvas`.
    stage
        What it is to be.
    number
        Of its cloud, for the mappings of moments.
    mapping
        The fitted norm of the film, for the colour bar.
    canvas
        Where all will be drawn.
    outline
        Colour around letters that stand on the data.
    facecolor
        Colour of the axes, None for that of the figure.
    """

    def __init__(
        self,
        figure: Any,
        stage: PanelStage,
        number: int,
        mapping: Mapping | None,
        canvas: Canvas,
        *,
        outline: Any,
        facecolor: Any,
    ) -> None:
        self.stage, self._dress, self._canvas, self._outline = stage, stage.dress, canvas, outline
        self._number = number
        self.ax = figure.add_axes((0.1, 0.1, 0.8, 0.8), label=f"panel {number}")
        self.ax.set(xscale=stage.scales[0], yscale=stage.scales[1])
        self._set_axes(facecolor)
        self._names = self._set_texts()
        self._on_data: list[Any] = []
        self.attached: list[Attached] = [part.attach(self.ax) for part in stage.parts]
        if stage.picture is not None:
            stage.picture.draw(self.ax)
        width, height = canvas.size
        self._set_limits(stage.limits.view((0.0, 0.0, float(width), float(height))))
        self._marks: list[Any] = []
        marked = self._draw_marks()
        self.bar = self._make_bar(figure, number, mapping)
        self.legend = self._make_legend(marked)
        self._legend_share = _LEGEND_SHARES[0]
        self.box = self.room = Box(0.0, 0.0, 1.0, 1.0)

    def _set_axes(self, facecolor: Any) -> None:
        from matplotlib import rcParams

        ax, axes = self.ax, self._dress.axes
        if facecolor is None and not rcParams["axes.grid"]:
            ax.set_axisbelow(False)  # a transparent film shows what lies above its points alone
        if axes != "ticks":
            ax.set_xticks([])
            ax.set_yticks([])
            ax.grid(visible=False)
        if axes == "off":
            for spine in ax.spines.values():
                spine.set_visible(False)
        if axes == "off" or facecolor is None:
            ax.patch.set_visible(False)
        else:
            ax.set_facecolor(facecolor)

    def _set_texts(self) -> dict[str, Any]:
        """Write title and labels; return each text with the font size that it has where it fits."""
        ax, dress = self.ax, self._dress
        written = {}
        if dress.title is not None:
            written["title"] = ax.set_title(dress.title.tallest)
        if dress.xlabel:
            written["xlabel"] = ax.set_xlabel(dress.xlabel)
        if dress.ylabel:
            written["ylabel"] = ax.set_ylabel(dress.ylabel)
        return {name: (text, text.get_fontsize()) for name, text in written.items()}

    def _make_bar(self, figure: Any, number: int, mapping: Mapping | None) -> Bar | None:
        if self._dress.colorbar is None or self.stage.scale is None:
            return None
        return Bar(figure, self.stage.scale, self._dress.colorbar, mapping, number, self._canvas)

    def _draw_marks(self) -> list[tuple[str, Any]]:
        """Draw the marks, and return labels and artists of those that have one."""
        before = set(self.ax.get_legend_handles_labels()[0])
        for mark in self._dress.marks:
            self._marks.append(mark.draw(self.ax, self.stage.zorder))
        handles, labels = self.ax.get_legend_handles_labels()
        return [
            (label, handle) for handle, label in zip(handles, labels, strict=True) if handle not in before
        ]

    def _make_legend(self, marked: list[tuple[str, Any]]) -> DrawnLegend | None:
        dress, key = self._dress.legend, self.stage.key
        if dress is None:
            return None
        entries: list[tuple[str, Any]] = []
        if key is not None and dress.loc == "on data":
            self._on_data = names_on_data(self.ax, key, dress, self._outline)
        elif key is not None:
            entries = key.entries(dress.na)
        if not entries and not marked:
            return None
        return DrawnLegend(self.ax, entries, marked, dress, self._canvas)

    def _set_limits(self, view: View) -> None:
        self.ax.set_xlim(view.xlim)
        self.ax.set_ylim(view.ylim)

    def place(self, box: Box, cell: Box) -> Sides:
        """Put the axes into `box`, all else around it within `cell`, and say what hangs out.

        Axes of the shape of the data lie in the middle of the box; they get as much room around them as if
        they filled it, so that they stay in the middle of the cell with all that hangs out.
        """
        width, height = self._canvas.size
        view = self.stage.limits.view(box.as_tuple())
        self.room, self._cell = box, cell
        self.box = box = Box(*view.box)
        self.ax.set_position(
            (box.left / width, 1 - box.bottom / height, box.width / width, box.height / height)
        )
        self._set_limits(view)
        self._write_title()
        sides = self._own_sides()
        pad = self._points(5.0)
        if self.bar is not None:
            sides = sides.union(_HAIR).union(self.bar.place(box, getattr(sides, self.bar.loc), pad))
        sides = self._place_title(sides)
        return self._place_legend(sides, pad)

    def _points(self, points: float) -> float:
        return points * self._canvas.dpi / 72

    def _own_sides(self) -> Sides:
        """Return what ticks, labels, the title and artists of the axes need beyond the box."""
        lifted = self._names["title"][0] if self._lifts_title else None
        if lifted is not None:
            lifted.set_visible(False)
        extent = self.ax.get_tightbbox(self._canvas.renderer, for_layout_only=True)
        if lifted is not None:
            lifted.set_visible(True)
        height, box = self._canvas.size[1], self.box
        least = Sides() if self._dress.axes == "off" else _HAIR
        return least if extent is None else least.union(Sides(
            *(_hanging(pixels) for pixels in (
                box.left - extent.x0, extent.x1 - box.right, box.top - (height - extent.y1),
                height - extent.y0 - box.bottom,
            ))
        ))  # fmt: skip

    @property
    def _lifts_title(self) -> bool:
        """Whether a bar lies between the axes and their title."""
        return "title" in self._names and self.bar is not None and self.bar.loc == "top"

    def _place_title(self, sides: Sides) -> Sides:
        if not self._lifts_title:
            return sides
        from matplotlib import rcParams

        pad = sides.top * 72 / self._canvas.dpi + rcParams["axes.titlepad"]
        title = self.ax.set_title(self._names["title"][0].get_text(), y=1.0, pad=pad)
        extent = title.get_window_extent(self._canvas.renderer)
        return sides.union(Sides(top=self.box.top - (self._canvas.size[1] - extent.y1)))

    def _place_legend(self, sides: Sides, pad: float) -> Sides:
        if self.legend is None:
            return sides
        box = self.box
        if not self.legend.outside:
            shared = max(list(self.corners()).count(self.legend.corner or ""), 1)
            self.legend.fit(Room(0.94 * box.width, 0.94 * box.height / shared))
            return sides
        width, _ = self.legend.fit(Room(self._legend_share * self._cell.width, box.height))
        if not self.legend.readable and self._legend_share != _LEGEND_SHARES[1]:
            self._legend_share = _LEGEND_SHARES[1]
            width, _ = self.legend.fit(Room(self._legend_share * self._cell.width, box.height))
        beyond = sides.right + 1.6 * pad
        self.legend.put(box.right + beyond, box.top + box.height / 2)
        return sides.union(Sides(right=beyond + width))

    def finish(self) -> None:
        """Fit the texts to their rooms, and fill the corners, when the box is final."""
        rooms = self._rooms()
        for name, (text, font) in self._names.items():
            if name == "title":
                self._finish_title(text, rooms[name].width)
            else:
                fit_text(text, self._canvas.renderer, rooms[name], font)
        if self.bar is not None and (labels := self.bar.labels()) is not None:
            self.attached.append(labels)
        self.attached.extend(self._carry())
        if not self._names_move:
            settle(self._on_data, self.box, self._canvas)
        self.attached.extend(self._fill_corners())

    def _write_title(self) -> None:
        """Break the title into lines that fit."""
        if "title" in self._names:
            text, font = self._names["title"]
            room = Room(self._rooms()["title"].width, _TITLE_SHARE * self._cell.height)
            fit_sample(text, self._canvas.renderer, room, self._dress.title, font)

    def _finish_title(self, text: Any, width: float) -> None:
        """Let the title change in the room that has been made for it."""
        height = text.get_window_extent(self._canvas.renderer).height
        if self._dress.title.still:
            fit_text(text, self._canvas.renderer, Room(width, math.inf), text.get_fontsize())
        else:
            self.attached.append(TextsAttached.of(text, Room(width, height), self._dress.title, self._canvas))

    def _carry(self) -> Iterator[Attached]:
        """Yield what lies on the data as parts that a camera, or their points, move."""
        for artist, mark in zip(self._marks, self._dress.marks, strict=True):
            cells = getattr(mark, "cells", None)
            if cells is not None:
                followed = FollowedCells(cells, self._number)
                yield CarriedMark(artist, followed, self._number, self._canvas)
            elif self.stage.carried:
                yield CarriedMark(artist, mark.places, self._number, self._canvas)
        key = self.stage.key
        if self._on_data and key is not None and self._names_move:
            places = key.placed if key.members is None else FollowedGroups(key.members, self._number)
            yield CarriedNames(self._on_data, places, self.box, self._number, self._canvas)

    @property
    def _names_move(self) -> bool:
        """Whether names on the data change their places."""
        key = self.stage.key
        return self.stage.carried or (key is not None and key.members is not None)

    def _rooms(self) -> dict[str, Room]:
        """Return what title and labels may take: up to the edges of the cell, or to what is beside them."""
        from matplotlib import rcParams

        cell, box, pad = self._cell, self.box, self._points(5.0)
        left, right = box.left - cell.left - pad, cell.right - box.right - pad
        wide = {"left": box.width + right, "right": box.width + left}
        title = wide.get(rcParams["axes.titlelocation"], box.width + 2 * min(left, right))
        if self.bar is not None and self.bar.rises:
            title = box.width
        beside = self.legend is not None and self.legend.outside
        bar = None if self.bar is None else self.bar.loc
        label_x = box.width + (0 if bar in ("left", "right") or beside else 2 * min(left, right))
        return {
            "title": Room(max(title, 1.0), math.inf),
            "xlabel": Room(max(label_x, 1.0), math.inf),
            "ylabel": Room(math.inf, box.height),
        }

    def _fill_corners(self) -> list[Attached]:
        dress = self._dress
        bar = dress.scale_bar
        pad = self._points(6.0)
        corners = Corners(self.ax, self.box, self._canvas, list(self.corners()), pad)
        if self.legend is not None and (corner := self.legend.corner) is not None:
            corners.reserve(corner, self.legend.box().height)
        for caption in dress.captions:
            corners.caption(caption, outline=self._outline)
        if bar is not None:
            drawn = corners.scale_bar(self.ax, bar, self._outline)
            if self.stage.carried:
                return [*corners.moving, CarriedBar(drawn, self._number)]
        return [*corners.moving]

    def corners(self) -> Iterator[str]:
        """Yield the corners of the axes that hold something."""
        dress = self._dress
        yield from (caption.loc for caption in dress.captions)
        if dress.scale_bar is not None:
            yield dress.scale_bar.loc
        if self.legend is not None and self.legend.corner in CORNERS:
            yield self.legend.corner

    def final_view(self) -> View:
        return self.stage.limits.view(self.room.as_tuple())


def _hanging(pixels: float) -> float:
    """Round up; half a line of a spine, or less than a pixel, counts as well, but nothing below zero."""
    return float(max(math.ceil(pixels - 1e-6), 0))
