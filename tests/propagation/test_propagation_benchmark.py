"""The benchmark runs, so that it cannot rot; its numbers are not looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_benchmark_runs() -> None:
    options = "--sizes 500 --k 5 --weights binary weighted --columns 1 3 --steps 3 --repeats 1 --out "
    told = subprocess.run(
        [sys.executable, "benchmarks/propagation.py", *options.split(" ")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.count("gpuanim, ordered") == 4
    assert "copy: " in told


def test_benchmark_of_blocks_runs() -> None:
    options = "--sizes 600 --k 5 --steps 6 --dask local[1] --out "
    told = subprocess.run(
        [sys.executable, "benchmarks/partitioned.py", *options.split(" ")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "600 nodes" in told
    assert "ranks equal" in told
