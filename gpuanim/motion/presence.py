"""Who is there when: points that come and go by fading."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError, SourceError
from gpuanim.motion.tracks import Coords, Track
from gpuanim.types import Values
from gpuanim.values._base import Blender, Source

__all__ = ["Presence", "as_presence", "check_places"]

_FINITE = "finite"


class Presence(Source):
    """How much of each point is there: steps of (n,) float32, 0 for nothing to 1 for all of it.

    Between two steps, points that leave fade in the first part of the way, those that come in the last.

    Parameters
    ----------
    source
        Of steps of numbers from 0 to 1, or of booleans; it has random access, or is read once.
    fade
        Length of each part, as a share of the way: 0 to 1. With 0 points go at once and come at the end.
        Also an attribute.
    """

    what = "present"

    def __init__(self, source: Source, fade: float) -> None:
        self._source, self.fade = source, fade
        self.n_points, self.n_steps = source.n_points, source.n_steps
        self.rewindable = source.rewindable

    def steps(self) -> Iterator[Values]:
        for index, shares in enumerate(self._source.steps()):
            yield _checked(shares, index)

    @property
    def blender(self) -> Blender:
        return partial(_fading, self.fade)

    def origin(self) -> Any:
        return self._source.origin()


def _fading(fade: float, before: Values, after: Values, share: float, into: Values) -> Values:
    from gpuanim.motion.blending import faded

    gone = 1.0 - share
    leaving = min(1.0, share / fade) if fade else 1.0
    coming = max(0.0, 1.0 - gone / fade) if fade else 0.0
    return faded(before, after, leaving, coming, into)


class _RandomPresence(Presence):
    """The same of a source whose steps can be read in any order."""

    def step(self, index: int) -> Values:
        return _checked(self._source.step(index), index)


class _Finite(Source):
    """1 for points with a place, 0 for those without."""

    def __init__(self, coords: Coords | Track) -> None:
        self._coords = coords
        if isinstance(coords, Track):
            self.n_points, self.n_steps = coords.n_points, coords.n_steps
        else:
            self.n_points, self.n_steps = len(coords), 1

    def steps(self) -> Iterator[Values]:
        return map(self.step, range(self.n_steps or 0))

    def step(self, index: int) -> Values:
        coords = self._coords
        places = coords.step(index) if isinstance(coords, Track) else coords
        return np.isfinite(places[:, 0]).astype(np.float32)

    def origin(self) -> Any:
        return self._coords.origin() if isinstance(self._coords, Track) else self._coords


def as_presence(present: Any, coords: Coords | Track, n_steps: int | None, fade: Any) -> Presence | None:
    """Return who is there when, None if all are always.

    Parameters
    ----------
    present
        What `animate` takes: (t, n) booleans or numbers from 0 to 1 in any of the forms of values, "finite"
        for points whose coordinates are, or None.
    coords
        Still or moving, with gaps.
    n_steps
        Number of steps of a callable or a generator.
    fade
        As in `Presence`.

    Raises
    ------
    OptionError, ShapeError
        If they cannot be used.
    """
    from gpuanim.values.sources import as_source

    share = _fade(fade)
    if present is None:
        return None
    if isinstance(present, str):
        return _finite(present, coords, share)
    n_points = coords.n_points if isinstance(coords, Track) else len(coords)
    told = None if hasattr(present, "shape") or hasattr(present, "__len__") else n_steps
    source = as_source(present, n_points=n_points, n_steps=told, what="present")
    kind = Presence if type(source).step is Source.step else _RandomPresence
    return kind(source, share)


def check_places(coords: Coords | Track, present: Presence) -> None:
    """See to it that points have a place whenever they are there, where that can be looked at beforehand.

    Raises
    ------
    ShapeError
        If one has none.
    SourceError
        If a step cannot be read.
    """
    if not present.rewindable or (isinstance(coords, Track) and not coords.rewindable):
        return
    if not isinstance(coords, Track):
        for index, shares in enumerate(present.steps()):
            check_step(coords, shares, index)
        return
    if present.n_steps not in (1, coords.n_steps):
        return  # which is refused for itself
    still = None if present.n_steps != 1 else np.array(present.step(0))
    for index, places in enumerate(coords.steps()):
        check_step(places, present.step(index) if still is None else still, index)


def check_step(places: Coords, shares: NDArray[np.floating], index: int) -> None:
    """Raise ShapeError if a point is there and has no place."""
    lost = np.flatnonzero((shares > 0) & np.isnan(places[:, 0]))
    if len(lost):
        raise ShapeError(
            f"coords of step {index} are not finite in {len(lost)} of {len(places)} rows whose points are "
            f"there, the first is row {lost[0]}: only points with present 0 may have no place; "
            f'present="{_FINITE}" takes those that have none as not there'
        )


def _finite(present: str, coords: Coords | Track, fade: float) -> Presence:
    if present != _FINITE:
        raise OptionError(
            f'present must be (t, n) booleans or numbers from 0 to 1, or "{_FINITE}", not {present!r}'
        )
    if isinstance(coords, Track) and not coords.rewindable:
        raise OptionError(
            f'present="{_FINITE}" needs coords that can be read more than once: a list, array or callable'
        )
    return _RandomPresence(_Finite(coords), fade)


def _checked(shares: Values, index: int) -> Values:
    """Return a step as float32; raises SourceError if it holds other numbers than 0 to 1."""
    if not bool(((shares >= 0) & (shares <= 1)).all()):
        bad = np.flatnonzero(~((shares >= 0) & (shares <= 1)))
        raise SourceError(
            f"present of step {index} must be booleans or numbers from 0 to 1; {len(bad)} of {len(shares)} "
            f"are not, the first is present[{bad[0]}] = {shares[bad[0]]}"
        )
    return np.asarray(shares, np.float32)


def _fade(fade: Any) -> float:
    try:
        share = float(fade)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 <= share <= 1:
        raise OptionError(f"fade must be a share of a step, 0 to 1, not {fade!r}")
    return share
