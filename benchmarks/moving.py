"""Films of points that move: frames a second of drawing, of reading back, and of the film, beside others.

    python benchmarks/moving.py                                    # 100k and 1M points at 1080p, all paths
    python benchmarks/moving.py --points 10000000 --path "gpuanim cpu" --path "gpuanim opengl"
    python benchmarks/moving.py --size 3840x2160 --path "gpuanim cpu" --path "vispy Markers"

All paths draw the same discs of 2.15 pixels, which lie elsewhere and have other colours in each frame, to
films of H.264 with the same settings. PyVista draws squares, datashader 3 x 3 pixels, and both leave out
edges. Each path is a process of its own, which is stopped after `--limit` seconds: what it had measured by
then counts. `benchmarks/opengl.py` has the parts of a frame on OpenGL.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _report import ROOT, write

PATHS = ("gpuanim cpu", "gpuanim opengl", "vispy Markers", "PyVista", "pygfx", "datashader")
STAGES = ("draw", "read", "film")
MOST_FRAMES = 60


def measure(path: str, n: int, size: tuple[int, int], style: str, seconds: float) -> None:
    """Print the seconds of a frame in each stage, as lines of JSON."""
    from _moving_peers import WAYS
    from opengl import STYLES, Motion

    way = WAYS[path](Motion(n, size, STYLES[style]))
    if way.draw is not None:
        _tell("draw", _each(way.draw, seconds))
    read = _each(way.read, seconds)
    _tell("read", read)
    frames = min(max(round(seconds / read), 2), MOST_FRAMES)
    with tempfile.TemporaryDirectory() as folder:
        way.film(Path(folder) / "warm.mp4", 2)
        start = time.perf_counter()
        way.film(Path(folder) / "film.mp4", frames)
        _tell("film", (time.perf_counter() - start) / frames)


def _each(task: Callable[[], object], seconds: float) -> float:
    """Return the mean time of a call, after a first one."""
    task()
    count, start = 0, time.perf_counter()
    while count < 2 or (time.perf_counter() - start < seconds and count < MOST_FRAMES):
        task()
        count += 1
    return (time.perf_counter() - start) / count


def _tell(stage: str, seconds: float) -> None:
    print(json.dumps({stage: seconds}), flush=True)


def in_child(path: str, task: list[Any], limit: float) -> dict[str, Any]:
    """Measure a path in a new process; "error" says why stages are missing."""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, __file__, "--task", json.dumps([path, *task])]
    error = ""
    try:
        done = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, check=False, timeout=limit
        )
        out = done.stdout
        if done.returncode:
            error = done.stderr.decode(errors="replace").strip().splitlines()[-1]
    except subprocess.TimeoutExpired as stopped:
        out, error = stopped.stdout or b"", f"stopped after {limit:g} s"
    found: dict[str, Any] = {}
    for line in out.decode(errors="replace").splitlines():
        if line.startswith("{"):
            found |= json.loads(line)
    return {**found, **({"error": error} if error else {})}


def table(rows: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return Markdown: frames a second."""
    lines = ["| points, size | path | drawing | read back | film | |", "|---|---|---|---|---|---|"]
    for what, paths in rows.items():
        for path, told in paths.items():
            rates = [f"{1 / told[stage]:.3g}" if stage in told else "" for stage in STAGES]
            lines.append(f"| {what} | {path} | {' | '.join(rates)} | {told.get('error', '')} |")
    return "\n".join(lines)


def main() -> None:
    """Run all, print the table and write the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--size", nargs="+", default=["1920x1080"])
    parser.add_argument("--path", action="append", choices=PATHS, help="default: all")
    parser.add_argument("--style", default="antialiased", help="as in benchmarks/opengl.py")
    parser.add_argument("--seconds", type=float, default=3.0, help="that a stage is measured for")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of a path")
    parser.add_argument("--name", default="moving", help="of the file of results")
    parser.add_argument("--no-json", action="store_true", help="only print")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.task:
        path, n, size, style, seconds = json.loads(args.task)
        measure(path, n, tuple(size), style, seconds)
        return
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for n, size in itertools.product(args.points, args.size):
        task = [n, [int(side) for side in size.split("x")], args.style, args.seconds]
        rows[f"{n:,}, {size}"] = {path: in_child(path, task, args.limit) for path in args.path or PATHS}
    print(table(rows))
    if not args.no_json:
        write(args.name, {"style": args.style, "frames_take_seconds": rows})


if __name__ == "__main__":
    main()
