"""A film before it is rendered: points, what surrounds them, and a clock; and how long its stages take."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.autosize import Diameter, sized
from gpuanim.blend._base import Blend
from gpuanim.blend.over import OVER
from gpuanim.chrome._base import Moment, Stage, StageLayers
from gpuanim.errors import OptionError, SourceError
from gpuanim.film_order import FilmOrder
from gpuanim.types import Colors, Values
from gpuanim.values._base import Mapping, Norm, Source
from gpuanim.values.timeline import Timeline
from gpuanim.view._base import Flight
from gpuanim.view.plane import View

if TYPE_CHECKING:
    from gpuanim.highlight import Halo
    from gpuanim.look import Dots
    from gpuanim.motion.places import Past, Place
    from gpuanim.motion.presence import Presence
    from gpuanim.motion.tracks import Track
    from gpuanim.motion.trails import Trail

__all__ = ["NOWHERE", "Cloud", "Film", "Fits", "Found", "State", "Timings", "film_steps", "one_cloud"]


@dataclass(frozen=True, eq=False)
class Cloud:
    """The points of one panel: where they are, what they are worth, and how they look.

    Parameters
    ----------
    coords
        (n, 2) array, or a track when points move.
    values
        Source of (n,) steps, or (n, k) where the norm takes them.
    norm
        How values become colour codes.
    order
        (n,) points from bottom to top, None for the order of the data, "value" / "abs" to follow the
        values of each frame, or a `FilmOrder`, which `Fits.order` turns into points.
    table
        (levels + 1, 3) colours of the codes, last that of NaN.
    dots
        Size and opacity.
    n_points
        Number n of points.
    cmap
        Name of the colormap that the table was made of, if it has one.
    halos
        Outlines below the points, from bottom to top; the table has a row for each from `halo_row` on.
    halo_row
        Row of the first one.
    names
        Of the categories that the values are, or have shares of; None for numbers.
    blend
        What a pixel shows where many points lie in it.
    present
        How much of each point is there, by steps; None for all of each.
    trail
        What is drawn of the places where points were.
    camera
        What moves the view of them; None where the whole film has one view.
    """

    coords: NDArray[np.floating] | Track
    values: Source
    norm: Norm
    order: NDArray[np.int64] | FilmOrder | str | None
    table: Colors
    dots: Dots
    n_points: int
    cmap: str | None = None
    halos: tuple[Halo, ...] = ()
    halo_row: int = 0
    names: tuple[str, ...] | None = None
    blend: Blend = OVER
    present: Presence | None = None
    trail: Trail | None = None
    camera: Flight | None = None

    @property
    def still(self) -> bool:
        """Whether each point is there and keeps its place on the frame, also in the order of drawing."""
        moves = isinstance(self.coords, Source) or self.present is not None or self.camera is not None
        return not moves and not isinstance(self.order, str)

    def clock(self, timeline: Timeline) -> Timeline:
        """Return the timeline of the values: categories beside numbers are not blended."""
        return timeline if self.norm.blends else timeline.nearest()


@dataclass(frozen=True, eq=False)
class Film:
    """What is shown, and when.

    Parameters
    ----------
    clouds
        The points of each panel of the stage, in its order; none where all that moves is drawn by the stage.
    stage
        What surrounds them.
    timeline
        The clock; the steps of all clouds are spread over its frames.
    """

    clouds: tuple[Cloud, ...]
    stage: Stage
    timeline: Timeline

    def only(self, *frames: int) -> Film:
        """Return a film of these frames, in ascending order."""
        return replace(self, timeline=self.timeline.only(*frames))

    @property
    def rewindable(self) -> bool:
        """Whether the film can be rendered more than once."""
        sources = (source for c in self.clouds for source in (c.values, c.coords, c.present))
        return all(getattr(source, "rewindable", True) for source in sources)


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


@dataclass(frozen=True, eq=False)
class Found:
    """What had to look at all values, or at all places, of a film, by the number of its cloud.

    Parameters
    ----------
    mappings
        Of norms that hold for the film.
    pixel_mappings
        The same of those that go by pixels, on frames of a size in pixels.
    orders
        (n,) points from bottom to top.
    sizes
        Diameters in pixels and opacity, in a view at a resolution.
    """

    mappings: dict[int, Mapping] = field(default_factory=dict)
    pixel_mappings: dict[tuple[int, tuple[int, int]], Mapping] = field(default_factory=dict)
    orders: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    sizes: dict[tuple[int, View, float], tuple[Diameter, float]] = field(default_factory=dict)


class Fits:
    """What is found out once for all pictures of a film, when it is first asked for.

    These are the norms and orders that hold for the film, and its stage and sizes at each resolution.

    Parameters
    ----------
    found
        What was found out before, by others who have the whole film.
    """

    def __init__(self, film: Film, timings: Timings, found: Found | None = None) -> None:
        self._film, self._timings = film, timings
        self.found = Found() if found is None else found
        self._layers: dict[tuple[float, tuple[int, int]], StageLayers] = {}

    def layers(self, dpi: float, size: tuple[int, int]) -> StageLayers:
        """Return the stage on a frame of `size` pixels; what moves on it is shared by all who ask."""
        if (dpi, size) not in self._layers:
            self._layers[dpi, size] = self._film.stage.layers(dpi, size, self.__getitem__)
        return self._layers[dpi, size]

    def sizes(self, i: int, view: View, dpi: float) -> tuple[Diameter, float]:
        """Return diameters in pixels and opacity of the points of cloud `i`."""
        key, sizes = (i, view, dpi), self.found.sizes
        if key not in sizes:
            cloud = self._film.clouds[i]
            lens = view if cloud.camera is None else cloud.camera.standard(view)
            sizes[key] = sized(cloud.dots, cloud.coords, lens, dpi)
        return sizes[key]

    def order(self, i: int) -> NDArray[np.int64] | str | None:
        """Return the order of cloud `i` as points from bottom to top, or as `Cloud` has it."""
        order = self._film.clouds[i].order
        if not isinstance(order, FilmOrder):
            return order
        if i not in self.found.orders:
            with self._timings.measure("order"):
                self.found.orders[i] = order.resolve()
        return self.found.orders[i]

    def of_pixels(self, i: int, size: tuple[int, int], fit: Callable[[], Mapping]) -> Mapping:
        """Return how the pixels of cloud `i` become levels on frames of `size`; `fit` finds it out."""
        if (i, size) not in self.found.pixel_mappings:
            with self._timings.measure("norm"):
                self.found.pixel_mappings[i, size] = fit()
        return self.found.pixel_mappings[i, size]

    def __getitem__(self, i: int) -> Mapping | None:
        """Return how the values of cloud `i` become levels, None if frames or sizes differ in it."""
        cloud = self._film.clouds[i]
        if cloud.norm.scope != "film" or cloud.blend.by_pixels:
            return None
        if i not in self.found.mappings:
            with self._timings.measure("norm"):
                self.found.mappings[i] = cloud.norm.fit(cloud.values.steps)
        return self.found.mappings[i]


@dataclass(frozen=True, eq=False)
class State:
    """A cloud in a frame. The arrays are only valid until the next frame is asked for.

    Parameters
    ----------
    coords, values
        Where the points are, and what they are worth.
    changed
        Whether anything differs from the frame before.
    moved
        Whether more than values does, such as where points lie on the frame.
    shares
        (n,) float32 how much of each point is there; None for all of each.
    past
        Where the points were, the oldest places first.
    """

    coords: NDArray[np.floating]
    values: Values
    changed: bool
    moved: bool = False
    shares: NDArray[np.float32] | None = None
    past: tuple[Past, ...] = ()


NOWHERE = State(np.empty((0, 2)), np.empty(0), changed=False)
"""Before the first frame."""


def film_steps(film: Film, fps: Fraction) -> Iterator[tuple[Moment, tuple[State, ...]]]:
    """Yield the frames' moments and clouds; sources of one step stand still.

    Parameters
    ----------
    fps
        Frames per second that moments count time with.
    """
    places: list[Hashable] = [None] * len(film.clouds)
    for moment, states in _steps(film, fps):
        seen = list(states)
        for i, (cloud, state) in enumerate(zip(film.clouds, states, strict=True)):
            if cloud.camera is not None and (place := cloud.camera.place(moment)) != places[i]:
                seen[i], places[i] = replace(state, changed=True, moved=True), place
        yield moment, tuple(seen)


def _steps(film: Film, fps: Fraction) -> Iterator[tuple[Moment, tuple[State, ...]]]:
    """Yield the frames' moments and clouds, wherever the cameras are."""
    clouds = [_states(cloud, film.timeline) for cloud in film.clouds]
    if film.timeline.moving is None:
        yield from _as_they_come(film.timeline, clouds, fps)
        return
    for moment, *states in zip(_moments(film.timeline, fps), *clouds, strict=True):
        yield moment, tuple(states)


def _states(cloud: Cloud, timeline: Timeline) -> Iterator[State]:
    values = cloud.clock(timeline).spread(cloud.values)
    if not isinstance(cloud.coords, Source) and cloud.present is None:
        return (State(cloud.coords, array, changed) for array, changed in values)
    from gpuanim.motion.places import places

    way = places(cloud.coords, cloud.present, cloud.trail, timeline)
    endless = timeline.n_steps is None and isinstance(cloud.coords, Source) and cloud.values.n_steps is None
    pairs = _both(way, values) if endless else zip(way, values, strict=False)
    return (
        State(place.coords, array, place.changed or changed, place.changed, place.shares, place.past)
        for place, (array, changed) in pairs
    )


def _both(way: Iterator[Place], values: Iterator[tuple[Values, bool]]) -> Iterator[tuple[Place, Any]]:
    """Pair what can be read once, and see to it that one does not end before the other."""
    n = 0
    for place in way:
        step = next(values, None)
        if step is None:
            raise SourceError(f"values ended in frame {n}, but coords go on: both must have as many steps")
        yield place, step
        n += 1
    if next(values, None) is not None:
        raise SourceError(f"coords ended in frame {n}, but values go on: both must have as many steps")


def _moments(timeline: Timeline, fps: Fraction) -> Iterator[Moment]:
    n_frames, n_steps = replace(timeline, picked=None).n_frames, timeline.n_steps
    for frame in range(n_frames or 0) if timeline.picked is None else timeline.picked:
        step, share = timeline.place(frame)
        if share >= 0.5:
            step, share = step + 1, share - 1
        yield Moment(frame, n_frames, step, n_steps, float(frame / fps), share)


def _as_they_come(
    timeline: Timeline, clouds: list[Iterator[State]], fps: Fraction
) -> Iterator[tuple[Moment, tuple[State, ...]]]:
    """Pair moments and clouds where only the end of the values will tell their number."""
    frames: Iterator[int] = count() if timeline.picked is None else iter(timeline.picked)
    step = -1
    for frame, *states in zip(frames, *clouds, strict=False):
        if timeline.picked is not None:
            step = max(0, frame - timeline.hold[0])
        elif any(state.changed for state in states):
            step += 1
        yield Moment(frame, None, step, None, float(frame / fps)), tuple(states)


def one_cloud(film: Film, what: str) -> Cloud:
    """Return the film's only cloud, or say that `what` needs one."""
    if len(film.clouds) != 1:
        raise OptionError(f"{what} needs a film with one panel of points, this one has {len(film.clouds)}")
    return film.clouds[0]
