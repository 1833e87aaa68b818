"""Bins of float bits: runs of floats that share sign, exponent and the first bits of the mantissa."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim.types import Values

__all__ = ["Bins", "sample"]


@dataclass(frozen=True)
class Bins:
    """Bins of the keys `low..high` (float32 bits in the order of the values), each 2**`shift` keys wide.

    The first and the last also hold what lies outside, so that every value but NaN has a bin.
    """

    low: np.uint32
    high: np.uint32
    shift: np.uint32

    @classmethod
    def spread(cls, points: Values) -> Bins:
        """Cut a range of floats so that few of the points share a bin.

        The range is that of the points, in 49,152 to 98,304 bins (their counts stay in a core's L2 cache of
        1 MB), or one for each float. Where the points huddle in a part of it, as probabilities do between
        0.9999 and 1 when a few are 0, it is that part: what their widest gap cuts off goes to the first or
        the last bin. There is a bin for what is lower: often the lowest point is one that many values share.
        """
        keys = np.unique(_keys(points))
        while True:
            first, last = int(keys[0]), int(keys[-1])
            shift = max(0, ((last - first) * 2 // 3).bit_length() - 16)
            if len(keys) <= 2 * len(np.unique(keys >> shift)):
                first = max(0, ((first >> shift) - 1) << shift)
                return cls(np.uint32(first), np.uint32(last), np.uint32(shift))
            gap = int(np.argmax(np.diff(keys))) + 1
            keys = keys[gap:] if 2 * gap <= len(keys) else keys[:gap]

    @classmethod
    def of_all_floats(cls, shift: int) -> Bins:
        """Cut all floats into 2**(32 - shift) bins."""
        return cls(np.uint32(0), np.uint32(0xFFFFFFFF), np.uint32(shift))

    @property
    def count(self) -> int:
        """Number of bins."""
        return ((int(self.high) - int(self.low)) >> int(self.shift)) + 1

    @property
    def key(self) -> tuple[np.uint32, np.uint32, np.uint32]:
        """What kernels are told: low, high, shift."""
        return self.low, self.high, self.shift


def _keys(values: Values) -> NDArray[np.int64]:
    """Return what `kernels.bins_of` orders values by; they are not NaN."""
    with np.errstate(over="ignore"):
        bits = (values.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.int64)
    return np.where(bits >> 31, bits ^ 0xFFFFFFFF, bits | 0x80000000)


def sample(values: Values, size: int) -> Values:
    """Return about `size` values from all over the array, a copy without NaN."""
    some = values[:: max(1, len(values) // size)]
    return np.asarray(some[~np.isnan(some)])
