"""The benchmark runs, so that it cannot rot; its numbers are not looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_benchmark_runs() -> None:
    options = ["--cells", "500", "--frames", "4", "--runs", "1", "--no-json"]
    told = subprocess.run(
        [sys.executable, "benchmarks/chrome.py", *options],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert told.count("ratio by") == 4
    assert told.count("one frame's chrome") == 5
