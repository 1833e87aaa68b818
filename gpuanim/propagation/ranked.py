"""The steps of a propagation as levels of colour, found where the values are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gpuanim.propagation.stepper import Walk
from gpuanim.types import Ids, Values
from gpuanim.values._base import Source
from gpuanim.values.ranks import Rank

__all__ = ["Ranked"]


class Ranked(Source):
    """Levels 0 to 255 of the ranks within each step, as float32.

    Parameters
    ----------
    walks
        Begins a pass, and yields the walk after each step.
    norm
        Says which ranks have which level.
    n_points, n_steps, permutation
        Of the propagation.
    """

    def __init__(
        self,
        walks: Callable[[], Iterator[Walk]],
        norm: Rank,
        n_points: int | None,
        n_steps: int | None,
        permutation: Ids | None,
    ) -> None:
        self._walks, self._norm = walks, norm
        self.n_points, self.n_steps, self.permutation = n_points, n_steps, permutation

    def steps(self) -> Iterator[Values]:
        for walk in self._walks():
            yield walk.levels(self._norm).astype(np.float32)
