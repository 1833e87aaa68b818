"""A film on the workers of a Dask cluster: what they need goes there once, segments come back as they end.

Dask decides who makes which segment, and gives those of a worker that dies to another one. What travels: the
film without its values, once to each worker; the steps of a segment, to whoever makes it, read here in
ascending order (a propagation is computed here, each step once); and the finished segment.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gpuanim.cluster import wait_for_workers, worker_addresses
from gpuanim.errors import EncoderError, GpuanimError, OptionError
from gpuanim.film import Film, Fits, Timings
from gpuanim.painting import Painter
from gpuanim.pipeline import Recorded
from gpuanim.segments.fingerprint import fingerprint_of
from gpuanim.segments.piecework import Piecework
from gpuanim.segments.windows import Held, Part, Windows, stripped
from gpuanim.segments.worker import Made, Show, can_read, look_of, make_segment

__all__ = ["make_on_workers"]

_AHEAD = 2
"""Segments on their way for each worker: one that it makes, and one that waits there."""

_TRIES = 4
"""How often a segment is begun before the film is given up."""

_PAUSE = 1.0
"""Seconds in which the scheduler finds out that a worker has died."""


@dataclass(eq=False)
class _Task:
    """A segment on its way."""

    number: int
    held: Mapping[Part, Held]
    tries: int = 0
    keeps: list[Any] = field(default_factory=list)
    """Futures that must not be forgotten before it ends."""


def make_on_workers(
    client: Any,
    film: Film,
    work: Piecework,
    settings: Mapping[str, Any],
    fits: Fits,
    timings: Timings,
    on_frame: Callable[[], Any],
) -> tuple[Recorded, tuple[str, ...]]:
    """Have all segments made that are missing, and keep them in the journal.

    Parameters
    ----------
    settings
        Options of `plan.resolve`, as the plan of `work` was made with them.

    Returns
    -------
    Recorded, tuple of str
        As if this process had made it, and notes on who did.

    Raises
    ------
    OptionError
        If there are no workers, or the film cannot be sent to them.
    SourceError, EncoderError
        If values fail here, or an encoder fails there.
    """
    n_frames = film.timeline.n_frames or 0
    for _ in range(n_frames - len(work.frames)):
        on_frame()
    if not work.missing:
        return Recorded(n_frames, ({},)), ()
    wait_for_workers(client)
    n_workers = len(worker_addresses(client))
    with timings.measure("send"):
        portable = _portable(client, film)
        blob = _packed(film, work, settings, fits, timings, portable)
    hall = _Hall(client, blob, work)
    windows = Windows(film, portable)
    facts: dict[int, dict[str, Any]] = {}
    renderers: set[str] = set()
    try:
        for number, made in hall.all(work.missing, windows, _AHEAD * n_workers, timings):
            frames = work.cut.segments[number]
            work.keep(number, made.files)
            facts[number] = made.facts
            renderers.add(made.renderer)
            for _ in frames:
                on_frame()
    finally:
        hall.close()
    note = f"made by {n_workers} workers, with {', '.join(sorted(renderers))}"
    return Recorded(n_frames, (facts[max(facts)],)), (note,)  # of points that move, the last ones


def _portable(client: Any, film: Film) -> frozenset[int]:
    """Return the ids of sources that all workers read from where they are."""
    import cloudpickle

    found = set()
    for source in {id(cloud.values): cloud.values for cloud in film.clouds}.values():
        if source.portable:
            there = client.run(can_read, cloudpickle.dumps(source), fingerprint_of(source.step(0)))
            if all(there.values()):
                found.add(id(source))
    return frozenset(found)


def _packed(
    film: Film,
    work: Piecework,
    settings: Mapping[str, Any],
    fits: Fits,
    timings: Timings,
    portable: frozenset[int],
) -> bytes:
    """Return the film as it travels, after all has been found that needs all values."""
    from gpuanim import __version__

    for i in range(len(film.clouds)):
        fits[i]
    if any(cloud.blend.by_pixels and cloud.norm.scope == "film" for cloud in film.clouds):
        with Painter(film, (work.plan,), fits, timings):  # finds what its pixels need
            pass
    show = Show(
        __version__, stripped(film, fits, portable), fits.found, settings, work.plan.spec,
        look_of(work.plan), work.encoder, work.journal.name,
    )  # fmt: skip
    import cloudpickle

    try:
        packed: bytes = cloudpickle.dumps(show)
    except Exception as error:
        raise OptionError(f"the film cannot be sent to workers: {error}; save it without client") from error
    return packed


class _Hall:
    """Keeps a bounded number of segments on their way."""

    def __init__(self, client: Any, blob: bytes, work: Piecework) -> None:
        self._client, self._blob, self._work = client, blob, work
        self._token = fingerprint_of(blob)
        self._show: Any = None
        self._running: dict[Any, _Task] = {}

    def all(
        self, numbers: tuple[int, ...], windows: Windows, most: int, timings: Timings
    ) -> Iterator[tuple[int, Made]]:
        """Yield the segments of these numbers in the order in which they are ready."""
        for number in numbers:
            while len(self._running) >= most:
                yield from self._ready(timings)
            with timings.measure("values"):
                held = windows.of(self._work.cut.segments[number])
            with timings.measure("send"):
                self._submit(_Task(number, held))
        while self._running:
            yield from self._ready(timings)

    def close(self) -> None:
        """Give up what has not ended."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            self._client.cancel(list(self._running))
        self._running.clear()
        self._show = None

    def _submit(self, task: _Task) -> None:
        if self._show is None:
            self._show = self._sent([self._blob], broadcast=True)
        held = self._sent([dict(task.held)])  # alone a dict would be taken apart
        task.tries += 1
        task.keeps = [self._show, held]
        name = f"gpuanim-segment-{self._token[:8]}-{task.number}-{task.tries}-{id(self):x}"
        frames = self._work.cut.segments[task.number]
        future = self._client.submit(
            make_segment, self._show, self._token, frames, held, key=name, pure=False
        )
        self._running[future] = task

    def _sent(self, data: list[Any], *, broadcast: bool = False) -> Any:
        """Lay data into the memory of a worker, or of all; of another one, if one dies meanwhile."""
        from distributed.comm.core import CommClosedError

        for attempt in range(_TRIES):
            try:
                return self._client.scatter(data, broadcast=broadcast, hash=False)[0]
            except (CommClosedError, TimeoutError, OSError) as error:
                if attempt == _TRIES - 1:
                    raise EncoderError(f"workers take no data: {error}") from error
                time.sleep(_PAUSE)
                wait_for_workers(self._client)
        raise AssertionError

    def _ready(self, timings: Timings) -> Iterator[tuple[int, Made]]:
        import distributed

        wait: Any = distributed.wait
        # What a worker took with it is an error of `wait`, too; `_result` finds it out for each.
        with timings.measure("wait"), self._client.as_current(), contextlib.suppress(_cancelled()):
            wait(list(self._running), return_when="FIRST_COMPLETED")
        for future in [future for future in self._running if future.status != "pending"]:
            task = self._running.pop(future)
            made = self._result(future, task, timings)
            if made is not None:
                yield task.number, made

    def _result(self, future: Any, task: _Task, timings: Timings) -> Made | None:
        """Return a finished segment; None if it has to be made again, because a worker took data with it."""
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        try:
            with timings.measure("receive"):
                made: Made = future.result()
        except KilledWorker as error:
            raise EncoderError(
                f"segment {task.number} was given to several workers, and each of them died: {error}; give "
                "them more memory, or take a lower dpi"
            ) from error
        except GpuanimError:
            raise
        except (_cancelled(), CommClosedError, TimeoutError) as error:
            if task.tries >= _TRIES:
                raise EncoderError(f"segment {task.number} was lost {task.tries} times: {error}") from error
            if self._show is not None and self._show.status != "finished":  # it has gone with the worker
                self._show = None
            self._submit(task)
            return None
        return made


def _cancelled() -> type[BaseException]:
    from distributed import CancelledError

    cancelled: type[BaseException] = CancelledError
    return cancelled
