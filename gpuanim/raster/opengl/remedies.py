"""What to do about an OpenGL that does not start, or stops: the texts of errors and of `gpuanim doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["LOST", "MESA", "OTHERWISE", "OUT_OF_MEMORY", "advice", "not_here"]

MESA = (
    "apt-get install libegl1 libgl1 libgl1-mesa-dri libfontconfig1 (Debian), "
    "dnf install mesa-libEGL mesa-libGL mesa-dri-drivers fontconfig (Fedora)"
)
OTHERWISE = 'renderer="cpu" draws the same pictures'
LOST = (
    "the graphics driver has reset its context, as it does after a fault or when the GPU was taken away: "
    f"save again, which opens a new one; {OTHERWISE}"
)
OUT_OF_MEMORY = (
    "{renderer} has no memory left for {what}: close what else uses it, choose another with device=, or make "
    f"the frames smaller; {OTHERWISE}, in the computer's memory"
)

_VENDORS = ("usr/share/glvnd/egl_vendor.d", "etc/glvnd/egl_vendor.d")
_LIBRARIES = ("usr/lib", "usr/lib64", "usr/lib/*-linux-gnu", "usr/local/lib")


def not_here(tried: Mapping[str, str]) -> str:
    """Return the message of an error: what was tried, how each failed, and what to do."""
    lines = "".join(f"\n  {place}: {why}" for place, why in tried.items())
    hints = "".join(f"\n  {line}" for line in advice(tried, software=None))
    return f"OpenGL does not start here; {OTHERWISE}, without it. Tried:{lines}\nTo mend it:{hints}"


def advice(tried: Mapping[str, str], *, software: bool | None, root: Path = Path("/")) -> Iterator[str]:
    """Yield what to do about each of the common failures that are seen here.

    Parameters
    ----------
    tried
        Place -> how it failed.
    software
        Whether the processor draws, not a GPU; None if nothing does.
    root
        Of the file system, for tests.
    """
    if software is not False and any(root.glob("dev/nvidia[0-9]*")):
        yield from _nvidia(root)
    if software is not None:
        return
    said = " ".join(tried.values())
    if "OpenGL 3.3 is needed" in said:
        yield "the driver is too old: update it"
    if " not found" in said or "Could not load OpenGL library" in said:
        yield f"a library is missing; for OpenGL in software, without a display: {MESA}"
    else:
        yield f"for OpenGL in software: {MESA}"


def _nvidia(root: Path) -> Iterator[str]:
    """Yield what a container lacks: without these, Mesa answers in software, silently, in place of a GPU."""
    given = os.environ.get("NVIDIA_DRIVER_CAPABILITIES")
    if not any(file for folder in _LIBRARIES for file in root.glob(f"{folder}/libEGL_nvidia.so*")):
        yield (
            "there is an NVIDIA GPU, but not the graphics part of its driver (libEGL_nvidia): in a container "
            "start it with --gpus all -e NVIDIA_DRIVER_CAPABILITIES=graphics,compute,utility"
            + (f" (it has {given!r})" if given else "")
        )
    elif "__EGL_VENDOR_LIBRARY_FILENAMES" not in os.environ and not any(
        file for folder in _VENDORS for file in root.glob(f"{folder}/*nvidia*.json")
    ):
        yield (
            'EGL is not told of NVIDIA\'s driver: write {"file_format_version": "1.0.0", "ICD": '
            '{"library_path": "libEGL_nvidia.so.0"}} to /usr/share/glvnd/egl_vendor.d/10_nvidia.json'
        )
