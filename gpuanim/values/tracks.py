"""Coordinates: still, or a source of one (n, 2) array per step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError, SourceError
from gpuanim.geometry import check_coords
from gpuanim.values._base import Source

__all__ = ["Track", "as_coords"]

Coords = NDArray[np.floating[Any]]


class Track(Source):
    """Positions over time.

    Parameters
    ----------
    read
        Returns the (n, 2) positions of a step.
    n_steps
        Number of steps.
    stored
        Whether `read` does not compute them.
    """

    def __init__(self, read: Callable[[int], Any], n_steps: int, *, stored: bool = False) -> None:
        self._read, self._stored = read, stored
        self.n_steps = n_steps
        self.n_points = len(self.step(0))

    def steps(self) -> Iterator[Coords]:
        for index in range(self.n_steps or 0):
            yield self.step(index)

    def step(self, index: int) -> Coords:
        try:
            raw = self._read(index)
        except Exception as error:
            raise SourceError(f"coords failed at step {index}: {error}") from error
        coords = check_coords(raw, f"coords of step {index}")
        if self.n_points is not None and len(coords) != self.n_points:
            raise ShapeError(
                f"coords of step {index} have {len(coords)} points, those of step 0 {self.n_points}"
            )
        return coords

    def origin(self) -> Any:
        return self.steps() if self._stored else None

    def bounds(self) -> tuple[float, float, float, float]:
        """Return (xmin, xmax, ymin, ymax) over all steps."""
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        for coords in self.steps():
            low, high = np.minimum(low, coords.min(0)), np.maximum(high, coords.max(0))
        return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def as_coords(coords: Any, n_steps: int | None) -> tuple[Coords | Track, int]:
    """Return still coordinates or a `Track`, and the number of points.

    Raises
    ------
    ShapeError
        If the positions are not (n, 2) and finite.
    OptionError
        If a callable comes without the number of steps.
    """
    if callable(coords) and not hasattr(coords, "__array__"):
        if n_steps is None:
            raise OptionError("coords is a callable: say how many steps it has, n_steps=...")
        track = Track(coords, n_steps)
    elif isinstance(coords, Sequence) and len(coords) > 0 and np.ndim(coords[0]) == 2:
        track = Track(coords.__getitem__, _first(n_steps, len(coords)), stored=True)
    elif getattr(coords, "ndim", 2) == 3:
        if len(coords) == 0:
            raise OptionError("coords has no steps")
        track = Track(coords.__getitem__, _first(n_steps, len(coords)), stored=True)
    else:
        still = check_coords(coords)
        return still, len(still)
    if track.n_points is None:
        raise OptionError("coords has no steps")
    return track, track.n_points


def _first(n_steps: int | None, available: int) -> int:
    if n_steps is not None and n_steps > available:
        raise OptionError(f"n_steps is {n_steps}, but coords have {available} steps")
    return n_steps or available
