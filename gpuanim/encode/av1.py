"""AV1: the smallest films; Chrome, Firefox and Edge play it, Safari on new devices only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gpuanim.encode._ffmpeg import BT709
from gpuanim.encode._rated import Level, RatedEncoder
from gpuanim.frames import FilmSpec

__all__ = ["AV1"]


@dataclass(frozen=True, kw_only=True)
class AV1(RatedEncoder):
    """AV1 through SVT-AV1, in .webm, .mp4 or .mkv; 4:2:0 only, and never lossless.

    Its blocks are large: up to 64 pixels from an edge, single pixels of a flat area can be 10 of 255 off.

    Parameters
    ----------
    crf
        SVT-AV1's constant rate factor, above 0 to 63; 29 by default.
    preset
        SVT-AV1's preset, 0 (slow) to 13; 8 by default, the step at which films become half as large
        as H.264 of the same quality.
    quality, bitrate, hardware
        As in `RatedEncoder`, without "lossless".
    threads, extra
        As in `FFmpegEncoder`.

    Raises
    ------
    OptionError
        If an option has a value that SVT-AV1 does not know.
    """

    name: ClassVar[str] = "AV1"
    family: ClassVar[str] = "av1"
    muxers: ClassVar[Mapping[str, str]] = {".webm": "webm", ".mp4": "mp4", ".m4v": "mp4", ".mkv": "matroska"}
    presets: ClassVar[tuple[str, ...]] = tuple(str(preset) for preset in range(13, -1, -1))
    qualities: ClassVar[tuple[str, ...]] = ("draft", "standard", "high")
    max_crf: ClassVar[int] = 63
    max_side: ClassVar[int] = 8192
    levels: ClassVar[Mapping[str, Level]] = {
        "draft": Level("10", 31),
        "standard": Level("8", 29),
        "high": Level("6", 18),
    }
    full_chroma: ClassVar[bool] = False

    def _software_options(self, spec: FilmSpec) -> Sequence[str]:
        # Points are drawn, not filmed: the tools for screen content (from preset 9 down) save 2 to 10 % of
        # the bytes at more PSNR, and what rings into flat areas falls from 27 to 10 of 255.
        codec = ("-c:v", "libsvtav1", "-preset", str(self.preset), "-svtav1-params", "scm=1")
        return [*codec, *self._rate, "-pix_fmt", "yuv420p", *BT709]
