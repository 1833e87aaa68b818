"""One film in another format, without rendering it again: copied where that is possible, else re-encoded."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from gpuanim.decode._base import FilmInfo
from gpuanim.decode.frames import decoded_size, read_frames
from gpuanim.decode.info import film_info
from gpuanim.encode import SUFFIXES, Encoder, encoder_for, transparent_suffixes
from gpuanim.encode._ffmpeg import file_options
from gpuanim.encode._metadata import film_comment
from gpuanim.encode.process import ended, ffmpeg_exe
from gpuanim.encode.target import Part, PartFolder, check_target
from gpuanim.errors import EncoderError, FormatError, OptionError
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.types import Colors
from gpuanim.values.rates import as_fps

__all__ = ["Conversion", "convert"]

_CODECS = {"h264": "h264", "hevc": "h265", "av1": "av1", "vp9": "vp9", "prores": "prores", "ffv1": "lossless"}
_MUXERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".webm": "webm", ".mkv": "matroska"}
_PAGES = (".html", ".htm")
_SAMPLES = 8  # frames whose colours a palette is chosen for
_MOST_COLORS = 1024
_FASTEST = Fraction(60)


@dataclass(frozen=True)
class Conversion:
    """What `convert` did.

    Attributes
    ----------
    path
        The new file, or the pattern of the files.
    copied
        Whether the compressed frames were taken as they are.
    lossless
        Whether the new film shows what the old one does, pixel by pixel.
    n_frames, nbytes
        Of the new film.
    notes
        What was done and what differs, in words.
    """

    path: Path
    copied: bool
    lossless: bool
    n_frames: int
    nbytes: int
    notes: tuple[str, ...]


def convert(
    source: str | Path,
    target: str | Path,
    *,
    codec: str | None = None,
    fps: float | str | Fraction | None = None,
    encoder: Encoder | None = None,
    **options: Any,
) -> Conversion:
    """Make the same film in another format; title and metadata come along.

    Between .mp4, .mov, .webm, .mkv and .html the compressed frames are copied where the new container
    holds their codec and nothing about the encoding is asked for. Otherwise they are decoded and encoded
    anew, which loses a little in every format but .png, .apng, lossless .webp and .mkv.

    Parameters
    ----------
    source
        Any film that `film_info` reads.
    target
        The format follows from the suffix, as in `Animation.save`. It appears when it is whole.
    codec, encoder, **options
        As in `Animation.save`; each means that the film is encoded anew.
    fps
        Frames per second of a film without a constant rate (a GIF with holds): its frames are repeated.
        Of others: the same frames, faster or slower.

    Raises
    ------
    FileError
        If the source holds no film, or a broken one.
    FormatError, OptionError, TargetError, EncoderError
        As in `Animation.save`.
    """
    target = Path(target)
    if Path(source).resolve() == target.resolve():
        raise OptionError(f"source and target are the same file, {target}; choose another name")
    info = film_info(source)
    rate = None if fps is None else as_fps(fps)
    asked = codec is not None or encoder is not None or bool(options) or rate is not None
    with _film(info) as film:
        if not asked and _can_copy(info, target):
            return _copy(film, info, target)
        if encoder is None:
            encoder = encoder_for(target, codec, transparent=info.transparent, **options)
        elif codec is not None or options:
            raise OptionError("give options to the encoder itself, not beside it")
        return _encode(film, info, target, encoder, rate)


@contextmanager
def _film(info: FilmInfo) -> Iterator[Path]:
    if info.container != "html":
        yield info.path
        return
    from gpuanim.decode.page import film_of_page

    with film_of_page(info.path) as film:
        yield film


def _can_copy(info: FilmInfo, target: Path) -> bool:
    suffix = target.suffix.lower()
    if info.container not in ("mp4", "m4v", "mov", "webm", "mkv", "html"):
        return False
    rgb = info.pixel_format.startswith(("gbr", "rgb", "bgr"))
    codec = "lossless" if rgb else _CODECS.get(info.codec, "")
    if suffix in _PAGES:  # what every browser plays
        return info.codec == "h264" and info.pixel_format == "yuv420p" and info.fps is not None
    return suffix in _MUXERS and codec in SUFFIXES[suffix]


def _spec(info: FilmInfo, pixel_format: PixelFormat, fps: Fraction, colors: Colors) -> FilmSpec:
    width, height = decoded_size(info, pixel_format)
    made = MappingProxyType(info.gpuanim or {})
    back = (int(colors[0, 0]), int(colors[0, 1]), int(colors[0, 2])) if len(colors) else None
    return FilmSpec(width, height, fps, pixel_format, None, colors, info.title, back, made)


def _copy(film: Path, info: FilmInfo, target: Path) -> Conversion:
    check_target(target)
    spec = _spec(info, PixelFormat.NV12, info.fps or Fraction(1), np.empty((0, 3), np.uint8))
    if target.suffix.lower() in _PAGES:
        from gpuanim.encode.html import HTML, publish_page

        folder = PartFolder(check_target(target))
        try:
            _mux(film, info, folder.path / "film.mp4", "mp4", spec)
            publish_page(HTML(), folder, check_target(target), spec, info.n_frames)
        except BaseException:
            folder.discard()
            raise
    else:
        part = Part(check_target(target))
        try:
            _mux(film, info, part.path, _MUXERS[target.suffix.lower()], spec)
            part.commit()
        except BaseException:
            part.discard()
            raise
    made = "taken out of the page" if info.container == "html" else "copied"
    note = f"the compressed frames were {made} as they are: nothing was lost"
    return Conversion(target, True, True, info.n_frames, target.stat().st_size, (note,))


def _mux(film: Path, info: FilmInfo, target: Path, muxer: str, spec: FilmSpec) -> None:
    tag = ("-tag:v", "hvc1") if info.codec == "hevc" and muxer in ("mp4", "mov") else ()
    clock: tuple[str, ...] = ()
    if info.fps is not None and info.container in ("mkv", "webm") and muxer in ("mp4", "mov"):
        # Matroska counts milliseconds: put the frames back onto the clock of their rate.
        frame = f"{info.fps.denominator}/{info.fps.numerator}"
        clock = ("-bsf:v", f"setts=time_base={frame}:prescale=1:pts=PTS:dts=DTS:duration=1")
    command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-i", f"file:{film}"]
    command += [
        "-map",
        "0:v:0",
        "-c",
        "copy",
        *tag,
        *clock,
        *file_options(spec.title, film_comment(spec), muxer),
    ]
    command += ["-flags:v", "+bitexact", "-f", muxer, f"file:{target}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip()[-2000:]
        raise EncoderError(f"ffmpeg {ended(done.returncode)} while it copied, and said:\n{words}")


def _encode(film: Path, info: FilmInfo, target: Path, encoder: Encoder, rate: Fraction | None) -> Conversion:
    pixel_format = _negotiate(info, encoder)
    still = info.n_frames == 1 and info.fps is None
    fps = rate or info.fps or (Fraction(1) if still else _fastest(info))
    resampled = fps if info.fps is None and not still else None
    spec = _spec(info, pixel_format, fps, _colors(film, info))
    if resampled is None:
        spec = replace(spec, n_frames=info.n_frames)
    count = 0
    with (
        closing(read_frames(film, info, pixel_format, fps=resampled)) as frames,
        encoder.open(target, spec) as out,
    ):
        for frame in frames:
            out.write(frame)
            count += 1
    # YUV frames are those of the film only where that is such YUV, too.
    exact = encoder.exact and (not pixel_format.yuv or info.pixel_format == pixel_format)
    notes = [
        f"decoded and encoded anew as {getattr(encoder, 'name', type(encoder).__name__)}: " + _loss(exact)
    ]
    if resampled is not None:
        notes.append(f"its frames have no constant rate: they were repeated at {float(fps):g} frames/s")
    nbytes = sum(file.stat().st_size for file in encoder.files(target, count))
    return Conversion(target, False, exact, count, nbytes, (*notes, *encoder.notes(spec)))


def _loss(exact: bool) -> str:
    return (
        "nothing was lost" if exact else "a generation of quality was lost; rendering again would not lose it"
    )


def _negotiate(info: FilmInfo, encoder: Encoder) -> PixelFormat:
    formats = [f for f in encoder.formats if f is not PixelFormat.PAL8]
    if info.transparent:
        if PixelFormat.RGBA in formats:
            return PixelFormat.RGBA
        known = ", ".join(transparent_suffixes())
        raise FormatError(
            f"{info.path} is transparent, and {type(encoder).__name__} cannot hold that; "
            f"convert it to one of {known}"
        )
    for pixel_format in formats:
        if pixel_format is not PixelFormat.RGBA:
            return pixel_format
    raise FormatError(f"{type(encoder).__name__} takes none of the formats that films are decoded to")


def _fastest(info: FilmInfo) -> Fraction:
    """Return the mean rate of frames, whole, up to 60: for films whose frames last differently long."""
    mean = Fraction(info.n_frames) / Fraction(info.duration).limit_denominator(1000)
    return min(_FASTEST, Fraction(max(1, round(mean))))


def _colors(film: Path, info: FilmInfo) -> Colors:
    """Return the most frequent colours of a few frames, the most frequent first."""
    every = max(1, info.n_frames // _SAMPLES)
    with closing(read_frames(film, info, PixelFormat.RGB24, every=every)) as frames:
        pixels = [
            frame.reshape(-1, 3)[:: max(1, len(frame) // 3_000_000)] for frame in islice(frames, _SAMPLES)
        ]
    keys = np.concatenate(pixels).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    unique, counts = np.unique(keys, return_counts=True)
    often = unique[np.argsort(-counts, kind="stable")[:_MOST_COLORS]]
    return np.stack([often >> 16, often >> 8 & 255, often & 255], -1).astype(np.uint8)
