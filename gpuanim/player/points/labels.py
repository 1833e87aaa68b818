"""What a page says about single points: their names, and the groups of a legend."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.types import Ids
from gpuanim.values.labels import read_labels
from gpuanim.values.palettes import palette_colors

__all__ = ["Groups", "make_groups", "pack_names"]

_MOST = 255
_TOLD_APART = 102
"""Groups for which there is a palette."""

NO_GROUP = 255
"""Code of points whose group is missing."""


def pack_names(names: Any, order: Ids) -> bytes:
    """Return the names of the points in `order`, UTF-8, a zero byte after each.

    Raises
    ------
    ShapeError, OptionError
        If there is not one for each point, or one holds a zero byte itself.
    """
    given = _column(names, len(order), "names")
    text = "\0".join([str(given[i]) for i in order.tolist()]) + "\0"
    if text.count("\0") != len(order):
        raise OptionError("names must not hold the character NUL, which ends a name in the page")
    return text.encode("utf-8", "replace")


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of points.

    Parameters
    ----------
    names, colors
        Of each group; colours (k, 3) uint8.
    codes
        (n,) uint8, the group of each point, 255 for none.
    """

    names: tuple[str, ...]
    colors: NDArray[np.uint8]
    codes: NDArray[np.uint8]


def make_groups(groups: Any, colors: Any, n_points: int) -> Groups:
    """Read one label per point: strings, numbers, or a categorical; None and NaN are no group.

    Parameters
    ----------
    groups
        (n,) labels in any form that `read_labels` takes: a categorical keeps the order of its categories,
        others are sorted.
    colors
        A palette as `palette_colors` takes it; a list must hold one for each group. By default scanpy's, and
        for more than 102 groups hues far apart.

    Raises
    ------
    ShapeError, OptionError
        If there is not one for each point, there are more than 255, or a colour is none or missing.
    """
    labels = read_labels(groups, n_points, "groups", floats=True)
    names = labels.names
    if len(names) > _MOST:
        raise OptionError(
            f"groups has {len(names)} different labels, a legend holds {_MOST}; join the small ones"
        )
    coded = np.where(labels.codes < 0, NO_GROUP, labels.codes).astype(np.uint8)
    return Groups(names, _colors(colors, names), coded)


def _column(given: Any, n_points: int, what: str) -> list[Any]:
    if isinstance(given, str | bytes | dict) or not hasattr(given, "__len__"):
        raise ShapeError(f"{what} must be one for each of the {n_points} points, not {given!r}")
    _check_length(len(given), n_points, what)
    column: list[Any] = given.tolist() if hasattr(given, "tolist") else list(given)
    return column


def _check_length(length: int, n_points: int, what: str) -> None:
    if length != n_points:
        raise ShapeError(f"{what} must be one for each of the {n_points} points, there are {length}")


def _colors(colors: Any, names: Sequence[str]) -> NDArray[np.uint8]:
    if colors is None and len(names) > _TOLD_APART:
        return _spread(len(names))
    if hasattr(colors, "__len__") and not isinstance(colors, str | Mapping) and len(colors) < len(names):
        raise OptionError(f"group_colors must be {len(names)} colours, one for each group, not {colors!r}")
    return palette_colors(names, colors, what="group_colors")


def _spread(count: int) -> NDArray[np.uint8]:
    """Return hues a golden angle apart."""
    rows = [colorsys.hls_to_rgb(i * 0.618034 % 1, (0.42, 0.58, 0.7)[i % 3], 0.65) for i in range(count)]
    return np.array([[round(255 * share) for share in row] for row in rows], np.uint8)
