"""H.264, the one codec that plays everywhere, PowerPoint, QuickTime and notebooks included."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import ClassVar

from gpuanim.encode._base import Encoder
from gpuanim.encode._guarded import check_spec
from gpuanim.encode.process import FFmpegWriter
from gpuanim.errors import FormatError, OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["BT709", "H264"]

_QUALITIES: dict[str, tuple[str, float, tuple[str, ...]]] = {
    # ultrafast with the three cheap tools back: 82 instead of 107 kB a frame, 115-128 frames/s at 1080p.
    "draft": ("ultrafast", 20, ("-x264-params", "cabac=1:8x8dct=1:aq-mode=1")),
    # The knee: slower presets save about 12 % of the bytes at 1.8 times the time.
    "standard": ("veryfast", 17, ()),
    "high": ("medium", 14, ()),
}
_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
_MUXERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_MAX_SIDE = 16384  # x264 and the H.264 levels end there
# On both sides: tags on the output alone make ffmpeg >= 7 convert the pixels, and older ones not.
BT709 = ("-color_range", "tv", *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"))


@dataclass(frozen=True)
class H264(Encoder):
    """H.264 through x264: 4:2:0, BT.709 limited range and tagged so, a keyframe every second.

    The same frames give the same bytes with the same ffmpeg and the same number of threads.

    Parameters
    ----------
    crf
        x264's constant rate factor, above 0 to 51; lower is better and larger. 17 by default; the
        same number means different qualities at different presets.
    preset
        x264's preset, `"ultrafast"` to `"veryslow"`; `"veryfast"` by default.
    quality
        `"draft"`, `"standard"` or `"high"`: sets `crf` and `preset` where those are not given.
    threads
        Threads of x264; None leaves it to x264.
    extra
        More ffmpeg options for the output, one string each, such as `("-tune", "animation")`.

    Raises
    ------
    OptionError
        If an option has a value that x264 does not know.
    """

    crf: float | None = None
    preset: str | None = None
    quality: str | None = None
    threads: int | None = None
    extra: tuple[str, ...] = ()

    formats: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.NV12, PixelFormat.YUV420P)
    """x264 keeps its chroma interleaved: NV12 encodes 10 % faster, to the same film."""

    def __post_init__(self) -> None:
        quality = "standard" if self.quality is None else self.quality
        if quality not in _QUALITIES:
            raise OptionError(f"quality must be one of {tuple(_QUALITIES)}, not {quality!r}")
        preset, crf, _ = _QUALITIES[quality]
        crf = crf if self.crf is None else self.crf
        preset = preset if self.preset is None else self.preset
        if isinstance(crf, bool) or not isinstance(crf, int | float) or not 0 < crf <= 51:
            raise OptionError(
                f"crf must be above 0 and at most 51, not {crf!r} "
                "(0 is lossless, in a profile that browsers do not play)"
            )
        if preset not in _PRESETS:
            near = difflib.get_close_matches(str(preset), _PRESETS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"preset must be one of {', '.join(_PRESETS)}, not {preset!r}{hint}")
        if self.threads is not None and not (isinstance(self.threads, int) and 1 <= self.threads <= 128):
            raise OptionError(f"threads must be from 1 to 128, or None, not {self.threads!r}")
        if isinstance(self.extra, str) or not all(isinstance(word, str) for word in self.extra):
            raise OptionError(f"extra must be a tuple of strings, one for each word, not {self.extra!r}")
        object.__setattr__(self, "crf", crf)
        object.__setattr__(self, "preset", preset)
        object.__setattr__(self, "extra", tuple(self.extra))

    def open(self, target: Path, spec: FilmSpec) -> FFmpegWriter:
        """Start ffmpeg on a hidden file beside `target`."""
        check_spec(self, spec, _MAX_SIDE)
        muxer = _MUXERS.get(target.suffix.lower())
        if muxer is None:
            known = ", ".join(_MUXERS)
            raise FormatError(f"H.264 is written to {known} files, not {target.suffix or target.name!r}")
        return FFmpegWriter(target, spec, BT709, self.output_options(spec, muxer))

    def output_options(self, spec: FilmSpec, muxer: str = "mp4") -> list[str]:
        """Return what stands before the file's name on ffmpeg's command line."""
        tools = _QUALITIES["draft"][2] if self.quality == "draft" and self.preset == "ultrafast" else ()
        threads = () if self.threads is None else ("-threads", str(self.threads))
        title = ("-metadata", f"title={spec.title}") if spec.title else ()
        faststart = () if muxer == "matroska" else ("-movflags", "+faststart")
        # A keyframe each second: seeking takes half as long as with x264's own 250 frames, for 28 %
        # more bytes; a player that steps and scrubs needs it.
        return [
            *("-c:v", "libx264", "-preset", str(self.preset), "-crf", f"{self.crf:g}"),
            *("-g", str(keyframe_interval(spec.fps)), "-pix_fmt", spec.pixel_format),
            *(*BT709, *tools, *threads, *title, *faststart),
            *("-fflags", "+bitexact", "-flags:v", "+bitexact"),
            *self.extra,
            *("-f", muxer),
        ]


def keyframe_interval(fps: Fraction) -> int:
    """Return the number of frames in one second, at least one."""
    return max(1, floor(fps + Fraction(1, 2)))
