"""The whole way: an animation saved in each format, and the file compared with `Animation.frame`."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter

import gpuanim as ga
from gpuanim.decode import film_info
from gpuanim.decode.frames import read_frames
from gpuanim.encode.h265 import H265
from gpuanim.encode.memory import Each
from gpuanim.errors import FormatError, OptionError
from gpuanim.frames import PixelFormat

LEVELS = np.linspace(0, 1, 12)
"""Twelve flat patches, each a disc of 60 pixels."""


@pytest.fixture(scope="module")
def patches():
    """Discs in a grid of 4 x 3, each in a colour of viridis."""
    y, x = np.divmod(np.arange(12), 4)
    coords = np.column_stack([x, -y]).astype(float)
    s = (60 * 72 / 100) ** 2
    return ga.animate(coords, [LEVELS, LEVELS], vmin=0, vmax=1, s=s, size=(400, 300), fps=25)


@pytest.fixture(scope="module")
def cloud():
    """Overlapping translucent points of 9 pixels."""
    coords = np.random.default_rng(0).normal(size=(300, 2))
    waves = [np.sin(2 * coords[:, 0] + t) for t in range(5)]
    return ga.animate(coords, waves, s=30, alpha=0.5, size=(160, 120), fps=25)


def shown(path, pixel_format=PixelFormat.RGB24):
    info = film_info(path)
    frames = np.stack(list(read_frames(path, info, pixel_format)))
    return frames.reshape(info.n_frames, *pixel_format.shape(info.width, info.height))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {}), ("a.mp4", {"quality": "draft"}), ("a.mp4", {"quality": "high"}),
        ("a.mp4", {"pixel_format": "yuv444p"}), ("a.mp4", {"codec": "h265"}), ("a.mp4", {"codec": "av1"}),
        ("a.mov", {}), ("a.mov", {"codec": "prores"}), ("a.webm", {}), ("a.webm", {"codec": "av1"}),
        ("a.webp", {}), ("a.mp4", {"encoder": H265(crf=20)}),
    ],
)  # fmt: skip
def test_flat_areas_have_the_colours_of_the_map(patches, tmp_path, name, options):
    patches.save(tmp_path / name, **options)
    wanted = patches.frame(1).astype(int)
    gap = np.abs(shown(tmp_path / name)[1].astype(int) - wanted)
    box = (33, 33, 1)
    flat = (maximum_filter(wanted, box) == minimum_filter(wanted, box)).all(-1)
    colors = np.unique(wanted[flat], axis=0)
    assert len(colors) == 13  # twelve of the map, and the background
    assert gap[flat].max() <= 3


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.mkv", {}), ("a.mkv", {"codec": "ffv1"}), ("a.apng", {}), ("a.webp", {"quality": "lossless"})],
)
def test_lossless_formats_hold_the_very_frames(cloud, tmp_path, name, options):
    result = cloud.save(tmp_path / name, **options)
    np.testing.assert_array_equal(shown(tmp_path / name), np.stack(list(cloud.frames())))
    assert result.nbytes == (tmp_path / name).stat().st_size


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
@pytest.mark.parametrize("antialias", [True, False])
def test_yuv444p_is_drawn_as_the_rgb_frame_is(tmp_path, name, antialias):
    coords = np.random.default_rng(0).normal(size=(300, 2))
    film = ga.animate(
        coords, coords[:, 0], s=20, size=(101, 67), antialias=antialias, alpha=1.0 if not antialias else 0.4
    )
    film.save(tmp_path / name, quality="lossless")
    assert film_info(tmp_path / name).pixel_format == "yuv444p"
    gap = np.abs(shown(tmp_path / name)[0].astype(int) - film.frame(0))
    assert gap.max() <= 3  # 2 from the table, 1 from the way back
    film.save(tmp_path / name, pixel_format="yuv444p")
    assert film_info(tmp_path / name).width == 101  # no need to pad


@pytest.mark.parametrize(
    ("name", "options", "mean", "edge"),
    [
        ("a.apng", {}, 0, 0), ("a.mkv", {}, 0, 0), ("a.webp", {"quality": "lossless"}, 0, 0),
        ("a.mov", {}, 1.5, 40), ("a.webm", {}, 12, 255), ("a.webp", {}, 12, 255),
    ],
)  # fmt: skip
def test_transparent_films_have_straight_alpha(cloud, tmp_path, name, options, mean, edge):
    cloud.save(tmp_path / name, transparent=True, **options)
    assert film_info(tmp_path / name).transparent
    wanted = np.stack(list(cloud.frames(transparent=True))).astype(int)
    picture = shown(tmp_path / name, PixelFormat.RGBA).astype(int)
    assert set(np.unique(wanted[..., 3])) > {0, 128}
    assert np.abs(picture[..., 3] - wanted[..., 3]).max() <= (0 if mean == 0 else 30)
    # Straight: where a single point lies at alpha 128, its colour is the map's, not half of it.
    single = wanted[..., 3] == 128
    assert single.sum() > 1000
    gap = np.abs(picture[..., :3] - wanted[..., :3])[single]
    assert gap.mean() <= mean
    assert gap.max() <= edge


def test_transparent_stills_and_background_none(cloud, tmp_path):
    assert cloud.frame(2, transparent=True).shape == (120, 160, 4)
    cloud.save(tmp_path / "%d.png", transparent=True)
    info = film_info(tmp_path / "2.png")
    assert (info.pixel_format, info.gpuanim["background"]) == ("rgba", None)
    for name in ("a.mp4", "a.gif", "a.html"):
        with pytest.raises(
            FormatError, match=r"no transparency: .* one of \.mov, \.webm, \.mkv, \.apng, \.webp, \.png"
        ):
            cloud.save(tmp_path / name, transparent=True)
    with pytest.raises(FormatError, match="no transparency"):
        cloud.save(tmp_path / "a.webm", transparent=True, codec="av1")
    axes = ga.create_animation(np.eye(3)[:, :2], [np.arange(3.0)])
    with pytest.raises(OptionError, match="a film with axes has their background"):
        axes.save(tmp_path / "a.webm", transparent=True)
    with pytest.raises(OptionError, match="a film with axes"):
        axes.frame(0, transparent=True)


def test_suffix_and_codec_choose(cloud, tmp_path):
    codecs = {
        ("a.webm", None): "vp9",
        ("a.mov", None): "h264",
        ("a.mkv", "h264"): "h264",
        ("a.mp4", "AV1"): "av1",
    }
    for (name, codec), expected in codecs.items():
        cloud.save(tmp_path / name, codec=codec)
        assert film_info(tmp_path / name).codec == expected
    with pytest.raises(
        FormatError, match=r"\.mp4 holds h264, h265, av1, not 'vp9'; vp9 goes into \.webm, \.mkv"
    ):
        cloud.save(tmp_path / "b.mp4", codec="vp9")
    with pytest.raises(FormatError, match="did you mean 'prores'"):
        cloud.save(tmp_path / "b.mov", codec="prors")


def test_several_targets_share_options_and_a_codec(cloud, tmp_path):
    names = ["a.mp4", "a.webm", "a.gif"]
    targets = [tmp_path / name for name in names]
    cloud.save(targets, codec="av1", quality="draft", loop=2)
    assert [film_info(target).codec for target in targets] == ["av1", "av1", "gif"]
    with pytest.raises(FormatError, match=r"\.mp4 holds h264, h265, av1, not 'prores'"):
        cloud.save(targets, codec="prores")
    clear = [tmp_path / name for name in ("a.mov", "a.webm", "a.apng")]
    cloud.save(clear, transparent=True)
    assert [film_info(target).codec for target in clear] == ["prores", "vp9", "apng"]
    assert all(film_info(target).transparent for target in clear)


def test_frames_for_python(cloud):
    frames = np.stack(list(cloud.frames()))
    np.testing.assert_array_equal(cloud.to_array(), frames)
    assert cloud.to_array(transparent=True, dpi=50).shape == (5, 60, 80, 4)
    seen = []
    result = cloud.save("stream", encoder=Each(lambda frame: seen.append(frame.copy())), fps=Fraction(10))
    np.testing.assert_array_equal(seen, frames)
    assert (result.n_frames, result.nbytes) == (5, 0)
