"""Names for the arrays that travel along the pipeline: shape, dtype and range in one place."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[np.floating[Any]]
"""(n,) float32 or float64, one value per point; NaN means "no value"."""

Codes: TypeAlias = NDArray[np.uint16]
"""(n,) uint16, rows of a colour table; the last row of the table is the colour of NaN."""

Colors: TypeAlias = NDArray[np.uint8]
"""(k, 3) uint8, gamma-encoded sRGB, 0..255."""

Ids: TypeAlias = NDArray[np.uint32]
"""(m,) uint32, positions of points in the arrays of the source."""

Buffer: TypeAlias = NDArray[np.uint8]
"""(nbytes,) uint8, contiguous: one frame in some `PixelFormat`."""

Grid: TypeAlias = NDArray[np.float32]
"""(ny, nx, 3) float32: vx, vy and mass at the nodes of a velocity field, rows from low to high y."""
