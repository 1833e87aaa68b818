"""What the verbs share: places and values -> the points of a panel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import geometry
from gpuanim.errors import OptionError
from gpuanim.film import Cloud
from gpuanim.look import Dots
from gpuanim.types import Colors
from gpuanim.values._base import Norm, Source
from gpuanim.values.tracks import Track

__all__ = ["bounds_of", "common_steps", "make_cloud"]


def common_steps(place: NDArray[np.floating] | Track, source: Source) -> int | None:
    if not isinstance(place, Track):
        return source.n_steps
    if source.n_steps in (1, place.n_steps):
        return place.n_steps
    raise OptionError(f"coords have {place.n_steps} steps, values have {source.n_steps}: both must agree")


def make_cloud(
    place: NDArray[np.floating] | Track, source: Source, norm: Norm, table: Colors, dots: Dots, cmap: Any
) -> Cloud:
    n_points = int(place.n_points or 0) if isinstance(place, Track) else len(place)
    order = dots.order
    if not (isinstance(order, str) and order in ("value", "abs")):
        order = geometry.draw_order(order, n_points, dots.seed)
    name = cmap if isinstance(cmap, str) else getattr(cmap, "name", None)
    return Cloud(place, source, norm, order, table, dots, n_points, name)


def bounds_of(place: NDArray[np.floating] | Track) -> tuple[float, float, float, float]:
    if isinstance(place, Track):
        return place.bounds()
    x, y = place[:, 0], place[:, 1]
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())
