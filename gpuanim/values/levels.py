"""Values that are levels already: no norm is left to be fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpuanim.values._base import Mapping, Norm, Steps
from gpuanim.values.ranks import Rank
from gpuanim.values.staircase import LEVELS, Staircase, rounded_up

__all__ = ["RankLevels"]


@dataclass(frozen=True)
class RankLevels(Norm):
    """The levels that `Rank` has given to each step, kept in place of the values.

    A blend between two steps is one of levels, where that of `Rank` is one of values; its level is the
    whole part.

    Parameters
    ----------
    rank
        The norm that they are of; its scope is "frame".
    """

    rank: Rank
    scope: str = "film"

    @property
    def needs_film(self) -> bool:
        return False

    def fit(self, steps: Steps) -> Mapping:
        """Return the mapping of a level to itself; `steps` is not called."""
        del steps
        ladder = np.arange(LEVELS, dtype=np.float64)
        ladder[0] = -np.inf
        return Staircase(lambda dtype: rounded_up(ladder, dtype))
