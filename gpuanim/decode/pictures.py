"""What is in GIF, PNG, APNG and WebP files, read from their own blocks."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from html import unescape
from pathlib import Path

from gpuanim.decode._base import FilmInfo, constant_rate
from gpuanim.encode._metadata import parse_comment
from gpuanim.errors import FileError

__all__ = ["gif_info", "png_info", "webp_info"]

_MILLISECOND, _CENTISECOND = Fraction(1, 1000), Fraction(1, 100)
_MOST_TEXT = 1 << 20


def gif_info(path: Path) -> FilmInfo:
    """Describe a GIF."""
    data = path.read_bytes()
    with _whole(path, "GIF"):
        width, height, flags = struct.unpack_from("<HHB", data, 6)
        at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        delays, comments, delay, clear = [], [], 0, False
        while data[at] != 0x3B:
            if data[at] == 0x2C:
                local = data[at + 9]
                at = _after_blocks(data, at + 11 + (3 << (local & 7) + 1 if local & 0x80 else 0))
                delays.append(delay * _CENTISECOND)
                continue
            if data[at] != 0x21:
                raise ValueError("an unknown block")
            if data[at + 1] == 0xF9:
                delay = int(struct.unpack_from("<H", data, at + 4)[0])
                clear = clear or (not delays and bool(data[at + 3] & 1))
            end = _after_blocks(data, at + 2)
            if data[at + 1] == 0xFE:
                comments.append(_joined(data, at + 2, end))
            at = end
    comment = b"\n".join(comments).decode("utf-8", "replace")
    return _info(path, "gif", "gif", (width, height), delays, _CENTISECOND, "pal8", clear, "", comment)


def _after_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _joined(data: bytes, at: int, end: int) -> bytes:
    parts = []
    while at < end - 1:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts)


_PNG_FORMATS = {0: "gray", 2: "rgb24", 3: "pal8", 4: "ya8", 6: "rgba"}


def png_info(path: Path) -> FilmInfo:
    """Describe a PNG or an APNG."""
    data = path.read_bytes()
    texts: dict[str, str] = {}
    delays: list[Fraction] = []
    animated, key = False, False
    with _whole(path, "PNG"):
        width, height, _, color_type = struct.unpack_from(">IIBB", data, 16)
        for kind, body in _png_chunks(data):
            if kind == b"acTL":
                animated = True
            elif kind == b"fcTL":
                over, under = struct.unpack_from(">HH", body, 20)
                delays.append(Fraction(over, under or 100))
            elif kind in (b"tEXt", b"iTXt", b"zTXt"):
                name, text = _png_text(kind, body)
                texts[name] = text
            elif kind == b"tRNS":
                key = True
        pixel_format = _PNG_FORMATS[color_type]
    alpha = key or color_type in (4, 6)
    names = ("apng", "apng") if animated else ("png", "png")
    return _info(
        path, *names, (width, height), delays if animated else [], _MILLISECOND, pixel_format, alpha,
        texts.get("Title", ""), texts.get("Comment", ""),
    )  # fmt: skip


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            raise ValueError("a chunk is cut off")
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def _png_text(kind: bytes, body: bytes) -> tuple[str, str]:
    name, _, rest = body.partition(b"\0")
    if kind == b"iTXt":
        packed, (_, _, text) = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
        text = zlib.decompressobj().decompress(text, _MOST_TEXT) if packed else text
        return name.decode("latin-1"), text.decode("utf-8", "replace")
    if kind == b"zTXt":
        rest = zlib.decompressobj().decompress(rest[1:], _MOST_TEXT)
    return name.decode("latin-1"), rest.decode("latin-1")


def webp_info(path: Path) -> FilmInfo:
    """Describe a WebP, still or animated."""
    data = path.read_bytes()
    delays, alpha, xmp, codec, size = [], False, "", "webp", (0, 0)
    with _whole(path, "WebP"):
        for kind, body in _riff_chunks(data):
            if kind == b"VP8X":
                alpha, size = bool(body[0] & 0x10), (_three(body, 4) + 1, _three(body, 7) + 1)
            elif kind == b"ANMF":
                delays.append(_three(body, 12) * _MILLISECOND)
            elif kind == b"VP8L" and size == (0, 0):
                bits = int.from_bytes(body[1:5], "little")
                alpha, size = bool(bits >> 28 & 1), ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
            elif kind == b"VP8 " and size == (0, 0):
                width, height = struct.unpack_from("<HH", body, 6)
                size = (width & 0x3FFF, height & 0x3FFF)
            elif kind == b"XMP ":
                xmp = body.decode("utf-8", "replace")
    title, comment = (_xmp_text(xmp, name) for name in ("title", "description"))
    pixel_format = "rgba" if alpha else "rgb24"
    return _info(path, "webp", codec, size, delays, _MILLISECOND, pixel_format, alpha, title, comment)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end, at = 8 + struct.unpack_from("<I", data, 4)[0], 12
    if end > len(data):
        raise ValueError("the file is cut off")
    while at < end:
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _three(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 3], "little")


def _xmp_text(xmp: str, name: str) -> str:
    found = re.search(rf"<dc:{name}>\s*<rdf:Alt>\s*<rdf:li[^>]*>([^<]*)</rdf:li>", xmp)
    return unescape(found[1]) if found else ""


def _info(
    path: Path,
    container: str,
    codec: str,
    size: tuple[int, int],
    delays: list[Fraction],
    tick: Fraction,
    pixel_format: str,
    alpha: bool,
    title: str,
    comment: str,
) -> FilmInfo:
    made = parse_comment(comment)
    return FilmInfo(
        path, container, codec, *size, max(1, len(delays)),
        constant_rate(delays, tick, (made or {}).get("fps")), float(sum(delays)),
        pixel_format, alpha, (), path.stat().st_size, title, made,
    )  # fmt: skip


@contextmanager
def _whole(path: Path, name: str) -> Iterator[None]:
    """Turn what a broken file makes of a reader into an error that names the file."""
    try:
        yield
    except (IndexError, ValueError, KeyError, struct.error, zlib.error) as error:
        raise FileError(f"{path} is not a whole {name} file: {error}") from error
