"""Texts that differ in their digits share a layout, and only where matplotlib's would be the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from gpuanim.chrome.glyphs import make_renderer
from gpuanim.chrome.shapes import Shapes

TEXTS = st.text(st.sampled_from("0123456789.,:-+ stepAV%µ"), min_size=1, max_size=24)
OURS = make_renderer(700, 80, 100)
FONTS = [
    FontProperties(family="DejaVu Sans", size=14),
    FontProperties(family="DejaVu Serif", size=9.5, weight="bold"),
    FontProperties(family="STIXGeneral", size=12, style="italic"),
]


def drawn(renderer: RendererAgg, text: str, font: FontProperties) -> np.ndarray:
    renderer.clear()
    gc = renderer.new_gc()
    gc.set_foreground((0.2, 0.4, 0.8, 1.0))
    renderer.draw_text(gc, 10.3, 50.6, text, font, 0.0)
    return np.asarray(renderer.buffer_rgba()).copy()


@given(text=TEXTS, font=st.sampled_from(FONTS))
def test_texts_are_those_of_matplotlib_to_the_pixel(text, font):
    theirs = RendererAgg(700, 80, 100)
    extent = OURS.get_text_width_height_descent(text, font, False)
    assert extent == theirs.get_text_width_height_descent(text, font, False)
    np.testing.assert_array_equal(drawn(OURS, text, font), drawn(theirs, text, font))


def fake(*, kerned: str = "", wide: str = "", tall: str = "", ligature: str = ""):
    """Return layout and measure of a font whose glyphs are 10 wide but for what is named."""

    def layout(text):
        glyphs, x = [], 0.0
        for i, character in enumerate(text):
            if kerned and text[i - 1 : i + 1] == kerned:
                x -= 1
            if ligature and text[i - 1 : i + 1] == ligature:
                continue
            glyphs.append(("font", ord(character), x, 0.0))
            x += 12.0 if character in wide else 10.0
        return glyphs

    def measure(text):
        return (layout(text)[-1][2] + 10.0, 20.0 if any(c in tall for c in text) else 18.0, 4.0)

    return layout, measure


def test_one_shape_serves_all_digits():
    layout, measure = fake()
    shapes = Shapes()
    shape = shapes.of("font", "step 17", layout, measure)
    assert shape is shapes.of("font", "step 98", layout, measure)
    assert shape.laid("step 98") == layout("step 98")
    assert shape.extent == measure("step 98")


@pytest.mark.parametrize(
    "font",
    [{"kerned": "17"}, {"wide": "4"}, {"tall": "7"}, {"kerned": "p3"}, {"ligature": "00"}, {"wide": "1"}],
)
def test_digits_that_are_not_alike_have_no_shape(font):
    layout, measure = fake(**font)
    assert Shapes().of("font", "step3 17", layout, measure) is None


def test_texts_without_digits_need_nothing_of_them():
    layout, measure = fake(wide="4")
    shape = Shapes().of("font", "step", layout, measure)
    assert shape is not None
    assert shape.laid("step") == layout("step")


def test_as_many_are_kept_as_fit():
    layout, measure = fake()
    shapes = Shapes()
    for i in range(2000):
        assert shapes.of(i, "a", layout, measure) is not None
    assert len(shapes._shapes) <= 512
