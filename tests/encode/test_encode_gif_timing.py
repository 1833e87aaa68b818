"""How long GIFs show what: the film's clock, still frames, holds, and rates that are too high."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpuanim.encode._delays import Delays, as_holds
from gpuanim.encode.gif import GIF
from gpuanim.errors import FormatError, OptionError


def counted(n):
    """Frames of 8 x 8 pixels whose row is their number."""
    return (np.full(64, i, np.uint8) for i in range(n))


@pytest.mark.parametrize("fps", [50, 30, 20, 12, Fraction(24000, 1001), Fraction(100, 3), Fraction(1, 3)])
def test_delays_keep_the_duration(tmp_path, make_spec, gifs, fps):
    fps, n = Fraction(fps), 61
    path = tmp_path / "film.gif"
    gifs.write(path, make_spec("pal8", 8, 8, fps=fps, colors=gifs.palette(n)), counted(n))
    delays = gifs.read(path)[1]
    assert max(delays) - min(delays) <= 1
    for i, total in enumerate(np.cumsum(delays)):
        assert abs(total - 100 * (i + 1) / fps) <= Fraction(1, 2)
    assert min(delays) >= 2


def test_delays_of_30_fps():
    assert [Delays(Fraction(30))(i) for i in range(6)] == [3, 4, 3, 3, 4, 3]


def test_still_frames_lengthen_the_one_before(tmp_path, make_spec, gifs):
    path = tmp_path / "film.gif"
    spec = make_spec("pal8", 8, 8, fps=10, colors=gifs.palette(3))
    still = [0, 0, 0, 1, 2, 2, 0, 0, 0, 0]
    gifs.write(path, spec, (np.full(64, i, np.uint8) for i in still))
    images, delays = gifs.read(path)
    assert delays == [30, 10, 20, 40]
    np.testing.assert_array_equal(images[:, 0, 0], spec.colors[[0, 1, 2, 0]])


@pytest.mark.parametrize("n_colors", [4, 255, 256])
def test_delays_beyond_16_bits(tmp_path, make_spec, decode, gifs, n_colors):
    path = tmp_path / "film.gif"
    spec = make_spec("pal8", 8, 8, fps=Fraction(1, 400), colors=gifs.palette(n_colors))
    gifs.write(path, spec, [np.full(64, i, np.uint8) for i in (3, 3, 1)], holds={-1: 700})
    images, delays = gifs.read(path)
    assert delays == [65535, 80000 - 65535, 65535, 70000 - 65535]
    np.testing.assert_array_equal(images[:, 3, 4], spec.colors[[3, 3, 1, 1]])
    np.testing.assert_array_equal(decode(path).frames, images)


@pytest.mark.parametrize(
    ("holds", "delays"),
    [
        ({-1: 2.5}, [4, 4, 4, 250]),
        ({0: 1, 2: Fraction(1, 2)}, [100, 4, 50, 4]),
        ({-4: 0.02}, [2, 4, 4, 4]),
        ([None, 1.0], [4, 100, 4, 4]),
        ((0.1, 0.2, 0.3, 0.4), [10, 20, 30, 40]),
        (None, [4, 4, 4, 4]),
    ],
)
def test_holds(tmp_path, make_spec, gifs, holds, delays):
    path = tmp_path / "film.gif"
    spec = make_spec("pal8", 8, 8, fps=25, n_frames=4, colors=gifs.palette(4))
    gifs.write(path, spec, counted(4), holds=holds)
    assert gifs.read(path)[1] == delays


@pytest.mark.parametrize("still", [False, True])
def test_hold_of_the_last_frame_of_unknown_length(tmp_path, make_spec, gifs, still):
    path = tmp_path / "film.gif"
    spec = make_spec("pal8", 8, 8, fps=25, colors=gifs.palette(4))
    gifs.write(
        path, spec, [np.full(64, i, np.uint8) for i in (0, 1, 2, 2 if still else 3)], holds={-1: 1, 7: 3}
    )
    assert gifs.read(path)[1] == ([4, 4, 104] if still else [4, 4, 4, 100])


def test_holds_that_fit_no_frame(tmp_path, make_spec):
    known, unknown = make_spec("pal8", n_frames=4), make_spec("pal8")
    for frame in (4, -5):
        with pytest.raises(OptionError, match=f"there is no frame {frame} in a film of 4 frames"):
            GIF(holds={frame: 1}).open(tmp_path / "film.gif", known)
    with pytest.raises(OptionError, match=r"frame -2 cannot be told, .* others are counted from the start"):
        GIF(holds={-2: 1}).open(tmp_path / "film.gif", unknown)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("holds", "message"),
    [
        (2.0, "seconds by frame, such as {-1: 2.0}, or one number per frame, not 2.0"),
        ("2", "seconds by frame"),
        ({0.5: 1}, "whole numbers, not 0.5"),
        ({True: 1}, "whole numbers, not True"),
        ({3: 0.01}, "from 0.02 to 3600 seconds, not 0.01 for frame 3"),
        ({3: 3601}, "from 0.02 to 3600 seconds"),
        ({3: float("nan")}, "from 0.02 to 3600 seconds"),
        ({3: "1"}, "from 0.02 to 3600 seconds, not '1'"),
    ],
)
def test_bad_holds(holds, message):
    with pytest.raises(OptionError) as caught:
        GIF(holds=holds)
    assert message in str(caught.value)


def test_encoders_with_holds_are_plain_values():
    assert GIF(holds=[None, 1]) == GIF(holds={1: 1.0})
    assert hash(GIF(holds={1: 1.0})) == hash(GIF())
    assert as_holds({np.int64(2): np.float32(0.5)}) == {2: 0.5}


def test_too_fast_or_too_slow(tmp_path, make_spec):
    with pytest.raises(FormatError, match=r'cannot show 60 frames/s.*use fps=50 or less, too_fast="drop"'):
        GIF().open(tmp_path / "film.gif", make_spec("pal8", fps=60))
    with pytest.raises(FormatError, match="for at most an hour"):
        GIF().open(tmp_path / "film.gif", make_spec("pal8", fps=Fraction(1, 3700)))


def test_dropping_frames_keeps_the_duration(tmp_path, make_spec, gifs):
    path = tmp_path / "film.gif"
    spec = make_spec("pal8", 8, 8, fps=60, colors=gifs.palette(60))
    gifs.write(path, spec, counted(60), too_fast="drop")
    images, delays = gifs.read(path)
    assert delays == [2] * 51
    shown = [int(np.flatnonzero((spec.colors == image[0, 0]).all(1))[0]) for image in images]
    assert shown == [*(6 * k // 5 for k in range(50)), 59]


@pytest.mark.parametrize("n", [5, 6, 7])
def test_the_last_frame_is_never_dropped(tmp_path, make_spec, gifs, n):
    path = tmp_path / "film.gif"
    spec = make_spec("pal8", 8, 8, fps=100, colors=gifs.palette(9))
    gifs.write(path, spec, counted(n), too_fast="drop", holds={-1: 1})
    images, delays = gifs.read(path)
    assert (images[-1] == spec.colors[n - 1]).all()
    assert delays == [2] * (n // 2) + [100]


def test_slowing_down_keeps_the_frames(tmp_path, make_spec, gifs):
    path = tmp_path / "film.gif"
    gifs.write(path, make_spec("pal8", 8, 8, fps=75, colors=gifs.palette(30)), counted(30), too_fast="slow")
    assert gifs.read(path)[1] == [2] * 30


@given(st.fractions(Fraction(51), Fraction(1000), max_denominator=1001), st.integers(1, 400))
def test_dropping_never_strays_from_the_clock(fps, n):
    delays = Delays(fps, fast="drop")
    ends = np.cumsum([delays(i) for i in range(n)])
    assert all(0 <= end - 100 * (i + 1) / fps < 2 for i, end in enumerate(ends.tolist()))
    assert {delays(i) for i in range(n)} <= {0, 2}


def test_notes(make_spec):
    assert GIF().notes(make_spec("pal8", fps=20)) == ()
    (note,) = GIF().notes(make_spec("pal8", fps=30))
    assert "at 30 fps frames are shown for 3 or 4 hundredths" in note
    (note,) = GIF(too_fast="drop").notes(make_spec("pal8", fps=60))
    assert "at most 50 frames/s, not 60: 17% of the frames are left out" in note
    (note,) = GIF(too_fast="slow").notes(make_spec("pal8", fps=60))
    assert "the film takes 1.2 times as long" in note


def test_images_are_read_with_the_loop_count(tmp_path, make_spec, gifs):
    """Delays, holds and loops do not get in each other's way."""
    path = tmp_path / "film.gif"
    spec = make_spec("pal8", 8, 8, fps=25, n_frames=3, colors=gifs.palette(4))
    gifs.write(path, spec, counted(3), holds={1: 1}, loop=3)
    with Image.open(path) as image:
        assert (image.info["loop"], image.n_frames) == (2, 3)
