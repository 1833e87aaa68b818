"""The commands that make films: read, describe, save, report."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gpuanim.adata import Cells, as_labels, open_cells
from gpuanim.adata.stored import stored_frames

if TYPE_CHECKING:
    pass

__all__ = ["demo", "propagate", "render"]

STEPS = 100
ENCODING = (
    *("quality", "crf", "preset", "bitrate", "pixel_format", "hardware"),
    *("loop", "dither", "max_error"),
)


def propagate(args: argparse.Namespace) -> int:
    """Film labels spreading from seeds."""
    if not (args.seed or args.seed_name or args.seed_group):
        args.parser.error("no seeds: give --seed N, --seed-name NAME or --seed-group COLUMN=CATEGORY")
    if args.neighbors_key and args.obsp:
        args.parser.error("--neighbors-key and --obsp exclude each other")
    start = time.perf_counter()
    import numpy as np

    with open_cells(args.file) as cells:
        coords = cells.embedding(args.basis, args.dimensions)
        graph = cells.graph(args.neighbors_key, args.obsp)
        labels = np.zeros(cells.n_obs, np.float32)
        labels[cells.seeds(args.seed, args.seed_name, args.seed_group)] = 1
        options = _options(args, cells)
    read = time.perf_counter() - start
    from gpuanim import LabelPropagation

    steps = STEPS if args.steps is None and args.tol is None else args.steps
    with _cluster(args.dask) as client:
        source = LabelPropagation(
            graph, labels, alpha=args.alpha, n_steps=steps, tol=args.tol, coords=coords, dtype=args.dtype,
            client=client,
        )  # fmt: skip
        return _save(args, coords, source, options, read)


def _cluster(where: str | None) -> AbstractContextManager[Any]:
    """Give a client of the cluster that --dask names, or None."""
    if where is None:
        return nullcontext()
    from gpuanim.cluster import as_client

    return as_client(where)


def render(args: argparse.Namespace) -> int:
    """Film what is stored in `obsm`."""
    start = time.perf_counter()
    with open_cells(args.file) as cells:
        coords = cells.embedding(args.basis, args.dimensions)
        stored = stored_frames(cells, args.frames)
        options = _options(args, cells)
        if stored.params and not stored.classes and not _limits(args):
            args.usual_norm = "rank"  # what spreads falls by orders of magnitude
        classes = {}
        if stored.classes:
            classes = {"categories": stored.names, "palette": stored.colors, "mix": args.mix or "argmax"}
            if args.colorbar is None and args.legend is None:
                args.legend = True
        return _save(args, coords, stored.source, options, time.perf_counter() - start, classes)


def demo(args: argparse.Namespace) -> int:
    """Film the demonstrations, and print a table of their times."""
    from gpuanim.demo import run

    print(run(Path(args.out), args.cells, progress=_progress(args)))
    return 0


def _save(
    args: argparse.Namespace,
    coords: Any,
    values: Any,
    options: Mapping[str, Any],
    read: float,
    classes: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """Make the film and write it; `classes` are the options of `animate` for shares of classes."""
    from gpuanim import Rank, animate

    fps = args.fps if args.fps or (args.n_frames and args.duration) else 20
    norm, scope = args.norm, args.scope
    if norm is None and args.blend not in ("count", "density", "any"):
        norm = args.usual_norm
    if norm == "rank" and (limits := _limits(args)):
        args.parser.error(f"--{limits[0]} has no meaning for ranks: give --norm linear or log")
    if args.mix is not None and not classes:
        args.parser.error("--mix is for shares of classes, and these values are numbers")
    if norm == "rank":
        # Stretched, as in the blog post's pictures: cells that no label has reached yet are the darkest.
        norm, scope = Rank(scope or "frame", stretch=True), None
    if classes:
        norm, scope = "linear", None
    animation = animate(
        coords, values, fps=fps, n_frames=args.n_frames, duration=args.duration, tween=args.tween,
        ease=args.ease, hold=args.hold, size=args.size, figsize=args.figsize, dpi=args.dpi, s=args.s,
        spread=args.spread, alpha=args.opacity, order=args.order, order_scope=args.order_scope,
        antialias=args.antialias, blend=args.blend, norm=norm, vmin=args.vmin,
        vmax=args.vmax, vcenter=args.vcenter, scope=scope, cmap=args.cmap, na_color=args.na_color,
        background=None if args.background == "none" else args.background, margin=args.margin,
        aspect=args.aspect, title=args.title, caption=args.caption, axes=args.axes or False,
        colorbar=args.colorbar, legend=args.legend, scale_bar=args.scale_bar,
        progress_line=args.progress_line, logo=args.logo, theme=args.theme, **classes,
    )  # fmt: skip
    target = args.output if len(args.output) > 1 else args.output[0]
    made = animation.save(target, progress=_progress(args), **options)
    if not args.quiet:
        print(summary(made if isinstance(made, list) else [made], {"read": read}))
    return 0


def _limits(args: argparse.Namespace) -> list[str]:
    """Return the limits of a scale that are given."""
    return [name for name in ("vmin", "vmax", "vcenter") if getattr(args, name) is not None]


def _options(args: argparse.Namespace, cells: Cells) -> dict[str, Any]:
    """Return what goes to `Animation.save`: options of encoders, or what an interactive page is to tell."""
    names = (*ENCODING, "codec", "max_bytes")
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    if not args.interactive:
        if args.groups:
            args.parser.error("--groups is for --interactive")
        return given
    if given:
        args.parser.error(f"--interactive takes no --{next(iter(given)).replace('_', '-')}: it is no video")
    page: dict[str, Any] = {"interactive": True, "names": cells.obs_names}
    if args.groups:
        page |= {"groups": as_labels(cells.obs(args.groups)), "group_colors": cells.palette(args.groups)}
    return page


def _progress(args: argparse.Namespace) -> bool:
    return sys.stderr.isatty() and not args.quiet


def summary(results: Sequence[Any], before: Mapping[str, float]) -> str:
    """Say what was written and how long each stage took, for all files together; notes follow their file."""
    stages = {**before, **results[0].seconds}
    total = stages.pop("total", 0.0) + sum(before.values())
    times = f"{total:.2f} s ({', '.join(f'{stage} {seconds:.2f}' for stage, seconds in stages.items())})"
    lines = []
    for result in results:
        film = (
            f"{result.path}: {result.width}x{result.height}, {result.n_frames} frames at "
            f"{_rate(result.fps)}/s, {size(result.nbytes)}"
        )
        lines += [film if len(results) > 1 else f"{film}, {times}"]
        lines += [f"  note: {note}" for note in result.notes]
    return "\n".join([*lines, f"together {times}"] if len(results) > 1 else lines)


def size(nbytes: float) -> str:
    """Return a size in bytes, kB, MB or GB."""
    for unit in ("bytes", "kB", "MB"):
        if nbytes < 1000:
            return f"{nbytes:.3g} {unit}"
        nbytes /= 1000
    return f"{nbytes:.3g} GB"


def _rate(fps: Any) -> str:
    return f"{float(fps):.5g}"
