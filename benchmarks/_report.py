"""What every benchmark shares: the facts of the machine, the JSON of results, real points with graphs."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("gpuanim", "numpy", "scipy", "numba", "matplotlib", "imageio-ffmpeg", "datashader", "celluloid")


def machine_facts() -> dict[str, Any]:
    """Describe the machine without naming it: processor, cores of this process, memory, versions."""
    return {
        "cpu": _cpu_model(),
        "cores": _cores(),
        "memory_gib": _memory_gib(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "ffmpeg": _ffmpeg_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name)) is not None},
    }


def _cpu_model() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.processor() or "unknown"


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _ffmpeg_version() -> str | None:
    try:
        import imageio_ffmpeg

        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-version"]
        told = subprocess.run(command, check=False, capture_output=True, text=True)
    except (ImportError, OSError, RuntimeError):
        return None
    found = re.match(r"ffmpeg version (\S+)", told.stdout)
    return found.group(1) if found else None


def write(name: str, results: dict[str, Any]) -> Path:
    """Write `results` with the date and the machine to `benchmarks/results/<name>.json`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    target = RESULTS / f"{name}.json"
    content = {
        "benchmark": name,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine_facts(),
        "results": results,
    }
    target.write_text(json.dumps(content, indent=2, sort_keys=True, default=_plain) + "\n")
    print(f"wrote {target.relative_to(ROOT)}", file=sys.stderr)
    return target


def _plain(value: object) -> object:
    """Turn numpy's scalars and arrays into what JSON knows."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return str(value)


def median_ms(fn: Callable[[], object], n: int = 5, *, warmup: int = 1) -> float:
    """Return the median wall time of `n` calls of `fn` in milliseconds, after `warmup` calls."""
    for _ in range(warmup):
        fn()
    times = []
    for _ in range(n):
        start = time.perf_counter()
        fn()
        times.append(time.perf_counter() - start)
    return 1e3 * median(times)


def shared_data(name: str) -> Path | None:
    """Find a real data set beside the repository (`../shared/data`), None where there is none."""
    path = ROOT.parent / "shared" / "data" / name
    return path if path.is_file() else None


def knn_graph(points: NDArray[Any], k: int) -> csr_matrix[Any]:
    """Return the symmetrised graph of the `k` nearest neighbours of (n, 2) points: float32 ones."""
    from gpuanim.simulate import knn_graph as build

    return build(points, k)


def shuffled(points: NDArray[Any], *others: NDArray[Any], seed: int = 0) -> tuple[NDArray[Any], ...]:
    """Return copies of `points` and `others`, all in the same random order of their rows.

    Real cells come in the order of their samples, which says little about where they lie; files made
    for plotting are often sorted. Shuffling first makes sure that locality is earned, not given.
    """
    order = np.random.default_rng(seed).permutation(len(points))
    return tuple(np.ascontiguousarray(array[order]) for array in (points, *others))
