"""Where the points of a page are: a space-filling order, quantised places, layers, sizes and outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import geometry
from gpuanim.highlight import Halo, with_halos
from gpuanim.plan import PanelPlan
from gpuanim.raster._base import Points
from gpuanim.types import Ids

__all__ = ["Placement", "place", "planes"]

_QUANTA = 65535.0
_SIZES = 255


@dataclass(frozen=True)
class Placement:
    """Points in the order of Morton's curve, in which neighbours are near each other.

    Parameters
    ----------
    order
        (n,) uint32: the point that comes k-th.
    keys
        (n,) uint32, ascending: the 16 bits of x and of y in turns, x lowest. Column k of x lies at
        ``low + (k + 0.5) * step``: within 1 / 131,070 of the extent of the data.
    low, step
        (2,) data at the edge of the first cell, and the size of a cell.
    layers
        (n + discs of outlines,) uint32 or None: of two discs that share a pixel of the film, the upper one
        has the higher layer. None where the order follows the values.
    sizes
        (n,) uint8 or None: ``diameter = least * (most / least) ** (size / 255)``.
    diameters
        Least and most, in pixels of the film.
    halos
        For each outline the (k,) uint32 places in `order` of its points, ascending; its discs follow the
        points in `layers`.
    """

    order: Ids
    keys: NDArray[np.uint32]
    low: NDArray[np.float64]
    step: NDArray[np.float64]
    layers: NDArray[np.uint32] | None
    sizes: NDArray[np.uint8] | None
    diameters: tuple[float, float]
    halos: tuple[NDArray[np.uint32], ...] = ()


def place(
    coords: NDArray[np.floating[Any]],
    panel: PanelPlan,
    drawn: NDArray[np.int64] | str | None,
    halos: Sequence[Halo] = (),
) -> Placement:
    """Sort and quantise (n, 2) points; `drawn` and `halos` are their order and outlines as in `Cloud`."""
    from gpuanim.propagation.order_kernels import morton_keys, radix_sort

    low = coords.min(0).astype(np.float64)
    extent = coords.max(0).astype(np.float64) - low
    extent[extent == 0] = 1.0
    scaled = (coords - low) * (_QUANTA / extent)
    keys = np.empty(len(coords), np.uint32)
    morton_keys(scaled, np.zeros(2), 1.0, keys, 0, len(keys))
    order = radix_sort(keys)
    sizes, diameters = _sizes(panel.diameter)
    layers = None
    if not isinstance(drawn, str):
        layers = _layers(coords, panel, drawn, halos, order)
    rank = geometry.inverse(order)
    return Placement(
        order, keys[order], low, extent / _QUANTA, layers, None if sizes is None else sizes[order],
        diameters, tuple(np.sort(rank[halo.cells]).astype(np.uint32) for halo in halos),
    )  # fmt: skip


def _layers(
    coords: NDArray[np.floating[Any]],
    panel: PanelPlan,
    drawn: NDArray[np.int64] | None,
    halos: Sequence[Halo],
    order: Ids,
) -> NDArray[np.uint32]:
    """Count how deep the discs lie on one another; far fewer bits than their places in the order.

    The order of a million points is 18 bits for each and cannot be compressed. What a picture needs of it
    is who lies above whom, 4 to 8 bits.
    """
    from gpuanim.player.points.kernels import stack

    n = len(coords)
    points = Points(*panel.view.xy(coords), panel.diameter, np.arange(n, dtype=np.uint32))
    discs = with_halos(points, halos, n, drawn)
    diameter = np.asarray(discs.diameter, np.float32)
    grain = max(1.0, float(diameter.min()) / 4)
    _, _, width, height = panel.view.box
    heights = np.zeros((int(height / grain) + 1, int(width / grain) + 1), np.uint32)
    layers = np.empty(len(diameter), np.uint32)
    stack(discs.x, discs.y, diameter, np.arange(len(layers)), grain, heights, layers)
    # A point has its own number among the discs; all discs of outline h have n + h, in the order of cells.
    own = np.empty(n, np.uint32)
    is_point = discs.ids < n
    own[discs.ids[is_point]] = layers[is_point]
    rank = geometry.inverse(order)
    outlines = [layers[discs.ids == n + h][np.argsort(rank[halo.cells])] for h, halo in enumerate(halos)]
    return np.concatenate([own[order], *outlines])


def _sizes(
    diameter: NDArray[np.float32] | float,
) -> tuple[NDArray[np.uint8] | None, tuple[float, float]]:
    """Turn diameters into bytes, even steps of their logarithm."""
    if not isinstance(diameter, np.ndarray):
        return None, (float(diameter), float(diameter))
    least, most = float(diameter.min()), float(diameter.max())
    if least == most:
        return None, (least, most)
    shares = np.log(diameter.astype(np.float64) / least) / np.log(most / least)
    return np.rint(shares * _SIZES).astype(np.uint8), (least, most)


def planes(numbers: NDArray[np.uint32]) -> bytes:
    """Return the lowest bytes of all numbers, then the next ones, and so on: like compresses with like."""
    return numbers.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes()
