"""A film made in segments, by this process: one renderer, several encoders, and what an earlier run left."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from gpuanim import _memory
from gpuanim.encode._base import Encoder, Writer
from gpuanim.encode._joining import Joinable, joinable_suffixes
from gpuanim.errors import FormatError, OptionError
from gpuanim.film import Film, Fits, Timings
from gpuanim.frames import PixelFormat
from gpuanim.pipeline import Output, Recorded, record
from gpuanim.plan import Plan
from gpuanim.saving import SaveResult, progress_bar, results_of, shared_plans, shown_name
from gpuanim.segments.cut import Cut
from gpuanim.segments.fingerprint import film_fingerprint
from gpuanim.segments.journal import kept_journal, passing_journal
from gpuanim.segments.options import Segmenting
from gpuanim.segments.piecework import Piecework
from gpuanim.segments.writing import BUFFERED

__all__ = ["save_in_segments"]

_SHARE = 0.5
"""Of the memory that is free, what frames may take that wait for encoders."""


def save_in_segments(
    film: Film,
    targets: Sequence[Path],
    encoders: Sequence[Encoder],
    plan_for: Callable[[tuple[PixelFormat, ...], Fits], Plan],
    how: Segmenting,
    *,
    settings: Mapping[str, Any],
    progress: bool,
) -> list[SaveResult]:
    """Render a film to all targets, in segments that are joined at the end.

    Parameters
    ----------
    settings
        Options of `plan.resolve`, with which `plan_for` makes its plans.

    Raises
    ------
    OptionError
        If the length of the film is not known, or the frames that wait for encoders do not fit in memory.
    FormatError
        If a format cannot be joined.
    """
    start = time.perf_counter()
    if how.client is not None:
        _check_remote(how, targets)
    n_frames = film.timeline.n_frames
    if n_frames is None:
        raise OptionError("a film of unknown length cannot be cut into segments: say n_steps=...")
    joinable = [_joinable(target, encoder) for target, encoder in zip(targets, encoders, strict=True)]
    timings = Timings()
    fits = Fits(film, timings)
    with timings.measure("plan"):
        plans = shared_plans([plan_for(encoder.formats, fits) for encoder in encoders])
    cut = Cut.of(n_frames, plans[0].spec.fps, how.seconds)
    _check_memory(cut, plans, how.workers)
    with ExitStack() as journals:
        works = [
            _piecework(film, target, plan, encoder, cut, how, journals, timings)
            for target, plan, encoder in zip(targets, plans, joinable, strict=True)
        ]
        who: tuple[str, ...] = ()
        with progress_bar(n_frames, shown_name(targets), shown=progress) as on_frame:
            if how.client is None:
                recorded = _record_missing(film, works, how.workers, fits, timings, on_frame)
            else:
                from gpuanim.segments.remote import make_on_workers

                (work,) = works
                recorded, who = make_on_workers(how.client, film, work, settings, fits, timings, on_frame)
        with timings.measure("join"):
            for work in works:
                work.join()
    timings.seconds["total"] = time.perf_counter() - start
    results = results_of(targets, encoders, plans, recorded, timings)
    return [
        replace(result, notes=(*result.notes, *work.notes, *who))
        for result, work in zip(results, works, strict=True)
    ]


def _check_remote(how: Segmenting, targets: Sequence[Path]) -> None:
    from gpuanim.cluster import check_client

    check_client(how.client)
    if len(targets) > 1:
        raise OptionError("client=... makes one film at a time: save to each target on its own")
    if how.workers > 1:
        raise OptionError("workers counts encoders of this process: leave it out, the client has workers")


def _joinable(target: Path, encoder: Encoder) -> Joinable:
    if not isinstance(encoder, Joinable):
        known = ", ".join(joinable_suffixes())
        raise FormatError(
            f"{target.name} cannot be made in segments, its frames depend on all before them: save to one of "
            f"{known}, or without segment, workers and resume"
        )
    return encoder


def _check_memory(cut: Cut, plans: Sequence[Plan], workers: int) -> None:
    free = _memory.available()
    frame = sum(
        plan.spec.pixel_format.nbytes(plan.spec.width, plan.spec.height)
        for plan in {id(plan): plan for plan in plans}.values()
    )
    if free is None or workers == 1 or len(cut) == 1:
        return
    most = 1 + int(_SHARE * free - BUFFERED * frame) // (cut.longest * frame)
    if workers > max(1, most):
        need = ((workers - 1) * cut.longest + BUFFERED) * frame
        raise OptionError(
            f"workers={workers} keep {need / 1e9:.1f} GB of frames waiting, and {free / 1e9:.1f} GB are "
            f"free: take workers={max(1, most)}, or a lower dpi"
        )


def _piecework(
    film: Film,
    target: Path,
    plan: Plan,
    joinable: Joinable,
    cut: Cut,
    how: Segmenting,
    journals: ExitStack,
    timings: Timings,
) -> Piecework:
    encoder, name = joinable.for_segments(target, plan.spec)
    if not how.resume:
        journal = journals.enter_context(passing_journal(target, "", name))
        return Piecework(target, plan, joinable, encoder, cut, journal, tuple(range(len(cut))))
    with timings.measure("fingerprint"):
        fingerprint = film_fingerprint(film, plan, (joinable, encoder), cut, how.key)
    journal = journals.enter_context(kept_journal(target, fingerprint, name))
    numbers = range(len(cut))
    journal.sweep(numbers)
    missing = (number for number in numbers if not journal.holds(number, cut.segments[number]))
    return Piecework(target, plan, joinable, encoder, cut, journal, tuple(missing))


def _record_missing(
    film: Film,
    works: Sequence[Piecework],
    workers: int,
    fits: Fits,
    timings: Timings,
    on_frame: Callable[[], Any],
) -> Recorded:
    """Render what is missing anywhere, and write it where it is missing."""
    n_frames = film.timeline.n_frames or 0
    frames = sorted(frozenset().union(*(work.frames for work in works)))
    for _ in range(n_frames - len(frames)):
        on_frame()
    if not frames:
        return Recorded(n_frames, ({},) * len({id(work.plan) for work in works}))
    outputs: dict[int, list[Writer]] = {}
    with ExitStack() as undo:
        for work in works:
            writer = work.writer(frames, workers)
            undo.callback(writer.abort)
            outputs.setdefault(id(work.plan), []).append(writer)
        plans = {id(work.plan): work.plan for work in works}
        wanted = film if len(frames) == n_frames else film.only(*frames)
        recorded = record(
            wanted,
            tuple(Output(plan, tuple(outputs[key])) for key, plan in plans.items()),
            fits,
            timings,
            on_frame,
        )
    return replace(recorded, n_frames=n_frames)
