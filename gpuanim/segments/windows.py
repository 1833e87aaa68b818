"""The steps that a segment shows, taken out of a film's sources for those who have no more than them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gpuanim.errors import SourceError
from gpuanim.film import Cloud, Film, Fits, steps_shown
from gpuanim.types import Values
from gpuanim.values._base import Source

__all__ = ["Window", "Windows", "stripped", "with_steps"]

Held = Mapping[int, Values]
"""Number of a step -> its values."""


class Window(Source):
    """Some steps of a source, in its place; those that are not held are an error.

    Parameters
    ----------
    source
        What it is a window on: another one, or a source with all its steps, of which nothing is read or kept.
    held
        The steps.
    """

    def __init__(self, source: Source, held: Held) -> None:
        self.n_points, self.n_steps = source.n_points, source.n_steps
        self.n_columns, self.coded = source.n_columns, source.coded
        self.permutation, self.own_norm = source.permutation, source.own_norm
        self._held = held

    def steps(self) -> Iterator[Values]:
        return map(self.step, range(self.n_steps or 0))

    def step(self, index: int) -> Values:
        if index not in self._held:
            raise SourceError(f"step {index} is not among those that this segment was given")
        return self._held[index]


class Windows:
    """Reads the steps of a film, for one segment after the other.

    Sources without random access are gone through once, so segments come in ascending order; arrays that
    two segments show are read once. Each array is the caller's own.
    """

    def __init__(self, film: Film, portable: frozenset[int]) -> None:
        self._timeline = film.timeline
        self._readers = {
            (i, part): _Reader(source)
            for i, cloud in enumerate(film.clouds)
            for part, source in _sources(cloud)
            if id(source) not in portable
        }
        self._clocks = [cloud.clock(film.timeline) for cloud in film.clouds]

    def of(self, frames: range) -> dict[tuple[int, str], Held]:
        """Return for each cloud's "values", and "coords" that move, the steps that these frames show."""
        held = {}
        for (i, part), reader in self._readers.items():
            clock = self._clocks[i] if part == "values" else self._timeline
            held[i, part] = reader.take(steps_shown(reader.source, clock, frames))
        return held


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self._random = type(source).step is not Source.step
        self._steps: Iterator[Values] | None = None
        self._next = 0
        self._last: dict[int, Values] = {}

    def take(self, wanted: Sequence[int]) -> Held:
        taken = {step: self._last[step] for step in wanted if step in self._last}
        for step in wanted:
            if step not in taken:
                taken[step] = np.array(self.source.step(step) if self._random else self._forward(step))
        self._last = taken
        return taken

    def _forward(self, step: int) -> Values:
        if self._steps is None:
            self._steps = self.source.steps()
        for values in self._steps:
            self._next += 1
            if self._next > step:
                return values
        raise SourceError(f"values ended after {self._next} steps, {self.source.n_steps} were announced")


def stripped(film: Film, fits: Fits, portable: frozenset[int]) -> Film:
    """Return a film without its values: windows that hold nothing, but for sources that are portable."""

    def bare(i: int, cloud: Cloud) -> Cloud:
        parts: dict[str, Any] = {
            part: Window(source, {}) for part, source in _sources(cloud) if id(source) not in portable
        }
        return replace(cloud, order=fits.order(i), **parts)

    return replace(film, clouds=tuple(bare(i, cloud) for i, cloud in enumerate(film.clouds)))


def with_steps(film: Film, held: Mapping[tuple[int, str], Held]) -> Film:
    """Return a stripped film with these steps."""
    clouds = list(film.clouds)
    for (i, part), steps in held.items():
        parts: dict[str, Any] = {part: Window(getattr(clouds[i], part), steps)}
        clouds[i] = replace(clouds[i], **parts)
    return replace(film, clouds=tuple(clouds))


def _sources(cloud: Cloud) -> Iterator[tuple[str, Source]]:
    yield "values", cloud.values
    if isinstance(cloud.coords, Source):
        yield "coords", cloud.coords
