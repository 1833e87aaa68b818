"""A frame on an NVIDIA GPU: step, ranks, operator, shade, copy, and whole films; a table at the end.

    python benchmarks/gpu.py                      # all of it; needs CuPy and a GPU, and some minutes
    python benchmarks/gpu.py --points 200000 --films small --no-json

Everything that is compared is measured in the same run: a step beside the product of `cupyx.scipy.sparse`
and the bandwidth of a copy on the same GPU, ranks beside CuPy's sort (and its `rankdata`, where it has one),
films by `cuda` beside `cpu` and, where OpenGL works on a GPU here, `opengl`. Kernels are timed as graphs,
many in a row between two waits; films as a user makes them, from the first call to the finished file, the
second time.

Without CuPy or without a GPU it says so and ends with exit status 2.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _report import write
from numpy.typing import NDArray

import gpuanim as ga
from gpuanim.cuda import Device, default_device, missing
from gpuanim.cuda.mappings import DeviceRank, on_device
from gpuanim.frames import PixelFormat
from gpuanim.propagation.gpu import DeviceGraph, GpuProduct
from gpuanim.propagation.stepper import Stepper
from gpuanim.propagation.system import label_propagation
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.cuda.canvas import GpuCanvas
from gpuanim.raster.cuda.renderer import CudaRenderer
from gpuanim.values.colors import color_table
from gpuanim.values.normalize import Linear
from gpuanim.values.ranks import Rank

Row = dict[str, Any]

STYLES = {
    "opaque, hard edges": (1.0, False),
    "opaque, antialiased": (1.0, True),
    "alpha 0.3, antialiased": (0.3, True),
}
SIZES = {"1080p": (1920, 1080), "4K": (3840, 2160)}
COPY_BYTES = 1 << 30


@dataclass(frozen=True)
class FilmCase:
    """A film: points, neighbours of each, steps, pixels, and whether a file is written."""

    name: str
    n: int
    k: int
    steps: int
    size: tuple[int, int]
    saved: bool = True


FILMS = {
    "blog": FilmCase("209k x 18, 1200x1200", 209_126, 30, 18, (1200, 1200)),
    "million": FilmCase("1M x 200, 1080p", 1_000_000, 30, 200, (1920, 1080)),
    "ten million": FilmCase("10M x 100, 4K", 10_000_000, 15, 100, (3840, 2160)),
    "hundred million": FilmCase("100M x 20, 1080p, frames only", 100_000_000, 15, 20, (1920, 1080), False),
    "small": FilmCase("20k x 10, 320x240", 20_000, 15, 10, (320, 240)),
}
"""Name for the command line -> film. CPU and OpenGL draw those up to a million points too."""

BESIDE_UP_TO = 1_000_000


def seconds(device: Device, work: Callable[[], object], runs: int) -> float:
    """Return the median seconds of one call of `work`: three rounds of `runs`, the device waited for."""
    work()
    device.wait()
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(runs):
            work()
        device.wait()
        rounds.append((time.perf_counter() - start) / runs)
    return median(rounds)


def launched(device: Device, work: Callable[[], object]) -> Callable[[], None]:
    """Return a function that runs what `work` queues; from the third time on as a graph."""

    def run() -> None:
        work()
        device.launches.run()

    for _ in range(4):
        run()
    return run


def copies(device: Device, nbytes: int, runs: int) -> Row:
    """Measure copies on the device, reads and writes counted, and to pinned memory of the host."""
    one, other = device.zeros(nbytes // 4, np.float32), device.zeros(nbytes // 4, np.float32)
    on_device = seconds(device, lambda: device.xp.copyto(other, one), runs)
    frame = device.zeros(PixelFormat.NV12.nbytes(*SIZES["1080p"]), np.uint8)
    pinned = device.pinned(frame.nbytes)

    def fetch() -> None:
        device.fetch(frame, pinned)()

    fetching = seconds(device, fetch, runs)
    return {
        "copy GB/s": 2 * nbytes / on_device / 1e9,
        "frame to host ms, 1080p": 1e3 * fetching,
        "frame to host GB/s": frame.nbytes / fetching / 1e9,
    }


def near_graph(device: Device, n: int, k: int, reach: int = 50) -> DeviceGraph:
    """Return a graph of `k` neighbours within `reach` places, as a locality order leaves them."""
    xp = device.xp
    indptr = xp.arange(n + 1, dtype=np.int64) * np.int64(k)
    indices = device.empty(n * k, np.uint32)
    rng = np.random.default_rng(0)
    offsets = device.upload(rng.integers(-reach, reach + 1, 1 << 16))
    part = 1 << 24
    for first in range(0, n * k, part):
        entry = xp.arange(first, min(first + part, n * k), dtype=np.int64)
        column = entry // np.int64(k) + offsets[entry * np.int64(7919) % np.int64(1 << 16)]
        indices[first : first + part] = (column % np.int64(n)).astype(np.uint32)
    return DeviceGraph(indptr, indices, None)


def shuffled_graph(device: Device, n: int, k: int) -> DeviceGraph:
    """Return a graph whose neighbours lie anywhere."""
    indices = device.upload(np.random.default_rng(1).integers(0, n, n * k, dtype=np.uint32))
    return DeviceGraph(device.xp.arange(n + 1, dtype=np.int64) * np.int64(k), indices, None)


def step(device: Device, graph: DeviceGraph, columns: int, copy_gbs: float, runs: int) -> Row:
    """Time a step, beside the product of the device's sparse module for the same values."""
    n, nnz, xp = graph.n, graph.nnz, device.xp
    dtype = np.dtype(np.float32)
    product = GpuProduct(graph, dtype, device).queued()
    shape = (n,) if columns == 1 else (n, columns)
    start = device.upload(np.random.default_rng(2).random(shape, np.float32))
    walk = Stepper(product, label_propagation(xp, product.column_sums(), start, 0.9))
    ours = seconds(device, launched(device, walk.advance), runs)
    per_row = 8 + 8 + 8 + columns * 4 * 6  # row pointers, row, col; z read, base, f twice, z_next, z again
    nbytes = 4 * nnz + n * per_row
    row: Row = {
        "ms": 1e3 * ours,
        "GB/s": nbytes / ours / 1e9,
        "share of copy bandwidth": nbytes / ours / 1e9 / copy_gbs,
    }
    if nnz < 1 << 31:
        ones = device.zeros(nnz, np.float32) + np.float32(1)
        matrix = device.sparse.csr_matrix(
            (ones, graph.indices.astype(np.int32), graph.indptr.astype(np.int32)), shape=(n, n)
        )
        theirs = seconds(device, lambda: matrix @ start, runs)
        row |= {"cupyx ms": 1e3 * theirs, "times faster than cupyx": theirs / ours}
    return row


def ranks(device: Device, n: int, runs: int) -> Row:
    """Time ranks and levels of all values, and levels alone; beside a sort, and `rankdata` if it is there."""
    values = device.upload(np.random.default_rng(3).normal(size=n).astype(np.float32))
    zeros = device.upload(np.where(np.random.default_rng(4).random(n) < 0.99, 0, 1).astype(np.float32))
    codes = device.empty(n, np.uint16)
    norm = DeviceRank(Rank(), device)
    linear = on_device(Linear(-3.0, 3.0).fit(lambda: []), device)
    assert linear is not None
    row: Row = {
        "ranks and levels ms": _ranked(device, norm, values, codes, runs),
        "of mostly equal values ms": _ranked(device, norm, zeros, codes, runs),
        "levels ms": 1e3 * seconds(
            device, launched(device, lambda: linear.encode(values, None, codes)), runs
        ),
        "sort ms": 1e3 * seconds(device, lambda: device.xp.sort(values), runs),
    }  # fmt: skip
    rankdata = _rankdata(device)
    if rankdata is not None:
        row["rankdata ms"] = 1e3 * seconds(device, lambda: rankdata(values), runs)
    row["times faster than a sort"] = row["sort ms"] / row["ranks and levels ms"]
    return row


def _ranked(device: Device, norm: DeviceRank, values: Any, codes: Any, runs: int) -> float:
    work = launched(device, lambda: norm.fit(lambda: [values]).encode(values, None, codes))
    return 1e3 * seconds(device, work, runs)


def _rankdata(device: Device) -> Callable[[Any], object] | None:
    """Return the function of the device's own package, which not all versions have."""
    if device.xp is np:
        from scipy.stats import rankdata

        return rankdata
    try:
        from cupyx.scipy.stats import rankdata as theirs
    except ImportError:
        return None
    found: Callable[[Any], object] = theirs
    return found


def drawing(device: Device, n: int, size: tuple[int, int], style: tuple[float, bool], runs: int) -> Row:
    """Time building the operator, shading a frame to NV12, and shading while the one before is copied."""
    rng = np.random.default_rng(5)
    x, y = (rng.normal(side / 2, side / 7, n).astype(np.float32) for side in size)
    points = Points(x, y, 2.15, np.arange(n, dtype=np.uint32))
    scene = Scene(Ground(*size, np.full(3, 255, np.uint8)), (0, 0, *size), *style)
    with CudaRenderer(device) as renderer:
        place = seconds(device, lambda: renderer.place(points, scene, n, keep=True), 1)
        canvas = renderer.canvas(color_table("viridis"), PixelFormat.NV12)
        visible = renderer.visible
        seen = n if visible is None else len(visible)
        codes = device.upload(rng.integers(0, 256, max(seen, 1)).astype(np.uint16))
        shade = seconds(device, launched(device, lambda: canvas.shade(codes)), runs)
        outs = [PixelFormat.NV12.empty(*size) for _ in range(2)]
        for out in outs:
            canvas.still(out)
        frames = _in_turns(canvas, codes, outs)
        return {
            "operator ms": 1e3 * place,
            "shade ms": 1e3 * shade,
            "shade and copy ms": 1e3 * seconds(device, lambda: next(frames), runs),
            "operator MB": renderer.facts()["operator_bytes"] / 1e6,
            "visible": seen,
        }


def _in_turns(canvas: GpuCanvas, codes: Any, outs: list[NDArray[np.uint8]]) -> Iterator[None]:
    """Draw a frame and finish the one before, over and over."""
    frame = 0
    canvas.draw(codes, outs[0])
    while True:
        frame += 1
        canvas.draw(codes, outs[frame % 2])
        canvas.finish(outs[(frame - 1) % 2])
        yield


def film(case: FilmCase, renderer: str, folder: Path) -> Row:
    """Make a film of a propagation twice, and time the second one: set-up, and all of it."""
    coords, graph = _cells(case.n, case.k)
    labels = np.zeros(case.n)
    labels[:: max(1, case.n // 5)] = 1
    place = "cuda" if renderer == "cuda" else "cpu"
    row: Row = {}
    for _ in range(2 if case.saved else 1):
        start = time.perf_counter()
        source = ga.LabelPropagation(
            graph, labels, alpha=0.99, n_steps=case.steps, device=place, coords=coords, order="given"
        )
        ready = time.perf_counter()
        anim = ga.animate(coords, source, norm="rank", size=case.size, renderer=renderer)
        if case.saved:
            result = anim.save(folder / f"{renderer}.mp4")
            row = dict(result.seconds)
        else:
            count = sum(1 for _ in anim.frames())
            assert count == case.steps
        end = time.perf_counter()
    whole = end - start
    frames = {
        "ms a frame": 1e3 * (end - ready) / case.steps,
        "s": whole,
        "set-up of the graph s": ready - start,
    }
    return frames | {f"{stage} s": spent for stage, spent in row.items()}


def _cells(n: int, k: int) -> tuple[NDArray[np.float32], Any]:
    """Return points along a spiral, and a graph of those near in that order: no search for neighbours."""
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(6)
    along = np.linspace(0, 1, n, dtype=np.float32)
    angle, radius = 60 * along, np.sqrt(along) * (1 + 0.05 * rng.standard_normal(n, np.float32))
    coords = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]).astype(np.float32)
    indices = np.repeat(np.arange(n, dtype=np.int64), k)
    indices += rng.integers(-50, 51, n * k)
    indices %= n
    indptr = np.arange(n + 1, dtype=np.int64) * k
    matrix: Any = csr_matrix(np.zeros((1, 1), np.float32))
    matrix.resize((n, n))  # and filled by hand: building one checks and sorts for minutes
    matrix.data, matrix.indices, matrix.indptr = np.ones(n * k, np.float32), indices, indptr
    return coords, matrix


def renderers_for(case: FilmCase) -> list[str]:
    """Return who draws a film: all that can on a GPU here, and the CPU, unless it would take for ever."""
    if case.n > BESIDE_UP_TO:
        return ["cuda"]
    return ["cuda", "cpu", *(["opengl"] if _opengl_on_gpu() else [])]


def _opengl_on_gpu() -> bool:
    from gpuanim.raster.opengl.probe import looked

    found, _ = looked()
    return found is not None and not found.limits.software


def kernels(device: Device, points: list[int], k: int, columns: int, runs: int) -> Iterator[tuple[str, Row]]:
    """Measure all but the films."""
    memory = device.memory()[0]
    copying = copies(device, min(COPY_BYTES, memory // 8), runs)
    yield "copies", copying
    gbs = copying["copy GB/s"]
    for n in points:
        yield f"step, {n:,} x {k}, ordered", step(device, near_graph(device, n, k), 1, gbs, runs)
        yield f"step, {n:,} x {k}, shuffled", step(device, shuffled_graph(device, n, k), 1, gbs, runs)
        yield (
            f"step, {n:,} x {k}, {columns} columns",
            step(device, near_graph(device, n, k), columns, gbs, runs),
        )
        yield f"ranks, {n:,}", ranks(device, n, runs)


def drawings(
    device: Device, points: list[int], sizes: dict[str, tuple[int, int]], runs: int
) -> Iterator[tuple[str, Row]]:
    """Measure drawing in all styles and sizes."""
    for n in points:
        for name, size in sizes.items():
            for style, how in STYLES.items():
                yield f"draw, {n:,}, {name}, {style}", drawing(device, n, size, how, runs)


def films(names: list[str]) -> Iterator[tuple[str, Row]]:
    """Make films."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            case = FILMS[name]
            for renderer in renderers_for(case):
                yield f"film, {case.name}, {renderer}", film(case, renderer, Path(folder))


def table(results: dict[str, Row]) -> str:
    """Return the results as lines of text."""
    lines = []
    for name, row in results.items():
        lines.append(name)
        lines.extend(f"    {what:<28} {_told(value)}" for what, value in row.items())
    return "\n".join(lines)


def _told(value: Any) -> str:
    return f"{value:12.4g}" if isinstance(value, float) else f"{value:>12,}"


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, nargs="+", default=[209_126, 1_000_000, 10_000_000])
    parser.add_argument("--neighbours", type=int, default=30)
    parser.add_argument("--columns", type=int, default=18)
    parser.add_argument("--films", nargs="*", choices=FILMS, default=list(FILMS)[:-1])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--no-json", action="store_true")
    args = parser.parse_args()
    start = time.perf_counter()
    if lacks := missing.missing():
        print(f"nothing was measured: this needs {lacks}; {missing.INSTALL}", file=sys.stderr)
        return 2
    device = default_device()
    results: dict[str, Row] = {"start": {"CuPy and CUDA s": time.perf_counter() - start}}
    parts = (
        kernels(device, args.points, args.neighbours, args.columns, args.runs),
        drawings(device, args.points, SIZES, args.runs),
        films(args.films),
    )
    for part in parts:
        for name, row in part:
            print(name, file=sys.stderr)
            results[name] = row
    if not args.no_json:
        facts = {"gpu": device.name, "memory": device.memory()[1], "cupy": device.xp.__version__}
        write("gpu", facts | results)
    print(device.name)
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
