"""The verbs: `animate` for anything, and `create_animation`, which stands in for a blog post's function."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import geometry
from gpuanim.animation import Animation
from gpuanim.chrome.bare import BareAxes, Frameless
from gpuanim.errors import OptionError
from gpuanim.film import Cloud, Film
from gpuanim.look import Dots, as_background, make_dots, make_limits, make_sheet
from gpuanim.types import Colors
from gpuanim.values._base import Norm, Source
from gpuanim.values.timeline import Timeline
from gpuanim.values.tracks import Track, as_coords

__all__ = ["animate", "create_animation"]


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
        _common_steps(place, source), n_frames=n_frames, fps=fps, duration=duration,
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
    limits = make_limits(_bounds(place), xlim=xlim, ylim=ylim, margin=margin, aspect=aspect)
    cloud = _cloud(place, source, fitted, color_table(cmap, na_color=na_color), dots, cmap)
    return Animation(Film((cloud,), Frameless(sheet, ground, limits), timeline), dpi, renderer)


def create_animation(
    coords: Any, clrarr: Any, niter: int | None = None, qnorm: bool = True, *, renderer: str = "auto"
) -> Animation:
    """Animate colours over a scatter plot, as the code for matplotlib and celluloid of this name does.

    The picture is that of ``axes.scatter(x, y, c=..., s=0.3)`` on a 6 x 6 inch figure without ticks:
    its layout, size of points, colormap (``rcParams["image.cmap"]``), and colours scaled anew in each
    frame.

    Parameters
    ----------
    coords
        (n, 2) or wider; the first two columns are x and y.
    clrarr
        List of (n,) or (n, 1) arrays, one per frame, or a callable(i), for which `niter` is needed.
        Anything that `animate` takes as values will do.
    niter
        Number of frames.
    qnorm
        Colour by rank (ties averaged), not by value.
    renderer
        "auto" or "cpu".

    Returns
    -------
    Animation
        At matplotlib's default of 5 frames per second; ``save(..., fps=20)`` as needed.
    """
    from matplotlib import rcParams

    from gpuanim.values.colors import color_table
    from gpuanim.values.normalize import Linear, Rank
    from gpuanim.values.sources import as_source

    place = geometry.check_coords(coords)
    source = as_source(_first(clrarr, niter), n_points=len(place), n_steps=niter)
    timeline = Timeline.resolve(source.n_steps, n_frames=niter if source.n_steps else None, fps=5)
    dots = make_dots(len(place), s=0.3, alpha=1.0, order="data", seed=0, antialias=True)
    norm = Rank(scope="frame", stretch=True) if qnorm else Linear(scope="frame")
    cmap = rcParams["image.cmap"]
    cloud = _cloud(place, source, norm, color_table(cmap, na_color=rcParams["axes.facecolor"]), dots, cmap)
    stage = BareAxes((6.0, 6.0), _bounds(place))
    return Animation(Film((cloud,), stage, timeline), float(rcParams["figure.dpi"]), renderer)


def _first(clrarr: Any, niter: int | None) -> Any:
    """Apply `niter` to a list: only the first that many are shown."""
    if niter is not None and (not isinstance(niter, int) or niter < 1):
        raise OptionError(f"niter must be a whole number from 1 on, not {niter!r}")
    if niter is None or not isinstance(clrarr, Sequence):
        return clrarr
    if niter > len(clrarr):
        raise OptionError(f"niter is {niter}, but clrarr holds {len(clrarr)} arrays")
    return clrarr[:niter]


def _common_steps(place: NDArray[np.floating] | Track, source: Source) -> int | None:
    if not isinstance(place, Track):
        return source.n_steps
    if source.n_steps in (1, place.n_steps):
        return place.n_steps
    raise OptionError(f"coords have {place.n_steps} steps, values have {source.n_steps}: both must agree")


def _cloud(
    place: NDArray[np.floating] | Track, source: Source, norm: Norm, table: Colors, dots: Dots, cmap: Any
) -> Cloud:
    n_points = int(place.n_points or 0) if isinstance(place, Track) else len(place)
    order = dots.order
    if not (isinstance(order, str) and order in ("value", "abs")):
        order = geometry.draw_order(order, n_points, dots.seed)
    name = cmap if isinstance(cmap, str) else getattr(cmap, "name", None)
    return Cloud(place, source, norm, order, table, dots, n_points, name)


def _bounds(place: NDArray[np.floating] | Track) -> tuple[float, float, float, float]:
    if isinstance(place, Track):
        return place.bounds()
    x, y = place[:, 0], place[:, 1]
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())
