"""GIF's LZW in numba: the pixels of a band -> codes.

A pixel may be shown in more than one way. One that is `kept` may take the transparent row, which leaves
what is on the screen; with an error bound, any row near enough to the wanted one will do. Both kernels use
that freedom to lengthen matches: `match` takes the first way that goes on, `search` looks ahead.

References
----------
Welch, "A Technique for High-Performance Data Compression", IEEE Computer 17 (1984).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel, pasted
from gpuanim.types import Buffer

__all__ = ["FULL", "TABLE", "match", "run_lengths", "search"]

Ints: TypeAlias = NDArray[np.int64]

_BITS = 14
TABLE = 1 << _BITS
"""Slots of the hash table of a dictionary of 4096 codes: 64 KiB; with 32 KiB searches are longer."""

FULL = 4096
"""Codes that a dictionary holds."""
_EMPTY = np.uint32(0xFFFFFFFF)  # no entry looks so: it would extend code 4095 by code 4095
_STACK = 256  # places that `search` may still look at; more are not worth their time
_LOOKS = 16
"""Places that `search` looks at for each code: 100 would save 1 % more bytes."""


@inline
def _find(table: NDArray[np.uint32], key: np.uint32) -> np.int64:
    """Return the slot of `key` (20 bits), or the empty slot where it belongs."""
    # Numba multiplies in 64 bits; Knuth's factor spreads the key over the lower 32 of them.
    slot = ((np.uint64(key) * np.uint64(2654435769)) & np.uint64(0xFFFFFFFF)) >> np.uint64(32 - _BITS)
    while table[slot] != _EMPTY and (table[slot] >> np.uint32(12)) != key:
        slot = (slot + np.uint64(1)) & np.uint64(TABLE - 1)
    return np.int64(slot)


@kernel
def match(
    wanted: Buffer,
    kept: NDArray[np.bool_],
    shown: Buffer,
    near: NDArray[np.bool_],
    bounded: bool,
    symbol_bits: int,
    transparent: int,
    table: NDArray[np.uint32],
    codes: NDArray[np.int16],
) -> int:
    """Write the codes of a band, the first way that lengthens a match; return how many.

    Parameters
    ----------
    wanted
        (n,) rows that the band should show.
    kept
        (n,) pixels that may stay as they are on the screen.
    shown
        (n,) rows on the screen; those that the codes change are changed here, too.
    near
        (256, 256) whether row `near[wanted, other]` will do; looked at if `bounded`.
    table
        (TABLE,) scratch.
    """
    clear = np.int64(1) << symbol_bits
    free = clear + 2
    table[:] = _EMPTY
    child = np.full(FULL, -1, np.int16)  # the youngest code that extends a code by one row
    elder = np.empty(FULL, np.int16)
    symbols = np.zeros(FULL, np.uint8)
    run_code = np.empty(FULL + 1, np.int64)  # codes of 1, 2, ... transparent rows: a run takes one step
    run_code[1] = transparent
    longest = 1
    n, count, at = len(wanted), 0, 0
    prefix, run = np.int64(-1), 0  # the match so far; its length if all of it is transparent, else 0
    while at < n:
        row = np.int64(wanted[at])
        keep = kept[at]
        symbol = np.int64(transparent) if keep else row
        if prefix < 0:
            prefix, run = symbol, 1 if keep else 0
            if not keep:
                shown[at] = row
            at += 1
            continue
        if keep and 0 < run < longest:
            stop = min(n, at + longest - run)
            start = at
            while at < stop and kept[at]:
                at += 1
            run += at - start
            prefix = run_code[run]
            continue
        key = np.uint32((prefix << 8) | symbol)
        slot = _find(table, key)
        found = np.int64(-1)
        taken = symbol
        if table[slot] != _EMPTY:
            found = np.int64(table[slot] & np.uint32(4095))
        elif bounded:
            other = np.int64(child[prefix])
            while other >= 0:
                taken = np.int64(symbols[other])
                if taken != transparent and near[row, taken]:
                    found = other
                    break
                other = np.int64(elder[other])
        elif keep:
            taken = row
            entry = table[_find(table, np.uint32((prefix << 8) | row))]
            if entry != _EMPTY:
                found = np.int64(entry & np.uint32(4095))
        if found >= 0:
            prefix, run = found, 0
            if taken != transparent:
                shown[at] = taken
            at += 1
            continue
        codes[count] = prefix
        count += 1
        table[slot] = (key << np.uint32(12)) | np.uint32(free)
        if bounded:
            symbols[free], elder[free], child[free] = symbol, child[prefix], -1
            child[prefix] = free
        if keep and run == longest:
            longest += 1
            run_code[longest] = free
        free += 1
        if free == FULL:
            codes[count] = clear
            count += 1
            free, longest = clear + 2, 1
            table[:] = _EMPTY
            child[:clear] = -1
        if not keep:
            shown[at] = row
        prefix, run = symbol, 1 if keep else 0
        at += 1
    codes[count] = prefix
    return count + 1


@kernel
def run_lengths(kept: NDArray[np.bool_], out: NDArray[np.int32]) -> None:
    """Write for each pixel how many from it on are kept."""
    length = 0
    for at in range(len(kept) - 1, -1, -1):
        length = length + 1 if kept[at] else 0
        out[at] = length


@pasted
def _push(stack: Ints, top: int, code: np.int64, depth: np.int64, run: np.int64) -> int:
    """Remember a place: a code, its pixels, and these again if all are transparent; return the new top."""
    if top == _STACK:
        return top
    stack[top, 0], stack[top, 1], stack[top, 2] = code, depth, run
    return top + 1


@pasted
def _first(
    at: np.int64,
    wanted: Buffer,
    kept: NDArray[np.bool_],
    nearest: NDArray[np.int16],
    blank: np.int64,
    stack: Ints,
) -> int:
    """Push where a match may start, the best place last."""
    one = np.int64(1)
    if kept[at]:
        return _push(stack, 0, blank, one, one)
    top = 0
    for i in range(nearest.shape[1] - 1, -1, -1):
        other = np.int64(nearest[wanted[at], i])
        if other >= 0:
            top = _push(stack, top, other, one, np.int64(0))
    return top


@pasted
def _from_start(
    code: np.int64,
    depth: np.int64,
    run: np.int64,
    row: np.int64,
    keep: bool,
    nearest: NDArray[np.int16],
    starts: NDArray[np.int16],
    blank: np.int64,
    stack: Ints,
    top: int,
) -> int:
    """Push what extends a single row by a pixel that wants `row`, the best last."""
    for i in range(nearest.shape[1] - 1, -1, -1):
        other = np.int64(nearest[row, i])
        if other >= 0 and starts[code, other] >= 0:
            top = _push(stack, top, np.int64(starts[code, other]), depth + 1, np.int64(0))
    if keep and starts[code, blank] >= 0:
        run = run + 1 if run > 0 else run
        top = _push(stack, top, np.int64(starts[code, blank]), depth + 1, run)
    return top


@pasted
def _from_code(
    code: np.int64,
    depth: np.int64,
    run: np.int64,
    row: np.int64,
    keep: bool,
    near: NDArray[np.bool_],
    tree: NDArray[np.int16],
    symbols: Buffer,
    blank: np.int64,
    stack: Ints,
    top: int,
) -> int:
    """Push what extends a longer code by a pixel that wants `row`, the best last."""
    same, clean, none = np.int64(-1), np.int64(-1), np.int64(0)
    other = np.int64(tree[0, code])
    while other >= 0:
        symbol = np.int64(symbols[other])
        if symbol == blank:
            if keep:
                clean = other
        elif symbol == row:
            same = other
        elif near[row, symbol] and top < _STACK - 2:
            top = _push(stack, top, other, depth + 1, none)
        other = np.int64(tree[1, other])
    if same >= 0:
        top = _push(stack, top, same, depth + 1, none)
    if clean >= 0:
        top = _push(stack, top, clean, depth + 1, run + 1 if run > 0 else none)
    return top


@pasted
def _enter(
    code: np.int64,
    symbol: np.int64,
    free: np.int64,
    clear: np.int64,
    starts: NDArray[np.int16],
    tree: NDArray[np.int16],
    symbols: Buffer,
) -> None:
    """Let `free` be the code that extends a code by a row; one that is there already is not missed.

    `tree` holds for each code its youngest extension, its next older sister, and what it extends.
    """
    symbols[free], tree[0, free], tree[2, free] = symbol, -1, code
    if code < clear:
        starts[code, symbol] = free
    else:
        tree[1, free] = tree[0, code]
        tree[0, code] = free


@kernel
def search(
    wanted: Buffer,
    kept: NDArray[np.bool_],
    runs: NDArray[np.int32],
    shown: Buffer,
    near: NDArray[np.bool_],
    nearest: NDArray[np.int16],
    symbol_bits: int,
    transparent: int,
    starts: NDArray[np.int16],
    codes: NDArray[np.int16],
) -> int:
    """Do what `match` does, but take the longest match that a short search finds.

    Parameters
    ----------
    runs
        (n,) as from `run_lengths`.
    nearest
        (256, k) rows that will do for a row, itself first, then the nearest, then -1: where a match may
        start.
    starts
        (256, 256) scratch: the code that extends a row by a row.
    """
    clear = np.int64(1) << symbol_bits
    blank = np.int64(transparent)
    free = clear + 2
    starts[:] = -1
    tree = np.full((3, FULL), -1, np.int16)  # as `_enter` says
    symbols = np.zeros(FULL, np.uint8)
    symbols[:clear] = np.arange(clear)
    run_code = np.empty(FULL + 1, np.int64)
    run_code[1] = blank
    longest = np.int64(1)
    stack = np.empty((_STACK, 3), np.int64)
    n, count, at = len(wanted), 0, np.int64(0)
    emitted, before = 0, np.int64(-1)  # codes since the last clear code; one that has no entry yet
    while at < n:
        top = _first(at, wanted, kept, nearest, blank, stack)
        best, length = np.int64(-1), np.int64(0)
        for _ in range(_LOOKS):
            if top == 0:
                break
            top -= 1
            code, depth, run = stack[top, 0], stack[top, 1], stack[top, 2]
            end = at + depth
            if 0 < run < longest and end < n and runs[end] > 0:
                step = min(longest - run, np.int64(runs[end]))
                depth, run, end = depth + step, run + step, end + step
                code = run_code[run]
            if depth > length:
                best, length = code, depth
            if end >= n:
                break
            row = np.int64(wanted[end])
            if code < clear:
                top = _from_start(code, depth, run, row, kept[end], nearest, starts, blank, stack, top)
            else:
                top = _from_code(code, depth, run, row, kept[end], near, tree, symbols, blank, stack, top)
        codes[count] = best
        count += 1
        emitted += 1
        code, symbol = best, np.int64(-1)
        for i in range(at + length - 1, at - 1, -1):
            symbol = np.int64(symbols[code])
            if symbol != blank:
                shown[i] = symbol
            code = np.int64(tree[2, code])
        at += length
        if emitted == FULL - clear - 2:
            codes[count] = clear
            count += 1
            free, longest, emitted, before = clear + 2, np.int64(1), 0, np.int64(-1)
            starts[:] = -1
            tree[0] = -1
            continue
        # A code and the first row of the next one make an entry. That row is certain where the pixel is
        # kept, and the next match may use the entry; elsewhere the next match is found first.
        if before >= 0:
            _enter(before, symbol, free, clear, starts, tree, symbols)
            free += 1
            before = np.int64(-1)
        if at < n and kept[at]:
            _enter(best, blank, free, clear, starts, tree, symbols)
            if best == run_code[longest]:
                longest += 1
                run_code[longest] = free
            free += 1
        else:
            before = best
    return count
