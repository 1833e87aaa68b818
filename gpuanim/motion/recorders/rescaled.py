"""A recording seen by a view that follows its scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError

__all__ = ["Rescaled", "as_share"]


class Rescaled:
    """A (t, n, 2) recording whose steps are centred, and brought nearer to the scale of the last one.

    A step ``x`` of mean ``m`` and size ``r = sqrt(mean(|x - m|**2))`` becomes ``(x - m) * (R / r)**share``
    with ``R`` the size of the last step; a step without any size stays a point.

    Parameters
    ----------
    steps
        The recording, as long as it is now.
    share
        0 to 1: 1 makes all steps as large as the last one.
    """

    ndim = 3
    dtype = np.dtype(np.float32)

    def __init__(self, steps: Any, share: float) -> None:
        self._steps, self._share = steps, share
        self.shape: tuple[int, int, int] = steps.shape
        self._size = _size(steps[self.shape[0] - 1])[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        step = np.asarray(self._steps[index], np.float64)
        mean, size = _size(step)
        scale = (self._size / size) ** self._share if size > 0 else 1.0
        return ((step - mean) * scale).astype(np.float32)


def _size(step: NDArray[Any]) -> tuple[NDArray[np.float64], float]:
    """Return the mean, and the root mean square of the distances from it."""
    exact = np.asarray(step, np.float64)
    mean = exact.mean(0)
    return mean, float(np.sqrt(np.square(exact - mean).sum(1).mean()))


def as_share(rescale: Any) -> float:
    """Return how far the view follows, 0..1; raises OptionError."""
    try:
        share = float(rescale)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 <= share <= 1:
        raise OptionError(f"rescale must be True, False, or a number from 0 to 1, not {rescale!r}")
    return share
