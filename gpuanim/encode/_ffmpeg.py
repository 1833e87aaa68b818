"""What all encoders through ffmpeg share: options, their checks, colour tags, titles and metadata."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import ClassVar

from gpuanim.encode._guarded import check_spec
from gpuanim.encode._joining import THREADS, Joinable, Segment, concat
from gpuanim.encode._metadata import film_comment
from gpuanim.encode.process import FFmpegWriter
from gpuanim.encode.target import Part, check_target
from gpuanim.errors import FormatError, OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["BT709", "MP4", "QUALITIES", "FFmpegEncoder", "check_quality", "keyframe_interval", "to_yuv"]

QUALITIES = ("draft", "standard", "high", "lossless")
"""The same word means the same picture in every format: about the same PSNR of luma, and with "lossless"
every pixel within 2 of 255. Means of two films of real cells at 1280x720 (`benchmarks/quality.py`), in dB:

            H.264   H.265   AV1    VP9    WebP   ProRes
draft       42.5    42.7    42.6   42.6   42.5   47.2
standard    45.0    45.4    45.2   45.0   45.5   51.2
high        49.2    49.1    49.3   49.0   49.3   59.0

ProRes is for going on with, so its worst is better. 4:2:0 costs more than the codecs do: 31 to 36 dB in RGB.
"""

MP4 = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
"""Suffixes and ffmpeg's names of the containers that take H.264 and H.265."""

# On both sides: tags on the output alone make ffmpeg >= 7 convert the pixels, and older ones not.
BT709 = ("-color_range", "tv", *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"))


@dataclass(frozen=True, kw_only=True)
class FFmpegEncoder(Joinable):
    """An encoder that is an ffmpeg process.

    Parameters
    ----------
    quality
        One of `QUALITIES`.
    threads
        Threads of the codec; None leaves it to the codec.
    extra
        More ffmpeg options for the output, one string each, such as `("-tune", "animation")`.
    """

    quality: str | None = None
    threads: int | None = None
    extra: tuple[str, ...] = ()

    name: ClassVar[str]
    """The codec's name in messages."""
    muxers: ClassVar[Mapping[str, str]]
    """Suffixes of the containers that hold it, and ffmpeg's names of these."""
    tag: ClassVar[str | None] = None
    """Of the codec in MP4 and MOV, where it is not ffmpeg's own choice."""
    qualities: ClassVar[tuple[str, ...]] = QUALITIES
    """Those that it has."""
    max_side: ClassVar[int] = 16384

    def __post_init__(self) -> None:
        check_quality(self.name, self.quality, self.qualities)
        if self.threads is not None and not (isinstance(self.threads, int) and 1 <= self.threads <= 128):
            raise OptionError(f"threads must be from 1 to 128, or None, not {self.threads!r}")
        if isinstance(self.extra, str) or not all(isinstance(word, str) for word in self.extra):
            raise OptionError(f"extra must be a tuple of strings, one for each word, not {self.extra!r}")
        object.__setattr__(self, "extra", tuple(self.extra))

    def open(self, target: Path, spec: FilmSpec) -> FFmpegWriter:
        """Start ffmpeg on a hidden file beside `target`."""
        check_spec(self, spec, self.max_side)
        muxer = self._muxer(target)
        return FFmpegWriter(target, spec, self.input_options(spec), self.output_options(spec, muxer))

    def for_segments(self, target: Path, spec: FilmSpec) -> tuple[FFmpegEncoder, str]:
        check_target(target)
        check_spec(self, spec, self.max_side)
        self._muxer(target)
        fixed = replace(self, threads=THREADS) if self.threads is None else self
        return fixed, f"film{target.suffix.lower()}"

    def join(self, segments: Sequence[Segment], target: Path, spec: FilmSpec) -> None:
        muxer = self._muxer(target)
        part = Part(check_target(target))
        try:
            concat(segments, part.path, spec.fps, muxer, self._joined_options(spec, muxer))
            part.commit()
        except BaseException:
            part.discard()
            raise

    def _joined_options(self, spec: FilmSpec, muxer: str) -> list[str]:
        tag = ["-tag:v", self.tag] if self.tag and muxer in ("mp4", "mov") else []
        return [*tag, *file_options(spec.title, film_comment(spec), muxer)]

    def _muxer(self, target: Path) -> str:
        muxer = self.muxers.get(target.suffix.lower())
        if muxer is None:
            known = ", ".join(self.muxers)
            raise FormatError(
                f"{self.name} is written to {known} files, not {target.suffix or target.name!r}"
            )
        return muxer

    def input_options(self, spec: FilmSpec) -> list[str]:
        """Return what stands before `-i` on ffmpeg's command line."""
        return list(BT709) if spec.pixel_format.yuv else []

    def output_options(self, spec: FilmSpec, muxer: str = "mp4") -> list[str]:
        """Return what stands before the file's name on ffmpeg's command line."""
        return [
            *self._codec_options(spec),
            *(() if self.threads is None else ("-threads", str(self.threads))),
            *file_options(spec.title, film_comment(spec), muxer),
            *("-flags:v", "+bitexact"),
            *self.extra,
            *("-f", muxer),
        ]

    @abstractmethod
    def _codec_options(self, spec: FilmSpec) -> Sequence[str]:
        """Return the codec, its settings, its pixel format and its colour tags."""


def file_options(title: str, comment: str, muxer: str) -> list[str]:
    """Return what a container is told: title and comment, the index in front, and no dates."""
    options = ["-fflags", "+bitexact"]
    options += ["-metadata", f"title={title}"] if title else []
    options += ["-metadata", f"comment={comment}"] if comment else []
    return options + (["-movflags", "+faststart"] if muxer in ("mp4", "mov") else [])


def check_quality(name: str, quality: str | None, allowed: Sequence[str]) -> None:
    """Raise `OptionError` unless `quality` is None or one of `allowed`."""
    if quality is None or quality in allowed:
        return
    if quality == "lossless":
        raise OptionError(f"{name} has no lossless quality: save to .mkv, .png or .apng, or as lossless WebP")
    raise OptionError(f"quality must be one of {tuple(allowed)}, not {quality!r}")


def to_yuv(pixel_format: str) -> tuple[str, ...]:
    """Return the options that convert RGB(A) to BT.709, the same in all versions of ffmpeg."""
    # Without them ffmpeg takes BT.601, and version 5 would tag that as BT.709.
    scale = "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int"
    # The frames out of the filters say what they are; options for the output do not reach all encoders.
    tags = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    return ("-vf", f"{scale},format={pixel_format},{tags}", "-pix_fmt", pixel_format, *BT709)


def keyframe_interval(fps: Fraction) -> int:
    """Return the number of frames in one second, at least one.

    A keyframe each second: seeking takes half as long as with x264's own 250 frames, for 28 % more bytes;
    a player that steps and scrubs needs it.
    """
    return max(1, floor(fps + Fraction(1, 2)))


def chroma(pixel_format: str | None, quality: str | None) -> PixelFormat:
    """Return the resolution of chroma that is asked for; "lossless" means all of it.

    Raises
    ------
    OptionError
        If it is neither "yuv420p" nor "yuv444p".
    """
    if pixel_format is None:
        return PixelFormat.YUV444P if quality == "lossless" else PixelFormat.YUV420P
    if pixel_format not in ("yuv420p", "yuv444p"):
        raise OptionError(f'pixel_format must be "yuv420p" or "yuv444p", not {pixel_format!r}')
    return PixelFormat(pixel_format)
