"""The verb that stands in for a blog post's function of this name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gpuanim import geometry
from gpuanim.animation import Animation
from gpuanim.chrome.bare import BareAxes
from gpuanim.errors import OptionError
from gpuanim.film import Film
from gpuanim.look import make_dots
from gpuanim.values.timeline import Timeline
from gpuanim.verbs._cloud import bounds_of, make_cloud
from gpuanim.verbs._paint import Paint

__all__ = ["create_animation"]


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
    table = color_table(cmap, na_color=rcParams["axes.facecolor"])
    cloud = make_cloud(place, Paint(source, norm, table, cmap=cmap), dots)
    stage = BareAxes((6.0, 6.0), bounds_of(place))
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
