"""One walk of a system over a graph: the buffers, and the sums of the stopping rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gpuanim.errors import GpuanimError
from gpuanim.propagation.system import System, scaled

__all__ = ["Stepper", "Sums"]

Sums = Callable[[], tuple[float, float]]
"""Returns ||F' - F||^2 and ||F'||^2 of a step, over the rows that move; waits for the step."""


class Stepper:
    """Holds F and takes it one step on.

    Parameters
    ----------
    product
        A `CpuProduct` or a `GpuProduct`.
    system
        In the order and on the device of the product.

    Attributes
    ----------
    f
        (n,) or (n, c) in the dtype of the product; overwritten by each step.
    n_done
        Steps taken.
    """

    def __init__(self, product: Any, system: System) -> None:
        self.f = product.values(system.start)
        self.n_done = 0
        self._product = product
        self._system = system
        self._row = system.row * product.scale
        self._base = product.values(system.base)
        self._z = product.values(scaled(system.col, system.start))
        self._z_next = product.values(self._z)  # nodes that never move are never written
        moving = scaled(system.row != 0, system.start)
        norm = float((moving * moving).sum())
        self._sums: Sums = lambda: (math.inf, norm)
        self._sums_before = self._sums

    def step(self) -> float:
        """Take one step, wait for it, and return its residual."""
        self.advance()
        return self.residual

    def advance(self) -> None:
        """Take one step. Work on a GPU has only begun then."""
        product, slot = self._product, self.n_done % 2
        sums = product.begin(self._row, self._z, self._base, self._system.col, self.f, self._z_next, slot)
        self._z, self._z_next = self._z_next, self._z
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
                f"step {self.n_done} of the propagation left the range of {self._product.dtype}: "
                "labels are too large for it; divide them by their largest value, or ask for dtype='float64'"
            )
        return self._system.residual(change, norm, before)
