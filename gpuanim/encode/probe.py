"""What ffmpeg is here and what it can encode: for `gpuanim doctor`."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from gpuanim.encode.hardware import VENDORS, Device, try_device
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.errors import EncoderError

__all__ = ["FFmpegInfo", "ffmpeg_info"]

_SOFTWARE = (
    "libx264",
    "libx265",
    "libsvtav1",
    "libvpx-vp9",
    "prores_ks",
    "libwebp_anim",
    "apng",
    "gif",
    "ffv1",
)
_FAMILIES = ("h264", "hevc", "av1")


@dataclass(frozen=True)
class FFmpegInfo:
    """One ffmpeg binary.

    Parameters
    ----------
    path, version
        Where it is and what it calls itself.
    encoders
        Those of interest to films that work here: hardware encoders have encoded a test picture, because
        being listed says only that they were compiled in.
    """

    path: str
    version: str
    encoders: tuple[str, ...]


def ffmpeg_info() -> FFmpegInfo:
    """Ask ffmpeg for its version and try its encoders; 0.1 to 0.5 s on the first call.

    Raises
    ------
    MissingDependencyError
        If there is no ffmpeg, with the line that installs it.
    EncoderError
        If there is one that does not run.
    """
    return _info(ffmpeg_exe())


@cache
def _info(exe: str) -> FFmpegInfo:
    first = _run(exe, "-version").splitlines()[:1]
    version = first[0].removeprefix("ffmpeg version ").split(" ")[0] if first else "unknown"
    listed = {words[1] for line in _run(exe, "-encoders").splitlines() if len(words := line.split()) > 2}
    devices = [Device(family, vendor) for vendor in VENDORS for family in _FAMILIES]
    devices = [device for device in devices if device.name in listed]
    with ThreadPoolExecutor(4) as pool:
        faults = list(pool.map(try_device, devices))
    usable = [device.name for device, fault in zip(devices, faults, strict=True) if fault is None]
    return FFmpegInfo(exe, version, (*(name for name in _SOFTWARE if name in listed), *usable))


def _run(exe: str, *options: str) -> str:
    try:
        done = subprocess.run(
            [exe, "-hide_banner", *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EncoderError(f"ffmpeg at {exe} does not run: {error}") from error
    return done.stdout.decode(errors="replace")
