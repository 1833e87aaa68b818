"""Colour by rank: every level has the same share of the points, whatever the values are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gpuanim.types import Values
from gpuanim.values._base import Mapping, Norm, Steps
from gpuanim.values.selection import Ends, Found, RanksOf, select, select_film
from gpuanim.values.staircase import LEVELS, Staircase, check_scope, rounded_up

__all__ = ["Rank"]

I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Rank(Norm):
    """Levels by rank, ties averaged as ``scipy.stats.rankdata(values, method="average")`` does.

    With the average rank r (from 1) of a value among the n that are not NaN,

        level = min(floor((r - 0.5) / n * 256), 255)

    and with `stretch`, where r runs from r_min to r_max (they differ from 1 and n by ties),

        level = min(floor((r - r_min) / (r_max - r_min) * 256), 255), or 0 if all values are equal

    which is what matplotlib makes of ``c=rankdata(values)``. Both hold exactly. Infinite values are the
    largest and the smallest; -0.0 ties with 0.0.

    Parameters
    ----------
    scope
        "frame": ranks within each step. "film": ranks among the values of all steps; they are then read
        twice before the first frame.
    stretch
        Give the lowest value the first colour and the highest the last.

    Raises
    ------
    OptionError
        If `scope` is neither.
    """

    scope: str = "frame"
    stretch: bool = False

    def __post_init__(self) -> None:
        check_scope(self.scope)

    @property
    def needs_film(self) -> bool:
        return self.scope == "film"

    def fit(self, steps: Steps) -> Mapping:
        """Find the 255 values at which the level rises."""
        return self.mapping(self.thresholds(partial(self._select, steps)))

    def thresholds(self, select: Callable[[RanksOf], Found]) -> NDArray[np.float64]:
        """Return the (256,) values at which the levels begin: -inf first, NaN at the end for those of nobody.

        Parameters
        ----------
        select
            Finds the values of ranks, wherever the values are; see `selection`.
        """
        needs: I64 = np.empty(0, np.int64)

        def ranks_of(n: int, ends: Ends) -> I64:
            # A value with L smaller ones and E equals (itself included) has rank L + (E + 1) / 2: level l
            # needs 2 L + E of at least so much, in integers.
            nonlocal needs
            levels = np.arange(1, LEVELS, dtype=np.int64)
            if self.stretch:
                span = 2 * n - ends.n_high - ends.n_low
                needs = ends.n_low - (-levels * span // LEVELS) if span else np.full(255, 2 * n)
            else:
                needs = -(-levels * n // (LEVELS // 2))
            # The smallest value with L + E of at least (need + 1) / 2 has it, or the next one.
            return np.minimum(needs // 2 + 1, n)

        found = select(ranks_of)
        return _thresholds(found, needs)

    def levels(self, values: Values) -> NDArray[np.uint8]:
        """Return the (n,) levels of the values of a step, none of them NaN."""
        return self.encoded(self.thresholds(partial(select, values)), values)

    @classmethod
    def encoded(cls, thresholds: NDArray[np.float64], values: Values) -> NDArray[np.uint8]:
        """Return the (n,) levels of values, none of them NaN, that begin at `thresholds`."""
        codes = np.empty(len(values), np.uint16)
        cls.mapping(thresholds).encode(values, None, codes)
        return codes.astype(np.uint8)

    @staticmethod
    def mapping(thresholds: NDArray[np.float64]) -> Mapping:
        """Return the mapping to the levels that begin at `thresholds`."""
        return Staircase(partial(rounded_up, thresholds))

    def _select(self, steps: Steps, ranks_of: RanksOf) -> Found:
        if self.scope == "film":
            return select_film(steps, ranks_of)
        return select(next(iter(steps())), ranks_of)


def _thresholds(found: Found, needs: I64) -> NDArray[np.float64]:
    """Return the 256 values at which the levels begin."""
    thresholds = np.full(LEVELS, np.nan)
    thresholds[0] = -np.inf
    if len(found.values) == 0:
        return thresholds
    # Between a value and the next one that occurs, any threshold does: the next float is at hand.
    typed = found.values.astype(found.dtype)
    with np.errstate(over="ignore"):
        after = np.nextafter(typed, found.dtype.type(np.inf)).astype(np.float64)
    after[np.isposinf(found.values)] = np.nan
    thresholds[1:] = np.where(2 * found.less + found.equal >= needs, found.values, after)
    return thresholds
