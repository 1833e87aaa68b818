"""What stands out in a film: seeds as stars or rings, groups and lassos, outlines, and the wave front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.film_order import FilmOrder
from gpuanim.geometry import check_cells
from gpuanim.look import positive
from gpuanim.raster._base import Points
from gpuanim.types import Colors, Ids
from gpuanim.values.colors import as_rgb

__all__ = ["Emphasised", "Halo", "Highlight", "Marked", "Marks", "as_highlights", "emphasise", "with_halos"]

_OUTLINE = (0.3, 0.05)
"""Widths of outline and gap as shares of a point's diameter: scanpy's defaults."""


@dataclass(frozen=True, eq=False)
class Highlight:
    """Cells that stand out, and how. All that is asked for is done together.

    Points that move, or come and go, may have a `rest` and markers, which go with their cells; outline and
    front are for points that stand still.

    Parameters
    ----------
    cells
        (n,) bool, or positions of cells. None: those in the lasso, or all.
    lasso
        (m, 2) corners of a polygon in data units, which is drawn; without `cells` it also picks the cells
        whose centres lie in it (even-odd rule).
    rest
        Colour of all cells that no highlight picks: True for light grey, "lightgray", ... They are drawn
        below the others.
    outline
        Draw a contour around the picked cells as a whole, below them: True, a colour, or (contour colour,
        gap colour). True is black with a gap of white, as scanpy's `add_outline`.
    outline_width
        Widths of contour and gap as shares of the diameter of a point.
    marker
        A symbol at each of the cells, above all points: "star", "ring", or a marker of matplotlib. It goes
        with a cell that moves.
    size
        Of the marker in points squared, as in `scatter`.
    color
        Of marker and lasso.
    front
        Brighten the cells of which the colour has just changed, towards a colour: True (white on a dark
        background, pink red on a light one) or the colour. A change by a quarter of the scale since the step
        before is brightest, one below a 32nd is not shown; of categories, any change is brightest. It is
        one for the film, whatever the cells.
    label
        For the marker or the lasso in the legend. Where no legend is asked for, `animate` shows one of the
        labels alone, in a corner of the axes; ``legend=False`` leaves it out.

    Raises
    ------
    OptionError
        If there is nothing to do, or an option cannot be used.
    """

    cells: Any = None
    lasso: Any = None
    rest: Any = None
    outline: Any = None
    outline_width: tuple[float, float] = _OUTLINE
    marker: str | None = None
    size: float = 180.0
    color: Any = None
    front: Any = None
    label: str | None = None

    def __post_init__(self) -> None:
        shown = (self.lasso, self.rest, self.outline, self.marker, self.front)
        if all(option is None or option is False for option in shown):
            raise OptionError(
                "a Highlight needs one of lasso, rest, outline, marker and front: how do its cells stand out?"
            )
        for name, option in (("marker", self.marker), ("rest", self.rest)):
            if option and self.cells is None and self.lasso is None:
                raise OptionError(f"{name} needs cells=... or lasso=..., the cells that stand out")
        if self.label is not None and self.marker is None and self.lasso is None:
            raise OptionError(
                f"label={self.label!r} is that of a marker or a lasso in the legend: give marker, such as "
                "'star'"
            )
        positive("size", self.size)
        if not _two_shares(self.outline_width):
            raise OptionError(f"outline_width must be two shares from 0 to 5, not {self.outline_width!r}")
        for name in ("rest", "color", "front"):
            value = getattr(self, name)
            if not (value is None or isinstance(value, bool)):
                as_rgb(value, name)


def _two_shares(pair: Any) -> bool:
    try:
        contour, gap = (float(width) for width in pair)
    except (TypeError, ValueError):
        return False
    return 0 <= contour <= 5 and 0 <= gap <= 5


@dataclass(frozen=True, eq=False)
class Halo:
    """Discs of one colour below some of the points, which together are an outline.

    Parameters
    ----------
    cells
        (k,) int64.
    below
        How many points of the order of drawing are below them.
    scale
        Diameter of a disc, in diameters of its point.
    """

    cells: NDArray[np.int64]
    below: int
    scale: float


class Marked(NamedTuple):
    """A highlight with something to draw above the points.

    Parameters
    ----------
    highlight
        What it is.
    places
        (k, 2) of its cells, in the first frame.
    cells
        (k,) its cells, if they move or come and go; None if they stand still.
    """

    highlight: Highlight
    places: NDArray[np.floating[Any]]
    cells: NDArray[np.int64] | None


Marks: TypeAlias = "tuple[Marked, ...]"


@dataclass(frozen=True, eq=False)
class Emphasised:
    """What highlights come to.

    Parameters
    ----------
    order
        (n,) points from bottom to top: faded ones first, highlighted ones last.
    faded
        (n,) bool, or None if no point is.
    faded_color
        (3,) uint8.
    halos, halo_colors
        Outlines from bottom to top, and the (k, 3) uint8 colour of each.
    front
        (3,) uint8, or None for no front.
    marks
        What matplotlib draws above the points.
    """

    order: NDArray[np.int64] | FilmOrder
    faded: NDArray[np.bool_] | None
    faded_color: Colors
    halos: tuple[Halo, ...]
    halo_colors: Colors
    front: Colors | None
    marks: Marks


def as_highlights(highlight: Any) -> tuple[Highlight, ...]:
    """Return one highlight or a list of them as a tuple; raises OptionError."""
    if highlight is None:
        return ()
    several = (highlight,) if isinstance(highlight, Highlight) else highlight
    if not isinstance(several, Sequence) or not all(isinstance(h, Highlight) for h in several):
        raise OptionError(f"highlight must be a gpuanim.Highlight or a list of them, not {highlight!r}")
    return tuple(several)


def emphasise(
    highlights: Sequence[Highlight],
    coords: NDArray[np.floating],
    order: NDArray[np.int64] | FilmOrder | None,
    background: Colors | None,
    *,
    moves: bool = False,
) -> Emphasised:
    """Resolve highlights of (n, 2) points that are drawn in an order from bottom to top.

    Of points that move, or come and go, `coords` are those of the first step.

    Raises
    ------
    OptionError, ShapeError
        If cells or a lasso cannot be used, or two highlights want different colours of the rest or a front.
    """
    n = len(coords)
    picked = [picked_cells(h, coords) for h in highlights]
    rest = _one_of("rest", [h.rest for h in highlights])
    faded = None
    if rest is not None:
        faded = np.ones(n, bool)
        for h, cells in zip(highlights, picked, strict=True):
            if h.cells is not None or h.lasso is not None:
                faded[cells] = False
    raised = [(h, c) for h, c in zip(highlights, picked, strict=True) if len(c) < n or h.outline]
    order, halos, colors = _stacked(raised, np.arange(n) if order is None else order, faded, n)
    front = _one_of("front", [h.front for h in highlights])
    dark = background is not None and int(background.astype(int).sum()) < 3 * 128
    return Emphasised(
        order,
        faded,
        as_rgb("lightgray" if rest in (None, True) else rest, "rest"),
        halos,
        colors,
        None
        if front is None
        else as_rgb(("white" if dark else "#ff1f5a") if front is True else front, "front"),
        tuple(
            Marked(h, coords[c], c if moves else None)
            for h, c in zip(highlights, picked, strict=True)
            if h.marker or h.lasso is not None
        ),
    )


def with_halos(points: Points, halos: Sequence[Halo], n: int, order: NDArray[np.int64] | None) -> Points:
    """Put points into an order from bottom to top, with the discs of outlines between them.

    The outline number h has colour number ``n + h``.
    """
    order = np.arange(n) if order is None else order
    diameter = np.broadcast_to(np.asarray(points.diameter, np.float32), (n,))
    pieces: list[tuple[NDArray[np.int64], NDArray[np.float32], Ids]] = []
    start = 0
    for h, halo in enumerate(halos):
        if halo.below > start:
            part = order[start : halo.below]
            pieces.append((part, diameter[part], points.ids[part]))
            start = halo.below
        wide = diameter[halo.cells] * np.float32(halo.scale)
        pieces.append((halo.cells, wide, np.full(len(halo.cells), n + h, np.uint32)))
    pieces.append((order[start:], diameter[order[start:]], points.ids[order[start:]]))
    places, wide, ids = (np.concatenate(column) for column in zip(*pieces, strict=True))
    opacity = None if points.opacity is None else points.opacity[places]
    return Points(points.x[places], points.y[places], wide, ids, opacity)


def picked_cells(highlight: Highlight, coords: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the positions of a highlight's cells, ascending."""
    n = len(coords)
    if highlight.cells is None:
        if highlight.lasso is None:
            return np.arange(n)
        from matplotlib.path import Path

        return np.flatnonzero(Path(_polygon(highlight.lasso)).contains_points(coords))
    return check_cells(highlight.cells, n, "highlight")


def _polygon(lasso: Any) -> NDArray[np.float64]:
    corners = np.asarray(lasso, np.float64)
    if corners.ndim != 2 or corners.shape[1:] != (2,) or len(corners) < 3 or not np.isfinite(corners).all():
        raise ShapeError(f"lasso must be (m, 2) corners, m >= 3, all finite; not shape {corners.shape}")
    return np.concatenate([corners, corners[:1]])


def _one_of(name: str, asked: Sequence[Any]) -> Any:
    """Return what highlights ask for that there can be one of only."""
    given = [value for value in asked if value is not None and value is not False]
    if any(value is not given[0] and value != given[0] for value in given):
        raise OptionError(f"highlight: there can be one {name} in a film, not {given[0]!r} and {given[1]!r}")
    return given[0] if given else None


def _stacked(
    raised: Sequence[tuple[Highlight, NDArray[np.int64]]],
    order: NDArray[np.int64] | FilmOrder,
    faded: NDArray[np.bool_] | None,
    n: int,
) -> tuple[NDArray[np.int64] | FilmOrder, tuple[Halo, ...], Colors]:
    """Lift the cells of each highlight above the others, with its outline below them."""
    lift = np.zeros(n, np.int64) if faded is None else np.where(faded, -1, 0)
    for i, (_, cells) in enumerate(raised, 1):
        lift[cells] = i
    if isinstance(order, FilmOrder):
        order = replace(order, lift=lift)
    else:
        order = order[np.argsort(lift[order], kind="stable")]
    halos: list[Halo] = []
    colors: list[Colors] = []
    for i, (highlight, cells) in enumerate(raised, 1):
        if highlight.outline is None or highlight.outline is False:
            continue
        below = int(np.count_nonzero(lift < i))
        width, gap = highlight.outline_width
        for scale, color in zip(
            (1 + 2 * gap + 2 * width, 1 + 2 * gap), _outline_colors(highlight.outline), strict=True
        ):
            halos.append(Halo(cells, below, scale))
            colors.append(color)
    return order, tuple(halos), np.array(colors, np.uint8).reshape(-1, 3)


def _outline_colors(outline: Any) -> tuple[Colors, Colors]:
    if outline is True:
        outline = ("black", "white")
    pair = outline if isinstance(outline, tuple) and len(outline) == 2 else (outline, "white")
    return as_rgb(pair[0], "outline"), as_rgb(pair[1], "outline")
