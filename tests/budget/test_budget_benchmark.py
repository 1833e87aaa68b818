"""The benchmark of scale runs, so that it cannot rot; its numbers are not looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))


def test_benchmark_runs():
    options = ["--cells", "400", "--frames", "2", "--size", "160x90", "--no-json", "--largest"]
    told = subprocess.run(
        [sys.executable, "benchmarks/scale.py", *options],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    results = json.loads(told.stdout)
    assert [film["alpha"] for film in results["largest"]] == [1, 0.3, 1]
    assert told.stderr.count("400 cells x 2 frames") == 3


def test_lines_and_paper(tmp_path):
    import scale

    cells = [1000, 10_000, 100_000]
    assert scale.line(cells, [1, 10, 100]) == pytest.approx((0, 1e-3))
    assert scale.line(cells, [3 + 1, 3 + 10, 3 + 100]) == pytest.approx((3, 1e-3))
    assert scale.line(cells, [5, 5, 5]) == pytest.approx((5, 0))
    assert scale.line([10], [20]) == (0, 2)
    films = [
        {
            "cells": n, "size": (160, 90), "place_graph_s": n / 1e6, "seconds": {"raster": n / 1e6},
            "frame_ms": {"values": 1.0, "color": n / 1e6, "draw": 2.0, "write": 1.0},
            "step_all_move_ms": n / 1e5, "peak_bytes": n * 300, "planned_bytes": n * 400,
            "encoder_peak_bytes": 10**8,
        }
        for n in cells
    ]  # fmt: skip
    found = scale.fits(films)
    told = scale.on_paper(found, 100_000_000, scale.Assumed())
    assert told["this machine"]["setup_s"] == pytest.approx(200)
    assert told["this machine"]["frame_ms"] == pytest.approx(1000 + 100 + 2)
    assert told["one GPU"]["step_ms"] == pytest.approx(1e3 * (4 * 1.68e9 + 44e8) / 3.01e12)
    assert told["cluster"]["frame_ms"] == pytest.approx(1102 * 2 / 128 + 1.6)
    scale.draw(films, tmp_path / "scale.png")
    assert np.fromfile(tmp_path / "scale.png", np.uint8)[:4].tobytes() == b"\x89PNG"
