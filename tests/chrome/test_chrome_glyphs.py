"""Texts drawn with remembered glyphs, against matplotlib's own renderer, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends import backend_agg
from matplotlib.figure import Figure

from gpuanim.chrome import glyphs
from gpuanim.chrome.glyphs import make_renderer

TEXTS = [
    "step 1 of 200",
    "step 18 of 200",
    "Wj ÄÉ fi\ntwo lines 0.25 s",
    r"$\alpha_1 = \frac{1}{2}$ and x",
    "AVAVA To",
]


def pixels(renderer, **options):
    figure = Figure(figsize=(3, 2), dpi=100)
    for i, text in enumerate(TEXTS):
        made = figure.text(0.513 - i / 97, 0.9 - i * 0.17, text, ha="center", **options)
        made.draw(renderer)
    return np.asarray(renderer.buffer_rgba()).copy()


@pytest.mark.parametrize(
    "options",
    [{}, {"fontsize": 7.3, "color": "red", "alpha": 0.5}, {"rotation": 90}, {"rotation": 33},
     {"weight": "bold"}, {"style": "italic"}, {"antialiased": False}, {"family": "serif"}],
)  # fmt: skip
def test_the_same_pixels_as_matplotlib(options):
    renderer = make_renderer(300, 200, 100)
    expected = pixels(backend_agg.RendererAgg(300, 200, 100), **options)
    assert expected[..., 3].max() > 100
    for _ in range(2):  # with new glyphs, and with remembered ones
        np.testing.assert_array_equal(pixels(renderer, **options), expected)
        renderer.clear()


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(glyphs, "_KEPT", 5)
    expected = pixels(backend_agg.RendererAgg(300, 200, 100))
    np.testing.assert_array_equal(pixels(make_renderer(300, 200, 100)), expected)


def test_another_matplotlib_draws_itself(monkeypatch):
    monkeypatch.delattr(backend_agg.RendererAgg, "_draw_text_glyphs_and_boxes", raising=False)
    glyphs._renderer_type.cache_clear()
    try:
        assert type(make_renderer(10, 10, 100)) is backend_agg.RendererAgg
    finally:
        glyphs._renderer_type.cache_clear()
