"""What holds for every codec: what was written is decoded by ffmpeg again, and compared.

Colours. Flat patches are within 3 of 255 in every format, from 16 px off their edges on; nearer, H.264 is
up to 4 off and VP9 up to 11. In a film of half a million points AV1, whose blocks have 64 px, lets single
pixels of flat areas ring, up to 10 off. Points suffer from chroma at half the resolution. Measured on
isolated ones in the colours of tab20, mean absolute error in the points of 255, on white and on black, over
the codecs: 1 px 35 to 39 in 4:2:0 and 6 to 19 in 4:4:4; 2 px 17 to 23 and 2 to 9. In 4:2:0 points of one
pixel keep their lightness but hardly any colour (saturation a twentieth with H.264, a fifth with AV1); the
hue of points of two pixels is off by 2 to 6 degrees (median).
"""

from __future__ import annotations

import colorsys
import subprocess
from fractions import Fraction

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.encode import encoder_for
from gpuanim.encode.av1 import AV1
from gpuanim.encode.h264 import H264
from gpuanim.encode.h265 import H265
from gpuanim.encode.hardware import VENDORS, Device, try_device
from gpuanim.encode.lossless import Lossless
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.encode.prores import ProRes
from gpuanim.encode.vp9 import VP9
from gpuanim.errors import EncoderError, FormatError, OptionError
from gpuanim.frames import FilmSpec, PixelFormat

VIDEO = [
    ("film.mp4", {}),
    ("film.mp4", {"codec": "h265"}),
    ("film.mp4", {"codec": "av1"}),
    ("film.webm", {}),
    ("film.webm", {"codec": "av1"}),
    ("film.mov", {}),
    ("film.mov", {"codec": "prores"}),
    ("film.mkv", {"codec": "vp9"}),
]
FULL = [
    ("film.mp4", {"pixel_format": "yuv444p"}),
    ("film.mp4", {"codec": "h265", "pixel_format": "yuv444p"}),
    ("film.webm", {"pixel_format": "yuv444p"}),
]
EXACT = [("film.mkv", {}), ("film.mkv", {"codec": "ffv1"}), ("film.mkv", {"quality": "high"})]
NEARLY = [
    ("film.mp4", {"quality": "lossless"}),
    ("film.mp4", {"codec": "h265", "quality": "lossless"}),
    ("film.webm", {"quality": "lossless"}),
]
"""Lossless but for the way from RGB to YUV."""
ALPHA = [("film.mov", {}), ("film.webm", {}), ("film.mkv", {})]


def named(cases):
    return pytest.mark.parametrize(
        ("name", "options"),
        cases,
        ids=lambda part: part if isinstance(part, str) else "-".join(part.values()),
    )


def as_frame(rgb, pixel_format, to_yuv):
    if pixel_format in ("rgb24", "rgba"):
        return np.ascontiguousarray(rgb).ravel()
    if pixel_format == "yuv444p":  # each pixel four times makes 4:2:0 of the same chroma
        doubled = to_yuv(rgb.repeat(2, 0).repeat(2, 1), "yuv420p")
        h, w = rgb.shape[:2]
        luma, chroma = doubled[: 4 * h * w].reshape(2 * h, 2 * w)[::2, ::2], doubled[4 * h * w :]
        return np.concatenate([luma.ravel(), chroma])
    return to_yuv(rgb, pixel_format)


@pytest.fixture
def write(tmp_path, make_spec, to_yuv):
    """Return a function that writes RGB(A) pictures and returns the file."""

    def run(name, options, pictures, **spec):
        path = tmp_path / name
        transparent = pictures[0].shape[2] == 4
        encoder = encoder_for(path, transparent=transparent, **options)
        pixel_format = PixelFormat.RGBA if transparent else encoder.formats[0]
        height, width = pictures[0].shape[:2]
        with encoder.open(path, make_spec(pixel_format, width, height, **spec)) as writer:
            for picture in pictures:
                writer.write(as_frame(picture, pixel_format, to_yuv))
        return path

    return run


def decode_rgba(path):
    """Decode with alpha; VP9 has it in a second stream, which libvpx sees and ffmpeg's decoder not."""
    decoder = ["-c:v", "libvpx-vp9"] if path.suffix == ".webm" else []
    command = [ffmpeg_exe(), "-v", "error", *decoder, "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgba"]
    done = subprocess.run([*command, "-"], capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8)


PATCHES = np.array(
    [(228, 26, 28), (68, 1, 84), (253, 231, 37), (33, 145, 140), (255, 255, 255), (0, 0, 0), (31, 119, 180),
     (255, 127, 14), (44, 160, 44), (214, 39, 40), (127, 127, 127), (211, 211, 211)],
    np.uint8,
)  # fmt: skip
BOARD = np.repeat(np.repeat(PATCHES.reshape(3, 4, 3), 48, axis=0), 48, axis=1)


@named([*VIDEO, *FULL, *EXACT, *NEARLY])
def test_flat_colours_within_3_of_255_and_their_tags(write, decode, name, options):
    decoded = decode(write(name, options, [BOARD] * 5))
    assert len(decoded.frames) == 5
    for frame in decoded.frames:
        inner = frame.reshape(3, 48, 4, 48, 3)[:, 16:32, :, 16:32].astype(int)
        assert np.abs(inner - PATCHES.reshape(3, 1, 4, 1, 3)).max() <= 3
    assert "gbr" in decoded.facts or "(tv, bt709, progressive)" in decoded.facts


def points(side, background):
    """Draw isolated points in the colours of tab20, at odd and even places."""
    rng = np.random.default_rng(side)
    colors = np.rint(np.array(matplotlib.colormaps["tab20"].colors) * 255).astype(np.uint8)
    picture = np.full((192, 192, 3), background, np.uint8)
    inside = np.zeros((192, 192), bool)
    for top, left in np.ndindex(23, 23):
        y, x = 4 + 8 * top + rng.integers(3), 4 + 8 * left + rng.integers(3)
        picture[y : y + side, x : x + side] = colors[rng.integers(20)]
        inside[y : y + side, x : x + side] = True
    return picture, inside


def hue_gap(a, b):
    """Return the differences of hue in degrees, where there is a hue."""
    ours, theirs = (np.array([colorsys.rgb_to_hsv(*pixel) for pixel in c / 255]) for c in (a, b))
    gap = np.abs(ours[:, 0] - theirs[:, 0])[ours[:, 1] > 0.3]
    return 360 * np.minimum(gap, 1 - gap)


@named([case for case in [*VIDEO, *FULL] if case[0] != "film.mkv"])
@pytest.mark.parametrize("background", [0, 255])
def test_single_points_keep_their_colour_within_bounds(write, decode, name, options, background):
    full = "pixel_format" in options or options.get("codec") == "prores"
    for side, error, hue in ((1, 20 if full else 42, 15 if full else 40), (2, 10 if full else 25, 8)):
        picture, inside = points(side, background)
        shown = decode(write(name, options, [picture] * 3)).frames[2]
        assert np.abs(shown[inside].astype(int) - picture[inside]).mean() < error
        assert np.median(hue_gap(picture[inside], shown[inside])) < hue


@named(EXACT)
@pytest.mark.parametrize("size", [(64, 48), (33, 21)])
def test_lossless_rgb_is_exact(write, decode, name, options, size):
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8) for _ in range(4)]
    np.testing.assert_array_equal(decode(write(name, options, pictures)).frames, pictures)


@named(NEARLY)
def test_lossless_yuv_is_within_2_of_255(write, decode, name, options):
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (48, 64, 3)).astype(np.uint8) for _ in range(4)]
    shown = decode(write(name, options, pictures)).frames
    assert np.abs(shown.astype(int) - pictures).max() <= 3  # 2 by the table, 1 by ffmpeg's rounding


@named([*VIDEO, *EXACT])
@pytest.mark.parametrize(("count", "fps"), [(1, 30), (26, 25), (7, Fraction(24000, 1001))])
def test_count_size_and_rate(write, decode, name, options, count, fps):
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (34, 66, 3)).astype(np.uint8) for _ in range(count)]
    decoded = decode(write(name, options, pictures, fps=fps))
    assert decoded.frames.shape == (count, 34, 66, 3)
    if count > 1:
        assert decoded.fps == pytest.approx(float(fps), abs=0.01)


@named([*VIDEO, *EXACT, *ALPHA])
def test_same_frames_same_bytes(write, name, options):
    rng = np.random.default_rng(1)
    channels = 4 if (name, options) in ALPHA else 3
    pictures = [rng.integers(0, 256, (96, 128, channels)).astype(np.uint8) for _ in range(6)]
    spec = {"title": "same", "metadata": {"gpuanim": "1"}}
    first = write(name, options, pictures, **spec).read_bytes()
    assert first == write(name, options, pictures, **spec).read_bytes()
    assert b"gpuanim" in first


@named(ALPHA)
@pytest.mark.parametrize("size", [(64, 48), (63, 47)])
def test_alpha_is_straight_and_kept(write, name, options, size):
    """Half-transparent red is red at alpha 128: premultiplied, it would be 128, 0, 0."""
    picture = np.zeros((*size[::-1], 4), np.uint8)
    picture[:, :21] = (255, 0, 0, 128)
    picture[:, 21:42] = (30, 120, 200, 255)
    shown = decode_rgba(write(name, options, [picture] * 3)).reshape(3, *picture.shape).astype(int)
    tolerance = 0 if name == "film.mkv" else 3
    for part in (slice(4, 17), slice(25, 38)):
        assert np.abs(shown[:, 4:-4, part] - picture[4:-4, part]).max() <= tolerance
    assert shown[:, 4:-4, 46:].reshape(-1, 4)[:, 3].max() == 0


def test_qualities_ascend_and_lossless_is_there_or_an_error(write, decode):
    rng = np.random.default_rng(2)
    low = rng.integers(0, 256, (30, 40, 3)).repeat(4, 0).repeat(4, 1)
    pictures = [np.clip(low + rng.integers(0, 60, (120, 160, 3)), 0, 255).astype(np.uint8) for _ in range(4)]
    for name, codec in (
        ("a.mp4", "h264"),
        ("a.mp4", "h265"),
        ("a.mp4", "av1"),
        ("a.webm", "vp9"),
        ("a.mov", "prores"),
    ):
        errors = []
        for quality in ("draft", "standard", "high"):
            shown = decode(write(name, {"codec": codec, "quality": quality}, pictures)).frames
            errors.append(np.abs(shown.astype(int) - pictures).mean())
        assert errors[0] > errors[1] > errors[2], (codec, errors)
    for kind in (AV1, ProRes):
        with pytest.raises(OptionError, match=r"has no lossless quality: save to \.mkv"):
            kind(quality="lossless")


def test_bitrate_takes_the_place_of_the_rate_factor(write):
    rng = np.random.default_rng(3)
    pictures = [rng.integers(0, 256, (96, 128, 3)).astype(np.uint8) for _ in range(20)]
    for name, options in (("a.mp4", {}), ("a.webm", {}), ("b.webm", {"codec": "av1"})):
        small, large = (
            write(name, {**options, "bitrate": b}, pictures).stat().st_size for b in ("100k", 4_000_000)
        )
        assert small < 0.6 * large, name


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        (H265, {"crf": 0}, "crf must be above 0 and at most 51"),
        (AV1, {"crf": 64}, r"at most 63, not 64 \(for lossless: save to \.mkv"),
        (VP9, {"preset": 9}, "preset must be one of 8, 7, .*not 9"),
        (AV1, {"preset": "fast"}, "preset must be one of 13, 12"),
        (AV1, {"pixel_format": "yuv444p"}, "AV1 is written in yuv420p only"),
        (H264, {"pixel_format": "rgb24"}, '"yuv420p" or "yuv444p", not \'rgb24\''),
        (H264, {"crf": 20, "bitrate": "4M"}, "give crf or bitrate, not both"),
        (VP9, {"quality": "lossless", "crf": 20}, 'give crf or quality="lossless", not both'),
        (H265, {"bitrate": "fast"}, 'such as "4M" or 800_000'),
        (H264, {"hardware": "cuda"}, 'hardware must be "auto", "nvenc", "videotoolbox", "vaapi" or None'),
        (H264, {"hardware": "nvenc", "preset": "fast"}, "preset is the software encoder's"),
        (H264, {"hardware": "nvenc", "quality": "lossless"}, "used for yuv420p with loss"),
        (ProRes, {"qscale": 32}, "qscale must be a whole number from 1 to 31"),
        (ProRes, {"quality": "best"}, "quality must be one of"),
        (Lossless, {"codec": "vp9"}, r"codec must be one of \('h264', 'ffv1'\)"),
    ],
)
def test_bad_options(kind, options, text):
    with pytest.raises(OptionError, match=text):
        kind(**options)


@pytest.mark.parametrize(
    ("encoder", "name", "text"),
    [
        (H265(), "a.webm", r"H\.265 is written to \.mp4, \.m4v, \.mov, \.mkv files, not '.webm'"),
        (VP9(), "a.mp4", r"VP9 is written to \.webm, \.mkv"),
        (ProRes(), "a.mp4", "ProRes is written to .mov"),
        (Lossless(), "a.mp4", "lossless video is written to .mkv"),
    ],
)
def test_containers(tmp_path, make_spec, encoder, name, text):
    with pytest.raises(FormatError, match=text):
        encoder.open(tmp_path / name, make_spec(encoder.formats[0]))
    assert not list(tmp_path.iterdir())


def test_hardware_says_what_ffmpeg_said_or_encodes(tmp_path, make_spec, grey, decode):
    """On a machine without such chips every one of them is refused before the first frame."""
    spec = make_spec("nv12", 256, 256)
    for vendor in VENDORS:
        path = tmp_path / f"{vendor}.mp4"
        fault = try_device(Device("h264", vendor))
        if fault is None:
            with H264(hardware=vendor).open(path, spec) as writer:
                writer.write(grey(spec, 90))
            assert len(decode(path).frames) == 1
            continue
        with pytest.raises(
            EncoderError, match=f"h264_{vendor} does not encode here; .*ffmpeg said:\n.+"
        ) as error:
            H264(hardware=vendor).open(path, spec)
        assert fault in str(error.value)
        assert not path.exists()


def test_hardware_auto_falls_back_to_software_and_says_so(tmp_path, make_spec, grey, decode, monkeypatch):
    monkeypatch.setattr("gpuanim.encode.hardware.try_device", lambda device: "none of that here")
    spec = make_spec("nv12")
    for name, codec in (("a.mp4", "h264"), ("a.webm", "vp9"), ("b.webm", "av1")):
        encoder = encoder_for(name, codec, hardware="auto")
        with encoder.open(tmp_path / name, spec) as writer:
            writer.write(grey(spec, 90))
        assert len(decode(tmp_path / name).frames) == 1
        assert "encoded by software" in encoder.notes(spec)


@given(st.sampled_from(VENDORS), st.sampled_from(["h264", "hevc"]), st.floats(0.5, 51))
def test_hardware_options_are_words_for_any_rate_factor(vendor, family, crf):
    words = Device(family, vendor).options(crf, None)
    assert f"{family}_{vendor}" in words
    assert all(isinstance(word, str) and word for word in words)
    assert "-b:v" in Device(family, vendor).options(None, "4M")


def test_equal_settings_are_equal_encoders():
    assert H265() == H265(crf=19, preset="veryfast")
    assert AV1(preset=8) == AV1(preset="8") == AV1()
    assert hash(VP9(quality="high")) == hash(VP9(quality="high"))
    assert H264(pixel_format="yuv444p").formats == (PixelFormat.YUV444P,)
    assert Lossless(codec="h264").formats == (PixelFormat.RGB24,)


def test_yuv444p_frames_are_three_planes():
    assert PixelFormat.YUV444P.shape(6, 4) == (3, 4, 6)
    assert PixelFormat.YUV444P.nbytes(6, 4) == 72
    spec = FilmSpec(6, 4, Fraction(30), PixelFormat.YUV444P, 1, np.zeros((1, 3), np.uint8))
    assert dict(spec.metadata) == {}
