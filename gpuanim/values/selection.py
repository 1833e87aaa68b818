"""Order statistics of one step or of a whole film: exact, ties included, without sorting the values.

Values are counted in 65,536 bins or so that follow a sample. The bins that hold a rank that is asked for are
few, and their members are copied out and sorted; a value that most of a bin consists of (the zeros of a label
that has not arrived yet) is counted instead of copied. All are read twice, and 1 % of them are sorted if they
are spread like a normal or a uniform distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.types import Values
from gpuanim.values._base import Steps
from gpuanim.values.bins import Bins, most_common, sample

__all__ = ["Ends", "Found", "RanksOf", "Tally", "Wanted", "select", "select_film", "select_parts", "tally"]

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
"""From there on a bin is cut into bins of its own, instead of sorted."""


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


@dataclass(frozen=True)
class Ends:
    """The smallest and the largest of some values, and how many of them have each; NaN does not count."""

    low: float = np.inf
    n_low: int = 0
    high: float = -np.inf
    n_high: int = 0

    def joined(self, other: Ends) -> Ends:
        """Return the ends of both."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        n_low = sum(ends.n_low for ends in (self, other) if ends.low == low)
        n_high = sum(ends.n_high for ends in (self, other) if ends.high == high)
        return Ends(low, n_low, high, n_high)


RanksOf = Callable[[int, Ends], I64]
"""Returns (r,) ascending ranks from 1 to m for the number m of values that are not NaN, and their ends; at
most 255 different ones."""


class _Counter:
    """Counts values by bin, on all threads; the first count is that of NaN.

    Parameters
    ----------
    usual
        The value that most may have, or NaN; it is counted apart, which is faster.
    """

    def __init__(self, bins: Bins, usual: Any) -> None:
        self._bins, self._usual = bins, usual
        self._tables: list[NDArray[np.uint32]] = []
        self._total = np.zeros(bins.count + 1, np.int64)
        self._pending = 0
        self.ends = Ends()

    def add(self, values: Values) -> None:
        from gpuanim.values.select_kernels import SPARE, count, extremes

        if self._pending + len(values) >= 1 << 32:
            self.fold()
        self._pending += len(values)
        parts = _threads.blocks(len(values), _GRAIN)
        free: list[NDArray[np.uint32]] = self._tables[:]
        key, usual = self._bins.key(values.dtype), values.dtype.type(self._usual)
        ends, ties = np.empty((len(parts), 2), values.dtype), np.empty((len(parts), 2), np.int64)

        def task(i: int) -> None:
            extremes(values, *parts[i], ends[i], ties[i])  # what it reads is counted from the cache
            try:
                table = free.pop()
            except IndexError:  # one table for each thread, made when it is needed
                table = np.zeros((2, len(self._total) + SPARE), np.uint32)
                self._tables.append(table)
            count(values, *parts[i], *key, usual, table)
            free.append(table)

        _threads.run(task, len(parts))
        for (low, high), (n_low, n_high) in zip(ends.tolist(), ties.tolist(), strict=True):
            self.ends = self.ends.joined(Ends(low, n_low, high, n_high))

    def fold(self) -> I64:
        """Return the counts of all values so far."""
        n = len(self._total)
        for table in self._tables:
            self._total += table[0, :n]
            self._total += table[1, :n]
            if not np.isnan(self._usual):
                self._total[self._bins.of(np.array([self._usual]))[0]] += int(table[:, n:].sum())
            table[:] = 0
        self._pending = 0
        return self._total


class Wanted:
    """The bins that hold the ranks: one slot each.

    Parameters
    ----------
    counts
        Of the bins, the first of them NaN's.
    ranks
        (r,) ascending, from 1.
    some
        A sample of the values.
    usual
        As in `_Counter`.
    """

    def __init__(self, bins: Bins, counts: I64, ranks: I64, some: Values, usual: Any) -> None:
        from gpuanim.values.select_kernels import CLOSED, locate, vote

        self.bins, self.ranks, self.most_usual = bins, ranks, usual
        held, self.below = np.empty(len(ranks), np.int64), np.empty(len(ranks), np.int64)
        locate(counts, ranks, held, self.below)
        first = np.append(True, held[1:] != held[:-1])[: len(held)]
        wanted, self.slots = held[first], np.cumsum(first) - 1
        self.sizes: I64 = counts[wanted]
        self.slot_of = np.full(bins.count + 1, CLOSED, np.uint8)
        self.slot_of[wanted] = np.arange(len(wanted))
        # One more, as bins without a slot look up a usual value too; NaN equals nothing.
        self.usual = np.full(256, np.nan, some.dtype)
        vote(some, bins.of(some), self.slot_of, self.usual)
        if not np.isnan(usual):
            self.usual[self.slot_of[bins.of(np.array([usual]))[0]]] = usual

    def members(self, values: Values) -> tuple[Values, NDArray[np.uint8]]:
        """Return copies of the values in the slots, without the usual ones, and their slots."""
        from gpuanim.values.select_kernels import gather

        parts = _threads.blocks(len(values), _GRAIN)
        # Memory that is never touched costs nothing.
        members, slots = np.empty(len(values), values.dtype), np.empty(len(values), np.uint8)
        found = [0] * len(parts)
        key, most_usual = self.bins.key(values.dtype), values.dtype.type(self.most_usual)

        def task(i: int) -> None:
            part = slice(*parts[i])
            found[i] = gather(
                values, *parts[i], *key, self.slot_of, most_usual, self.usual, members[part], slots[part]
            )

        _threads.run(task, len(parts))
        kept = [slice(lo, lo + n) for (lo, _), n in zip(parts, found, strict=True)]
        return np.concatenate([members[k] for k in kept]), np.concatenate([slots[k] for k in kept])

    def resolve(self, members: Values, slots: NDArray[np.uint8], depth: int) -> Found:
        """Look inside the slots; `depth` bins lie around them."""
        stored = np.bincount(slots, minlength=len(self.sizes))
        inner: list[tuple[NDArray[np.intp], Found]] = []
        asked = np.bincount(self.slots, minlength=len(self.sizes))
        crowded = (asked > _MANY_RANKS) & (stored > _MANY_MEMBERS)
        for s in np.flatnonzero(crowded):
            rows = np.flatnonzero(self.slots == s)
            inner.append((rows, self._cut(members[slots == s], rows, depth)))
        rows = np.flatnonzero(~crowded[self.slots])
        few = members[~crowded[slots]] if inner else members
        inner.append((rows, self._sorted(few, np.where(crowded, 0, stored), rows)))
        shape = len(self.ranks)
        answer = Found(np.empty(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64), members.dtype)
        for rows, found in inner:
            answer.values[rows], answer.less[rows], answer.equal[rows] = found.values, found.less, found.equal
        return answer

    def _sorted(self, members: Values, stored: I64, rows: NDArray[np.intp]) -> Found:
        """Answer the ranks `rows` from the members of their slots, `stored` in each."""
        # Sorted by value they are sorted by slot.
        ordered = np.sort(members)
        starts = (np.cumsum(stored) - stored)[self.slots[rows]]
        usual, below = self.usual[self.slots[rows]], self.below[rows]
        ties, lower = self._ties(rows, stored, np.searchsorted(ordered, usual) - starts)
        ranks = self.ranks[rows] - below
        tied = (ranks > lower) & (ranks <= lower + ties)
        above = np.where(ranks > lower, ties, 0)  # the usual values that lie below this rank
        place = np.where(tied, 0, starts + ranks - above - 1)
        values = np.where(tied, usual, ordered[place] if len(ordered) else usual)
        first, last = np.searchsorted(ordered, values), np.searchsorted(ordered, values, "right")
        less = below + np.where(tied, lower, first - starts + above)
        return Found(values.astype(np.float64), less, np.where(tied, ties, last - first), members.dtype)

    def _ties(self, rows: NDArray[np.intp], stored: I64, lower: I64) -> tuple[I64, I64]:
        """Return how many of the usual value the slot of each rank has, and how many members lie below."""
        ties = (self.sizes - stored)[self.slots[rows]]
        return ties, np.where(ties > 0, lower, 0)

    def _cut(self, own: Values, rows: NDArray[np.intp], depth: int) -> Found:
        """Answer the ranks `rows` of one slot, whose members are `own`, by bins of its own."""
        s = self.slots[rows[0]]
        below, usual = self.below[rows[0]], self.usual[s]
        ties = int(self.sizes[s]) - len(own)
        lower = int(np.count_nonzero(own < usual)) if ties else 0
        ranks = self.ranks[rows] - below
        tied = (ranks > lower) & (ranks <= lower + ties)
        above = np.where(ranks > lower, ties, 0)
        rest = partial(_constant, ranks[~tied] - above[~tied])
        values, less, equal = np.full(len(rows), float(usual)), below + above, np.full(len(rows), ties)
        less[tied] = below + lower
        if not tied.all():
            # Each time bins are 2**15 times narrower: a third time only if float32 cannot tell values apart.
            inner = select(own, rest, depth + 1) if depth < 3 else _select_sorted(own, rest)
            values[~tied], equal[~tied] = inner.values, inner.equal
            less[~tied] += inner.less
        return Found(values, less, equal, own.dtype)


def select(values: Values, ranks_of: RanksOf, depth: int = 0) -> Found:
    """Find the values of given ranks among `values`.

    Parameters
    ----------
    values
        (n,) float32 or float64; NaN is left out.
    ranks_of
        As `RanksOf` says; it is not called if there is no value.
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
    bins, usual = Bins.spread(some), most_common(some)
    if bins.count <= 2:  # nearly all are equal
        bins = Bins.of_all_floats(_WIDE_SHIFT)
    counter = _Counter(bins, usual)
    counter.add(values)
    counts = counter.fold()
    wanted = Wanted(bins, counts, ranks_of(int(counts[1:].sum()), counter.ends), some, usual)
    return wanted.resolve(*wanted.members(values), depth)


def select_film(steps: Steps, ranks_of: RanksOf) -> Found:
    """Find the values of given ranks among the values of all steps; `steps` is called twice.

    Parameters and result are those of `select`.
    """
    bins = Bins.of_all_floats(_FILM_SHIFT)
    counter = _Counter(bins, np.nan)
    samples = []
    for values in steps():
        counter.add(values)
        samples.append(sample(values, _SAMPLE // 8))
    some = np.concatenate(samples) if samples else np.empty(0, np.float32)
    return _looked_up(
        bins,
        counter.fold(),
        counter.ends,
        some,
        lambda wanted: (wanted.members(values) for values in steps()),
        ranks_of,
    )


@dataclass(frozen=True)
class Tally:
    """What one part of the values adds to the counts of them all.

    Parameters
    ----------
    counts
        Of the bins, the first of them NaN's.
    ends
        Of the part.
    some
        A sample of it.
    """

    counts: I64
    ends: Ends
    some: Values


def tally(values: Values, bins: Bins) -> Tally:
    """Count a part of values by bins that are the same for all parts."""
    counter = _Counter(bins, np.nan)
    counter.add(values)
    return Tally(counter.fold(), counter.ends, sample(values, _SAMPLE))


def select_parts(
    bins: Bins,
    tallies: Sequence[Tally],
    members_of: Callable[[Wanted], Iterable[tuple[Values, NDArray[np.uint8]]]],
    ranks_of: RanksOf,
) -> Found:
    """Find the values of given ranks among those of all parts, from counts and few members of each.

    Parameters
    ----------
    bins, tallies
        What `tally` made of each part, with these bins.
    members_of
        Returns `Wanted.members` of each part.
    ranks_of
        As for `select`.
    """
    counts: I64 = np.stack([part.counts for part in tallies]).sum(axis=0, dtype=np.int64)
    ends = reduce(Ends.joined, (part.ends for part in tallies))
    some = np.concatenate([part.some for part in tallies])
    return _looked_up(bins, counts, ends, some, members_of, ranks_of)


def _looked_up(
    bins: Bins,
    counts: I64,
    ends: Ends,
    some: Values,
    members_of: Callable[[Wanted], Iterable[tuple[Values, NDArray[np.uint8]]]],
    ranks_of: RanksOf,
) -> Found:
    """Look for the values of ranks in the bins that hold them."""
    n = int(counts[1:].sum())
    if n == 0:
        return _nothing(some.dtype)
    wanted = Wanted(bins, counts, ranks_of(n, ends), some, np.nan)
    members, slots = (np.concatenate(part) for part in zip(*members_of(wanted), strict=True))
    return wanted.resolve(members, slots, 0)


def _select_sorted(values: Values, ranks_of: RanksOf) -> Found:
    ordered = np.sort(values)  # NaN goes to the end
    n = len(ordered) - int(np.count_nonzero(np.isnan(ordered)))
    if n == 0:
        return _nothing(values.dtype)
    low, high = ordered[0], ordered[n - 1]
    n_low, n_high = np.searchsorted(ordered, low, "right"), n - np.searchsorted(ordered, high)
    found = ordered[ranks_of(n, Ends(float(low), int(n_low), float(high), int(n_high))) - 1]
    less = np.searchsorted(ordered, found, "left")
    equal = np.searchsorted(ordered, found, "right") - less
    return Found(found.astype(np.float64), less, equal, values.dtype)


def _constant(ranks: I64, n: int, ends: Ends) -> I64:
    del n, ends
    return ranks


def _nothing(dtype: np.dtype[Any]) -> Found:
    return Found(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64), dtype)
