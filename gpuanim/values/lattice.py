"""The colours that mixtures of a palette can have, as a lattice that a colour table can hold.

A cell of the lattice is a box in 8-bit sRGB, of whole-numbered sides around a colour of whole numbers. As
the transfer function is monotone, it is a box in linear light too, where the mixtures of a palette are the
convex hull of its colours. Cells that miss a facet's half-space are left out; of each column of cells along
blue, what remains is an interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gpuanim.types import Colors

__all__ = ["Axis", "Lattice", "linear_light", "srgb"]

_COARSEST = 20
_THIN = 1e-6
"""Thickness given to palettes of one or two colours, or in a plane, as Qhull needs a body."""


@dataclass(frozen=True)
class Axis:
    """The cells of one channel: around `origin`, `origin + side`, ..., each `side` wide, of 0..255."""

    origin: int
    side: int
    count: int

    @classmethod
    def over(cls, low: int, high: int, side: int) -> Axis:
        """Cover `low`..`high` with cells whose centres lie within."""
        count = (high - low) // side + 1
        beyond = count * side - (high - low)
        return cls(low + (side - beyond) // 2, side, count)

    @property
    def centers(self) -> NDArray[np.int64]:
        """The (count,) colours of the cells."""
        return self.origin + self.side * np.arange(self.count)

    def edges(self, *, linear: bool) -> NDArray[np.float64]:
        """Return the (count + 1,) ends of the cells, 0..1, in linear light or in sRGB."""
        ends = self.origin + self.side * (np.arange(self.count + 1) - 0.5)
        shares = np.clip(ends / 255, 0, 1)
        return linear_light(shares) if linear else shares


@dataclass(frozen=True, eq=False)
class Lattice:
    """Cells that hold all mixtures of a palette.

    Parameters
    ----------
    axes
        Of red, green and blue.
    first, last
        (red cells, green cells): the cells of blue from `first` to `last` are in it; none where last < first.
    """

    axes: tuple[Axis, Axis, Axis]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    @classmethod
    def finest(cls, colors: Colors, most: int, *, linear: bool) -> Lattice:
        """Return the finest lattice over the mixtures of (k, 3) colours.

        Parameters
        ----------
        most
            Cells at most; 50,653 or more, which is all colours with sides of 7.
        linear
            Whether colours are mixed in linear light, else in sRGB.
        """
        shares = colors / 255
        facets = _facets(linear_light(shares) if linear else shares)
        slack = 1e-6 * (10 + len(colors))  # rounding of float32 sums
        fits, low, high = None, 0, _COARSEST
        while fits is None or low < high:
            level = (low + high) // 2 if low < high else high
            tried = cls._over(colors, _sides(level), facets, slack, linear=linear)
            if tried.n_cells <= most:
                fits, high = tried, level
            else:
                low = level + 1
        return fits

    @classmethod
    def _over(
        cls,
        colors: Colors,
        sides: tuple[int, int, int],
        facets: NDArray[np.float64],
        slack: float,
        *,
        linear: bool,
    ) -> Lattice:
        lows, highs = colors.min(0).tolist(), colors.max(0).tolist()
        red, green, blue = axes = tuple(map(Axis.over, lows, highs, sides))
        edges = [axis.edges(linear=linear) for axis in axes]
        first = np.zeros((red.count, green.count), np.int64)
        last = np.full_like(first, blue.count - 1)
        for *normal, offset in facets:
            # The least of a linear function over a box is the sum of the least over its sides.
            x, y, z = (n * (e[:-1] if n >= 0 else e[1:]) for n, e in zip(normal, edges, strict=True))
            room = slack - offset - (x[:, None] + y)
            if normal[2] >= 0:
                last = np.minimum(last, np.searchsorted(z, room, "right") - 1)
            else:
                first = np.maximum(first, np.searchsorted(-z, -room, "left"))
        return cls((red, green, blue), first, last)

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        counts: NDArray[np.int64] = np.maximum(self.last - self.first + 1, 0)
        return counts

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return int(self._counts.sum())

    @property
    def bases(self) -> NDArray[np.int64]:
        """What a cell's place along blue has to be added to for its number."""
        counts = self._counts.reshape(-1)
        starts: NDArray[np.int64] = (np.cumsum(counts) - counts).reshape(self._counts.shape)
        return starts - self.first

    def colors(self) -> Colors:
        """Return the (n_cells, 3) colours of the cells."""
        red, green, blue = self.axes
        x, y = np.divmod(np.repeat(np.arange(self._counts.size), self._counts.reshape(-1)), green.count)
        z = np.arange(self.n_cells) - self.bases[x, y]
        return np.stack([red.centers[x], green.centers[y], blue.centers[z]], 1).astype(np.uint8)


def _sides(level: int) -> tuple[int, int, int]:
    """Return the sides of cells, from fine to coarse; green is finest, as the eye is for it."""
    return (level + 1) // 3 + 1, level // 3 + 1, (level + 2) // 3 + 1


def _facets(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (m, 4) half-spaces, a x + b <= 0, whose common part holds the convex hull of (k, 3) points."""
    from scipy.spatial import ConvexHull

    thick = points.mean(0) + _THIN * np.concatenate([np.eye(3), -np.eye(3)])
    return np.asarray(ConvexHull(np.concatenate([points, thick])).equations)


def linear_light(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the light, 0..1, of sRGB colours 0..1: the transfer function of IEC 61966-2-1."""
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sRGB colours, 0..1, of light 0..1; undoes `linear_light`."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
