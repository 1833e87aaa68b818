"""What the points in a space need of a picture when they are turned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.values._base import Source
from gpuanim.view._base import Bounds, Coords

__all__ = ["Ball"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ball:
    """Points in space around a centre.

    Parameters
    ----------
    place
        (n, 3) points, or a source of such steps.
    base
        (3, 3), what is right, up and near before anything is turned.
    center
        (3,) the centre, of moving cells that in the first step.
    reach
        Distance from the centre to the farthest point of all steps.
    cells
        The cells whose middle is the centre, None for that of the box of all points.
    """

    place: Coords | Source
    base: Floats
    center: Floats
    reach: float
    cells: NDArray[np.int64] | None

    @classmethod
    def of(cls, place: Coords | Source, base: Floats, cells: NDArray[np.int64] | None) -> Ball:
        """Measure points; raises ShapeError if they lie too far apart, OptionError if they come only once."""
        if isinstance(place, Source) and not place.rewindable:
            raise OptionError(
                "a camera that orbits looks at all steps before the film: give coords as a list, an array or "
                "a callable"
            )
        if cells is None:
            low, high = np.full(3, np.inf), np.full(3, -np.inf)
            for step in _steps(place):
                low, high = np.minimum(low, step.min(0)), np.maximum(high, step.max(0))
            center = (low + high) / 2
        else:
            center = _middle(next(_steps(place)), cells)
        ball = cls(place, base, center, 1.0, cells)
        reach = max(float(np.sqrt(np.square(places).sum(1).max())) for places in ball._places())
        if not np.isfinite(reach):
            raise ShapeError("coords span more than a number can hold; scale them down")
        return cls(place, base, center, reach or 1.0, cells)

    @property
    def middle(self) -> tuple[float, float]:
        """Where the centre lies to the right, and upwards."""
        right, up, _ = self.base @ self.center
        return float(right), float(up)

    def middle_of(self, coords: Coords) -> Floats:
        """Return the centre of the points of a frame."""
        return self.center if self.cells is None else _middle(coords, self.cells)

    def bounds(self, elevations: Floats, perspective: float) -> Bounds:
        """Return the box that holds the points at any angle around, and at given elevations in degrees.

        A point at ``radius`` from the upright axis and at ``height``, seen at ``angle``, appears at
        ``(radius sin(angle), height cos(e) - radius cos(angle) sin(e)) / (a - b cos(angle))`` with
        ``a = 1 - p height sin(e)`` and ``b = p radius cos(e)``: farthest to the side at
        ``radius / sqrt(a^2 - b^2)``, and highest and lowest where ``cos(angle)`` is 1 or -1.
        """
        p = perspective / self.reach
        side, low, high = 0.0, np.inf, -np.inf
        for places in self._places():
            radius, height = np.hypot(places[:, 0], places[:, 2]), places[:, 1]
            for e in np.unique(np.radians(elevations)):
                a, b = 1 - p * height * np.sin(e), p * radius * np.cos(e)
                side = max(side, float((radius / np.sqrt(a * a - b * b)).max()))
                level, swing = height * np.cos(e), radius * np.sin(e)
                front, back = (level - swing) / (a - b), (level + swing) / (a + b)
                low = min(low, float(front.min()), float(back.min()))
                high = max(high, float(front.max()), float(back.max()))
        x, y = self.middle
        return x - side, x + side, y + low, y + high

    def _places(self) -> Iterator[Floats]:
        """Yield (n, 3) places to the right, up and near of the centre for each step."""
        for step in _steps(self.place):
            yield (step - self.middle_of(step)) @ self.base.T


def _steps(place: Coords | Source) -> Iterator[Coords]:
    return place.steps() if isinstance(place, Source) else iter([place])


def _middle(coords: Coords, cells: NDArray[np.int64]) -> Floats:
    return np.median(coords[cells], axis=0).astype(np.float64)
