"""Fixtures for all tests: real data, and a guard that CI skips nothing whose needs it can install."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
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


@pytest.fixture(scope="module")
def dask_client() -> Iterator[Any]:
    """A client of two worker processes; Dask starts a worker again that is killed.

    One for each file of tests, started in a second: the scheduler lives in this process, and others count
    its memory, descriptors and threads.
    """
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


def _load(name: str) -> Any:
    """Import a module of tests/cuda."""
    full = f"cuda_tests_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, ROOT / "tests" / "cuda" / f"{name}.py")
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


@pytest.fixture(scope="session")
def load() -> Any:
    """Return a function that imports a module of tests/cuda."""
    return _load


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of kernels that are compiled for the CPU."""
    if shutil.which("g++") is None:
        pytest.skip("needs g++ to compile CUDA kernels for the CPU")
    return tmp_path_factory.mktemp("kernels")


@pytest.fixture
def host(libraries: Path) -> Any:
    """Return a device whose kernels run on the CPU."""
    return _load("host_device").HostDevice(libraries)


@pytest.fixture
def backwards(libraries: Path) -> Any:
    """Return one that runs the last block first."""
    return _load("host_device").HostDevice(libraries, backwards=True)


@pytest.fixture(
    params=[pytest.param("host", marks=pytest.mark.kernels), pytest.param("gpu", marks=pytest.mark.gpu)]
)
def device(request: pytest.FixtureRequest, libraries: Path) -> Any:
    """Return the CPU as a device, and in a test of its own the GPU."""
    if request.param == "host":
        return _load("host_device").HostDevice(libraries)
    pytest.importorskip("cupy", reason="needs CuPy and an NVIDIA GPU")
    from gpuanim.cuda import default_device

    try:
        return default_device()
    except Exception as error:  # CuPy's own classes
        pytest.skip(f"needs an NVIDIA GPU: {error}")


@pytest.fixture(scope="session")
def nvrtc() -> Any:
    """Return NVIDIA's compiler for kernels."""
    if importlib.util.find_spec("nvidia") is None or importlib.util.find_spec("nvidia.cuda_nvrtc") is None:
        pytest.skip("needs nvidia-cuda-nvrtc-cu12")
    return _load("nvrtc").Nvrtc()


REQUIRED_IN_CI = {
    "opengl": "an EGL library with a software renderer",
    "browser": "Chromium and playwright",
    "kernels": "g++ and NVIDIA's NVRTC",
}
"""Marker -> what `make test` installs for its tests: in CI they run, or they fail."""


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skipped test is a failure if what it needs is installed on purpose."""
    report = yield
    needs = [text for marker, text in REQUIRED_IN_CI.items() if item.get_closest_marker(marker)]
    if item.get_closest_marker("gpu"):  # which nothing can install
        needs = []
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
