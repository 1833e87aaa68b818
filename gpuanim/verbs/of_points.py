"""The verb `animate`: values that change over points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from gpuanim.animation import Animation
from gpuanim.blend import as_blend
from gpuanim.highlight import as_highlights
from gpuanim.look import make_dots, make_limits, make_sheet
from gpuanim.motion.tracks import Track
from gpuanim.motion.trails import as_trail
from gpuanim.values._base import Source
from gpuanim.values.timeline import Timeline
from gpuanim.verbs._camera import check_look, check_worn, filmed, subject_of
from gpuanim.verbs._cloud import bounds_of, common_steps, emphasised, make_cloud, read_places
from gpuanim.verbs._paint import Wishes, as_paint, one_step
from gpuanim.verbs._stage import (
    check_alone,
    figure_dress,
    film_of,
    ground_and_style,
    make_stage,
    on_axes,
    panel_dress,
)
from gpuanim.view.words import as_move

__all__ = ["animate"]


def animate(
    coords: Any,
    values: Any,
    *,
    n_steps: int | None = None,
    n_frames: int | None = None,
    fps: float | str | Fraction | None = None,
    duration: float | None = None,
    tween: str | None = None,
    ease: Any = "linear",
    hold: float | tuple[float, float] = 0.0,
    present: Any = None,
    fade: float = 0.5,
    trail: Any = None,
    size: tuple[int, int] | None = None,
    figsize: tuple[float, float] | None = None,
    dpi: float | None = None,
    s: Any = "auto",
    spread: Any = False,
    alpha: Any = 1.0,
    order: Any = "data",
    order_scope: str | None = None,
    seed: int = 0,
    antialias: bool = True,
    blend: Any = "over",
    norm: Any = None,
    vmin: Any = None,
    vmax: Any = None,
    vcenter: Any = None,
    scope: str | None = None,
    cmap: Any = None,
    categories: Sequence[Any] | None = None,
    palette: Any = None,
    mix: str | None = None,
    na_color: Any = "lightgray",
    highlight: Any = None,
    background: Any = "auto",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    margin: float = 0.05,
    aspect: str = "equal",
    title: Any = None,
    caption: Any = None,
    axes: bool | str = False,
    xlabel: str | None = None,
    ylabel: str | None = None,
    colorbar: Any = None,
    legend: Any = None,
    scale_bar: Any = None,
    progress_line: Any = None,
    logo: Any = None,
    theme: str | None = None,
    style: Any = None,
    ax: Any = None,
    camera: Any = None,
    renderer: str = "auto",
    device: int | None = None,
) -> Animation:
    """Describe a film of values that change over points.

    Parameters
    ----------
    coords
        (n, 2) positions. For moving points (t, n, 2) (also memory-mapped, HDF5 or zarr, read step by step),
        a list of (n, 2), a callable(i) that returns (n, 2) for step i, or a generator of (n, 2), which is
        read once and needs `xlim` and `ylim`. Must be finite, but for points that are not `present`.
        A camera that orbits takes three columns in place of two.
    values
        One value per point and step: (t, n) array (also memory-mapped, HDF5 or zarr, read step by
        step), list of (n,) arrays, generator, callable(i), an `obsm`-like (n, t) matrix, a
        `LabelPropagation`, or frames of a store (`open_frames`). (n,) is a single step. NaN shows as
        `na_color`. Strings, booleans and pandas categoricals in any of these forms are categories; (t, n, k)
        arrays, steps of (n, k) and a propagation of k columns are shares of k classes.
    n_steps
        Number of steps where neither `values` nor `coords` can tell (callables, generators).
    n_frames, fps, duration
        Any two of frames, frames per second and seconds fix the third. Default: a frame per step at
        30 frames per second.
    tween
        None shows each step as it is; "linear" blends the positions, and the values or shares, between
        steps. Of categories the nearer step is shown.
    ease
        How fast a blend goes: "linear", "in", "out", "in-out", "smoothstep", "sine", or a
        callable from 0..1 to 0..1.
    hold
        Seconds that the last step stays, or (seconds at the start, seconds at the end).
    present
        Which points are there at each step: (t, n) booleans, or numbers from 0 to 1 by which opacities are
        multiplied, in any of the forms of `values`; or "finite" for those whose coordinates are. Points that
        are not there (0) may have NaN as coordinates; they come and go where they are next, or were last.
    fade
        With a `tween`, the share of a step in which points leave at its beginning, or come at its end.
    trail
        Seconds that the places where points were stay to be seen below them, or a `Trail`.
    size
        (width, height) in pixels, default (1080, 1080); or `figsize` in inches with `dpi`.
    dpi
        Dots per inch, default 100; with `size` it only scales `s`, texts and lines.
    s
        Size in points squared as in matplotlib's `scatter`, one number or (n,): a disc of diameter
        sqrt(s) plus the edge that `scatter` draws (``rcParams["patch.linewidth"]``). "auto" or None: such
        that all discs have one and a half times the area of the places where nine tenths of the points are,
        between 1/720 and 3 % of the shorter side of the picture; see `gpuanim.autosize.auto_diameter`. Never
        below one pixel.
    spread
        True or a `Spread`: isolated points grow until they can be seen, those that lie close stay as they
        are.
    alpha
        Opacity of a point, above 0 and up to 1; or (n,), one for each point, from 0 on. "auto": such that
        crowded places are nine tenths opaque; see `gpuanim.autosize.auto_alpha`.
    order
        Who lies on top: "data" (later points), "random" (by `seed`), "value" or "abs" (higher values or
        absolute values; NaN at the bottom), or an (n,) array, higher on top. Highlighted cells lie above all.
    order_scope
        Of "value" and "abs". "frame" (default): by the values of each frame; points change places, and all
        are redrawn for each frame. "film": by the highest value of each point in the film, so that nothing
        pops up; the values are gone through once before, and must be such as can be read again.
    antialias
        Exact coverage of pixels by discs. False makes frames of few colours, for the smallest GIFs.
    blend
        What a pixel shows where many points lie in it: "over" (they hide each other), "mean", "max", "min"
        or "sum" of their values, "count" or "density" (how many there are), "any" (whether there are any),
        "mode" (the most frequent category), "mix" (each point has its part, whatever its colour), "weighted"
        (more of it near the top), "additive" (light on a dark background), or an object of `gpuanim.blend`:
        ``Count(shade="eq_hist")`` or ``Mean(over="pixels")``. "mean", "max" and "min" colour by the limits
        and ranks of the points, "sum", "count" and "any" by those of the pixels at each resolution.
    norm
        How values become colours: "linear", "rank", "log", a norm of `gpuanim.values` or any
        matplotlib `Normalize`. Default: "linear", or what the blend asks for ("count": "log").
    vmin, vmax, vcenter
        Limits of "linear" and "log": numbers, percentiles such as "p99", or callables of the values.
    scope
        "film": one mapping for all steps; "frame": a new one for each. Default: "frame" for "rank",
        "film" otherwise.
    cmap
        Colormap of numbers: a name, a matplotlib `Colormap`, or a list of colours. Default:
        ``rcParams["image.cmap"]``.
    categories
        Names of all categories, or classes, in order. Integers in `values` are then codes, -1 for none;
        callables and generators of categories need it.
    palette
        Colours of categories: a list, a dict by name, a colormap or cycler. Default: scanpy's for as many.
    mix
        How shares of classes are shown: "linear" mixes the colours by share in linear light, "srgb" as they
        are stored, "argmax" shows the largest share alone, "confidence" that faded towards the background by
        its size.
    na_color, background
        Colours as matplotlib takes them. A background of None is transparent, where the format can; "auto" is
        that of the theme or of matplotlib's figures.
    highlight
        A `Highlight` or a list of them: cells that stand out.
    xlim, ylim, margin, aspect
        Part of the data to show; by default all of it with a `margin` (share of its extent), with equal
        scales ("equal"), the same in a box of the shape of the data ("box"), or stretched ("auto").
    title
        Text above the points: a template such as ``"step {step} of {steps}, {time:.1f} s"``, a callable of
        a `Moment` that returns a str, or one text per step. See `gpuanim.chrome.text.as_text`.
    caption
        Text in a corner, of the same kinds, or a `Caption`, or a list of them.
    axes
        False, "frame" (spines without ticks), or True or "ticks".
    xlabel, ylabel
        Names of the axes.
    colorbar
        True, its label, its side, or a `ColorBar`.
    legend
        Of categories: True, its place ("right margin", "on data" or a location of matplotlib), or a `Legend`.
        By default there is one of the labels of highlights, if they have any; False for none.
    scale_bar
        True, its length in data units, their name, or a `ScaleBar`.
    progress_line
        True, its colour, or a `ProgressLine`: how far the film has gone.
    logo
        A picture (path or array), or a `Logo`.
    theme, style
        "light", "dark" or None; a style sheet of matplotlib, or a dict of rcParams. The rcParams of now hold.
    ax
        matplotlib axes to put the points on: its figure, limits, texts and artists are the still part, also
        at another dpi. Excludes what describes a figure.
    camera
        What the film shows over time: a list of `Shot` to fly between, such as ``[ga.Shot.all(),
        ga.Shot.box((0, 1), (0, 1))]``, or `Keyframes` with their times; `Follow` for cells; or `Orbit`
        around points in space, (n, 3). Titles, captions, colour bars and legends stay; names of groups,
        symbols and lassos on the data go with them, scale bars fit the zoom. Ticks have no place then.
    renderer
        "auto"; "cpu"; "cuda", which computes and draws by CuPy on an NVIDIA GPU, where values that lie there
        stay; or "opengl", which draws all points of each frame, on a GPU if there is one: for points that
        move.
    device
        Which GPU "cuda" or "opengl" draws with, as CUDA numbers them where CUDA is; None for CuPy's current
        one, or for `GPUANIM_EGL_DEVICE` or the first.

    Returns
    -------
    Animation

    Raises
    ------
    OptionError, ShapeError
        If an argument cannot be used; nothing has been rendered then.
    RendererError
        From what renders the film, if OpenGL does not start, or fails; the message says what to do.

    Examples
    --------
    >>> import numpy as np, gpuanim as ga
    >>> coords = np.random.default_rng(0).normal(size=(1000, 2))
    >>> waves = [np.sin(coords[:, 0] + t) for t in np.linspace(0, 6, 60)]
    >>> ga.animate(coords, waves, cmap="magma", size=(640, 640)).save("waves.mp4")  # doctest: +SKIP
    """
    # A callable has as many steps as the film has frames, unless it is told otherwise.
    move = as_move(camera)
    place, shares = read_places(
        coords, n_frames if n_steps is None and callable(coords) else n_steps, present=present, fade=fade,
        columns=2 if move is None else move.n_columns,
    )  # fmt: skip
    if isinstance(values, Source) and not isinstance(place, Track):
        values.check_points(place)
    n_points = place.n_points if isinstance(place, Track) else len(place)
    if n_steps is None and isinstance(place, Track) and place.way is None and not hasattr(values, "__len__"):
        n_steps = place.n_steps
    if n_steps is None and callable(values):
        n_steps = n_frames
    blend = as_blend(blend)
    ground, worn = ground_and_style(background, theme, style, blend)
    wishes = Wishes(
        norm=norm, vmin=vmin, vmax=vmax, vcenter=vcenter, scope=scope, cmap=cmap, palette=palette,
        categories=categories, mix=mix, na_color=na_color, blend=blend,
    )  # fmt: skip
    told = None if isinstance(place, Track) and one_step(values) else n_steps
    paint = as_paint(values, n_points=n_points, n_steps=told, wishes=wishes, background=ground)
    paint.check_tween(tween, moves=isinstance(place, Track) or shares is not None)
    steps, place = common_steps(place, paint.source, shares)
    timeline = Timeline.resolve(
        steps, n_frames=n_frames, fps=fps, duration=duration, tween=tween, ease=ease, hold=hold
    )
    if isinstance(place, Track) and place.way is not None and steps == place.n_steps:
        timeline = replace(timeline, blend=place.way)
    dots = make_dots(
        n_points, s=s, spread=spread, alpha=alpha, order=order, order_scope=order_scope, seed=seed,
        antialias=antialias,
    )  # fmt: skip
    highlights = as_highlights(highlight)
    check_look(move, dots, highlights, xlim, ylim, aspect, present=shares is not None)
    flight = None if move is None else move.over(subject_of(place, paint))
    cloud, marks = emphasised(
        make_cloud(place, paint, dots, shares, as_trail(trail)), highlights, ground, discrete=paint.discrete
    )
    cloud = filmed(cloud, flight)
    if ax is not None:
        check_alone(
            marks, size=size, figsize=figsize, background=background, xlim=xlim, ylim=ylim, margin=margin,
            aspect=aspect, camera=camera, caption=caption,
            axes=axes, xlabel=xlabel, ylabel=ylabel, colorbar=colorbar,
            legend=legend, scale_bar=scale_bar, progress_line=progress_line, logo=logo, theme=theme,
            style=style,
        )  # fmt: skip
        stage, dpi = on_axes(ax, bounds_of(place), title, dpi)
        return film_of(stage, (cloud,), timeline, dpi, renderer, device)
    dress = panel_dress(
        marks, title=title, xlabel=xlabel, ylabel=ylabel, axes=axes, colorbar=colorbar, legend=legend,
        scale_bar=scale_bar, caption=caption,
    )  # fmt: skip
    check_worn(dress, flight)
    around = figure_dress(progress_line=progress_line, logo=logo)
    taken = None if flight is None else flight.bounds
    bounds = bounds_of(place, xlim, ylim) if taken is None else taken
    limits = make_limits(bounds, xlim=xlim, ylim=ylim, margin=margin, aspect=aspect)
    sheet, dpi = make_sheet(size, figsize, dpi)
    stage = make_stage(sheet, ground, worn, limits, dress, around, paint, place, carried=move is not None)
    return film_of(stage, (cloud,), timeline, dpi, renderer, device)
