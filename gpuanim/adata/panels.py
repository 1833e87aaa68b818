"""One panel for each colour and pair of dimensions, and what each is told, by scanpy's rules."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np

from gpuanim.errors import OptionError

__all__ = [
    "PanelLimits",
    "axis_labels",
    "grid_figsize",
    "grid_shape",
    "pair_panels",
    "panel_limits",
    "panel_titles",
    "parse_dimensions",
    "per_panel",
    "resolve_cmap",
    "resolve_frameon",
]

Dimensions: TypeAlias = tuple[int, ...]
"""Columns of an embedding: two, or three for a space."""

_NAMES = {"diffmap": "DC", "tsne": "tSNE", "umap": "UMAP", "pca": "PC"}


def parse_dimensions(
    components: Any, dimensions: Any, n_dimensions: int, n_columns: int = 2
) -> list[Dimensions]:
    """Return pairs of columns of an embedding, from 0, or triples for a space.

    Parameters
    ----------
    components
        Counted from 1: "1,2", a list of these, or "all" pairs.
    dimensions
        Counted from 0: a pair of integers, or a list of pairs. Without both the first two columns.
    n_dimensions
        How many columns there are.
    n_columns
        2 or 3, how many of them make a panel.

    Raises
    ------
    OptionError
        Both are given, one cannot be read, or there is no such column.
    """
    if components is not None and dimensions is not None:
        raise OptionError("components and dimensions exclude each other: give one of them")
    if isinstance(components, str) and components == "all":
        return list(combinations(range(n_dimensions), n_columns))
    if components is not None:
        texts = list(components) if isinstance(components, list | tuple) else [components]
        return [
            _columns("components", text, _counted_from_1(text), n_dimensions, n_columns) for text in texts
        ]
    if dimensions is None:
        first = tuple(range(n_columns))
        return [_columns("dimensions", first, first, n_dimensions, n_columns)]
    given = list(dimensions) if isinstance(dimensions, Iterable) else [dimensions]
    pairs = [given] if all(isinstance(one, Integral) for one in given) else given
    return [_columns("dimensions", pair, pair, n_dimensions, n_columns) for pair in pairs]


def pair_panels(color: Any, dimensions: Sequence[Dimensions], *, every: bool) -> list[tuple[Any, Dimensions]]:
    """Return the colour and the dimensions of each panel.

    Parameters
    ----------
    color
        A key or None, or a list of these.
    dimensions
        Pairs of columns.
    every
        Whether to show each colour with each pair, as scanpy does for `components`; else the first colour
        goes with the first pair and so on, or one with all.

    Raises
    ------
    OptionError
        There is no colour, or there are neither as many as pairs nor one.
    """
    colors = list(color) if isinstance(color, list | tuple | np.ndarray) else [color]
    if not colors:
        raise OptionError("color is an empty list: name columns or genes, or give None")
    if every:
        return list(product(colors, dimensions))
    n = max(len(colors), len(dimensions))
    if len(colors) not in (1, n) or len(dimensions) not in (1, n):
        raise OptionError(
            f"{len(colors)} colors and {len(dimensions)} pairs of dimensions do not go together: give as "
            "many of both, or one of one"
        )
    return [(colors[i % len(colors)], dimensions[i % len(dimensions)]) for i in range(n)]


def per_panel(name: str, value: Any, n_panels: int) -> list[Any]:
    """Return an option for each panel: a list or tuple with one for each or for all, or one value for all.

    Raises
    ------
    OptionError
        A list has another length. scanpy goes on with a log line and its defaults.
    """
    listed = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    if len(listed) == 1:
        return listed * n_panels
    if len(listed) != n_panels:
        raise OptionError(f"{name} has {len(listed)} values for {n_panels} panels: give one for each, or one")
    return listed


@dataclass(frozen=True)
class PanelLimits:
    """The colour scale of a panel: limits as `animate` takes them, or a norm."""

    vmin: float | str | Callable[[Any], float] | None = None
    vmax: float | str | Callable[[Any], float] | None = None
    vcenter: float | str | Callable[[Any], float] | None = None
    norm: Any = None


def panel_limits(
    n_panels: int, *, vmin: Any = None, vmax: Any = None, vcenter: Any = None, norm: Any = None
) -> list[PanelLimits]:
    """Return the colour scale of each panel; each argument is one value for all, or a list.

    Raises
    ------
    OptionError
        A limit is neither a number, nor a percentile such as "p99", nor a callable; a list has the wrong
        length; or a panel has both a norm and limits.
    """
    from gpuanim.values.limits import check_limit

    limits = [
        [check_limit(name, limit) for limit in per_panel(name, given, n_panels)]
        for name, given in (("vmin", vmin), ("vmax", vmax), ("vcenter", vcenter))
    ]
    panels = [PanelLimits(*panel) for panel in zip(*limits, per_panel("norm", norm, n_panels), strict=True)]
    for panel in panels:
        given = panel.norm is not None and not isinstance(panel.norm, str)  # words take limits, as in animate
        if given and any(x is not None for x in (panel.vmin, panel.vmax, panel.vcenter)):
            raise OptionError("norm and vmin, vmax, vcenter exclude each other: give the norm its limits")
    return panels


def resolve_cmap(cmap: Any, color_map: Any) -> Any:
    """Return the colormap, None if neither is given; raises OptionError for both."""
    if cmap is not None and color_map is not None:
        raise OptionError("cmap and color_map are the same option: give one of them")
    return color_map if cmap is None else cmap


def resolve_frameon(frameon: bool | None) -> bool:
    """Return whether panels have a frame; by default as scanpy is set where it is loaded, else yes."""
    if frameon is not None:
        return bool(frameon)
    settings = getattr(sys.modules.get("scanpy"), "settings", None)
    return bool(getattr(settings, "_frameon", True))


def panel_titles(title: Any, defaults: Sequence[str]) -> list[Any]:
    """Return the title of each panel: those that are given, then the defaults for the rest.

    Parameters
    ----------
    title
        None, a title of the first panel, or a list of titles.
    defaults
        What the panels are called otherwise: column or gene.

    Raises
    ------
    OptionError
        There are more titles than panels.
    """
    if title is None:
        return list(defaults)
    titles = list(title) if isinstance(title, list | tuple | np.ndarray) else [title]
    if len(titles) > len(defaults):
        raise OptionError(f"title has {len(titles)} titles for {len(defaults)} panels")
    return [*titles, *defaults[len(titles) :]]


def axis_labels(basis: str, dimensions: Dimensions) -> tuple[str, str]:
    """Return the labels of both axes, such as "UMAP1" and "UMAP2"."""
    name = _NAMES.get(basis, basis)
    if "draw_graph" in basis:
        name = basis.replace("draw_graph_", "").upper()
    return f"{name}{dimensions[0] + 1}", f"{name}{dimensions[1] + 1}"


def grid_shape(n_panels: int, ncols: int = 4) -> tuple[int, int]:
    """Return rows and columns of panels, row by row; raises OptionError if `ncols` is less than 1."""
    if isinstance(ncols, bool) or not isinstance(ncols, Integral) or ncols < 1:
        raise OptionError(f"ncols must be a whole number from 1 on, not {ncols!r}")
    columns = min(int(ncols), n_panels)
    return math.ceil(n_panels / columns), columns


def grid_figsize(
    n_panels: int, ncols: int, figsize: tuple[float, float], wspace: float | None = None
) -> tuple[float, float]:
    """Return the inches of a figure of several panels that are `figsize` each.

    Parameters
    ----------
    n_panels, ncols
        Panels, and how many go into a row.
    figsize
        Inches of a panel.
    wspace
        Share of a panel's width between panels; by default 0.75 inches and 2 percent.
    """
    rows, columns = grid_shape(n_panels, ncols)
    width, height = figsize
    space = 0.75 / width + 0.02 if wspace is None else wspace
    return columns * width * (1 + space), rows * height


def _counted_from_1(text: Any) -> list[int]:
    try:
        return [int(number) - 1 for number in text.split(",")]
    except (AttributeError, ValueError):
        raise OptionError(f"components must be like '1,2', or 'all', not {text!r}") from None


def _columns(name: str, given: Any, columns: Iterable[Any], n_dimensions: int, n_columns: int) -> Dimensions:
    numbers = list(columns) if isinstance(columns, Iterable) and not isinstance(columns, str) else []
    if len(numbers) != n_columns or not all(isinstance(number, Integral) for number in numbers):
        kind = (
            "pairs such as (0, 1), counted from 0, or '1,2'"
            if n_columns == 2
            else "triples such as (0, 1, 2), counted from 0, or '1,2,3', for this camera"
        )
        raise OptionError(f"{name} must be {kind}, not {given!r}")
    if not all(0 <= number < n_dimensions for number in numbers):
        first = 1 if name == "components" else 0
        raise OptionError(
            f"{name}: there is no {given!r}, the embedding has {n_dimensions} dimensions, from {first} to "
            f"{n_dimensions - 1 + first}"
        )
    return tuple(int(number) for number in numbers)
