"""When points of a morph set out: group by group, or by a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.store import Categories
from gpuanim.errors import OptionError, ShapeError

__all__ = ["starts_of"]


def starts_of(stagger: Any, lag: Any, n_points: int) -> NDArray[np.float64]:
    """Return when each point sets out, as a share of the way from 0 to `lag`.

    Parameters
    ----------
    stagger
        (n,) numbers, of which the least set out first, or groups, in their order; points without either set
        out with the first.
    lag
        0 to 0.9.

    Raises
    ------
    OptionError, ShapeError
        If they cannot be used.
    """
    from gpuanim.values.labels import read_labels

    share = float(lag) if isinstance(lag, int | float) and not isinstance(lag, bool) else -1.0
    if not 0 <= share <= 0.9:
        raise OptionError(f"lag must be a share of the way, 0 to 0.9, not {lag!r}")
    if not isinstance(stagger, Categories):
        array = np.asarray(stagger)
        if array.shape != (n_points,):
            raise ShapeError(f"stagger must have shape ({n_points},), one per point, not {array.shape}")
        if array.dtype.kind in "fiu":
            return share * _spread(array.astype(np.float64))
        labels = read_labels(stagger, n_points, "stagger")
        stagger = Categories(labels.codes, labels.names)
    codes = np.asarray(stagger.codes)
    if len(codes) != n_points:
        raise ShapeError(f"stagger must have shape ({n_points},), one per point, not {codes.shape}")
    return share * _spread(np.where(codes < 0, np.nan, codes.astype(np.float64)))


def _spread(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers from 0 to 1, 0 for those that are not finite."""
    finite = np.isfinite(numbers)
    if not finite.any():
        return np.zeros(len(numbers))
    low, high = numbers[finite].min(), numbers[finite].max()
    return np.where(finite, (numbers - low) / (high - low if high > low else 1.0), 0.0)
