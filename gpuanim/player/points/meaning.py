"""What the colours of a page stand for: numbers, ranks, categories, or mixtures of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gpuanim.film import Cloud
from gpuanim.types import Colors
from gpuanim.values._base import Norm
from gpuanim.values.category_norm import CategoryNorm
from gpuanim.values.emphasis import Emphasis
from gpuanim.values.levels import RankLevels
from gpuanim.values.mixing import Confident, Likeliest, Mixed
from gpuanim.values.ranks import Rank
from gpuanim.values.together import Together

__all__ = ["hexed", "is_scale", "meaning"]


def is_scale(cloud: Cloud) -> bool:
    """Whether the values are numbers."""
    return not isinstance(_inner(cloud.norm), CategoryNorm | Confident | Likeliest | Mixed)


def meaning(cloud: Cloud) -> dict[str, Any]:
    """Return the facts about levels that the page needs.

    Returns
    -------
    dict
        ``scale`` is "value", "quantile", "category" or "mixture"; ``key`` is None for the first two, and else
        has the ``names`` and ``colors`` of the categories, and the colour ``na`` of none. Of a "category"
        there are ``shades`` levels for each, from the share ``floor`` of the winner on. The levels of a
        "mixture" from ``pure`` on are those of the categories themselves.
    """
    norm = _inner(cloud.norm)
    if isinstance(norm, CategoryNorm):
        colors = cloud.table[: norm.n_categories]
        return {"scale": "category", "key": _key(cloud, colors, norm.n_categories)}
    if isinstance(norm, Likeliest):
        return {"scale": "category", "key": _key(cloud, norm.colors, len(norm.colors))}
    if isinstance(norm, Confident):
        k, shades = len(norm.colors), norm.n_shades
        floor = (1 / k if k > 1 else 0.0) if norm.floor is None else norm.floor
        return {"scale": "category", "key": _key(cloud, norm.colors, k * shades, shades=shades, floor=floor)}
    if isinstance(norm, Mixed):
        n_levels = len(norm.table()) - 1
        pure = n_levels - len(norm.colors)
        return {"scale": "mixture", "key": _key(cloud, norm.colors, n_levels, pure=pure)}
    return {"scale": "quantile" if isinstance(norm, Rank | RankLevels) else "value", "key": None}


def hexed(colors: Colors) -> list[str]:
    """Return (k, 3) uint8 colours as CSS has them."""
    return ["#" + color.tobytes().hex() for color in colors]


def _inner(norm: Norm) -> Norm:
    while isinstance(norm, Emphasis | Together):
        norm = norm.inner
    return norm


def _key(
    cloud: Cloud,
    colors: Colors,
    n_levels: int,
    *,
    shades: int = 1,
    floor: float | None = None,
    pure: int | None = None,
) -> dict[str, Any]:
    names: Sequence[str] = [str(i) for i in range(len(colors))] if cloud.names is None else cloud.names
    return {
        "names": list(names),
        "colors": hexed(colors),
        "na": hexed(np.atleast_2d(cloud.table[n_levels]))[0],
        "shades": shades,
        "floor": floor,
        "pure": pure,
    }
