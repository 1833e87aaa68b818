"""Fixtures for all tests: real data, and a guard that CI skips nothing whose needs it can install."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from gpuanim.encode.process import ffmpeg_exe

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return a function that finds a real data set beside the repository, or skips the test."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.is_file():
            pytest.skip(f"real data set {name} is not in ../shared/data beside the repository")
        return path

    return find


@pytest.fixture(scope="session")
def pbmc68k() -> Any:
    """700 real cells with X_umap, connectivities, louvain and bulk_labels; a test must not change it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scanpy's import and its old file warn of things not ours
        scanpy = pytest.importorskip("scanpy", reason="scanpy (extra demo) holds pbmc68k_reduced")
        return scanpy.datasets.pbmc68k_reduced()


@pytest.fixture(scope="session")
def dask_client() -> Iterator[Any]:
    """A client of two worker processes, kept for all tests; Dask starts a worker again that is killed."""
    from gpuanim.cluster import as_client

    with as_client("local[2]") as client:
        yield client


@dataclass
class Decoded:
    """What ffmpeg makes of a file."""

    frames: NDArray[np.uint8]
    facts: str

    @property
    def fps(self) -> float:
        found = re.search(r"([\d.]+) fps", self.facts)
        assert found, self.facts
        return float(found[1])


@pytest.fixture
def decode() -> Callable[[Path], Decoded]:
    """Return a function that decodes a film with ffmpeg."""

    def run(path: Path) -> Decoded:
        command = [ffmpeg_exe(), "-hide_banner", "-i", f"file:{path}"]
        options = ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        done = subprocess.run([*command, *options], capture_output=True, check=True, stdin=subprocess.DEVNULL)
        facts = done.stderr.decode(errors="replace")
        size = re.search(r"Video: .*?, (\d+)x(\d+)", facts)
        assert size, facts
        width, height = int(size[1]), int(size[2])
        frames = np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)
        return Decoded(frames, facts.split("Output #0")[0])

    return run


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """See to it that SIGINT raises: a shell's background jobs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


REQUIRED_IN_CI = {
    "opengl": "an EGL library with a software renderer",
    "browser": "Chromium and playwright",
}
"""Marker -> what `make test` installs for its tests: in CI they run, or they fail."""


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skipped test is a failure if what it needs is installed on purpose."""
    report = yield
    needs = [text for marker, text in REQUIRED_IN_CI.items() if item.get_closest_marker(marker)]
    if in_ci() and needs and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where {' and '.join(needs)} must be there: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """In CI no file may skip all of its tests before their markers can be seen."""
    report = yield
    if in_ci() and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"a whole file was skipped in CI; skip in a fixture instead: {report.longrepr}"
    return report


# Numba compiles inside the first example; a limit per example would only measure that.
settings.register_profile("gpuanim", deadline=None)
settings.load_profile("gpuanim")
