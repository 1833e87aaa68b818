"""One walk of a system over a graph: the buffers, and the sums of the stopping rule."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import GpuanimError
from gpuanim.propagation.system import System, scaled

if TYPE_CHECKING:
    from gpuanim.values.ranks import Rank

__all__ = ["Stepper", "Sums", "Walk"]

Sums = Callable[[], tuple[float, float]]
"""Returns ||F' - F||^2 and ||F'||^2 of a step, over the rows that move; waits for the step."""


class Walk(ABC):
    """Holds F and takes it one step on, wherever it lies.

    Parameters
    ----------
    system
        In the order and on the device of the walk.
    dtype
        Of the values.

    Attributes
    ----------
    n_done
        Steps taken.
    """

    def __init__(self, system: System, dtype: Any) -> None:
        self.n_done = 0
        self._system = system
        self._dtype = dtype
        moving = scaled(system.row != 0, system.start)
        norm = float((moving * moving).sum())
        self._sums: Sums = lambda: (math.inf, norm)
        self._sums_before = self._sums

    @property
    @abstractmethod
    def f(self) -> Any:
        """(n,) or (n, c); valid until the next step."""

    @abstractmethod
    def levels(self, norm: Rank) -> NDArray[np.uint8]:
        """Return the (n,) levels of F, which has one column."""

    @abstractmethod
    def _advance(self) -> Sums:
        """Take a step, or begin to."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what the walk holds elsewhere; idempotent."""

    def step(self) -> float:
        """Take one step, wait for it, and return its residual."""
        self.advance()
        return self.residual

    def advance(self) -> None:
        """Take one step. Work on a GPU has only begun then."""
        sums = self._advance()
        self._sums_before, self._sums = self._sums, sums
        self.n_done += 1

    @property
    def residual(self) -> float:
        """Of the last step: ||F' - F||^2 relative to ||F||^2. Waits for the step.

        Raises
        ------
        GpuanimError
            If values are no longer finite, which only labels near the limits of the dtype can cause.
        """
        (change, norm), (_, before) = self._sums(), self._sums_before()
        if not math.isfinite(change + norm):
            raise GpuanimError(
                f"step {self.n_done} of the propagation left the range of {self._dtype}: "
                "labels are too large for it; divide them by their largest value, or ask for dtype='float64'"
            )
        return self._system.residual(change, norm, before)


class Stepper(Walk):
    """A walk over a graph in one memory, in two buffers that take turns.

    Parameters
    ----------
    product
        A `CpuProduct` or a `GpuProduct`.
    system
        In the order and on the device of the product.
    """

    def __init__(self, product: Any, system: System) -> None:
        super().__init__(system, product.dtype)
        self._f = product.values(system.start)
        self._product = product
        self._row = system.row * product.scale
        self._base = product.values(system.base)
        self._z = product.values(scaled(system.col, system.start))
        self._z_next = product.values(self._z)  # nodes that never move are never written
        self._trail = product.trail()

    @property
    def f(self) -> Any:
        return self._f

    def levels(self, norm: Rank) -> NDArray[np.uint8]:
        return norm.levels(self._f.get() if hasattr(self._f, "get") else self._f)  # CuPy's arrays have it

    def _advance(self) -> Sums:
        sums: Sums = self._product.begin(
            self._row,
            self._z,
            self._base,
            self._system.col,
            self._f,
            self._z_next,
            self.n_done % 2,
            self._trail,
        )
        self._z, self._z_next = self._z_next, self._z
        return sums

    def close(self) -> None:
        pass
