"""The sheet that matplotlib's artists are drawn on, one by one, around the points and over them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Patch
from gpuanim.chrome.glyphs import make_renderer

__all__ = ["Canvas", "artists_of", "split_artists", "words"]

_CLEAR = np.array([255, 255, 255, 0], np.uint8)  # as Agg clears its own

_ROOM = 2
"""Pixels around an artist's extent that anti-aliasing and snapping may touch."""


def words(rgba: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return pixels (..., 4) as one number each: pictures are filled and compared several times as fast."""
    return rgba.view(np.uint32)[..., 0]


class Canvas:
    """A transparent sheet that is kept between drawings, and cleared only where it was drawn on.

    Parameters
    ----------
    size
        (width, height) in pixels.
    dpi
        Dots per inch, for widths and sizes in points.
    """

    def __init__(self, size: tuple[int, int], dpi: float) -> None:
        self.size = size
        self.dpi = dpi
        self.renderer = make_renderer(*size, dpi)
        self._pixels: NDArray[np.uint8] = np.asarray(self.renderer.buffer_rgba())
        self._words = words(self._pixels)

    def picture(self, artists: Iterable[Any]) -> NDArray[np.uint8]:
        """Draw `artists` in their order on nothing, and return a new (h, w, 4) uint8, straight alpha."""
        for artist in artists:
            artist.draw(self.renderer)
        drawn = self._pixels.copy()
        self._words[:] = words(_CLEAR)
        return drawn

    def patch(self, artists: Sequence[Any]) -> Patch | None:
        """Draw `artists` in their order, and return the part of the sheet that they cover."""
        region = self._region(artists)
        if region is None:
            return None
        for artist in artists:
            artist.draw(self.renderer)
        part = self._pixels[region[1], region[0]]
        rgba = _cropped(part)
        patch = None
        if rgba is not None:
            dx, dy, seen = rgba
            patch = Patch(region[0].start + dx, region[1].start + dy, seen.copy())
        self._words[region[1], region[0]] = words(_CLEAR)
        return patch

    def _region(self, artists: Sequence[Any]) -> tuple[slice, slice] | None:
        """Return columns and rows, within the sheet, that drawing the artists can touch."""
        extents = [extent for artist in artists if (extent := _extent(artist, self)) is not None]
        if not extents:
            return None
        width, height = self.size
        x0, y0 = (min(extent[k] for extent in extents) for k in (0, 1))
        x1, y1 = (max(extent[k] for extent in extents) for k in (2, 3))
        columns = slice(max(math.floor(x0) - _ROOM, 0), min(math.ceil(x1) + _ROOM, width))
        rows = slice(max(math.floor(height - y1) - _ROOM, 0), min(math.ceil(height - y0) + _ROOM, height))
        return (columns, rows) if columns.start < columns.stop and rows.start < rows.stop else None


def _extent(artist: Any, canvas: Canvas) -> tuple[float, float, float, float] | None:
    """Return (x0, y0, x1, y1) in pixels, y upwards, that hold all that an artist draws; None for nothing.

    Texts and legends know their extent. What others tell leaves out widths of lines, shadows and the like:
    for them it is where they are clipped.
    """
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    if not artist.get_visible():
        return None
    if type(artist) is Text:
        if not artist.get_text():
            return None
        grow = _stroke(artist) * canvas.dpi / 72
        return _corners(artist.get_window_extent(canvas.renderer).padded(grow))
    if type(artist) is Legend and not artist.shadow:
        return _corners(artist.get_window_extent(canvas.renderer).padded(2 * canvas.dpi / 72))
    clip = artist.get_clip_box() if artist.get_clip_on() else None
    if clip is not None:
        return _corners(clip)
    return 0.0, 0.0, float(canvas.size[0]), float(canvas.size[1])


def _corners(box: Any) -> tuple[float, float, float, float]:
    return float(box.x0), float(box.y0), float(box.x1), float(box.y1)


def _stroke(text: Any) -> float:
    """Return the points that outlines, and a box, add around a text."""
    widths = [
        effect._gc.get("linewidth", 0.0) for effect in text.get_path_effects() if hasattr(effect, "_gc")
    ]
    box = text.get_bbox_patch()
    return float(max(widths, default=0.0) + (0.0 if box is None else 2 * text.get_fontsize()))


def _cropped(rgba: NDArray[np.uint8]) -> tuple[int, int, NDArray[np.uint8]] | None:
    """Return the left, the top and the content of the smallest part that can be seen; None for nothing."""
    # Four bytes at once: twice as fast as every fourth byte, which counts for whole axes of curves.
    seen = words(rgba) != words(_CLEAR)
    rows = np.flatnonzero(seen.any(axis=1))
    if len(rows) == 0:
        return None
    top, bottom = rows[0], rows[-1] + 1
    columns = np.flatnonzero(seen[top:bottom].any(axis=0))
    left, right = columns[0], columns[-1] + 1
    return int(left), int(top), rgba[top:bottom, left:right]


def artists_of(ax: Any) -> list[Any]:
    """Return what matplotlib draws for `ax`, in its order."""
    hidden: set[int] = {id(ax.patch)}
    if not (ax.axison and ax.get_frame_on()):
        hidden |= {id(spine) for spine in ax.spines.values()}
    if not ax.axison:
        hidden |= {id(ax.xaxis), id(ax.yaxis)}
    shown = [artist for artist in ax.get_children() if artist.get_visible() and id(artist) not in hidden]
    shown.sort(key=attrgetter("zorder"))
    return [ax.patch, *shown] if ax.axison and ax.get_frame_on() else shown


def split_artists(
    figure: Any, points: dict[Any, float], skip: Collection[Any]
) -> tuple[list[Any], list[Any]]:
    """Return what lies below and what lies above the points of a figure, each from bottom to top.

    Parameters
    ----------
    figure
        A figure that has been drawn once, so that all has its place.
    points
        Axes that hold points -> their zorder. Points count as added last: what has the same lies below.
    skip
        Artists that are left out.
    """
    from matplotlib.axes import Axes

    left_out = {id(artist) for artist in skip}
    under: list[Any] = []
    over: list[Any] = []
    reached = False
    for item in _flat(figure):
        if item in points:
            reached = True
            for artist in artists_of(item):
                below = artist is item.patch or artist.zorder <= points[item]
                (under if below else over).append(artist)
        else:
            whole = [item] if not left_out or not isinstance(item, Axes) else artists_of(item)
            (over if reached else under).extend(whole)
    return [a for a in under if id(a) not in left_out], [a for a in over if id(a) not in left_out]


def _flat(figure: Any) -> Iterator[Any]:
    """Yield patches, axes and other artists of a figure and its subfigures in the order of drawing."""
    from matplotlib.figure import SubFigure

    yield figure.patch
    inside = {id(figure.patch), *(id(child) for ax in figure.axes for child in ax.child_axes)}
    for artist in sorted(figure.get_children(), key=attrgetter("zorder")):
        if id(artist) in inside or not artist.get_visible():
            continue
        if isinstance(artist, SubFigure):
            yield from _flat(artist)
        else:
            yield artist
