"""What is told of a film file, whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

__all__ = ["FilmInfo", "constant_rate"]


@dataclass(frozen=True)
class FilmInfo:
    """A film file.

    Attributes
    ----------
    path
        The file.
    container
        "mp4", "mov", "webm", "mkv", "gif", "apng", "webp", "png", "html", or ffmpeg's name of another one.
    codec
        ffmpeg's name of the codec.
    width, height
        Pixels.
    n_frames
        Frames in the file.
    fps
        Frames per second, or None where frames are shown for different times, and for a single picture.
    duration
        Seconds, 0 for a picture.
    pixel_format
        ffmpeg's name of it.
    transparent
        Whether there is an alpha channel.
    color
        Range, matrix, primaries and transfer function as tagged; empty where there are no such tags.
    nbytes
        Size of the file.
    title
        As written into the file.
    gpuanim
        What gpuanim wrote of how the film was made (see `gpuanim.provenance.describe`), or None.
    """

    path: Path
    container: str
    codec: str
    width: int
    height: int
    n_frames: int
    fps: Fraction | None
    duration: float
    pixel_format: str
    transparent: bool
    color: tuple[str, ...]
    nbytes: int
    title: str = ""
    gpuanim: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON knows."""
        content = asdict(self)
        content["path"] = str(self.path)
        content["fps"] = None if self.fps is None else str(self.fps)
        content["color"] = dict(zip(("range", "matrix", "primaries", "transfer"), self.color, strict=False))
        return content

    def __str__(self) -> str:
        rate = "single picture" if self.n_frames == 1 and self.fps is None else "varying rate"
        if self.fps is not None:
            rate = f"{float(self.fps):.6g} frames/s"
        alpha = ", transparent" if self.transparent else ""
        lines = [
            ("file", f"{self.path} ({self.nbytes:,} bytes)"),
            ("format", f"{self.container}, {self.codec}, {self.pixel_format}{alpha}"),
            ("size", f"{self.width}x{self.height}"),
            ("frames", f"{self.n_frames}, {rate}, {self.duration:.6g} s"),
        ]
        if self.color:
            names = ("range", "matrix", "primaries", "transfer")
            lines.append(("colour", ", ".join(f"{n} {c}" for n, c in zip(names, self.color, strict=False))))
        if self.title:
            lines.append(("title", "".join(c if c.isprintable() else " " for c in self.title)))
        if self.gpuanim is None:
            lines.append(("made by", "not by gpuanim, or its metadata were removed"))
        else:
            lines.append(("made by", f"gpuanim {self.gpuanim.get('gpuanim')}"))
            lines += [(f"  {k}", _plain(v)) for k, v in self.gpuanim.items() if k != "gpuanim"]
        return "\n".join(f"{name:<12} {text}" for name, text in lines)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    text = "none" if value is None else str(value)
    return "".join(c if c.isprintable() else " " for c in text)


def constant_rate(durations: Sequence[Fraction], tick: Fraction, told: Any = None) -> Fraction | None:
    """Return the frames per second if all frames last equally long, but for the clock's `tick`.

    `told` is the rate that the metadata name; it is taken if it fits, since a container's clock may not
    hold it exactly.
    """
    n = len(durations)
    total = sum(durations, Fraction(0))
    if n == 0 or total <= 0 or max(durations) - min(durations) > tick:
        return None
    slack = tick / n  # of the mean duration
    try:
        rate = Fraction(str(told))
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate > 0 and abs(1 / rate - total / n) <= slack:
        return rate
    mean = n / total
    for rate in (Fraction(round(mean)), Fraction(round(mean * 1001 / 1000) * 1000, 1001)):
        if rate > 0 and abs(1 / rate - total / n) <= slack:
            return rate
    return (
        mean.limit_denominator(1001) if abs(1 / mean.limit_denominator(1001) - total / n) <= slack else mean
    )
