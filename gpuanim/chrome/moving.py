"""What changes with the frames: artists of matplotlib, texts that fit their room, and the progress line."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Attached, Moment, Moving, Patch
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.style import Style
from gpuanim.chrome.text import Text
from gpuanim.chrome.wrap import fit_lines

__all__ = ["ArtistMoving", "ProgressMoving", "Room", "TextsAttached", "fit_sample", "fit_text"]

_KEPT = 4
_KEPT_BYTES = 1 << 20


class ArtistMoving(Moving):
    """Artists that are brought to each moment, and drawn when they look different.

    The last few small pictures are kept: what comes back is not drawn again.

    Parameters
    ----------
    attached
        Artists and how they follow the film.
    canvas
        A sheet of the size of the frame; all that moves on a stage may share it.
    style
        rcParams that hold while it is drawn: fonts are looked up by them.
    """

    def __init__(self, attached: Attached, canvas: Canvas, style: Style) -> None:
        self._attached = attached
        self._canvas = canvas
        self._style = style
        self._shown: Hashable = None
        self._kept: OrderedDict[Hashable, Patch | None] = OrderedDict()

    def show(self, moment: Moment) -> Hashable:
        with self._style.applied():
            self._shown = self._attached.show(moment)
        return self._shown

    def draw(self) -> Patch | None:
        if self._shown in self._kept:
            self._kept.move_to_end(self._shown)
            return self._kept[self._shown]
        with self._style.applied():
            patch = self._canvas.patch(sorted(self._attached.artists, key=attrgetter("zorder")))
        if patch is None or patch.rgba.nbytes <= _KEPT_BYTES:
            self._kept[self._shown] = patch
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return patch


@dataclass(frozen=True)
class Room:
    """Width and height in pixels that a text may take."""

    width: float
    height: float


def fit_text(artist: Any, renderer: Any, room: Room, fontsize: float) -> None:
    """Give a text `fontsize` points, or the largest below it with which it fits its room.

    It is a pixel high at least: FreeType has no smaller fonts.
    """
    least = 72 / renderer.dpi
    fontsize = max(fontsize, least)
    artist.set_fontsize(fontsize)
    for _ in range(4):  # hinting moves widths by a pixel or two: once is seldom not enough
        extent = artist.get_window_extent(renderer)
        share = min(room.width / max(extent.width, 1e-9), room.height / max(extent.height, 1e-9))
        if share >= 1 or not artist.get_text():
            return
        fontsize = max(fontsize * share * 0.995, least)
        artist.set_fontsize(fontsize)


def fit_sample(artist: Any, renderer: Any, room: Room, text: Text, fontsize: float) -> None:
    """Write what needs most height of a text, in lines and in a font with which it fits its room."""
    heights = {}
    for sample in (text.longest, text.tallest):
        heights[sample] = fit_lines(artist, renderer, sample, (room.width, room.height), fontsize)[1]
    if heights[text.longest] > heights[text.tallest]:
        fit_lines(artist, renderer, text.longest, (room.width, room.height), fontsize)


class TextsAttached(Attached):
    """Texts at fixed places.

    Parameters
    ----------
    artists
        `matplotlib.text.Text`, each with the font size that it has where it fits.
    rooms
        Room of each.
    texts
        Returns the str of each artist at a moment.
    canvas
        Where they will be drawn.
    lines
        Whether they may be broken into lines.
    """

    def __init__(
        self,
        artists: Sequence[Any],
        rooms: Sequence[Room],
        texts: Callable[[Moment], tuple[str, ...]],
        canvas: Canvas,
        *,
        lines: bool = False,
    ) -> None:
        self.artists = artists
        self._lines = lines
        self._fonts = [artist.get_fontsize() for artist in artists]
        self._rooms = rooms
        self._texts = texts
        self._canvas = canvas
        self._shown: tuple[str, ...] | None = None

    @classmethod
    def of(cls, artist: Any, room: Room, text: Text, canvas: Canvas) -> TextsAttached:
        """One artist that shows `text`, in lines where it is too long."""
        return cls([artist], [room], lambda moment: (text.at(moment),), canvas, lines=True)

    def show(self, moment: Moment) -> Hashable:
        shown = self._texts(moment)
        if shown != self._shown:
            for artist, text, room, font in zip(self.artists, shown, self._rooms, self._fonts, strict=True):
                self._write(artist, text, room, font)
            self._shown = shown
        return shown

    def _write(self, artist: Any, text: str, room: Room, font: float) -> None:
        renderer = self._canvas.renderer
        if self._lines:
            fit_lines(artist, renderer, text, (room.width, room.height), font)
            font = artist.get_fontsize()
        else:
            artist.set_text(text)
        fit_text(artist, renderer, room, font)


class ProgressMoving(Moving):
    """A bar from the left edge of the frame to the share of the film that has been shown.

    Parameters
    ----------
    box
        (left, top, width, height) in whole pixels when the film is over.
    color
        (4,) uint8.
    """

    def __init__(self, box: tuple[int, int, int, int], color: NDArray[np.uint8]) -> None:
        self._box = box
        self.color = color
        self._length = 0

    def show(self, moment: Moment) -> Hashable:
        last = 0 if moment.n_frames is None else moment.n_frames - 1
        share = moment.frame / last if last > 0 else float(moment.n_frames is not None)
        self._length = round(min(share, 1.0) * self._box[2])
        return self._length

    def draw(self) -> Patch | None:
        left, top, _, height = self._box
        if self._length == 0:
            return None
        return Patch(left, top, np.broadcast_to(self.color, (height, self._length, 4)).copy())
