"""Draws a figure again and again; what lies below all that changes is drawn once."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FigureDrawing", "draw"]

Picture = NDArray[np.uint8]


class FigureDrawing:
    """Pictures of a figure as matplotlib saves them, pixel for pixel.

    Axes with their ticks and labels take most of the time that a drawing of some lines takes. They are kept
    as pixels, with all else that is drawn before the first artist that changes, and are drawn again when
    something in them is stale, as matplotlib calls what has changed since it was drawn, or when limits or
    places differ. Figures with a layout engine, transparent ones and other rare ones are drawn whole.

    Parameters
    ----------
    fig
        The figure.
    dpi
        Dots per inch of the pictures.
    """

    def __init__(self, fig: Any, dpi: float) -> None:
        self._fig, self._dpi = fig, dpi
        self._renderer: Any = None
        self._region: Any = None
        self._bottom: list[Any] = []
        self._looks: list[Any] = []

    def touched(self) -> bool:
        """Say whether anything in the part that is kept has been changed by itself.

        To be asked before the limits are: axes that follow their data make all of their ticks stale.
        """
        return any(True for _ in _stale_parts(self._bottom))

    def picture(self, changing: Collection[Any], *, touched: bool) -> Picture:
        """Draw the figure, (h, w, 3) uint8.

        Parameters
        ----------
        changing
            The artists that other pictures are without.
        touched
            What `touched` said.
        """
        if not self._plain():
            return draw(self._fig, self._dpi)
        self._place_axes()
        items = list(_in_order(self._fig))
        ends = {id(artist) for artist in changing}
        n = next((i for i, item in enumerate(items) if id(item) in ends or _is_axes(item)), len(items))
        self._draw_bottom(items[:n], touched)
        for item in items[n:]:
            item.draw(self._renderer)
        return np.ascontiguousarray(np.asarray(self._renderer.buffer_rgba())[..., :3])

    def _plain(self) -> bool:
        """Whether the figure is drawn by drawing its artists one after the other."""
        from matplotlib import rcParams

        fig = self._fig
        opaque = fig.patch.get_visible() and fig.patch.get_alpha() is None and fig.get_facecolor()[3] == 1
        simple = fig.get_layout_engine() is None and not fig.subfigs and fig.get_agg_filter() is None
        watched = "draw_event" in fig.canvas.callbacks.callbacks
        edge = rcParams["savefig.edgecolor"] == "auto"
        return bool(fig.dpi == self._dpi and fig.get_visible() and opaque and simple and edge and not watched)

    def _place_axes(self) -> None:
        """Do what figures and axes do before they draw their artists."""
        from matplotlib.backends import backend_agg

        agg: Any = backend_agg
        size = _size(self._fig, self._dpi)
        if self._renderer is None or (self._renderer.width, self._renderer.height) != size:
            self._renderer, self._bottom = agg.RendererAgg(*size, self._dpi), []
        self._fig._get_draw_artists(self._renderer)  # places axes that have an aspect or a locator
        for ax in self._fig.axes:
            ax._update_title_position(self._renderer)

    def _draw_bottom(self, bottom: list[Any], touched: bool) -> None:
        looks = [_look(item) for item in bottom]
        same = len(bottom) == len(self._bottom) and all(
            a is b for a, b in zip(bottom, self._bottom, strict=True)
        )
        if same and not touched and looks == self._looks and self._region is not None:
            self._renderer.restore_region(self._region)
        else:
            self._renderer.clear()
            for item in bottom:
                item.draw(self._renderer)
            self._region = self._renderer.copy_from_bbox(self._fig.bbox)
            self._bottom, self._looks = bottom, looks
        for part in list(
            _stale_parts(bottom)
        ):  # texts that were drawn, limits that were set to what they are
            part.stale = False


def draw(fig: Any, dpi: float) -> Picture:
    """Return a figure as matplotlib saves it, (h, w, 3) uint8; what is transparent lies on white."""
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(fig.get_facecolor())
    ground = tuple(alpha * channel + (1 - alpha) for channel in (red, green, blue))
    file = io.BytesIO()
    with _whole_figure():
        fig.savefig(file, format="rgba", dpi=dpi, facecolor=ground)
    width, height = _size(fig, dpi)
    rgba = np.frombuffer(file.getbuffer(), np.uint8).reshape(height, width, 4)
    if (rgba[..., 3] == 255).all():
        return np.ascontiguousarray(rgba[..., :3])
    share = rgba[..., 3:] / np.float32(255)
    return np.rint(rgba[..., :3] * share + 255 * (1 - share)).astype(np.uint8)


@contextmanager
def _whole_figure() -> Iterator[None]:
    """Let figures be saved with all of their area."""
    import matplotlib

    if matplotlib.rcParams["savefig.bbox"] is None:
        yield
        return
    with matplotlib.rc_context({"savefig.bbox": None}):
        yield


def _size(fig: Any, dpi: float) -> tuple[int, int]:
    width, height = (int(inches * dpi + 1e-8) for inches in fig.get_size_inches())  # as matplotlib rounds
    return width, height


def _in_order(fig: Any) -> Iterator[Any]:
    """Yield what a figure draws, in its order; axes that draw in a way of their own as a whole."""
    from matplotlib.axes import Axes

    from gpuanim.chrome.canvas import artists_of

    yield fig.patch
    children = [child for child in fig.get_children() if child is not fig.patch and not child.get_animated()]
    for artist in sorted(children, key=attrgetter("zorder")):
        if not artist.get_visible():
            continue
        whole = not isinstance(artist, Axes) or type(artist).draw is not Axes.draw
        if whole or artist.get_agg_filter() is not None:
            yield artist
        else:
            yield from artists_of(artist)


def _is_axes(item: Any) -> bool:
    return hasattr(item, "xaxis")


def _look(item: Any) -> Any:
    """Return what an artist is drawn by besides itself: limits and place of its axes, and texts."""
    ax = getattr(item, "axes", None)
    place = None if ax is None else (*ax.bbox.bounds, *ax.get_xlim(), *ax.get_ylim())
    label = getattr(item, "label", item)
    return place, label.get_text() if hasattr(label, "get_text") else None


def _stale_parts(items: list[Any]) -> Iterator[Any]:
    """Yield the artists, the parts of axes too, that have changed since they were drawn."""
    for item in items:
        parts = [item]
        if hasattr(item, "majorTicks"):
            parts += [item.label, *_tick_parts(item.majorTicks), *_tick_parts(item.minorTicks)]
        yield from (part for part in parts if part.stale and part.get_visible())


def _tick_parts(ticks: list[Any]) -> list[Any]:
    names = ("tick1line", "tick2line", "gridline", "label1", "label2")
    return [getattr(tick, name) for tick in ticks for name in names]
