from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from gpuanim.encode.h264 import H264, keyframe_interval
from gpuanim.errors import EncoderError, FormatError, OptionError


def write(path, spec, frames, **options):
    with H264(**options).open(path, spec) as writer:
        for frame in frames:
            writer.write(frame)


@pytest.mark.parametrize("count", [1, 2, 7, 75])
@pytest.mark.parametrize("suffix", [".mp4", ".MOV", ".m4v", ".mkv"])
def test_frame_count_and_size(tmp_path, make_spec, grey, decode, count, suffix):
    path = tmp_path / f"film{suffix}"
    spec = make_spec(width=66, height=34)
    write(path, spec, (grey(spec, 40 + i) for i in range(count)))
    assert decode(path).frames.shape == (count, 34, 66, 3)


@pytest.mark.parametrize("fps", [30, 25, 60, Fraction(24000, 1001), Fraction(1, 2), Fraction(29.97)])
def test_rate(tmp_path, make_spec, grey, decode, fps):
    path = tmp_path / "film.mp4"
    spec = make_spec(fps=fps)
    write(path, spec, (grey(spec, i) for i in range(20)))
    decoded = decode(path)
    assert decoded.fps == pytest.approx(float(fps), abs=0.01)
    assert len(decoded.frames) == 20
    assert f"Duration: 00:00:{20 / float(fps):05.2f}" in decoded.facts


PATCHES = np.array(
    [(228, 26, 28), (68, 1, 84), (253, 231, 37), (33, 145, 140), (255, 255, 255), (0, 0, 0), (31, 119, 180),
     (255, 127, 14), (44, 160, 44), (214, 39, 40), (127, 127, 127), (211, 211, 211)],
    np.uint8,
)  # fmt: skip


@pytest.mark.parametrize("pixel_format", ["nv12", "yuv420p"])
def test_colours_within_3_of_255(tmp_path, make_spec, to_yuv, decode, pixel_format):
    rgb = np.repeat(np.repeat(PATCHES.reshape(3, 4, 3), 32, axis=0), 32, axis=1)
    spec = make_spec(pixel_format, 128, 96)
    path = tmp_path / "film.mp4"
    write(path, spec, [to_yuv(rgb, pixel_format)] * 4)
    for frame in decode(path).frames:
        inner = frame.reshape(3, 32, 4, 32, 3)[:, 8:24, :, 8:24].astype(int)
        assert np.abs(inner - PATCHES.reshape(3, 1, 4, 1, 3)).max() <= 3


def test_nv12_and_yuv420p_make_the_same_film(tmp_path, make_spec, to_yuv, decode):
    rgb = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    films = []
    for pixel_format in ("nv12", "yuv420p"):
        path = tmp_path / f"{pixel_format}.mp4"
        write(path, make_spec(pixel_format), [to_yuv(rgb, pixel_format)] * 3)
        films.append(decode(path).frames)
    np.testing.assert_array_equal(*films)


def test_tags_profile_title_and_faststart(tmp_path, make_spec, grey, decode):
    path = tmp_path / "film.mp4"
    spec = make_spec(title="rank = 'one'; \"two\" \u00b5")
    write(path, spec, [grey(spec, 60)] * 3)
    facts = decode(path).facts
    assert "h264 (High)" in facts
    assert "yuv420p(tv, bt709" in facts
    assert "rank = 'one'; \"two\" \u00b5" in facts
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    colr = data.index(b"colr")
    assert data[colr + 4 : colr + 15] == b"nclx\x00\x01\x00\x01\x00\x01\x00"


def test_same_frames_same_bytes(tmp_path, make_spec):
    spec = make_spec(width=128, height=96)
    frames = np.random.default_rng(1).integers(16, 236, (12, 128 * 96 * 3 // 2)).astype(np.uint8)
    paths = [tmp_path / f"{i}.mp4" for i in range(2)]
    for path in paths:
        write(path, spec, frames)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert b"Lavf" not in first


def test_keyframe_each_second(tmp_path, make_spec, grey):
    assert [keyframe_interval(Fraction(f)) for f in (30, Fraction(24000, 1001), Fraction(1, 10))] == [
        30,
        24,
        1,
    ]


def test_qualities_order_by_size(tmp_path, make_spec):
    rng = np.random.default_rng(2)
    spec = make_spec(width=160, height=120)
    frames = rng.integers(80, 120, (8, 160 * 120 * 3 // 2)).astype(np.uint8)
    sizes = []
    for quality in ("draft", "standard", "high"):
        path = tmp_path / f"{quality}.mp4"
        write(path, spec, frames, quality=quality)
        sizes.append(path.stat().st_size)
    assert sizes[1] < sizes[2]
    assert H264() == H264(crf=17, preset="veryfast")
    assert H264(quality="draft", crf=30).preset == "ultrafast"


def test_frames_may_be_reused(tmp_path, make_spec, decode):
    spec = make_spec(width=640, height=480)
    frame = np.full(640 * 480 * 3 // 2, 128, np.uint8)
    path = tmp_path / "film.mp4"
    with H264().open(path, spec) as writer:
        for i in range(10):
            frame[: 640 * 480] = 40 + 15 * i
            writer.write(frame)
    means = decode(path).frames.mean((1, 2, 3))
    assert np.diff(means).min() > 10


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"crf": 0}, "crf must be above 0 and at most 51.*lossless"),
        ({"crf": 52}, "crf must be above 0"),
        ({"crf": "17"}, "crf must be above 0"),
        ({"preset": "verifast"}, "did you mean 'veryfast'"),
        ({"quality": "best"}, "quality must be one of"),
        ({"threads": 0}, "threads must be"),
        ({"extra": "-tune animation"}, "tuple of strings"),
    ],
)
def test_bad_options(options, text):
    with pytest.raises(OptionError, match=text):
        H264(**options)


@pytest.mark.parametrize(
    ("spec", "name", "text"),
    [
        ({"width": 63}, "film.mp4", "even width and height, not 63x48"),
        ({"pixel_format": "rgb24"}, "film.mp4", "takes frames in nv12, yuv420p, not rgb24"),
        ({}, "film.avi", "written to .mp4"),
        ({"width": 20000}, "film.mp4", "at most 16384 pixels a side"),
        ({"fps": 0}, "film.mp4", "fps must be positive"),
    ],
)
def test_films_that_h264_cannot_hold(tmp_path, make_spec, spec, name, text):
    with pytest.raises(FormatError, match=text):
        H264().open(tmp_path / name, make_spec(**spec))
    assert not list(tmp_path.iterdir())


def test_extra_options_reach_ffmpeg(tmp_path, make_spec, grey):
    spec = make_spec()
    write(tmp_path / "film.mp4", spec, [grey(spec, 0)], extra=("-tune", "animation"))
    with pytest.raises(EncoderError, match="Error setting preset/tune veryfast/nonsense"):
        write(tmp_path / "bad.mp4", spec, [grey(spec, 0)] * 3, extra=("-tune", "nonsense"))
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
