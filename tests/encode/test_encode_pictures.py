"""APNG and animated WebP, decoded by Pillow, which shares no code with our writers of these containers."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from gpuanim.encode import encoder_for
from gpuanim.encode._pictures import changed_box
from gpuanim.encode.apng import APNG
from gpuanim.encode.webp import WebP, duration, xmp_packet
from gpuanim.errors import FormatError, OptionError

EXACT = [("film.apng", {}), ("film.apng", {"quality": "high"}), ("film.webp", {"quality": "lossless"})]


def movie(width, height, channels, count=7):
    """Noise, then parts that move, then a frame twice, then one pixel in the last corner."""
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (height, width, channels)).astype(np.uint8)]
    for i in range(1, count):
        frame = frames[-1].copy()
        if i == count - 1:
            frame[-1, -1] ^= 255
        elif i != 3:
            frame[i : i + 5, 2 * i + 1 : 2 * i + 8] = rng.integers(0, 256, channels)
        frames.append(frame)
    return frames


def write(path, make_spec, frames, options, **spec):
    height, width, channels = frames[0].shape
    pixel_format = "rgba" if channels == 4 else "rgb24"
    with encoder_for(path, **options).open(path, make_spec(pixel_format, width, height, **spec)) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def read(path, mode):
    with Image.open(path) as image:
        frames, lengths = [], []
        for picture in ImageSequence.Iterator(image):
            frames.append(np.asarray(picture.convert(mode)))
            lengths.append(picture.info["duration"])
        return np.stack(frames), lengths, image.info


@pytest.mark.parametrize(("name", "options"), EXACT)
@pytest.mark.parametrize(("channels", "mode"), [(3, "RGB"), (4, "RGBA")])
@pytest.mark.parametrize("size", [(64, 48), (33, 21)])
def test_every_pixel_is_kept(tmp_path, make_spec, name, options, channels, mode, size):
    frames = movie(*size, channels)
    shown, _, _ = read(write(tmp_path / name, make_spec, frames, options), mode)
    np.testing.assert_array_equal(shown, frames)


@pytest.mark.parametrize(("name", "options"), EXACT)
def test_ffmpeg_reads_them_too(tmp_path, make_spec, decode, name, options):
    frames = movie(64, 48, 3)
    decoded = decode(write(tmp_path / name, make_spec, frames, options, fps=25))
    np.testing.assert_array_equal(decoded.frames, frames)
    assert decoded.fps == 25


@pytest.mark.parametrize("name", ["film.apng", "film.webp"])
@pytest.mark.parametrize("fps", [30, 25, Fraction(24000, 1001), Fraction(1, 2), 90])
def test_delays_keep_the_duration(tmp_path, make_spec, name, fps):
    _, lengths, _ = read(write(tmp_path / name, make_spec, movie(16, 16, 3, 31), {}, fps=fps), "RGB")
    assert sum(lengths) == pytest.approx(31 * 1000 / float(fps), abs=1)
    assert max(lengths) - min(lengths) <= 1


@given(st.fractions(Fraction(1, 1000), 90), st.integers(1, 400))
def test_milliseconds_add_up(fps, count):
    total = sum(duration(i, fps) for i in range(count))
    assert abs(total - count * 1000 / fps) <= Fraction(1, 2)


@pytest.mark.parametrize(("name", "once"), [("film.apng", 1), ("film.webp", 1)])
def test_loops(tmp_path, make_spec, name, once):
    for loop, expected in ((0, 0), (3, 3), (1, once), (None, once)):
        _, _, info = read(write(tmp_path / name, make_spec, movie(16, 16, 3), {"loop": loop}), "RGB")
        assert info["loop"] == expected


def test_webp_colours_and_qualities(tmp_path, make_spec):
    ramp = np.linspace(0, 255, 128).astype(np.uint8)
    frame = np.stack(
        [np.broadcast_to(ramp, (96, 128)), np.broadcast_to(255 - ramp, (96, 128)), np.full((96, 128), 90)], -1
    )
    frame[30:60, 30:60] = (228, 26, 28)
    errors, sizes = [], []
    for quality in ("draft", "standard", "high", "lossless"):
        path = write(
            tmp_path / f"{quality}.webp", make_spec, [frame.astype(np.uint8)] * 2, {"quality": quality}
        )
        shown, _, _ = read(path, "RGB")
        errors.append(np.abs(shown[1].astype(int) - frame).mean())
        sizes.append(path.stat().st_size)
        assert np.abs(shown[1][38:52, 38:52].astype(int) - frame[38:52, 38:52]).max() <= 3
    assert errors[0] > errors[1] > errors[2] > errors[3] == 0
    assert sizes[0] < sizes[1] < sizes[2]


def test_frames_without_a_change_cost_nothing(tmp_path, make_spec):
    frame = movie(64, 48, 3)[0]
    for name in ("a.apng", "a.webp"):
        one = write(tmp_path / name, make_spec, [frame], {}).stat().st_size
        many = write(tmp_path / name, make_spec, [frame] * 101, {}).stat().st_size
        assert (many - one) / 100 < 120, name


@given(st.integers(0, 1), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 8)), max_size=5))
def test_boxes_hold_every_change_and_no_more(odd, places):
    before = np.zeros((9, 12, 3), np.uint8)
    after = before.copy()
    for x, y in places:
        after[y, x, (x + y) % 3] = 1
    box = changed_box(before, after, 1 + odd)
    assert box.left % (1 + odd) == box.top % (1 + odd) == 0
    if not places:
        assert box == (0, 0, 1, 1)
        return
    xs, ys = zip(*places, strict=True)
    assert box.left == min(xs) // (1 + odd) * (1 + odd)
    assert box.left + box.width == max(xs) + 1
    assert box.top + box.height == max(ys) + 1
    assert changed_box(None, after) == (0, 0, 12, 9)


@pytest.mark.parametrize("name", ["film.apng", "film.webp"])
def test_title_and_metadata(tmp_path, make_spec, name):
    title = "a <b> & 'c' \u00b5"
    path = write(
        tmp_path / name,
        make_spec,
        movie(16, 16, 3),
        {},
        title=title,
        metadata={"gpuanim": "1", "x": [1, None]},
    )
    _, _, info = read(path, "RGB")
    comment = '{"gpuanim":"1","x":[1,null]}'
    if name.endswith("apng"):
        assert (info["Title"], info["Comment"]) == (title, comment)
    else:
        assert info["xmp"] == xmp_packet(title, comment)
        from xml.etree import ElementTree

        texts = [
            li.text
            for li in ElementTree.fromstring(info["xmp"]).iter(
                "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
            )
        ]
        assert texts == [title, comment]
    again = tmp_path / f"again-{name}"
    write(again, make_spec, movie(16, 16, 3), {}, title=title, metadata={"gpuanim": "1", "x": [1, None]})
    assert again.read_bytes() == path.read_bytes()


def test_webp_says_its_size(tmp_path, make_spec):
    data = write(tmp_path / "a.webp", make_spec, movie(33, 21, 4), {}).read_bytes()
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8


def test_a_thread_that_fails_ends_the_film(tmp_path, make_spec, monkeypatch):
    def fail(*args):
        raise ValueError("no such luck")

    monkeypatch.setattr("zlib.compress", fail)
    with pytest.raises(ValueError, match="no such luck"):
        write(tmp_path / "a.apng", make_spec, movie(16, 16, 3, 40), {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        (APNG, {"loop": -1}, "loop must be 0"),
        (APNG, {"compress_level": 10}, "compress_level must be from 0 to 9"),
        (APNG, {"quality": "best"}, "quality must be one of"),
        (WebP, {"loop": 65536}, "loop must be 0"),
        (WebP, {"factor": 101}, "factor must be from 0 to 100"),
        (WebP, {"factor": 50, "quality": "lossless"}, "not both"),
    ],
)
def test_bad_options(kind, options, text):
    with pytest.raises(OptionError, match=text):
        kind(**options)


@pytest.mark.parametrize("name", ["a.apng", "a.webp"])
def test_films_that_they_cannot_hold(tmp_path, make_spec, name):
    with pytest.raises(FormatError, match="under 11 ms down to 100 ms: use fps=90"):
        encoder_for(name).open(tmp_path / name, make_spec("rgb24", fps=100))
    with pytest.raises(FormatError, match="pixels a side"):
        encoder_for("a.webp").open(tmp_path / "a.webp", make_spec("rgb24", width=16384))
    with pytest.raises(FormatError, match="takes frames in rgb24, rgba"):
        encoder_for(name).open(tmp_path / name, make_spec("nv12"))
    assert not list(tmp_path.iterdir())
