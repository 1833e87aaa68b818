"""The arguments of the command. Nothing heavy is imported here, so that `--help` comes at once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["build_parser", "film_parsers"]

BLENDS = (
    *("over", "mix", "weighted", "additive"),
    *("mean", "max", "min", "sum", "count", "density", "any", "mode"),
)
"""Those of `gpuanim.blend`, which is not imported for it."""

EXAMPLES = """
examples:
  gpuanim propagate cells.h5ad --seed 0 --seed 100000 -o ranking.mp4
  gpuanim propagate cells.h5ad --seed-group louvain=3 --tol 0.01 --size 1920x1080 -o film.mp4 -o film.html
  gpuanim propagate cells.h5ad --seed 0 --steps 500 --store frames.zarr
  gpuanim render cells.h5ad --basis umap --frames ranking --cmap magma -o film.gif
  gpuanim render cells.h5ad --frames frames.zarr --steps 10:60 -o part.mp4
  gpuanim render --spec films.toml
  gpuanim info film.mp4
  gpuanim convert film.mp4 film.webm --codec av1
  gpuanim doctor
  gpuanim bench --calibrate
"""


def film_parsers(kind: type[argparse.ArgumentParser]) -> Mapping[str, argparse.ArgumentParser]:
    """Return the parsers of the commands that make one film, by name, as parsers of another kind."""
    commands = kind(prog="gpuanim").add_subparsers()
    _add_propagate(commands)
    _add_render(commands)
    _finish(commands)
    return commands.choices


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; the parsed arguments hold the function to call in `run`."""
    parser = argparse.ArgumentParser(
        prog="gpuanim",
        description="Films of values that change over a million-point embedding.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"gpuanim {_version()}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_propagate(commands)
    _add_render(commands)
    _add_info(commands)
    _add_convert(commands)
    _add_demo(commands)
    _add_doctor(commands)
    _add_bench(commands)
    _finish(commands)
    return parser


def _finish(commands: Any) -> None:
    for name, command in commands.choices.items():
        command.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
        command.set_defaults(parser=command, command=name)


def _add_propagate(commands: Any) -> None:
    parser = commands.add_parser(
        "propagate",
        help="film labels that spread from seed cells over the neighbour graph",
        description="Spread labels from seed cells over the neighbour graph, and film it.",
    )
    _add_input(parser)
    group = parser.add_argument_group("seeds (at least one)")
    group.add_argument(
        "--seed", type=int, action="append", default=[], metavar="N", help="a cell, counted from 0"
    )
    group.add_argument(
        "--seed-name", action="append", default=[], metavar="NAME", help="a cell by its obs name"
    )
    group.add_argument(
        "--seed-group", type=_pair, action="append", default=[], metavar="COLUMN=CATEGORY",
        help="all cells of a category of an obs column, such as louvain=3",
    )  # fmt: skip
    group = parser.add_argument_group("propagation")
    group.add_argument(
        "--alpha", type=float, default=0.999, metavar="A",
        help="share that comes from the neighbours at each step, below 1 (default: 0.999, spreads far)",
    )  # fmt: skip
    group.add_argument(
        "--steps", type=int, metavar="N", help="stop after N steps (default: 100; with --tol: no limit)"
    )
    group.add_argument(
        "--tol", type=float, metavar="T",
        help="stop when the squared relative change of a step is at most T, such as 0.01",
    )  # fmt: skip
    group.add_argument(
        "--dtype", default="float32", choices=["float32", "float64"],
        help="float64 reaches more than 30 steps far from a seed (default: float32)",
    )  # fmt: skip
    group.add_argument(
        "--graph-on", default="auto", choices=["auto", "memory", "disk"],
        help="where the graph lies during the steps (default: on disk where it does not fit into memory)",
    )  # fmt: skip
    group.add_argument("--neighbors-key", metavar="KEY", help="key in uns that names the graph, as in scanpy")
    group.add_argument("--obsp", metavar="KEY", help="key of the graph in obsp itself")
    group.add_argument(
        "--dask", metavar="ADDRESS",
        help="propagate on the workers of a Dask cluster: tcp://HOST:PORT, or local[N] for N processes here",
    )  # fmt: skip
    group = parser.add_argument_group("store")
    group.add_argument(
        "--store", metavar="FOLDER",
        help="keep the steps in frames.zarr, for `gpuanim render --frames frames.zarr`; with -o in one go",
    )  # fmt: skip
    group.add_argument(
        "--store-dtype", default="float32", choices=["float32", "float64", "uint8"],
        help="uint8 keeps ranks of 8 bits, a quarter of the bytes (default: float32)",
    )  # fmt: skip
    _add_film(parser, norm="rank")
    parser.set_defaults(run=_propagate)


def _add_render(commands: Any) -> None:
    parser = commands.add_parser(
        "render",
        help="film values that are in the file, or in a store; or many films from one spec",
        description=(
            "Film the columns of a matrix in obsm, one row per cell, one column per step; or the frames of a "
            "store; or all films of a spec."
        ),
    )
    _add_input(parser)
    parser.add_argument(
        "--frames", required=True, metavar="KEY",
        help="key in obsm, without it X_KEY, as for --basis; or a store, frames.zarr",
    )  # fmt: skip
    parser.add_argument("--steps", type=_steps, metavar="A:B", help="from step A to before step B, from 0")
    parser.add_argument(
        "--dask", metavar="ADDRESS",
        help="make segments on the workers of a Dask cluster: tcp://HOST:PORT, or local[N] for N processes",
    )  # fmt: skip
    parser.add_argument(
        "--same-cells", action="store_true",
        help="the store has the frames of these cells, though it was made with another embedding of them",
    )  # fmt: skip
    parser.add_argument(
        "--spec", action=_Spec, metavar="FILE",
        help="make all films of a .toml: [[film]] tables with these options, [defaults] for all of them",
    )  # fmt: skip
    _add_film(parser, norm="linear")
    parser.set_defaults(run=_render)


def _add_info(commands: Any) -> None:
    parser = commands.add_parser(
        "info",
        help="tell what a film file holds",
        description="Tell size, rate, frames, codec, colour tags, and how gpuanim made the film.",
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="+", help="mp4, mov, webm, mkv, gif, png, apng, webp, html"
    )
    parser.add_argument("--json", action="store_true", help="for programs: one object, or a list of them")
    parser.set_defaults(run=_info)


def _add_convert(commands: Any) -> None:
    parser = commands.add_parser(
        "convert",
        help="make the same film in another format",
        description="Make the same film in another format: copied where that loses nothing, else re-encoded.",
    )
    parser.add_argument("file", metavar="IN", help="film file, or page")
    parser.add_argument("output", metavar="OUT", help="film.webm, film.html, stills/%%03d.png, ...")
    parser.add_argument("--fps", help="frames per second (default: the film's)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no summary")
    _add_encoding(parser)
    parser.set_defaults(run=_convert)


def _add_demo(commands: Any) -> None:
    parser = commands.add_parser("demo", help="film 700 real cells (needs scanpy), or a simulated atlas")
    parser.add_argument("--cells", type=int, metavar="N", help="simulate an atlas of N cells")
    parser.add_argument("--out", default="out", metavar="FOLDER", help="where to write (default: out)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=_demo)


def _add_bench(commands: Any) -> None:
    parser = commands.add_parser(
        "bench",
        help="measure the renderers of this machine, so that the faster one is chosen",
        description="Measure what each renderer takes here, in less than a minute on a quiet machine, and "
        "keep it in costs.json of your settings (GPUANIM_COSTS names another file): the choice of "
        'renderer="auto" goes by it.',
    )
    parser.add_argument("--calibrate", action="store_true", required=True, help="measure, print and keep")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file instead")
    parser.set_defaults(run=_bench)


def _add_doctor(commands: Any) -> None:
    parser = commands.add_parser("doctor", help="tell what is here, what is used, and what to install")
    add = parser.add_argument
    add("--json", action="store_true", help="for programs")
    add(
        "--film", metavar="FILE",
        help="tell how many cells of a .h5ad or .zarr lie under a pixel, and which blend shows them, instead",
    )  # fmt: skip
    add("--basis", default="umap", metavar="KEY", help="key in obsm, or without its X_ (default: umap)")
    add("--dimensions", type=_two_ints, default=(0, 1), metavar="I,J", help="columns of it (default: 0,1)")
    add("--size", type=_size, default=(1080, 1080), metavar="WxH", help="pixels (default: 1080x1080)")
    add("--order", default="data", choices=["data", "random"], help="who lies on top")
    add("--blend", default="over", choices=BLENDS, help="what a pixel of many points shows (default: over)")
    add("--color", metavar="COLUMN", help="obs column, which max, min and mode go by")
    add("--frames", metavar="KEY", help="frames stored in obsm, which they may go by instead")
    _add_dots(add)
    parser.set_defaults(run=_doctor)


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help=".h5ad file or .zarr directory")
    parser.add_argument(
        "--basis", default="umap", metavar="KEY", help="key in obsm, or without its X_ (default: umap)"
    )
    parser.add_argument(
        "--dimensions",
        type=_two_ints,
        default=(0, 1),
        metavar="I,J",
        help="columns of it, from 0 (default: 0,1)",
    )
    parser.add_argument(
        "-o", "--output", action="append", default=[], metavar="TARGET",
        help=".mp4, .webm, .mov, .mkv, .gif, .webp, .apng, .html, or stills/%%03d.png; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--interactive", action="store_true",
        help="an .html page of the cells themselves, to pan, zoom and point at, in place of a video",
    )  # fmt: skip
    parser.add_argument("--max-bytes", metavar="SIZE", help="render smaller until a file fits, such as 8MB")
    parser.add_argument("--groups", metavar="COLUMN", help="obs column for the page's legend")
    _add_segments(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar and no summary")


def _add_segments(parser: argparse.ArgumentParser) -> None:
    """Add the options of films that are made in segments, each under its name in `Animation.save`."""
    add = parser.add_argument_group("long films").add_argument
    add(
        "--resume", nargs="?", const=True, metavar="NAME",
        help="after a crash make only what is missing; NAME stands for the values where they cannot be told",
    )  # fmt: skip
    add("--segment", type=float, metavar="S", help="least seconds of a segment (default: 2)")
    add("--workers", type=int, metavar="N", help="encoders at once, each on a segment (default: 1)")


def _add_film(parser: argparse.ArgumentParser, *, norm: str) -> None:
    """Add the options of `gpuanim.animate`, each under its name there, and those of the encoders."""
    add = parser.add_argument_group("time").add_argument
    add("--fps", help="frames per second, such as 24 or 30000/1001 (default: 20)")
    add("--n-frames", type=int, metavar="N", help="frames of the film (default: one per step)")
    add("--duration", type=float, metavar="S", help="seconds")
    add("--tween", choices=["linear"], help="blend between steps")
    add("--ease", default="linear", help="how fast a blend goes: linear, in, out, in-out, smoothstep, sine")
    add("--hold", type=_hold, default=0.0, metavar="S[,S]", help="seconds to hold the end, or start and end")
    add = parser.add_argument_group("picture").add_argument
    add("--size", type=_size, metavar="WxH", help="pixels (default: 1080x1080)")
    add("--figsize", type=_figsize, metavar="WxH", help="inches; pixels are inches times dpi")
    add("--dpi", type=float, help="dots per inch (default: 100)")
    _add_dots(add)
    add("--order", default="data", choices=["data", "random", "value", "abs"], help="who lies on top")
    add(
        "--order-scope", choices=["frame", "film"],
        help="order by the values of each frame (default), or by the highest ones of the film",
    )  # fmt: skip
    add(
        "--blend", default="over", choices=BLENDS,
        help="what a pixel of many points shows: the top one (over), their mean, count, ... (default: over)",
    )  # fmt: skip
    add("--no-antialias", action="store_false", dest="antialias", help="hard edges: few colours, small GIFs")
    add("--background", default="auto", help="colour, or none for transparent films (default: the theme's)")
    add("--margin", type=float, default=0.05, metavar="M", help="share of the data's extent (default: 0.05)")
    add("--aspect", default="equal", choices=["equal", "auto"], help="equal scales, or fill the frame")
    add = parser.add_argument_group("colour").add_argument
    add(
        "--norm",
        choices=["rank", "linear", "log"],
        help=f"values to colours; rank runs from the lowest to the highest colour (default: {norm}; of "
        "counts: log)",
    )
    parser.set_defaults(usual_norm=norm)
    add("--vmin", type=_limit, metavar="V", help="number, or a percentile such as p1")
    add("--vmax", type=_limit, metavar="V", help="number, or a percentile such as p99")
    add("--vcenter", type=_limit, metavar="V", help="value in the middle of the colormap")
    add("--scope", choices=["film", "frame"], help="scale values for the film, or for each frame anew")
    add("--cmap", help="matplotlib's name of a colormap (default: viridis)")
    add("--na-color", default="lightgray", metavar="COLOR", help="of values that are missing")
    add("--mix", choices=["argmax", "confidence", "linear", "srgb"], help="how shares of classes are shown")
    add = parser.add_argument_group("figure").add_argument
    add("--title", help='text above the points, such as "step {step} of {steps}, {time:.1f} s"')
    add("--caption", help="text in the lower left corner, of the same kind")
    add("--axes", nargs="?", const="frame", choices=["frame", "ticks"], help="a frame, or one with ticks")
    add("--colorbar", nargs="?", const=True, metavar="LABEL", help="the scale of the colours")
    add(
        "--legend",
        nargs="?",
        const=True,
        metavar="PLACE",
        help='of classes: "right margin", "upper left", ...',
    )
    add("--scale-bar", nargs="?", const=True, metavar="UNIT", help="a line of known length")
    add("--progress-line", nargs="?", const=True, metavar="COLOR", help="how far the film has gone")
    add("--logo", metavar="FILE", help="a picture in the upper right corner")
    add("--theme", choices=["light", "dark"], help="colours of all but the points")
    _add_encoding(parser)


def _add_encoding(parser: argparse.ArgumentParser) -> None:
    """Add the options of the encoders, each under its name there."""
    add = parser.add_argument_group("encoding").add_argument
    add(
        "--codec",
        help="in place of what the suffix stands for: h265 or av1 in .mp4, av1 in .webm, prores in .mov",
    )
    add("--quality", help="draft, standard, high or lossless: the same in each format (default: standard)")
    add("--crf", type=float, help="quality by the codec's number, lower is better (H.264: 17)")
    add("--preset", help="speed of the codec (H.264: ultrafast ... veryslow)")
    add("--bitrate", help="bits per second in place of a quality, such as 4M")
    add("--pixel-format", help="yuv420p, or yuv444p for the full colour of single points")
    add("--hardware", help="encoder of a graphics chip: nvenc, vaapi, videotoolbox, or auto")
    add("--loop", type=int, metavar="N", help="GIF, APNG, WebP: how often to show it (default: 0, for ever)")
    add("--dither", help="GIF: bayer or floyd-steinberg, where colours do not fit a palette")
    add("--max-error", type=int, metavar="E", help="GIF: what a pixel may be off, of 255; 4 halves the size")


class _Spec(argparse.Action):
    """An option in place of all others, also of those that are required."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: Any = None
    ) -> None:
        del option
        setattr(namespace, self.dest, values)
        for action in parser._actions:
            action.required = False


def _steps(text: str) -> slice:
    if not (found := re.fullmatch(r"(-?\d+)?:(-?\d+)?", text)):
        raise argparse.ArgumentTypeError(f"expected steps such as 10:60, 10: or :60, got {text!r}")
    start, stop = (int(end) if end else None for end in found.groups())
    return slice(start, stop)


def _pair(text: str) -> tuple[str, str]:
    column, equals, category = text.partition("=")
    if not (column and equals and category):
        raise argparse.ArgumentTypeError(f"expected COLUMN=CATEGORY, such as louvain=3, got {text!r}")
    return column, category


def _add_dots(add: Any) -> None:
    """Add the options of points that have the same meaning wherever points are drawn."""
    add(
        "--point-size",
        type=_or_auto,
        dest="s",
        metavar="S",
        help="points squared, as matplotlib's s, or auto",
    )
    add("--opacity", type=_or_auto, default=1.0, metavar="A", help="of a point, up to 1, or auto")
    add("--spread", action="store_true", help="let isolated points grow until they can be seen")


def _or_auto(text: str) -> float | str:
    if text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a number or auto, not {text!r}") from None


def _two_ints(text: str) -> tuple[int, int]:
    if not (found := re.fullmatch(r"(\d+),(\d+)", text)):
        raise argparse.ArgumentTypeError(f"expected two numbers from 0, such as 0,1, got {text!r}")
    return int(found[1]), int(found[2])


def _size(text: str) -> tuple[int, int]:
    if not (found := re.fullmatch(r"(\d+)[x×](\d+)", text)):
        raise argparse.ArgumentTypeError(f"expected pixels such as 1920x1080, got {text!r}")
    return int(found[1]), int(found[2])


def _figsize(text: str) -> tuple[float, float]:
    try:
        width, height = (float(side) for side in re.split("[x×]", text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected inches such as 6x4.5, got {text!r}") from None
    return width, height


def _hold(text: str) -> float | tuple[float, float]:
    try:
        seconds = [float(part) for part in text.split(",")]
    except ValueError:
        seconds = []
    if len(seconds) == 1:
        return seconds[0]
    if len(seconds) == 2:
        return seconds[0], seconds[1]
    raise argparse.ArgumentTypeError(f"expected seconds such as 1 or 0.5,1, got {text!r}")


def _limit(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _version() -> str:
    from gpuanim import __version__

    return __version__


def _propagate(args: argparse.Namespace) -> int:
    from gpuanim.cli._films import propagate

    return propagate(args)


def _render(args: argparse.Namespace) -> int:
    if args.spec is not None:
        from gpuanim.cli._batch import render_spec

        return render_spec(args)
    from gpuanim.cli._films import render

    return render(args)


def _info(args: argparse.Namespace) -> int:
    from gpuanim.cli._files import info

    return info(args)


def _convert(args: argparse.Namespace) -> int:
    from gpuanim.cli._files import convert

    return convert(args)


def _demo(args: argparse.Namespace) -> int:
    from gpuanim.cli._films import demo

    return demo(args)


def _bench(args: argparse.Namespace) -> int:
    from gpuanim.cli._bench import bench

    return bench(args)


def _doctor(args: argparse.Namespace) -> int:
    from gpuanim.cli._doctor import doctor

    return doctor(args)
