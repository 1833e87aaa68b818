"""The steps of a propagation in one array, which never takes more memory than there is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _memory
from gpuanim.errors import OptionError
from gpuanim.types import Ids

__all__ = ["Iterates"]

_SHARE = 0.8
"""Of the memory that is available, what may be taken."""

_WORK = 10
"""Steps that would fit into what a propagation itself needs; measured: 9, most of it while it starts."""


class Iterates:
    """An array of steps that grows; where it is `expected` to have a length, at once as long.

    Parameters
    ----------
    shape
        Of a step, (n,) or (n, k).
    dtype
        float32 or float64.
    expected
        How many steps there will be, None if that is not known.
    source
        Class that shows such steps one by one, for messages.

    Raises
    ------
    OptionError
        If the expected steps do not fit into memory.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], expected: int | None, source: str
    ) -> None:
        self._step_bytes = int(np.prod(shape)) * dtype.itemsize
        self._source = source
        self._free = _memory.available()
        self._room: int | None = None
        if self._free is not None:
            self._room = max(0, int(_SHARE * self._free) // self._step_bytes - _WORK)
        if self._room is not None and self._room < (expected or 2):
            need = f"{expected} steps" if expected else "2 steps or more"
            raise OptionError(f"{need} of {shape} {dtype} do not fit: {self._advice()}")
        self._array = np.empty((expected or min(16, self._room or 16), *shape), dtype)
        self._count = 0

    def add(self, values: NDArray[Any], permutation: Ids | None) -> None:
        """Keep a copy of a step, whose value k is of cell `permutation[k]`; OptionError if memory is full."""
        if self._count == len(self._array):
            self._grow()
        step = self._array[self._count].reshape(values.shape)  # one column comes as (n,)
        step[... if permutation is None else permutation] = values
        self._count += 1

    def _grow(self) -> None:
        more = self._count + max(16, self._count // 4)
        longer = more if self._room is None else min(more, self._room)
        if longer == self._count:
            raise OptionError(f"the tolerance is not met after {self._count} steps: {self._advice()}")
        # In place: Linux moves the pages of a large array, not its content.
        self._array.resize((longer, *self._array.shape[1:]), refcheck=False)

    def _advice(self) -> str:
        free = (self._free or 0) / 1e9
        return (
            f"a step takes {self._step_bytes / 1e9:.3g} GB of the {free:.3g} GB that are available, so at "
            f"most {self._room} can be kept, the start among them; ask for fewer with n_steps or a larger "
            f"tol, or give gpuanim.{self._source} to gpuanim.animate, which keeps one step at a time"
        )

    def finish(self) -> NDArray[Any]:
        """Return the steps as (n, t) or (n, t, k), each step contiguous in memory; then add no more."""
        self._array.resize((self._count, *self._array.shape[1:]), refcheck=False)
        return self._array.swapaxes(0, 1)
