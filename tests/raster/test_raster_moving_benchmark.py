"""The benchmark of moving points runs, so that it cannot rot; its numbers are not looked at."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def told(*paths, limit=60):
    named = [word for path in paths for word in ("--path", path)]
    command = [
        "--points",
        "500",
        "--size",
        "160x120",
        "--seconds",
        "0.05",
        "--limit",
        str(limit),
        "--no-json",
    ]
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "moving.py", *command, *named],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout.splitlines()  # fmt: skip


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_frames_a_second_are_told():
    _, path, *rates, error = cells(told("gpuanim cpu")[2])
    assert path == "gpuanim cpu"
    assert all(float(rate) > 0 for rate in rates)
    assert error == ""


def test_a_path_that_takes_too_long_is_stopped():
    *rates, error = cells(told("gpuanim cpu", limit=0.01)[2])[2:]
    assert rates == ["", "", ""]
    assert error == "stopped after 0.01 s"


@pytest.mark.opengl
def test_frames_a_second_on_opengl():
    for line in told("gpuanim opengl", "vispy Markers")[2:]:
        _, path, draw, read, film, error = cells(line)
        assert not error
        assert bool(draw) == (path == "gpuanim opengl")
        assert min(float(read), float(film)) > 0
