"""`pl.embedding`: an embedding of an AnnData as a film."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from gpuanim.adata import open_cells
from gpuanim.adata.panels import resolve_cmap
from gpuanim.animation import Animation
from gpuanim.blend import as_blend
from gpuanim.errors import OptionError
from gpuanim.pl._film import Look, film_panels
from gpuanim.pl._others import check_no_others
from gpuanim.pl._show import Show, keep_palette, what_is_shown
from gpuanim.verbs._stage import figure_dress
from gpuanim.view.words import as_move

__all__ = ["embedding"]


def embedding(
    adata: Any,
    basis: str,
    *,
    color: Any = None,
    frames: Any = None,
    along: str | None = None,
    groups: str | Sequence[str] | None = None,
    mask_obs: Any = None,
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
    components: Any = None,
    dimensions: Any = None,
    sort_order: bool = True,
    size: Any = None,
    spot_size: float | None = None,
    alpha: float = 1.0,
    cmap: Any = None,
    color_map: Any = None,
    palette: Any = None,
    mix: str | None = None,
    na_color: Any = "lightgray",
    na_in_legend: bool = True,
    vmin: Any = None,
    vmax: Any = None,
    vcenter: Any = None,
    norm: Any = None,
    scope: str | None = None,
    legend_loc: str | None = "right margin",
    legend_fontsize: Any = None,
    legend_fontweight: Any = None,
    legend_fontoutline: float | None = None,
    colorbar_loc: str | None = "right",
    frameon: bool | None = None,
    title: Any = None,
    add_outline: bool = False,
    outline_width: tuple[float, float] = (0.3, 0.05),
    outline_color: tuple[Any, Any] = ("black", "white"),
    highlight: Any = None,
    ncols: int = 4,
    n_frames: int | None = None,
    fps: float | str | Fraction | None = None,
    duration: float | None = None,
    tween: str | None = None,
    ease: Any = "linear",
    hold: float | tuple[float, float] = 0.0,
    suptitle: Any = None,
    caption: Any = None,
    progress_line: Any = None,
    scale_bar: Any = None,
    logo: Any = None,
    margin: float | None = None,
    aspect: str | None = None,
    y_down: bool = False,
    figsize: tuple[float, float] | None = None,
    dpi: float | None = None,
    background: Any = "auto",
    theme: str | None = None,
    style: Any = None,
    antialias: bool = True,
    blend: Any = "over",
    camera: Any = None,
    renderer: str = "auto",
    device: int | None = None,
    **others: Any,
) -> Animation:
    """Film an embedding of an AnnData by scanpy's rules.

    Keys, genes, palettes, sizes of dots and their order follow ``scanpy.pl.embedding``, and so do the names
    of options. Without `frames` and `along` the film has one frame, scanpy's picture.

    Parameters
    ----------
    adata
        An AnnData, in memory, backed or a view, or the path of an `.h5ad` or `.zarr`. Only what is shown is
        read; a film from a file keeps it open. Nothing is written to it, but for the colours that `palette`
        gives, which go to ``uns["<color>_colors"]`` as in scanpy.
    basis
        Key in `obsm`, with or without ``X_``. Cells without finite coordinates are left out.
    color
        Column of `obs` or gene, or a list of them: a panel each. None: all cells in `na_color`.
    frames
        What changes, one of

        - a key in `obsm` with a column per step, such as what `gpuanim.tl.label_propagation` has written,
          classes included
        - a store, ``"frames.zarr"`` or what `open_frames` returns
        - a list of genes: a frame each
        - values as `animate` takes them: (t, n) array, list, generator, or a running `LabelPropagation`
    along
        Column of `obs`. Numbers, such as a pseudotime: cells light up as it passes and show their `color`
        then (by default the column itself). Categories: one after the other is shown, the rest in `na_color`,
        or, with another `color`, they light up in their order, a step each.
    groups
        Categories to show; all others are in `na_color`.
    mask_obs
        (n,) bool or column of `obs`: which cells to colour.
    layer, use_raw, gene_symbols
        Where genes are read: a layer, or `raw` (the default if there is one and no layer is named); column of
        `var` with other names.
    components, dimensions
        Which columns of the basis: ``"1,2"`` from 1, or ``(0, 1)`` from 0; lists are panels. A camera that
        orbits takes three of them, by default the first.
    sort_order
        High values on top, missing ones at the bottom. A film keeps one order, that of each cell's highest
        value in the film, where the values can be read more than once; with `along`, cells that are lit lie
        above the others; films over genes and categories are ordered anew for each frame. False: the order
        of the data.
    size
        Of the dots, in points squared, as scanpy's (of marker "."), a number or one per cell. Default:
        120,000 / number of cells.
    spot_size
        Diameter of the dots in units of the basis instead.
    alpha, cmap, color_map, palette, na_color, vmin, vmax, vcenter, norm
        As in scanpy; limits are numbers, percentiles ("p99"), or callables, or lists of them for each panel.
        `norm` also takes those of `animate`, such as "rank". A film's limits are those of all its steps, but
        those of each gene in a film over genes; `scope` says otherwise. Propagated signals are shown by rank
        in each frame if none of these is given.
    mix
        How classes are shown, as in `animate`; by default the most likely one.
    scope
        "film" or "frame", as in `animate`.
    legend_loc, legend_fontsize, legend_fontweight, legend_fontoutline, na_in_legend
        As in scanpy: "right margin", "on data", a location of matplotlib, None. More than 400 categories
        have no legend.
    colorbar_loc
        "right", "left", "top", "bottom" or None.
    frameon
        Whether to draw a frame and the names of the axes; scanpy's setting, if scanpy is loaded, or True. A
        space that turns has neither.
    title
        Of the panels, each as in `animate`; by default what is shown, with the number of the step.
    add_outline, outline_width, outline_color
        As in scanpy, but that `alpha` holds for the outline as well, and is 1 by default.
    highlight
        As in `animate`; positions and masks count all cells.
    ncols
        Panels in a row.
    n_frames, fps, duration, tween, ease, hold
        As in `animate`. With numbers `along`, `n_frames` (or those of `fps` and `duration`) is the number of
        steps, 100 by default.
    suptitle, caption, progress_line, scale_bar, logo, background, theme, style, antialias, blend, renderer,
    device
        As in `animate`; `suptitle` stands above all panels. ``blend="count"`` also counts cells without a
        colour.
    camera
        As in `animate`; `Shot.group` and ``(column of obs, group)`` name cells. ``camera=ga.Orbit()`` looks
        into the space of three dimensions.
    margin, aspect
        As in `animate`; by default matplotlib's margins, stretched to the panel as scanpy does, but with
        equal scales where a space turns.
    y_down
        Whether y grows downwards, as in pictures.
    figsize, dpi
        Inches of a panel, as ``rcParams["figure.figsize"]``, and dots per inch.

    Returns
    -------
    Animation

    Raises
    ------
    DataKeyError
        There is no such key, gene or category; the message names the nearest.
    OptionError, ShapeError
        An option cannot be used; nothing has been rendered then.

    Examples
    --------
    >>> import gpuanim as ga, scanpy as sc
    >>> adata = sc.datasets.pbmc68k_reduced()  # doctest: +SKIP
    >>> ga.pl.umap(adata, frames=["CD3D", "CST3"], fps=1).save("genes.mp4")  # doctest: +SKIP
    """
    check_no_others(others, embedding)
    if frames is not None and along is not None:
        raise OptionError("frames and along exclude each other: both say what changes")
    if size is not None and spot_size is not None:
        raise OptionError("size and spot_size exclude each other: points squared, or units of the basis")
    if not isinstance(basis, str):
        raise OptionError(f"basis must be a key of obsm, such as 'umap', not {basis!r}")
    if along is not None and not isinstance(along, str):
        raise OptionError(f"along must be a column of obs, not {along!r}")
    move = as_move(camera)
    cells = open_cells(adata)
    show = Show(
        color=color, frames=frames, along=along, groups=groups, mask_obs=mask_obs, layer=layer,
        use_raw=use_raw, gene_symbols=gene_symbols, components=components, dimensions=dimensions,
        sort_order=sort_order, mix=mix, n_frames=n_frames, fps=fps, duration=duration,
        n_columns=2 if move is None else move.n_columns,
    )  # fmt: skip
    shown = what_is_shown(cells, basis, show)
    look = Look(
        size=size, spot_size=spot_size, alpha=alpha, cmap=resolve_cmap(cmap, color_map), palette=palette,
        na_color=na_color, na_in_legend=na_in_legend, vmin=vmin, vmax=vmax, vcenter=vcenter, norm=norm,
        scope=scope, legend_loc=legend_loc, legend_fontsize=legend_fontsize,
        legend_fontweight=legend_fontweight, legend_fontoutline=legend_fontoutline, colorbar_loc=colorbar_loc,
        frameon=frameon, title=title, add_outline=add_outline, outline_width=outline_width,
        outline_color=outline_color, highlight=highlight, ncols=ncols, caption=caption, scale_bar=scale_bar,
        margin=margin, aspect=aspect, y_down=y_down, figsize=figsize, dpi=dpi, background=background,
        theme=theme, style=style, antialias=antialias, blend=as_blend(blend), camera=move,
        renderer=renderer, device=device,
    )  # fmt: skip
    around = figure_dress(title=suptitle, progress_line=progress_line, logo=logo)
    timing = {
        "n_frames": n_frames, "fps": fps, "duration": duration, "tween": tween, "ease": ease, "hold": hold,
    }  # fmt: skip
    film = film_panels(cells, shown, look, around, timing)
    if palette is not None:
        keep_palette(adata, shown, palette)
    return film
