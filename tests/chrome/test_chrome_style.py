"""rcParams hold as they were when a film was described, below a theme and style sheets."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib.colors import to_rgb

from gpuanim.chrome.style import THEMES, Style
from gpuanim.errors import OptionError


def looks():
    """Return all rcParams but the backend, which asking for would choose."""
    return {key: value for key, value in dict.items(mpl.rcParams.copy()) if key != "backend"}


def test_rcparams_are_those_of_the_description():
    with mpl.rc_context({"font.size": 17.0}):
        style = Style.now()
    before = mpl.rcParams["font.size"]
    assert before != 17
    with style.applied():
        assert mpl.rcParams["font.size"] == 17
    assert mpl.rcParams["font.size"] == before


def test_user_then_theme_then_sheet():
    with mpl.rc_context({"font.size": 17.0, "text.color": "red", "axes.linewidth": 5.0}):
        style = Style.now("dark", {"axes.linewidth": 3.0})
    assert style.rc["font.size"] == 17
    assert style.foreground == THEMES["dark"]["text.color"]
    assert style.rc["axes.linewidth"] == 3
    assert style.describe() == {"theme": "dark", "style": ["axes.linewidth"]}


def test_sheets_by_name_and_in_lists():
    assert Style.now(style="ggplot").rc["axes.facecolor"] == "#E5E5E5"
    listed = Style.now(style=["ggplot", {"axes.facecolor": "blue"}])
    assert listed.rc["axes.facecolor"] == "blue"
    assert listed.describe() == {"theme": None, "style": ["ggplot", ["axes.facecolor"]]}


def test_nothing_leaks():
    before = looks()
    with Style.now("dark", "ggplot").applied():
        pass
    with pytest.raises(RuntimeError), Style.now("light").applied():
        raise RuntimeError
    assert looks() == before


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ("ggplut", "did you mean 'ggplot'"),
        ({"axes.facecolour": "red"}, "axes.facecolour"),
        ({"axes.facecolor": "no colour"}, "no colour"),
        (3, "a dict of rcParams, or a list of them, not 3"),
    ],
)
def test_sheets_that_are_not_there(style, message):
    with pytest.raises(OptionError, match="style must be a matplotlib style sheet") as raised:
        Style.now(style=style)
    assert message in str(raised.value)


def test_themes_that_are_not_there():
    with pytest.raises(
        OptionError, match=r'theme must be one of "light", "dark", not .darc.; did you mean "dark"'
    ):
        Style.now("darc")


@pytest.mark.parametrize("theme", THEMES)
def test_texts_of_themes_can_be_read(theme):
    style = Style.now(theme)

    def luminance(color):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for key in ("text.color", "axes.labelcolor", "xtick.labelcolor", "legend.labelcolor"):
        dark, light = sorted(luminance(c) for c in (style.rc[key], style.background))
        assert (light + 0.05) / (dark + 0.05) > 7  # WCAG 2.1, contrast of level AAA
