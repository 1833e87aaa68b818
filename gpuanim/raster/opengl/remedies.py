"""What to do about an OpenGL that does not start, or stops: the texts of errors and of `gpuanim doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["LOST", "MESA", "OTHERWISE", "OUT_OF_MEMORY", "advice", "not_here"]

MESA = "apt-get install libegl1 libgl1 libgl1-mesa-dri (Debian), dnf install mesa-libEGL mesa-dri-drivers (Fedora)"
OTHERWISE = 'renderer="cpu" draws the same pictures'
LOST = (
    "the graphics driver has reset its context, as it does after a fault or when the GPU was taken away: save "
    f"again, with a new context, or {OTHERWISE}"
)
OUT_OF_MEMORY = (
    "{renderer} has no memory left for {what}: close what else uses it, choose another with device=, or make "
    f"the frames smaller; {OTHERWISE}, in the computer's memory"
)

_VENDOR_FOLDERS = ("/usr/share/glvnd/egl_vendor.d", "/etc/glvnd/egl_vendor.d")


def not_here(tried: Mapping[str, str]) -> str:
    """Return the message of an error: what was tried, how each failed, and what to do."""
    lines = "".join(f"\n  {place}: {why}" for place, why in tried.items())
    hints = "".join(f"\n  {line}" for line in advice(tried))
    return f'OpenGL does not start here; {OTHERWISE}, without it. Tried:{lines}\nTo mend it:{hints or " see above"}'


def advice(tried: Mapping[str, str], root: Path = Path("/")) -> Iterator[str]:
    """Yield what to do about each of the common failures that are seen here.

    Parameters
    ----------
    tried
        Place -> how it failed.
    root
        Of the file system, for tests.
    """
    said = " ".join(tried.values())
    if any(root.glob("dev/nvidia[0-9]*")):
        yield from _nvidia(root)
    if "EGL library not found" in said or "Could not load OpenGL library" in said or not tried:
        yield f"no EGL or OpenGL library, for one without a display: {MESA}"
    elif tried:
        yield f"for OpenGL in software: {MESA}"
    if "OpenGL 3.3 is needed" in said:
        yield "the driver is too old, or another one answers: update it, or set LIBGL_ALWAYS_SOFTWARE=1"


def _nvidia(root: Path) -> Iterator[str]:
    """Yield what a container lacks: with a GPU but without these, Mesa answers in software, silently."""
    wanted = {"all", "graphics"}
    given = os.environ.get("NVIDIA_DRIVER_CAPABILITIES", "")
    if not any(root.glob("usr/lib*/**/libEGL_nvidia.so*")):
        why = f", it has {given!r}" if given and not wanted & set(given.split(",")) else ""
        yield (
            "the container was started without the graphics part of NVIDIA's driver (libEGL_nvidia): start it "
            f"with --gpus all -e NVIDIA_DRIVER_CAPABILITIES=graphics,compute,utility{why}"
        )
    vendors = [root / folder.lstrip("/") for folder in _VENDOR_FOLDERS]
    if "__EGL_VENDOR_LIBRARY_FILENAMES" not in os.environ and not any(
        file for folder in vendors for file in folder.glob("*nvidia*.json")
    ):
        yield (
            "EGL is not told of NVIDIA's driver: write {\"file_format_version\": \"1.0.0\", \"ICD\": "
            "{\"library_path\": \"libEGL_nvidia.so.0\"}} to /usr/share/glvnd/egl_vendor.d/10_nvidia.json"
        )
