"""The benchmark of blends runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_it_times_every_blend():
    options = "--points 1500 --frames 3 --size 64x48 --no-real --alone --no-json"
    command = [sys.executable, "benchmarks/blend.py", *options.split()]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^  (\w+) +set-up +\d+ ms +frame +([\d.]+) ms", done.stdout, re.MULTILINE)
    assert [name for name, _ in rows] == ["over", "mean", "max", "min", "sum", "count", "mix", "mode"]
    assert all(float(ms) > 0 for _, ms in rows)
