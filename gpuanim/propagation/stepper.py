"""One walk of a system over a graph: the buffers, and the sums of the stopping rule."""

from __future__ import annotations

import math
from typing import Any

from gpuanim.errors import GpuanimError
from gpuanim.propagation.system import System, scaled

__all__ = ["Stepper"]


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
        self._norm = float((moving * moving).sum())
        self._trail = product.trail()

    def step(self) -> float:
        """Take one step and return its residual: ||F' - F||^2 relative to ||F||^2.

        Raises
        ------
        GpuanimError
            If values are no longer finite, which only labels near the limits of the dtype can cause.
        """
        change, norm = self._product.affine(
            self._row, self._z, self._base, self._system.col, self.f, self._z_next, self._trail
        )
        if not math.isfinite(change + norm):
            raise GpuanimError(
                f"step {self.n_done + 1} of the propagation left the range of {self._product.dtype}: "
                "labels are too large for it; divide them by their largest value, or ask for dtype='float64'"
            )
        self._z, self._z_next = self._z_next, self._z
        residual = self._system.residual(change, norm, self._norm)
        self._norm = norm
        self.n_done += 1
        return residual
