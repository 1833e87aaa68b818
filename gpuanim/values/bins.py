"""Bins of values: what lies in one bin is neighbours, so that counts by bin tell ranks nearly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.types import Values

__all__ = ["LINE_BINS", "Bins", "most_common", "sample"]

LINE_BINS = 1 << 14
"""Bins of equal width; their counts stay in a core's L2 cache of 1 MB."""


@dataclass(frozen=True)
class Bins:
    """Bins by the bits of floats, or of equal width; neither ever puts a lower value into a higher bin.

    The first and the last bin also hold what lies outside, so that every value but NaN has a bin.

    Parameters
    ----------
    low, high, shift
        Keys, and bits of a key that values of a bin do not share. A key is the bits of a float32, read as
        an unsigned integer with the sign turned round: the keys are in the order of the values. A bin is a
        run of floats with the same sign, exponent and first bits of mantissa, as fine near 1e-30 as near
        1. Values of float64 have the key of their nearest float32.
    origin, scale
        For bins of equal width: the lower end of the second one, and bins for each 1; a scale of 0 means
        bins by bits.
    """

    low: np.uint32
    high: np.uint32
    shift: np.uint32
    origin: float = 0.0
    scale: float = 0.0

    @classmethod
    def spread(cls, points: Values) -> Bins:
        """Choose bins so that few of the points, none of them NaN, share one.

        Values around 1 fare best with bins of equal width, those over many orders of magnitude, as a
        propagation has, with bins by bits; both are tried.
        """
        distinct = np.unique(points)
        by_bits = cls._of_bits(distinct)
        on_line = cls._on_line(distinct)
        if on_line is None:
            return by_bits
        return max(by_bits, on_line, key=lambda bins: np.count_nonzero(np.diff(bins.of(distinct))))

    @classmethod
    def _of_bits(cls, points: Values) -> Bins:
        """Cut a range of floats.

        The range is that of the points, in 49,152 to 98,304 bins, or one for each float. Where the points
        huddle in a part of it, as probabilities do between 0.9999 and 1 when a few are 0, it is that part:
        what their widest gap cuts off goes to the first or the last bin. The lowest point begins a bin, and
        there is one for what is lower: often that is a single value which many share.
        """
        keys = np.unique(_keys(points))
        while True:
            first, last = int(keys[0]), int(keys[-1])
            shift = max(0, ((last - first) * 2 // 3).bit_length() - 16)
            if len(keys) <= 2 * len(np.unique((keys - first) >> shift)):
                first = max(0, first - (1 << shift))
                return cls(np.uint32(first), np.uint32(last), np.uint32(shift))
            gap = int(np.argmax(np.diff(keys))) + 1
            keys = keys[gap:] if 2 * gap <= len(keys) else keys[:gap]

    @classmethod
    def _on_line(cls, points: Values) -> Bins | None:
        """Cut the range of the points into bins of equal width, if float can tell their ends."""
        with np.errstate(all="ignore"):
            low, high = points[0], points[-1]
            scale = points.dtype.type(LINE_BINS - 3) / (high - low)
        if not (np.isfinite(scale) and np.isfinite(low) and scale > np.finfo(points.dtype).tiny):
            return None
        nothing = np.uint32(0)
        return cls(nothing, nothing, nothing, float(low), float(scale))

    @classmethod
    def of_all_floats(cls, shift: int) -> Bins:
        """Cut all floats into 2**(32 - shift) bins by bits."""
        return cls(np.uint32(0), np.uint32(0xFFFFFFFF), np.uint32(shift))

    @property
    def count(self) -> int:
        """Number of bins."""
        if self.scale:
            return LINE_BINS
        return ((int(self.high) - int(self.low)) >> int(self.shift)) + 1

    def key(self, dtype: np.dtype[Any]) -> tuple[np.uint32, np.uint32, np.uint32, Any, Any]:
        """Return what kernels are told about bins for values of a type."""
        return self.low, self.high, self.shift, dtype.type(self.origin), dtype.type(self.scale)

    def of(self, values: Values) -> NDArray[np.uint32]:
        """Return the bins of a few values, as `kernels.bins_of` does: from 1, and 0 for NaN."""
        with np.errstate(all="ignore"):
            if self.scale:
                _, _, _, origin, scale = self.key(values.dtype)
                place = (values - origin) * scale + np.float32(2)
                bins = np.nan_to_num(np.clip(place, 1, LINE_BINS)).astype(np.int64)
            else:
                keys = np.clip(_keys(values), int(self.low), int(self.high))
                bins = ((keys - int(self.low)) >> int(self.shift)) + 1
        return np.where(np.isnan(values), 0, bins).astype(np.uint32)


def _keys(values: Values) -> NDArray[np.int64]:
    """Return the keys of values."""
    with np.errstate(over="ignore", invalid="ignore"):
        bits = (values.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.int64)
    return np.where(bits >> 31, bits ^ 0xFFFFFFFF, bits | 0x80000000)


def sample(values: Values, size: int) -> Values:
    """Return about `size` values from all over the array, a copy without NaN."""
    some = values[:: max(1, len(values) // size)]
    return np.asarray(some[~np.isnan(some)])


def most_common(points: Values) -> Any:
    """Return the value that most of the points have, or NaN if it is less than a sixteenth of them."""
    values, counts = np.unique(points, return_counts=True)
    if len(values) == 0 or 16 * counts.max() < len(points):
        return points.dtype.type(np.nan)
    return values[counts.argmax()]
