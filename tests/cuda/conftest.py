"""Devices for tests: the CPU in place of a GPU, and a real GPU where there is one."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def load(name: str):
    """Import a module that lies beside the tests."""
    full = f"cuda_tests_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, FOLDER / f"{name}.py")
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


@pytest.fixture(scope="session")
def libraries(tmp_path_factory) -> Path:
    if shutil.which("g++") is None:
        pytest.skip("needs g++ to compile CUDA kernels for the CPU")
    return tmp_path_factory.mktemp("kernels")


@pytest.fixture
def host(libraries):
    """Return a device whose kernels run on the CPU."""
    return load("host_device").HostDevice(libraries)


@pytest.fixture
def backwards(libraries):
    """Return one that runs the last block first."""
    return load("host_device").HostDevice(libraries, backwards=True)


@pytest.fixture(
    params=[pytest.param("host", marks=pytest.mark.kernels), pytest.param("gpu", marks=pytest.mark.gpu)]
)
def device(request, libraries):
    """Return the CPU as a device, and in a test of its own the GPU."""
    if request.param == "host":
        return load("host_device").HostDevice(libraries)
    pytest.importorskip("cupy", reason="needs CuPy and an NVIDIA GPU")
    from gpuanim.cuda import default_device

    try:
        return default_device()
    except Exception as error:  # CuPy's own classes
        pytest.skip(f"needs an NVIDIA GPU: {error}")


@pytest.fixture(scope="session")
def nvrtc():
    if importlib.util.find_spec("nvidia") is None or importlib.util.find_spec("nvidia.cuda_nvrtc") is None:
        pytest.skip("needs nvidia-cuda-nvrtc-cu12")
    return load("nvrtc").Nvrtc()
