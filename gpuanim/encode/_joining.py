"""Films that were written in parts become one file: the compressed frames are copied, never encoded again."""

from __future__ import annotations

import os
import subprocess
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from gpuanim.encode._base import Encoder
from gpuanim.encode.process import ended, ffmpeg_exe
from gpuanim.errors import EncoderError
from gpuanim.frames import FilmSpec

__all__ = ["Joinable", "Segment", "concat", "joinable_suffixes"]

THREADS = 4
"""Of the encoder of a segment: with another number x264 decides otherwise, so a film would depend on the
machine. Several segments at once make use of more cores."""

_MICRO = 1_000_000
"""ffmpeg's lists count in microseconds."""


@dataclass(frozen=True)
class Segment:
    """A part of a film that is complete.

    Parameters
    ----------
    path
        What its encoder was given as target.
    n_frames
        Number of its frames.
    """

    path: Path
    n_frames: int


class Joinable(Encoder):
    """An encoder whose films can be put together from closed segments, each written on its own."""

    @abstractmethod
    def for_segments(self, target: Path, spec: FilmSpec) -> tuple[Encoder, str]:
        """Check `target`, and return the encoder of each segment and the name of its file.

        The same frames give the same bytes on machines with other numbers of cores.
        """

    @abstractmethod
    def join(self, segments: Sequence[Segment], target: Path, spec: FilmSpec) -> None:
        """Write the film at `target`, all or nothing; the segments may be moved."""


def joinable_suffixes() -> list[str]:
    """Return the suffixes of films that can be joined from segments."""
    from gpuanim.encode import SUFFIXES, encoder_type

    return [suffix for suffix in SUFFIXES if issubclass(encoder_type(f"film{suffix}"), Joinable)]


def concat(
    segments: Sequence[Segment], output: Path, fps: Fraction, muxer: str, options: Sequence[str] = ()
) -> None:
    """Copy the packets of segments into one file, each frame exactly at its place on the clock of `fps`.

    Parameters
    ----------
    segments
        Of one codec, size and rate, each beginning with a keyframe and closed.
    output
        The file to write; it is overwritten.
    muxer
        ffmpeg's name of its container.
    options
        More of the output: tags, title, comment.

    Raises
    ------
    EncoderError
        If ffmpeg fails, or the file has not every frame at its time.
    """
    # ffmpeg is started in the segments' folder: whatever the path to it holds, it is not in the list.
    root = Path(os.path.commonpath([segment.path.absolute().parent for segment in segments]))
    listed = root / "segments.txt"
    fps = fps.limit_denominator(1_000_000)  # as the segments were written
    listed.write_text("ffconcat version 1.0\n" + "".join(_entries(segments, root, fps)), encoding="utf-8")
    # Segments have rounded times of their own (Matroska's are milliseconds): back onto the clock of frames.
    clock = f"setts=time_base={fps.denominator}/{fps.numerator}:prescale=1:pts=PTS:dts=DTS:duration=1"
    command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
    command += ["-f", "concat", "-safe", "0", "-i", f"file:{listed.name}", "-map", "0:v:0", "-c", "copy"]
    command += ["-bsf:v", clock, *options, "-flags:v", "+bitexact", "-f", muxer, f"file:{output.absolute()}"]
    try:
        done = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    finally:
        listed.unlink(missing_ok=True)
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip()[-2000:]
        raise EncoderError(f"ffmpeg {ended(done.returncode)} while it joined segments, and said:\n{words}")
    _check(output, sum(segment.n_frames for segment in segments), fps)


def _entries(segments: Sequence[Segment], root: Path, fps: Fraction) -> Iterator[str]:
    """Yield the lines of ffmpeg's list: without durations it would add up the containers' rounded ones."""
    count, before = 0, 0
    for segment in segments:
        count += segment.n_frames
        until = round(count / fps * _MICRO)  # the sum is rounded, so that errors do not add up
        seconds, rest = divmod(until - before, _MICRO)
        name = segment.path.absolute().relative_to(root).as_posix()
        yield f"file 'file:{name}'\nduration {seconds}.{rest:06d}\n"
        before = until


def _check(film: Path, n_frames: int, fps: Fraction) -> None:
    from gpuanim.decode.streams import packet_times

    unit, times = packet_times(film)
    starts = sorted(start for start, _ in times)
    if len(starts) != n_frames:
        raise EncoderError(f"the joined film has {len(starts)} frames, its segments had {n_frames}")
    for frame, start in enumerate(starts):
        if abs(start * unit - frame / fps) > unit / 2:
            raise EncoderError(f"frame {frame} of the joined film is at {float(start * unit):.6f} s")
