"""Bins of float bits: runs of floats that share sign, exponent and the first bits of the mantissa."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpuanim.types import Values

__all__ = ["Bins", "sample"]


@dataclass(frozen=True)
class Bins:
    """Bins of the keys `low..high` (see `kernels.key32`), each 2**`shift` keys wide.

    The first and the last also hold what lies outside, so that every value but NaN has a bin.
    """

    low: np.uint32
    high: np.uint32
    shift: np.uint32

    @classmethod
    def between(cls, low: float, high: float) -> Bins:
        """Cut the floats from `low` to `high` into 49,152 to 98,304 bins, or one for each float.

        Their counts stay in the L2 cache of a core (1 MB). There is a bin of its own for what is lower:
        often `low` is 0 or another value that many have.
        """
        first, last = _key(low), _key(high)
        shift = max(0, ((last - first) * 2 // 3).bit_length() - 16)
        first = max(0, ((first >> shift) - 1) << shift)
        return cls(np.uint32(first), np.uint32(last), np.uint32(shift))

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


def _key(value: float) -> int:
    """Return what `kernels.key32` returns, without compiling it."""
    with np.errstate(over="ignore"):
        bits = int((np.float32(value) + np.float32(0)).view(np.uint32))
    return bits ^ (0xFFFFFFFF if bits >> 31 else 0x80000000)


def sample(values: Values, size: int) -> Values:
    """Return about `size` values from all over the array, a copy without NaN."""
    some = values[:: max(1, len(values) // size)]
    return np.asarray(some[~np.isnan(some)])
