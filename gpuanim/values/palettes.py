"""Colours of categories, by scanpy's rules. Loads `matplotlib.colors`, never pyplot."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.types import Colors
from gpuanim.values.colors import as_rgb, named_colormap
from gpuanim.values.palette_tables import DEFAULT_20, DEFAULT_28, DEFAULT_102

__all__ = ["palette_colors"]


def palette_colors(
    names: Sequence[str], palette: Any = None, stored: Any = None, *, what: str = "palette"
) -> Colors:
    """Return the colours of categories.

    Parameters
    ----------
    names
        The k categories, in order.
    palette
        One of

        - the name of a matplotlib colormap, or a `Colormap`, read at k even places from end to end
        - a dict from category to colour; it may hold more than the categories
        - a sequence or (m, 3) array of colours, or a cycler with the key "color", used again from the
          start if it is shorter than k, of which a `UserWarning` tells. Integers in arrays are 0..255.
        - None: `stored` if that will do, else the default: matplotlib's ``axes.prop_cycle`` if it has k
          colours, else the shortest of scanpy's palettes of 20, 28 and 102 that has. For more than 102
          categories all are grey, and a `UserWarning` says so.

        A colour is anything that matplotlib takes, or a name of R that scanpy knows, and opaque.
    stored
        Colours kept with the data, as in ``adata.uns["louvain_colors"]``. Too few are passed over; if one
        is no colour, all are, with a `UserWarning`.
    what
        What messages call the palette.

    Returns
    -------
    numpy.ndarray
        (k, 3) uint8.

    Raises
    ------
    OptionError
        If there is no such colormap or colour, or a dict lacks a category; it names the nearest.

    References
    ----------
    scanpy 1.11, ``plotting/_utils.py`` (``_set_default_colors_for_categorical_obs``, ``_validate_palette``)
    and ``plotting/_tools/scatterplots.py`` (``_get_palette``).
    """
    if palette is not None:
        return _rows(_chosen(palette, names, what), what)
    kept = _valid(stored, len(names))
    return _rows(_default(len(names)), what) if kept is None else kept


def _chosen(palette: Any, names: Sequence[str], what: str) -> Iterable[Any]:
    from matplotlib.colors import Colormap

    if isinstance(palette, str):
        palette = named_colormap(palette, what)
    if isinstance(palette, Colormap):
        return [tuple(color) for color in palette(np.linspace(0, 1, len(names)))]
    if isinstance(palette, Mapping):
        return _looked_up(palette, names, what)
    return _in_turn(_listed(palette, what), len(names), what)


def _looked_up(palette: Mapping[Any, Any], names: Sequence[str], what: str) -> list[Any]:
    told = {str(name): color for name, color in palette.items()}
    for name in names:
        if name not in told:
            near = difflib.get_close_matches(name, list(told), 1)
            hint = f"; it has one for {near[0]!r}" if near else ""
            raise OptionError(f"{what} has no colour for {name!r}{hint}")
    return [told[name] for name in names]


def _listed(palette: Any, what: str) -> list[Any]:
    if hasattr(palette, "by_key"):  # a cycler
        keys = palette.by_key()
        if "color" not in keys:
            raise OptionError(f'{what} is a cycler without the key "color", it has {", ".join(sorted(keys))}')
        return list(keys["color"])
    if isinstance(palette, np.ndarray) and palette.dtype.kind in "uif":
        return _array_rows(palette, what)
    if isinstance(palette, bytes) or not isinstance(palette, Iterable):
        raise OptionError(
            f"{what} must be the name of a colormap, a list of colours, a dict from category to colour, or a "
            f"cycler, not {palette!r}"
        )
    return list(palette)


def _array_rows(palette: NDArray[Any], what: str) -> list[Any]:
    if palette.ndim != 2 or palette.shape[1] not in (3, 4):
        raise OptionError(f"{what} has shape {palette.shape}, expected (categories, 3)")
    shares = palette / 255 if palette.dtype.kind in "ui" else palette
    return [tuple(row) for row in shares.tolist()]


def _in_turn(colors: list[Any], count: int, what: str) -> list[Any]:
    if not colors:
        raise OptionError(f"{what} must have a colour, it is empty")
    if len(colors) < count:
        warnings.warn(
            f"{what} has {len(colors)} colours for {count} categories: some share a colour",
            UserWarning,
            stacklevel=4,
        )
    return [colors[i % len(colors)] for i in range(count)]


def _valid(stored: Any, count: int) -> Colors | None:
    """Return the stored colours of `count` categories, or None if they will not do."""
    if stored is None:
        return None
    given = [stored] if isinstance(stored, str) else list(stored)  # h5ad turns a list of one into a scalar
    if len(given) < count:
        return None
    try:
        return _rows(given[:count], "a stored colour")
    except OptionError as error:
        warnings.warn(f"{error}; default colours are used instead", UserWarning, stacklevel=3)
        return None


def _default(count: int) -> Sequence[Any]:
    from matplotlib import rcParams

    cycle = rcParams["axes.prop_cycle"].by_key().get("color", [])
    for colors in (cycle, DEFAULT_20, DEFAULT_28, DEFAULT_102):
        if len(colors) >= count:
            return list(colors[:count])
    warnings.warn(
        f"{count} categories are more than the {len(DEFAULT_102)} colours there are: all are grey; give a "
        "palette, such as the name of a colormap",
        UserWarning,
        stacklevel=3,
    )
    return ["grey"] * count


def _rows(colors: Iterable[Any], what: str) -> Colors:
    rows = [as_rgb(color, what) for color in colors]
    return np.array(rows, np.uint8).reshape(-1, 3)
