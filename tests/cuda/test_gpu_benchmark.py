"""The parts of benchmarks/gpu.py run on the CPU, so that they cannot rot; numbers are not looked at."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    spec = importlib.util.spec_from_file_location("gpu_benchmark", ROOT / "benchmarks" / "gpu.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gpu_benchmark", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.kernels
def test_kernels_and_drawings(benchmark, host, monkeypatch):
    monkeypatch.setattr(benchmark, "COPY_BYTES", 1 << 16)
    results = dict(benchmark.kernels(host, [600], 5, 3, 2))
    assert [name for name in results if name.startswith("step")] == [
        "step, 600 x 5, ordered", "step, 600 x 5, shuffled", "step, 600 x 5, 3 columns"
    ]  # fmt: skip
    for name, row in results.items():
        if name.startswith("step"):
            assert row["times faster than cupyx"] > 0
    assert results["ranks, 600"]["rankdata ms"] > 0
    results |= benchmark.drawings(host, [400], {"tiny": (40, 24)}, 2)
    assert "draw, 400, tiny, alpha 0.3, antialiased" in results
    assert "share of copy bandwidth" in benchmark.table(results)


@pytest.mark.kernels
def test_films(benchmark, host, monkeypatch, tmp_path):
    from gpuanim.cuda import missing

    monkeypatch.setattr(missing, "missing", lambda: "")
    for place in ("gpuanim.cuda", "gpuanim.raster.cuda.renderer"):
        monkeypatch.setattr(f"{place}.default_device", lambda number=None: host)
    case = benchmark.FilmCase("tiny", 300, 4, 3, (40, 24))
    for renderer in ("cuda", "cpu"):
        row = benchmark.film(case, renderer, tmp_path)
        assert row["s"] > 0
        assert row["draw s"] > 0
    assert benchmark.film(benchmark.FilmCase("tiny", 300, 4, 3, (40, 24), False), "cuda", tmp_path)["s"] > 0
    assert benchmark.renderers_for(benchmark.FILMS["ten million"]) == ["cuda"]
    assert benchmark.renderers_for(case)[:2] == ["cuda", "cpu"]


def test_without_a_gpu_it_says_so(tmp_path):
    if importlib.util.find_spec("cupy") is not None:
        pytest.skip("CuPy is here")
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "gpu.py"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 2
    assert "nothing was measured: this needs CuPy, which is not installed; pip install" in done.stderr
