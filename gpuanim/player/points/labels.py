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

__all__ = ["Groups", "make_groups", "pack_names"]

_MOST = 255
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
        (n,) labels. A categorical keeps the order of its categories, others are sorted.
    colors
        None, a list in the order of the groups, or a dict from group to colour.

    Raises
    ------
    ShapeError, OptionError
        If there is not one for each point, there are more than 255, or a colour is none or missing.
    """
    names, codes = _categories(groups, n_points)
    if len(names) > _MOST:
        raise OptionError(
            f"groups has {len(names)} different labels, a legend holds {_MOST}; join the small ones"
        )
    coded = np.where(codes < 0, NO_GROUP, codes).astype(np.uint8)
    return Groups(tuple(names), _colors(colors, names), coded)


def _categories(groups: Any, n_points: int) -> tuple[list[str], NDArray[np.int64]]:
    categorical = getattr(groups, "cat", groups)  # a Series of pandas holds its categories there
    if hasattr(categorical, "categories") and hasattr(categorical, "codes"):
        codes = np.asarray(categorical.codes).astype(np.int64)
        _check_length(len(codes), n_points, "groups")
        return [str(name) for name in categorical.categories], codes
    labels = _column(groups, n_points, "groups")
    kinds = {label for label in labels if _told(label)}
    try:
        ordered = sorted(kinds)
    except TypeError:  # strings and numbers together
        ordered = sorted(kinds, key=str)
    numbers = {label: i for i, label in enumerate(ordered)}
    return [str(label) for label in ordered], np.array(
        [numbers[label] if _told(label) else -1 for label in labels], np.int64
    )


def _told(label: Any) -> bool:
    """Whether there is a label: not None, NaN or NA of pandas."""
    try:
        return label is not None and bool(label == label)  # noqa: PLR0124
    except TypeError:
        return False


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
    from gpuanim.values.colors import as_rgb

    if colors is None:
        return _distinct(len(names))
    if isinstance(colors, Mapping):
        told = {str(name): color for name, color in colors.items()}
        lacking = [name for name in names if name not in told]
        if lacking:
            raise OptionError(f"group_colors has no colour for {lacking[0]!r}")
        colors = [told[name] for name in names]
    if isinstance(colors, str) or not hasattr(colors, "__len__") or len(colors) < len(names):
        raise OptionError(f"group_colors must be {len(names)} colours, one for each group, not {colors!r}")
    rows = [as_rgb(color, "group_colors") for color in list(colors)[: len(names)]]
    return np.array(rows, np.uint8).reshape(-1, 3)


def _distinct(count: int) -> NDArray[np.uint8]:
    """Return colours that can be told apart: matplotlib's for up to 20, else hues a golden angle apart."""
    if count <= 20:
        from matplotlib import colormaps

        table = colormaps["tab10" if count <= 10 else "tab20"]
        return np.array([row[:3] for row in table(range(count), bytes=True)], np.uint8).reshape(-1, 3)
    rows = [colorsys.hls_to_rgb(i * 0.618034 % 1, (0.42, 0.58, 0.7)[i % 3], 0.65) for i in range(count)]
    return np.array([[round(255 * share) for share in row] for row in rows], np.uint8)
