"""How the `cpu` renderer numbers the pixels of a frame: by quads, in bands of rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim.raster._base import Scene

__all__ = ["Grid"]

_BAND_PIXELS = 65536
"""Pixels of a band: 256 KB of transmittance, a quarter of the L2 cache; calls for more bands cost more."""


@dataclass(frozen=True)
class Grid:
    """Bands of a frame; see `kernels.build` for the numbers of pixels in one.

    Parameters
    ----------
    quads
        Quads of a row.
    band_rows
        Rows of a band, an even number.
    height
        Rows of the frame, rounded up to an even number.
    """

    quads: int
    band_rows: int
    height: int

    @classmethod
    def of(cls, scene: Scene) -> Grid:
        """Cut a frame into bands, of which there are at least 8 to share out."""
        quads = (scene.width + 1) // 2
        rows = max(2, _BAND_PIXELS // (4 * quads) * 2)
        return cls(quads, min(rows, 2 * math.ceil(scene.height / 16)), -(-scene.height // 2) * 2)

    def rows(self, b: int) -> tuple[int, int]:
        """Return the first row of band `b`, and the first one behind it."""
        row0 = b * self.band_rows
        return row0, min(row0 + self.band_rows, self.height)

    def n_pixels(self, b: int) -> int:
        """Return the number of pixels of band `b`, with those that fill up its quads."""
        row0, row1 = self.rows(b)
        return (row1 - row0) * 2 * self.quads

    def pixels(self, picture: NDArray[np.uint8], row0: int) -> NDArray[np.uint8]:
        """Cut a band from an (h, w, c) picture and put its pixels into quad order: (pixels, c)."""
        rows = min(self.band_rows, self.height - row0)
        part = picture[row0 : row0 + rows]
        missing = (rows - part.shape[0], 2 * self.quads - part.shape[1])
        if any(missing):
            part = np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
        quads = part.reshape(rows // 2, 2, self.quads, 2, -1).swapaxes(1, 2)
        return np.ascontiguousarray(quads).reshape(rows * 2 * self.quads, -1)

    def address(self, quads: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Turn numbers of quads within a band into row << 16 | column."""
        rows, columns = np.divmod(quads, np.uint32(self.quads))
        return np.asarray(rows << np.uint32(16) | columns)
