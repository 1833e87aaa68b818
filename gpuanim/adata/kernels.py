"""The kernel of films in which cells light up."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from gpuanim._jit import kernel

__all__ = ["light"]


@kernel
def light(when: NDArray[Any], now: Any, values: NDArray[Any], dark: Any, out: NDArray[Any]) -> None:
    """Write `values` to `out` where `when` has come, else `dark`: `numpy.where` takes 2.5 ms a million."""
    for i in range(len(out)):
        out[i] = values[i] if when[i] <= now else dark
