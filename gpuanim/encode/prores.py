"""ProRes 4444: large, for video editors, with transparency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gpuanim.encode._ffmpeg import FFmpegEncoder, to_yuv
from gpuanim.errors import OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["ProRes"]

# 4:4:4 at ten bits: its worst is better than the best of the others, where colour is concerned.
_QSCALES = {"draft": 16, "standard": 10, "high": 4}


@dataclass(frozen=True, kw_only=True)
class ProRes(FFmpegEncoder):
    """ProRes 4444 in .mov or .mkv: ten bits, full chroma, every frame a keyframe, straight alpha.

    Parameters
    ----------
    qscale
        Coarseness of the quantiser, 1 to 31; 10 by default.
    quality
        "draft", "standard" or "high": sets `qscale` where that is not given.
    threads, extra
        As in `FFmpegEncoder`.

    Raises
    ------
    OptionError
        If an option has a value that cannot be used.
    """

    qscale: int | None = None

    name: ClassVar[str] = "ProRes"
    muxers: ClassVar[Mapping[str, str]] = {".mov": "mov", ".mkv": "matroska"}
    qualities: ClassVar[tuple[str, ...]] = ("draft", "standard", "high")

    @property
    def formats(self) -> tuple[PixelFormat, ...]:
        return (PixelFormat.RGB24, PixelFormat.RGBA)

    def __post_init__(self) -> None:
        super().__post_init__()
        scale = _QSCALES[self.quality or "standard"] if self.qscale is None else self.qscale
        if isinstance(scale, bool) or not isinstance(scale, int) or not 1 <= scale <= 31:
            raise OptionError(f"qscale must be a whole number from 1 to 31, not {scale!r}")
        object.__setattr__(self, "qscale", scale)

    def _codec_options(self, spec: FilmSpec) -> Sequence[str]:
        alpha = spec.pixel_format is PixelFormat.RGBA
        codec = ("-c:v", "prores_ks", "-profile:v", "4444", "-vendor", "apl0", "-qscale:v", str(self.qscale))
        depth = ("-alpha_bits", "8" if alpha else "0")
        return [*codec, *depth, *to_yuv("yuva444p10le" if alpha else "yuv444p10le")]
