"""One renderer, several encoders: frames in the order of the film go to the segments that they belong to."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import numpy as np

from gpuanim.encode._base import Writer
from gpuanim.errors import EncoderError
from gpuanim.types import Buffer

__all__ = ["BUFFERED", "SegmentsWriter", "Slot"]

BUFFERED = 4
"""Frames that wait for the first encoder; what more encoders hold, `SegmentsWriter` says."""

Slot = tuple[range, Callable[[], Writer], Callable[[], None]]
"""The frames of a segment, what opens its writer, and what is called when it is complete."""


class SegmentsWriter(Writer):
    """Writes segments, up to `workers` at once, each on a thread and by an encoder of its own.

    The renderer runs ahead: while an encoder works on a segment, frames of the following ones are kept,
    (workers - 1) x the longest segment and a few.

    Parameters
    ----------
    slots
        The segments to write, ascending.
    frames
        Numbers of the frames that will come, ascending; those of no segment are left out.
    workers
        Encoders at work at once. One that only ends its file does not count.
    """

    def __init__(self, slots: Sequence[Slot], frames: Sequence[int], workers: int) -> None:
        self._slots, self._frames = iter(slots), iter(frames)
        longest = max((len(segment) for segment, _, _ in slots), default=1)
        self._room = threading.Semaphore((workers - 1) * longest + BUFFERED)
        self._turn = threading.Semaphore(workers)
        self._spare: queue.SimpleQueue[Buffer] = queue.SimpleQueue()
        self._lanes: list[_Lane] = []
        self._lock, self._aborted = threading.Lock(), False  # of the lanes: `abort` may come from elsewhere
        self._segment = range(0)
        self._next()

    def write(self, frame: Buffer) -> None:
        """Hand a copy of the frame to the encoder of its segment."""
        number = next(self._frames)
        if number not in self._segment:
            return
        self._wait(self._room)
        self._lanes[-1].put(_copied(frame, self._spare))
        if number == self._segment[-1]:
            self._lanes[-1].end()
            self._next()

    def finish(self) -> None:
        """Wait until all segments are complete."""
        for lane in self._lanes:
            lane.join()
        self._check()

    def abort(self) -> None:
        """Drop what is not complete; segments that are stay."""
        with self._lock:
            self._aborted = True
            lanes = self._lanes
        for lane in lanes:
            lane.abort()
        self._room.release()  # for a thread that waits in `write`
        self._turn.release()
        for lane in lanes:
            lane.join()

    def _next(self) -> None:
        """Open the segment that comes next, so that its encoder can say what is wrong before its frames."""
        slot = next(self._slots, None)
        if slot is None:
            return
        self._wait(self._turn)
        self._segment, start, done = slot
        with self._lock:
            if self._aborted:
                raise EncoderError("the film was aborted")
            lanes = [lane for lane in self._lanes if lane.alive]
            self._lanes = [*lanes, _Lane(start(), done, self._room, self._turn, self._spare)]

    def _wait(self, semaphore: threading.Semaphore) -> None:
        semaphore.acquire()
        self._check()

    def _check(self) -> None:
        for lane in self._lanes:
            if lane.error is not None:
                raise lane.error
        if self._aborted:
            raise EncoderError("the film was aborted")


class _Lane:
    """Feeds the frames of one segment to its encoder."""

    def __init__(
        self,
        writer: Writer,
        done: Callable[[], None],
        room: threading.Semaphore,
        turn: threading.Semaphore,
        spare: queue.SimpleQueue[Buffer],
    ) -> None:
        self._writer, self._done = writer, done
        self._room, self._turn, self._spare = room, turn, spare
        self._frames: queue.SimpleQueue[Buffer | None] = queue.SimpleQueue()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="gpuanim-segment", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its segment is not complete."""
        return self._thread.is_alive()

    def put(self, frame: Buffer) -> None:
        self._frames.put(frame)

    def end(self) -> None:
        self._frames.put(None)

    def join(self) -> None:
        self._thread.join()

    def abort(self) -> None:
        """Drop the segment unless it is complete."""
        self._writer.abort()  # frees a thread that is stuck in a full pipe
        self.end()

    def _work(self) -> None:
        for frame in self._queued():
            if self.error is None:
                try:
                    self._writer.write(frame)
                except BaseException as error:
                    self.error = error
            self._spare.put(frame)
            self._room.release()
        self._turn.release()
        if self.error is None:
            try:
                self._writer.finish()
                self._done()
            except BaseException as error:
                self.error = error
        if self.error is not None:
            self._writer.abort()

    def _queued(self) -> Iterator[Buffer]:
        while (frame := self._frames.get()) is not None:
            yield frame


def _copied(frame: Buffer, spare: queue.SimpleQueue[Buffer]) -> Buffer:
    """Return a copy, in memory that an earlier frame has left."""
    flat = frame.reshape(-1)
    copy: Buffer | None = None
    with suppress(queue.Empty):
        copy = spare.get_nowait()
    if copy is None:
        return flat.copy()
    np.copyto(copy, flat)
    return copy
