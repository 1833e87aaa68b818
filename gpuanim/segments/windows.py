"""The steps that a segment shows, taken out of a film's sources for those who have no more than them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gpuanim.errors import SourceError
from gpuanim.film import Cloud, Film, Fits
from gpuanim.motion.places import clock_of, looked_back_on
from gpuanim.motion.tracks import Bounds, Coords, Track
from gpuanim.types import Values
from gpuanim.values._base import Blender, Source
from gpuanim.values.timeline import Timeline

__all__ = ["Held", "Part", "Window", "Windows", "stripped", "with_steps"]

Held = Mapping[int, Values]
"""Number of a step -> its values."""

Part = tuple[int, str]
"""Number of a cloud, and the name of one of its sources."""


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
        self.n_steps = source.n_steps
        if source.n_points is not None:
            self.n_points = source.n_points
        self.n_columns, self.coded, self.what = source.n_columns, source.coded, source.what
        self.permutation, self.own_norm = source.permutation, source.own_norm
        self._blender = source.blender
        self._held = held

    @classmethod
    def on(cls, source: Source, held: Held) -> Window:
        """Return a window on a source of any kind."""
        return (TrackWindow if isinstance(source, Track) else cls)(source, held)

    @property
    def blender(self) -> Blender:
        return self._blender

    def steps(self) -> Iterator[Values]:
        return map(self.step, range(self.n_steps or 0))

    def step(self, index: int) -> Values:
        if index not in self._held:
            raise SourceError(f"step {index} of {self.what} is not among those that this segment was given")
        return self._held[index]


class TrackWindow(Window, Track):
    """The same of places that move."""

    def __init__(self, source: Track, held: Held) -> None:
        super().__init__(source, held)
        self.gaps, self.way = source.gaps, source.way

    def first(self) -> Coords:
        return self.step(0)

    def bounds(self) -> Bounds:
        raise SourceError("a window on places does not know how far they go")


class Windows:
    """Reads the steps of a film, for one segment after the other.

    Sources without random access are gone through once, so segments come in ascending order; arrays that
    two segments show are read once. Each array is the caller's own.
    """

    def __init__(self, film: Film, portable: frozenset[int]) -> None:
        self._film = film
        self._readers = {
            (i, part): _Reader(source)
            for i, cloud in enumerate(film.clouds)
            for part, source in _sources(cloud)
            if id(source) not in portable
        }

    def of(self, frames: range) -> dict[Part, Held]:
        """Return what frames show of each cloud's "values", and of "coords" and "present" that change."""
        held: dict[Part, Held] = {}
        for (i, part), reader in self._readers.items():
            clock, wanted = self._clock(i, part, frames)
            held[i, part] = reader.take(clock.steps_shown(reader.source, wanted))
        return held

    def _clock(self, i: int, part: str, frames: Sequence[int]) -> tuple[Timeline, Sequence[int]]:
        """Return the timeline of a source, and the frames that it is read for."""
        cloud, timeline = self._film.clouds[i], self._film.timeline
        if part == "values":
            return cloud.clock(timeline), frames
        length = 0 if cloud.trail is None else len(cloud.trail.weights(timeline.fps))
        return clock_of(cloud.coords, timeline), looked_back_on(frames, length)


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
            part: Window.on(source, {}) for part, source in _sources(cloud) if id(source) not in portable
        }
        return replace(cloud, order=fits.order(i), **parts)

    return replace(film, clouds=tuple(bare(i, cloud) for i, cloud in enumerate(film.clouds)))


def with_steps(film: Film, held: Mapping[Part, Held]) -> Film:
    """Return a stripped film with these steps."""
    clouds = list(film.clouds)
    for (i, part), steps in held.items():
        parts: dict[str, Any] = {part: Window.on(getattr(clouds[i], part), steps)}
        clouds[i] = replace(clouds[i], **parts)
    return replace(film, clouds=tuple(clouds))


def _sources(cloud: Cloud) -> Iterator[tuple[str, Source]]:
    for part in ("values", "coords", "present"):
        source = getattr(cloud, part)
        if isinstance(source, Source):
            yield part, source
