"""The film inside a page: what `save("film.html")` has put there."""

from __future__ import annotations

import base64
import binascii
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from gpuanim.decode._base import FilmInfo
from gpuanim.decode.streams import stream_info
from gpuanim.encode._metadata import parse_comment
from gpuanim.errors import FileError

__all__ = ["film_of_page", "page_info"]

_EMBEDDED = re.compile(r'<video\b[^>]*?\bsrc="data:video/mp4;base64,([A-Za-z0-9+/=\s]+)"')
_LINKED = re.compile(r'<video\b[^>]*?\bsrc="([^"]+)"')
_METADATA = re.compile(r'<script type="application/json" class="gpuanim-metadata">(.*?)</script>', re.DOTALL)
_POINTS = re.compile(r'<script type="application/json" class="gpuanim-facts">(.*?)</script>', re.DOTALL)
_TITLE = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)


@contextmanager
def film_of_page(path: Path) -> Iterator[Path]:
    """Give the film of a page as a file: a temporary one if it is inside the page.

    Raises
    ------
    FileError
        If there is none, or it is not where the page says.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    found = _EMBEDDED.search(text)
    if found is None:
        yield _linked(path, text)
        return
    try:
        film = base64.b64decode(found[1], validate=False)
    except binascii.Error as error:
        raise FileError(f"the film in {path} is cut off: {error}") from error
    with tempfile.TemporaryDirectory(prefix="gpuanim-") as folder:
        file = Path(folder) / "film.mp4"
        file.write_bytes(film)
        yield file


def _linked(path: Path, text: str) -> Path:
    found = _LINKED.search(text)
    if found is None:
        what = "an interactive page holds points, not pictures" if _POINTS.search(text) else "none was found"
        raise FileError(f"{path} holds no film: {what}")
    name = unquote(unescape(found[1])).removeprefix("./")
    if "/" in name or "\\" in name or ":" in name or not (path.parent / name).is_file():
        raise FileError(f"the film of {path} is not beside it: {name!r}")
    return path.parent / name


def page_info(path: Path) -> FilmInfo:
    """Describe the film of a page, with the metadata of the page where it has its own."""
    text = path.read_text(encoding="utf-8", errors="replace")
    points = _POINTS.search(text)
    if points is not None:
        return _points_info(path, points[1])
    with film_of_page(path) as film:
        info = stream_info(film)
    told, title = _METADATA.search(text), _TITLE.search(text)
    return replace(
        info,
        path=path,
        container="html",
        nbytes=path.stat().st_size,
        title=unescape(title[1]) if title else info.title,
        gpuanim=(parse_comment(told[1]) if told else None) or info.gpuanim,
    )


def _points_info(path: Path, text: str) -> FilmInfo:
    """Describe an interactive page: its frames are colours of points, drawn by the browser."""
    try:
        facts = json.loads(text)
        fps = Fraction(*facts["fps"])
        n_frames, view = len(facts["frames"]), facts["view"]
        size = round(view["width"]), round(view["height"])
        transparent, title, made = facts["background"] is None, str(facts["title"]), facts.get("metadata")
    except (ValueError, KeyError, TypeError, ZeroDivisionError, RecursionError) as error:
        raise FileError(f"{path} is not a whole page: {error}") from error
    return FilmInfo(
        path, "html", "points", *size, n_frames, fps, float(n_frames / fps), "webgl2", transparent, (),
        path.stat().st_size, title, made or None,
    )  # fmt: skip
