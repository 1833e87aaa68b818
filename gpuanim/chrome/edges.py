"""What a figure wears along its edges: title, captions, progress line and logo."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Moving
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.corners import Corners
from gpuanim.chrome.layout import Box
from gpuanim.chrome.moving import ProgressMoving, Room, TextsAttached, fit_sample, fit_text
from gpuanim.chrome.parts import FigureDress, Logo, ProgressLine

__all__ = ["Edges"]

_TITLE_SHARE = 0.3
"""The part of the figure's height that lines of its title may take before their font shrinks."""


class Edges:
    """The edges of a figure.

    Parameters
    ----------
    figure
        Figure of matplotlib, at the resolution of `canvas`.
    dress
        What it wears.
    canvas
        Where all will be drawn.
    logo_room
        Whether the logo may not lie over the panels.

    Attributes
    ----------
    area
        What is left for the panels.
    attached
        Texts that change.
    moving
        What changes without matplotlib.
    logo
        Where the logo is, None if there is none.
    """

    def __init__(self, figure: Any, dress: FigureDress, canvas: Canvas, *, logo_room: bool) -> None:
        self._figure, self._dress, self._canvas = figure, dress, canvas
        self._pad = 6.0 * canvas.dpi / 72
        self.moving: list[Moving] = []
        self.attached: list[TextsAttached] = []
        frame = Box(0.0, 0.0, *map(float, canvas.size))
        if dress.progress_line is not None:
            frame = self._progress(frame, dress.progress_line)
        self.logo = None if dress.logo is None else self._logo(frame, dress.logo)
        self.area = self._fill(frame, logo_room=logo_room)

    def _progress(self, frame: Box, line: ProgressLine) -> Box:
        """Make the line and the track that it runs on; return what is left of the frame."""
        from matplotlib import rcParams
        from matplotlib.colors import to_rgba
        from matplotlib.patches import Rectangle
        from matplotlib.transforms import IdentityTransform

        cycle = rcParams["axes.prop_cycle"].by_key().get("color", [rcParams["text.color"]])
        rgba = to_rgba(cycle[0] if line.color is None else line.color)
        height = max(round(line.height * self._canvas.dpi / 72), 1)
        top = 0 if line.loc == "top" else int(frame.height) - height
        color = np.array([round(channel * 255) for channel in rgba], np.uint8)
        self.moving.append(ProgressMoving((0, top, int(frame.width), height), color))
        track = Rectangle(
            (0, self._canvas.size[1] - top - height), frame.width, height, transform=IdentityTransform(),
            facecolor=(*rgba[:3], 0.18 * rgba[3]), edgecolor="none", antialiased=False, zorder=6.0,
        )  # fmt: skip
        self._figure.add_artist(track)
        return Box(0.0, height if line.loc == "top" else 0.0, frame.width, frame.height - height)

    def _logo(self, frame: Box, logo: Logo) -> Box:
        width = max(round(logo.width * frame.width), 1)
        height = max(round(width * logo.image.shape[0] / logo.image.shape[1]), 1)
        edge, side = logo.loc.split()
        left = {"left": self._pad, "right": frame.width - self._pad - width}.get(
            side, (frame.width - width) / 2
        )
        top = frame.top + self._pad if edge == "upper" else frame.bottom - self._pad - height
        box = Box(float(round(left)), float(round(top)), float(width), float(height))
        picture = _resized(logo.image, width, height)
        below = self._canvas.size[1] - box.bottom
        self._figure.figimage(picture, box.left, below, origin="upper", zorder=6.0)
        return box

    def _fill(self, frame: Box, *, logo_room: bool) -> Box:
        """Stack what stands along the upper and the lower edge; return what is left in between."""
        dress = self._dress
        taken = [caption.loc for caption in dress.captions]
        corners = Corners(self._figure, frame, self._canvas, taken, self._pad)
        if self.logo is not None and dress.logo is not None and (logo_room or dress.logo.loc in taken):
            corners.reserve(dress.logo.loc, self.logo.height)
        for caption in dress.captions:
            corners.caption(caption)
        self.attached.extend(corners.moving)
        upper = corners.reach("upper")
        if dress.title is not None:
            beside = not any(loc.startswith("upper") for loc in taken)
            upper = self._title(frame, upper, beside=beside)
        return Box(0.0, frame.top + upper, frame.width, frame.height - upper - corners.reach("lower"))

    def _title(self, frame: Box, upper: float, *, beside: bool) -> float:
        """Write the figure's title below the captions, or `beside` the logo; return how far it reaches."""
        dress, canvas = self._dress, self._canvas
        width, start = frame.width - 2 * self._pad, upper or self._pad
        if beside:
            start = self._pad
            if self.logo is not None and dress.logo is not None and dress.logo.loc.startswith("upper"):
                if dress.logo.loc == "upper center":
                    start = self.logo.bottom - frame.top + self._pad
                else:
                    width -= 2 * (self.logo.width + self._pad)
        y = 1 - (frame.top + start) / canvas.size[1]
        text = self._figure.suptitle(dress.title.tallest, x=0.5, y=y, va="top")
        most = Room(max(width, 1.0), _TITLE_SHARE * frame.height)
        fit_sample(text, canvas.renderer, most, dress.title, text.get_fontsize())
        height = text.get_window_extent(canvas.renderer).height
        room = Room(most.width, height)
        if dress.title.still:
            fit_text(text, canvas.renderer, Room(room.width, math.inf), text.get_fontsize())
        else:
            self.attached.append(TextsAttached.of(text, room, dress.title, canvas))
        return float(max(upper, start + height + self._pad / 2))


def _resized(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))
