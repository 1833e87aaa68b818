"""What the operator needs to know of its points where it does not lay them over each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim.raster._base import Points
from gpuanim.types import Ids

__all__ = ["importance", "scattered"]

_LEAST = 1e-30
"""Of the weight of the top, what the deepest point has at least: times a coverage, still a normal float32."""


def importance(ids: Ids, n_source: int, falloff: float) -> NDArray[np.float32]:
    """Return weights that fall with the depth in the draw order: (n_source,), by id, or one for all.

    The k-th of m points from the top lies at the depth d = (k - 1/2) / m and weighs (1 - d)^falloff, but no
    less than 1e-30. Of points that share an id, the topmost tells.

    References
    ----------
    M. McGuire, L. Bavoil, "Weighted Blended Order-Independent Transparency", JCGT 2 (2), 2013, eq. 10 (there
    with the exponent 3, and no less than 1 / 300,000, for the sake of 16-bit floats).
    """
    if falloff == 0:
        return np.ones(1, np.float32)
    height = (np.arange(len(ids)) + 0.5) / len(ids)
    weights = np.zeros(n_source, np.float32)
    np.maximum.at(weights, ids, np.maximum(height**falloff, _LEAST).astype(np.float32))
    return weights


def scattered(points: Points) -> Points:
    """Put points into an order that depends on their ids alone, and looks random.

    Weights are rounded one after the other, so that each pixel's sum is exact. In this order the roundings
    follow neither the order of drawing, which is to have no effect, nor that of the data, where every second
    cell may be of one kind: the rest of a category's share is then as small as for a random sample.
    """
    from gpuanim.propagation.order_kernels import radix_sort

    return points.take(radix_sort(_hash(points.ids)).astype(np.int64))


def _hash(ids: Ids) -> Ids:
    """Map ids one to one to numbers that look random.

    References
    ----------
    A. Appleby, MurmurHash3: the finaliser for 32 bits.
    """
    h = ids.astype(np.uint32, copy=True)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h ^= h >> np.uint32(shift)
        h *= np.uint32(factor)
    h ^= h >> np.uint32(16)
    return h
