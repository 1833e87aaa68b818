"""A whole film of a million cells at 1080p: against ffmpeg alone, with propagation, and its memory.

    python benchmarks/film.py
    python benchmarks/film.py --cells 200000 --frames 50

"ffmpeg alone" encodes the very same frames, from a raw file, with the same options. Values given are read
from a memory-mapped file, so that they are not computed and not kept: a wave with noise of its own per cell,
which the encoder finds hard, and a label propagation, most of which stands still and encodes in no time.
Memory is the peak of a process of its own that loads the graph and renders. Runs alternate; medians are
compared.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _report import write
from scipy.sparse import load_npz, save_npz

import gpuanim as ga
from gpuanim.encode._base import Encoder, Writer
from gpuanim.encode.h264 import BT709, H264
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.types import Buffer

SIZE = (1920, 1080)


class _RawWriter(Writer):
    """Writes frames to a file as they are."""

    def __init__(self, target: Path) -> None:
        self._file = target.open("wb")

    def write(self, frame: Buffer) -> None:
        self._file.write(frame.data)

    def finish(self) -> None:
        self._file.close()

    def abort(self) -> None:
        self._file.close()


class Raw(Encoder):
    """Raw NV12: what ffmpeg alone is fed with."""

    formats = (PixelFormat.NV12,)

    def open(self, target: Path, spec: FilmSpec) -> _RawWriter:
        """Open the file."""
        self.spec = spec
        return _RawWriter(target)


def prepare(folder: Path, cells: int, frames: int, k: int) -> None:
    """Simulate an atlas in random order, propagate over it, and keep all in files."""
    from gpuanim.simulate import atlas

    simulated = atlas(cells, k=k)
    np.save(folder / "coords.npy", simulated.coords)
    save_npz(folder / "graph.npz", simulated.graph, compressed=False)
    shape = (frames, cells)
    values = np.lib.format.open_memmap(folder / "values.npy", "w+", np.float32, shape)
    for i, step in enumerate(propagation(folder, frames)):
        values[i] = step
    values.flush()
    waves = np.lib.format.open_memmap(folder / "waves.npy", "w+", np.float32, shape)
    noise = np.random.default_rng(0).normal(0, 0.15, cells).astype(np.float32)
    for i in range(frames):
        waves[i] = np.sin(simulated.coords[:, 0] * 0.8 + simulated.coords[:, 1] * 0.5 + i / 6) + noise
    waves.flush()


def propagation(folder: Path, frames: int) -> ga.LabelPropagation:
    """Return the running propagation of two seeds."""
    coords = np.load(folder / "coords.npy")
    labels = np.zeros(len(coords), np.float32)
    labels[[0, len(coords) // 2]] = 1
    graph = load_npz(folder / "graph.npz")
    return ga.LabelPropagation(graph, labels, alpha=0.999, n_steps=frames, coords=coords)


def film(folder: Path, values: Any) -> ga.Animation:
    """Describe the film: anti-aliased points of matplotlib's size 0.3, coloured by rank."""
    coords = np.load(folder / "coords.npy")
    return ga.animate(coords, values, norm=ga.Rank(stretch=True), size=SIZE, s=0.3, aspect="auto", fps=30)


def in_turns(jobs: dict[str, Callable[[], Any]], runs: int) -> dict[str, tuple[list[float], Any]]:
    """Time jobs in turns after one warm-up each; return their times and last results."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    last: dict[str, Any] = {}
    for turn in range(runs + 1):
        for name, job in jobs.items():
            start = time.perf_counter()
            last[name] = job()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: (times[name], last[name]) for name in jobs}


def memory_mb(folder: Path, frames: int) -> float:
    """Return the peak memory of a new process that propagates and renders `frames` frames."""
    told = subprocess.run(
        [sys.executable, __file__, "--child", str(folder), "--frames", str(frames)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(told.stdout.split()[-1])


def child(folder: Path, frames: int) -> None:
    """Render with propagation and print this process's peak memory in MB."""
    film(folder, propagation(folder, frames)).save(folder / "child.mp4")
    # Not ru_maxrss: that starts with the peak of the process that started this one.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak
    print(int(peak[1]) * 1024 / 1e6)


def import_seconds(runs: int) -> float:
    """Return the median time that `import gpuanim` adds to a new process."""
    code = "import time; t = time.perf_counter(); import gpuanim; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    times = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(runs)
    ]
    return statistics.median(times)


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--neighbors", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--no-json", action="store_true")
    args = parser.parse_args()
    if args.child:
        child(args.child, args.frames)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, args.cells, args.frames, args.neighbors)
        results = measure(folder, args)
    if not args.no_json:
        write("film", results)


def measure(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Compare the ways to the same file, for each kind of values."""
    results: dict[str, Any] = {"cells": args.cells, "frames": args.frames, "neighbors": args.neighbors}
    for name in ("waves", "values"):
        given = np.load(folder / f"{name}.npy", mmap_mode="r")
        raw = Raw()
        film(folder, given).save(folder / "frames.nv12", encoder=raw)
        alone = alone_command(folder, raw.spec)
        jobs: dict[str, Callable[[], Any]] = {
            "ffmpeg alone": partial(subprocess.run, alone, check=True, stdin=subprocess.DEVNULL),
            "values given": lambda values=given: film(folder, values).save(folder / "given.mp4"),  # type: ignore[misc]
        }
        if name == "values":
            jobs["propagated"] = lambda: film(folder, propagation(folder, args.frames)).save(
                folder / "live.mp4"
            )
        label = {"waves": "noisy wave", "values": "label propagation"}[name]
        results[label] = compare(label, jobs, args.runs)
        same = (folder / "given.mp4").read_bytes() == (folder / "alone.mp4").read_bytes()
        results[label]["same bytes as ffmpeg alone"] = same
    few = max(2, args.frames // 4)
    results["peak memory MB"] = {str(n): memory_mb(folder, n) for n in (few, args.frames)}
    results["import seconds"] = import_seconds(9)
    print(
        f"peak memory by frames, MB: {results['peak memory MB']}; import: {results['import seconds']:.3f} s"
    )
    return results


def compare(label: str, jobs: dict[str, Callable[[], Any]], runs: int) -> dict[str, Any]:
    """Time jobs in turns, and say how many times as long as the first one each takes."""
    timed = in_turns(jobs, runs)
    base = next(iter(timed.values()))[0]
    rows: dict[str, Any] = {}
    for name, (times, last) in timed.items():
        ratio = statistics.median(a / b for a, b in zip(times, base, strict=True))
        stages = dict(last.seconds) if isinstance(last, ga.SaveResult) else {}
        rows[name] = {"seconds": statistics.median(times), "times ffmpeg alone": ratio, "stages": stages}
        told = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in stages.items())
        print(f"{label:18s} {name:14s} {statistics.median(times):7.2f} s  {ratio:5.2f}x ffmpeg alone  {told}")
    return rows


def alone_command(folder: Path, spec: FilmSpec) -> list[str]:
    """Return the command that encodes the raw frames with our options."""
    size, rate = f"{spec.width}x{spec.height}", f"{spec.fps.numerator}/{spec.fps.denominator}"
    source = ["-f", "rawvideo", "-pixel_format", "nv12", "-video_size", size, "-framerate", rate, *BT709]
    head = [ffmpeg_exe(), "-nostats", "-loglevel", "error", "-y", *source, "-i", str(folder / "frames.nv12")]
    return [*head, *H264().output_options(spec), str(folder / "alone.mp4")]


if __name__ == "__main__":
    main()
