"""Where the points of a panel are in each frame, how much of each is there, and where they were before."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count, repeat
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.motion.presence import Presence, check_step
from gpuanim.motion.tracks import Coords, Track
from gpuanim.motion.trails import Trail
from gpuanim.values.timeline import Timeline

__all__ = ["Past", "Place", "clock_of", "looked_back_on", "places"]

Shares: TypeAlias = "NDArray[np.float32] | None"


@dataclass(frozen=True, eq=False)
class Past:
    """Where points were in a frame before.

    Parameters
    ----------
    coords, shares
        As in `Place`, then.
    later
        Their places in the frame after it: where these are the same, a point has not left.
    weight
        By which opacities are multiplied.
    """

    coords: Coords
    shares: Shares
    later: Coords
    weight: float


@dataclass(frozen=True, eq=False)
class Place:
    """The points of a panel in a frame. The arrays are only valid until the next frame is asked for.

    Parameters
    ----------
    coords
        (n, 2), NaN for points that are not there.
    shares
        (n,) float32 how much of each point is there, 0..1; None for all of each.
    past
        Where they were, the oldest first; frames since when no point has moved are left out.
    changed
        Whether anything differs from the frame before.
    """

    coords: Coords
    shares: Shares
    past: tuple[Past, ...]
    changed: bool


def places(
    coords: Coords | Track, present: Presence | None, trail: Trail | None, timeline: Timeline
) -> Iterator[Place]:
    """Yield where points are in the frames of a timeline.

    A frame is the same whichever frames are picked.
    """
    clock = clock_of(coords, timeline)
    weights = () if trail is None else trail.weights(timeline.fps)
    if not weights:
        return _now(coords, present, clock)
    return _with_past(coords, present, weights, clock)


def clock_of(coords: Coords | Track, timeline: Timeline) -> Timeline:
    """Return the timeline of places: that of the film, or with the way that these have of their own."""
    if isinstance(coords, Track) and coords.way is not None:
        return replace(timeline, blend=coords.way)
    return timeline


def looked_back_on(frames: Iterable[int], length: int) -> list[int]:
    """Return these frames and as many before each as a trail is long, ascending."""
    return sorted({k for frame in frames for k in range(max(0, frame - length), frame + 1)})


def _now(coords: Coords | Track, present: Presence | None, clock: Timeline) -> Generator[Place, None, None]:
    where = clock.spread(coords) if isinstance(coords, Track) else repeat((coords, False))
    who: Iterator[tuple[NDArray[np.floating] | None, bool]] = repeat((None, False))
    if present is not None:
        who = clock.spread(present)
    unchecked = isinstance(coords, Track) and not coords.rewindable
    for step, ((there, moved), (shares, faded)) in enumerate(zip(where, who, strict=False)):
        if shares is None:
            yield Place(there, None, (), moved)
            continue
        if unchecked:
            check_step(there, shares, step)
        yield Place(there, np.asarray(shares, np.float32), (), moved or faded)


def _with_past(
    coords: Coords | Track, present: Presence | None, weights: tuple[float, ...], clock: Timeline
) -> Iterator[Place]:
    """Go through all frames that those picked look back on, and keep as many as the trail is long."""
    needed, picked = _needed(clock, len(weights))
    kept: deque[tuple[int, Place]] = deque(maxlen=len(weights))
    shown: tuple[object, ...] = ()
    with closing(_now(coords, present, needed.clock)) as way:
        for frame, place in zip(needed.frames, way, strict=False):
            if kept and not place.changed and kept[-1][0] == frame - 1:
                own = kept[-1][1]
            else:
                own = Place(np.array(place.coords), _copied(place.shares), (), True)
            if picked is None or frame in picked:
                past = tuple(_past(kept, own, frame, weights))
                key = (id(own.coords), *((id(p.coords), p.weight) for p in past))
                yield Place(own.coords, own.shares, past, key != shown)
                shown = key
            kept.append((frame, own))


@dataclass(frozen=True)
class _Needed:
    """Frames to go through, and a timeline that shows them."""

    frames: Iterable[int]
    clock: Timeline


def _needed(clock: Timeline, length: int) -> tuple[_Needed, frozenset[int] | None]:
    """Return the frames that those picked look back on, and which are picked; None for all."""
    if clock.picked is None:
        return _Needed(count(), clock), None
    picked = frozenset(clock.picked)
    if clock.moving is None:
        upto = range(max(picked, default=-1) + 1)
        return _Needed(upto, replace(clock, picked=None)), picked
    frames = looked_back_on(picked, length)
    return _Needed(frames, clock.only(*frames)), picked


def _past(
    kept: deque[tuple[int, Place]], now: Place, frame: int, weights: tuple[float, ...]
) -> Iterator[Past]:
    """Yield the frames that a frame looks back on, the oldest first."""
    later = [*(place for _, place in kept), now][1:]
    for (then, place), after in zip(kept, later, strict=True):
        if then >= frame - len(weights) and place.coords is not after.coords:
            yield Past(place.coords, place.shares, after.coords, weights[frame - then - 1])


def _copied(shares: Shares) -> Shares:
    return None if shares is None else np.array(shares)
