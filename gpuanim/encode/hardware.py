"""Encoders of graphics chips: each is tried with a frame before it is used.

That ffmpeg lists an encoder says only that it was compiled in.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from gpuanim.encode.process import ffmpeg_exe
from gpuanim.errors import EncoderError, OptionError

__all__ = ["VENDORS", "Device", "check_hardware", "find_device", "try_device"]

VENDORS = ("nvenc", "videotoolbox", "vaapi")
"""In the order in which "auto" tries them."""

_VAAPI_DEVICE = "/dev/dri/renderD128"


@dataclass(frozen=True)
class Device:
    """A hardware encoder of one codec family.

    Parameters
    ----------
    family
        "h264", "hevc", "av1" or "vp9".
    vendor
        One of `VENDORS`.
    """

    family: str
    vendor: str

    @property
    def name(self) -> str:
        """What ffmpeg calls it."""
        return f"{self.family}_{self.vendor}"

    @property
    def before(self) -> tuple[str, ...]:
        """What stands before the input on ffmpeg's command line."""
        return ("-vaapi_device", _VAAPI_DEVICE) if self.vendor == "vaapi" else ()

    def options(self, crf: float | None, bitrate: str | int | None) -> list[str]:
        """Return codec and settings; `crf` is a software encoder's, and is met about, not exactly."""
        if self.vendor == "vaapi":
            rate = ["-rc_mode", "CQP", "-qp", f"{crf:.0f}"] if bitrate is None else ["-b:v", str(bitrate)]
            return ["-vf", "format=nv12,hwupload", "-c:v", self.name, *rate]
        if self.vendor == "videotoolbox":
            # From 1 to 100, better upwards.
            rate = ["-q:v", f"{max(1.0, 100 - 2 * (crf or 0)):.0f}"]
            rate = rate if bitrate is None else ["-b:v", str(bitrate)]
            return ["-c:v", self.name, *rate, "-pix_fmt", "nv12", *_HVC1.get(self.family, ())]
        rate = ["-rc", "vbr", "-cq", f"{crf:.0f}", "-b:v", "0"] if bitrate is None else ["-b:v", str(bitrate)]
        preset = ("-preset", "p4", "-tune", "hq")
        return ["-c:v", self.name, *preset, *rate, "-pix_fmt", "nv12", *_HVC1.get(self.family, ())]


_HVC1 = {"hevc": ("-tag:v", "hvc1")}


def check_hardware(hardware: object) -> None:
    """Raise `OptionError` unless it is "auto" or a vendor."""
    if hardware not in ("auto", *VENDORS):
        names = ", ".join(f'"{name}"' for name in VENDORS)
        raise OptionError(f'hardware must be "auto", {names} or None, not {hardware!r}')


def find_device(hardware: str, family: str) -> Device | None:
    """Return a device that has encoded a frame just now or earlier in this process.

    None is for "auto" where there is no such device.

    Raises
    ------
    EncoderError
        If the device that was asked for does not encode; with ffmpeg's words.
    """
    if hardware == "auto":
        devices = (Device(family, vendor) for vendor in VENDORS)
        return next((device for device in devices if try_device(device) is None), None)
    device = Device(family, hardware)
    words = try_device(device)
    if words is not None:
        raise EncoderError(
            f"{device.name} does not encode here; leave hardware out for software. ffmpeg said:\n{words}"
        )
    return device


def try_device(device: Device) -> str | None:
    """Encode a picture; return None if that went well, else ffmpeg's last words."""
    return _try(ffmpeg_exe(), (*device.before,), tuple(device.options(20, None)))


@cache
def _try(exe: str, before: Sequence[str], options: Sequence[str]) -> str | None:
    """Encode a picture with these options: None if it worked, else what ffmpeg said. Asked once a process."""
    picture = ["-f", "lavfi", "-i", "color=s=256x256:r=10:d=0.1"]
    command = [exe, "-hide_banner", "-loglevel", "error", *before, *picture, *options, "-f", "null", "-"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    if done.returncode == 0:
        return None
    return done.stderr.decode(errors="replace").strip()[-1000:] or f"status {done.returncode}"
