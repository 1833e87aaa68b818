"""A film before it is rendered: what moves, what it is worth, and when; and how long its stages take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gpuanim.types import Values
from gpuanim.values._base import Norm, Source
from gpuanim.values.timeline import Timeline

__all__ = ["Film", "Timings", "film_steps"]


@dataclass(frozen=True, eq=False)
class Film:
    """What moves: where the points are, what they are worth, and when.

    Parameters
    ----------
    coords
        (n, 2) array, or a source of such arrays when points move.
    values
        Source of (n,) steps.
    norm
        How values become colour codes.
    order
        (n,) points from bottom to top, None for the order of the data, or "value" / "abs" to follow
        the values of each frame.
    """

    coords: NDArray[np.floating] | Source
    values: Source
    timeline: Timeline
    norm: Norm
    order: NDArray[np.int64] | str | None


@dataclass
class Timings:
    """Seconds spent in each stage by the calling thread, and by those that feed the encoders."""

    seconds: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time of the block to `stage`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


def film_steps(film: Film) -> Iterator[tuple[NDArray[np.floating], Values, bool]]:
    """Pair coordinates and values frame by frame; a source of one step stands still."""
    if not isinstance(film.coords, Source):
        for values, changed in film.timeline.frames(film.values):
            yield film.coords, values, changed
        return
    if film.values.n_steps == 1:
        still = np.array(film.values.step(0))
        for coords, changed in film.timeline.frames(film.coords):
            yield coords, still, changed
        return
    pairs = zip(film.timeline.frames(film.coords), film.timeline.frames(film.values), strict=True)
    for (coords, moved), (values, changed) in pairs:
        yield coords, values, moved or changed
