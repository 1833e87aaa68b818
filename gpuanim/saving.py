"""From an animation to files: one encoder for each target, one rendering for all of them."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gpuanim.encode import SUFFIXES, encoder_for, encoder_type
from gpuanim.encode._base import Encoder, Writer
from gpuanim.errors import OptionError
from gpuanim.film import Film, Fits, Timings
from gpuanim.frames import PixelFormat
from gpuanim.pipeline import Output, Recorded, record
from gpuanim.plan import Plan

__all__ = [
    "SaveResult",
    "as_targets",
    "encoders_for",
    "progress_bar",
    "results_of",
    "save",
    "shared_plans",
    "shown_name",
]


@dataclass(frozen=True)
class SaveResult:
    """What `Animation.save` did.

    Attributes
    ----------
    path
        The file, or the pattern of the files.
    n_frames, width, height, fps
        As written; `fps` is exact.
    nbytes
        Size on disk.
    renderer, reason
        Who drew, and why it was chosen.
    seconds
        Time by stage. "values", "norm", "order", "color", "raster", "chrome", "draw", "wait" and "finish"
        follow each other on the calling thread ("wait" is for the encoder); "write" is the thread that feeds
        the encoder, beside them; "total" is the whole call.
    facts
        Diameter (pixels) and opacity of the points, and numbers of the renderer: points that can be seen,
        fragments and bytes of the operator. Where values are reduced (`blend`) also the pixels that points
        lie in, how many of them lie in the median and in the fullest one and how many "outside" of all, and
        what norms are "fitted to": "cells" or "pixels". "planned_bytes": the memory that was planned before
        the start for this process and its encoders, with what it held then; "peak_bytes": the most that the
        process has taken since it was started, without the encoders', None where the system does not tell.
    notes
        What differs from what was asked for, in words.
    """

    path: Path
    n_frames: int
    width: int
    height: int
    fps: Fraction
    nbytes: int
    renderer: str
    reason: str
    seconds: Mapping[str, float] = field(repr=False)
    facts: Mapping[str, Any] = field(repr=False)
    notes: tuple[str, ...] = ()


def as_targets(target: Any) -> tuple[Path, ...]:
    """Return the file names of one target or of several."""
    several = [target] if isinstance(target, str | Path) else target
    if not isinstance(several, Iterable):
        raise OptionError(f"target must be a file name or a list of them, not {target!r}")
    targets = tuple(several)
    if not targets:
        raise OptionError("target is an empty list: give at least one file name")
    for name in targets:
        if not isinstance(name, str | Path):
            raise OptionError(f"target must be a file name, not {name!r}")
    paths = tuple(map(Path, targets))
    twice = [str(path) for path in paths if paths.count(path) > 1]
    if twice:
        raise OptionError(f"target names {twice[0]!r} twice")
    return paths


def encoders_for(
    targets: Sequence[Path],
    encoder: Encoder | None,
    options: Mapping[str, Any],
    *,
    transparent: bool = False,
) -> tuple[Encoder, ...]:
    """Return the encoder of each target; of several, each gets the options that it has.

    Parameters
    ----------
    options
        Of the encoders; "codec" goes to those targets that can hold it.
    transparent
        Prefer codecs that have transparency.

    Raises
    ------
    FormatError, OptionError
        If a suffix is unknown, or no target can hold the codec, or an option, or its value.
    """
    if encoder is not None:
        if options:
            raise OptionError(f"give options to the encoder itself, not beside it: {sorted(options)}")
        return (encoder,) * len(targets)
    options = dict(options)
    codec = options.pop("codec", None)
    if len(targets) == 1:
        return (encoder_for(targets[0], codec, transparent=transparent, **options),)
    holds = {t: codec if codec in SUFFIXES.get(t.suffix.lower(), ()) else None for t in targets}
    codecs = holds if any(holds.values()) else dict.fromkeys(targets, codec)
    types = {target: encoder_type(target, codecs[target], transparent=transparent) for target in targets}
    known = {target: {f.name for f in fields(kind)} for target, kind in types.items()}  # type: ignore[arg-type]
    every = sorted(set().union(*known.values()))
    for name in options:
        if name not in every:
            near = difflib.get_close_matches(name, every, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"none of the formats has an option {name!r}{hint}")
    return tuple(
        encoder_for(
            t, codecs[t], transparent=transparent, **{k: v for k, v in options.items() if k in known[t]}
        )
        for t in targets
    )


def save(
    film: Film,
    targets: Sequence[Path],
    encoders: Sequence[Encoder],
    plan_for: Callable[[tuple[PixelFormat, ...], Fits], Plan],
    *,
    progress: bool,
) -> list[SaveResult]:
    """Render a film once, to all targets.

    Parameters
    ----------
    plan_for
        Makes the plan for a target that takes these pixel formats, with the norms fitted. Targets whose
        plans have the same size and format share the frames.
    progress
        Show a bar.
    """
    start = time.perf_counter()
    timings = Timings()
    fits = Fits(film, timings)
    with timings.measure("plan"):
        plans = shared_plans([plan_for(encoder.formats, fits) for encoder in encoders])
    distinct = list(dict.fromkeys(map(id, plans)))
    writers: dict[int, list[Writer]] = {key: [] for key in distinct}
    with ExitStack() as undo:
        for target, encoder, plan in zip(targets, encoders, plans, strict=True):
            writer = encoder.open(target, plan.spec)
            undo.callback(writer.abort)  # does nothing once it is finished
            writers[id(plan)].append(writer)
        outputs = tuple(
            Output(next(plan for plan in plans if id(plan) == key), tuple(writers[key])) for key in distinct
        )
        with progress_bar(plans[0].spec.n_frames, shown_name(targets), shown=progress) as on_frame:
            recorded = record(film, outputs, fits, timings, on_frame)
    timings.seconds["total"] = time.perf_counter() - start
    return results_of(targets, encoders, plans, recorded, timings)


def shared_plans(plans: list[Plan]) -> list[Plan]:
    """Replace each plan by the first one with the same frames."""
    first: dict[tuple[int, int, PixelFormat], Plan] = {}
    return [first.setdefault((p.spec.width, p.spec.height, p.spec.pixel_format), p) for p in plans]


def shown_name(targets: Sequence[Path]) -> str:
    """Return what a progress bar calls these targets."""
    return targets[0].name + (f" and {len(targets) - 1} more" if len(targets) > 1 else "")


def results_of(
    targets: Sequence[Path],
    encoders: Sequence[Encoder],
    plans: Sequence[Plan],
    recorded: Recorded,
    timings: Timings,
) -> list[SaveResult]:
    """Return a result for each target; `recorded` has facts for each plan, in the order of their firsts."""
    seconds = MappingProxyType(timings.seconds)
    distinct = {id(plan): plan for plan in plans}
    facts = {
        key: MappingProxyType({**plan.dots, **facts})
        for (key, plan), facts in zip(distinct.items(), recorded.facts, strict=True)
    }
    return [
        _result(target, encoder, plan, recorded.n_frames, seconds, facts[id(plan)])
        for target, encoder, plan in zip(targets, encoders, plans, strict=True)
    ]


def _result(
    target: Path,
    encoder: Encoder,
    plan: Plan,
    n_frames: int,
    seconds: Mapping[str, float],
    facts: Mapping[str, Any],
) -> SaveResult:
    spec = plan.spec
    return SaveResult(
        target,
        n_frames,
        spec.width,
        spec.height,
        spec.fps,
        sum(file.stat().st_size for file in encoder.files(target, n_frames)),
        plan.renderer,
        plan.reason,
        seconds,
        facts,
        (*plan.notes, *encoder.notes(spec)),
    )


@contextmanager
def progress_bar(total: int | None, name: str, *, shown: bool) -> Iterator[Callable[[], object]]:
    """Yield what is called after each frame; without a bar tqdm, which keeps a thread, is not loaded."""
    if not shown:
        yield lambda: None
        return
    from tqdm import tqdm

    with tqdm(total=total, desc=name, unit="frame", dynamic_ncols=True) as bar:
        yield bar.update
