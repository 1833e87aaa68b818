"""The benchmark of segments runs, so that it cannot rot; its times are not looked at."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_benchmark_runs():
    options = "--cells 300 --frames 100 --size 64 48 --no-write"
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "benchmarks/segments.py", *options.split(" ")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    same = [line for line in told.splitlines() if line.endswith("| yes |")]
    assert len(same) == 6, told
    assert "two Dask workers, one killed" in same[-1]
