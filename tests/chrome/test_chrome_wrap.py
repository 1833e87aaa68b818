"""Long texts are broken into lines before they shrink: laws of lines, titles, captions and legends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.figure import drawing
from gpuanim.chrome.legend_rows import Rows, Spacing, best_rows
from gpuanim.chrome.moving import Room
from gpuanim.chrome.parts import Caption, Dress, FigureDress, Legend
from gpuanim.chrome.wrap import LEAST_POINTS, Measure, broken, fit_lines

LETTERS = Measure(lambda text: float(len(text)), 1.0)  # all of width 1
SPACING = Spacing(LETTERS, line=1.0, next_line=1.0, row_gap=0.5, column_gap=1.0, beside=2.0, border=0.0)
LONG = "mesenchymal progenitor cells of the third trimester, CD34+/CD45RA- and activated by interferon; " * 2

texts = st.text("ab /-\n", max_size=60)


@given(texts, st.integers(1, 30))
def test_lines_fit_and_nothing_is_lost(text, width):
    lines = broken(text, width, LETTERS, anywhere=True)
    assert all(len(line) <= width for line in lines.split("\n"))
    assert "".join(lines.split()) == "".join(text.split())


@given(texts, st.integers(1, 30))
def test_lines_are_as_few_as_fit_and_even(text, width):
    lines = broken(text, width, LETTERS)
    if lines is not None:
        wider = broken(text, width + 1, LETTERS)
        assert wider.count("\n") <= lines.count("\n")
        assert lines.count("\n") >= text.count("\n")


def test_where_lines_are_broken():
    assert broken("one two three four", 9, LETTERS) == "one two\nthree\nfour"
    assert broken("one two three four", 13, LETTERS) == "one two\nthree four"  # even, not "one two three"
    assert broken("CD4+/CD45RA+", 8, LETTERS) == "CD4+/\nCD45RA+"
    assert broken("abcdefgh", 4, LETTERS) is None
    assert broken("abcdefgh", 4, LETTERS, anywhere=True) == "abcd\nefgh"
    assert broken("of $a + b + c$ and", 8, LETTERS) is None  # formulas are whole
    assert broken("of $a + b$ and", 8, LETTERS) == "of\n$a + b$\nand"


@pytest.fixture
def written():
    """Return a function that writes a text in a room of pixels, and returns its artist and size."""
    figure = Figure(figsize=(8, 6), dpi=100)
    FigureCanvasAgg(figure)
    canvas = Canvas((800, 600), 100)

    def write(text, room, fontsize=12.0):
        artist = figure.text(0.5, 0.5, "")
        return artist, fit_lines(artist, canvas.renderer, text, room, fontsize)

    return write


def test_a_text_that_fits_stays_as_it_is(written):
    artist, _ = written("short", (300, 50))
    assert (artist.get_text(), artist.get_fontsize()) == ("short", 12)


def test_lines_come_before_smaller_fonts(written):
    artist, size = written(LONG, (300, np.inf))
    assert artist.get_fontsize() == 12
    assert size[0] <= 300
    low, size = written(LONG, (300, 60))
    assert LEAST_POINTS <= low.get_fontsize() < 12
    assert size[0] <= 300
    assert size[1] <= 60


def test_a_word_a_little_too_long_shrinks_and_a_longer_one_is_broken(written):
    word, size = written("w" * 24, (300, np.inf))
    assert "\n" not in word.get_text()
    assert size[0] <= 300
    longer, size = written("w" * 100, (300, np.inf))
    assert "\n" in longer.get_text()
    assert longer.get_fontsize() == LEAST_POINTS
    assert size[0] <= 300


names = st.lists(
    st.text("abcd ", min_size=1, max_size=30).map(str.strip).filter(bool), min_size=1, max_size=40
)


@given(names, st.floats(20, 400), st.floats(20, 400), st.sampled_from([None, "a title of some words"]))
def test_legends_are_in_the_largest_font_that_fits(listed, width, height, title):
    room = Room(width, height)
    rows = best_rows(listed, title, SPACING, room, 10.0, min(2, len(listed)), None)
    assert ["".join(name.split()) for name in rows.names] == ["".join(name.split()) for name in listed]
    across, down = SPACING.size(rows)
    assert across <= width
    assert down <= height
    assert rows.font <= 10.0
    plain = Rows(tuple(listed), title, min(2, len(listed)), 10.0)
    fits = SPACING.size(plain)
    if fits[0] <= width and fits[1] <= height:
        assert rows == plain


def test_columns_that_are_asked_for_stay():
    rows = best_rows(["a b c d e f"] * 8, None, SPACING, Room(60, 200), 10.0, 2, 2)
    assert rows.ncols == 2


@pytest.mark.parametrize(("size", "dpi"), [((480, 360), 100), ((1920, 1080), 200)])
def test_long_titles_captions_and_names_can_be_read(make_stage, make_key, size, dpi):
    dress = Dress(
        LONG,
        axes="frame",
        legend=Legend(),
        captions=(Caption(LONG), Caption("{step} " + LONG, "upper right")),
    )
    around = FigureDress(title="{step}: " + LONG)
    stage = make_stage(
        dress, size=size, dpi=dpi, dress=around, key=make_key(8, "cells of the {i}th " + LONG[:40])
    )
    made = drawing(stage, dpi, size, [0], [None, None])
    panel = made.panels[0]
    assert made._canvas.dpi == dpi
    title, _ = panel._names["title"]
    for text in (title, *panel.ax.texts, made._figure._suptitle, *panel.legend._legend.get_texts()):
        assert text.get_fontsize() >= LEAST_POINTS - 0.1
        extent = text.get_window_extent(made._canvas.renderer)
        assert extent.x0 >= 0
        assert extent.x1 <= size[0]
        assert extent.y1 <= size[1]
    assert "\n" in title.get_text()
    assert panel.box.width >= 0.35 * size[0]


def test_steps_get_the_room_of_the_longest(make_stage):
    stage = make_stage(Dress(["short", LONG, "a\nb"]), size=(400, 300))
    made = drawing(stage, 100, (400, 300), [0], [None, None])
    title, _ = made.panels[0]._names["title"]
    assert title.get_text().count("\n") >= 2
    assert title.get_text().replace("\n", " ") == LONG.strip()
