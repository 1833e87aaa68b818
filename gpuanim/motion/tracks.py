"""Coordinates: still, or a `Track` of one (n, 2) array per step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError
from gpuanim.geometry import check_coords
from gpuanim.types import Values
from gpuanim.values._base import Blender, Source
from gpuanim.values.indexed import failed
from gpuanim.values.sources import Stream
from gpuanim.values.timeline import Ease

__all__ = ["Indexed", "Passing", "Track", "as_coords"]

Coords = NDArray[np.floating[Any]]

Bounds = tuple[float, float, float, float]


class Track(Source):
    """Positions over time, one (n, 2) or (n, 3) array per step; between steps points go straight.

    Attributes
    ----------
    gaps
        Whether rows may be NaN: points that are not there. Between a step with a place and one without, a
        point stays where it has one.
    way
        How the way from a step to the next goes, in place of what the timeline says; then the steps need not
        be those of the values. None: as the timeline has it.
    """

    what = "coords"
    n_points: int
    gaps: bool = False
    way: Ease | None = None

    @abstractmethod
    def first(self) -> Coords:
        """Return the first step, which may be read at any time."""

    @abstractmethod
    def bounds(self) -> Bounds:
        """Return (xmin, xmax, ymin, ymax) over all steps.

        Raises
        ------
        OptionError
            If they can be read only once.
        ShapeError, SourceError
            If one of them cannot be used.
        """

    @property
    def blender(self) -> Blender:
        if not self.gaps:
            return super().blender
        from gpuanim.motion.blending import bridged

        return bridged


class Indexed(Track):
    """Positions that can be read in any order.

    Parameters
    ----------
    read
        Returns the positions of a step in any form.
    n_steps
        Number of steps, 1 or more.
    columns
        2, or 3 for points in space.
    gaps, way
        As in `Track`.
    stored
        Whether `read` finds the positions, and does not compute them.
    """

    n_steps: int

    def __init__(
        self,
        read: Callable[[int], Any],
        n_steps: int,
        columns: int = 2,
        *,
        gaps: bool = False,
        way: Ease | None = None,
        stored: bool = False,
    ) -> None:
        if n_steps < 1:
            raise OptionError("coords have no steps: there is nothing to show")
        self._read, self.n_steps, self.gaps, self.way = read, n_steps, gaps, way
        self._columns, self._stored = columns, stored
        self.n_points = -1
        self.n_points = len(self.step(0))

    def steps(self) -> Iterator[Coords]:
        return map(self.step, range(self.n_steps))

    def step(self, index: int) -> Coords:
        if not 0 <= index < self.n_steps:
            raise IndexError(index)
        try:
            raw = self._read(index)
        except Exception as error:
            raise failed(index, error, self.what) from error
        return _places(raw, self.n_points, f"coords of step {index}", self._columns, gaps=self.gaps)

    def origin(self) -> Any:
        return self.steps() if self._stored else None

    def first(self) -> Coords:
        return self.step(0)

    def bounds(self) -> Bounds:
        return self._bounds

    @cached_property
    def _bounds(self) -> Bounds:
        low, high = np.full(self._columns, np.inf), np.full(self._columns, -np.inf)
        for coords in self.steps():
            low, high = np.fmin(low, np.fmin.reduce(coords)), np.fmax(high, np.fmax.reduce(coords))
        if not np.isfinite(low).all():
            raise ShapeError("coords have no finite row in any step: there are no points to draw")
        return float(low[0]), float(high[0]), float(low[1]), float(high[1])


class Passing(Track):
    """Positions that are read once, one step after the other; the first is kept.

    Parameters
    ----------
    first
        (n, 2) or (n, 3).
    rest
        The steps behind it.
    n_steps
        Number of steps, None if only their end will tell.
    """

    rewindable = False

    def __init__(
        self, first: Coords, rest: Iterator[Any], n_steps: int | None = None, *, gaps: bool = False
    ) -> None:
        self._first, self._rest, self.gaps = first, rest, gaps
        self.n_points, self.n_steps = len(first), n_steps
        convert = partial(_places, columns=first.shape[1], gaps=gaps)
        self._stream = Stream(chain([first], rest), self.n_points, n_steps, convert, self.what)

    def announced(self, n_steps: int | None) -> Passing:
        """Return the same positions, of which `n_steps` are shown."""
        return Passing(self._first, self._rest, n_steps, gaps=self.gaps)

    def steps(self) -> Iterator[Values]:
        return self._stream.steps()

    def first(self) -> Coords:
        return self._first

    def bounds(self) -> Bounds:
        raise OptionError(
            "coords that can be read only once cannot be searched for their extent: give xlim and ylim, or "
            "coords as a list, an array or a callable"
        )


def as_coords(
    coords: Any, n_steps: int | None, columns: int = 2, *, gaps: bool = False
) -> tuple[Coords | Track, int]:
    """Return still coordinates or a `Track`, and the number of points.

    Parameters
    ----------
    coords
        (n, 2); or for moving points (t, n, 2), also as a memory map, HDF5 or zarr array, which is read step
        by step; a list of (n, 2); a callable of the step number; a generator or other iterable of (n, 2),
        which is gone through once; a `Track`.
    n_steps
        Number of steps of a callable or a generator, or of how many of the first ones to show.
    columns
        3 for points in space: rows have then to have as many.
    gaps
        Whether rows that are not finite stand for points that are not there.

    Raises
    ------
    ShapeError
        If the positions are not (n, columns) and finite, or the steps of a list differ in their number.
    OptionError
        If a callable comes without the number of steps, there are none, or fewer than `n_steps`.
    SourceError
        If the first step cannot be read.
    """
    if isinstance(coords, Track):
        return coords, coords.n_points
    if len(getattr(coords, "shape", ())) == 3:
        return _indexed(
            coords.__getitem__, _first(n_steps, int(coords.shape[0])), columns, gaps=gaps, stored=True
        )
    if isinstance(coords, Sequence) and len(coords) > 0 and np.ndim(coords[0]) == 2:
        _check_lengths(coords)
        return _indexed(coords.__getitem__, _first(n_steps, len(coords)), columns, gaps=gaps, stored=True)
    if callable(coords) and not hasattr(coords, "__array__"):
        if n_steps is None:
            raise OptionError("coords is a callable: say how many steps it has, n_steps=...")
        return _indexed(coords, n_steps, columns, gaps=gaps)
    if isinstance(coords, Iterable) and not isinstance(coords, Sequence) and not hasattr(coords, "shape"):
        track = _passing(iter(coords), n_steps, columns, gaps=gaps)
        return track, track.n_points
    still = check_coords(coords, columns=columns, gaps=gaps)
    return still, len(still)


def _places(raw: Any, n_points: int, what: str, columns: int, *, gaps: bool) -> Coords:
    """Return positions of a step; of the first one, `n_points` is -1."""
    coords = check_coords(raw, what, columns, gaps=gaps)
    if len(coords) != n_points >= 0:
        raise ShapeError(
            f"{what} have {len(coords)} points, those of step 0 {n_points}: all steps must have the same "
            "points; where some come or go, give all of them in each step, and present=..."
        )
    return coords


def _indexed(
    read: Callable[[int], Any], n_steps: int, columns: int, *, gaps: bool, stored: bool = False
) -> tuple[Track, int]:
    track = Indexed(read, n_steps, columns, gaps=gaps, stored=stored)
    return track, track.n_points


def _passing(steps: Iterator[Any], n_steps: int | None, columns: int, *, gaps: bool) -> Passing:
    try:
        raw = next(steps)
    except StopIteration:
        raise OptionError("coords have no steps: there is nothing to show") from None
    except Exception as error:
        raise failed(0, error, "coords") from error
    first = _places(raw, -1, "coords of step 0", columns, gaps=gaps)
    return Passing(np.array(first), steps, n_steps, gaps=gaps)  # a generator may use its array again


def _check_lengths(steps: Sequence[Any]) -> None:
    """Raise ShapeError if steps of a list, as far as they tell, are not of one length."""
    for i, step in enumerate(steps):
        shape = getattr(step, "shape", None)
        if shape is not None and (len(shape) != 2 or shape[0] != len(steps[0])):
            raise ShapeError(
                f"coords of step {i} have shape {tuple(shape)}, those of step 0 {np.shape(steps[0])}: all "
                "steps must have the same points; where some come or go, give all of them in each step, and "
                "present=..."
            )


def _first(n_steps: int | None, available: int) -> int:
    if available == 0:
        raise OptionError("coords have no steps: there is nothing to show")
    if n_steps is not None and n_steps > available:
        raise OptionError(f"n_steps is {n_steps}, but coords have {available} steps")
    return n_steps or available
