"""Which quads a frame has to mix again: those that show a point whose colour has changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.raster.kernels import update
from gpuanim.raster.operator import WINDOW, Operator
from gpuanim.types import Codes

__all__ = ["Changes"]

_GRAIN = 1 << 16


class Changes:
    """The way from points to quads and to their fragments; made when a film first turns out to be quiet.

    Parameters
    ----------
    operator
        One that is kept, so that `visible` and `boxes` are known.
    """

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        rows = -(-operator.scene.height // 2)
        self._flags = np.zeros((rows, -(-operator.quads // 8) * 8), np.uint8)
        self._rows: list[tuple[NDArray[np.uint32], NDArray[np.uint16]]] = []
        self._live = np.full((rows, operator.quads), -1, np.int32)
        for band in operator.bands:
            starts, lengths = np.empty(len(band.order), np.uint32), np.empty(len(band.order), np.uint16)
            update.locate_rows(WINDOW, band.classes, band.order, starts, lengths)
            self._rows.append((starts, lengths))
            row, column = band.row0 // 2 + (band.live >> np.uint32(16)), band.live & np.uint32(0xFFFF)
            self._live[row, column] = np.arange(len(band.live))

    @property
    def nbytes(self) -> int:
        """Bytes of the tables."""
        rows = sum(starts.nbytes + lengths.nbytes for starts, lengths in self._rows)
        return self._flags.nbytes + self._live.nbytes + rows

    def mark(self, codes: Codes, shown: Codes) -> None:
        """Flag the quads that may show a point whose code in `codes` is not the one in `shown`."""
        boxes = self._operator.boxes
        parts = _threads.blocks(len(codes), _GRAIN)
        # Threads may set the same flag: all write a 1.
        _threads.run(lambda i: update.mark(codes, shown, boxes, *parts[i], self._flags), len(parts))

    def live_quads(self, b: int) -> NDArray[np.uint32]:
        """Return the flagged quads of band `b` by their place among its live ones, and lower the flags."""
        first = self._operator.bands[b].row0 // 2
        part = slice(first, first + self._operator.band_rows // 2)
        found = np.empty(len(self._rows[b][0]) // 4, np.uint32)
        flags = self._flags[part]
        return found[: update.collect(flags, flags.view(np.uint64), self._live[part], found)]

    def rows(self, b: int) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
        """Return where the fragments of band `b`'s live pixels start, and how many each has."""
        return self._rows[b]
