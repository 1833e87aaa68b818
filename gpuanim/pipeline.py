"""Runs a plan: values -> codes -> frames -> writer, each stage known by its contract only.

The calling thread computes and draws; one thread feeds the encoder. A ring of buffers between them
bounds the memory and lets rendering, encoding and writing overlap. Drawing threads sleep whenever
the ring is full, so the encoder gets the cores it needs.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gpuanim import geometry
from gpuanim.encode._base import Writer
from gpuanim.plan import Plan
from gpuanim.raster._base import Points, Renderer
from gpuanim.types import Buffer, Codes, Ids, Values
from gpuanim.values._base import Mapping, Norm, Source
from gpuanim.values.timeline import Timeline

__all__ = ["Film", "Timings", "draw_frames", "record"]

_RING = 4
"""Buffers: one being drawn, one being written, two waiting; more only costs memory."""


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
    """Seconds spent in each stage by the calling thread, and by the thread that feeds the encoder."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time of the block to `stage`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


class _Painter:
    """Holds what lives as long as a film: the renderer, the fitted norm, the order of drawing."""

    def __init__(self, film: Film, plan: Plan, renderer: Renderer, timings: Timings) -> None:
        self.film, self.plan, self.renderer, self.timings = film, plan, renderer, timings
        self.ids: Ids | None = None
        permutation = film.values.permutation
        if permutation is not None:
            self.ids = geometry.inverse(permutation)
        self.follows_values = isinstance(film.order, str)
        self.still = not isinstance(film.coords, Source) and not self.follows_values
        self.mapping: Mapping | None = None
        with timings.measure("norm"):
            if film.norm.scope == "film":
                self.mapping = film.norm.fit(film.values.steps)
        with timings.measure("raster"):
            self.canvas = renderer.canvas(plan.table, plan.spec.pixel_format, plan.palette)
            if self.still:
                self._place(np.asarray(film.coords), None)
        self._codes: Codes = np.empty(0, np.uint16)
        self._prepared: set[int] = set()  # buffers of the ring, which outlive the painter

    def draw(self, coords: NDArray[np.floating], values: Values, out: Buffer) -> None:
        """Colour and draw one frame."""
        with self.timings.measure("color"):
            mapping = self.mapping or self.film.norm.fit(lambda: [values])
            where = self.renderer.visible if self.still else None
            n = len(values) if where is None else len(where)
            if len(self._codes) != n:
                self._codes = np.empty(n, np.uint16)
            mapping.encode(values, where, self._codes)
        if not self.still:
            with self.timings.measure("raster"):
                self._place(coords, values)
        with self.timings.measure("draw"):
            if not self.still or id(out) not in self._prepared:
                self.canvas.still(out)
                self._prepared.add(id(out))
            self.canvas.draw(self._codes, out)

    def _place(self, coords: NDArray[np.floating], values: Values | None) -> None:
        plan, n = self.plan, len(coords)
        x, y = plan.view.project(coords)
        ids = np.arange(n, dtype=np.uint32) if self.ids is None else self.ids
        diameter = plan.diameter
        order = self.film.order
        if isinstance(order, str) and values is not None:
            nan_code = len(plan.table) - 1
            ranked = geometry.value_order(order, values, self._codes, nan_code)
            # Values stand in the order of the source; the points of the others follow `ids` there.
            order = ranked if self.ids is None else np.asarray(self.film.values.permutation)[ranked]
        if isinstance(order, np.ndarray):
            x, y, ids = x[order], y[order], ids[order]
            diameter = diameter[order] if isinstance(diameter, np.ndarray) else diameter
        self.renderer.place(Points(x, y, diameter, ids), plan.scene, n, keep=self.still)


def draw_frames(
    film: Film, plan: Plan, renderer: Renderer, timings: Timings, next_buffer: Callable[[], Buffer]
) -> Iterator[Buffer]:
    """Yield the film's frames; the same buffer again while nothing changes.

    `next_buffer` is asked for a free buffer each time that something is drawn.
    """
    painter = _Painter(film, plan, renderer, timings)
    out: Buffer | None = None
    steps = _steps(film)
    while True:
        with timings.measure("values"):
            step = next(steps, None)
        if step is None:
            return
        coords, values, changed = step
        if changed or out is None:
            with timings.measure("wait"):
                out = next_buffer()
            painter.draw(coords, values, out)
        yield out


def _steps(film: Film) -> Iterator[tuple[NDArray[np.floating], Values, bool]]:
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


class _Feeder:
    """Writes finished frames on a thread of its own; keeps the first exception."""

    def __init__(self, writer: Writer, nbytes: int, timings: Timings) -> None:
        self._writer = writer
        self._timings = timings
        self._free: queue.SimpleQueue[Buffer] = queue.SimpleQueue()
        for _ in range(_RING):
            self._free.put(np.empty(nbytes, np.uint8))
        self._ready: queue.SimpleQueue[tuple[Buffer, bool] | None] = queue.SimpleQueue()
        self._slots = threading.Semaphore(2 * _RING)  # bounds repeated frames, which need no buffer
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="gpuanim-writer", daemon=True)
        self._thread.start()

    def take(self) -> Buffer:
        """Wait for a free buffer."""
        buffer = self._free.get()
        self._check()
        return buffer

    def give(self, buffer: Buffer, *, last: bool) -> None:
        """Queue a frame; `last` returns the buffer to the ring once it is written."""
        self._slots.acquire()
        self._check()
        self._ready.put((buffer, last))

    def join(self) -> None:
        """Wait until all is written; raise what went wrong."""
        self.stop()
        self._check()

    def stop(self) -> None:
        self._ready.put(None)
        self._thread.join()

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    def _work(self) -> None:
        while (item := self._ready.get()) is not None:
            buffer, last = item
            try:
                if self.error is None:
                    with self._timings.measure("write"):
                        self._writer.write(buffer)
            except BaseException as error:
                self.error = error
            self._slots.release()
            if last or self.error is not None:
                self._free.put(buffer)


def record(
    film: Film,
    plan: Plan,
    renderer: Renderer,
    writer: Writer,
    timings: Timings,
    on_frame: Callable[[], object] = lambda: None,
) -> int:
    """Render a film into an open writer and finish it; return the number of frames.

    On any exception, Ctrl-C included, the writer is aborted and its thread has ended.
    """
    feeder = _Feeder(writer, plan.spec.pixel_format.nbytes(plan.spec.width, plan.spec.height), timings)
    count = 0
    try:
        held: Buffer | None = None
        for frame in draw_frames(film, plan, renderer, timings, feeder.take):
            if held is not None:
                feeder.give(held, last=frame is not held)
                on_frame()
            held, count = frame, count + 1
        if held is not None:
            feeder.give(held, last=True)
            on_frame()
        with timings.measure("wait"):
            feeder.join()
        with timings.measure("finish"):
            writer.finish()
    except BaseException:
        writer.abort()  # first: a feeder that is stuck in a full pipe comes free by it
        feeder.stop()
        raise
    return count
