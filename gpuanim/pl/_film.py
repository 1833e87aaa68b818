"""What panels of an AnnData show -> a film: colours, sizes, orders and chrome by scanpy's rules."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata import Cells
from gpuanim.adata.masks import group_mask
from gpuanim.adata.panels import (
    PanelLimits,
    grid_figsize,
    grid_shape,
    panel_limits,
    panel_titles,
    resolve_frameon,
)
from gpuanim.adata.sizes import resolve_size
from gpuanim.animation import Animation
from gpuanim.blend import Blend, Reduction
from gpuanim.chrome.figure import FigureStage
from gpuanim.chrome.key import CategoryKey
from gpuanim.chrome.panel import PanelStage
from gpuanim.chrome.parts import ColorBar, FigureDress, Legend
from gpuanim.errors import OptionError
from gpuanim.film import Cloud
from gpuanim.highlight import Highlight, as_highlights, picked_cells
from gpuanim.look import Limits, make_dots, make_limits, make_sheet
from gpuanim.pl._show import Content, Shown
from gpuanim.types import Colors
from gpuanim.values.subset import Subset
from gpuanim.values.timeline import Timeline
from gpuanim.verbs._camera import check_look, check_worn, filmed
from gpuanim.verbs._cloud import bounds_of, emphasised, make_cloud
from gpuanim.verbs._paint import Paint, Wishes, as_paint
from gpuanim.verbs._stage import MOST_LISTED, film_of, ground_and_style, make_panel, panel_dress
from gpuanim.view._base import Bounds, Flight, Move, Subject
from gpuanim.view.orbit import Orbit
from gpuanim.view.words import picker

__all__ = ["Look", "film_panels"]


@dataclass(frozen=True, eq=False)
class Look:
    """How panels look, in the words of `pl.embedding`."""

    size: Any
    spot_size: float | None
    alpha: float
    cmap: Any
    palette: Any
    na_color: Any
    na_in_legend: bool
    vmin: Any
    vmax: Any
    vcenter: Any
    norm: Any
    scope: str | None
    legend_loc: str | None
    legend_fontsize: Any
    legend_fontweight: Any
    legend_fontoutline: float | None
    colorbar_loc: str | None
    frameon: bool | None
    title: Any
    add_outline: bool
    outline_width: tuple[float, float]
    outline_color: tuple[Any, Any]
    highlight: Any
    ncols: int
    caption: Any
    scale_bar: Any
    margin: float | None
    aspect: str | None
    y_down: bool
    figsize: tuple[float, float] | None
    dpi: float | None
    background: Any
    theme: str | None
    style: Any
    antialias: bool
    blend: Blend
    camera: Move | None
    renderer: str
    device: int | None

    @property
    def deep(self) -> bool:
        """Whether it looks into a space."""
        return self.camera is not None and self.camera.n_columns == 3


def film_panels(
    cells: Cells, shown: Sequence[Shown], look: Look, around: FigureDress, timing: dict[str, Any]
) -> Animation:
    """Put the panels of a film together."""
    n = len(shown)
    ground, style = ground_and_style(look.background, look.theme, look.style, look.blend)
    limits = panel_limits(n, vmin=look.vmin, vmax=look.vmax, vcenter=look.vcenter, norm=look.norm)
    titles = panel_titles(look.title, [panel.content.title for panel in shown])
    captions = [look.caption] + [None] * (n - 1)
    clouds: list[Cloud] = []
    panels: list[PanelStage] = []
    with style.applied():
        for panel, scale, title, caption in zip(shown, limits, titles, captions, strict=True):
            cloud, stage = _panel(cells, panel, scale, look, ground, timing, title=title, caption=caption)
            clouds.append(cloud)
            panels.append(stage)
        sheet, dpi = _sheet(n, look)
    if n > 1 and not all(cloud.values.rewindable for cloud in clouds):
        raise OptionError(
            "frames that can be read only once cannot fill several panels: give them as a list or an array"
        )
    timeline = _timeline([cloud.values.n_steps for cloud in clouds], timing)
    stage_of_all = FigureStage(sheet, ground, tuple(panels), style, around, grid_shape(n, look.ncols)[1])
    return film_of(stage_of_all, tuple(clouds), timeline, dpi, look.renderer, look.device)


def _panel(
    cells: Cells,
    shown: Shown,
    scale: PanelLimits,
    look: Look,
    ground: Colors | None,
    timing: dict[str, Any],
    *,
    title: Any,
    caption: Any,
) -> tuple[Cloud, PanelStage]:
    keep, n, content = shown.keep, len(shown.coords), shown.content
    paint = _paint(content, keep, scale, look, ground)
    paint.check_tween(timing["tween"])
    size = resolve_size(look.size, keep)
    order, order_scope = _order(content, keep, paint, look)
    # scanpy's marker "." has half the diameter of "o", and no edge.
    dots = make_dots(
        n, s=size / 4, alpha=_alpha(look.alpha, keep), order=order, order_scope=order_scope,
        seed=0, antialias=look.antialias, edge=0.0, spot=look.spot_size,
        fitting=look.size is None,
    )  # fmt: skip
    highlights = _highlights(look, keep, shown.coords)
    check_look(look.camera, dots, highlights, None, None, _aspect(look))
    flight = _flight(cells, shown, look)
    cloud, marks = emphasised(
        make_cloud(shown.coords, paint, dots), highlights, ground, discrete=paint.discrete
    )
    cloud = filmed(cloud, flight)
    frame = resolve_frameon(look.frameon) and not look.deep
    xlabel, ylabel = shown.labels if frame else (None, None)
    legend, bar = _legend(look), _color_bar(look)
    categorical = paint.names is not None
    bare = categorical or (content.plain and not _counts(look.blend))
    listed = categorical or any(mark.highlight.label for mark in marks)
    if legend is not None and categorical and _too_many(paint, content):
        legend = None
    dress = panel_dress(
        marks, title=title or None, xlabel=xlabel, ylabel=ylabel, axes="frame" if frame else False,
        colorbar=None if bare else _labelled(bar, look.blend), legend=(legend if listed else None) or False,
        scale_bar=look.scale_bar, caption=caption,
    )  # fmt: skip
    check_worn(dress, flight)
    bounds = _reach(shown.coords, look) if flight is None or flight.bounds is None else flight.bounds
    stage = make_panel(_limits(bounds, look), dress, paint, shown.coords, carried=flight is not None)
    return cloud, replace(stage, key=_shown_key(stage.key, content, keep))


def _flight(cells: Cells, shown: Shown, look: Look) -> Flight | None:
    """Return what the camera does over a panel."""
    move, column = look.camera, shown.content.key
    if move is None:
        return None
    if look.y_down and isinstance(move, Orbit):
        move = move.upside_down()

    def group_of(name: str, key: str | None) -> NDArray[np.bool_]:
        if key is None and column is None:
            raise OptionError(f"camera: give group {name!r} with its column of obs, (column, {name!r})")
        return group_mask(cells, name, key or column or "")

    pick = picker(len(shown.keep), group_of, None if shown.keep.all() else shown.keep)
    return move.over(Subject(shown.coords, pick, fades=not isinstance(look.blend, Reduction)))


def _aspect(look: Look) -> str:
    usual = "equal" if look.deep else "auto"
    return usual if look.aspect is None else look.aspect


def _alpha(alpha: Any, keep: NDArray[np.bool_]) -> Any:
    """Return the opacity of the cells that have a place; arrays count all cells."""
    return np.asarray(alpha)[keep] if np.shape(alpha) == keep.shape else alpha


def _labelled(bar: ColorBar | None, blend: Blend) -> ColorBar | None:
    """Let a bar say what is counted or added up."""
    words = {"count": "cells per pixel", "sum": "sum per pixel", "any": "any cell"}
    return bar if bar is None or bar.label else replace(bar, label=words.get(blend.name))


def _paint(
    content: Content, keep: NDArray[np.bool_], scale: PanelLimits, look: Look, ground: Colors | None
) -> Paint:
    values, counts = content.values, _counts(look.blend)
    wishes = Wishes(
        stored=content.stored, categories=content.names, mix=content.mix, na_color=look.na_color,
        blend=look.blend,
    )  # fmt: skip
    if scale == PanelLimits() and look.scope is None and not look.blend.by_pixels:
        scale = PanelLimits(norm=content.norm)
    if not content.numbers:
        wishes = replace(wishes, palette=look.palette)
    if content.names is None or counts:
        wishes = replace(
            wishes, norm=scale.norm, vmin=scale.vmin, vmax=scale.vmax, vcenter=scale.vcenter,
            scope=_scope(content, scale, look), cmap=look.cmap,
        )  # fmt: skip
    n = len(keep)
    if content.plain and counts:  # cells without a colour are still there
        values = np.zeros(n, np.float32)
    paint = as_paint(values, n_points=n, n_steps=None, wishes=wishes, background=ground)
    places = None if content.places is None else content.places[keep]
    return replace(paint, source=Subset.of(paint.source, keep), groups=places)


def _scope(content: Content, scale: PanelLimits, look: Look) -> str | None:
    if _counts(look.blend):
        return look.scope
    return content.scope if look.scope is None and scale.norm in (None, "linear", "log") else look.scope


def _counts(blend: Blend) -> bool:
    return isinstance(blend, Reduction) and blend.counts


def _order(content: Content, keep: NDArray[np.bool_], paint: Paint, look: Look) -> tuple[Any, str | None]:
    """Return order and scope of drawing of the cells that have a place, as `make_dots` takes them.

    Over the steps of values the film decides: by the last step alone, a cell that shines halfway would lie
    below those that shine at the end.
    """
    order = content.order
    if not look.blend.ordered or look.deep:
        return "data", None
    if isinstance(order, np.ndarray):
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank[keep], None
    if order == "value" and look.highlight is None and not look.add_outline:
        return "value", "frame"
    if order == "peak" and paint.source.n_columns == 1 and paint.source.rewindable:
        return "value", "film"
    return "data", None


def _highlights(look: Look, keep: NDArray[np.bool_], coords: NDArray[Any]) -> tuple[Highlight, ...]:
    """Return the highlights with the numbers that the cells have among those with a place."""
    given = list(as_highlights(look.highlight))
    if not keep.all():
        place = np.cumsum(keep) - 1
        everywhere = np.zeros((len(keep), coords.shape[1]))
        everywhere[keep] = coords
        for i, highlight in enumerate(given):
            if highlight.cells is not None:
                cells = picked_cells(highlight, everywhere)
                given[i] = replace(highlight, cells=place[cells[keep[cells]]])
    if look.add_outline:
        given.insert(0, Highlight(outline=_outline(look.outline_color), outline_width=look.outline_width))
    return tuple(given)


def _outline(colors: Any) -> tuple[Any, Any]:
    if isinstance(colors, str) or np.ndim(colors) == 0 or len(colors) != 2:
        raise OptionError(
            f"outline_color must be two colours, of the contour and the gap, such as ('black', 'white'), "
            f"not {colors!r}"
        )
    return colors[0], colors[1]


def _legend(look: Look) -> Legend | None:
    if look.legend_loc in (None, "none"):
        return None
    return Legend(
        loc=look.legend_loc, fontsize=look.legend_fontsize, fontweight=look.legend_fontweight,
        fontoutline=look.legend_fontoutline, na=look.na_in_legend,
    )  # fmt: skip


def _too_many(paint: Paint, content: Content) -> bool:
    """Return whether a legend would list more than can be read, and warn of it."""
    n = len(paint.names or ()) if content.shown is None else len(content.shown)
    if n > MOST_LISTED:
        warnings.warn(
            f"{n:,} categories are too many for a legend, which is left out; give legend_loc=None or groups",
            UserWarning,
            stacklevel=5,
        )
    return n > MOST_LISTED


def _color_bar(look: Look) -> ColorBar | None:
    return None if look.colorbar_loc is None else ColorBar(loc=look.colorbar_loc)


def _shown_key(key: CategoryKey | None, content: Content, keep: NDArray[np.bool_]) -> CategoryKey | None:
    """Return the key of the categories that are shown, with NA if cells lack one for good."""
    if key is not None and content.missing is not None:
        key = replace(key, has_na=bool(content.missing[keep].any()))
    if key is None or content.shown is None:
        return key
    picked = list(content.shown)
    places = None if key.positions is None else key.positions[picked]
    return replace(
        key, names=tuple(key.names[i] for i in picked), colors=key.colors[picked], positions=places
    )


def _sheet(n: int, look: Look) -> tuple[tuple[float, float], float]:
    """Return the inches of all panels, and dots per inch."""
    given = _rc("figure.figsize") if look.figsize is None else look.figsize
    one, dpi = make_sheet(None, given, _rc("figure.dpi") if look.dpi is None else look.dpi)
    return make_sheet(None, one if n == 1 else grid_figsize(n, look.ncols, one), dpi)


def _timeline(steps: Sequence[int | None], timing: dict[str, Any]) -> Timeline:
    n_steps = None if None in steps else max(step or 1 for step in steps)
    return Timeline.resolve(n_steps, **timing)


def _reach(coords: NDArray[Any], look: Look) -> Bounds:
    """Return the box that holds the cells; spots of a size in units of the data as a whole."""
    x0, x1, y0, y1 = bounds_of(coords)
    beyond = 0.0 if look.spot_size is None else look.spot_size / 2
    return x0 - beyond, x1 + beyond, y0 - beyond, y1 + beyond


def _limits(bounds: Bounds, look: Look) -> Limits:
    """Return the part of the plane that a panel shows."""
    margin = _rc("axes.xmargin") if look.margin is None else look.margin
    limits = make_limits(bounds, xlim=None, ylim=None, margin=margin, aspect=_aspect(look))
    if not look.y_down:
        return limits
    unturned = replace(limits, aspect="auto").view((0.0, 0.0, 1.0, 1.0)).ylim
    return replace(limits, ylim=unturned[::-1])


def _rc(name: str) -> Any:
    import matplotlib

    params: Any = matplotlib.rcParams  # its stubs list all names one by one
    return params[name]
