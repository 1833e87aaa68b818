"""The same film by matplotlib + celluloid, tuned matplotlib, datashader + imageio, and gpuanim.

    python benchmarks/against_matplotlib.py                     # 209,126 cells x 18 frames: HTML and mp4
    python benchmarks/against_matplotlib.py --case 1m           # 1,000,000 x 200 at 1080p
    python benchmarks/against_matplotlib.py --cells 50000 --frames 10

All paths get the same coordinates and the same label propagation iterates in one run. Paths that take
minutes are measured on a few frames (`--reference-frames`) and extrapolated, and are labelled so.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _peers import PEERS, Job
from _report import RESULTS, write

import gpuanim as ga

Row = dict[str, Any]


def make_job(cells: int, frames: int, k: int, size: tuple[int, int] | None) -> tuple[Job, Any, Any]:
    """Simulate an atlas and propagate two seeds over it; cells in random order."""
    from gpuanim.simulate import atlas

    simulated = atlas(cells, k=k)
    labels = np.zeros(cells, np.float32)
    labels[[0, cells // 2]] = 1
    steps = ga.LabelPropagation(simulated.graph, labels, alpha=0.999, n_steps=frames)
    values = [np.array(step) for step in steps]
    return Job(simulated.coords, values, fps=20, dpi=100, size=size), simulated.graph, labels


def ours(job: Job, target: Path, values: Any = None) -> dict[str, float]:
    """Render with gpuanim: the drop-in for square figures, `animate` for films in pixels."""
    start = time.perf_counter()
    values = job.frames if values is None else values
    if job.size is None:
        animation = ga.create_animation(job.coords, values)
        if target.suffix == ".html":
            target.write_text(animation.to_jshtml(fps=job.fps))
            return {"total": time.perf_counter() - start}
        result = animation.save(target, dpi=job.dpi, fps=job.fps)
    else:
        animation = ga.animate(
            job.coords, values, size=job.size, s=0.3, norm="rank", aspect="auto", fps=job.fps
        )
        result = animation.save(target)
    return dict(result.seconds)


def repeat(run: Callable[[], dict[str, float]], n: int) -> tuple[float, dict[str, float]]:
    """Return the median wall time of `n` runs, and the stages of the run that took it."""
    runs = []
    for _ in range(n):
        start = time.perf_counter()
        stages = run()
        runs.append((time.perf_counter() - start, stages))
    runs.sort(key=lambda r: r[0])
    return runs[len(runs) // 2]


def cold(job: Job, target: Path, folder: Path) -> float:
    """Time a new process that reads the arrays, imports gpuanim and writes the film."""
    np.savez(folder / "job.npz", coords=job.coords, frames=np.array(job.frames))
    options = f"dpi={job.dpi}, fps={job.fps}"
    script = (
        "import numpy as np, gpuanim as ga, sys\n"
        f"data = np.load({str(folder / 'job.npz')!r})\n"
        "anim = ga.create_animation(data['coords'], list(data['frames']))\n"
        f"target = {str(target)!r}\n"
        f"anim.save(target, {options}) if target.endswith('mp4') else open(target, 'w').write("
        f"anim.to_jshtml(fps={job.fps}))\n"
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True)
    return time.perf_counter() - start


def measure(job: Job, name: str, suffix: str, reference_frames: int, runs: int, folder: Path) -> list[Row]:
    """Run every path on one film; gpuanim first and last, so that a drift of the machine shows."""
    rows: list[Row] = []
    total = len(job.frames)
    ours(job.first(2), folder / f"warm{suffix}")

    def add(path: str, seconds: float, frames: int, stages: dict[str, float]) -> None:
        rows.append(
            {
                "film": name, "path": path, "seconds": seconds * total / frames, "measured_frames": frames,
                "frames": total, "extrapolated": frames < total, "stages": stages,
            }
        )  # fmt: skip
        mark = f" (measured on {frames} frames, extrapolated)" if frames < total else ""
        print(f"  {path:28s} {seconds * total / frames:9.2f} s{mark}", flush=True)

    for label in ("gpuanim", "gpuanim, again"):
        if label != "gpuanim":
            for peer, run in PEERS.items():
                if suffix == ".html" and peer != "matplotlib + celluloid":
                    continue  # the others write video only
                few = min(total, reference_frames if peer.startswith("matplotlib") else 4 * reference_frames)
                target = folder / f"peer{suffix}"
                if peer.startswith("datashader"):
                    run(job.first(1), target)  # it compiles its kernels first, as we do
                start = time.perf_counter()
                stages = run(job.first(few), target)
                add(peer, time.perf_counter() - start, few, stages)
        seconds, stages = repeat(lambda: ours(job, folder / f"ours{suffix}"), runs)
        add(label, seconds, total, stages)
    if job.size is None:
        times = [cold(job, folder / f"cold{suffix}", folder) for _ in range(runs)]
        add("gpuanim, new process", statistics.median(times), total, {})
    return rows


def plot(rows: list[Row], target: Path) -> None:
    """Draw the times as bars on a logarithmic scale."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(8, 0.42 * len(rows) + 1.2), layout="constrained")
    ax = fig.add_subplot()
    names = [f"{row['path']}\n{row['film']}" for row in rows]
    colors = ["#2a788e" if row["path"].startswith("gpuanim") else "#b8b8b8" for row in rows]
    bars = ax.barh(range(len(rows)), [row["seconds"] for row in rows], color=colors)
    texts = [f"{row['seconds']:.2f} s{' *' if row['extrapolated'] else ''}" for row in rows]
    ax.bar_label(bars, texts, padding=4, fontsize=8)
    ax.set_yticks(range(len(rows)), names, fontsize=7)
    ax.invert_yaxis()
    ax.set_xscale("log")
    ax.set_xlim(right=max(row["seconds"] for row in rows) * 6)
    ax.set_xlabel("seconds for the film, logarithmic (* measured on a few frames and extrapolated)")
    ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(target, dpi=150)


def table(rows: list[Row]) -> str:
    """Format the rows with the ratio to gpuanim's median in the same film."""
    lines = []
    for row in rows:
        own = min(r["seconds"] for r in rows if r["film"] == row["film"] and r["path"] == "gpuanim")
        stages = ", ".join(f"{k} {v:.2f}" for k, v in row["stages"].items() if k != "total")
        mark = "*" if row["extrapolated"] else " "
        lines.append(
            f"{row['film']:24s} {row['path']:26s} {row['seconds']:9.2f} s{mark} "
            f"{row['seconds'] / own:7.1f}x  {stages}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", choices=["209k", "1m"], default="209k")
    parser.add_argument("--cells", type=int)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--neighbors", type=int)
    parser.add_argument("--reference-frames", type=int, help="frames that slow paths are measured on")
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    small = args.case == "209k"
    cells = args.cells or (209_126 if small else 1_000_000)
    frames = args.frames or (18 if small else 200)
    reference = args.reference_frames or (frames if small else 3)
    k = args.neighbors or (15 if small else 30)
    job, graph, labels = make_job(cells, frames, k, None if small else (1920, 1080))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if small:
            films = [
                (job, "HTML 600x600", ".html"),
                (Job(job.coords, job.frames, 20, 200), "mp4 1200x1200", ".mp4"),
            ]
        else:
            films = [(job, "mp4 1920x1080", ".mp4")]
        for film, label, suffix in films:
            title = f"{cells:,} x {frames}, {label}"
            print(title, flush=True)
            rows += measure(film, title, suffix, reference, args.runs if small else 3, folder)
        if not small:
            rows.append(with_propagation(job, graph, labels, rows, folder))
    print(table(rows))
    label = f"against_matplotlib_{cells}x{frames}"
    write(label, {"cells": cells, "frames": frames, "neighbors": k, "rows": rows})
    plot(rows, RESULTS / f"{label}.png")


def with_propagation(job: Job, graph: Any, labels: Any, rows: list[Row], folder: Path) -> Row:
    """Render the same film while it is propagated, step by step."""

    def run() -> dict[str, float]:
        steps = ga.LabelPropagation(graph, labels, alpha=0.999, n_steps=len(job.frames))
        return ours(job, folder / "live.mp4", steps)

    seconds, stages = repeat(run, 3)
    return {
        "film": rows[0]["film"], "path": "gpuanim, propagating", "seconds": seconds, "stages": stages,
        "measured_frames": len(job.frames), "frames": len(job.frames), "extrapolated": False,
    }  # fmt: skip


if __name__ == "__main__":
    main()
