"""The same code for matplotlib with celluloid's Camera and with ours: time, memory and pictures.

    python benchmarks/camera.py                  # 200 frames of curves and of 50,000 points, mp4 and GIF
    python benchmarks/camera.py --frames 20 --points 10000

Each film is made by a process of its own, whose peak of memory is that of the film: it is told with what the
imports alone take. celluloid's films are saved by matplotlib, with the ffmpeg that we use too, or by Pillow.
Pictures are compared decoded: both are encoded with losses of their own. Titles and legends are left out,
which celluloid does not have per frame. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from _report import ROOT, write

FPS = 20
CASES = ("curves, fixed limits", "curves, autoscaled", "curves that widen the axes", "points")
PATHS = ("celluloid", "gpuanim")


def draw(case: str, ax: Any, frames: int, points: int, snap: Callable[[], object]) -> None:
    """Draw the film of a case, as the users of celluloid write it."""
    rng = np.random.default_rng(0)
    if case == "points":
        x, y = rng.normal(size=(2, points))
        ax.set(xlim=(-4, 4), ylim=(-4, 4))
        for i in range(frames):
            ax.scatter(x, y, c=np.sin(3 * x + i / 5), s=2)
            snap()
        return
    walks = rng.normal(size=(20, 500)).cumsum(axis=1)
    if case == "curves, fixed limits":
        ax.set(xlim=(0, 500), ylim=(-60, 60))
    for i in range(frames):
        if case == "curves that widen the axes":
            end = 2 + 498 * (i + 1) // frames
            ax.plot(walks[:, :end].T)
        else:
            ax.plot(np.roll(walks, i, axis=0).T[:, : 1 + i % 20])
        snap()


def make_film(path: str, case: str, frames: int, points: int, target: Path) -> dict[str, float]:
    """Make a film, and return its seconds and the process's MiB, of the imports and at most."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    camera_class, save = _ours() if path == "gpuanim" else _celluloid()
    before = _peak_mib()
    start = time.perf_counter()
    fig, ax = plt.subplots()
    camera = camera_class(fig)
    draw(case, ax, frames, points, camera.snap)
    snapped = time.perf_counter()
    save(camera.animate(interval=1000 / FPS), target)
    end = time.perf_counter()
    return {
        "snap_seconds": snapped - start,
        "save_seconds": end - snapped,
        "seconds": end - start,
        "imports_mib": before,
        "peak_mib": _peak_mib(),
    }


def _ours() -> tuple[Any, Callable[[Any, Path], object]]:
    import gpuanim as ga

    return ga.Camera, lambda film, target: film.save(target)


def _celluloid() -> tuple[Any, Callable[[Any, Path], object]]:
    from _peers import use_our_ffmpeg
    from celluloid import Camera

    use_our_ffmpeg()
    return Camera, lambda film, target: film.save(
        target, writer="pillow" if target.suffix == ".gif" else "ffmpeg"
    )


def _peak_mib() -> float:
    """Return the largest resident set of this process so far; encoders are others."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes or KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def in_child(path: str, case: str, frames: int, points: int, target: Path) -> dict[str, float]:
    """Make a film in a new process."""
    task = json.dumps([path, case, frames, points, str(target)])
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, __file__, "--film", task],
        env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{path}, {case}: {done.stderr}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def differences(mine: Path, theirs: Path) -> dict[str, float]:
    """Compare decoded films: mean and largest mean difference of a frame, of 255."""
    from gpuanim.decode import film_info
    from gpuanim.decode.frames import read_frames
    from gpuanim.frames import PixelFormat

    first, second = (
        read_frames(path, film_info(path), PixelFormat.RGB24, fps=Fraction(FPS)) for path in (mine, theirs)
    )
    off = [float(np.abs(a.astype(np.int16) - b).mean()) for a, b in zip(first, second, strict=False)]
    return {"mean": float(np.mean(off)), "worst_frame": max(off), "frames": len(off)}


def measure(case: str, suffix: str, frames: int, points: int, repeats: int, folder: Path) -> dict[str, Any]:
    """Make a film by both paths in turns; the fastest run of each counts."""
    files = {path: folder / f"{path}{suffix}" for path in PATHS}
    in_child("gpuanim", case, 2, points, folder / f"warm{suffix}")  # Numba compiles, once per machine
    runs: dict[str, list[dict[str, float]]] = {path: [] for path in PATHS}
    for _ in range(repeats):
        for path in PATHS:
            runs[path].append(in_child(path, case, frames, points, files[path]))
    best = {path: min(runs[path], key=lambda run: run["seconds"]) for path in PATHS}
    ours, theirs = best["gpuanim"], best["celluloid"]
    grown = [max(run["peak_mib"] - run["imports_mib"], 1.0) for run in (theirs, ours)]
    return {
        **best,
        "bytes": {path: files[path].stat().st_size for path in PATHS},
        "times_faster": theirs["seconds"] / ours["seconds"],
        "times_less_memory": grown[0] / grown[1],
        "difference": differences(files["gpuanim"], files["celluloid"]),
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return Markdown."""
    lines = [
        "| film | celluloid | gpuanim | faster | MiB beyond imports | less | mean difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in results.items():
        ours, theirs = row["gpuanim"], row["celluloid"]
        grown = [run["peak_mib"] - run["imports_mib"] for run in (theirs, ours)]
        lines.append(
            f"| {name} | {theirs['seconds']:.1f} s | {ours['seconds']:.1f} s | {row['times_faster']:.2f}x | "
            f"{grown[0]:.0f} to {grown[1]:.0f} | {row['times_less_memory']:.1f}x | "
            f"{row['difference']['mean']:.2f} of 255 |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run all, print the table and write the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--case", action="append", choices=CASES, help="default: all")
    parser.add_argument("--suffix", action="append", choices=(".mp4", ".gif"), help="default: both")
    parser.add_argument("--no-json", action="store_true", help="only print")
    parser.add_argument("--film", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.film:
        path, case, frames, points, target = json.loads(args.film)
        print(json.dumps(make_film(path, case, frames, points, Path(target))))
        return
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in args.case or CASES:
            for suffix in args.suffix or (".mp4", ".gif"):
                results[f"{case}, {suffix[1:]}"] = measure(
                    case, suffix, args.frames, args.points, args.repeats, Path(folder)
                )
    print(table(results))
    if not args.no_json:
        write("camera", {"frames": args.frames, "points": args.points, "films": results})


if __name__ == "__main__":
    main()
