"""Look for OpenGL and CUDA. Run as a child process by `doctor`, never imported: drivers may crash.

``python -P _probe.py opengl WHAT`` and ``python -P _probe.py cuda`` print one line of JSON; what went wrong
is in its "error".
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any


def opengl(what: str) -> dict[str, Any]:
    """List EGL's devices ("devices"), or draw a frame of points at a place, and ask who draws."""
    sys.path.append(str(Path(__file__).parents[1]))  # gpuanim may not be installed
    from gpuanim.raster.opengl import probe

    if what != "devices":
        return probe.try_place(what)
    from gpuanim.raster.opengl._vispy import Egl

    return {"devices": [{"cuda": one.cuda, "hardware": one.hardware} for one in Egl.devices()]}


def cuda() -> dict[str, Any]:
    """Ask the driver for its version and devices, without CuPy, then CuPy whether it works."""
    return {**_driver(), **_cupy()}


def _driver() -> dict[str, Any]:
    try:
        library = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return {"driver": None, "devices": []}
    if status := library.cuInit(0):
        return {"driver": None, "devices": [], "error": f"the NVIDIA driver does not start (error {status})"}
    version, count = ctypes.c_int(), ctypes.c_int()
    library.cuDriverGetVersion(ctypes.byref(version))
    library.cuDeviceGetCount(ctypes.byref(count))
    devices = []
    for ordinal in range(count.value):
        device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
        library.cuDeviceGet(ctypes.byref(device), ordinal)
        library.cuDeviceGetName(name, len(name), device)
        devices.append(name.value.decode())
    return {"driver": f"{version.value // 1000}.{version.value % 1000 // 10}", "devices": devices}


def _cupy() -> dict[str, Any]:
    try:
        import cupy
    except ImportError:
        return {"cupy": None, "works": False}
    facts: dict[str, Any] = {"cupy": cupy.__version__, "works": False}
    try:
        facts["works"] = int(cupy.arange(4).sum()) == 6  # compiles and runs a kernel
    except Exception as error:
        facts["error"] = f"CuPy fails: {type(error).__name__}: {error}"
    return facts


def main(what: str, *arguments: str) -> None:
    """Print what was found, and leave without the drivers' own cleaning up."""
    try:
        found = opengl(*arguments) if what == "opengl" else cuda()
    except Exception as error:
        found = {"error": " ".join(f"{type(error).__name__}: {error}".split())}
    print(json.dumps(found), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
