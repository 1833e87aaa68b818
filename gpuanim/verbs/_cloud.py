"""What the verbs share: places and values -> the points of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import geometry
from gpuanim.blend._base import Reduction
from gpuanim.blend.over import OVER
from gpuanim.errors import OptionError
from gpuanim.film import Cloud
from gpuanim.film_order import FilmOrder
from gpuanim.highlight import Highlight, Marks, emphasise
from gpuanim.look import Dots
from gpuanim.motion.presence import Presence, as_presence, check_places
from gpuanim.motion.tracks import Passing, Track, as_coords
from gpuanim.motion.trails import Trail
from gpuanim.types import Colors
from gpuanim.values._base import Source
from gpuanim.values.emphasis import Emphasis, Rows, WithPrevious
from gpuanim.verbs._paint import Paint

__all__ = ["Place", "bounds_of", "common_steps", "emphasised", "make_cloud", "read_places"]


Place = NDArray[np.floating] | Track


def read_places(
    coords: Any, n_steps: int | None, *, present: Any = None, fade: Any = 0.5, columns: int = 2
) -> tuple[Place, Presence | None]:
    """Return where points are and who is there when; see `as_coords` and `as_presence`.

    Raises
    ------
    OptionError, ShapeError, SourceError
        If they cannot be used, or a point is there without a place.
    """
    place, _ = as_coords(coords, n_steps, columns, gaps=present is not None)
    steps = place.n_steps if isinstance(place, Track) else n_steps
    shares = as_presence(present, place, steps, fade)
    if shares is not None:
        check_places(place, shares)
    return place, shares


def common_steps(place: Place, source: Source, present: Presence | None = None) -> tuple[int | None, Place]:
    """Return the number of steps of a film, and places that know theirs.

    Raises
    ------
    OptionError
        If coordinates, presence and values have different numbers of them; those of one step stand still.
    """
    n_steps = source.n_steps
    if isinstance(place, Passing) and place.n_steps is None and n_steps not in (1, None):
        place = place.announced(n_steps)
    if not isinstance(place, Track):
        return _agreed({"present": 1 if present is None else present.n_steps, "values": n_steps}), place
    moving = {"coords": place.n_steps}
    if present is not None:
        moving["present"] = present.n_steps
    if place.way is None:
        return _agreed(moving | {"values": n_steps}), place
    if n_steps is None:
        raise OptionError("values of unknown length cannot be shown on a way of known length: give n_steps")
    return (n_steps if n_steps > 1 else _agreed(moving)), place


def _agreed(steps: dict[str, int | None]) -> int | None:
    several = {name: n for name, n in steps.items() if n != 1}
    if len(set(several.values())) > 1:
        unknown = "an unknown number of"
        parts = [f"{name} have {unknown if n is None else n} steps" for name, n in several.items()]
        raise OptionError(f"{', '.join(parts)}: these must agree, or be 1")
    return next(iter(several.values()), 1)


def make_cloud(
    place: Place, paint: Paint, dots: Dots, present: Presence | None = None, trail: Trail | None = None
) -> Cloud:
    """Put the points of a panel together.

    Raises
    ------
    OptionError, ShapeError
        If the order or spread does not fit, or there is an order and the blend knows none; or if the norm of
        pixels has to look at all frames of points that move.
    """
    if trail is not None and not isinstance(place, Track):
        raise OptionError("trail needs points that move: coords of shape (steps, n, 2)")
    if dots.spread is not None and isinstance(place, Track):
        raise OptionError("spread needs points that stand still: coords of shape (n, 2)")
    n_points = int(place.n_points or 0) if isinstance(place, Track) else len(place)
    order, blend = dots.order, paint.blend
    if not (blend.ordered or (isinstance(order, str) and order == "data")):
        raise OptionError(
            f'order has no meaning for blend="{blend.name}": no point lies on top; leave it out'
        )
    if isinstance(blend, Reduction):
        _check_reduction(blend, place, paint, moves=present is not None)
        if trail is not None:
            raise OptionError(f'trail lies below points, and blend="{blend.name}" shows pixels: leave it out')
        if isinstance(dots.alpha, np.ndarray):
            raise OptionError(
                f'blend="{blend.name}" takes one alpha for all points, which all count as one: leave out '
                "those that are not to be seen"
            )
    if dots.order_scope == "film":
        order = FilmOrder(order, paint.source)
    elif dots.order_scope is None:
        order = geometry.draw_order(order, n_points, dots.seed)
    return Cloud(
        place, paint.source, paint.norm, order, paint.table, dots, n_points, paint.cmap, names=paint.names,
        blend=blend, present=present, trail=trail,
    )  # fmt: skip


def _check_reduction(blend: Reduction, place: Place, paint: Paint, *, moves: bool) -> None:
    if blend.by_pixels and (moves or isinstance(place, Track)) and paint.norm.needs_film:
        raise OptionError(
            f'blend="{blend.name}" of points that move cannot search all frames for its range: give '
            'vmin and vmax, or scope="frame"'
        )


def emphasised(
    cloud: Cloud, highlights: Sequence[Highlight], background: Colors | None, *, discrete: bool = False
) -> tuple[Cloud, Marks]:
    """Let some of a cloud's points stand out; return what matplotlib is to draw as well.

    Raises
    ------
    OptionError, ShapeError
        If the order of the points follows the values, or a highlight cannot be used.
    """
    if not highlights:
        return cloud, ()
    if isinstance(cloud.blend, Reduction):
        return cloud, _marks_only(cloud, cloud.blend, highlights, background)
    if isinstance(cloud.order, str):
        raise OptionError(
            'highlight needs an order that holds for the film: order="data", "random", an array, or '
            'order_scope="film"'
        )
    coords, moves = _first_places(cloud, highlights)
    found = emphasise(highlights, coords, cloud.order, background, moves=moves)
    if found.halos and cloud.blend != OVER:
        raise OptionError(
            f'highlight: outline lies below points, and blend="{cloud.blend.name}" mixes all that lies in a '
            'pixel: leave it out, or use blend="over"'
        )
    rows = Rows(len(cloud.table) - 1, len(found.halos), found.front is not None)
    faded = np.empty(0, np.uint8) if found.faded is None else found.faded.astype(np.uint8)
    if len(faded) and cloud.values.permutation is not None:
        faded = faded[cloud.values.permutation]
    return replace(
        cloud,
        values=WithPrevious(cloud.values) if rows.front else cloud.values,
        norm=Emphasis(cloud.norm, rows, faded, discrete),
        order=found.order,
        table=rows.table(cloud.table, found.faded_color, found.halo_colors, found.front),
        halos=found.halos,
        halo_row=rows.outlines,
    ), found.marks


def _marks_only(
    cloud: Cloud, blend: Reduction, highlights: Sequence[Highlight], background: Colors | None
) -> Marks:
    """Return what matplotlib draws; no point of a pixel stands out when all of them are one value."""
    for highlight in highlights:
        for name in ("rest", "outline", "front"):
            if getattr(highlight, name) not in (None, False):
                raise OptionError(
                    f'highlight: {name} colours single points, and blend="{blend.name}" shows pixels: use '
                    'marker or lasso, or blend="over"'
                )
    coords, moves = _first_places(cloud, highlights)
    return emphasise(highlights, coords, None, background, moves=moves).marks


def _first_places(cloud: Cloud, highlights: Sequence[Highlight]) -> tuple[NDArray[np.floating], bool]:
    """Return where points are at first, and whether they move, or come and go.

    Raises
    ------
    OptionError
        If they do, and a highlight is for points that stand still.
    """
    track = isinstance(cloud.coords, Track)
    moves = track or cloud.present is not None
    for highlight in highlights if moves else ():
        for name, instead in (("outline", "rest or marker"), ("front", "marker")):
            if getattr(highlight, name) not in (None, False):
                raise OptionError(
                    f"highlight: {name} needs points that stand still and stay, and these move, or come and "
                    f"go: use {instead}"
                )
        if track and highlight.lasso is not None and highlight.cells is None:
            raise OptionError("highlight: a lasso picks points that stand still, and these move: give cells")
    return (cloud.coords.first() if isinstance(cloud.coords, Track) else np.asarray(cloud.coords)), moves


def bounds_of(place: Place, xlim: Any = None, ylim: Any = None) -> tuple[float, float, float, float]:
    """Return (xmin, xmax, ymin, ymax) of points; of those that are read once, what limits say."""
    if isinstance(place, Track):
        if place.rewindable or xlim is None or ylim is None:
            return place.bounds()
        return float(min(xlim)), float(max(xlim)), float(min(ylim)), float(max(ylim))
    low, high = np.fmin.reduce(place), np.fmax.reduce(place)
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])
