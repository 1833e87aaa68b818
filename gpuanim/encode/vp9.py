"""VP9: WebM that every browser plays, Safari since 14.1 included, and with transparency all but Safari."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gpuanim.encode._ffmpeg import BT709, to_yuv
from gpuanim.encode._rated import Level, RatedEncoder
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["VP9"]

_REALTIME = 5  # from this cpu-used on; see the docstring


@dataclass(frozen=True, kw_only=True)
class VP9(RatedEncoder):
    """VP9 through libvpx, in .webm or .mkv; transparent films keep their alpha.

    Parameters
    ----------
    crf
        libvpx's constant rate factor, above 0 to 63; 29 by default.
    preset
        libvpx's `cpu-used`, 0 (slow) to 8; 5 by default. From 5 on libvpx works for real time: four
        to seven times as fast as its "good" mode at the same quality, for up to a fourth more bytes.
    quality, bitrate, pixel_format, hardware
        As in `RatedEncoder`.
    threads, extra
        As in `FFmpegEncoder`.

    Raises
    ------
    OptionError
        If an option has a value that libvpx does not know.
    """

    name: ClassVar[str] = "VP9"
    family: ClassVar[str] = "vp9"
    muxers: ClassVar[Mapping[str, str]] = {".webm": "webm", ".mkv": "matroska"}
    presets: ClassVar[tuple[str, ...]] = tuple(str(preset) for preset in range(8, -1, -1))
    max_crf: ClassVar[int] = 63
    levels: ClassVar[Mapping[str, Level]] = {
        "draft": Level("8", 34),
        "standard": Level("5", 29),
        "high": Level("5", 18),
        "lossless": Level("5", None),
    }
    subsampled: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.YUV420P, PixelFormat.RGBA)

    def _software_options(self, spec: FilmSpec) -> Sequence[str]:
        deadline = "realtime" if int(str(self.preset)) >= _REALTIME else "good"
        rate = self._rate or ("-lossless", "1")
        # A rate factor alone limits the rate, too, unless that is set to 0.
        free = () if self.bitrate is not None else ("-b:v", "0")
        speed = ("-deadline", deadline, "-cpu-used", str(self.preset), "-row-mt", "1", "-tile-columns", "2")
        return ["-c:v", "libvpx-vp9", *speed, *rate, *free, *self._pixels(spec)]

    def _pixels(self, spec: FilmSpec) -> tuple[str, ...]:
        if spec.pixel_format is PixelFormat.RGBA:
            # libvpx cannot hold frames back where alpha runs beside them in a stream of its own.
            return (*to_yuv("yuva420p"), "-auto-alt-ref", "0")
        return ("-pix_fmt", "yuv444p" if spec.pixel_format is PixelFormat.YUV444P else "yuv420p", *BT709)
