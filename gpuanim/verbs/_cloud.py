"""What the verbs share: places and values -> the points of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
from gpuanim.types import Colors
from gpuanim.values._base import Source
from gpuanim.values.emphasis import Emphasis, Rows, WithPrevious
from gpuanim.values.tracks import Track
from gpuanim.verbs._paint import Paint

__all__ = ["bounds_of", "common_steps", "emphasised", "make_cloud"]


def common_steps(place: NDArray[np.floating] | Track, source: Source) -> int | None:
    if not isinstance(place, Track):
        return source.n_steps
    if source.n_steps in (1, place.n_steps):
        return place.n_steps
    raise OptionError(f"coords have {place.n_steps} steps, values have {source.n_steps}: both must agree")


def make_cloud(place: NDArray[np.floating] | Track, paint: Paint, dots: Dots) -> Cloud:
    """Put the points of a panel together.

    Raises
    ------
    OptionError, ShapeError
        If the order or spread does not fit, or there is an order and the blend knows none; or if the norm of
        pixels has to look at all frames of points that move.
    """
    if dots.spread is not None and isinstance(place, Track):
        raise OptionError("spread needs points that stand still: coords of shape (n, 2)")
    n_points = int(place.n_points or 0) if isinstance(place, Track) else len(place)
    order, blend = dots.order, paint.blend
    if not (blend.ordered or (isinstance(order, str) and order == "data")):
        raise OptionError(
            f'order has no meaning for blend="{blend.name}": no point lies on top; leave it out'
        )
    if isinstance(blend, Reduction):
        _check_reduction(blend, place, paint)
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
        blend=blend,
    )  # fmt: skip


def _check_reduction(blend: Reduction, place: NDArray[np.floating] | Track, paint: Paint) -> None:
    if blend.by_pixels and isinstance(place, Track) and paint.norm.needs_film:
        raise OptionError(
            f'blend="{blend.name}" of points that move cannot search all frames for its range: give vmin and '
            'vmax, or scope="frame"'
        )


def emphasised(
    cloud: Cloud, highlights: Sequence[Highlight], background: Colors | None, *, discrete: bool = False
) -> tuple[Cloud, Marks]:
    """Let some of a cloud's points stand out; return what matplotlib is to draw as well.

    Raises
    ------
    OptionError, ShapeError
        If the points move, their order follows the values, or a highlight cannot be used.
    """
    if not highlights:
        return cloud, ()
    if isinstance(cloud.blend, Reduction):
        return cloud, _marks_only(cloud, cloud.blend, highlights, background)
    if not cloud.still or isinstance(cloud.order, str):
        raise OptionError(
            "highlight needs points that stand still in an order that holds for the film: coords of shape "
            '(n, 2), and order="data", "random", an array, or order_scope="film"'
        )
    found = emphasise(highlights, np.asarray(cloud.coords), cloud.order, background)
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
    if isinstance(cloud.coords, Source):
        raise OptionError("highlight needs points that stand still: coords of shape (n, 2)")
    return emphasise(highlights, np.asarray(cloud.coords), None, background).marks


def bounds_of(place: NDArray[np.floating] | Track) -> tuple[float, float, float, float]:
    if isinstance(place, Track):
        return place.bounds()
    x, y = place[:, 0], place[:, 1]
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())
