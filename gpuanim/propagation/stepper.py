"""One walk of a system over a graph: the buffers, and the sums of the stopping rule."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import GpuanimError
from gpuanim.propagation.system import System, scaled

if TYPE_CHECKING:
    from gpuanim.values.ranks import Rank

__all__ = ["Stepper", "Walk"]


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
        self._norm = float((moving * moving).sum())

    @property
    @abstractmethod
    def f(self) -> Any:
        """(n,) or (n, c); valid until the next step."""

    @abstractmethod
    def levels(self, norm: Rank) -> NDArray[np.uint8]:
        """Return the (n,) levels of F, which has one column."""

    @abstractmethod
    def _advance(self) -> tuple[float, float]:
        """Take a step; return ||F' - F||^2 and ||F'||^2 over the rows that move."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what the walk holds elsewhere; idempotent."""

    def step(self) -> float:
        """Take one step and return its residual: ||F' - F||^2 relative to ||F||^2.

        Raises
        ------
        GpuanimError
            If values are no longer finite, which only labels near the limits of the dtype can cause.
        """
        change, norm = self._advance()
        if not math.isfinite(change + norm):
            raise GpuanimError(
                f"step {self.n_done + 1} of the propagation left the range of {self._dtype}: "
                "labels are too large for it; divide them by their largest value, or ask for dtype='float64'"
            )
        residual = self._system.residual(change, norm, self._norm)
        self._norm = norm
        self.n_done += 1
        return residual


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

    def _advance(self) -> tuple[float, float]:
        sums: tuple[float, float] = self._product.affine(
            self._row, self._z, self._base, self._system.col, self._f, self._z_next, self._trail
        )
        self._z, self._z_next = self._z_next, self._z
        return sums

    def close(self) -> None:
        pass
