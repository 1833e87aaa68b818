"""Codes in the order in which points are drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.types import Codes, Ids


@kernel
def gather(codes: Codes, ids: Ids, lo: int, hi: int, out: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Set `out[k]` to the code of point `ids[k]`, for k in `lo..hi`."""
    for k in range(lo, hi):
        out[k] = codes[ids[k]]
