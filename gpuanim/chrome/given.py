"""A figure of the user as the stage: points move into one of its axes, all else stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Fitted, Moving, Stage, StageLayers
from gpuanim.chrome.canvas import Canvas, split_artists
from gpuanim.chrome.moving import ArtistMoving, Room, TextsAttached
from gpuanim.chrome.style import Style
from gpuanim.chrome.text import Text
from gpuanim.errors import OptionError
from gpuanim.view.plane import View, fit_view

__all__ = ["GivenAxes"]


@dataclass(frozen=True, eq=False)
class GivenAxes(Stage):
    """Axes of a figure that was made with matplotlib.

    Position, limits, style, titles and artists are taken as they are, and so is all else on the figure; it is
    drawn when the film is made, at the dpi of the film, and left as it was. Axes without data whose limits
    nobody has set get those of the points, with the axes' margins.

    Parameters
    ----------
    ax
        Rectangular axes with linear scales.
    bounds
        (xmin, xmax, ymin, ymax) of the points.
    zorder
        Of the points. They count as the artist that was added last: what has the same zorder lies below.
    title
        Replaces the title of the axes, and may change with the frames.

    Raises
    ------
    OptionError
        If `ax` is something else.
    """

    ax: Any
    bounds: tuple[float, float, float, float]
    zorder: float = 1.0
    title: Text | None = None

    def __post_init__(self) -> None:
        from matplotlib.axes import Axes

        if not isinstance(self.ax, Axes) or self.ax.figure is None:
            raise OptionError(f"ax must be matplotlib Axes on a figure, not {self.ax!r}")
        if self.ax.name != "rectilinear":
            raise OptionError(f"ax must have rectangular axes, not the projection {self.ax.name!r}")
        for name, scale in (("x", self.ax.get_xscale()), ("y", self.ax.get_yscale())):
            if scale != "linear":
                raise OptionError(
                    f"ax must have linear scales, its {name} axis is {scale!r}: scale the coordinates instead"
                )

    @property
    def figsize(self) -> tuple[float, float]:  # type: ignore[override]
        width, height = self._figure.get_size_inches()
        return float(width), float(height)

    @property
    def background(self) -> NDArray[np.uint8]:  # type: ignore[override]
        from matplotlib.colors import to_rgba

        *rgb, alpha = to_rgba(self._figure.get_facecolor())
        mixed = np.asarray(rgb) * alpha + 1 - alpha
        return np.asarray(np.rint(mixed * 255), np.uint8)

    @property
    def texts(self) -> tuple[Text, ...]:
        """All texts that may change with the frames."""
        return () if self.title is None else (self.title,)

    @property
    def _figure(self) -> Any:
        return self.ax.get_figure(root=True)

    def without_background(self) -> Self:
        raise OptionError("a film on given axes has their figure's background; it cannot be transparent")

    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        canvas = Canvas(size, dpi)
        style = Style.now()
        with _borrowed(self._figure, dpi), self._own_title():
            self._set_open_limits()
            canvas.picture([self._figure])  # lays out, once, and all artists find their place
            skip = [] if self.title is None else [self.ax.title]
            under, over = split_artists(self._figure, {self.ax: self.zorder}, skip)
            below, above = _on_white(canvas.picture(under)), canvas.picture(over)
            view = self._view(size[1])
            moving = self._moving(canvas, style)
        uniform = bool((below == below[0, 0]).all())
        over_layer = above if above[..., 3].any() else None
        return StageLayers((view,), below[0, 0] if uniform else below, over_layer, moving)

    def _view(self, height: int) -> View:
        box = self.ax.bbox
        place = (float(box.x0), float(height - box.y1), float(box.width), float(box.height))
        (x0, x1), (y0, y1) = self.ax.get_xlim(), self.ax.get_ylim()
        return View((float(x0), float(x1)), (float(y0), float(y1)), place)

    def _set_open_limits(self) -> None:
        """Give axes that show nothing yet the limits that points would give them."""
        ax = self.ax
        for axis, margin, place in ((ax.xaxis, ax.margins()[0], "xlim"), (ax.yaxis, ax.margins()[1], "ylim")):
            data = ax.dataLim.intervalx if place == "xlim" else ax.dataLim.intervaly
            open_to_data = ax.get_autoscalex_on() if place == "xlim" else ax.get_autoscaley_on()
            if np.isfinite(data).all() or not open_to_data:
                continue
            box = (0.0, 0.0, 1.0, 1.0)
            view = fit_view(self.bounds, box, xlim=None, ylim=None, margin=margin, aspect="auto")
            low, high = getattr(view, place)
            limits = (high, low) if axis.get_inverted() else (low, high)
            (ax.set_xlim if place == "xlim" else ax.set_ylim)(limits)

    @contextmanager
    def _own_title(self) -> Iterator[None]:
        before = self.ax.get_title()
        if self.title is not None:
            self.ax.title.set_text(self.title.tallest)
        try:
            yield
        finally:
            self.ax.title.set_text(before)

    def _moving(self, canvas: Canvas, style: Style) -> tuple[Moving, ...]:
        if self.title is None:
            return ()
        text = _copy(self.ax.title, canvas)
        x, _ = text.get_position()
        room = Room(2 * min(x, canvas.size[0] - x), text.get_window_extent(canvas.renderer).height)
        return (ArtistMoving(TextsAttached.of(text, room, self.title, canvas), canvas, style),)

    def describe(self) -> dict[str, Any]:
        return {"axes": "given", "zorder": self.zorder}


@contextmanager
def _borrowed(figure: Any, dpi: float) -> Iterator[None]:
    """Let a figure be drawn at another dpi, and give back its canvas, dpi, places and limits."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas, own_dpi = figure.canvas, figure.dpi
    pars = {name: getattr(figure.subplotpars, name) for name in _PARS}
    places = [
        (ax, ax.get_position(original=True), ax.get_position(original=False), ax.get_in_layout())
        for ax in figure.axes
    ]
    limits = [
        (ax, ax.get_xlim(), ax.get_ylim(), ax.get_autoscalex_on(), ax.get_autoscaley_on())
        for ax in figure.axes
    ]
    FigureCanvasAgg(figure)  # has no window that would follow the dpi
    try:
        figure.set_dpi(dpi)
        yield
    finally:
        figure.set_dpi(own_dpi)
        figure.set_canvas(canvas)
        figure.subplotpars.update(**pars)
        for ax, original, active, in_layout in places:
            ax.set_position(original, which="original")
            ax.set_position(active, which="active")
            ax.set_in_layout(in_layout)  # which setting a position has ended
        for ax, xlim, ylim, auto_x, auto_y in limits:
            ax.set_xlim(xlim, auto=auto_x)
            ax.set_ylim(ylim, auto=auto_y)


_PARS = ("left", "right", "bottom", "top", "wspace", "hspace")


def _copy(text: Any, canvas: Canvas) -> Any:
    """Return a text of the same look and place on a figure of its own, as the user's goes back to its dpi."""
    from matplotlib.figure import Figure
    from matplotlib.text import Text as Artist
    from matplotlib.transforms import IdentityTransform

    x, y = text.get_transform().transform(text.get_position())
    width, height = canvas.size
    own = Figure(figsize=(width / canvas.dpi, height / canvas.dpi), dpi=canvas.dpi)
    made: Any = Artist(x, y, text.get_text())
    made.update_from(text)
    made.set_transform(IdentityTransform())
    made.set_clip_on(False)
    made.set_figure(own)
    return made


def _on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (h, w, 3) of a picture whose figure may be translucent."""
    if (rgba[..., 3] == 255).all():
        return np.ascontiguousarray(rgba[..., :3])
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.asarray(np.rint(rgba[..., :3] * alpha + 255 * (1 - alpha)), np.uint8)
