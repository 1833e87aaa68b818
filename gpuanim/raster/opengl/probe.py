"""Which place has an OpenGL that draws. Child processes try: a driver that crashes takes none of ours along.

The order: the GPUs that EGL lists; the system's display; Mesa without a device; OSMesa; hidden windows. On
macOS and Windows, which have no EGL, hidden windows come first. What was found is kept for the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from gpuanim.errors import OptionError, RendererError
from gpuanim.raster.opengl import remedies
from gpuanim.raster.opengl.limits import Limits

__all__ = ["Found", "find_place", "looked", "run_child"]

SCRIPT = Path(__file__).parents[2] / "_probe.py"
CHILD_SECONDS = 60
WINDOWS = ("glfw", "pyqt6", "pyside6", "pyqt5", "pyside2")
"""vispy's backends for hidden windows."""


@dataclass(frozen=True)
class Found:
    """A place that has OpenGL.

    Parameters
    ----------
    place
        As `context.open_context` takes it.
    limits
        What the driver says of itself.
    draws
        Whether a frame of points came out right.
    tried
        Place -> how those before it failed.
    """

    place: str
    limits: Limits
    draws: bool
    tried: dict[str, str] = field(default_factory=dict)


def find_place(device: int | None = None) -> Found:
    """Return the place that has a device, or the first that draws.

    Raises
    ------
    OptionError
        If the number is none of a device.
    RendererError
        If nothing draws; the message says what was tried, how it failed, and what to do.
    """
    found, tried = looked(device)
    if found is None or not found.draws:
        raise RendererError(remedies.not_here(tried))
    return found


def looked(device: int | None = None) -> tuple[Found | None, dict[str, str]]:
    """Return what was found, and how each place before it failed.

    Raises
    ------
    OptionError
        If the number is none of a device.
    """
    asked = os.environ.get("GPUANIM_EGL_DEVICE", "") if device is None else str(device)
    if asked and not asked.isdigit():
        raise OptionError(f"device and GPUANIM_EGL_DEVICE must be a number from 0 on, not {asked!r}")
    # What decides besides is read from the environment by the libraries, in the child as here.
    libraries = tuple(os.environ.get(name, "") for name in ("EGL_PLATFORM", "DISPLAY", "VISPY_GL_LIB"))
    return _look(int(asked) if asked else None, libraries)


@cache
def _look(device: int | None, _libraries: tuple[str, ...]) -> tuple[Found | None, dict[str, str]]:
    listed = run_child("opengl", "devices")
    devices: list[dict[str, Any]] = listed.get("devices", [])
    tried: dict[str, str] = {"EGL": listed["error"]} if "error" in listed else {}
    for place in _places(devices, device, egl="error" not in listed):
        told = run_child("opengl", place)
        if "error" in told:
            tried[place] = told["error"]
            continue
        found = Found(place, Limits(**told["limits"]), told["draws"], dict(tried))
        if found.draws:
            return found, tried
        tried[place] = f"{found.limits.renderer} draws wrongly"
    return None, tried


def _places(devices: list[dict[str, Any]], device: int | None, *, egl: bool) -> list[str]:
    """Return where to look, in order."""
    hardware = [i for i, one in enumerate(devices) if one["hardware"]]
    if device is not None:
        return [f"device:{_chosen(devices, hardware or list(range(len(devices))), device)}"]
    windows = list(WINDOWS) if sys.platform in ("darwin", "win32") or _has_screen() else []
    places = [f"device:{i}" for i in hardware]
    if egl and (_has_screen() or "EGL_PLATFORM" in os.environ):
        places.append("display")
    if egl:
        places.append("surfaceless")
    if sys.platform.startswith("linux"):
        places.append("osmesa")
    return [*places, *windows]


def _chosen(devices: list[dict[str, Any]], usable: list[int], device: int) -> int:
    """Return EGL's number of a device: CUDA's order is another one."""
    by_cuda = {one["cuda"]: i for i, one in enumerate(devices) if one["cuda"] is not None}
    known = by_cuda or dict(enumerate(usable))
    if device not in known:
        raise OptionError(
            f"device={device} is not here: EGL has {len(usable)} device{'s' * (len(usable) != 1)}, "
            f"numbered {sorted(known)}" + (" as CUDA numbers them" if by_cuda else "")
        )
    return known[device]


def _has_screen() -> bool:
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def run_child(*arguments: str) -> dict[str, Any]:
    """Run `_probe.py` in a child process, and return what it tells; what goes wrong is in "error"."""
    command = [sys.executable, "-P", str(SCRIPT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=CHILD_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        return {"error": f"the driver crashed (exit status {done.returncode}): {last[0]}"}
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def try_place(place: str) -> dict[str, Any]:
    """Draw a frame of points at a place, in this process: what the child does."""
    import numpy as np

    from gpuanim.frames import PixelFormat
    from gpuanim.raster._base import Ground, Points, Scene
    from gpuanim.raster.opengl.context import open_context
    from gpuanim.raster.opengl.renderer import OpenglRenderer

    context = open_context(place)
    ids = np.arange(2, dtype=np.uint32)
    points = Points(np.array([8, 8], np.float32), np.array([4, 12], np.float32), 7.0, ids)
    ground = Ground(16, 16, np.array([255, 255, 255], np.uint8))
    scene = Scene(ground, (0, 0, 16, 16), 1.0, antialias=True)
    table, out = np.array([[255, 0, 0], [0, 0, 255]], np.uint8), np.empty(768, np.uint8)
    with OpenglRenderer.of(context) as renderer:
        renderer.place(points, scene, 2, keep=True)
        canvas = renderer.canvas(table, PixelFormat.RGB24)
        canvas.still(out)
        canvas.draw(np.arange(2, dtype=np.uint16), out)
        canvas.finish(out)
    seen = out.reshape(16, 16, 3)[[4, 12, 0], [8, 8, 0]]
    right = np.array([[255, 0, 0], [0, 0, 255], [255, 255, 255]])
    return {"limits": asdict(context.limits), "draws": bool((seen == right).all())}
