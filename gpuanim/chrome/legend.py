"""The legend of categories, beside the axes or inside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.key import show_dollars
from gpuanim.chrome.layout import Box
from gpuanim.chrome.legend_rows import Rows, Spacing, best_rows
from gpuanim.chrome.moving import Room
from gpuanim.chrome.parts import CORNERS, Legend
from gpuanim.chrome.wrap import LEAST_POINTS, measure_of

__all__ = ["DrawnLegend"]

_MARKER = 0.75
"""Diameter of a marker, as a share of the font size."""

_HANDLE, _TEXT_PAD, _COLUMN_GAP = 1.0, 0.5, 1.2
"""Width of a handle, what is between it and its text, and between columns, in font sizes."""


class DrawnLegend:
    """A legend of matplotlib in the columns, lines and font with which it fits.

    Parameters
    ----------
    ax
        Axes that it belongs to.
    entries
        Names and colours.
    marked
        Labels of other things in the axes, and their artists, which are listed last.
    dress
        How it looks.
    canvas
        Where it will be drawn.
    """

    def __init__(
        self,
        ax: Any,
        entries: Sequence[tuple[str, Any]],
        marked: Sequence[tuple[str, Any]],
        dress: Legend,
        canvas: Canvas,
    ) -> None:
        from matplotlib import rcParams
        from matplotlib.font_manager import FontProperties

        self._ax, self._dress, self._canvas = ax, dress, canvas
        self._entries, self._marked = entries, marked
        self._names = [name for name, _ in (*entries, *marked)]
        self.outside = dress.loc == "right margin"
        given = rcParams["legend.fontsize"] if dress.fontsize is None else dress.fontsize
        self._font = FontProperties(size=given).get_size_in_points()
        self._spacing: Spacing | None = None
        self._fitted: tuple[Room, Rows] | None = None
        self._made: Rows | None = None
        self._natural: tuple[float, float] | None = None
        self._legend: Any = None

    def fit(self, room: Room) -> tuple[float, float]:
        """Choose columns, lines and font size for a room in pixels, and return its width and height.

        The usual columns are kept if they fit; otherwise names are broken into lines, in the number of
        columns with which the font can be largest.
        """
        if self._fitted is None or self._fitted[0] != room:
            self._fitted = room, self._rows(room)
        rows = self._fitted[1]
        for _ in range(5):  # hinting moves widths by a pixel or two
            self._make(rows)
            width, height = self._size()
            share = min(room.width / width, room.height / height)
            if share >= 1:
                break
            rows = rows.smaller(max(share * 0.995, 72 / self._canvas.dpi / rows.font))  # a pixel at least
        self._fitted = room, rows
        return self._size()

    @property
    def readable(self) -> bool:
        """Whether its letters are large enough, once it has been fitted."""
        return self._made is None or self._made.font >= min(LEAST_POINTS, self._font)

    def _rows(self, room: Room) -> Rows:
        n = len(self._names)
        usual = 1 if n <= 14 else 2 if n <= 30 else 3  # as scanpy has it
        ncols = min(self._dress.ncols or usual, n)
        plain = Rows(tuple(self._names), self._dress.title, ncols, self._font)
        if self._natural is None:  # looked up once, as making a legend takes long
            self._make(plain)
            self._natural = self._size()
        width, height = self._natural
        if width <= room.width and height <= room.height:
            return plain
        return best_rows(
            self._names, self._dress.title, self._metrics(), room, self._font, ncols, fixed=self._dress.ncols
        )

    def _metrics(self) -> Spacing:
        """Return what things take in a legend, in pixels for a font of one point."""
        if self._spacing is None:
            from matplotlib import rcParams

            texts = self._legend.get_texts()
            renderer, font = self._canvas.renderer, self._font
            measure = measure_of(texts[0], renderer).scaled(1.0)
            name = texts[0].get_text()
            heights = []
            for lines in ("lp", "lp\nlp"):
                texts[0].set_text(lines)
                heights.append(texts[0].get_window_extent(renderer).height / font)
            texts[0].set_text(name)
            point = self._canvas.dpi / 72
            border = 0.0 if self.outside else rcParams["legend.borderpad"]
            self._spacing = Spacing(
                measure, line=heights[0], next_line=heights[1] - heights[0],
                row_gap=rcParams["legend.labelspacing"] * point, beside=(_HANDLE + _TEXT_PAD) * point,
                column_gap=_COLUMN_GAP * point, border=border * point,
            )  # fmt: skip
        return self._spacing

    def _size(self) -> tuple[float, float]:
        extent = self._legend.get_window_extent(self._canvas.renderer)
        return float(extent.width), float(extent.height)

    def _make(self, rows: Rows) -> None:
        from matplotlib.lines import Line2D

        if self._made == rows:
            return
        font = rows.font
        marker: dict[str, Any] = {
            "marker": "o",
            "linestyle": "none",
            "markersize": _MARKER * font,
            "markeredgewidth": 0,
        }
        handles = [Line2D([], [], color=color, **marker) for _, color in self._entries]
        outside = {"frameon": False, "borderaxespad": 0.0, "borderpad": 0.0} if self.outside else {}
        self._legend = self._ax.legend(
            [*handles, *(artist for _, artist in self._marked)], rows.names,
            loc="center left" if self.outside else self._place(), ncols=rows.ncols,
            prop={"size": font, "weight": self._dress.fontweight or "normal"},
            title=rows.title, title_fontsize=font, handlelength=_HANDLE, handletextpad=_TEXT_PAD,
            columnspacing=_COLUMN_GAP, **outside,
        )  # fmt: skip
        self._legend.set_in_layout(False)
        for text in self._legend.get_texts():
            show_dollars(text)
        self._made = rows

    @property
    def corner(self) -> str | None:
        """Corner of the axes that it stands in, None if it stands elsewhere."""
        return None if self.outside or self._place() not in CORNERS else self._place()

    def _place(self) -> str:
        return "upper right" if self._dress.loc in ("best", "on data") else self._dress.loc

    def put(self, left: float, middle: float) -> None:
        """Put one that stands outside at pixels from the left and, for its middle, from the top."""
        from matplotlib.transforms import IdentityTransform

        self._legend.set_bbox_to_anchor((left, self._canvas.size[1] - middle), IdentityTransform())

    def box(self) -> Box:
        """Return where it is."""
        extent = self._legend.get_window_extent(self._canvas.renderer)
        return Box(extent.x0, self._canvas.size[1] - extent.y1, extent.width, extent.height)
