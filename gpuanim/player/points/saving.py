"""An interactive page at its target, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gpuanim.encode.target import Part, check_target
from gpuanim.errors import EncoderError, OptionError, TargetError
from gpuanim.film import Film, Fits, Timings
from gpuanim.frames import PixelFormat
from gpuanim.plan import Plan
from gpuanim.player.points.build import BuiltPage, build_page, page_options
from gpuanim.player.points.chrome import left_out
from gpuanim.saving import SaveResult, progress_bar

__all__ = ["PLAN_FORMATS", "save_page"]

PLAN_FORMATS = (PixelFormat.RGB24, PixelFormat.RGBA)
"""For the plan of a page, which takes no frames: any background, any size."""


def save_page(
    film: Film,
    target: Path,
    plan_for: Callable[[tuple[PixelFormat, ...], Fits], Plan],
    options: Mapping[str, Any],
    *,
    progress: bool,
) -> SaveResult:
    """Pack a film and write it as a page; the arguments are those of `saving.save`."""
    start = time.perf_counter()
    timings = Timings()
    chosen, path = page_options(options), _checked(target)
    fits = Fits(film, timings)
    with timings.measure("plan"):
        plan = plan_for(PLAN_FORMATS, fits)
    with progress_bar(plan.spec.n_frames, target.name, shown=progress) as on_frame:
        page = build_page(film, plan, chosen, fits, timings, on_frame)
    with timings.measure("finish"):
        _write(page, path)
    timings.seconds["total"] = time.perf_counter() - start
    spec = plan.spec
    notes = (*plan.notes, *left_out(film.stage))
    return SaveResult(
        target, page.n_frames, spec.width, spec.height, spec.fps, path.stat().st_size,
        "webgl2", "the page is drawn by the browser that opens it",
        MappingProxyType(timings.seconds), MappingProxyType(page.sizes()), notes,
    )  # fmt: skip


def _checked(target: Path) -> Path:
    """Return the file to write, or say before the first frame why it cannot be written."""
    if target.suffix.lower() not in (".html", ".htm"):
        raise OptionError(f"an interactive page is an .html file, not {str(target)!r}")
    return check_target(target)


def _write(page: BuiltPage, target: Path) -> None:
    part = Part(target)
    try:
        with part.path.open("wb") as file:
            for piece in page.parts():
                file.write(piece)
        part.commit()
    except TargetError:
        raise
    except OSError as error:
        what = error.strerror or str(error)
        raise EncoderError(f"the page could not be written: {what}; nothing was left behind") from error
    finally:
        part.discard()
