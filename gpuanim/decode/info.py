"""What a film file holds, by the bytes that it begins with, not by its name."""

from __future__ import annotations

from pathlib import Path

from gpuanim.decode._base import FilmInfo
from gpuanim.errors import FileError

__all__ = ["FilmInfo", "film_info"]


def film_info(path: str | Path) -> FilmInfo:
    """Describe a film: mp4, mov, webm, mkv, GIF, PNG, APNG, WebP, a page, or whatever ffmpeg reads.

    Nothing is decoded; every frame is counted.

    Raises
    ------
    FileError
        If there is no such file, or no film in it.
    """
    path = Path(path)
    try:
        return _described(path, _first_bytes(path))
    except FileError:
        raise
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def _first_bytes(path: Path) -> bytes:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise FileError(f"{path} {what}; give a film file")
    with path.open("rb") as file:
        return file.read(1024)


def _described(path: Path, head: bytes) -> FilmInfo:
    from gpuanim.decode import pictures

    if not head:
        raise FileError(f"{path} is empty")
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return pictures.gif_info(path)
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return pictures.png_info(path)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return pictures.webp_info(path)
    if b"<html" in head.lower() or b"<!doctype html" in head.lower():
        from gpuanim.decode.page import page_info

        return page_info(path)
    from gpuanim.decode.streams import stream_info

    return stream_info(path)
