"""How time and memory grow with cells, cores and frames, and what 100M and 500M cells would take.

    python benchmarks/scale.py                          # 100k to 10M cells; 10 minutes
    python benchmarks/scale.py --cells 20000 60000 --frames 6 --size 640x360 --no-json
    python benchmarks/scale.py --largest                # only 10M x 15 x 100 frames at 4K, in all ways
    python benchmarks/scale.py --largest --folder data  # keeps the graphs there, and takes those that are

Each film is made by a process of its own, which loads coordinates and graph from files, propagates two seeds
and renders at 4K; what it took at most is what the kernel says of that process. "all move" are the same
steps with labels in every hundredth cell, so that no part of the graph is at rest: without a film, on all
cores. Times are of one run each, the smallest sizes last, when everything is compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from _report import RESULTS, write

K = 15
NAMES = ("coords", "indptr", "indices", "data")


@dataclass(frozen=True)
class Case:
    """One film."""

    cells: int
    frames: int
    size: tuple[int, int]
    alpha: float = 1.0
    threads: int = 0
    graph_on: str = "memory"


def prepare(folder: Path, cells: int) -> float | None:
    """Simulate an atlas with its graph of neighbours; return the seconds, None if it was there."""
    if all((folder / f"{name}_{cells}.npy").exists() for name in NAMES):
        return None
    from gpuanim.simulate import atlas

    start = time.perf_counter()
    made = atlas(cells, k=K)
    parts = (made.coords, made.graph.indptr, made.graph.indices, made.graph.data)
    for name, part in zip(NAMES, parts, strict=True):
        np.save(folder / f"{name}_{cells}.npy", part)
    return time.perf_counter() - start


def load(folder: Path, case: Case) -> tuple[Any, Any]:
    """Return coordinates and graph; a graph that is to stay on disk is only mapped."""
    from scipy.sparse import csr_matrix

    mapped: Any = None if case.graph_on == "memory" else "r"
    read = [
        np.load(folder / f"{name}_{case.cells}.npy", mmap_mode=None if name == "coords" else mapped)
        for name in NAMES
    ]
    coords, indptr, indices, data = read
    graph = csr_matrix((data, indices, indptr), shape=(case.cells, case.cells), copy=False)
    return coords, graph


def child(folder: Path, case: Case) -> dict[str, Any]:
    """Make a film in this process, and say what it took."""
    import gpuanim as ga
    from gpuanim import _memory

    start = time.perf_counter()
    coords, graph = load(folder, case)
    loaded = time.perf_counter()
    before = _memory.resident()
    seeds = np.zeros(case.cells, np.float32)
    seeds[[0, case.cells // 2]] = 1
    values = ga.LabelPropagation(
        graph, seeds, alpha=0.999, n_steps=case.frames, coords=coords, order="locality", device="cpu",
        graph_on=case.graph_on,
    )  # fmt: skip
    placed = time.perf_counter()
    film = ga.animate(
        coords, values, norm=ga.Rank(stretch=True), size=case.size, alpha=case.alpha, aspect="auto", fps=30,
        renderer="cpu",
    )  # fmt: skip
    target = folder / f"scale_{os.getpid()}.mp4"
    children = Children()
    result = film.save(target)
    done = time.perf_counter()
    target.unlink()
    moving = all_move(coords, graph, case) if case.threads == 0 and case.alpha == 1 else {}
    return {
        **asdict(case),
        "nnz": int(graph.nnz),
        "load_s": loaded - start,
        "place_graph_s": placed - loaded,
        "film_s": done - placed,
        "after_loading_s": done - loaded,
        "seconds": dict(result.seconds),
        "frame_ms": {
            name: 1e3 * result.seconds.get(name, 0.0) / case.frames
            for name in ("values", "color", "draw", "write", "wait")
        },
        "loaded_bytes": before,
        "planned_bytes": result.facts["planned_bytes"],
        "peak_bytes": result.facts["peak_bytes"],
        "encoder_peak_bytes": children.end(),
        "file_bytes": result.nbytes,
        "visible": result.facts["visible"],
        "fragments": result.facts["fragments"],
        **moving,
    }


class Children:
    """The most memory that a child of this process has taken, looked at ten times a second.

    The kernel's own sum over children starts with what this process had when it made them.
    """

    def __init__(self) -> None:
        self.peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        tasks = Path("/proc/self/task")
        while not self._ended.wait(0.1):
            lists = [path.read_text() for path in tasks.glob("*/children")]
            for pid in " ".join(lists).split():
                try:
                    command = Path(f"/proc/{pid}/comm").read_text()
                    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
                except OSError:  # it has ended meanwhile
                    continue
                if found and "python" not in command:
                    self.peak = max(self.peak, int(found[1]) * 1024)

    def end(self) -> int:
        """Stop looking, and return the bytes."""
        self._ended.set()
        self._thread.join()
        return self.peak


def all_move(coords: Any, graph: Any, case: Case, steps: int = 12) -> dict[str, float]:
    """Time steps in which all values change, without a film beside them."""
    import gpuanim as ga

    labels = np.zeros(case.cells, np.float32)
    labels[::100] = np.random.default_rng(0).random(len(labels[::100]))
    source = ga.LabelPropagation(
        graph, labels, alpha=0.9, n_steps=steps, coords=coords, order="locality", device="cpu",
        graph_on=case.graph_on,
    )  # fmt: skip
    ends = [time.perf_counter() for _ in source.steps()]
    return {"step_all_move_ms": float(np.median(np.diff(ends[1:]))) * 1e3}


def disk_speed(folder: Path, case: Case) -> float:
    """Return the bytes a second at which the disk reads the columns of a graph that are not in memory."""
    path = folder / f"indices_{case.cells}.npy"
    with path.open("rb", buffering=0) as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        buffer = bytearray(1 << 24)
        start = time.perf_counter()
        while file.readinto(buffer):
            pass
        return path.stat().st_size / (time.perf_counter() - start)


def cost_of_disk(folder: Path, film: dict[str, Any], case: Case) -> dict[str, float]:
    """Say what a step costs whose graph is read from the disk, nothing of it kept in memory."""
    speed = disk_speed(folder, case)
    reading = 1e3 * 4 * film["nnz"] / speed
    told = {"disk_bytes_per_s": speed, "reading_ms": reading, "step_kept_ms": film["step_all_move_ms"]}
    # What is read while the block before is worked on costs nothing; at worst nothing is.
    return told | {
        "step_read_ms_least": max(reading, film["step_all_move_ms"]),
        "step_read_ms_most": reading + film["step_all_move_ms"],
    }


def run(folder: Path, case: Case) -> dict[str, Any]:
    """Make a film in a new process."""
    command = [sys.executable, __file__, "--child", json.dumps(asdict(case)), "--folder", str(folder)]
    environment = dict(os.environ)
    if case.threads:
        environment["GPUANIM_NUM_THREADS"] = str(case.threads)
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    result: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    print(summary(result), file=sys.stderr)
    return result


def summary(result: dict[str, Any]) -> str:
    """Say a film's times in a line."""
    frame = ", ".join(f"{name} {ms:.0f}" for name, ms in result["frame_ms"].items())
    peak = (result["peak_bytes"] or 0) / 1e9
    return (
        f"{result['cells']:>11,} cells x {result['frames']} frames, alpha {result['alpha']:g}, graph on "
        f"{result['graph_on']}, threads {result['threads'] or 'all'}: {result['after_loading_s']:.1f} s "
        f"after loading, ms a frame: {frame}; peak {peak:.2f} GB, "
        f"planned {result['planned_bytes'] / 1e9:.2f} GB, ffmpeg {result['encoder_peak_bytes'] / 1e9:.2f} GB"
    )


def line(cells: Sequence[int], measured: Sequence[float]) -> tuple[float, float]:
    """Fit measured = fixed + slope * cells, each size counting by its relative error; none below 0."""
    x, y = np.asarray(cells, float), np.maximum(np.asarray(measured, float), 1e-12)
    if len(x) == 1:
        return 0.0, float(y[0] / x[0])
    slope, fixed = np.polyfit(x, y, 1, w=1 / y)
    if fixed < 0 or slope < 0:
        return (0.0, float(np.mean(y / x))) if fixed < 0 else (float(np.mean(y)), 0.0)
    return float(fixed), float(slope)


def fits(films: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Fit the stages of films of one kind against the number of cells."""
    cells = [film["cells"] for film in films]
    stages = {
        "place_graph_s": [film["place_graph_s"] for film in films],
        "raster_s": [film["seconds"]["raster"] for film in films],
        "color_ms": [film["frame_ms"]["color"] for film in films],
        "draw_ms": [film["frame_ms"]["draw"] for film in films],
        "values_ms": [film["frame_ms"]["values"] for film in films],
        "step_all_move_ms": [film["step_all_move_ms"] for film in films],
        "peak_bytes": [film["peak_bytes"] or film["planned_bytes"] for film in films],
        "planned_bytes": [film["planned_bytes"] for film in films],
    }
    found = {}
    for name, measured in stages.items():
        fixed, slope = line(cells, measured)
        found[name] = {"fixed": fixed, "per_million_cells": slope * 1e6}
    return found


@dataclass(frozen=True)
class Assumed:
    """What is taken from elsewhere; nothing of it was measured by this benchmark."""

    gpu_bytes_per_s: float = 0.7 * 4.3e12
    """Of an H200: 4.3 TB/s copied, 70 % of it reached by products of sparse matrices."""
    gpu_memory: float = 141e9
    disk_bytes_per_s: float = 3e9
    node_cores: int = 16
    nodes: int = 8
    network_bytes_per_s: float = 25e9 / 8
    halo: float = 0.1
    """Share of the values of a node's rows that other nodes hear in each step."""
    frames: int = 200
    encode_ms: float = 0.0
    """Of a frame on two cores: measured, at the size of the largest film."""


def on_paper(found: dict[str, dict[str, float]], cells: int, assumed: Assumed) -> dict[str, Any]:
    """State what a film of many cells would take on one GPU, on this machine, and on a cluster.

    Linear in the cells, as the fits are; encoding, and drawing what can be seen, do not grow with them.
    """
    from gpuanim.propagation.gpu import bytes_needed

    def at(name: str) -> float:
        return found[name]["fixed"] + found[name]["per_million_cells"] * cells / 1e6

    nnz = int(16.8 * cells)
    step_bytes = 4 * nnz + 44 * cells
    device_bytes = bytes_needed(cells, nnz, 1, 4, 0)
    graph_file = 8 * nnz
    per_frame = at("step_all_move_ms") + at("color_ms") + at("draw_ms") + assumed.encode_ms
    share = 2 / (assumed.node_cores * assumed.nodes)
    exchange = 1e3 * assumed.halo * cells / assumed.nodes * 4 / assumed.network_bytes_per_s
    cluster = share * per_frame + exchange
    return {
        "cells": cells,
        "nnz": nnz,
        "this machine": {
            "setup_s": at("place_graph_s") + at("raster_s"),
            "frame_ms": per_frame,
            "film_s": at("place_graph_s") + at("raster_s") + assumed.frames * per_frame / 1e3,
            "peak_bytes": at("peak_bytes"),
        },
        "one GPU": {
            "memory_bytes": device_bytes,
            "fits": device_bytes < assumed.gpu_memory,
            "step_ms": 1e3 * step_bytes / assumed.gpu_bytes_per_s,
            "load_s": graph_file / assumed.disk_bytes_per_s,
        },
        "cluster": {
            "nodes": assumed.nodes,
            "frame_ms": cluster,
            "exchange_ms": exchange,
            "film_s": (at("place_graph_s") + at("raster_s")) * share + assumed.frames * cluster / 1e3,
            "bytes_a_node": at("peak_bytes") / assumed.nodes,
        },
    }


def draw(films: list[dict[str, Any]], target: Path) -> None:
    """Draw time per frame and peak memory against the number of cells."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    fig = Figure(figsize=(11, 4.6), dpi=130, layout="constrained")
    FigureCanvasAgg(fig)
    left, right = fig.subplots(1, 2)
    cells = [film["cells"] for film in films]
    shown = {
        "a step, all values moving": [film["step_all_move_ms"] for film in films],
        "a step of the film": [film["frame_ms"]["values"] for film in films],
        "ranks and colours": [film["frame_ms"]["color"] for film in films],
        "drawing": [film["frame_ms"]["draw"] for film in films],
        "handing to ffmpeg": [film["frame_ms"]["write"] for film in films],
    }
    for name, ms in shown.items():
        left.loglog(cells, ms, "o-", label=name)
    left.set(xlabel="cells", ylabel="ms a frame", title="Time for each frame")
    gigabytes = 1e-9
    right.loglog(
        cells, [film["planned_bytes"] * gigabytes for film in films], "s--", label="planned, with ffmpeg"
    )
    right.loglog(
        cells,
        [(film["peak_bytes"] + film["encoder_peak_bytes"]) * gigabytes for film in films],
        "o-",
        label="measured, with ffmpeg",
    )
    right.loglog(cells, [film["peak_bytes"] * gigabytes for film in films], "o-", label="measured, without")
    right.set(xlabel="cells", ylabel="GB", title="Peak memory of the process")
    for axes in (left, right):
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.legend(frameon=False)
    width, height = films[0]["size"]
    fig.suptitle(f"Simulated atlases, {K} neighbours, {width}x{height}, label propagation from two seeds")
    fig.savefig(target)


def largest_films(folder: Path, cells: int, size: tuple[int, int], frames: int) -> list[dict[str, Any]]:
    """Make the film of the largest atlas in all ways."""
    plain = Case(cells, frames, size)
    cases = [plain, replace(plain, alpha=0.3), replace(plain, graph_on="disk")]
    films = [run(folder, case) for case in cases]
    films[-1] |= cost_of_disk(folder, films[-1], cases[-1])
    return films


def measure(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Run all cases that were asked for."""
    results: dict[str, Any] = {"k": K, "size": args.size}
    if args.largest:
        cells = max(args.cells)
        results["simulate_s"] = {cells: prepare(folder, cells)}
        results["largest"] = largest_films(folder, cells, args.size, args.frames or 100)
        return results
    frames = args.frames or 40
    results["simulate_s"] = {cells: prepare(folder, cells) for cells in args.cells}
    run(folder, Case(min(args.cells), 4, args.size))  # compiles what is not compiled yet
    films = [run(folder, Case(cells, frames, args.size)) for cells in sorted(args.cells, reverse=True)][::-1]
    middle = sorted(args.cells)[len(args.cells) // 2]
    results["films"] = films
    results["alpha 0.3"] = [
        run(folder, Case(cells, frames, args.size, 0.3)) for cells in {middle, max(args.cells)}
    ]
    results["one core"] = run(folder, Case(middle, frames, args.size, threads=1))
    results["twice the frames"] = run(folder, Case(middle, 2 * frames, args.size))
    outside = Case(middle, frames, args.size, graph_on="disk")
    results["graph on disk"] = run(folder, outside)
    results["graph on disk"] |= cost_of_disk(folder, results["graph on disk"], outside)
    results["fits"] = fits(films)
    encode = (films[-1]["film_s"] - films[-1]["seconds"]["raster"]) / frames * 1e3
    busy = sum(films[-1]["frame_ms"][name] for name in ("values", "color", "draw"))
    assumed = Assumed(encode_ms=max(0.0, encode - busy))
    results["assumed"] = asdict(assumed)
    results["on paper"] = [on_paper(results["fits"], cells, assumed) for cells in (100_000_000, 500_000_000)]
    return results


def size_of(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT."""
    width, height = text.split("x")
    return int(width), int(height)


def main() -> None:
    """Run what was asked for, and write JSON and picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
    parser.add_argument("--cells", type=int, nargs="+", default=sizes)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--size", type=size_of, default=(3840, 2160))
    parser.add_argument(
        "--largest", action="store_true", help="only the largest number of cells, in all ways"
    )
    parser.add_argument("--folder", type=Path, help="where coordinates and graphs are kept")
    parser.add_argument("--no-json", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        case = json.loads(args.child)
        print(json.dumps(child(args.folder, Case(**{**case, "size": tuple(case["size"])}))))
        return
    with tempfile.TemporaryDirectory(dir="/var/tmp" if os.path.isdir("/var/tmp") else None) as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        results = measure(folder, args)
    if args.no_json:
        print(json.dumps(results, indent=2))
        return
    name = "scale_largest" if args.largest else "scale"
    write(name, results)
    if not args.largest:
        draw(results["films"], RESULTS / "scale.png")


if __name__ == "__main__":
    main()
