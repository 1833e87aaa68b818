"""What the verbs share: the words about a figure -> its stage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gpuanim.animation import Animation
from gpuanim.blend._base import Blend
from gpuanim.blend.over import OVER
from gpuanim.chrome._base import Stage
from gpuanim.chrome.bar import Scale
from gpuanim.chrome.bare import Frameless
from gpuanim.chrome.figure import FigureStage
from gpuanim.chrome.given import GivenAxes
from gpuanim.chrome.key import CategoryKey
from gpuanim.chrome.marks import as_marks
from gpuanim.chrome.panel import PanelStage
from gpuanim.chrome.parts import (
    Caption,
    ColorBar,
    Dress,
    FigureDress,
    Legend,
    Logo,
    ProgressLine,
    ScaleBar,
    as_part,
)
from gpuanim.chrome.style import Style
from gpuanim.chrome.text import as_text
from gpuanim.errors import OptionError
from gpuanim.film import Cloud, Film
from gpuanim.highlight import Marks
from gpuanim.look import Limits, as_background, as_device, positive
from gpuanim.motion.ground import Grounded
from gpuanim.motion.tracks import Track
from gpuanim.types import Colors
from gpuanim.values.timeline import Timeline
from gpuanim.verbs._paint import Paint

__all__ = [
    "MOST_LISTED", "check_alone", "figure_dress", "film_of", "ground_and_style", "make_panel", "make_stage",
    "on_axes", "panel_dress", "panels_of",
]  # fmt: skip

MOST_LISTED = 400
"""Entries of a legend; it takes 3 to 5 s to lay that many out, and minutes for thousands."""

LABELS = Legend("upper right")
"""Of labels of highlights alone, where no legend is asked for."""

_LIGHT = 3 * 128
"""Sum of the channels of a background above which added light is soon clipped."""

_DARK = 3 * 100
"""Sum of the channels of a background below which texts have to be light."""


def ground_and_style(
    background: Any, theme: str | None, style: Any, blend: Blend = OVER
) -> tuple[Colors | None, Style]:
    """Return the colour below all, None for transparent, and the rcParams of the figure.

    Parameters
    ----------
    background
        "auto" is the figure's colour in the rcParams, after theme and style.
    theme
        None on a dark background is the dark theme: black texts could not be read.
    blend
        One that needs a dark background gets it if nobody asks for another one.
    """
    if (
        blend.dark
        and theme is None
        and style is None
        and isinstance(background, str)
        and background == "auto"
    ):
        theme = "dark"
    if isinstance(background, str) and background == "auto":
        worn = Style.now(theme, style)
        try:
            return as_background(worn.background), worn
        except OptionError:  # a translucent figure
            return np.full(3, 255, np.uint8), worn
    ground = as_background(background)
    if theme is None and style is None and ground is not None and int(ground.astype(int).sum()) < _DARK:
        theme = "dark"
    return ground, Style.now(theme, style)


def panel_dress(
    marks: Marks = (),
    *,
    title: Any = None,
    xlabel: Any = None,
    ylabel: Any = None,
    axes: Any = False,
    colorbar: Any = None,
    legend: Any = None,
    scale_bar: Any = None,
    caption: Any = None,
) -> Dress:
    """Return what a panel wears, with a legend for labels of highlights by default; raises OptionError."""
    if legend is None and any(mark.highlight.label is not None for mark in marks):
        legend = LABELS
    return Dress(
        title=title,
        xlabel=xlabel,
        ylabel=ylabel,
        axes=("ticks" if axes else "off") if isinstance(axes, bool | np.bool_ | None) else axes,
        colorbar=as_part(ColorBar, colorbar, "colorbar"),
        legend=as_part(Legend, legend, "legend"),
        scale_bar=as_part(ScaleBar, scale_bar, "scale_bar"),
        captions=captions(caption),
        marks=as_marks(marks),
    )


def make_stage(
    figsize: tuple[float, float],
    background: Colors | None,
    style: Style,
    limits: Limits,
    dress: Dress,
    around: FigureDress,
    paint: Paint,
    coords: Any,
    *,
    carried: bool,
) -> Stage:
    """Return the stage of one panel; without chrome matplotlib has nothing to do."""
    n = len(paint.names or ())
    if dress.legend not in (None, LABELS) and n > MOST_LISTED:
        raise OptionError(
            f"a legend of {n:,} categories could not be read, {MOST_LISTED} are the most: leave it out, or "
            "merge categories"
        )
    if dress == Dress() and around == FigureDress():
        return Frameless(figsize, background, limits)
    return FigureStage(
        figsize, background, (make_panel(limits, dress, paint, coords, carried=carried),), style, around
    )


def make_panel(limits: Limits, dress: Dress, paint: Paint, coords: Any, *, carried: bool) -> PanelStage:
    """Return a panel of points, over which a camera may move.

    Raises
    ------
    OptionError
        If it is to wear what its values do not have.
    """
    key, scale, members = None, None, None
    if paint.names is not None and paint.colors is not None:
        if dress.colorbar is not None:
            raise OptionError("colorbar is for numbers, these values are categories: give legend=True")
        places = None
        if dress.legend is not None and dress.legend.loc == "on data":
            places = paint.medians(coords.first() if isinstance(coords, Track) else coords)
            members = paint.followed(places) if isinstance(coords, Track) else None
        if dress.legend is not LABELS:
            key = CategoryKey(paint.names, paint.colors, paint.table[-1], paint.has_na(), places, members)
    else:
        if dress.legend is not None and not any(getattr(mark, "label", None) for mark in dress.marks):
            raise OptionError(
                "legend lists categories and labels of highlights, and numbers are shown: give a colour bar"
            )
        scale = Scale(paint.table, paint.norm, paint.blend.by_pixels)
    return PanelStage(limits, dress=dress, scale=scale, key=key, carried=carried)


_USUAL = {"background": "auto", "margin": 0.05, "aspect": "equal", "axes": False}
"""What options of `animate` are when nobody gives them, where that is not None."""


def check_alone(marks: Marks, **options: Any) -> None:
    """Raise OptionError if there are options that axes of the user have an answer to."""
    for name, value in options.items():
        usual = _USUAL.get(name)
        if value is not usual and not (isinstance(value, str | float | bool) and value == usual):
            raise OptionError(f"{name} and ax exclude each other: the axes and their figure are as they are")
    if marks:
        raise OptionError(
            "markers and lassos of highlights are not drawn on given axes: draw them there with ax"
        )


def on_axes(
    ax: Any, bounds: tuple[float, float, float, float], title: Any, dpi: float | None
) -> tuple[Stage, float]:
    """Return the stage that axes of the user are, and its dots per inch."""
    stage = GivenAxes(ax, bounds, title=None if title is None else as_text(title, "title"))
    return stage, float(ax.get_figure(root=True).dpi) if dpi is None else positive("dpi", dpi)


def film_of(
    stage: Stage,
    clouds: tuple[Cloud, ...],
    timeline: Timeline,
    dpi: float,
    renderer: str = "auto",
    device: int | None = None,
) -> Animation:
    """Put a film together; raises OptionError if a text does not fit its length."""
    ground = stage.background
    if ground is not None and int(ground.astype(int).sum()) > _LIGHT:
        for cloud in clouds:
            if cloud.blend.dark:
                raise OptionError(
                    f'blend="{cloud.blend.name}" adds light, which a light background cannot show: give '
                    'background="black" or theme="dark"'
                )
    clouds = tuple(
        cloud if cloud.camera is None else replace(cloud, camera=cloud.camera.timed(timeline))
        for cloud in clouds
    )
    for text in getattr(stage, "texts", ()):
        text.check(timeline.n_steps, timeline.n_frames)
    if timeline.n_frames is None and isinstance(stage, FigureStage) and stage.dress.progress_line is not None:
        raise OptionError(
            "progress_line needs to know how many frames there will be: give n_steps, or leave it out"
        )
    return Animation(Film(clouds, stage, timeline), dpi, renderer, as_device(device))


def figure_dress(
    *, title: Any = None, caption: Any = None, progress_line: Any = None, logo: Any = None
) -> FigureDress:
    """Return what the figure wears besides its panels; raises OptionError."""
    return FigureDress(
        title=title,
        captions=captions(caption),
        progress_line=as_part(ProgressLine, progress_line, "progress_line"),
        logo=as_part(Logo, logo, "logo"),
    )


def captions(caption: Any) -> tuple[Caption, ...]:
    """Return one caption or a list of them; a list of texts alone is one caption with a text per step."""
    if isinstance(caption, list | tuple) and any(isinstance(part, Caption) for part in caption):
        made = [as_part(Caption, part, "caption") for part in caption]
    else:
        made = [as_part(Caption, caption, "caption")]
    return tuple(part for part in made if part is not None)


def panels_of(stage: Stage) -> tuple[PanelStage, ...]:
    """Return the panels of a stage, to stand beside others.

    Raises
    ------
    OptionError
        If it is one that stands alone.
    """
    if isinstance(stage, Grounded):
        return panels_of(stage.stage)
    if isinstance(stage, Frameless):
        return (PanelStage(stage.limits),)
    if not isinstance(stage, FigureStage):
        raise OptionError(
            "panels takes films of animate, flow and lines; those of create_animation, Camera and "
            "animate(ax=...) have a figure of their own"
        )
    if stage.dress != FigureDress():
        raise OptionError(
            "progress_line, logo and titles of whole figures belong to the call of panels, not to its films"
        )
    return stage.panels
