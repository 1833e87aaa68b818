"""The benchmark of cameras runs, so that it cannot rot; its numbers are not looked at."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_benchmark_runs():
    options = "--frames 3 --points 50 --repeats 1 --suffix .gif --case points --no-json"
    told = subprocess.run(
        [sys.executable, "benchmarks/camera.py", *options.split(" ")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "| points, gif |" in told
