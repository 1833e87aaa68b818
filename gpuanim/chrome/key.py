"""The categories of a panel, and their names on the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._check import formula_fault
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.layout import Box
from gpuanim.chrome.moving import Room, fit_text
from gpuanim.chrome.parts import Legend
from gpuanim.chrome.spread import spread
from gpuanim.errors import ShapeError
from gpuanim.types import Colors

__all__ = ["CategoryKey", "names_on_data", "settle", "show_dollars"]


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
    members
        Of points that move, cells of each of the groups that have a place, whose medians names follow.

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
    members: tuple[NDArray[np.int64], ...] | None = None

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
        show_dollars(text)
    return texts


def show_dollars(text: Any) -> None:
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
