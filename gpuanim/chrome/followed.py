"""Where cells, and groups of them, are in a frame of points that move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Moment

__all__ = ["FollowedCells", "FollowedGroups", "sampled"]

_SAMPLE = 2000
"""Cells whose median stands for that of a group: a median of a million takes as long as drawing them."""


@dataclass(frozen=True, eq=False)
class FollowedCells:
    """Some of the points of a panel.

    Parameters
    ----------
    cells
        (k,) positions among the points.
    number
        Of the panel's cloud.
    """

    cells: NDArray[np.int64]
    number: int

    def __call__(self, moment: Moment) -> NDArray[np.float64]:
        """Return the (k, 2), or (k, 3), places in the data; NaN for points that are not there."""
        state = moment.states[self.number]
        places = np.array(state.coords[self.cells], np.float64)
        if state.shares is not None:
            places[state.shares[self.cells] <= 0] = np.nan
        return places


@dataclass(frozen=True, eq=False)
class FollowedGroups:
    """Groups of points of a panel.

    Parameters
    ----------
    members
        (k,) positions of each group's points.
    number
        Of the panel's cloud.
    """

    members: Sequence[NDArray[np.int64]]
    number: int

    def __call__(self, moment: Moment) -> NDArray[np.float64]:
        """Return the median place of each group in the data, of the points that are there; NaN for none."""
        return np.array([self._median(FollowedCells(cells, self.number)(moment)) for cells in self.members])

    @staticmethod
    def _median(places: NDArray[np.float64]) -> NDArray[np.float64]:
        there = places[np.isfinite(places).all(axis=1)]
        return np.median(there, axis=0) if len(there) else np.full(places.shape[1], np.nan)


def sampled(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the cells whose median stands for that of all, always the same: it has to move smoothly."""
    if len(cells) <= _SAMPLE:
        return cells
    return np.sort(np.random.default_rng(0).choice(cells, _SAMPLE, replace=False))
