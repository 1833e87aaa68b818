"""Runs plans: values -> codes -> frames -> writers, each stage known by its contract only.

The calling thread computes and draws; a thread for each format feeds its encoders. A ring of buffers
between them bounds the memory and lets rendering, encoding and writing overlap. Drawing threads sleep
whenever the ring is full, so the encoders get the cores they need.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from gpuanim.encode._base import Writer
from gpuanim.film import Film, Fits, Timings, film_steps
from gpuanim.painting import Painter
from gpuanim.plan import Plan
from gpuanim.types import Buffer

__all__ = ["Output", "Recorded", "draw_frames", "record"]

_RING = 4
"""Buffers: one being drawn, one being written, two waiting; more only costs memory.

Frames that are under way need one each besides."""


@dataclass(frozen=True)
class Output:
    """A picture of a film, and the open writers that take its frames."""

    plan: Plan
    writers: tuple[Writer, ...]


@dataclass(frozen=True)
class Recorded:
    """Number of frames, and the renderer's facts for each output."""

    n_frames: int
    facts: tuple[dict[str, Any], ...]


def draw_frames(
    film: Film,
    painter: Painter,
    fps: Fraction,
    timings: Timings,
    next_buffers: Callable[[], tuple[Buffer, ...]],
) -> Iterator[tuple[Buffer, ...]]:
    """Yield the film's frames, one buffer for each plan; the same buffers again while nothing changes.

    `next_buffers` is asked for free ones each time that something is drawn. A renderer that lags behind has
    `painter.lag` frames under way, while the next ones are computed: so many more buffers are in use.
    """
    under_way: deque[tuple[Buffer, ...]] = deque()
    outs: tuple[Buffer, ...] = ()
    steps = film_steps(painter.brought(film), fps)
    while True:
        with timings.measure("values"):
            step = next(steps, None)
        if step is None:
            break
        if painter.turn(*step) or not outs:
            with timings.measure("wait"):
                outs = next_buffers()
            painter.draw(outs)
        under_way.append(outs)
        if len(under_way) > painter.lag:
            yield painter.finish(under_way.popleft())
    while under_way:
        yield painter.finish(under_way.popleft())


def record(
    film: Film,
    outputs: tuple[Output, ...],
    fits: Fits,
    timings: Timings,
    on_frame: Callable[[], object] = lambda: None,
    painter: Painter | None = None,
) -> Recorded:
    """Render a film once into open writers and finish them.

    A `painter` that is given was made for these plans and points, and is left open. On any exception, Ctrl-C
    included, the writers are aborted and their threads have ended; those that were finished before stay so.
    """
    with ExitStack() as undo:
        for output in outputs:
            for writer in output.writers:
                undo.callback(writer.abort)  # does nothing once it is finished
        if painter is None:
            plans = tuple(output.plan for output in outputs)
            painter = undo.enter_context(Painter(film, plans, fits, timings))
        feeders: list[_Feeder] = []
        try:
            for output in outputs:
                feeders.append(_Feeder(output, timings, _RING + painter.lag))  # noqa: PERF401
            fps = outputs[0].plan.spec.fps
            count = _feed(film, painter, fps, feeders, timings, on_frame)
        except BaseException:
            for feeder in feeders:
                feeder.abort()
            raise
        with timings.measure("finish"):
            for output in outputs:
                for writer in output.writers:
                    writer.finish()
        return Recorded(count, tuple(painter.facts()))


def _feed(
    film: Film,
    painter: Painter,
    fps: Fraction,
    feeders: list[_Feeder],
    timings: Timings,
    on_frame: Callable[[], object],
) -> int:
    """Give all frames to the feeders and wait until they are written; return their number."""
    count = 0
    held: tuple[Buffer, ...] = ()

    def give(*, last: bool) -> None:
        for feeder, buffer in zip(feeders, held, strict=True):
            feeder.give(buffer, last=last)
        on_frame()

    for frame in draw_frames(film, painter, fps, timings, lambda: tuple(f.take() for f in feeders)):
        if held:
            give(last=frame is not held)
        held, count = frame, count + 1
    if held:
        give(last=True)
    with timings.measure("wait"):
        for feeder in feeders:
            feeder.join()
    return count


class _Feeder:
    """Writes the frames of one output on a thread of its own; keeps the first exception."""

    def __init__(self, output: Output, timings: Timings, ring: int) -> None:
        self._writers = output.writers
        self._timings = timings
        self._free: queue.SimpleQueue[Buffer] = queue.SimpleQueue()
        spec = output.plan.spec
        # In one piece, for which numpy asks for huge pages.
        for buffer in np.empty((ring, spec.pixel_format.nbytes(spec.width, spec.height)), np.uint8):
            self._free.put(buffer)
        self._ready: queue.SimpleQueue[tuple[Buffer, bool] | None] = queue.SimpleQueue()
        self._slots = threading.Semaphore(2 * ring)  # bounds repeated frames, which need no buffer
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
        self._stop()
        self._check()

    def abort(self) -> None:
        """Drop what was written, and end the thread."""
        for writer in self._writers:
            writer.abort()  # first: a thread that is stuck in a full pipe comes free by it
        self._stop()

    def _stop(self) -> None:
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
                        for writer in self._writers:
                            writer.write(buffer)
            except BaseException as error:
                self.error = error
            self._slots.release()
            if last or self.error is not None:
                self._free.put(buffer)
