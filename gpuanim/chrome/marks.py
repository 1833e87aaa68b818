"""Things above the points that lie on the data: symbols at cells, and the line of a lasso."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._check import check_text
from gpuanim.errors import OptionError
from gpuanim.highlight import Highlight, Marks

__all__ = ["Lasso", "Look", "Symbols", "as_marks"]

_SYMBOLS = {"star": "*", "ring": "o"}
_ACCENT = "#ff1f5a"


@dataclass(frozen=True)
class Look:
    """How symbols are drawn.

    Parameters
    ----------
    marker
        Of matplotlib.
    fill, edge
        Colours; None for no filling.
    width
        Of the edge in points.
    rim
        Width in points of the white line below the edge.
    """

    marker: str
    fill: Any
    edge: Any
    width: float
    rim: float

    @property
    def filled(self) -> bool:
        """Whether the marker has an inside."""
        from matplotlib.markers import MarkerStyle

        return MarkerStyle(self.marker).is_filled()

    def colors(self) -> dict[str, Any]:
        """Return the options of `scatter`, in which lines without an inside have the colour of one."""
        if not self.filled:
            return {"facecolors": self.edge}
        return {"facecolors": self.fill or "none", "edgecolors": self.edge}


@dataclass(frozen=True, eq=False)
class Symbols:
    """A symbol at each of some places, with an edge that sets it off from the points.

    Parameters
    ----------
    places
        (k, 2), or (k, 3) in a space, in data units.
    marker
        "star", "ring", or a marker of matplotlib.
    size
        Points squared, as in `scatter`.
    color
        None is gold for a filled symbol, and pink red for a ring.
    label
        For the legend, or None.
    cells
        (k,) points that they follow, None if these stand still.
    """

    places: NDArray[np.floating[Any]]
    marker: str
    size: float
    color: Any = None
    label: str | None = None
    cells: NDArray[np.int64] | None = None

    def draw(self, ax: Any, zorder: float) -> Any:
        """Put the symbols on axes, above the points, and return them."""
        from matplotlib.patheffects import withStroke

        x, y = self.places[:, :2].T
        look = self.look()
        symbols = ax.scatter(
            x, y, s=self.size, marker=look.marker, linewidths=look.width, zorder=zorder + 1, label=self.label,
            **look.colors(),
        )  # fmt: skip
        symbols.set_path_effects([withStroke(linewidth=look.rim, foreground="white")])
        return symbols

    def look(self) -> Look:
        """Return how each symbol is drawn."""
        if self.marker == "ring":
            return Look(_SYMBOLS["ring"], None, self.color or _ACCENT, 2.0, 4.0)
        look = Look(_SYMBOLS.get(self.marker, self.marker), self.color or "gold", "black", 0.9, 2.6)
        return (
            look if look.filled else replace(look, fill=None, edge=self.color or _ACCENT, width=2.0, rim=4.0)
        )


@dataclass(frozen=True, eq=False)
class Lasso:
    """A closed line.

    Parameters
    ----------
    corners
        (m, 2) in data units.
    color
        None is the colour of texts.
    label
        For the legend, or None.
    """

    corners: NDArray[np.floating[Any]]
    color: Any = None
    label: str | None = None
    width: ClassVar[float] = 1.6
    dash: ClassVar[tuple[float, float]] = (5.0, 3.0)

    @property
    def places(self) -> NDArray[np.floating[Any]]:
        """The corners."""
        return self.corners

    def draw(self, ax: Any, zorder: float) -> Any:
        """Put the line on axes, above the points, and return it."""
        from matplotlib import rcParams
        from matplotlib.patches import Polygon

        line = Polygon(
            self.corners, closed=True, fill=False, edgecolor=self.color or rcParams["text.color"],
            linewidth=self.width, linestyle=(0, self.dash), joinstyle="round", zorder=zorder + 1,
            label=self.label,
        )  # fmt: skip
        return ax.add_artist(line)


def as_marks(marks: Marks) -> tuple[Symbols | Lasso, ...]:
    """Return what highlights draw above the points."""
    drawn: list[Symbols | Lasso] = []
    for highlight, places, cells in marks:
        if highlight.label is not None:
            check_text("highlight label", highlight.label)
        if highlight.lasso is not None:
            label = highlight.label if highlight.marker is None else None
            drawn.append(Lasso(np.asarray(highlight.lasso, np.float64), highlight.color, label))
        if highlight.marker is not None:
            drawn.append(_symbols(highlight, places, cells))
    return tuple(drawn)


def _symbols(
    highlight: Highlight, places: NDArray[np.floating[Any]], cells: NDArray[np.int64] | None
) -> Symbols:
    from matplotlib.markers import MarkerStyle

    marker = highlight.marker or ""
    try:
        MarkerStyle(_SYMBOLS.get(marker, marker))
    except ValueError:
        raise OptionError(
            f'marker must be "star", "ring" or a marker of matplotlib such as "o", "^" or "X", not {marker!r}'
        ) from None
    return Symbols(places, marker, float(highlight.size), highlight.color, highlight.label, cells)
