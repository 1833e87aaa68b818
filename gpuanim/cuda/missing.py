"""Whether CUDA can be used here, and how to mend it; CuPy is imported last, if at all."""

from __future__ import annotations

import importlib.util
import os
import shutil
from functools import cache

from gpuanim.errors import MissingDependencyError

__all__ = ["INSTALL", "absent", "missing", "require"]

_DRIVERS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg")  # the last one is WSL's
INSTALL = "pip install 'gpuanim[cuda12]' (or 'gpuanim[cuda13]', as your driver needs)"


def absent() -> str:
    """Say what CUDA lacks at first sight, in a few words; empty if nothing. Imports nothing."""
    if importlib.util.find_spec("cupy") is None:
        return "CuPy, which is not installed"
    if os.name == "posix" and not any(map(os.path.exists, _DRIVERS)) and not shutil.which("nvidia-smi"):
        return "an NVIDIA GPU with its driver, and there is none here"
    return ""


@cache
def missing() -> str:
    """Say what CUDA lacks here, in a few words; empty if nothing. Imports CuPy if it can."""
    if lacks := absent():
        return lacks
    try:
        import cupy

        return "" if cupy.cuda.runtime.getDeviceCount() else "an NVIDIA GPU, and CuPy finds none"
    except Exception as error:  # CuPy raises its own classes, an ImportError or an OSError
        return f"a CuPy that works, and here it fails with {type(error).__name__}: {error}"


def require(what: str) -> None:
    """Raise MissingDependencyError, with the install line, if CUDA cannot be used; `what` needs it."""
    reason = missing()
    if reason:
        raise MissingDependencyError(f"{what} needs {reason}; {INSTALL}")
