"""Which points lie in each pixel: what reductions of their values go by."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import OptionError
from gpuanim.raster._base import Points, Scene
from gpuanim.raster.binning import bin_points, cover_table
from gpuanim.raster.kernels import coverage
from gpuanim.raster.kernels import footprint as kernels
from gpuanim.types import Ids

__all__ = ["MOST_MEMBERS", "Footprint"]

MOST_MEMBERS = 1 << 28
"""Members at most, a gigabyte of them."""

_BAND_PIXELS = 65536
"""Pixels of a band: 768 KB of counts, which fit the L2 cache."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """The points of each pixel that any lie in: a sparse matrix of pixels x points, without weights.

    A point lies in the pixels whose centre its disc covers, and always in the one that holds its own centre.
    With exact coverage, pixels that discs touch and no point lies in have the points of these discs. Points
    do not hide each other.

    Memory: 4 bytes for each member, 12 for each pixel; at most `MOST_MEMBERS` members.

    Attributes
    ----------
    ptr
        (pixels + 1,) uint32: the points of pixel p are ``members[ptr[p] : ptr[p + 1]]``.
    members
        (members,) uint32 positions in the source, in the order of the points given.
    address
        (pixels,) uint32 ``row * width + column`` of each pixel; in strips from top to bottom, and in a strip
        those of fewer points first.
    opacity
        (pixels,) float32 ``1 - prod(1 - opacity * coverage)`` over all discs that touch the pixel, without
        exact coverage over its points; None where all are 1.
    width
        Pixels of a row of the frame.
    """

    ptr: NDArray[np.uint32]
    members: Ids
    address: NDArray[np.uint32]
    opacity: NDArray[np.float32] | None
    width: int

    @classmethod
    def of(cls, points: Points, scene: Scene) -> Footprint:
        """List the points of each pixel inside the clip of a scene, whose opacity and coverage hold.

        Raises
        ------
        OptionError
            If the discs cover more pixels, counted once for each disc, than memory is given to.
        """
        return _Build(points, scene).footprint()

    @property
    def n_pixels(self) -> int:
        """Number of pixels that points lie in."""
        return len(self.address)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        opacity = 0 if self.opacity is None else self.opacity.nbytes
        return self.ptr.nbytes + self.members.nbytes + self.address.nbytes + opacity

    @property
    def counts(self) -> NDArray[np.uint32]:
        """(pixels,) number of points of each pixel."""
        return np.asarray(np.diff(self.ptr), np.uint32)

    def n_seen(self, n_source: int) -> int:
        """Return how many of `n_source` points lie in a pixel."""
        seen = np.zeros(n_source, bool)
        seen[self.members] = True
        return int(np.count_nonzero(seen))

    def pixel_points(self) -> Points:
        """Return a point at the centre of each pixel, to be drawn without exact coverage: it fills the pixel.

        Their ids count the pixels.
        """
        rows, columns = np.divmod(self.address, np.uint32(self.width))
        half = np.float32(0.5)
        ids = np.arange(self.n_pixels, dtype=np.uint32)
        # Half a pixel wide: wider discs would reach the edges, and be looked at by two bands.
        x, y = columns.astype(np.float32) + half, rows.astype(np.float32) + half
        return Points(x, y, 0.5, ids, self.opacity)


@dataclass(frozen=True)
class _Part:
    """The points that touch a band: x, y and radius, opacity and ids."""

    place: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
    opacity: NDArray[np.float32]
    ids: Ids


@dataclass(frozen=True)
class _Counted:
    """A band whose points have been counted.

    Parameters
    ----------
    inside, cursor
        As `kernels.settle` leaves them.
    address, ends, opacity
        As in `Footprint`, of the band's pixels; `ends` is `ptr` from the second one on.
    total
        Number of members.
    """

    inside: NDArray[np.uint32]
    cursor: NDArray[np.uint32]
    address: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    opacity: NDArray[np.float32]
    total: int


class _Build:
    """Makes a footprint: counts the points of the pixels of each band, then writes them to their place."""

    def __init__(self, points: Points, scene: Scene) -> None:
        self._scene = scene
        rows = min(max(1, _BAND_PIXELS // scene.width), max(1, math.ceil(scene.height / 8)))
        self._band_rows = rows
        self._binned = bin_points(points, scene, rows)
        self._clip = np.array(scene.clip, np.int64)
        self._cover = cover_table(self._binned, scene)

    def footprint(self) -> Footprint:
        bands: list[_Counted | None] = [None] * (len(self._binned.edges) - 1)

        def count(b: int) -> None:
            bands[b] = self._count(b)

        _threads.run(count, len(bands))
        counted = [band for band in bands if band is not None]
        starts = np.cumsum([0] + [band.total for band in counted])
        self._check(int(starts[-1]))
        members = np.empty(int(starts[-1]), np.uint32)
        _threads.run(lambda b: self._fill(b, counted[b], members[starts[b] : starts[b + 1]]), len(counted))
        ends = [band.ends + np.uint32(start) for band, start in zip(counted, starts[:-1], strict=True)]
        opacity = np.concatenate([band.opacity for band in counted])
        return Footprint(
            np.concatenate([np.zeros(1, np.uint32), *ends]),
            members,
            np.concatenate([band.address for band in counted]),
            None if bool((opacity == 1).all()) else opacity,
            self._scene.width,
        )

    def _band(self, b: int) -> _Part:
        """Return the points that touch a band."""
        binned = self._binned
        part = slice(int(binned.edges[b]), int(binned.edges[b + 1]))
        return _Part(
            (binned.x[part], binned.y[part], binned.radius[part] if binned.stride else binned.radius),
            binned.opacity[part] if binned.opacity_stride else binned.opacity,
            binned.ids[part],
        )

    def _rows(self, b: int) -> tuple[int, int, int]:
        """Return first row, end and width of a band."""
        row0 = b * self._band_rows
        return row0, min(row0 + self._band_rows, self._scene.height), self._scene.width

    def _count(self, b: int) -> _Counted:
        scene = self._scene
        row0, row1, width = self._rows(b)
        points, binned = self._band(b), self._binned
        size = (row1 - row0) * width
        inside, touched = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
        light = np.ones(size, np.float32)
        kernels.count_members(
            *points.place, binned.stride, points.opacity, binned.opacity_stride,
            self._clip, row0, row1, width,
            scene.antialias, self._cover, coverage.SAMPLES, inside, touched, light,
        )  # fmt: skip
        pixels, ends = np.empty(size, np.uint32), np.empty(size, np.uint32)
        n, total = kernels.settle(inside, touched, pixels, ends)
        address = pixels[:n] + np.uint32(row0 * width)
        return _Counted(inside, touched, address, ends[:n].copy(), np.float32(1) - light[pixels[:n]], total)

    def _fill(self, b: int, counted: _Counted, members: Ids) -> None:
        points = self._band(b)
        row0, row1, width = self._rows(b)
        kernels.fill_members(
            *points.place, self._binned.stride, points.ids, self._clip, row0, row1, width,
            self._scene.antialias, self._cover, coverage.SAMPLES, counted.inside, counted.cursor, members,
        )  # fmt: skip

    def _check(self, total: int) -> None:
        if total <= MOST_MEMBERS:
            return
        shrink = (MOST_MEMBERS / total) ** 0.5
        raise OptionError(
            f"the points cover {total:,} pixels, each counted by itself, more than the {MOST_MEMBERS:,} that "
            f"reductions hold in memory: use an s of at most {shrink**2:.2g} times this one, a size of at "
            f'most {shrink:.2g} times this one, or blend="over"'
        )
