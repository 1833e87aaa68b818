"""Points sorted to bands of rows, for what goes through a frame band by band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.raster._base import Points, Scene
from gpuanim.raster.kernels import build, coverage
from gpuanim.types import Ids

__all__ = ["BinSpace", "Binned", "bin_points", "cover_table", "radii"]

_POINT_GRAIN = 65536
"""Points of a block: 0.2 ms of binning, against some 20 us for handing a block to a thread."""


@dataclass
class Binned:
    """Points sorted to bands, each band in draw order: band b has `edges[b] .. edges[b + 1]`."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    radius: NDArray[np.float32]
    opacity: NDArray[np.float32]
    ids: Ids
    edges: NDArray[np.int64]
    stride: int
    """1 if each point has its own radius, 0 if all have `radius[0]`."""
    opacity_stride: int
    """1 if each point has its own opacity, 0 if all have `opacity[0]`."""


class BinSpace:
    """Memory that the bins of one frame after the other use: new pages cost as much as filling them."""

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(array.nbytes for array in self._arrays.values())

    def empty(self, name: str, size: int, dtype: Any) -> NDArray[Any]:
        """Return the array of that name, uninitialised."""
        array = self._arrays.get(name)
        if array is None or len(array) < size:
            array = self._arrays[name] = np.empty(size + size // 8, dtype)
        return array[:size]


def bin_points(points: Points, scene: Scene, band_rows: int, space: BinSpace | None = None) -> Binned:
    """Sort points to bands by counting, in parallel over blocks of points, keeping draw order.

    The bins lie in `space`, if there is one, until it is used again.
    """
    radius, stride = radii(points)
    opacity, opacity_stride = _opacity(points, scene)
    clip = np.array(scene.clip, np.int64)
    n_bands = -(-scene.height // band_rows)
    band_of = (np.arange(scene.height) // band_rows).astype(np.uint32)
    parts = _threads.blocks(len(points.x), _POINT_GRAIN)
    counts = np.zeros((len(parts), n_bands), np.int64)
    x, y = points.x, points.y
    _threads.run(
        lambda i: build.count_bands(x, y, radius, stride, *parts[i], clip, band_of, counts[i]), len(parts)
    )
    by_band = counts.T.ravel()
    ends = np.cumsum(by_band)
    cursors = np.ascontiguousarray((ends - by_band).reshape(n_bands, len(parts)).T)
    total = int(ends[-1])
    empty = (BinSpace() if space is None else space).empty
    out = Binned(
        empty("x", total, np.float32),
        empty("y", total, np.float32),
        empty("radius", total if stride else 1, np.float32),
        empty("opacity", total if opacity_stride else 1, np.float32),
        empty("ids", total, np.uint32),
        np.concatenate([[0], np.cumsum(counts.sum(0))]),
        stride,
        opacity_stride,
    )
    out.radius[:1], out.opacity[:1] = radius[:1], opacity[:1]  # of all points, where there is but one
    _threads.run(
        lambda i: build.fill_bands(
            x, y, radius, stride, opacity, opacity_stride, points.ids, *parts[i], clip, band_of, cursors[i],
            out.x, out.y, out.radius, out.opacity, out.ids,
        ),
        len(parts),
    )  # fmt: skip
    return out


def cover_table(binned: Binned, scene: Scene) -> NDArray[np.float32]:
    """Return the coverage of discs that share a small radius, or one element: compute each exactly."""
    if scene.antialias and not binned.stride and binned.radius[0] <= coverage.MAX_TABLED_RADIUS:
        return coverage.table(float(binned.radius[0]))
    return np.zeros((1, 1), np.float32)


def radii(points: Points) -> tuple[NDArray[np.float32], int]:
    """Return radii in pixels, and 1 if there is one for each point, 0 for all."""
    radius = np.atleast_1d(np.asarray(points.diameter, np.float32)) / np.float32(2)
    return radius, int(np.ndim(points.diameter) > 0)


def _opacity(points: Points, scene: Scene) -> tuple[NDArray[np.float32], int]:
    """Return opacities, and 1 if there is one for each point, 0 for all."""
    alpha = np.float32(scene.alpha)
    if points.opacity is None:
        return np.array([alpha]), 0
    return points.opacity * alpha, 1
