"""Kernel of the lens that looks into a space."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel

__all__ = ["look"]

_DEEPEST = 65534.0
"""Even, so that the depth of the centre does not lie between two numbers, where rounding would decide."""


@kernel
def look(
    coords: NDArray[Any], center: NDArray[np.float64], turned: NDArray[np.float64],
    affine: NDArray[np.float64], reach: float, perspective: float, cue: float, start: int, stop: int,
    x: NDArray[np.float32], y: NDArray[np.float32], scale: NDArray[np.float32],
    depth: NDArray[np.uint16], fade: NDArray[np.float32],
) -> None:  # fmt: skip
    """Project points `start` to `stop`: see `space.Space`.

    `turned` has the rows right, up and near; `affine` is (x0, x scale, y0, y scale) from there to pixels.
    `scale` and `fade` may be empty where there is no perspective and no cue.
    """
    for i in range(start, stop):
        u = coords[i, 0] - center[0]
        v = coords[i, 1] - center[1]
        w = coords[i, 2] - center[2]
        near = (turned[2, 0] * u + turned[2, 1] * v + turned[2, 2] * w) / reach
        grown = 1.0 / (1.0 - perspective * near)
        x[i] = affine[0] + affine[1] * grown * (turned[0, 0] * u + turned[0, 1] * v + turned[0, 2] * w)
        y[i] = affine[2] + affine[3] * grown * (turned[1, 0] * u + turned[1, 1] * v + turned[1, 2] * w)
        share = min(max(0.5 + 0.5 * near, 0.0), 1.0)
        depth[i] = np.uint16(share * _DEEPEST + 0.5)
        if len(scale):
            scale[i] = grown
        if len(fade):
            fade[i] = 1.0 - cue * (1.0 - share)
