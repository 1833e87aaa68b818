"""What a plan of memory is, and the error where it does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gpuanim import _memory
from gpuanim.errors import MemoryPlanError

__all__ = ["Budget", "fits", "gb", "largest", "require"]

_SHARE = 0.9
"""Of the memory that is available, what a plan may take; the rest is for what nobody counts."""


_SMALL = 1 << 28
"""Plans of less are taken as they come: the libraries alone are half of it."""


@dataclass(frozen=True)
class Budget:
    """What lies in memory in each stage of a piece of work.

    Parameters
    ----------
    stages
        Name of a stage -> what lies in memory then -> bytes.
    """

    stages: Mapping[str, Mapping[str, int]]

    @property
    def worst(self) -> str:
        """Name of the stage that needs most."""
        return max(self.stages, key=lambda name: sum(self.stages[name].values()))

    @property
    def nbytes(self) -> int:
        """Bytes of that stage: the planned peak."""
        return sum(self.stages[self.worst].values())

    def __str__(self) -> str:
        parts = sorted(self.stages[self.worst].items(), key=lambda part: -part[1])
        told = ", ".join(f"{name} {gb(size)}" for name, size in parts[:4] if size)
        return f"{gb(self.nbytes)} ({told})"


def fits(budget: Budget) -> bool:
    """Say whether a plan fits into the memory that is available, also where nobody knows how much that is."""
    space = _room()
    return space is None or budget.nbytes <= max(space, _SMALL)


def _room() -> int | None:
    free = _memory.available()
    return None if free is None else int(_SHARE * free)


def require(budget: Budget, what: str, advice: Callable[[int], Iterable[str]]) -> None:
    """Raise a `MemoryPlanError` if a plan does not fit into the memory that is available.

    Parameters
    ----------
    what
        What it is the memory of, for the message.
    advice
        Returns for a number of bytes what would fit into it.
    """
    space = _room()
    if space is None or fits(budget):
        return
    ways = ", or ".join(advice(space))
    hint = f"; what would fit: {ways}" if ways else ""
    raise MemoryPlanError(f"{what} needs {budget}; {gb(space)} can be had{hint}")


def largest(fits: Callable[[int], bool], upper: int) -> int:
    """Return the largest number below `upper` for which `fits` is true, 0 if there is none."""
    low, high = 0, upper - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def gb(nbytes: float) -> str:
    """Return bytes in GB, or in MB where they are few."""
    return f"{nbytes / 1e9:.3g} GB" if nbytes >= 1e9 else f"{nbytes / 1e6:.3g} MB"
