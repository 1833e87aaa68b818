"""What a film of an AnnData shows: the words -> values for each panel, in the order of the cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata import Cells
from gpuanim.adata.along import cell_times, lighting, over_clusters, over_genes
from gpuanim.adata.colors import ColorVector, draw_order, resolve_color, store_palette
from gpuanim.adata.masks import as_groups, check_exclusive, in_groups, in_mask, resolve_mask
from gpuanim.adata.panels import axis_labels, pair_panels, parse_dimensions
from gpuanim.adata.store import Categories
from gpuanim.adata.stored import stored_frames
from gpuanim.errors import OptionError, ShapeError
from gpuanim.values._base import Source
from gpuanim.values.ranks import Rank
from gpuanim.values.rates import frames_and_rate

__all__ = ["Content", "Show", "Shown", "keep_palette", "what_is_shown"]

_STEPS = 100
"""Steps in which cells light up, if nobody says."""


@dataclass(frozen=True)
class Show:
    """What was asked for, as `pl.embedding` takes it."""

    color: Any
    frames: Any
    along: str | None
    groups: Any
    mask_obs: Any
    layer: str | None
    use_raw: bool | None
    gene_symbols: str | None
    components: Any
    dimensions: Any
    sort_order: bool
    mix: str | None
    n_frames: int | None
    fps: Any
    duration: float | None
    n_columns: int = 2


@dataclass(frozen=True, eq=False)
class Content:
    """What is coloured, whatever the dimensions.

    Parameters
    ----------
    values
        What `animate` takes, one per cell.
    order
        (n,) cells from bottom to top, a word of `animate`, or "peak": by the highest value of the film.
    title
        A template, or one text for each step.
    names, stored
        Categories and the colours kept with them; None for numbers.
    shown
        Positions of the categories for the legend; None for all.
    plain
        Whether no colour means anything: there is no bar and no legend.
    mix
        How classes are shown, None for numbers and categories.
    places
        (n,) codes of the categories that names on the data stand at; None for those of the last step.
    key
        The column of `obs` that these are the categories of.
    missing
        (n,) bool, cells that have no category for good, in a film in which others do not show theirs yet.
    numbers
        Whether these are numbers for sure, so that a palette is for other panels.
    norm
        Of numbers, if no norm and no limits are asked for.
    scope
        Of the scale of colours, if it is not asked for: "frame" where each frame is another thing.
    """

    values: Any
    order: Any
    title: Any
    names: tuple[str, ...] | None = None
    stored: Any = None
    shown: tuple[int, ...] | None = None
    plain: bool = False
    mix: str | None = None
    places: Any = None
    key: str | None = None
    missing: NDArray[np.bool_] | None = None
    numbers: bool = False
    scope: str | None = None
    norm: Any = None


@dataclass(frozen=True, eq=False)
class Shown:
    """What a panel shows.

    Parameters
    ----------
    coords, keep
        (m, 2) places, or (m, 3) in a space, and (n,) bool which cells they are of.
    labels
        Of the axes.
    content
        What is coloured there.
    """

    coords: NDArray[np.floating[Any]]
    keep: NDArray[np.bool_]
    labels: tuple[str, str]
    content: Content


def what_is_shown(cells: Cells, basis: str, show: Show) -> list[Shown]:
    """Look up what each panel shows; raises DataKeyError, OptionError or ShapeError."""
    check_exclusive(show.groups, show.mask_obs)
    dimensions = parse_dimensions(show.components, show.dimensions, cells.n_dimensions(basis), show.n_columns)
    pairs = pair_panels(show.color, dimensions, every=show.components is not None)
    if show.frames is not None:
        if show.color is not None:
            raise OptionError("frames and color exclude each other: both say what is coloured")
        same = _of_frames(cells, show)
        contents = [same] * len(pairs)
    else:
        if show.mix is not None:
            raise OptionError("mix is for the shares of classes in frames, not for color")
        contents = _of_colors(cells, [key for key, _ in pairs], show)
    places = {pair: cells.placed(basis, pair) for _, pair in pairs}
    for values in {id(content.values): content.values for content in contents}.values():
        if isinstance(values, Source):
            _check_points(values, places.values(), cells.n_obs)
    return [
        Shown(*places[pair], axis_labels(basis, pair), content)
        for content, (_, pair) in zip(contents, pairs, strict=True)
    ]


def _check_points(values: Source, places: Iterable[tuple[Any, NDArray[np.bool_]]], n_obs: int) -> None:
    """Raise ShapeError if values belong to other cells; of cells without a place only the number tells."""
    for coords, keep in places:
        if keep.all():
            values.check_points(coords)
        elif values.n_points not in (None, n_obs):
            raise ShapeError(f"frames have {values.n_points} points, and there are {n_obs} cells")


def _of_frames(cells: Cells, show: Show) -> Content:
    frames, peak = show.frames, "peak" if show.sort_order else "data"
    if isinstance(frames, PathLike) or (isinstance(frames, str) and frames.endswith(".zarr")):
        from gpuanim.frame_store import open_frames

        frames = open_frames(frames)
    if show.groups is not None or show.mask_obs is not None:
        raise OptionError("groups and mask_obs are for color, not for frames: use highlight=... there")
    if isinstance(frames, str):
        stored = stored_frames(cells, frames)
        title = f"{literal(frames)}, step {{step}} of {{steps}}"
        if stored.classes:
            names = stored.names or tuple(map(str, range(stored.source.n_columns)))
            mix = show.mix or "argmax"
            return Content(stored.source, peak, title, names, stored.colors, mix=mix)
        # What spreads from a seed falls by orders of magnitude: ranks show it, a linear scale does not.
        norm = Rank(stretch=True) if stored.params else None
        return Content(stored.source, peak, title, mix=show.mix, norm=norm)
    if isinstance(frames, list | tuple) and frames and all(isinstance(name, str) for name in frames):
        source = over_genes(
            cells, frames, layer=show.layer, use_raw=show.use_raw, gene_symbols=show.gene_symbols
        )
        if show.mix is not None:
            raise OptionError("mix is for the shares of classes in frames, not for genes")
        order, titles = "value" if show.sort_order else "data", list(source.titles)
        return Content(source, order, titles, numbers=True, scope="frame")
    spreads = isinstance(frames, Source) and "method" in frames.describe() and frames.n_columns == 1
    norm = Rank(stretch=True) if spreads and frames.own_norm is None else None
    return Content(frames, peak, "step {step}", mix=show.mix, norm=norm)


def _of_colors(cells: Cells, keys: Sequence[Any], show: Show) -> list[Content]:
    along = show.along
    column = None if along is None else cells.obs(along)
    own = all(key is None or (isinstance(key, str) and key == along) for key in keys)
    clusters = isinstance(column, Categories) and own
    vectors = [
        resolve_color(
            cells, along if clusters or (key is None and along is not None) else key, layer=show.layer,
            use_raw=show.use_raw, gene_symbols=show.gene_symbols,
        )
        for key in keys
    ]  # fmt: skip
    if clusters:
        return [_of_clusters(vector, show) for vector in vectors]
    vectors = _masked(cells, vectors, show)
    if along is None:
        return [_still(vector, show) for vector in vectors]
    return _of_times(cells, along, column, vectors, show)


def _of_times(
    cells: Cells, along: str, column: Any, vectors: Sequence[ColorVector], show: Show
) -> list[Content]:
    """Return films in which cells light up: as a number passes, or category by category."""
    when = cell_times(cells, along)
    if isinstance(column, Categories):
        present = np.unique(when[~np.isnan(when)])
        when = np.where(np.isnan(when), np.nan, np.searchsorted(present, when))  # without gaps
        names, n_steps = [f", {along} {column.names[int(i)]}" for i in present], max(1, len(present))
    else:
        names, n_steps = [], frames_and_rate(show.n_frames, show.fps, show.duration)[0] or _STEPS
    early_on_top = np.argsort(np.nan_to_num(when, nan=np.inf), kind="stable")[::-1]
    return [
        Content(
            lighting(when, n_steps, vector.values), early_on_top if show.sort_order else "data",
            [vector.title + name for name in names] or literal(vector.title), missing=vector.missing,
            **_categories(vector),
        )
        for vector in vectors
    ]  # fmt: skip


def _of_clusters(vector: ColorVector, show: Show) -> Content:
    values = vector.values
    assert isinstance(values, Categories)
    groups = None if show.groups is None else as_groups(show.groups, [vector])
    if show.mask_obs is not None:
        raise OptionError("mask_obs is for color, not for categories one after the other")
    source = over_clusters(values, groups)
    counted = np.unique(values.codes[values.codes >= 0]).tolist()
    titles = [values.names[i] for i in counted] if groups is None else list(groups)
    order = "value" if show.sort_order else "data"
    listed = vector if groups is None else in_groups(vector, groups)
    return Content(source, order, titles, places=values.codes, missing=listed.missing, **_categories(listed))


def _masked(cells: Cells, vectors: list[ColorVector], show: Show) -> list[ColorVector]:
    if show.groups is not None:
        groups = as_groups(show.groups, vectors)
        return [in_groups(vector, groups) for vector in vectors]
    if show.mask_obs is not None:
        mask = resolve_mask(cells, show.mask_obs)
        return [in_mask(vector, mask) for vector in vectors]
    return vectors


def _still(vector: ColorVector, show: Show) -> Content:
    values = vector.values.codes if isinstance(vector.values, Categories) else vector.values
    order = draw_order(vector, show.sort_order)
    return Content(values, order, literal(vector.title), plain=vector.kind == "none", **_categories(vector))


def _categories(vector: ColorVector) -> dict[str, Any]:
    if not isinstance(vector.values, Categories):
        return {"numbers": True}
    names = tuple(map(str, vector.values.names))
    return {"names": names, "stored": vector.palette, "shown": vector.shown, "key": vector.key}


def keep_palette(adata: Any, panels: Sequence[Shown], palette: Any) -> None:
    """Write the colours that a palette gives to columns of `obs` to `uns`, as scanpy does."""
    from matplotlib.colors import to_hex

    from gpuanim.values.palettes import palette_colors

    for content in (panel.content for panel in panels):
        if content.names is not None and content.key is not None and hasattr(adata, "uns"):
            colors = palette_colors(content.names, palette)
            store_palette(adata, content.key, [to_hex(color / 255) for color in colors])


def literal(text: str) -> str:
    """Return a template that says `text`, braces included."""
    return text.replace("{", "{{").replace("}", "}}")
