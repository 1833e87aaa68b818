"""What lies between two steps of points that move, come and go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim.motion import kernels
from gpuanim.types import Values
from gpuanim.values.blending import fitting, in_blocks

__all__ = ["bridged", "bridged_by_group", "faded"]


def bridged(before: Values, after: Values, share: float, into: Values) -> Values:
    """Return the linear blend of two steps, and of numbers that are NaN in one the other."""
    into = fitting(before, after, into)
    first, second, mixed = before.reshape(-1), after.reshape(-1), into.reshape(-1)
    in_blocks(lambda lo, hi: kernels.bridge(first, second, share, lo, hi, mixed), len(mixed))
    return into


def bridged_by_group(
    before: Values, after: Values, shares: NDArray[np.float64], groups: NDArray[np.uint8], into: Values
) -> Values:
    """Return `bridged` of (n, 2) steps, for each point with the share of its group."""
    into = fitting(before, after, into)
    in_blocks(lambda lo, hi: kernels.bridge_groups(before, after, shares, groups, lo, hi, into), len(into))
    return into


def faded(before: Values, after: Values, leaving: float, coming: float, into: Values) -> Values:
    """Return `leaving` of the way from step to step of numbers that fall, `coming` of those that rise."""
    into = fitting(before, after, into)
    in_blocks(lambda lo, hi: kernels.fade(before, after, leaving, coming, lo, hi, into), len(into))
    return into
