"""A fitted norm: 256 thresholds, and a table that finds the way to them in one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import OptionError
from gpuanim.types import Codes, Ids, Values
from gpuanim.values._base import Mapping
from gpuanim.values.bins import Bins

__all__ = ["LEVELS", "Staircase", "check_scope", "climb", "levels_of_shares", "rounded_up"]

LEVELS = 256
"""Levels of a norm: as many as matplotlib's colour maps have, and a byte can hold."""

Levels = Callable[[Values], NDArray[np.int64]]
"""Level 0..255 of each value, -1 for those without; never falls as values rise."""

_SCOPES = ("film", "frame")
_GRAIN = 1 << 16
_EVERYTHING = np.empty(0, np.uint32)


@dataclass(frozen=True)
class _Table:
    """Thresholds of one dtype, and for each bin of float bits the thresholds below it."""

    bins: Bins
    counts: NDArray[np.uint16]
    thresholds: Values
    codes: Codes

    @classmethod
    def of(cls, thresholds: Values) -> _Table:
        from gpuanim.values.kernels import fill_table

        # Ties skip levels, so that thresholds coincide. The last of those has the level to show.
        reached = thresholds[~np.isnan(thresholds)]
        last = np.append(reached[1:] != reached[:-1], True)[: len(reached)]
        distinct = reached[last]
        # The first threshold is often -inf: it goes to the first bin, whatever that is.
        bins = Bins.spread(distinct[1:] if len(distinct) > 1 else np.zeros(1))
        counts = np.empty(bins.count + 1, np.uint16)
        fill_table(distinct, bins.of(distinct), counts)
        filled = np.full(2 * LEVELS + 1, np.nan, thresholds.dtype)
        filled[: len(distinct)] = distinct
        codes = np.full(LEVELS + 1, LEVELS, np.uint16)
        codes[1 : len(distinct) + 1] = np.flatnonzero(last)
        return cls(bins, counts, filled, codes)


@dataclass(frozen=True, eq=False)
class Staircase(Mapping):
    """The level of a value is the number of thresholds that it reaches, less one.

    Parameters
    ----------
    thresholds
        Returns for a dtype, float32 or float64, the (256,) smallest values of that dtype with level 0, 1,
        ... 255: ascending, NaN at the end for levels that no value has.
    as_norm
        Returns the norm of matplotlib with these levels, as `Mapping.norm` does.
    """

    thresholds: Callable[[np.dtype[Any]], Values]
    as_norm: Callable[[], Any] = lambda: None
    _tables: dict[np.dtype[Any], _Table] = field(default_factory=dict, init=False)

    def encode(self, values: Values, where: Ids | None, out: Codes) -> None:
        from gpuanim.values.kernels import encode

        table = self._tables.get(values.dtype)
        if table is None:
            table = self._tables[values.dtype] = _Table.of(self.thresholds(values.dtype))
        parts = _threads.blocks(len(out), _GRAIN)
        ids = _EVERYTHING if where is None else where
        key = table.bins.key(values.dtype)

        def task(i: int) -> None:
            encode(values, ids, *parts[i], *key, table.counts, table.thresholds, table.codes, out)

        _threads.run(task, len(parts))

    def lower_edges(self) -> NDArray[np.float64]:
        return np.asarray(self.thresholds(np.dtype(np.float64)), np.float64)

    def norm(self) -> Any:
        return self.as_norm()


def rounded_up(thresholds: NDArray[np.float64], dtype: np.dtype[Any]) -> Values:
    """Return the smallest values of `dtype` that reach the same thresholds."""
    with np.errstate(over="ignore"):
        nearest = thresholds.astype(dtype)
        return np.where(nearest < thresholds, np.nextafter(nearest, dtype.type(np.inf)), nearest)


def climb(level_of: Levels, dtype: np.dtype[Any]) -> Values:
    """Find the smallest value of `dtype` for each level by bisection: 33 or 65 calls for 256 values."""
    unsigned, bits = (np.uint32, 32) if dtype == np.float32 else (np.uint64, 64)
    infinity = int(np.array(np.inf, dtype).view(unsigned))
    levels = np.arange(LEVELS)
    # Integers in the order of the values: the bits without the sign, negated for negative values.
    low = np.full(LEVELS, -infinity - 1)
    high = np.full(LEVELS, infinity + 1)

    def value_of(order: NDArray[np.int64]) -> Values:
        size = np.abs(order).astype(unsigned).view(dtype)
        return np.asarray(np.where(order < 0, -size, size))

    for _ in range(bits + 1):
        middle = (low >> 1) + (high >> 1) + (low & high & 1)
        inside = np.clip(middle, -infinity, infinity)
        reached = (level_of(value_of(inside)) >= levels) & (middle == inside)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    nobody = high > infinity
    return np.where(nobody, dtype.type(np.nan), value_of(np.minimum(high, infinity)))


def levels_of_shares(shares: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Return the levels of shares 0..1 of a colour map, clipped, and -1 for NaN."""
    with np.errstate(over="ignore"):
        levels = np.clip(shares.astype(np.float64) * LEVELS, 0, LEVELS - 1)
    return np.where(np.isnan(levels), -1, np.nan_to_num(levels)).astype(np.int64)


def check_scope(scope: str) -> None:
    """Raise OptionError if `scope` is not one of a norm."""
    if scope not in _SCOPES:
        raise OptionError(f'scope must be "film" or "frame", not {scope!r}')
