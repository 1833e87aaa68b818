"""The verb `panels`: several films in one frame, with one timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gpuanim.animation import Animation
from gpuanim.chrome.bar import Scale
from gpuanim.chrome.figure import FigureStage, SharedBar
from gpuanim.chrome.panel import PanelStage
from gpuanim.chrome.parts import ColorBar
from gpuanim.errors import OptionError
from gpuanim.film import Cloud
from gpuanim.look import Limits, make_sheet
from gpuanim.motion.ground import Grounded
from gpuanim.types import Colors
from gpuanim.values._base import Norm, Source
from gpuanim.values.emphasis import Emphasis, WithPrevious
from gpuanim.values.levels import RankLevels
from gpuanim.values.ranks import Rank
from gpuanim.values.timeline import Timeline
from gpuanim.verbs._stage import figure_dress, film_of, ground_and_style, panels_of

__all__ = ["panels"]

_EMPTY = PanelStage(Limits((0.0, 1.0, 0.0, 1.0)), points=False)
"""What stands at the end of a row that is shorter than others."""


def panels(
    films: Sequence[Animation] | Sequence[Sequence[Animation]],
    *,
    ncols: int | None = None,
    n_frames: int | None = None,
    fps: Any = None,
    duration: float | None = None,
    tween: str | None = None,
    ease: Any = "linear",
    hold: Any = 0.0,
    size: tuple[int, int] | None = None,
    figsize: tuple[float, float] | None = None,
    dpi: float | None = None,
    title: Any = None,
    caption: Any = None,
    share_colors: bool = False,
    progress_line: Any = None,
    logo: Any = None,
    background: Any = "auto",
    theme: str | None = None,
    style: Any = None,
    renderer: str = "auto",
    device: int | None = None,
) -> Animation:
    """Show several films side by side, each with its own view, colours and chrome.

    Parameters
    ----------
    films
        Of `animate`, `lines` or `panels`: a list, filled row by row, or a list of rows. Their own sizes,
        backgrounds, themes and timelines are set aside; titles, axes, legends and colour bars stay.
    ncols
        Panels in a row for a plain list; by default all up to four.
    n_frames, fps, duration, tween, ease, hold
        The timeline, as in `animate`; all films begin and end with it, those of fewer steps show each of them
        longer. By default that of the film with most steps.
    size, figsize, dpi
        Of the whole frame; by default 4.8 inches for each panel at 100 dpi.
    title, caption, progress_line, logo
        Of the whole frame, as in `animate`.
    share_colors
        Whether one scale holds for all panels: their limits are found together, and one colour bar stands
        beside them. All must have the same norm and colormap.
    background, theme, style
        As in `animate`.
    renderer, device
        As in `animate`.

    Returns
    -------
    Animation

    Raises
    ------
    OptionError
        If there is no film, one cannot stand beside others, or an option cannot be used.
    """
    rows = _rows(films, ncols)
    flat = [film for row in rows for film in row]
    own, columns = _grid(rows, ncols, wrap=isinstance(films[0], Animation) and len(rows) == 1)
    if size is None and figsize is None:
        figsize = (4.8 * columns, 4.8 * -(-len(own) // columns))
    sheet, dpi = make_sheet(size, figsize, dpi)
    ground, worn = ground_and_style(background, theme, style)
    clouds = tuple(cloud for film in flat for cloud in film._film.clouds)
    _check_read_once(clouds)
    timeline = _timeline(
        [film._film.timeline for film in flat], n_frames, fps, duration, tween=tween, ease=ease, hold=hold
    )
    dress = figure_dress(title=title, caption=caption, progress_line=progress_line, logo=logo)
    below = tuple(cloud for film in flat for cloud in _grounds(film))
    if share_colors and any(below):
        raise OptionError(
            "share_colors: still cells below particles keep their own colours, give vmin and vmax"
        )
    shared = None
    if share_colors:
        clouds = _together(clouds)
        norm, _, colors = _plain(clouds[0])
        shared = SharedBar(Scale(colors, norm), _shared_dress(own))
        own = tuple(replace(panel, dress=replace(panel.dress, colorbar=None)) for panel in own)
    figure = FigureStage(sheet, ground, own, worn, dress, columns, shared)
    stage = Grounded(figure, below, renderer) if any(below) else figure
    return film_of(stage, clouds, timeline, dpi, renderer, device)


def _rows(films: Any, ncols: int | None) -> list[list[Animation]]:
    items = list(films) if isinstance(films, Sequence) else []
    if not items:
        raise OptionError("panels needs a list of films, such as [ga.animate(...), ga.lines(...)]")
    if all(isinstance(item, Animation) for item in items):
        return [items]
    if ncols is not None:
        raise OptionError("ncols is for a plain list of films, here each row has its own")
    rows = [list(row) if isinstance(row, Sequence) else [row] for row in items]
    for row in rows:
        if not row or not all(isinstance(film, Animation) for film in row):
            raise OptionError(f"panels needs films, or rows of films, not {row!r}")
    return rows


def _grid(
    rows: list[list[Animation]], ncols: int | None, *, wrap: bool
) -> tuple[tuple[PanelStage, ...], int]:
    """Return the panels row by row, with empty ones where a row is shorter, and the number of columns."""
    cells = [[panel for film in row for panel in panels_of(film._film.stage)] for row in rows]
    if wrap:
        most = 4 if ncols is None else ncols
        if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 1:
            raise OptionError(f"ncols must be a whole number from 1 on, not {ncols!r}")
        return tuple(cells[0]), min(len(cells[0]), int(most))
    columns = max(map(len, cells))
    return tuple(panel for row in cells for panel in row + [_EMPTY] * (columns - len(row))), columns


def _grounds(film: Animation) -> tuple[Cloud | None, ...]:
    """Return the still points below the clouds of a film."""
    stage = film._film.stage
    return stage.grounds if isinstance(stage, Grounded) else (None,) * len(film._film.clouds)


def _check_read_once(clouds: tuple[Cloud, ...]) -> None:
    """Raise OptionError if two panels want to read values that can be read once."""
    sources = [s for cloud in clouds for s in (cloud.values, cloud.coords) if isinstance(s, Source)]
    passing = [id(source) for source in sources if not source.rewindable]
    if len(set(passing)) < len(passing):
        raise OptionError(
            "panels cannot show the same film twice if its values can be read only once: give a list, an "
            "array or a callable"
        )


def _timeline(
    timelines: list[Timeline], n_frames: int | None, fps: Any, duration: float | None, **options: Any
) -> Timeline:
    """Return the clock of all panels."""
    endless = [timeline for timeline in timelines if timeline.n_steps is None]
    if endless and any(timeline.n_steps != 1 for timeline in timelines if timeline.n_steps is not None):
        raise OptionError(
            "values of unknown length cannot be shown beside others that change: give their n_steps"
        )
    longest = endless[0] if endless else max(timelines, key=lambda timeline: timeline.n_steps or 0)
    chosen = (
        any(value is not None for value in (n_frames, duration, options["tween"]))
        or options["hold"]
        or options["ease"] != "linear"
    )
    if chosen:
        rate = longest.fps if fps is None and not (n_frames and duration) else fps
        return Timeline.resolve(longest.n_steps, n_frames=n_frames, fps=rate, duration=duration, **options)
    return longest if fps is None else replace(longest, fps=Timeline.resolve(None, fps=fps).fps)


def _together(clouds: tuple[Cloud, ...]) -> tuple[Cloud, ...]:
    """Let one scale hold for all clouds."""
    from gpuanim.provenance import told
    from gpuanim.values.together import Together

    if not clouds:
        raise OptionError("share_colors needs panels of points")
    if any(cloud.blend.by_pixels for cloud in clouds):
        raise OptionError(
            "share_colors needs scales of the values of points; those of "
            f"{', '.join(sorted({c.blend.name for c in clouds if c.blend.by_pixels}))} are fitted to pixels: "
            "give vmin and vmax to each film"
        )
    plain = [_plain(cloud) for cloud in clouds]
    norm, _, colors = plain[0]
    if not norm.blends or any(source.n_columns > 1 for _, source, _ in plain):
        raise OptionError("share_colors is for numbers: colours of categories follow from palette=...")
    for other, _, others in plain[1:]:
        if told(other) != told(norm) or others.tobytes() != colors.tobytes():
            raise OptionError(
                "share_colors needs the same norm, limits and colours in all panels, not "
                f"{told(norm)} and {told(other)}, or other colours"
            )
    if isinstance(norm, Rank):
        if norm.scope == "film":
            raise OptionError('share_colors: ranks are shared as they are, give them scope="frame"')
        return clouds
    if isinstance(norm, RankLevels):
        return clouds
    if norm.scope != "film":
        raise OptionError('share_colors needs scope="film": frames with scales of their own share none')
    joint = Together(norm, tuple(source for _, source, _ in plain))
    if joint.needs_film and not all(cloud.values.rewindable for cloud in clouds):
        raise OptionError("share_colors has to search all values: give vmin and vmax, or lists and arrays")
    return tuple(
        replace(cloud, norm=replace(cloud.norm, inner=joint) if isinstance(cloud.norm, Emphasis) else joint)
        for cloud in clouds
    )


def _plain(cloud: Cloud) -> tuple[Norm, Source, Colors]:
    """Return norm, source and colours of a cloud, whatever stands out in it."""
    if not isinstance(cloud.norm, Emphasis):
        return cloud.norm, cloud.values, cloud.table
    source = cloud.values.source if isinstance(cloud.values, WithPrevious) else cloud.values
    return cloud.norm.inner, source, cloud.table[: cloud.norm.rows.n_levels + 1]


def _shared_dress(panels: tuple[PanelStage, ...]) -> ColorBar:
    """Return the dress of the first colour bar that a panel wears."""
    return next((panel.dress.colorbar for panel in panels if panel.dress.colorbar is not None), ColorBar())
