"""Captions and scale bars: what is stacked in the corners of a box, from its edge inwards."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.layout import Box
from gpuanim.chrome.moving import Room, TextsAttached, fit_sample, fit_text
from gpuanim.chrome.parts import Caption, ScaleBar
from gpuanim.chrome.scale_bar import DrawnBar, length_and_label, start

__all__ = ["Corners"]

_CAPTION_SHARE = 0.3
"""The part of a box's height that lines of a caption may take before their font shrinks."""


class Corners:
    """The corners, and the middles of the upper and the lower edge, of a box.

    Parameters
    ----------
    owner
        Axes or figure that the artists belong to.
    box
        Where they have to stay.
    canvas
        Where they will be drawn.
    taken
        The corner of each thing that there will be: corners of one edge share its width, and things in one
        corner the height.
    pad
        Pixels to the edge of the box.
    """

    def __init__(self, owner: Any, box: Box, canvas: Canvas, taken: Collection[str], pad: float) -> None:
        self._owner, self._box, self._canvas, self._pad = owner, box, canvas, pad
        self._count = Counter(taken)
        self._sharing = Counter(corner.partition(" ")[0] for corner in set(taken))
        self._used: dict[str, float] = defaultdict(lambda: pad)
        self.moving: list[TextsAttached] = []

    def reach(self, edge: str) -> float:
        """Return how far in pixels what stands at the "upper" or "lower" edge reaches into the box."""
        return max((used for corner, used in self._used.items() if corner.startswith(edge)), default=0.0)

    def reserve(self, corner: str, height: float) -> None:
        """Leave room at the edge for something that is drawn by others."""
        self._used[corner] += height + self._pad

    def room(self, corner: str) -> Room:
        """Return what each thing in a corner may take."""
        across = (self._box.width - self._pad) / max(self._sharing[corner.partition(" ")[0]], 1)
        down = (self._box.height - self._pad) / max(self._count[corner], 1)
        return Room(max(across - self._pad, 1.0), max(down - self._pad, 1.0))

    def caption(self, caption: Caption, *, outline: Any = None) -> None:
        """Write a caption, with a line of colour `outline` around the letters where it is not None."""
        text = self._text(caption.loc, caption.text.tallest, caption.fontsize or "medium", caption.color)
        if outline is not None:
            _outline(text, outline)
        room = self.room(caption.loc)
        most = Room(room.width, min(_CAPTION_SHARE * self._box.height, room.height))
        fit_sample(text, self._canvas.renderer, most, caption.text, text.get_fontsize())
        height = text.get_window_extent(self._canvas.renderer).height
        room = Room(room.width, min(height, room.height))
        if caption.text.still:
            fit_text(text, self._canvas.renderer, room, text.get_fontsize())
            height = text.get_window_extent(self._canvas.renderer).height
        else:
            self.moving.append(TextsAttached.of(text, room, caption.text, self._canvas))
        self._used[caption.loc] += min(height, room.height) + self._pad / 2

    def scale_bar(self, ax: Any, bar: ScaleBar, outline: Any) -> DrawnBar:
        """Draw a scale bar for the x axis of `ax`, whose limits are final."""
        from matplotlib.lines import Line2D
        from matplotlib.patheffects import withStroke
        from matplotlib.transforms import IdentityTransform

        span = abs(ax.get_xlim()[1] - ax.get_xlim()[0])
        _, label = length_and_label(bar, span, self._box)
        thick = gap = 2.0 * self._canvas.dpi / 72
        lower = bar.loc.startswith("lower")
        text = self._text(bar.loc, label, "medium", bar.color)
        _outline(text, outline)
        room = self.room(bar.loc)
        below = Room(room.width, max(room.height - 2 * thick, 1.0))
        fit_text(text, self._canvas.renderer, below, text.get_fontsize())
        height = text.get_window_extent(self._canvas.renderer).height
        if lower:
            text.set_y(text.get_position()[1] + thick + gap)
        used = self._used[bar.loc] + (thick / 2 if lower else height + gap + thick / 2)
        y = self._box.bottom - used if lower else self._box.top + used
        line = Line2D(
            [0, 0], [self._canvas.size[1] - y] * 2, color=text.get_color(), linewidth=2.0,
            transform=IdentityTransform(), solid_capstyle="butt", zorder=text.get_zorder(),
            path_effects=[withStroke(linewidth=4.0, foreground=outline, alpha=0.7)],
        )  # fmt: skip
        self._owner.add_artist(line)
        line.set_in_layout(False)
        self._used[bar.loc] += height + gap + thick + self._pad / 2
        drawn = DrawnBar(line, text, bar, self._box, self._pad, self._canvas)
        drawn.show(span)
        return drawn

    def _text(self, corner: str, string: str, fontsize: Any, color: Any) -> Any:
        from matplotlib import rcParams
        from matplotlib.transforms import IdentityTransform

        edge, side = corner.split()
        lower = edge == "lower"
        y = self._box.bottom - self._used[corner] if lower else self._box.top + self._used[corner]
        text = self._owner.text(
            start(corner, 0.0, self._box, self._pad), self._canvas.size[1] - y, string,
            transform=IdentityTransform(), ha=side, va="bottom" if lower else "top", fontsize=fontsize,
            zorder=5.0, color=rcParams["text.color"] if color is None else color,
        )  # fmt: skip
        text.set_in_layout(False)
        return text


def _outline(text: Any, color: Any) -> None:
    from matplotlib.patheffects import withStroke

    text.set_path_effects([withStroke(linewidth=2.0, foreground=color, alpha=0.7)])
