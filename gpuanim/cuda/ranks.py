"""Ranks of values that lie on a device: what `values.ranks` does there."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuanim.cuda._base import MOST_BLOCKS, Array, Device, blocks_for

__all__ = ["DeviceRanks"]

_SOURCE = "cuda/ranks.cu"
_FIRST = 1 << 16
_FOUND = 8 * 255 * 5 + 4 * 256 + 8
"""Bytes of `Found` in ranks.cu: five arrays of 255 words, one of 255 halves, padded, and a number."""


class DeviceRanks:
    """Finds the thresholds of the ranks of one step after another, without a copy to the host.

    They are those of `values.ranks.Rank(scope="frame", stretch=stretch)`, exactly.

    Parameters
    ----------
    device
        Where the values lie.
    dtype
        float32 or float64, of the values.
    stretch
        As in `Rank`.
    """

    def __init__(self, device: Device, dtype: np.dtype[Any], *, stretch: bool) -> None:
        self._device, self._stretch = device, stretch
        self._digits = (8 * dtype.itemsize - 16) // 8
        kind = "float" if dtype == np.float32 else "double"
        self._defines: dict[str, str | int] = {
            "VALUE": kind,
            "VALUE_BITS": 8 * dtype.itemsize,
            "STRETCH": int(stretch),
        }
        self._counts = device.empty((self._digits + 1) * _FIRST, np.uint32)
        self._children = device.empty((self._digits + 1) * _FIRST, np.uint8)
        self._found = device.empty(_FOUND, np.uint8)
        # Keys of the lowest and the highest value, and how many are like them.
        self._ends = device.empty(4, np.uint64)
        self.thresholds = device.empty(256, np.float64)

    def find(self, values: Array) -> Array:
        """Return the (256,) float64 thresholds of (n,) values, n < 2^32; they are overwritten next time.

        Only launches: it can be recorded.
        """
        device, n = self._device, np.int64(len(values))
        threads = blocks_for(len(values), MOST_BLOCKS)
        for array in (self._counts, self._children, self._found, self._ends):
            device.fill(array, 0)
        lowest, highest, ends = self._ends[:1], self._ends[1:2], self._ends[2:]
        device.fill(lowest, 255)
        self._run("count_first", threads, n, values, self._counts[:_FIRST], lowest, highest)
        if self._stretch:
            self._run("count_ends", threads, n, values, lowest, highest, ends)
        self._run("block_choose_first", 1, self._counts[:_FIRST], ends, self._found, self._children)
        for digit in range(self._digits):
            counts = self._counts[(digit + 1) * _FIRST :][:_FIRST]
            self._run("count_digit", threads, n, values, np.int32(digit), self._children, counts)
            self._run("block_choose_digit", 1, np.int32(digit), counts, self._found, self._children)
        self._run("thresholds", 1, self._found, self.thresholds)
        return self.thresholds

    def _run(self, name: str, blocks: int, *args: Any) -> None:
        self._device.kernel(_SOURCE, name, self._defines)(blocks, *args)
