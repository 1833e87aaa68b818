from __future__ import annotations

import json
import re
import struct
import subprocess
import zlib
from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from gpuanim.cli import main
from gpuanim.decode import convert, film_info
from gpuanim.decode._base import constant_rate
from gpuanim.encode.gif import GIF
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.errors import FileError
from gpuanim.frames import FilmSpec, PixelFormat

from .conftest import ALPHA, COUNT, FILMS, TITLE

FORMATS = {
    "film.mp4": ("mp4", "h264", "yuv420p"),
    "h265.mp4": ("mp4", "hevc", "yuv420p"),
    "av1.mp4": ("mp4", "av1", "yuv420p"),
    "film.webm": ("webm", "vp9", "yuv420p"),
    "film.mov": ("mov", "h264", "yuv420p"),
    "prores.mov": ("mov", "prores", "yuv444p1[02]le"),
    "film.mkv": ("mkv", "h264", "gbrp"),
    "ffv1.mkv": ("mkv", "ffv1", "bgr0"),
    "film.gif": ("gif", "gif", "pal8"),
    "film.apng": ("apng", "apng", "rgb24"),
    "film.webp": ("webp", "webp", "rgb24"),
    "lossless.webp": ("webp", "webp", "rgb24"),
    "film.html": ("html", "h264", "yuv420p"),
    "alpha.mov": ("mov", "prores", "yuva444p1[02]le"),
    "alpha.webm": ("webm", "vp9", "yuv420p"),
    "alpha.mkv": ("mkv", "ffv1", "bgra"),
    "alpha.apng": ("apng", "apng", "rgba"),
    "alpha.webp": ("webp", "webp", "rgba"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format(films, name):
    info = film_info(films / name)
    assert (info.container, info.codec) == FORMATS[name][:2]
    assert re.fullmatch(FORMATS[name][2], info.pixel_format)
    assert (info.width, info.height, info.n_frames) == (160, 120, COUNT)
    assert info.fps == 30
    assert info.duration == pytest.approx(COUNT / 30, abs=0.006)
    assert info.transparent == (name in ALPHA)
    assert info.nbytes == (films / name).stat().st_size
    if info.pixel_format.startswith("yuv"):
        assert info.color == ("tv", "bt709", "bt709", "bt709")


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "film.gif"])
def test_how_the_film_was_made(films, name):
    info = film_info(films / name)
    assert info.title == TITLE
    made = info.gpuanim
    assert made["cmap"] == "magma"
    assert made["size"] == [160, 120]
    assert made["fps"] == "30"
    assert made["s"] == 30
    assert made["background"] == (None if name in ALPHA else "#ffffff")
    assert re.fullmatch("sha256:[0-9a-f]{32}", made["data"])
    assert made["data"] == film_info(films / "film.mp4").gpuanim["data"]


@pytest.mark.parametrize(
    "fps", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60), Fraction(1, 2), Fraction(100, 7)]
)
def test_exact_rates(animation, tmp_path, fps):
    for name in ("a.mp4", "a.webm", "a.mkv"):
        animation.save(tmp_path / name, fps=fps)
        info = film_info(tmp_path / name)
        assert (info.fps, info.n_frames) == (fps, COUNT), name


def test_linked_page_and_single_pictures(animation, tmp_path):
    animation.save(tmp_path / "a page.html", embed_frames=False)
    info = film_info(tmp_path / "a page.html")
    assert (info.n_frames, info.container, info.gpuanim["cmap"]) == (COUNT, "html", "magma")
    animation.save(tmp_path / "%d.png", title="T")
    info = film_info(tmp_path / "3.png")
    assert (info.container, info.n_frames, info.fps, info.title) == ("png", 1, None, "T")
    assert info.gpuanim["cmap"] == "magma"
    (tmp_path / "a page.mp4").unlink()
    with pytest.raises(FileError, match=r"not beside it: 'a page\.mp4'"):
        film_info(tmp_path / "a page.html")


def test_the_comment_of_a_gif(animation, tmp_path):
    animation.save([tmp_path / "a.gif", tmp_path / "a.mp4"])
    made = film_info(tmp_path / "a.gif").gpuanim
    assert made["cmap"] == "magma"
    assert made == film_info(tmp_path / "a.mp4").gpuanim
    with Image.open(tmp_path / "a.gif") as shown:
        assert json.loads(shown.info["comment"]) == made
    table = np.zeros((1, 3), np.uint8)
    spec = FilmSpec(8, 8, Fraction(30), PixelFormat.PAL8, None, table)
    with GIF().open(tmp_path / "b.gif", spec) as writer:
        writer.write(np.zeros(64, np.uint8))
    assert film_info(tmp_path / "b.gif").gpuanim is None
    assert b"\x21\xfe" not in (tmp_path / "b.gif").read_bytes()


def test_interactive_pages(animation, tmp_path):
    path = tmp_path / "a.html"
    animation.save(path, interactive=True, title="T <b>")
    info = film_info(path)
    assert (info.container, info.codec, info.n_frames, info.fps, info.title) == (
        "html",
        "points",
        COUNT,
        30,
        "T <b>",
    )
    assert info.gpuanim["cmap"] == "magma"
    with pytest.raises(FileError, match="holds points, not pictures"):
        convert(path, tmp_path / "a.mp4")
    text = path.read_text()
    path.write_text(text.replace('"fps":[30,1]', '"fps":[30,0]'))
    with pytest.raises(FileError, match="not a whole page"):
        film_info(path)


def foreign(path, *options):
    source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1.2"]
    subprocess.run([ffmpeg_exe(), "-v", "error", *source, *options, str(path)], check=True)
    return film_info(path)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("a.mp4", ["-c:v", "libx264", "-pix_fmt", "yuv420p"], ("mp4", "h264", "yuv420p")),
        ("a.avi", ["-c:v", "mpeg4"], ("avi", "mpeg4", "yuv420p")),
        ("a.gif", [], ("gif", "gif", "pal8")),
        ("a.apng", [], ("apng", "apng", "rgb24")),
        ("a.webm", ["-c:v", "libvpx"], ("webm", "vp8", "yuv420p")),
    ],
)
def test_films_of_others(tmp_path, name, options, expected):
    info = foreign(tmp_path / name, *options)
    assert (info.container, info.codec, info.pixel_format) == expected
    assert (info.width, info.height, info.n_frames, info.fps) == (64, 48, 12, 10)
    assert info.gpuanim is None
    assert "not by gpuanim" in str(info)


def test_pictures_of_others(tmp_path):
    images = [Image.new("RGB", (20, 10), color) for color in ("red", "green", "blue")]
    images[0].save(
        tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=[100, 100, 900], comment=b"hi"
    )
    images[0].save(tmp_path / "a.webp", save_all=True, append_images=images[1:], duration=40)
    images[0].save(tmp_path / "b.webp", lossless=True)
    images[0].save(tmp_path / "c.webp")
    images[0].convert("P").save(tmp_path / "a.png")
    gif = film_info(tmp_path / "a.gif")
    assert (gif.n_frames, gif.fps, gif.duration) == (3, None, pytest.approx(1.1))
    assert "varying rate" in str(gif)
    assert (film_info(tmp_path / "a.webp").n_frames, film_info(tmp_path / "a.webp").fps) == (3, 25)
    for name in ("b.webp", "c.webp", "a.png"):
        info = film_info(tmp_path / name)
        assert (info.width, info.height, info.n_frames, info.fps) == (20, 10, 1, None)


def test_files_that_are_no_films(films, tmp_path):
    with pytest.raises(FileError, match="does not exist"):
        film_info(tmp_path / "no.mp4")
    with pytest.raises(FileError, match="is a folder"):
        film_info(tmp_path)
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(FileError, match="is empty"):
        film_info(tmp_path / "empty.mp4")
    (tmp_path / "text.mp4").write_text("not a film at all " * 50)
    with pytest.raises(FileError, match="not a film that ffmpeg can read"):
        film_info(tmp_path / "text.mp4")
    (tmp_path / "page.html").write_text("<!DOCTYPE html><html><p>none</p></html>")
    with pytest.raises(FileError, match="holds no film"):
        film_info(tmp_path / "page.html")


@pytest.mark.parametrize("name", [name for name in FILMS if name not in ("film.html",)])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
def test_a_file_that_is_cut_off_is_an_error_or_shorter(films, tmp_path, name, share):
    """Matroska and ProRes can be read up to where they end; what is told is what is there."""
    data = (films / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: 12 + int(share * len(data))])
    with suppress(FileError):  # any other exception is a failure
        assert film_info(path).n_frames <= COUNT


@pytest.mark.parametrize(
    "comment", ["{", '{"a": 1}', '["gpuanim"]', '{"gpuanim": ' + "[" * 100_000, "gpuanim"]
)
def test_comments_that_only_look_like_ours(tmp_path, comment):
    path = tmp_path / "a.png"
    chunk = b"tEXt" + b"Comment\0" + comment.encode()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)
    data = path.read_bytes()
    made = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path.write_bytes(data[:33] + made + data[33:])
    assert film_info(path).gpuanim is None


def test_rates_fit_the_clock_or_are_none():
    ms = Fraction(1, 1000)
    lengths = [ms * round((i + 1) * 100000 / 2997) - ms * round(i * 100000 / 2997) for i in range(90)]
    assert constant_rate([], ms) is None
    assert constant_rate([Fraction(1, 10), Fraction(1)], ms) is None
    assert constant_rate(lengths, 2 * ms, "2997/100") == Fraction(2997, 100)
    assert constant_rate(lengths, 2 * ms, "12") == Fraction(30000, 1001)
    assert constant_rate(lengths, 2 * ms, "1/0") == Fraction(30000, 1001)
    assert constant_rate([Fraction(1, 25)] * 3, ms) == 25


def test_command(films, capsys):
    assert main(["info", str(films / "film.webm")]) == 0
    told = capsys.readouterr().out
    for part in (
        "webm, vp9, yuv420p",
        "160x120",
        f"{COUNT}, 30 frames/s",
        "bt709",
        TITLE,
        "gpuanim 0",
        "magma",
    ):
        assert part in told
    assert main(["info", "--json", str(films / "film.mp4")]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["fps"], content["color"]["matrix"], content["gpuanim"]["cmap"]) == (
        "30",
        "bt709",
        "magma",
    )
    assert main(["info", "--json", str(films / "film.mp4"), str(films / "film.gif")]) == 0
    assert [film["codec"] for film in json.loads(capsys.readouterr().out)] == ["h264", "gif"]
    assert main(["info", str(films / "none.mp4")]) == 1
    assert "none.mp4 does not exist" in capsys.readouterr().err
