"""Order statistics of one step or of a whole film: exact, ties included, without sorting the values.

Values are counted in 65,536 bins or so of their float bits, whose range follows a sample. The bins that
hold a rank that is asked for are few, and their members are copied out and searched; a value that most of
a bin consists of (the zeros of a label that has not arrived yet) is counted instead of copied. All are read
twice, and a few of them a third time. A normal distribution keeps 12 % for that, a uniform one 1 %.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.types import Values
from gpuanim.values._base import Steps
from gpuanim.values.bins import Bins, sample

__all__ = ["Found", "select", "select_film"]

I64 = NDArray[np.int64]

SMALL = 4096
"""Values that are simply sorted; up to there numpy needs less time than clearing the bins."""

_GRAIN = 1 << 17
"""Values per task: the work of 0.1 ms, well above what a task costs."""

_SAMPLE = 1024
_WIDE_SHIFT = 16
_FILM_SHIFT = 12
"""Bins of a film: 2**20, with 11 bits of mantissa, as nobody has seen its range. Members of 255 of them
are about 1 % of the film."""

_MANY_RANKS, _MANY_MEMBERS = 8, 1 << 14
"""From there on a bin is cut into bins of its own, instead of searched once for each rank."""


@dataclass(frozen=True)
class Found:
    """The answers for ascending ranks.

    Parameters
    ----------
    values
        (r,) float64.
    less, equal
        (r,) how many values are smaller, and how many are the same, the value itself included.
    dtype
        float32 if all values were; their neighbours are meant in this type.
    """

    values: NDArray[np.float64]
    less: I64
    equal: I64
    dtype: np.dtype[Any]


class _Counter:
    """Counts values by bin, on all threads; the first count is that of NaN."""

    def __init__(self, bins: Bins) -> None:
        self._bins = bins
        self._tables: list[NDArray[np.uint32]] = []
        self._total = np.zeros(bins.count + 1, np.int64)
        self._pending = 0

    def add(self, values: Values) -> None:
        from gpuanim.values.select_kernels import count

        if self._pending + len(values) >= 1 << 32:
            self.fold()
        self._pending += len(values)
        parts = _threads.blocks(len(values), _GRAIN)
        free: list[NDArray[np.uint32]] = self._tables[:]

        def task(i: int) -> None:
            try:
                table = free.pop()
            except IndexError:  # one table for each thread, made when it is needed
                table = np.zeros((2, len(self._total)), np.uint32)
                self._tables.append(table)
            count(values, *parts[i], *self._bins.key, table)
            free.append(table)

        _threads.run(task, len(parts))

    def fold(self) -> I64:
        """Return the counts of all values so far."""
        for table in self._tables:
            self._total += table[0]
            self._total += table[1]
            table[:] = 0
        self._pending = 0
        return self._total


class _Wanted:
    """The bins that hold the ranks: one slot each."""

    def __init__(self, bins: Bins, counts: I64, ranks: I64, some: Values) -> None:
        from gpuanim.values.select_kernels import CLOSED, locate, vote

        self.bins, self.ranks = bins, ranks
        held, self.below = np.empty(len(ranks), np.int64), np.empty(len(ranks), np.int64)
        locate(counts, ranks, held, self.below)
        wanted, self.slots = np.unique(held, return_inverse=True)
        self.sizes: I64 = counts[wanted]
        self.slot_of = np.full(bins.count + 1, CLOSED, np.uint8)
        self.slot_of[wanted] = np.arange(len(wanted))
        # One more, as bins without a slot look up a usual value too; NaN equals nothing.
        self.usual = np.full(256, np.nan, some.dtype)
        vote(some, *bins.key, self.slot_of, self.usual)

    def members(self, values: Values) -> tuple[Values, NDArray[np.uint8]]:
        """Return copies of the values in the slots, without the usual ones, and their slots."""
        from gpuanim.values.select_kernels import gather

        parts = _threads.blocks(len(values), _GRAIN)
        # Memory that is never touched costs nothing.
        members, slots = np.empty(len(values), values.dtype), np.empty(len(values), np.uint8)
        found = [0] * len(parts)

        def task(i: int) -> None:
            part = slice(*parts[i])
            found[i] = gather(
                values, *parts[i], *self.bins.key, self.slot_of, self.usual, members[part], slots[part]
            )

        _threads.run(task, len(parts))
        kept = [slice(lo, lo + n) for (lo, _), n in zip(parts, found, strict=True)]
        return np.concatenate([members[k] for k in kept]), np.concatenate([slots[k] for k in kept])

    def resolve(self, members: Values, slots: NDArray[np.uint8], depth: int) -> Found:
        """Look inside the slots; `depth` bins lie around them."""
        from gpuanim.values.select_kernels import resolve

        shape = len(self.ranks)
        answer = Found(np.empty(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64), members.dtype)
        self._cut_crowded(members, slots, depth, answer)
        n_slots = len(self.sizes)
        resolve(
            members, slots, self.usual[:n_slots], self.sizes, self.ranks, self.slots, self.below,
            answer.values, answer.less, answer.equal,
        )  # fmt: skip
        return answer

    def _cut_crowded(self, members: Values, slots: NDArray[np.uint8], depth: int, answer: Found) -> None:
        """Answer the ranks of slots that hold many ranks and members, by bins of their own."""
        asked = np.bincount(self.slots, minlength=len(self.sizes))
        if asked.max() <= _MANY_RANKS:
            return
        stored = np.bincount(slots, minlength=len(self.sizes))
        for s in np.flatnonzero((asked > _MANY_RANKS) & (stored > _MANY_MEMBERS)):
            own = members[slots == s]
            rows = np.flatnonzero(self.slots == s)
            ranks = self.ranks[rows] - self.below[rows]
            ties = self.sizes[s] - stored[s]
            lower = int(np.count_nonzero(own < self.usual[s])) if ties else 0
            tied = (ranks > lower) & (ranks <= lower + ties)
            answer.values[rows[tied]] = self.usual[s]
            answer.less[rows[tied]] = self.below[rows[tied]] + lower
            answer.equal[rows[tied]] = ties
            if tied.all():
                continue
            rest, above = rows[~tied], ranks[~tied] > lower + ties
            inner_ranks = partial(_constant, ranks[~tied] - ties * above)
            # Each time bins are 2**15 times narrower: a third time only if float32 cannot tell values apart.
            inner = select(own, inner_ranks, depth + 1) if depth < 3 else _select_sorted(own, inner_ranks)
            answer.values[rest], answer.equal[rest] = inner.values, inner.equal
            answer.less[rest] = self.below[rest] + inner.less + ties * above


def select(values: Values, ranks_of: Callable[[int], I64], depth: int = 0) -> Found:
    """Find the values of given ranks among `values`.

    Parameters
    ----------
    values
        (n,) float32 or float64; NaN is left out.
    ranks_of
        Returns (r,) ascending ranks from 1 to m for the number m of values that are not NaN, at most 255
        different ones. It is not called if there is no value.
    depth
        How often `values` were picked from a bin of others.

    Returns
    -------
    Found
        Empty if there is no value.
    """
    if len(values) <= SMALL:
        return _select_sorted(values, ranks_of)
    some = sample(values, _SAMPLE)
    if len(some) == 0:
        return _select_sorted(values[~np.isnan(values)], ranks_of)
    bins = Bins.spread(some)
    if bins.count <= 2:  # nearly all are equal, or float64 values differ less than float32 can tell
        bins = Bins.of_all_floats(_WIDE_SHIFT)
    counter = _Counter(bins)
    counter.add(values)
    counts = counter.fold()
    wanted = _Wanted(bins, counts, ranks_of(int(counts[1:].sum())), some)
    return wanted.resolve(*wanted.members(values), depth)


def select_film(steps: Steps, ranks_of: Callable[[int], I64]) -> Found:
    """Find the values of given ranks among the values of all steps; `steps` is called twice.

    Parameters and result are those of `select`.
    """
    bins = Bins.of_all_floats(_FILM_SHIFT)
    counter = _Counter(bins)
    samples = []
    for values in steps():
        counter.add(values)
        samples.append(sample(values, _SAMPLE // 8))
    counts = counter.fold()
    n = int(counts[1:].sum())
    if n == 0:
        return _nothing(np.dtype(np.float32))
    wanted = _Wanted(bins, counts, ranks_of(n), np.concatenate(samples))
    parts = [wanted.members(values) for values in steps()]
    members, slots = (np.concatenate(part) for part in zip(*parts, strict=True))
    return wanted.resolve(members, slots, 0)


def _select_sorted(values: Values, ranks_of: Callable[[int], I64]) -> Found:
    ordered = np.sort(values)  # NaN goes to the end
    n = len(ordered) - int(np.count_nonzero(np.isnan(ordered)))
    if n == 0:
        return _nothing(values.dtype)
    found = ordered[ranks_of(n) - 1]
    less = np.searchsorted(ordered, found, "left")
    equal = np.searchsorted(ordered, found, "right") - less
    return Found(found.astype(np.float64), less, equal, values.dtype)


def _constant(ranks: I64, _: int) -> I64:
    return ranks


def _nothing(dtype: np.dtype[Any]) -> Found:
    return Found(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64), dtype)
