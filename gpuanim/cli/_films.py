"""The commands that make films: read, describe, save, report."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gpuanim.adata import Cells, as_labels, open_cells
from gpuanim.adata.stored import stored_frames
from gpuanim.cli._clusters import dask_client

if TYPE_CHECKING:
    from gpuanim import LabelPropagation
    from gpuanim.values._base import Source

__all__ = ["check_usage", "demo", "encoding", "make", "propagate", "render", "size"]

STEPS = 100
_PROPAGATION = (
    *("file", "basis", "dimensions", "neighbors_key", "obsp", "seed", "seed_name", "seed_group"),
    *("alpha", "steps", "tol", "dtype", "graph_on"),
)
"""The options that say what spreads, and how."""

ENCODING = (
    *("quality", "crf", "preset", "bitrate", "pixel_format", "hardware"),
    *("loop", "dither", "max_error"),
)


def propagate(args: argparse.Namespace) -> int:
    """Film labels spreading from seeds, or keep the steps, or both."""
    return _alone(args)


def render(args: argparse.Namespace) -> int:
    """Film what is stored in `obsm`, or in a store of frames."""
    return _alone(args)


def _alone(args: argparse.Namespace) -> int:
    check_usage(args)
    start = time.perf_counter()
    with open_cells(args.file) as cells:
        told = make(args, cells, start)
    if not args.quiet:
        print(told)
    return 0


def check_usage(args: argparse.Namespace) -> None:
    """Leave by `args.parser.error` if the arguments of a film contradict each other."""
    error = args.parser.error
    if args.command == "propagate":
        if not (args.seed or args.seed_name or args.seed_group):
            error("no seeds: give --seed N, --seed-name NAME or --seed-group COLUMN=CATEGORY")
        if args.neighbors_key and args.obsp:
            error("--neighbors-key and --obsp exclude each other")
        if not (args.output or args.store):
            error("the following arguments are required: -o/--output, or --store")
        if args.store_dtype != "float32" and not args.store:
            error("--store-dtype is for --store")
    elif not args.output:
        error("the following arguments are required: -o/--output")
    if args.norm == "rank" and (limits := _limits(args)):
        error(f"--{limits[0]} has no meaning for ranks: give --norm linear or log")
    drawn_on = {"dask": args.dask} if args.command == "render" and args.dask else {}
    given = encoding(args) | long_film(args) | drawn_on
    if args.interactive and given:
        error(f"--interactive takes no --{next(iter(given)).replace('_', '-')}: it is no video")
    if args.groups and not args.interactive:
        error("--groups is for --interactive")


def make(
    args: argparse.Namespace, cells: Cells, start: float, kept: dict[str, LabelPropagation] | None = None
) -> str:
    """Make a film of one of the two kinds, and say what was written.

    Parameters
    ----------
    start
        When reading began.
    kept
        Propagations over the graphs of these cells that have been set up, for more than one film.
    """
    if args.command == "render":
        return _render(args, cells, start)
    return _propagate(args, cells, start, {} if kept is None else kept)


def _propagate(
    args: argparse.Namespace, cells: Cells, start: float, kept: dict[str, LabelPropagation]
) -> str:
    import numpy as np

    from gpuanim import LabelPropagation

    coords = cells.embedding(args.basis, args.dimensions)
    graph = cells.graph(args.neighbors_key, args.obsp, graph_on=args.graph_on)
    labels = np.zeros(cells.n_obs, np.float32)
    labels[cells.seeds(args.seed, args.seed_name, args.seed_group)] = 1
    options = _options(args, cells)
    read = time.perf_counter() - start
    steps = STEPS if args.steps is None and args.tol is None else args.steps
    with dask_client(args.dask, quiet=args.quiet) as client:
        key = repr([getattr(args, name) for name in _PROPAGATION])
        source = None if client else kept.get(key)  # one on a cluster ends with it
        if source is None:
            source = LabelPropagation(
                graph, labels, alpha=args.alpha, n_steps=steps, tol=args.tol, coords=coords,
                dtype=args.dtype, graph_on=args.graph_on, client=client,
            )  # fmt: skip
        if not client:
            kept[key] = source
        if not args.store:
            return _save(args, coords, source, options, read)
        return _stored(args, coords, graph, source, options, read)


def _stored(
    args: argparse.Namespace, coords: Any, graph: Any, source: Source, options: Mapping[str, Any], read: float
) -> str:
    """Keep the steps in a store; with targets, film them as they go there."""
    from gpuanim import Rank
    from gpuanim.frame_store import Kept, store_frames, writer_for

    rank = Rank(stretch=True)  # as `_save` shows them
    start = time.perf_counter()
    if args.output:
        writer = writer_for(source, args.store, coords=coords, graph=graph, dtype=args.store_dtype, rank=rank)
        with writer:
            kept = Kept(source, writer)
            told = _save(args, coords, kept, options, read)
            kept.finish()
        n_steps = writer.count
    else:
        told = ""
        n_steps = store_frames(
            source, args.store, coords=coords, graph=graph, dtype=args.store_dtype, norm=rank,
            progress=_progress(args),
        ).n_steps  # fmt: skip
    nbytes = sum(file.stat().st_size for file in Path(args.store).rglob("*") if file.is_file())
    line = f"{args.store}: {n_steps} steps of {source.n_points} cells, {size(nbytes)}"
    if not told:
        return f"{line}, {time.perf_counter() - start + read:.2f} s (read {read:.2f})"
    return f"{told}\n{line}"


def _render(args: argparse.Namespace, cells: Cells, start: float) -> str:
    coords = cells.embedding(args.basis, args.dimensions)
    options = _options(args, cells)
    if Path(args.frames).suffix == ".zarr":
        from gpuanim import open_frames

        frames = open_frames(args.frames, same_points=args.same_cells)
        source: Source = frames if args.steps is None else frames[args.steps]
        spreads, names, colors = "method" in frames.settings, None, None
        classes = frames.n_columns > 1
    else:
        if args.same_cells:
            args.parser.error("--same-cells is for a store of frames: --frames frames.zarr")
        stored = stored_frames(cells, args.frames)
        source = stored.source if args.steps is None else stored.source.part(args.steps)
        spreads, names, colors, classes = bool(stored.params), stored.names, stored.colors, stored.classes
    usual = "rank" if spreads and not _limits(args) else None  # what spreads falls by orders of magnitude
    shares = {}
    if classes:
        known = names or tuple(map(str, range(source.n_columns)))
        shares = {"categories": known, "palette": colors, "mix": args.mix or "argmax"}
    return _save(args, coords, source, options, time.perf_counter() - start, shares, usual_norm=usual)


def demo(args: argparse.Namespace) -> int:
    """Film the demonstrations, and print a table of their times."""
    from gpuanim.demo import run

    print(run(Path(args.out), args.cells, progress=_progress(args)))
    return 0


def _save(
    args: argparse.Namespace,
    coords: Any,
    values: Source,
    options: Mapping[str, Any],
    read: float,
    classes: Mapping[str, Any] = MappingProxyType({}),
    *,
    usual_norm: str | None = None,
) -> str:
    """Make the film, write it and say so; `classes` are the options of `animate` for shares of classes."""
    from gpuanim import animate

    if args.mix is not None and not classes:
        args.parser.error("--mix is for shares of classes, and these values are numbers")
    fps = args.fps if args.fps or (args.n_frames and args.duration) else 20
    norm, scope = ("linear", None) if classes else _norm(args, values, usual_norm or args.usual_norm)
    legend = True if classes and args.colorbar is None and args.legend is None else args.legend
    animation = animate(
        coords, values, fps=fps, n_frames=args.n_frames, duration=args.duration, tween=args.tween,
        ease=args.ease, hold=args.hold, size=args.size, figsize=args.figsize, dpi=args.dpi, s=args.s,
        spread=args.spread, alpha=args.opacity, order=args.order, order_scope=args.order_scope,
        antialias=args.antialias, blend=args.blend, norm=norm, vmin=args.vmin,
        vmax=args.vmax, vcenter=args.vcenter, scope=scope, cmap=args.cmap, na_color=args.na_color,
        background=None if args.background == "none" else args.background, margin=args.margin,
        aspect=args.aspect, title=args.title, caption=args.caption, axes=args.axes or False,
        colorbar=args.colorbar, legend=legend, scale_bar=args.scale_bar,
        progress_line=args.progress_line, logo=args.logo, theme=args.theme, **classes,
    )  # fmt: skip
    target = args.output if len(args.output) > 1 else args.output[0]
    # A propagation on a cluster takes all of it: its film is drawn here.
    drawn_on = args.dask if args.command == "render" else None
    with dask_client(drawn_on, quiet=args.quiet) as client:
        where = {} if client is None else {"client": client}
        made = animation.save(target, progress=_progress(args), **where, **options)
    return summary(made if isinstance(made, list) else [made], {"read": read})


def _norm(args: argparse.Namespace, values: Source, usual: str) -> tuple[Any, str | None]:
    """Return norm and scope of numbers, as `animate` takes them."""
    from gpuanim import Rank

    norm = args.norm
    if norm is None and args.blend not in ("count", "density", "any"):
        norm = usual if values.own_norm is None else None
    if norm != "rank" or values.own_norm is not None:
        return norm, args.scope
    # Stretched, as in the blog post's pictures: cells that no label has reached yet are the darkest.
    return Rank(args.scope or "frame", stretch=True), None


def _limits(args: argparse.Namespace) -> list[str]:
    """Return the limits of a scale that are given."""
    return [name for name in ("vmin", "vmax", "vcenter") if getattr(args, name) is not None]


def long_film(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options of films in segments that are given, but for the cluster."""
    names = ("segment", "workers", "resume")
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def encoding(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options of encoders that are given."""
    names = (*ENCODING, "codec", "max_bytes")
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def _options(args: argparse.Namespace, cells: Cells) -> dict[str, Any]:
    """Return what goes to `Animation.save`: options of encoders, or what an interactive page is to tell."""
    if not args.interactive:
        return encoding(args) | long_film(args)
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
