"""Where the values of a propagation can change, so that a step leaves out the rest.

What spreads from a few seeds is at rest wherever it has not arrived yet, and again where it has settled. Rows
are watched in tiles: a tile whose own values, and those of all tiles that its rows hear, were the same before
and after a step, would get the same values once more, to the last bit. So nothing is approximated. In a
locality order a tile hears a few others; looking at them costs 1 % of a step in which all is in motion.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.propagation.graph import Graph

__all__ = ["TILE", "Tiles", "Trail", "tiles_of"]

_BITS = 8
TILE = 1 << _BITS
"""Rows of a tile."""

_FEWEST = 64
"""Tiles of a graph for which it pays to look."""

_MOST_HEARD = 64
"""Tiles that a tile may hear on average: in random order it hears nearly all."""

_PART = 32
"""Tiles of a task: 130,000 entries of 15 neighbours a row, 0.2 ms."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Which tiles the rows of each tile hear, itself among them.

    Attributes
    ----------
    ptr, heard
        (tiles + 1,) int64 and (m,) uint32: tile t hears `heard[ptr[t] : ptr[t + 1]]`. Without tiles where
        they would not tell much.
    """

    ptr: NDArray[np.int64]
    heard: NDArray[np.uint32]

    def trail(self) -> Trail | None:
        """Return a new trail, on which everything may change; None where there are no tiles."""
        return Trail(self) if len(self.ptr) > 1 else None


@dataclass(eq=False)
class Trail:
    """What one walk over the steps knows of the last one.

    Attributes
    ----------
    active
        (tiles,) uint8, which tiles the step under way looks at.
    sums
        (tiles, 3) of each tile: ||f' - f||^2, ||f'||^2, and whether any value has changed, in the last step.
    """

    tiles: Tiles
    active: NDArray[np.uint8] = field(init=False)
    sums: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.tiles.ptr) - 1
        self.active = np.empty(count, np.uint8)
        self.sums = np.ones((count, 3))

    def begin(self) -> list[tuple[int, int]]:
        """Find the active tiles of the next step; return ranges of tiles that hold some."""
        from gpuanim.propagation.tile_kernels import awake

        count = len(self.active)
        awake(self.tiles.ptr, self.tiles.heard, self.sums, self.active)
        starts = range(0, count, _PART)
        some = np.add.reduceat(self.active, np.asarray(starts), dtype=np.int64)
        return [
            (start, min(start + _PART, count)) for start, n in zip(starts, some.tolist(), strict=True) if n
        ]

    def end(self) -> tuple[float, float]:
        """Return ||f' - f||^2 and ||f'||^2 of the step; tiles that were left out have not changed."""
        rest = self.active == 0
        self.sums[rest, 0] = self.sums[rest, 2] = 0.0
        change, norm, _ = self.sums.sum(axis=0)
        return float(change), float(norm)


def tiles_of(graph: Graph) -> Tiles:
    """Find out which tiles hear which; reads the entries once."""
    from gpuanim.propagation.tile_kernels import hears

    count = -(-graph.n // TILE)
    none = Tiles(np.zeros(1, np.int64), np.empty(0, np.uint32))
    if count < _FEWEST:
        return none
    parts = _threads.blocks(count, _PART)
    lengths = np.zeros(count, np.int64)
    found: list[NDArray[np.uint32]] = [np.empty(0, np.uint32)] * len(parts)
    indptr = graph.indptr.view(np.uint64)

    def task(k: int) -> None:
        first, last = parts[k]
        graph.ahead(first * TILE, min(last * TILE, graph.n))
        room = np.empty(_MOST_HEARD * (last - first) + count, np.uint32)
        stamps = np.zeros(count, np.uint32)
        n = hears(indptr, graph.indices, _BITS, stamps, lengths, room, first, last)
        found[k] = room[:n].copy()

    _threads.run(task, len(parts))
    if lengths.min() == 0:  # a part had no room: its tiles hear too many
        return none
    ptr = np.zeros(count + 1, np.int64)
    np.cumsum(lengths, out=ptr[1:])
    return Tiles(ptr, np.concatenate(found))
