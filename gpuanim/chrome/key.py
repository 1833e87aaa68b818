"""The legend of categories: beside the axes, inside them, or on the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._check import formula_fault
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.layout import Box
from gpuanim.chrome.moving import Room, fit_text
from gpuanim.chrome.parts import CORNERS, Legend
from gpuanim.chrome.spread import spread
from gpuanim.errors import ShapeError
from gpuanim.types import Colors

__all__ = ["CategoryKey", "DrawnLegend", "names_on_data", "settle"]

_MARKER = 0.75
"""Diameter of a marker, as a share of the font size."""


@dataclass(frozen=True, eq=False)
class CategoryKey:
    """The categories of a panel.

    Parameters
    ----------
    names
        Of the k categories.
    colors
        (k, 3) uint8.
    na_color
        (3,) uint8, the colour of cells without a category.
    has_na
        Whether there are such cells.
    positions
        (k, 2), or (k, 3) in a space, medians of the groups in data coordinates, NaN for groups without
        cells; None if they are not known, and names cannot be written on the data.

    Raises
    ------
    ShapeError
        If names, colours and positions are not of one length.
    """

    names: tuple[str, ...]
    colors: Colors
    na_color: Colors
    has_na: bool = False
    positions: NDArray[np.floating[Any]] | None = None

    def __post_init__(self) -> None:
        k = len(self.names)
        if np.shape(self.colors) != (k, 3):
            raise ShapeError(
                f"colors must have shape ({k}, 3), one row per name, not {np.shape(self.colors)}"
            )
        if self.positions is not None and np.shape(self.positions) not in ((k, 2), (k, 3)):
            raise ShapeError(
                f"positions must have shape ({k}, 2), one row per name, not {np.shape(self.positions)}"
            )

    @property
    def placed(self) -> NDArray[np.floating[Any]]:
        """Places of the groups that have cells, in their order."""
        if self.positions is None:
            return np.empty((0, 2))
        known = np.isfinite(self.positions).all(axis=1)
        return np.asarray(self.positions[known])

    def entries(self, na: bool | str) -> list[tuple[str, Any]]:
        """Return name and colour of what a legend lists."""
        listed = [(name, color / 255) for name, color in zip(self.names, self.colors, strict=True)]
        if self.has_na and na is not False:
            listed.append(("NA" if na is True else na, np.asarray(self.na_color) / 255))
        return listed


class DrawnLegend:
    """A legend of matplotlib that is made smaller, or wider, until it fits.

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
        self.outside = dress.loc == "right margin"
        given = rcParams["legend.fontsize"] if dress.fontsize is None else dress.fontsize
        self._font = FontProperties(size=given).get_size_in_points()
        self._naturals: dict[int, tuple[float, float]] = {}
        self._made: tuple[int, float] | None = None
        self._legend: Any = None

    def fit(self, room: Room) -> tuple[float, float]:
        """Choose columns and font size for a room in pixels, and return its width and height.

        The usual columns are kept if they fit; those with which the font shrinks least are taken otherwise.
        """
        n = len(self._entries) + len(self._marked)
        usual = 1 if n <= 14 else 2 if n <= 30 else 3  # as scanpy has it
        ncols = min(self._dress.ncols or usual, n)
        share = self._share(self._natural(ncols), room)
        if share < 1 and self._dress.ncols is None:
            ncols = self._best_columns(ncols, room)
            share = self._share(self._natural(ncols), room)
        font = self._font
        for _ in range(5):  # hinting moves widths by a pixel or two
            if share < 1:
                font = max(font * share * 0.995, 72 / self._canvas.dpi)  # a pixel
            self._make(ncols, font)
            share = self._share(self._size(), room)
            if share >= 1:
                break
        return self._size()

    def _natural(self, ncols: int) -> tuple[float, float]:
        """Return the size with the font that is asked for; looked up once, as making a legend takes long."""
        if ncols not in self._naturals:
            self._make(ncols, self._font)
            self._naturals[ncols] = self._size()
        return self._naturals[ncols]

    def _best_columns(self, ncols: int, room: Room) -> int:
        """Estimate from the size with `ncols` columns which number needs the least shrinking."""
        n = len(self._entries) + len(self._marked)
        width, height = self._natural(ncols)
        column, row = width / ncols, height / math.ceil(n / ncols)
        sizes = {k: (column * k, row * math.ceil(n / k)) for k in range(1, n + 1)}
        return max(sizes, key=lambda k: self._share(sizes[k], room))

    @staticmethod
    def _share(size: tuple[float, float], room: Room) -> float:
        """Return by how much the legend would have to shrink, at least 1 if it fits."""
        return min(room.width / size[0], room.height / size[1])

    def _size(self) -> tuple[float, float]:
        extent = self._legend.get_window_extent(self._canvas.renderer)
        return float(extent.width), float(extent.height)

    def _make(self, ncols: int, font: float) -> None:
        from matplotlib.lines import Line2D

        if self._made == (ncols, font):
            return
        handles = [
            Line2D(
                [],
                [],
                marker="o",
                linestyle="none",
                markersize=_MARKER * font,
                markeredgewidth=0,
                color=color,
            )
            for _, color in self._entries
        ]
        outside = {"frameon": False, "borderaxespad": 0.0, "borderpad": 0.0} if self.outside else {}
        self._legend = self._ax.legend(
            [*handles, *(artist for _, artist in self._marked)],
            [name for name, _ in (*self._entries, *self._marked)],
            loc="center left" if self.outside else self._place(), ncols=ncols,
            prop={"size": font, "weight": self._dress.fontweight or "normal"},
            title=self._dress.title, title_fontsize=font, handlelength=1.0, handletextpad=0.5,
            columnspacing=1.2, **outside,
        )  # fmt: skip
        self._legend.set_in_layout(False)
        for text in self._legend.get_texts():
            _show_dollars(text)
        self._made = (ncols, font)

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


def names_on_data(ax: Any, key: CategoryKey, dress: Legend, outline: Any) -> list[Any]:
    """Write names of groups at their medians, with a line of colour `outline` around the letters."""
    from matplotlib.patheffects import withStroke

    width = 2.0 if dress.fontoutline is None else dress.fontoutline
    effects = [withStroke(linewidth=width, foreground=outline)] if width else []
    weight = "bold" if dress.fontweight is None else dress.fontweight
    positions = np.full((len(key.names), 2), np.nan) if key.positions is None else key.positions
    texts = [
        ax.text(
            x, y, name, ha="center", va="center", weight=weight, fontsize=dress.fontsize,
            path_effects=effects, in_layout=False,
        )
        for name, (x, y) in zip(key.names, positions[:, :2], strict=True)
        if np.isfinite(x) and np.isfinite(y)
    ]  # fmt: skip
    for text in texts:
        _show_dollars(text)
    return texts


def _show_dollars(text: Any) -> None:
    """Take dollar signs as they are where they do not enclose a formula: names come with the data."""
    if formula_fault(text.get_text()):
        text.set_parse_math(False)


def settle(texts: Sequence[Any], box: Box, canvas: Canvas) -> None:
    """Move texts in data coordinates, as little as it takes, until all lie in `box` and none over another.

    Texts of places outside of the box are hidden; those that are larger than it get a smaller font.
    """
    height = canvas.size[1]
    inside, sizes, centers = [], [], []
    for text in texts:
        x, y = text.get_transform().transform(text.get_position())
        if not Box(x, height - y, 0.0, 0.0).within(box):
            text.set_visible(False)
            continue
        fit_text(text, canvas.renderer, Room(box.width, box.height), text.get_fontsize())
        extent = text.get_window_extent(canvas.renderer)
        inside.append(text)
        sizes.append((extent.width, extent.height))
        centers.append((x, height - y))
    if not inside:
        return
    places = spread(np.array(centers, np.float64), np.array(sizes, np.float64), box)
    for text, place, center in zip(inside, places, centers, strict=True):
        if tuple(place) != center:
            back = text.get_transform().inverted()
            text.set_position(back.transform((place[0], height - place[1])))
