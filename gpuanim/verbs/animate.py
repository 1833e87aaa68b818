"""The verb `animate`: values that change over points."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gpuanim.animation import Animation
from gpuanim.chrome.bare import Frameless
from gpuanim.errors import OptionError
from gpuanim.film import Film
from gpuanim.highlight import as_highlights
from gpuanim.look import as_background, make_dots, make_limits, make_sheet
from gpuanim.values.timeline import Timeline
from gpuanim.values.tracks import Track, as_coords
from gpuanim.verbs._cloud import bounds_of, common_steps, emphasised, make_cloud

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
    size: tuple[int, int] | None = None,
    figsize: tuple[float, float] | None = None,
    dpi: float | None = None,
    s: Any = None,
    alpha: float = 1.0,
    order: Any = "data",
    seed: int = 0,
    antialias: bool = True,
    norm: Any = "linear",
    vmin: Any = None,
    vmax: Any = None,
    vcenter: Any = None,
    scope: str | None = None,
    cmap: Any = "viridis",
    na_color: Any = "lightgray",
    background: Any = "white",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    margin: float = 0.05,
    aspect: str = "equal",
    highlight: Any = None,
    renderer: str = "auto",
) -> Animation:
    """Describe a film of values that change over points.

    Parameters
    ----------
    coords
        (n, 2) positions. For moving points (t, n, 2), a list of (n, 2), or a callable(i) that returns
        (n, 2) for step i. Must be finite.
    values
        One value per point and step: (t, n) array (also memory-mapped, HDF5 or zarr, read step by
        step), list of (n,) arrays, generator, callable(i), an `obsm`-like (n, t) matrix, or a
        `LabelPropagation`. (n,) is a single step. NaN shows as `na_color`.
    n_steps
        Number of steps where `values` cannot tell (callables).
    n_frames, fps, duration
        Any two of frames, frames per second and seconds fix the third. Default: a frame per step at
        30 frames per second.
    tween
        None shows each step as it is; "linear" blends the values between steps.
    ease
        How fast a blend goes: "linear", "in", "out", "in-out", "smoothstep", "sine", or a
        callable from 0..1 to 0..1.
    hold
        Seconds that the last step stays, or (seconds at the start, seconds at the end).
    size
        (width, height) in pixels, default (1080, 1080); or `figsize` in inches with `dpi`.
    dpi
        Dots per inch, default 100; with `size` it only scales `s`.
    s
        Size in points squared as in matplotlib's `scatter`, one number or (n,): a disc of diameter
        sqrt(s) plus the edge that `scatter` draws (``rcParams["patch.linewidth"]``). Default: such
        that all discs together cover about a third of the picture. Never below one pixel.
    alpha
        Opacity of a point, above 0 and up to 1.
    order
        Who lies on top: "data" (later points), "random" (by `seed`), "value" or "abs" (higher values
        in each frame; redraws all points for each frame), or an (n,) array, higher on top.
    antialias
        Exact coverage of pixels by discs. False makes frames of few colours, for the smallest GIFs.
    norm
        How values become colours: "linear", "rank", "log", a norm of `gpuanim.values` or any
        matplotlib `Normalize`.
    vmin, vmax, vcenter
        Limits of "linear" and "log": numbers, percentiles such as "p99", or callables of the values.
    scope
        "film": one mapping for all steps; "frame": a new one for each. Default: "frame" for "rank",
        "film" otherwise.
    cmap
        Colormap: a name, a matplotlib `Colormap`, or a list of colours.
    na_color, background
        Colours as matplotlib takes them. A background of None is transparent, where the format can.
    xlim, ylim, margin, aspect
        Part of the data to show; by default all of it with a `margin` (share of its extent), with
        equal scales ("equal") or stretched to the frame ("auto").
    highlight
        A `Highlight` or a list of them: cells that stand out.
    renderer
        "auto" or "cpu".

    Returns
    -------
    Animation

    Raises
    ------
    OptionError, ShapeError
        If an argument cannot be used; nothing has been rendered then.

    Examples
    --------
    >>> import numpy as np, gpuanim as ga
    >>> coords = np.random.default_rng(0).normal(size=(1000, 2))
    >>> waves = [np.sin(coords[:, 0] + t) for t in np.linspace(0, 6, 60)]
    >>> ga.animate(coords, waves, cmap="magma", size=(640, 640)).save("waves.mp4")  # doctest: +SKIP
    """
    from gpuanim.values.colors import color_table
    from gpuanim.values.normalize import as_norm
    from gpuanim.values.sources import as_source

    # A callable has as many steps as the film has frames, unless it is told otherwise.
    place, n_points = as_coords(coords, n_frames if n_steps is None and callable(coords) else n_steps)
    if n_steps is None and (isinstance(place, Track) and not hasattr(values, "__len__")):
        n_steps = place.n_steps
    if n_steps is None and callable(values):
        n_steps = n_frames
    source = as_source(values, n_points=n_points, n_steps=n_steps)
    timeline = Timeline.resolve(
        common_steps(place, source), n_frames=n_frames, fps=fps, duration=duration,
        tween=tween, ease=ease, hold=hold,
    )  # fmt: skip
    fitted = as_norm(norm, vmin=vmin, vmax=vmax, vcenter=vcenter, scope=scope)
    if fitted.needs_film and not source.rewindable:
        raise OptionError(
            "values that can be read only once cannot be searched for their range: give vmin and vmax, "
            'or scope="frame", or norm="rank"'
        )
    dots = make_dots(n_points, s=s, alpha=alpha, order=order, seed=seed, antialias=antialias)
    sheet, dpi = make_sheet(size, figsize, dpi)
    ground = as_background(background)
    limits = make_limits(bounds_of(place), xlim=xlim, ylim=ylim, margin=margin, aspect=aspect)
    cloud = make_cloud(place, source, fitted, color_table(cmap, na_color=na_color), dots, cmap)
    cloud, _ = emphasised(cloud, as_highlights(highlight), ground)
    return Animation(Film((cloud,), Frameless(sheet, ground, limits), timeline), dpi, renderer)
