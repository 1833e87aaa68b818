from __future__ import annotations

import subprocess
from fractions import Fraction
from html import unescape

import numpy as np
import pytest
from PIL import Image

from gpuanim.cli import main
from gpuanim.decode import convert, film_info
from gpuanim.decode.frames import read_frames
from gpuanim.encode.h264 import H264
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.errors import EncoderError, FileError, FormatError, OptionError
from gpuanim.frames import PixelFormat

from .conftest import COUNT, TITLE


def pixels(path, pixel_format=PixelFormat.RGB24):
    return np.stack(list(read_frames(path, film_info(path), pixel_format)))


def packets(path):
    """Return the checksums of the compressed frames."""
    command = [
        ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(path),
        "-c",
        "copy",
        "-bsf:v",
        "null",
        "-f",
        "framecrc",
        "-",
    ]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split(",")[4:6] for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("film.mp4", "a.mov"), ("film.mp4", "a.mkv"), ("film.mov", "a.mp4"), ("h265.mp4", "a.mov"),
        ("av1.mp4", "a.webm"), ("film.webm", "a.mkv"), ("alpha.webm", "a.mkv"), ("film.html", "a.mp4"),
        ("prores.mov", "a.mkv"), ("ffv1.mkv", "b.mkv"),
    ],
)  # fmt: skip
def test_copies_are_the_same_frames(films, tmp_path, source, target):
    made = convert(films / source, tmp_path / target)
    assert (made.copied, made.lossless, made.n_frames) == (True, True, COUNT)
    assert "nothing was lost" in made.notes[0]
    before, after = film_info(films / source), film_info(made.path)
    for fact in (
        "codec",
        "pixel_format",
        "width",
        "n_frames",
        "fps",
        "color",
        "title",
        "gpuanim",
        "transparent",
    ):
        assert getattr(after, fact) == getattr(before, fact), fact
    if source != "film.html":
        assert packets(made.path) == packets(films / source)
        np.testing.assert_array_equal(pixels(made.path), pixels(films / source))
    again = convert(films / source, tmp_path / f"again-{target}")
    assert again.path.read_bytes() == made.path.read_bytes()


@pytest.mark.parametrize("fps", [30, Fraction(24000, 1001), 60])
def test_matroska_and_back_keeps_the_clock(animation, tmp_path, fps):
    animation.save(tmp_path / "a.mp4", fps=fps)
    convert(tmp_path / "a.mp4", tmp_path / "b.mkv")
    convert(tmp_path / "b.mkv", tmp_path / "c.mp4")
    clock = [film_info(tmp_path / name) for name in ("a.mp4", "c.mp4")]
    assert clock[0].fps == clock[1].fps == fps
    assert clock[0].duration == clock[1].duration


def test_a_page_around_a_film_and_the_film_out_of_it(films, tmp_path):
    page = convert(films / "film.mp4", tmp_path / "a.html")
    assert page.copied
    assert TITLE in unescape(page.path.read_text())
    film = convert(page.path, tmp_path / "b.mp4")
    assert "taken out of the page" in film.notes[0]
    np.testing.assert_array_equal(pixels(film.path), pixels(films / "film.mp4"))


@pytest.mark.parametrize(
    ("source", "target", "options"),
    [
        ("film.mkv", "a.apng", {}),
        ("film.apng", "a.mkv", {}),
        ("film.mkv", "a.webp", {"quality": "lossless"}),
        ("lossless.webp", "%03d.png", {}),
        ("film.gif", "a.apng", {}),
        ("film.apng", "b.mkv", {"codec": "ffv1"}),
        ("film.mp4", "c.mkv", {"codec": "lossless"}),
    ],
)
def test_lossless_ways(films, tmp_path, source, target, options):
    made = convert(films / source, tmp_path / target, **options)
    assert (made.copied, made.lossless, made.n_frames) == (False, True, COUNT)
    if "%" in target:
        shown = np.stack([np.asarray(Image.open(tmp_path / f"{i:03d}.png")) for i in range(COUNT)])
        assert film_info(tmp_path / "000.png").title == TITLE
        np.testing.assert_array_equal(shown.reshape(COUNT, -1), pixels(films / source))
        return
    np.testing.assert_array_equal(pixels(made.path), pixels(films / source))
    info = film_info(made.path)
    assert info.fps == 30
    if source != "film.gif":
        assert (info.title, info.gpuanim) == (TITLE, film_info(films / source).gpuanim)


@pytest.mark.parametrize(
    ("source", "target", "options", "codec"),
    [
        ("film.mkv", "a.mp4", {}, "h264"),
        ("film.gif", "a.mp4", {}, "h264"),
        ("film.mp4", "a.webm", {}, "vp9"),
        ("film.mp4", "b.webm", {"codec": "av1"}, "av1"),
        ("film.mp4", "a.gif", {}, "gif"),
        ("film.mp4", "b.mp4", {"crf": 30}, "h264"),
        ("film.webm", "a.html", {}, "h264"),
    ],
)
def test_other_ways_lose_a_generation_and_say_so(films, animation, tmp_path, source, target, options, codec):
    made = convert(films / source, tmp_path / target, **options)
    assert (made.copied, made.lossless, made.n_frames) == (False, False, COUNT)
    assert "a generation of quality was lost" in made.notes[0]
    info = film_info(made.path)
    assert (info.codec, info.fps, info.n_frames) == (codec, 30, COUNT)
    if info.container not in ("html",):
        shown = pixels(made.path).reshape(COUNT, 120, 160, 3)
        assert np.abs(shown.astype(int) - np.stack(list(animation.frames()))).mean() < 8


def test_transparency_comes_along_or_is_an_error(films, animation, tmp_path):
    expected = np.stack(list(animation.frames(transparent=True)))
    made = convert(films / "alpha.apng", tmp_path / "a.mkv")
    np.testing.assert_array_equal(pixels(made.path, PixelFormat.RGBA).reshape(expected.shape), expected)
    alpha = pixels(convert(films / "alpha.mkv", tmp_path / "a.webm").path, PixelFormat.RGBA).reshape(
        expected.shape
    )
    assert np.abs(alpha[..., 3].astype(int) - expected[..., 3]).mean() < 4
    with pytest.raises(
        FormatError,
        match=r"alpha\.apng is transparent, and H264 cannot hold that; convert it to one of \.mov",
    ):
        convert(films / "alpha.apng", tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


def test_varying_rates_are_repeated(tmp_path):
    colors = [(255, 0, 0), (0, 128, 0), (0, 0, 255)]
    images = [Image.new("RGB", (32, 16), color) for color in colors]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=[200, 200, 600])
    made = convert(tmp_path / "a.gif", tmp_path / "a.mkv", fps=5)
    assert "no constant rate: they were repeated at 5 frames/s" in made.notes[1]
    shown = pixels(made.path)[:, :3]
    assert shown.tolist() == [list(colors[i]) for i in (0, 1, 2, 2, 2)]
    assert film_info(convert(tmp_path / "a.gif", tmp_path / "b.mkv").path).duration == pytest.approx(
        1, abs=0.34
    )


def test_odd_sizes_and_rate(films, animation, tmp_path):
    animation.save(tmp_path / "odd.mkv", dpi=99)
    info = film_info(tmp_path / "odd.mkv")
    assert (info.width, info.height) == (158, 118)
    image = Image.new("RGB", (33, 21), "white")
    image.save(tmp_path / "a.png")
    made = film_info(convert(tmp_path / "a.png", tmp_path / "a.mp4").path)
    assert (made.width, made.height, made.n_frames) == (34, 22, 1)
    fast = film_info(convert(films / "film.mp4", tmp_path / "fast.mp4", fps=60).path)
    assert (fast.fps, fast.n_frames) == (60, COUNT)


def test_failures_leave_what_was_there(films, tmp_path, monkeypatch):
    target = tmp_path / "a.mp4"
    target.write_text("old")
    broken = tmp_path / "broken.mkv"
    data = bytearray((films / "ffv1.mkv").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4000] = bytes(4000)
    broken.write_bytes(data)
    with pytest.raises(FileError, match="could not be decoded: ffmpeg"):
        convert(broken, target)
    with pytest.raises(OptionError, match="the same file"):
        convert(target, tmp_path / "." / "a.mp4")
    with pytest.raises(FileError, match="not a film"):
        convert(target, tmp_path / "b.mkv")
    with pytest.raises(OptionError, match="H264 has no option 'loop'"):
        convert(films / "film.gif", target, loop=3)
    with pytest.raises(OptionError, match="to the encoder itself"):
        convert(films / "film.gif", target, encoder=H264(), crf=3)
    with pytest.raises(FormatError, match=r"the suffix '\.xyz'"):
        convert(films / "film.gif", tmp_path / "a.xyz")
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "broken.mkv"]


def test_a_copy_that_fails_says_what_ffmpeg_said(films, tmp_path, monkeypatch):
    monkeypatch.setattr("gpuanim.decode.conversion._MUXERS", {".mkv": "nonsense"})
    (tmp_path / "a.mkv").write_text("old")
    with pytest.raises(EncoderError, match=r"while it copied, and said:\n.*nonsense"):
        convert(films / "film.mp4", tmp_path / "a.mkv")
    assert (tmp_path / "a.mkv").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_frames_that_nobody_takes_leave_no_process(films):
    frames = read_frames(films / "film.mp4", film_info(films / "film.mp4"), PixelFormat.RGB24)
    next(frames)
    frames.close()
    with pytest.raises(StopIteration):
        next(frames)


def test_command(films, tmp_path, capsys):
    assert main(["convert", str(films / "film.mp4"), str(tmp_path / "a.mov")]) == 0
    told = capsys.readouterr().out
    assert f"a.mov: {COUNT} frames" in told
    assert "note: the compressed frames were copied" in told
    assert (
        main(
            [
                "convert",
                str(films / "film.mp4"),
                str(tmp_path / "a.mp4"),
                "--codec",
                "h265",
                "--crf",
                "30",
                "-q",
            ]
        )
        == 0
    )
    assert capsys.readouterr().out == ""
    assert film_info(tmp_path / "a.mp4").codec == "hevc"
    assert main(["convert", str(films / "film.mp4"), str(tmp_path / "a.webm"), "--codec", "h265"]) == 1
    assert ".webm holds vp9, av1, not 'h265'; h265 goes into .mp4" in capsys.readouterr().err
