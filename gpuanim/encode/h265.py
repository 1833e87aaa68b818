"""H.265: smaller than H.264, for Apple's players and televisions; most browsers do not play it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gpuanim.encode._ffmpeg import BT709, MP4
from gpuanim.encode._rated import Level, RatedEncoder
from gpuanim.encode.h264 import X26X_PRESETS
from gpuanim.frames import FilmSpec

__all__ = ["H265"]


@dataclass(frozen=True, kw_only=True)
class H265(RatedEncoder):
    """H.265 (HEVC) through x265, tagged `hvc1`, which QuickTime asks for.

    Parameters
    ----------
    crf
        x265's constant rate factor, above 0 to 51; 19 by default.
    preset
        x265's preset, `"ultrafast"` to `"veryslow"`; `"veryfast"` by default. `"ultrafast"` blurs edges
        (SSIM 0.995 where the others have 0.999).
    quality, bitrate, pixel_format, hardware
        As in `RatedEncoder`.
    threads, extra
        As in `FFmpegEncoder`.

    Raises
    ------
    OptionError
        If an option has a value that x265 does not know.
    """

    name: ClassVar[str] = "H.265"
    family: ClassVar[str] = "hevc"
    muxers: ClassVar[Mapping[str, str]] = MP4
    presets: ClassVar[tuple[str, ...]] = X26X_PRESETS
    tag: ClassVar[str | None] = "hvc1"
    max_side: ClassVar[int] = 8192
    levels: ClassVar[Mapping[str, Level]] = {
        "draft": Level("superfast", 23),
        "standard": Level("veryfast", 19),
        "high": Level("medium", 17),
        "lossless": Level("veryfast", None),
    }

    def _software_options(self, spec: FilmSpec) -> Sequence[str]:
        # x265 writes its own log, whatever ffmpeg's level is.
        params = "log-level=error" + ("" if self._rate else ":lossless=1")
        codec = ("-c:v", "libx265", "-preset", str(self.preset), "-tag:v", str(self.tag))
        return [*codec, *self._rate, "-x265-params", params, "-pix_fmt", spec.pixel_format, *BT709]
