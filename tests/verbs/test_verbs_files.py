"""Films with chrome in every kind of file, against the frames that the animation gives."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import gpuanim as ga
from gpuanim.decode import film_info
from gpuanim.decode.frames import read_frames
from gpuanim.frames import PixelFormat


@pytest.fixture(scope="module")
def film(make):
    """A film with all that moves and stands still."""
    return make(
        title="step {step} of {steps}", axes=True, colorbar="value", progress_line=True,
        caption="{time:.2f} s", scope="frame", fps=10, hold=0.2,
    )  # fmt: skip


def test_frames_are_the_same_whichever_way_they_are_asked_for(film):
    whole = film.to_array()
    assert whole.shape == (6, 180, 240, 3)
    for i, frame in enumerate(film.frames()):
        np.testing.assert_array_equal(frame, whole[i])
    for i in (3, 0, -1):
        np.testing.assert_array_equal(film.frame(i), whole[i])


def test_several_targets_at_once_show_what_each_shows_alone(film, tmp_path, decode):
    results = film.save([tmp_path / name for name in ("film.mp4", "film.mkv", "film.gif", "%d.png")])
    assert [result.n_frames for result in results] == [6] * 4
    whole = film.to_array()
    np.testing.assert_array_equal(decode(tmp_path / "film.mkv").frames, whole)
    for i, frame in enumerate(whole):
        np.testing.assert_array_equal(np.array(Image.open(tmp_path / f"{i}.png")), frame)
    assert np.abs(decode(tmp_path / "film.mp4").frames.mean(-1) - whole.mean(-1)).mean() < 4
    film.save(tmp_path / "alone.gif")
    assert (tmp_path / "alone.gif").read_bytes() == (tmp_path / "film.gif").read_bytes()


@pytest.mark.parametrize("antialias", [True, False])
def test_a_gif_keeps_the_colours_of_chrome(make, tmp_path, antialias):
    options = {"antialias": antialias, "fps": 10}
    plain = make(**options)
    film = make(title=["a", "b", "c", "d"], colorbar=True, progress_line="#ff00ff", **options)
    film.save(tmp_path / "film.gif")
    plain.save(tmp_path / "plain.gif")
    with Image.open(tmp_path / "film.gif") as gif:
        assert gif.n_frames == 4
        for i, frame in enumerate(film.frames()):
            gif.seek(i)
            got = np.array(gif.convert("RGB")).astype(int)
            assert np.abs(got - frame).mean() < 3
            line = (frame == [255, 0, 255]).all(-1)
            if i:
                assert np.abs(got[line] - [255, 0, 255]).mean() < 12
    assert (tmp_path / "film.gif").stat().st_size < 2 * (tmp_path / "plain.gif").stat().st_size + 20_000


@pytest.mark.parametrize("suffix", ["webm", "mkv", "mov"])
def test_transparent_films_keep_their_texts(make, tmp_path, suffix):
    film = make(title=["alpha", "bravo", "alpha", "bravo"], colorbar="value", legend=None, scale_bar=True)
    wanted = film.frame(1, transparent=True)
    assert wanted.shape == (180, 240, 4)
    assert wanted[0, 0, 3] == wanted[-1, 0, 3] == 0
    assert (wanted[:20, :, 3] == 255).any()
    result = film.save(tmp_path / f"film.{suffix}", transparent=True)
    info = film_info(result.path)
    assert info.transparent
    frames = [f.reshape(180, 240, 4) for f in read_frames(result.path, info, PixelFormat.RGBA)]
    assert len(frames) == 4
    for i, frame in enumerate(frames):
        drawn = film.frame(i, transparent=True)
        assert np.abs(frame[..., 3].astype(int) - drawn[..., 3]).mean() < 2
        solid = drawn[..., 3] == 255
        assert np.abs(frame[solid].astype(int) - drawn[solid]).mean() < 12
    assert (film.frame(0, transparent=True)[:20] != wanted[:20]).any()


def test_transparent_stills_are_exact(make, tmp_path):
    film = make(title="step {step}", progress_line=True, colorbar=True)
    film.save(tmp_path / "%d.png", transparent=True)
    for i in range(4):
        drawn = film.frame(i, transparent=True)
        np.testing.assert_array_equal(np.array(Image.open(tmp_path / f"{i}.png")), drawn)
    over = film.frame(2).astype(int)
    drawn = film.frame(2, transparent=True)
    share = drawn[..., 3:] / 255
    np.testing.assert_allclose(drawn[..., :3] * share + 255 * (1 - share), over, atol=2)


def test_a_largest_file_with_chrome(make, tmp_path, decode):
    film = make(title="step {step}", colorbar=True, axes=True, size=(480, 360), n_frames=24)
    full = film.save(tmp_path / "full.mp4")
    small = film.save(tmp_path / "small.mp4", max_bytes=full.nbytes * 0.5)
    assert small.nbytes <= full.nbytes * 0.5
    assert small.width < full.width
    first, *_, last = decode(tmp_path / "small.mp4").frames.astype(int)
    top = small.height // 12
    assert np.abs(first[:top] - last[:top]).max() > 60


def test_an_html_page_and_a_notebook_show_chrome(film):
    assert "data:video/mp4;base64," in film.to_jshtml()
    assert "data:video/mp4;base64," in film.to_html5_video()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"colorbar": 3}, ga.OptionError, r"ColorBar\(label, loc, ticks, format\)"),
        ({"colorbar": ga.Legend()}, ga.OptionError, "colorbar must be a label"),
        ({"legend": True}, ga.OptionError, "give a colour bar"),
        ({"legend": "rigth margin"}, ga.OptionError, 'did you mean "right margin"'),
        ({"axes": "tick"}, ga.OptionError, 'did you mean "ticks"'),
        ({"theme": "drak"}, ga.OptionError, 'did you mean "dark"'),
        ({"style": "ggplt"}, ga.OptionError, "did you mean 'ggplot'"),
        ({"style": {"fnt.size": 3}}, ga.OptionError, "style must be"),
        ({"scale_bar": -1}, ga.OptionError, "scale_bar length must be a number above 0"),
        ({"progress_line": "rde"}, ga.OptionError, "progress_line color must be a colour"),
        ({"logo": np.zeros((3, 3))}, ga.OptionError, r"logo image must have shape"),
        ({"logo": [[1], [2, 3]]}, ga.OptionError, "logo image must be an array or a path"),
        ({"logo": True}, ga.OptionError, r"Logo\(image, loc, width\)"),
        ({"caption": True}, ga.OptionError, r"Caption\(text, loc, fontsize, color\)"),
        ({"xlabel": 3}, ga.OptionError, "xlabel must be a str"),
        ({"ax": 3, "size": None}, ga.OptionError, "ax must be matplotlib Axes"),
        ({"mix": "linaer"}, ga.OptionError, "did you mean 'linear'"),
        ({"highlight": "star"}, ga.OptionError, "highlight must be a gpuanim.Highlight"),
        ({"highlight": ga.Highlight([1], marker="strr")}, ga.OptionError, "marker must be"),
        ({"highlight": ga.Highlight([1], marker="star", label=3)},
         ga.OptionError, "highlight label must be a str"),
        ({"background": None, "axes": True, "style": {"axes.grid": True, "axes.axisbelow": True}},
         ga.OptionError, "below its points, such as a grid"),
    ],
)  # fmt: skip
def test_wrong_chrome_is_refused_before_the_first_frame(make, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        make(**options).save(tmp_path / "film.webm")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"colorbar": True}, ga.OptionError, "colorbar is for numbers"),
        ({"vmin": 0}, ga.OptionError, "vmin is for numbers"),
        ({"norm": "rank"}, ga.OptionError, "norm is for numbers"),
        ({"scope": "frame"}, ga.OptionError, "scope is for numbers"),
        ({"palette": "tab1O"}, ga.OptionError, "did you mean 'tab10'"),
        ({"palette": {"a": "red", "B": "red", "c": "red"}}, ga.OptionError, "palette has no colour for 'b'"),
        ({"palette": ["red", "bleu", "lime"]}, ga.OptionError, "did you mean 'blue'"),
        ({"palette": 3}, ga.OptionError, "palette must be the name of a colormap"),
        ({"categories": "abc"}, ga.OptionError, "categories must be a list of names"),
        ({"categories": ["a", "a", "c"]}, ga.OptionError, "'a' occurs 2 times"),
        ({"categories": []}, ga.OptionError, "the list is empty"),
        ({"categories": ["a", "b", "C"]}, ga.OptionError, "category 'c', which is not among categories"),
        ({"tween": "linear", "n_frames": 9}, ga.OptionError, "nothing lies between two categories"),
    ],
)
def test_wrong_options_of_categories(make, groups, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        make(groups, **options).save(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"categories": ["a", "b"]}, "values have 3 classes, but categories names 2"),
        ({"categories": ["a", "a", "b"]}, "'a' occurs 2 times"),
        ({"categories": "abc"}, "categories must be a list of names"),
        ({"categories": 3}, "categories must be a list of names"),
        ({"mix": "mean"}, "mix must be one of"),
        ({"vmax": 1}, "vmax is for numbers"),
        ({"colorbar": True}, "colorbar is for numbers"),
    ],
)
def test_wrong_options_of_shares(make, options, message):
    with pytest.raises(ga.OptionError, match=message):
        make(np.random.default_rng(0).random((2, 300, 3)), **options)


def test_names_on_data_need_a_last_step(make, groups):
    with pytest.raises(ga.OptionError, match="values whose last step is known"):
        make(iter(groups), categories=["a", "b", "c"], legend="on data")
