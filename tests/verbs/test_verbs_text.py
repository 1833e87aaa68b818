"""Titles, captions and labels: from what was asked for to the pixels of the film."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

import gpuanim as ga

WORDS = ["alpha", "bravo", "charlie", "delta"]


def above(frame, film, stage):
    """Return the part of a frame above the points."""
    top = round(stage(film).views[0].box[1])
    assert top > 10
    return frame[:top]


def test_a_title_per_step_is_the_still_title_of_each_frame(make, stage):
    film = make(title=WORDS)
    for frame, word, values in zip(film.frames(), WORDS, film._film.clouds[0].values.steps(), strict=True):
        alone = make([values], title=word, vmin=-1, vmax=1).frame(0)
        head = above(frame, film, stage).astype(int)
        assert np.abs(head - above(alone, film, stage)).max() <= 1  # blended over, not drawn on, the ground


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "gif", "webm"])
def test_titles_change_in_the_decoded_film(make, stage, decode, tmp_path, suffix):
    film = make(title=["alpha", "alpha", "bravo", "bravo"])
    film.save(tmp_path / f"film.{suffix}")
    heads = [above(frame, film, stage).astype(float) for frame in decode(tmp_path / f"film.{suffix}").frames]
    assert len(heads) == 4
    wanted = [above(frame, film, stage) for frame in film.frames()]
    for head, drawn in zip(heads, wanted, strict=True):
        assert np.abs(head - drawn).mean() < 3
    assert np.abs(heads[0] - heads[1]).mean() < 0.5
    assert np.abs(heads[1] - heads[2]).mean() > 3


@pytest.mark.parametrize("option", ["title", "caption"])
def test_templates_say_where_the_film_is(make, option):
    timeline = {"n_frames": 6, "fps": 10, "hold": (0.1, 0.2)}
    told = []

    def text(moment):
        told.append(
            (moment.frame + 1, moment.n_frames, moment.step + 1, moment.n_steps, round(moment.time, 3))
        )
        return "x"

    make(**{option: text}, **timeline).to_array()
    assert told == [
        (1, 9, 1, 4, 0.0), (2, 9, 1, 4, 0.1), (3, 9, 1, 4, 0.2), (4, 9, 2, 4, 0.3), (5, 9, 3, 4, 0.4),
        (6, 9, 3, 4, 0.5), (7, 9, 4, 4, 0.6), (8, 9, 4, 4, 0.7), (9, 9, 4, 4, 0.8),
    ]  # fmt: skip
    by_template = make(**{option: "{{{step}}} of {steps}"}, **timeline).to_array()
    by_list = make(**{option: [f"{{{i}}} of 4" for i in range(1, 5)]}, **timeline).to_array()
    np.testing.assert_array_equal(by_template, by_list)


def test_hold_frames_count_on_in_time(make, stage):
    film = make(title="{time:.1f} s", fps=10, hold=0.3)
    frames = film.to_array()
    assert len(frames) == 7
    top = round(stage(film).views[0].box[1])
    for before, after in pairwise(frames[3:]):
        np.testing.assert_array_equal(before[top:], after[top:])
        assert (before[:top] != after[:top]).any()


def test_values_of_unknown_length_have_no_last_step(make, steps):
    limits = {"vmin": -1, "vmax": 1}
    assert len(list(make(iter(steps), title="step {step}, {time:.1f} s", **limits).frames())) == 4
    for field in ("steps", "frames"):
        with pytest.raises(ga.OptionError, match=rf"names \{{{field}\}}, but nobody knows"):
            make(iter(steps), title=f"of {{{field}}}", **limits)
    with pytest.raises(ga.OptionError, match="progress_line needs to know"):
        make(iter(steps), progress_line=True, **limits)
    made = make(iter(steps), title=WORDS[:3], **limits)
    with pytest.raises(ga.OptionError, match="one text per step: the film has 4, and 3 came"):
        list(made.frames())


def test_captions_stand_in_their_corners(make, stage):
    plain = make(axes="frame")
    for loc in ("lower left", "lower right", "upper left", "upper right"):
        film = make(axes="frame", caption=ga.Caption("step {step}", loc=loc, color="red"))
        rows, columns = np.nonzero((film.frame(0) != plain.frame(0)).any(-1))
        left, top, width, height = stage(film).views[0].box
        edge, side = loc.split()
        middle, centre = rows.mean() - top, columns.mean() - left
        assert (middle < height / 3) if edge == "upper" else (middle > height * 2 / 3)
        assert (centre < width / 2) if side == "left" else (centre > width / 2)
    several = make(axes="frame", caption=["one", ga.Caption("two", loc="upper right")])
    rows = np.nonzero((several.frame(0) != plain.frame(0)).any((1, 2)))[0]
    assert rows.min() < 60
    assert rows.max() > 120


def test_labels_and_axes_are_in_the_frame(make, stage):
    bare, framed, ticked = (stage(make(axes=axes)) for axes in (False, "frame", True))
    assert bare.over is None
    box = ticked.views[0].box
    assert framed.views[0].box[2] > box[2]
    named = stage(make(axes=True, xlabel="UMAP1", ylabel="UMAP2"))
    assert named.views[0].box[2] < box[2]
    assert named.views[0].box[3] < box[3]
    for layers in (framed, ticked, named):
        left, top, _, height = (round(v) for v in layers.views[0].box)
        spine = layers.over[top : top + height, left - 1 : left + 1, 3].max(1)
        assert (spine > 100).all()


def test_an_odd_film_with_a_title_is_padded(make, decode, tmp_path):
    film = make(title=WORDS, axes="frame", size=(241, 181))
    result = film.save(tmp_path / "film.mp4")
    assert any("padded to 242x182" in note for note in result.notes)
    frames = decode(tmp_path / "film.mp4").frames
    assert frames.shape[1:3] == (182, 242)
    for wanted, got in zip(film.frames(), frames, strict=True):
        assert np.abs(wanted.mean(-1) - got[:181, :241].mean(-1)).mean() < 6
    assert frames[:, 181].min() > 240


def test_the_dpi_scales_texts_and_layout(make, stage):
    film = make(title="step {step}", axes=True, xlabel="x", colorbar="value")
    small, large = stage(film), stage(film, 200)
    np.testing.assert_allclose(np.array(large.views[0].box) / 2, small.views[0].box, atol=2)
    doubled = film.frame(1, dpi=200)
    assert doubled.shape == (360, 480, 3)
    picture = Image.fromarray(doubled).resize((240, 180), Image.Resampling.BOX)
    assert np.abs(np.asarray(picture).astype(int) - film.frame(1)).mean() < 8


def test_figsize_and_dpi_are_those_of_matplotlib(cloud, steps, stage):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    film = ga.animate(cloud, steps, figsize=(3.205, 2.4), dpi=90, title="A title")
    figure = Figure(figsize=(3.205, 2.4), dpi=90)
    canvas = FigureCanvasAgg(figure)
    assert film.size == canvas.get_width_height()
    text = figure.add_subplot().set_title("A title")
    wanted = text.get_window_extent(canvas.get_renderer())
    head = (film.frame(0)[: round(stage(film).views[0].box[1])] < 128).any(-1)
    columns = np.flatnonzero(head.any(0))
    assert abs(np.ptp(columns) + 1 - wanted.width) <= 4


# ---- texts that cannot be drawn


@pytest.mark.parametrize("option", ["title", "caption", "xlabel", "ylabel", "colorbar", "scale_bar"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a $$ b", "pair of dollar signs"),
        (r"$\nosuch$", "pair of dollar signs"),
        ("\ud800", "no valid Unicode"),
    ],
)
def test_texts_that_matplotlib_cannot_draw_are_refused_at_once(make, option, text, message):
    with pytest.raises(ga.OptionError, match=message):
        make(**{option: text})


def test_dollars_that_matplotlib_can_draw(make):
    for text in (r"$\alpha_{{1}}$", "5 $ more", r"\$5 or \$6", "$5 and $6"):
        make(title=text).frame(0)


def test_each_text_of_a_list_is_looked_at(make):
    with pytest.raises(ga.OptionError, match=r"title: '\$\$'"):
        make(title=["a", "$$", "b", "c"])
    with pytest.raises(ga.OptionError, match="one text per step: the film has 4, and 2 came"):
        make(caption=["a", "b"])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda moment: "$$", r"the callable of title: '\$\$' has a pair of dollar signs.*\(frame 0\)"),
        (lambda moment: moment.step, "must return a str, not 0"),
        (lambda moment: 1 / 0, "failed at frame 0: division by zero"),
        (lambda: "x", "failed at frame 0"),
    ],
)
def test_callables_that_fail_leave_nothing(make, tmp_path, function, message):
    with pytest.raises(ga.SourceError, match=message):
        make(title=function).save(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{stpe}", r"\{stpe\}, but there are \{step\}"),
        ("{0}", r"names \{0\}"),
        ("{step.real}", r"names \{step.real\}"),
        ("{step", "no template"),
        ("}", "no template"),
        ("{step:.1q}", "cannot format"),
        ("{step!r}", "only plain formats"),
        ("{time:$>9.1f}", "only plain formats"),
        (3, "must be a str, a callable"),
        ([], "must be a str, a callable"),
        (b"x", "must be a str, a callable"),
    ],
)
@pytest.mark.parametrize("option", ["title", "caption"])
def test_templates_that_are_none(make, option, template, message):
    with pytest.raises(ga.OptionError, match=message):
        make(**{option: template})
