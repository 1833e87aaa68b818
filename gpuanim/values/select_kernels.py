"""Kernels that find order statistics without a sort: count bins, keep the members of a few, look inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.types import Values
from gpuanim.values.kernels import PIECE, bins_of

__all__ = ["CLOSED", "SPARE", "count", "extremes", "gather", "locate", "vote"]

CLOSED = np.uint8(255)
"""Slot of the bins that nobody asks about; there are at most 255 others."""

SPARE = 16
"""Counts for the value that most have, in turn: adding to a single one waits for the store before."""

LANES = 64
"""Values whose extremes are followed side by side: four registers of AVX-512."""

I64 = NDArray[np.int64]


@kernel
def extremes(values: Values, lo: int, hi: int, ends: Values, ties: I64) -> None:
    """Find the smallest and the largest of `values[lo:hi]`, and how many have each; NaN does not count.

    Parameters
    ----------
    ends, ties
        (2,) are written: of the type of the values, inf and -inf where there is none, and counts.
    """
    # One running extreme for each lane: LLVM vectorises no minimum over values that may be NaN.
    least = np.full(LANES, np.inf, values.dtype)
    most = np.full(LANES, -np.inf, values.dtype)
    part = values[lo:hi]  # indices from 0 need no test for negative ones
    whole = len(part) // LANES * LANES
    for start in range(0, whole, LANES):
        for j in range(LANES):
            value = part[start + j]
            least[j] = value if value < least[j] else least[j]
            most[j] = value if value > most[j] else most[j]
    for j in range(len(part) - whole):
        value = part[whole + j]
        least[j] = value if value < least[j] else least[j]
        most[j] = value if value > most[j] else most[j]
    low, high = least.min(), most.max()
    n_low, n_high = np.int64(0), np.int64(0)
    for i in range(len(part)):
        n_low += np.int64(part[i] == low)
        n_high += np.int64(part[i] == high)
    ends[0], ends[1] = low, high
    ties[0], ties[1] = n_low, n_high


@kernel
def count(
    values: Values,
    lo: int,
    hi: int,
    low: np.uint32,
    high: np.uint32,
    shift: np.uint32,
    origin: Any,
    scale: Any,
    usual: Any,
    table: NDArray[np.uint32],
) -> None:
    """Add the values `lo..hi` to the counts of their bins.

    Parameters
    ----------
    usual
        A value that is counted apart, or NaN.
    table
        (2, n_bins + 1 + SPARE): a value counts in either row; bin 0 is NaN's, the last SPARE are those of
        `usual`.
    """
    # Adding to one count over and over waits for the store before, hence two rows.
    bins = np.empty(PIECE, np.uint32)
    even, odd = table[0], table[1]
    spare = np.uint32(table.shape[1] - SPARE)
    for start in range(lo, hi, PIECE):
        piece = values[start : min(start + PIECE, hi)]
        bins_of(piece, low, high, shift, origin, scale, bins)
        for j in range(len(piece)):
            bins[j] = spare + np.uint32(j & (SPARE - 1)) if piece[j] == usual else bins[j]
        for j in range(0, len(piece) - 1, 2):
            even[bins[j]] += np.uint32(1)
            odd[bins[j + 1]] += np.uint32(1)
        if len(piece) % 2:
            even[bins[len(piece) - 1]] += np.uint32(1)


@kernel
def locate(counts: I64, ranks: I64, bins: I64, below: I64) -> None:
    """Write for each of the ascending `ranks` (from 1) its bin, and the number of values in lower bins."""
    b, total = 1, np.int64(0)  # bin 0 is that of NaN
    for i in range(len(ranks)):
        while total + counts[b] < ranks[i]:
            total += counts[b]
            b += 1
        bins[i], below[i] = b, total


@kernel
def vote(sample: Values, bins: NDArray[np.uint32], slot_of: NDArray[np.uint8], usual: Values) -> None:
    """Write the value that more than half of a slot's sample has, if there is one (Boyer & Moore 1981)."""
    votes = np.zeros(len(usual), np.int64)
    for j in range(len(sample)):
        slot = slot_of[bins[j]]
        if slot == CLOSED:
            continue
        if votes[slot] == 0:
            usual[slot] = sample[j]
        votes[slot] += 1 if usual[slot] == sample[j] else -1


@kernel
def gather(
    values: Values,
    lo: int,
    hi: int,
    low: np.uint32,
    high: np.uint32,
    shift: np.uint32,
    origin: Any,
    scale: Any,
    slot_of: NDArray[np.uint8],
    most_usual: Any,
    usual: Values,
    members: Values,
    slots: NDArray[np.uint8],
) -> int:
    """Copy those of `values[lo:hi]` that lie in a slot and are neither its usual value nor `most_usual`.

    They are written from position 0 of `members` on, their slots beside them; both need room for `hi - lo`.
    Returns their number.
    """
    bins = np.empty(PIECE, np.uint32)
    hits = np.empty(PIECE, np.uint32)
    found = np.uint64(0)
    for start in range(lo, hi, PIECE):
        piece = values[start : min(start + PIECE, hi)]
        bins_of(piece, low, high, shift, origin, scale, bins)
        for j in range(len(piece)):  # the bin of NaN is never open
            bins[j] = np.uint32(0) if piece[j] == most_usual else bins[j]
        n_hits = np.uint32(0)
        for j in range(len(piece)):  # writes always and moves on if it counts: nothing to predict
            hits[n_hits] = np.uint32(j)
            n_hits = np.uint32(n_hits + np.uint32(slot_of[bins[j]] != CLOSED))
        for i in range(n_hits):
            value, slot = piece[hits[i]], slot_of[bins[hits[i]]]
            members[found] = value
            slots[found] = slot
            found += np.uint64(value != usual[slot])
    return np.int64(found)  # type: ignore[return-value]
