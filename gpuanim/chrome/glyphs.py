"""Agg with a memory for glyphs and shapes: texts of which a digit changes take a third of the time."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from gpuanim.chrome.shapes import Glyph, Shape, Shapes

__all__ = ["make_renderer"]

_KEPT = 4096
"""Bitmaps at most: some 200 bytes each."""


def make_renderer(width: int, height: int, dpi: float) -> Any:
    """Return a `RendererAgg` of matplotlib, which draws the same pixels, faster where its version allows."""
    return _renderer_type()(width, height, dpi)


@cache
def _renderer_type() -> Any:
    from matplotlib.backends import backend_agg

    agg: Any = backend_agg
    # Not public: matplotlib has drawn glyph by glyph since 3.11, and may do so in another way one day.
    drawn = getattr(agg.RendererAgg, "_draw_text_glyphs_and_boxes", None)
    expected = ["self", "gc", "x", "y", "angle", "glyphs", "boxes"]
    if drawn is None or list(inspect.signature(drawn).parameters) != expected:
        return agg.RendererAgg

    class Renderer(agg.RendererAgg):  # type: ignore[misc]
        """Keeps the bitmap of each glyph at each place within a pixel."""

        def __init__(self, width: int, height: int, dpi: float) -> None:
            super().__init__(width, height, dpi)
            self._bitmaps: dict[tuple[Any, ...], tuple[Any, int, int]] = {}
            self._shapes = Shapes()

        def draw_text(
            self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False,
            mtext: Any = None,
        ) -> None:  # fmt: skip
            special = mtext is not None and (mtext.get_fontfeatures() or mtext.get_language())
            shape = None if ismath or special else self._shape(s, prop)
            if shape is None:
                super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
                return
            size = prop.get_size_in_points()
            glyphs = ((font, size, index, 0, 1, dx, dy) for font, index, dx, dy in shape.laid(s))
            self._draw_text_glyphs_and_boxes(gc, x, y, angle, glyphs, [])

        def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
            shape = None if ismath else self._shape(s, prop)
            if shape is not None:
                return shape.extent
            extent: tuple[float, float, float] = super().get_text_width_height_descent(s, prop, ismath)
            return extent

        def _shape(self, text: str, prop: Any) -> Shape | None:
            font = self._prepare_font(prop)
            flags = agg.get_hinting_flag()

            def layout(text: str) -> list[Glyph]:
                items = font._layout(text, flags=flags)
                return [(item.ft_object, item.glyph_index, item.x, item.y) for item in items]

            def measure(text: str) -> tuple[float, float, float]:
                extent: tuple[float, float, float] = super(Renderer, self).get_text_width_height_descent(
                    text, prop, False
                )
                return extent

            return self._shapes.of((font, prop.get_size_in_points(), flags), text, layout, measure)

        def _draw_text_glyphs_and_boxes(
            self, gc: Any, x: float, y: float, angle: float, glyphs: Any, boxes: Any
        ) -> None:
            glyphs = list(glyphs)
            if angle or boxes or not gc.get_antialiased() or any(glyph[3:5] != (0, 1) for glyph in glyphs):
                super()._draw_text_glyphs_and_boxes(gc, x, y, angle, glyphs, boxes)
                return
            flags = agg.get_hinting_flag()
            for font, size, index, _, _, dx, dy in glyphs:
                # In 64ths of a pixel; what is left of whole pixels is all that the bitmap depends on.
                column, over = divmod(round(64 * (x + dx)), 64)
                row, up = divmod(round(64 * (self.height - y + dy)), 64)
                bitmap, left, top = self._bitmap(font, size, index, over, up, flags)
                bottom = int(self.height) - (top + row) + bitmap.shape[0]
                self._renderer.draw_text_image(bitmap, left + column, bottom, 0, gc)

        def _bitmap(self, font: Any, size: float, *glyph: Any) -> tuple[Any, int, int]:
            key = (font, size, *glyph)
            if key not in self._bitmaps:
                index, over, up, flags = glyph
                font.set_size(size, self.dpi)
                font._set_transform([[0x10000, 0], [0, 0x10000]], [over, up])
                made = font._render_glyph(index, flags, agg.RenderMode.NORMAL)
                if len(self._bitmaps) >= _KEPT:
                    self._bitmaps.clear()
                self._bitmaps[key] = made.buffer.copy(), made.left, made.top
            return self._bitmaps[key]

    return Renderer
