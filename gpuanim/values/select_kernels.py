"""Kernels that find order statistics without a sort: count bins, keep the members of a few, look inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel
from gpuanim.types import Values
from gpuanim.values.kernels import PIECE, bins_of

__all__ = ["CLOSED", "count", "gather", "locate", "resolve", "vote"]

CLOSED = np.uint8(255)
"""Slot of the bins that nobody asks about; there are at most 255 others."""

_SIGN = np.uint64(1 << 63)
_FEW = 24
"""Members that are sorted by insertion instead of counted once more."""

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]


@inline
def _key64(value: Any) -> np.uint64:
    """Return an integer in the order of the float64 values; both zeros are one."""
    bits = np.float64(np.float64(value) + 0.0).view(np.int64)
    return np.uint64(np.uint64(np.uint64(bits >> np.int64(63)) | _SIGN) ^ np.uint64(bits))


@inline
def _value_of(key: np.uint64) -> float:
    """Return the value of a key of `_key64`."""
    bits = key ^ _SIGN if key & _SIGN else ~key
    return np.uint64(bits).view(np.float64)


@kernel
def count(
    values: Values,
    lo: int,
    hi: int,
    low: np.uint32,
    high: np.uint32,
    shift: np.uint32,
    table: NDArray[np.uint32],
) -> None:
    """Add the values `lo..hi` to the (2, n_bins + 1) counts of their bins, in either row; bin 0 is NaN's."""
    # Adding to one count over and over waits for the store before. With two rows in turn, data that are
    # mostly 0 take 0.8 ns a value instead of 1.4, and no data take much longer.
    bins = np.empty(PIECE, np.uint32)
    even, odd = table[0], table[1]
    for start in range(lo, hi, PIECE):
        piece = values[start : min(start + PIECE, hi)]
        bins_of(piece, low, high, shift, bins)
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
def vote(
    sample: Values,
    low: np.uint32,
    high: np.uint32,
    shift: np.uint32,
    slot_of: NDArray[np.uint8],
    usual: Values,
) -> None:
    """Write the value that more than half of a slot's sample has, if there is one (Boyer & Moore 1981)."""
    votes = np.zeros(len(usual), np.int64)
    bins = np.empty(PIECE, np.uint32)
    for start in range(0, len(sample), PIECE):
        piece = sample[start : start + PIECE]
        bins_of(piece, low, high, shift, bins)
        for j in range(len(piece)):
            slot = slot_of[bins[j]]
            if slot == CLOSED:
                continue
            if votes[slot] == 0:
                usual[slot] = piece[j]
            votes[slot] += 1 if usual[slot] == piece[j] else -1


@kernel
def gather(
    values: Values,
    lo: int,
    hi: int,
    low: np.uint32,
    high: np.uint32,
    shift: np.uint32,
    slot_of: NDArray[np.uint8],
    usual: Values,
    members: Values,
    slots: NDArray[np.uint8],
) -> int:
    """Copy those of `values[lo:hi]` that lie in a slot and are not its usual value.

    They are written from position 0 of `members` on, their slots beside them; both need room for `hi - lo`.
    Returns their number.
    """
    bins = np.empty(PIECE, np.uint32)
    hits = np.empty(PIECE, np.uint32)
    found = np.uint64(0)
    for start in range(lo, hi, PIECE):
        piece = values[start : min(start + PIECE, hi)]
        bins_of(piece, low, high, shift, bins)
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


@inline
def _insertion_sort(keys: U64, n: int) -> None:
    for i in range(1, n):
        key = keys[i]
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j] = keys[j - 1]
            j -= 1
        keys[j] = key


@inline
def _nth(keys: U64, n: int, rank: int, counts: I64) -> tuple[np.uint64, int, int]:
    """Return the key of `rank` (from 1) among `keys[:n]`, how many are less, and how many equal.

    Narrows by 8 bits of what the keys do not share, until they are few or equal. `keys` is overwritten.
    """
    below = 0
    while n > _FEW:
        least, most = keys[0], keys[0]
        for i in range(n):
            least, most = min(least, keys[i]), max(most, keys[i])
        if least == most:
            return least, below, n
        shift = np.uint64(0)
        while (most - least) >> shift > np.uint64(255):
            shift += np.uint64(1)
        counts[:] = 0
        for i in range(n):
            counts[(keys[i] - least) >> shift] += 1
        b = np.uint64(0)
        while counts[b] < rank:
            rank -= counts[b]
            below += counts[b]
            b += np.uint64(1)
        kept = 0
        for i in range(n):
            if (keys[i] - least) >> shift == b:
                keys[kept] = keys[i]
                kept += 1
        n = kept
    _insertion_sort(keys, n)
    key = keys[rank - 1]
    first, last = rank - 1, rank
    while first > 0 and keys[first - 1] == key:
        first -= 1
    while last < n and keys[last] == key:
        last += 1
    return key, below + first, last - first


@inline
def _by_slot(members: Values, slots: NDArray[np.uint8], n_slots: int) -> tuple[I64, U64]:
    """Return the keys of the members ordered by slot, and where each slot starts."""
    starts = np.zeros(n_slots + 1, np.int64)
    for slot in slots:
        starts[slot + 1] += 1
    for s in range(n_slots):
        starts[s + 1] += starts[s]
    cursor = starts.copy()
    keys = np.empty(len(members), np.uint64)
    for i in range(len(members)):
        keys[cursor[slots[i]]] = _key64(members[i])
        cursor[slots[i]] += 1
    return starts, keys


@kernel
def resolve(
    members: Values,
    slots: NDArray[np.uint8],
    usual: Values,
    sizes: I64,
    ranks: I64,
    rank_slots: I64,
    below: I64,
    found: NDArray[np.float64],
    less: I64,
    equal: I64,
) -> None:
    """Find the values of the ranks inside their slots.

    Parameters
    ----------
    members, slots
        (m,) from `gather`.
    usual, sizes
        (s,) the value of a slot that was left out of `members`, and the members with it.
    ranks, rank_slots, below
        (r,) the rank from 1, its slot, and the number of values in lower bins.
    found, less, equal
        (r,) are written: the value, the number of smaller ones, and the number of its equals. Ranks whose
        `equal` is not 0 are left alone.
    """
    starts, keys = _by_slot(members, slots, len(usual))
    scratch = np.empty(len(keys), np.uint64)
    counts = np.empty(256, np.int64)
    for r in range(len(ranks)):
        if equal[r] > 0:
            continue
        s = rank_slots[r]
        own = keys[starts[s] : starts[s + 1]]
        rank, ties, ties_less = ranks[r] - below[r], sizes[s] - len(own), np.int64(0)
        if ties > 0:
            usual_key = _key64(usual[s])
            for key in own:
                ties_less += np.int64(key < usual_key)
        if ties_less < rank <= ties_less + ties:
            found[r], less[r], equal[r] = usual[s], below[r] + ties_less, ties
            continue
        above = ties if rank > ties_less else np.int64(0)  # the usual values that lie below this rank
        for i in range(len(own)):  # assigning a slice would compile its error messages, for 2 s
            scratch[i] = own[i]
        key, lower, same = _nth(scratch, len(own), rank - above, counts)
        found[r], less[r], equal[r] = _value_of(key), below[r] + lower + above, same
