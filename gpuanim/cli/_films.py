"""The commands that make films: read, describe, save, report."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuanim.adata import open_cells

if TYPE_CHECKING:
    from gpuanim.encode import Encoder

__all__ = ["demo", "propagate", "render"]

STEPS = 100
ENCODING = ("quality", "crf", "preset", "bitrate", "pixel_format", "hardware")


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
    read = time.perf_counter() - start
    from gpuanim import LabelPropagation

    steps = STEPS if args.steps is None and args.tol is None else args.steps
    source = LabelPropagation(
        graph, labels, alpha=args.alpha, n_steps=steps, tol=args.tol, coords=coords, dtype=args.dtype
    )
    return _save(args, coords, source, read)


def render(args: argparse.Namespace) -> int:
    """Film what is stored in `obsm`."""
    start = time.perf_counter()
    with open_cells(args.file) as cells:
        coords = cells.embedding(args.basis, args.dimensions)
        values = cells.frames(args.frames)
        return _save(args, coords, values, time.perf_counter() - start)


def demo(args: argparse.Namespace) -> int:
    """Film the demonstrations, and print a table of their times."""
    from gpuanim.demo import run

    print(run(Path(args.out), args.cells, progress=_progress(args)))
    return 0


def _save(args: argparse.Namespace, coords: Any, values: Any, read: float) -> int:
    from gpuanim import Rank, animate

    encoders = _encoders(args)  # before anything is rendered
    fps = args.fps if args.fps or (args.n_frames and args.duration) else 20
    norm, scope = args.norm, args.scope
    if norm == "rank":
        # Stretched, as in the blog post's pictures: cells that no label has reached yet are the darkest.
        norm, scope = Rank(scope or "frame", stretch=True), None
    animation = animate(
        coords, values, fps=fps, n_frames=args.n_frames, duration=args.duration, tween=args.tween,
        ease=args.ease, hold=args.hold, size=args.size, figsize=args.figsize, dpi=args.dpi, s=args.s,
        alpha=args.opacity, order=args.order, antialias=args.antialias, norm=norm, vmin=args.vmin,
        vmax=args.vmax, vcenter=args.vcenter, scope=scope, cmap=args.cmap, na_color=args.na_color,
        background=None if args.background == "none" else args.background, margin=args.margin,
        aspect=args.aspect,
    )  # fmt: skip
    for target, encoder in encoders:
        result = animation.save(target, encoder=encoder, progress=_progress(args))
        if not args.quiet:
            print(summary(result, {"read": read}))
    return 0


def _encoders(args: argparse.Namespace) -> list[tuple[Path, Encoder]]:
    """Make an encoder for each target, with those of the options that it knows, such as crf for mp4 only."""
    from gpuanim.saving import as_targets, encoders_for

    given = {name: value for name in (*ENCODING, "codec") if (value := getattr(args, name, None)) is not None}
    targets = as_targets(args.output)
    encoders = encoders_for(targets, None, given, transparent=args.background == "none")
    return list(zip(targets, encoders, strict=True))


def _progress(args: argparse.Namespace) -> bool:
    return sys.stderr.isatty() and not args.quiet


def summary(result: Any, before: Mapping[str, float]) -> str:
    """Say in one line what was written and how long each stage took; notes follow on their own."""
    stages = {**before, **result.seconds}
    total = stages.pop("total", 0.0) + sum(before.values())
    parts = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in stages.items())
    line = (
        f"{result.path}: {result.width}x{result.height}, {result.n_frames} frames at {_rate(result.fps)}/s, "
        f"{size(result.nbytes)}, {total:.2f} s ({parts})"
    )
    return "\n".join([line, *(f"  note: {note}" for note in result.notes)])


def size(nbytes: float) -> str:
    """Return a size in bytes, kB, MB or GB."""
    for unit in ("bytes", "kB", "MB"):
        if nbytes < 1000:
            return f"{nbytes:.3g} {unit}"
        nbytes /= 1000
    return f"{nbytes:.3g} GB"


def _rate(fps: Any) -> str:
    return f"{float(fps):.5g}"
