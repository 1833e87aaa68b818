"""What moves: patches of what is shown, drawn once, and a sheet that is clean afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from gpuanim.chrome._base import Attached, Moment
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.moving import ArtistMoving, Room, TextsAttached, fit_text
from gpuanim.chrome.style import Style
from gpuanim.chrome.text import as_text

SIZE = (300, 100)


@pytest.fixture
def figure():
    made = Figure(figsize=(3, 1), dpi=100)
    FigureCanvasAgg(made)
    return made


@pytest.fixture
def canvas():
    return Canvas(SIZE, 100)


def at(step):
    return Moment(step, 10, step, 10, step / 10)


def whole(patch):
    """Return a frame of white with the patch on it."""
    frame = np.full((SIZE[1], SIZE[0], 3), 255.0)
    rows = slice(patch.top, patch.top + patch.rgba.shape[0])
    columns = slice(patch.left, patch.left + patch.rgba.shape[1])
    alpha = patch.rgba[..., 3:] / 255
    frame[rows, columns] = frame[rows, columns] * (1 - alpha) + patch.rgba[..., :3] * alpha
    return frame


@pytest.mark.parametrize("string", ["Step 3 of 9", "$\\sum_i x_i$", "two\nlines", "jÅg"])
def test_patches_are_what_matplotlib_draws(figure, canvas, string):
    text = figure.text(0.5, 0.5, string, ha="center", va="center", color="tab:red")
    found = whole(canvas.patch([text]))
    figure.canvas.draw()
    expected = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    assert np.abs(found - expected).max() <= 2


def test_the_sheet_is_clean_after_each_patch(figure, canvas):
    text = figure.text(0.5, 0.5, "WWW", path_effects=[withStroke(linewidth=12, foreground="black")])
    line = figure.add_artist(Line2D([0, 1], [0, 1], linewidth=9, marker="o"))
    first = canvas.patch([text, line])
    assert first.rgba[..., 3].any()
    assert not canvas.picture([])[..., 3].any()
    assert np.array_equal(canvas.patch([text, line]).rgba, first.rgba)


def test_nothing_to_see(figure, canvas):
    assert canvas.patch([figure.text(0.5, 0.5, "")]) is None
    assert canvas.patch([figure.text(0.5, 0.5, "x", visible=False)]) is None
    assert canvas.patch([figure.text(7, 7, "x")]) is None
    assert canvas.patch([]) is None


def test_patches_are_clipped_to_the_sheet(figure, canvas):
    patch = canvas.patch([figure.text(0.9, 0.9, "far too long", fontsize=30)])
    assert patch.left + patch.rgba.shape[1] == SIZE[0]
    assert patch.top == 0


def test_patches_have_no_empty_border(figure, canvas):
    alpha = canvas.patch([figure.text(0.2, 0.2, "text")]).rgba[..., 3]
    assert all(edge.any() for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]))


@pytest.mark.parametrize("string", ["w" * 60, "a\n" * 12, "x", "$\\frac{a}{b}$" * 30])
def test_texts_fit_their_room(figure, canvas, string):
    text = figure.text(0.5, 0.5, string)
    fit_text(text, canvas.renderer, Room(120, 30), 12)
    extent = text.get_window_extent(canvas.renderer)
    assert extent.width <= 120
    assert extent.height <= 30
    assert (text.get_fontsize() == 12) == (string == "x")


def test_a_font_grows_back(figure, canvas):
    text = figure.text(0.5, 0.5, "", fontsize=12)
    texts = as_text(["w" * 60, "w"])
    attached = TextsAttached.of(text, Room(120, 30), texts, canvas)
    attached.show(at(0))
    assert text.get_fontsize() < 12
    attached.show(at(1))
    assert text.get_fontsize() == 12


class Counted(Attached):
    """Artists that count how often they are asked for."""

    def __init__(self, artists):
        self._artists = artists
        self.drawn = 0

    @property
    def artists(self):
        self.drawn += 1
        return self._artists

    def show(self, moment):
        self._artists[0].set_text(f"step {moment.step}")
        return moment.step


def test_what_comes_back_is_not_drawn_again(figure, canvas):
    counted = Counted([figure.text(0.1, 0.5, "")])
    moving = ArtistMoving(counted, canvas, Style.now())
    patches = {}
    for step in (0, 1, 0, 1, 2, 0):
        assert moving.show(at(step)) == step
        patches.setdefault(step, moving.draw())
        assert moving.draw() is patches[step]
    assert counted.drawn == 3
    for step in range(10):
        moving.show(at(step))
        moving.draw()
    moving.show(at(0))
    assert np.array_equal(moving.draw().rgba, patches[0].rgba)  # forgotten, and drawn anew


def test_fonts_are_those_of_the_style(canvas):
    """The style of the film holds where frames are drawn, long after it was described."""
    patches = []
    for style in (Style.now(), Style.now(style={"font.family": "monospace"})):
        with style.applied():
            figure = Figure(figsize=(3, 1), dpi=100)
            text = figure.text(0.1, 0.5, "")
        moving = ArtistMoving(
            TextsAttached.of(text, Room(300, 90), as_text("iiWW {step}"), canvas), canvas, style
        )
        moving.show(at(0))
        patches.append(moving.draw().rgba)
    assert not np.array_equal(*patches)
