"""Colour tables: the colours that codes stand for. Loads `matplotlib.colors`, never pyplot."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.types import Colors
from gpuanim.values.palette_tables import R_COLORS

__all__ = ["as_rgb", "color_table", "named_colormap"]


def color_table(cmap: Any = None, *, na_color: Any = "lightgray", n_levels: int = 256) -> Colors:
    """Return the colours of all levels, and last the colour of NaN.

    Parameters
    ----------
    cmap
        Name of a matplotlib colormap, a `Colormap`, or a list or (k, 3) array of colours, blended evenly in
        sRGB as ``LinearSegmentedColormap.from_list`` does; integers in arrays are 0..255. None is
        ``rcParams["image.cmap"]``.
    na_color
        A colour as matplotlib takes it.
    n_levels
        Number of levels.

    Returns
    -------
    numpy.ndarray
        (n_levels + 1, 3) uint8: row i is ``cmap(i, bytes=True)`` where the map has `n_levels` colours, and
        the colour at the middle of level i, ``cmap((i + 0.5) / n_levels, bytes=True)``, otherwise.

    Raises
    ------
    OptionError
        If there is no such colormap or colour, or one is translucent: `alpha` is for that.
    """
    found = _colormap(cmap, n_levels)
    ends = found([0.0, 1.0])
    if not (np.array_equal(found.get_under(), ends[0]) and np.array_equal(found.get_over(), ends[1])):
        raise OptionError(
            "cmap has colours of its own for values beyond the limits, which are shown in its first and last "
            "colour here; leave them out: cmap.with_extremes(under=cmap(0.0), over=cmap(1.0))"
        )
    levels = np.arange(n_levels)
    places = (levels + 0.5) / n_levels if n_levels != found.N else levels
    rgba = np.asarray(found(places, bytes=True))
    if rgba[:, 3].min() < 255:
        raise OptionError(
            f"cmap must be opaque, but {_name(cmap)} has translucent colours; use alpha instead"
        )
    return np.concatenate([rgba[:, :3], as_rgb(na_color, "na_color")[None]]).astype(np.uint8)


def as_rgb(color: Any, what: str = "color") -> Colors:
    """Return a colour as (3,) uint8, the nearest to what ``matplotlib.colors.to_rgba`` returns.

    A few names of R that scanpy translates are known as well.

    Raises
    ------
    OptionError
        If it is not an opaque colour; "none" is not one.
    """
    from matplotlib.colors import to_rgba

    try:
        rgba = to_rgba(R_COLORS.get(color.replace(" ", ""), color) if isinstance(color, str) else color)
    except (ValueError, TypeError):
        text = f"{what} must be a colour such as 'white' or '#102030', not {color!r}{_nearest_color(color)}"
        raise OptionError(text) from None
    if rgba[3] < 1:
        raise OptionError(f"{what} must be opaque, not {color!r}")
    return np.asarray([round(channel * 255) for channel in rgba[:3]], np.uint8)


def _nearest_color(color: Any) -> str:
    from matplotlib.colors import get_named_colors_mapping

    names = [*get_named_colors_mapping(), *R_COLORS] if isinstance(color, str) else []
    near = difflib.get_close_matches(str(color), names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _colormap(cmap: Any, n_levels: int) -> Any:
    from matplotlib.colors import Colormap

    if cmap is None:
        from matplotlib import rcParams

        cmap = rcParams["image.cmap"]
    if isinstance(cmap, Colormap):
        return cmap
    return named_colormap(cmap, "cmap") if isinstance(cmap, str) else _blended(cmap, n_levels)


def named_colormap(name: str, what: str) -> Any:
    """Return matplotlib's colormap of that name.

    Raises
    ------
    OptionError
        If there is none; it names the nearest.
    """
    from matplotlib import colormaps

    if name in colormaps:
        return colormaps[name]
    near = difflib.get_close_matches(name, list(colormaps), 3, 0.5)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise OptionError(f"{what}: matplotlib has no colormap {name!r}{hint}")


def _blended(colors: Any, n_levels: int) -> Any:
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap, to_rgba_array

    try:
        rows = _shares(colors) if isinstance(colors, np.ndarray) else list(colors)
        rgba = to_rgba_array(rows)
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"cmap must be a name, a Colormap, or a list of colours, not {_name(colors)}: {error}"
        ) from None
    if len(rgba) == 0:
        raise OptionError("cmap must have a colour, the list is empty")
    if len(rgba) == n_levels:  # a table already
        return ListedColormap(rgba)
    return LinearSegmentedColormap.from_list("given", rgba if len(rgba) > 1 else rgba.repeat(2, 0), n_levels)


def _shares(colors: NDArray[Any]) -> NDArray[Any]:
    """Take integers 0..255 as well as matplotlib's 0..1."""
    return colors / 255 if colors.dtype.kind in "ui" else colors


def _name(cmap: Any) -> str:
    return repr(getattr(cmap, "name", cmap) if not isinstance(cmap, np.ndarray) else cmap.shape)
