"""The steps of a propagation in one array, which never takes more memory than there is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _memory
from gpuanim.errors import OptionError

__all__ = ["Iterates"]

_SHARE = 0.8
"""Of the memory that is available, what steps may take; the propagation itself needs some of the rest."""


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
        fit = None if self._free is None else int(_SHARE * self._free) // self._step_bytes
        self._room = fit
        if fit is not None and fit < (expected or 2):
            need = f"{expected} steps" if expected else "2 steps or more"
            raise OptionError(f"{need} of {shape} {dtype} do not fit: {self._advice()}")
        self._array = np.empty((expected or min(16, fit or 16), *shape), dtype)
        self._count = 0

    def add(self, values: NDArray[Any]) -> None:
        """Keep a copy of a step; raises OptionError if memory is full."""
        if self._count == len(self._array):
            self._grow()
        self._array[self._count] = values
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

    @property
    def last(self) -> NDArray[Any]:
        """The step that was added last."""
        step: NDArray[Any] = self._array[self._count - 1]
        return step

    def finish(self) -> NDArray[Any]:
        """Return the steps as (n, t) or (n, t, k), each step contiguous in memory; then add no more."""
        self._array.resize((self._count, *self._array.shape[1:]), refcheck=False)
        return self._array.swapaxes(0, 1)
