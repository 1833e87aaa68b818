"""What ffmpeg says of a video file."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from pathlib import Path

from gpuanim.decode._base import FilmInfo, constant_rate
from gpuanim.encode._metadata import parse_comment
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.errors import FileError

__all__ = ["packet_times", "stream_info"]

_CONTAINERS = {"matroska,webm": "mkv", "mov,mp4,m4a,3gp,3g2,mj2": "mp4"}
_LIMIT = 600
"""Seconds that ffmpeg may take to read through a file."""


def stream_info(path: Path) -> FilmInfo:
    """Describe the first video stream of a file: counts every packet, decodes none.

    Raises
    ------
    FileError
        If ffmpeg finds no video in it; with its words.
    """
    # framecrc lists each packet with its time, and needs no ffprobe, which imageio-ffmpeg does not bring.
    packets, told = _packets(path)
    found = re.search(r"^ *Stream #.*?: Video: (.*)$", told, re.MULTILINE)
    if found is None:
        raise FileError(f"{path} holds no video")
    words = _split(found[1])
    size = re.search(r"^#dimensions 0: (\d+)x(\d+)", packets, re.MULTILINE)
    tb, times = _times(packets)
    if size is None or not times:
        raise FileError(f"{path} holds a video without a frame")
    tags = _tags(path)
    comment = parse_comment(tags.get("comment"))
    starts = sorted(start for start, _ in times)
    ends = [*starts[1:], max(start + length for start, length in times)]
    durations = [(b - a) * tb for a, b in zip(starts, ends, strict=True)]
    told_rate = (comment or {}).get("fps")
    pixel_format, color = _pixels(words[1] if len(words) > 1 else "")
    container = re.search(r"^Input #0, (.+), from", told, re.MULTILINE)
    alpha = bool(re.search(r"^ *alpha_mode *: *1", told, re.MULTILINE | re.IGNORECASE))
    return FilmInfo(
        path=path,
        container=_container(container[1] if container else "", path),
        codec=words[0].split(" ")[0],
        width=int(size[1]),
        height=int(size[2]),
        n_frames=len(times),
        fps=constant_rate(durations, 2 * tb, told_rate),
        duration=float(sum(durations)),
        pixel_format=pixel_format,
        transparent=alpha or bool(re.match(r"(yuva|rgba|bgra|argb|abgr|gbrap|ya)", pixel_format)),
        color=color,
        nbytes=path.stat().st_size,
        title=tags.get("title", ""),
        gpuanim=comment,
    )


def packet_times(path: Path) -> tuple[Fraction, list[tuple[int, int]]]:
    """Return the unit of time in seconds, and start and length of each packet of the first video stream.

    Raises
    ------
    FileError
        If ffmpeg finds no video in it; with its words.
    """
    return _times(_packets(path)[0])


def _packets(path: Path) -> tuple[str, str]:
    return _ffmpeg(path, "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "-")


def _ffmpeg(path: Path, *output: str) -> tuple[str, str]:
    command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-i", f"file:{path}", *output]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise FileError(f"{path} could not be read: {error}") from error
    told = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        last = " ".join(told.strip().splitlines()[-2:])
        raise FileError(f"{path} is not a film that ffmpeg can read; it said: {last}")
    return done.stdout.decode(errors="replace"), told


def _times(packets: str) -> tuple[Fraction, list[tuple[int, int]]]:
    """Return the unit of time, and each packet's start and length."""
    unit = re.search(r"^#tb 0: (\d+)/(\d+)", packets, re.MULTILINE)
    rows = [line.split(",") for line in packets.splitlines() if line and not line.startswith("#")]
    times = [(int(row[2]), int(row[3])) for row in rows if len(row) >= 6]
    return (Fraction(int(unit[1]), int(unit[2])) if unit else Fraction(1)), times


def _split(line: str) -> list[str]:
    """Split at commas that are not within brackets."""
    return [word.strip() for word in re.split(r",(?![^(\[]*[)\]])", line)]


def _pixels(word: str) -> tuple[str, tuple[str, ...]]:
    """Split `yuv420p(tv, bt709/unknown/unknown, progressive)`."""
    name, _, rest = word.partition("(")
    parts = [part.strip() for part in rest.rstrip(")").split(",")]
    ranges = [part for part in parts if part in ("tv", "pc")]
    spaces = [
        part for part in parts if part and part not in ("tv", "pc", "progressive") and "first" not in part
    ]
    three = spaces[0].split("/") if spaces else []
    three = three * 3 if len(three) == 1 else three
    if not (ranges or three):
        return name.strip(), ()
    return name.strip(), (ranges[0] if ranges else "unknown", *(three or ["unknown"] * 3))


def _tags(path: Path) -> dict[str, str]:
    """Return the file's own tags, names in small letters."""
    text, _ = _ffmpeg(
        path, "-map_metadata", "0", "-map", "0:v:0", "-c", "copy", "-t", "0", "-f", "ffmetadata", "-"
    )
    tags: dict[str, str] = {}
    head = re.split(r"^\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    for entry in re.findall(r"^((?:[^\\\n]|\\(?:.|\n))*)$", head, re.MULTILINE):
        name, equals, value = _halves(entry)
        if equals and not entry.startswith(";"):
            tags[_bare(name).lower()] = _bare(value)
    return tags


def _halves(entry: str) -> tuple[str, str, str]:
    found = re.match(r"((?:[^\\=]|\\(?:.|\n))*)=", entry)
    return ("", "", "") if found is None else (found[1], "=", entry[found.end() :])


def _bare(text: str) -> str:
    return re.sub(r"\\(.|\n)", r"\1", text)


def _container(told: str, path: Path) -> str:
    suffix = path.suffix.lower().lstrip(".")
    family = {"mkv": ("mkv", "webm"), "mp4": ("mp4", "m4v", "mov")}.get(_CONTAINERS.get(told, ""), ())
    return suffix if suffix in family else _CONTAINERS.get(told, told or "unknown")
