"""Options of the figure: shorthands, and errors that say what would do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gpuanim.chrome.parts import (
    Caption,
    ColorBar,
    Dress,
    FigureDress,
    Legend,
    Logo,
    ProgressLine,
    ScaleBar,
    as_part,
)
from gpuanim.errors import FileError, OptionError

PIXEL = np.array([[[255, 0, 0]]], np.uint8)


@pytest.mark.parametrize(
    ("kind", "value", "made"),
    [
        (ColorBar, True, ColorBar()),
        (ColorBar, "expression", ColorBar("expression")),
        (ColorBar, "left", ColorBar(loc="left")),
        (Legend, "on data", Legend("on data")),
        (ScaleBar, "mm", ScaleBar(unit="mm")),
        (ScaleBar, 500, ScaleBar(500)),
        (ProgressLine, "red", ProgressLine("red")),
        (Caption, "{step}", Caption("{step}")),
    ],
)
def test_shorthands(kind, value, made):
    assert as_part(kind, value, "option") == made
    assert as_part(kind, made, "option") is made


@pytest.mark.parametrize("value", [None, False])
def test_none(value):
    assert as_part(Legend, value, "legend") is None


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Legend, 3, "legend must be a loc or Legend(loc, title, ncols"),
        (ColorBar, Legend(), "legend must be a label or ColorBar(label, loc, ticks, format)"),
        (Logo, True, "legend must be an image or Logo(image, loc, width)"),
    ],
)
def test_what_is_no_shorthand(kind, value, message):
    with pytest.raises(OptionError) as raised:
        as_part(kind, value, "legend")
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ColorBar(loc="rigth"), 'colorbar loc must be one of .* did you mean "right"'),
        (lambda: ColorBar(label=3), "colorbar label must be a str"),
        (lambda: ColorBar(ticks=0), "colorbar ticks must be at least 1"),
        (lambda: ColorBar(format="{y}"), 'colorbar format must be such as "%.2f"'),
        (lambda: ColorBar(format="%q"), 'colorbar format must be such as "%.2f"'),
        (lambda: ColorBar(format="text"), "shows no number"),
        (lambda: Legend("on dat"), 'legend loc .* did you mean "on data"'),
        (lambda: Legend(ncols=0), "legend ncols must be a whole number from 1 on"),
        (lambda: Legend(ncols=1.5), "legend ncols must be a whole number"),
        (lambda: Legend(fontsize="smal"), 'legend fontsize .* did you mean "small"'),
        (lambda: Legend(fontsize=-1), "legend fontsize must be a number above 0"),
        (lambda: Legend(fontweight="blod"), 'did you mean "bold"'),
        (lambda: Legend(fontoutline=-1), "legend fontoutline must be a number above 0"),
        (lambda: ScaleBar(length=0), "scale_bar length must be a number above 0"),
        (lambda: ScaleBar(length=float("nan")), "scale_bar length must be a number"),
        (lambda: ScaleBar(loc="lower"), "scale_bar loc must be one of"),
        (lambda: ScaleBar(color="rad"), "scale_bar color must be a colour"),
        (lambda: ProgressLine(height=0), "progress_line height"),
        (lambda: ProgressLine(loc="left"), 'progress_line loc must be one of "bottom", "top"'),
        (lambda: Logo(PIXEL, width=2), "logo width must be a number above 0 and up to 1"),
        (lambda: Logo(np.zeros((2, 2))), r"logo image must have shape \(h, w, 3\)"),
        (lambda: Logo(np.zeros((2, 2, 3), int)), "logo image must be uint8"),
        (lambda: Caption("{stap}"), "caption: '{stap}' names"),
        (lambda: Dress(axes="ticked"), 'axes must be one of .* did you mean "ticks"'),
        (lambda: Dress(title=3), "title must be a str"),
        (lambda: Dress(xlabel=3), "xlabel must be a str"),
        (lambda: FigureDress(title=3), "title must be a str"),
    ],
)
def test_options_that_cannot_be_used(make, message):
    with pytest.raises(OptionError, match=message):
        make()


def test_logos_of_arrays_and_files(tmp_path: Path):
    from PIL import Image

    assert Logo(PIXEL).image.tolist() == Logo(PIXEL / 255).image.tolist() == [[[255, 0, 0, 255]]]
    path = tmp_path / "logo.png"
    Image.fromarray(np.array([[[1, 2, 3, 4]]], np.uint8)).save(path)
    assert Logo(path).image.tolist() == [[[1, 2, 3, 4]]]


def test_logos_that_are_not_there(tmp_path: Path):
    with pytest.raises(FileError, match=r"none\.png"):
        Logo(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(OptionError, match="no picture that Pillow can read"):
        Logo(str(tmp_path / "text.png"))


def test_all_texts_that_may_change():
    dress = Dress(title="{step}", captions=(Caption("{frames}"), Caption("still")))
    assert [text.still for text in dress.texts] == [False, False, True]
    assert FigureDress().texts == ()
