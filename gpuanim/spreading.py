"""Isolated points that grow until they can be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError

__all__ = ["Spread", "as_spread"]

_INK = 0.35
"""Share of the disc around a point's neighbours that grown discs cover: they hardly ever touch."""


@dataclass(frozen=True)
class Spread:
    """Let isolated points grow until they can be seen; points that lie close stay as they are.

    ``d = 2 * r * sqrt(0.35 / neighbours)``, but at least the size that the points have anyway, and at most
    `most`. ``r`` is the distance in pixels from a point to its neighbour number `neighbours`; discs of this
    size cover about a third of the place between them.

    Parameters
    ----------
    neighbours
        1..64. More of them take larger groups for isolated: a group of so many points or fewer grows.
    most
        Largest grown diameter, as a share of the shorter side of the panel: 0.005 is 5.4 pixels of 1080.

    Raises
    ------
    OptionError
        If a number is out of bounds.
    """

    neighbours: int = 8
    most: float = 0.005

    def __post_init__(self) -> None:
        whole = isinstance(self.neighbours, int | np.integer) and not isinstance(self.neighbours, bool)
        if not (whole and 1 <= self.neighbours <= 64):
            raise OptionError(f"neighbours must be a whole number from 1 to 64, not {self.neighbours!r}")
        number = isinstance(self.most, int | float) and not isinstance(self.most, bool)
        if not (number and 0 < self.most <= 0.1):
            raise OptionError(f"most must be a share above 0 and up to 0.1, not {self.most!r}")

    def grow(
        self,
        x: NDArray[np.float32],
        y: NDArray[np.float32],
        diameter: NDArray[np.float32] | float,
        box: tuple[float, float, float, float],
    ) -> NDArray[np.float32]:
        """Return (n,) diameters for points in pixels, none below that of `diameter`.

        Points outside of the box (left, top, width, height) do not grow; those beside it count as neighbours.
        """
        from gpuanim.raster.neighbours import distances

        per_distance = 2 * math.sqrt(_INK / self.neighbours)
        most = self.most * min(box[2], box[3])
        base = np.broadcast_to(np.asarray(diameter, np.float32), x.shape)
        least = float(base.min())
        if least >= most:
            return base.copy()
        reach = distances(x, y, box, self.neighbours, near=least / per_distance, far=most / per_distance)
        grown: NDArray[np.float32] = np.maximum(
            base, np.minimum(reach * np.float32(per_distance), np.float32(most))
        )
        return grown


def as_spread(spread: Any) -> Spread | None:
    """Return what `spread` stands for: True for the usual one; raises OptionError."""
    if spread is None or spread is False:
        return None
    if spread is True:
        return Spread()
    if not isinstance(spread, Spread):
        raise OptionError(f"spread must be True, False or a gpuanim.Spread, not {spread!r}")
    return spread
