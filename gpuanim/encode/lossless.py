"""Lossless video: every pixel as it was drawn, for archives and for further work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gpuanim.encode._ffmpeg import FFmpegEncoder, keyframe_interval
from gpuanim.errors import OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["Lossless"]

_CODECS = ("h264", "ffv1")
_PRESETS = {"draft": "ultrafast", "standard": "ultrafast", "high": "veryfast", "lossless": "veryfast"}


@dataclass(frozen=True, kw_only=True)
class Lossless(FFmpegEncoder):
    """Exact RGB in .mkv, for ffmpeg, VLC and mpv; browsers show wrong colours or nothing.

    Parameters
    ----------
    codec
        "h264" (RGB, no quantiser) or "ffv1", which archives prefer and which holds transparency. On real
        cells at 1280x720 H.264 takes 370 kB a frame at 75 frames/s, FFV1 450 kB at 62. Default: H.264,
        and FFV1 for transparent films.
    quality
        Only how hard the codec tries, nothing is ever lost: "high" and "lossless" take 11 % fewer bytes
        and twice the time.
    threads, extra
        As in `FFmpegEncoder`.

    Raises
    ------
    OptionError
        If an option has a value that cannot be used.
    """

    codec: str | None = None

    name: ClassVar[str] = "lossless video"
    muxers: ClassVar[Mapping[str, str]] = {".mkv": "matroska"}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.codec is not None and self.codec not in _CODECS:
            raise OptionError(f"codec must be one of {_CODECS}, or None, not {self.codec!r}")

    @property
    def formats(self) -> tuple[PixelFormat, ...]:
        return (PixelFormat.RGB24,) if self.codec == "h264" else (PixelFormat.RGB24, PixelFormat.RGBA)

    @property
    def exact(self) -> bool:
        return True

    def notes(self, spec: FilmSpec) -> tuple[str, ...]:
        """Say where it cannot be shown."""
        del spec
        return ("lossless RGB video plays in VLC, mpv and ffmpeg; browsers do not show it right",)

    def _codec_options(self, spec: FilmSpec) -> Sequence[str]:
        alpha = spec.pixel_format is PixelFormat.RGBA
        if self.codec == "ffv1" or alpha:
            # Every frame is a keyframe, with a checksum for each of its slices.
            speed = ("-level", "3", "-g", "1", "-slices", "16", "-slicecrc", "1")
            return ["-c:v", "ffv1", *speed, "-pix_fmt", "bgra" if alpha else "bgr0"]
        preset = _PRESETS[self.quality or "standard"]
        interval = str(keyframe_interval(spec.fps))
        return ["-c:v", "libx264rgb", "-preset", preset, "-qp", "0", "-g", interval, "-pix_fmt", "rgb24"]
