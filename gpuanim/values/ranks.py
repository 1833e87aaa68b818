"""Colour by rank: every level has the same share of the points, whatever the values are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.types import Values
from gpuanim.values._base import Mapping, Norm, Steps
from gpuanim.values.selection import Found, select, select_film
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
        twice before the first frame (three times with `stretch`).
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
        first_equal = last_equal = 0
        if self.stretch:
            first_equal, last_equal = _ties_at_the_ends(steps)
        needs: I64 = np.empty(0, np.int64)

        def ranks_of(n: int) -> I64:
            # A value with L smaller ones and E equals (itself included) has rank L + (E + 1) / 2: level l
            # needs 2 L + E of at least so much, in integers.
            nonlocal needs
            levels = np.arange(1, LEVELS, dtype=np.int64)
            if self.stretch:
                span = 2 * n - last_equal - first_equal
                needs = first_equal - (-levels * span // LEVELS) if span else np.full(255, 2 * n)
            else:
                needs = -(-levels * n // (LEVELS // 2))
            # The smallest value with L + E of at least (need + 1) / 2 has it, or the next one.
            return np.minimum(needs // 2 + 1, n)

        found = self._select(steps, ranks_of)
        thresholds = _thresholds(found, needs)
        return Staircase(lambda dtype: rounded_up(thresholds, dtype))

    def _select(self, steps: Steps, ranks_of: Any) -> Found:
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


def _ties_at_the_ends(steps: Steps) -> tuple[int, int]:
    """Return how many of all values equal the smallest, and how many the largest."""
    low, high, n_low, n_high = np.inf, -np.inf, 0, 0
    for values in steps():
        ends = _ends(values)
        n_low = ends[1] + (n_low if ends[0] == low else 0) if ends[0] <= low else n_low
        n_high = ends[3] + (n_high if ends[2] == high else 0) if ends[2] >= high else n_high
        low, high = min(low, ends[0]), max(high, ends[2])
    return n_low, n_high


def _ends(values: Values) -> tuple[float, int, float, int]:
    """Return the smallest value, how many have it, the largest, and how many have that."""
    if len(values) == 0:
        return np.inf, 0, -np.inf, 0
    parts = _threads.blocks(len(values), 1 << 16)
    ends, ties = np.empty((len(parts), 2)), np.empty((len(parts), 2), np.int64)

    def extremes(i: int) -> None:
        part = values[slice(*parts[i])]
        ends[i] = np.fmin.reduce(part), np.fmax.reduce(part)

    _threads.run(extremes, len(parts))
    low, high = np.fmin.reduce(ends[:, 0]), np.fmax.reduce(ends[:, 1])
    if np.isnan(low):
        return np.inf, 0, -np.inf, 0

    def count(i: int) -> None:
        part = values[slice(*parts[i])]
        ties[i] = np.count_nonzero(part == low), np.count_nonzero(part == high)

    _threads.run(count, len(parts))
    n_low, n_high = ties.sum(0)
    return float(low), int(n_low), float(high), int(n_high)
