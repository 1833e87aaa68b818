"""What panels of an AnnData show -> a film: colours, sizes, orders and chrome by scanpy's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata import Cells
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
from gpuanim.film import Cloud
from gpuanim.highlight import Highlight, as_highlights, picked_cells
from gpuanim.look import make_dots, make_limits, make_sheet
from gpuanim.pl._show import Shown
from gpuanim.types import Colors
from gpuanim.values._base import Source
from gpuanim.values.subset import Subset
from gpuanim.values.timeline import Timeline
from gpuanim.verbs._cloud import bounds_of, emphasised, make_cloud
from gpuanim.verbs._paint import Paint, Wishes, as_paint
from gpuanim.verbs._stage import film_of, ground_and_style, make_panel, panel_dress

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
    aspect: str
    y_down: bool
    figsize: tuple[float, float] | None
    dpi: float | None
    background: Any
    theme: str | None
    style: Any
    antialias: bool
    blend: Blend
    renderer: str


def film_panels(
    cells: Cells, shown: Sequence[Shown], look: Look, around: FigureDress, timing: dict[str, Any]
) -> Animation:
    """Put the panels of a film together."""
    del cells  # a film from a file keeps it open through its sources
    n = len(shown)
    ground, style = ground_and_style(look.background, look.theme, look.style)
    limits = panel_limits(n, vmin=look.vmin, vmax=look.vmax, vcenter=look.vcenter, norm=look.norm)
    titles = panel_titles(look.title, [panel.title for panel in shown])
    captions = [look.caption] + [None] * (n - 1)
    clouds: list[Cloud] = []
    panels: list[PanelStage] = []
    with style.applied():
        for panel, scale, title, caption in zip(shown, limits, titles, captions, strict=True):
            cloud, stage = _panel(panel, scale, look, ground, timing, title=title, caption=caption)
            clouds.append(cloud)
            panels.append(stage)
        sheet, dpi = make_sheet(None, _figsize(n, look), look.dpi or _rc("figure.dpi"))
    timeline = _timeline([cloud.values.n_steps for cloud in clouds], timing)
    stage_of_all = FigureStage(sheet, ground, tuple(panels), style, around, grid_shape(n, look.ncols)[1])
    return film_of(stage_of_all, tuple(clouds), timeline, dpi, look.renderer)


def _panel(
    shown: Shown,
    scale: PanelLimits,
    look: Look,
    ground: Colors | None,
    timing: dict[str, Any],
    *,
    title: Any,
    caption: Any,
) -> tuple[Cloud, PanelStage]:
    keep, n = shown.keep, len(shown.coords)
    paint = _paint(shown, scale, look, ground)
    paint.check_tween(timing["tween"])
    size = resolve_size(look.size, keep)
    # scanpy's marker "." has half the diameter of "o", and no edge.
    dots = make_dots(
        n, s=size / 4, alpha=look.alpha, order=_order(shown, paint, look), seed=0,
        antialias=look.antialias, edge=0.0, spot=look.spot_size,
    )  # fmt: skip
    highlights = _highlights(look, keep, shown.coords)
    cloud, marks = emphasised(
        make_cloud(shown.coords, paint, dots), highlights, ground, discrete=paint.discrete
    )
    frame = resolve_frameon(look.frameon)
    xlabel, ylabel = shown.labels if frame else (None, None)
    categorical = paint.names is not None
    bare = categorical or (shown.plain and not _counts(look.blend)) or look.colorbar_loc is None
    dress = panel_dress(
        marks, title=title or None, xlabel=xlabel, ylabel=ylabel, axes="frame" if frame else False,
        colorbar=None if bare else ColorBar(loc=look.colorbar_loc or "right"),
        legend=_legend(look) if categorical else None, scale_bar=look.scale_bar, caption=caption,
    )  # fmt: skip
    bounds = bounds_of(shown.coords)
    margin = _rc("axes.xmargin") if look.margin is None else look.margin
    limits = make_limits(bounds, xlim=None, ylim=None, margin=margin, aspect=look.aspect)
    if look.y_down:
        limits = replace(limits, ylim=_turned(bounds, margin))
    stage = make_panel(limits, dress, paint, shown.coords)
    return cloud, replace(stage, key=_shown_key(stage.key, shown.shown))


def _paint(shown: Shown, scale: PanelLimits, look: Look, ground: Colors | None) -> Paint:
    values, counts = shown.values, _counts(look.blend)
    wishes = Wishes(
        stored=shown.stored, categories=shown.names, mix=shown.mix, na_color=look.na_color, blend=look.blend
    )  # fmt: skip
    if shown.names is not None:
        wishes = replace(wishes, palette=look.palette)
    if shown.names is None or counts:
        wishes = replace(
            wishes, norm=scale.norm, vmin=scale.vmin, vmax=scale.vmax, vcenter=scale.vcenter,
            scope=_scope(shown, scale, look), cmap=look.cmap,
        )  # fmt: skip
    n = len(shown.keep)
    if shown.plain and counts:  # cells without a colour are still there
        values = np.zeros(n, np.float32)
    paint = as_paint(values, n_points=n, n_steps=None, wishes=wishes, background=ground)
    places = None if shown.places is None else shown.places[shown.keep]
    return replace(paint, source=Subset.of(paint.source, shown.keep), groups=places)


def _scope(shown: Shown, scale: PanelLimits, look: Look) -> str | None:
    if _counts(look.blend):
        return look.scope
    return shown.scope if look.scope is None and scale.norm in (None, "linear", "log") else look.scope


def _counts(blend: Blend) -> bool:
    return isinstance(blend, Reduction) and blend.counts


def _order(shown: Shown, paint: Paint, look: Look) -> Any:
    """Return the order of drawing of the cells that have a place, as `make_dots` takes it."""
    if not look.blend.ordered:
        return "data"
    order = shown.order
    if isinstance(order, np.ndarray):
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank[shown.keep]
    if order == "value" and look.highlight is None and not look.add_outline:
        return order
    if order != "last":
        return "data"
    last = _last(paint.source)
    if last is None or last.ndim == 2:
        return "data"
    return np.nan_to_num(last, nan=-np.inf, neginf=-np.inf) if last.dtype.kind == "f" else last


def _last(source: Source) -> NDArray[Any] | None:
    """Return the last step in the order of the cells, None if it cannot be looked up."""
    if type(source).step is Source.step or not source.n_steps:
        return None
    values = np.array(source.step(source.n_steps - 1))
    if source.permutation is not None:
        ordered = np.empty_like(values)
        ordered[source.permutation] = values
        return ordered
    return values


def _highlights(look: Look, keep: NDArray[np.bool_], coords: NDArray[Any]) -> tuple[Highlight, ...]:
    """Return the highlights with the numbers that the cells have among those with a place."""
    given = list(as_highlights(look.highlight))
    if not keep.all():
        place = np.cumsum(keep) - 1
        everywhere = np.zeros((len(keep), 2))
        everywhere[keep] = coords
        for i, highlight in enumerate(given):
            if highlight.cells is not None:
                cells = picked_cells(highlight, everywhere)
                given[i] = replace(highlight, cells=place[cells[keep[cells]]])
    if look.add_outline:
        given.insert(0, Highlight(outline=tuple(look.outline_color), outline_width=look.outline_width))
    return tuple(given)


def _legend(look: Look) -> Legend | None:
    if look.legend_loc in (None, "none"):
        return None
    return Legend(
        loc=look.legend_loc, fontsize=look.legend_fontsize, fontweight=look.legend_fontweight,
        fontoutline=look.legend_fontoutline, na=look.na_in_legend,
    )  # fmt: skip


def _shown_key(key: CategoryKey | None, shown: tuple[int, ...] | None) -> CategoryKey | None:
    """Return the key of the categories that are shown."""
    if key is None or shown is None:
        return key
    picked = list(shown)
    places = None if key.positions is None else key.positions[picked]
    return replace(
        key, names=tuple(key.names[i] for i in picked), colors=key.colors[picked], positions=places
    )


def _figsize(n: int, look: Look) -> tuple[float, float]:
    one = tuple(_rc("figure.figsize")) if look.figsize is None else look.figsize
    return one if n == 1 else grid_figsize(n, look.ncols, one)


def _timeline(steps: Sequence[int | None], timing: dict[str, Any]) -> Timeline:
    n_steps = None if None in steps else max(step or 1 for step in steps)
    return Timeline.resolve(n_steps, **timing)


def _turned(bounds: tuple[float, float, float, float], margin: float) -> tuple[float, float]:
    low, high = bounds[2], bounds[3]
    pad = (high - low) * margin or 0.5
    return high + pad, low - pad


def _rc(name: str) -> Any:
    import matplotlib

    params: Any = matplotlib.rcParams  # its stubs list all names one by one
    return params[name]
