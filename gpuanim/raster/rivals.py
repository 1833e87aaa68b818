"""The renderers that `auto` may choose besides `cpu`, as this machine has them."""

from __future__ import annotations

import sys
from pathlib import Path

from gpuanim import raster
from gpuanim.errors import OptionError
from gpuanim.raster.book import Book
from gpuanim.raster.choice import Choice, Here, Rival, Workload, choose

__all__ = ["fastest", "gpu_possible", "look_for_cuda", "look_for_opengl", "rivals"]

_DEVICES = ("dri/renderD*", "nvidiactl", "nvidia[0-9]*", "dxg")
"""What Linux has in /dev if there is a GPU; the last one is WSL's."""


def fastest(work: Workload, book: Book) -> Choice:
    """Return the fastest renderer of this machine."""
    return choose(work, book, rivals(work))


def rivals(work: Workload) -> tuple[Rival, ...]:
    """Return what may be faster than `cpu`; nothing is imported or looked for before it is asked."""

    def can(name: str) -> bool:
        mixings = {load.mixing for load in work.panels}
        return raster.can(name, mixings, work.pixel_format)

    gpu = gpu_possible()
    return (
        Rival("cuda", (), gpu, lambda: can("cuda"), look_for_cuda),
        Rival("opengl", ("opengl, software",), gpu, lambda: can("opengl"), look_for_opengl),
    )


def look_for_opengl() -> Here | str:
    """Return what draws OpenGL here, tried in a child process once, or that nothing does."""
    from gpuanim.raster.opengl.limits import DATA_CENTRE
    from gpuanim.raster.opengl.probe import looked

    try:
        found, _ = looked()
    except OptionError as error:  # of GPUANIM_EGL_DEVICE
        return str(error)
    if found is None:
        return "there is no OpenGL here"
    limits = found.limits
    if limits.software:
        return Here("opengl, software", f"{limits.renderer}, software")
    slow = any(name in limits.renderer for name in DATA_CENTRE)
    return Here("opengl, data centre" if slow else "opengl", limits.renderer)


def look_for_cuda() -> Here | str:
    """Return which GPU CuPy runs on, or what CUDA lacks here."""
    from gpuanim.cuda.missing import missing

    if why := missing():
        return f"CUDA needs {why}"
    import cupy

    name = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)["name"]
    return Here("cuda", name.decode())


def gpu_possible(root: Path = Path("/dev")) -> bool:
    """Say whether there may be a GPU: on Linux its devices are files."""
    return sys.platform != "linux" or any(True for pattern in _DEVICES for _ in root.glob(pattern))
