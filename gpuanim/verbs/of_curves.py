"""The verb `lines`: curves that change."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from gpuanim.animation import Animation
from gpuanim.chrome.curves import make_curves
from gpuanim.chrome.figure import FigureStage
from gpuanim.chrome.panel import SCALES, PanelStage
from gpuanim.errors import OptionError
from gpuanim.look import Limits, make_limits, make_sheet
from gpuanim.values.timeline import Timeline
from gpuanim.verbs._stage import figure_dress, film_of, ground_and_style, panel_dress

__all__ = ["lines"]


def lines(
    x: Any,
    ys: Any,
    *,
    mode: str = "replace",
    labels: Any = None,
    colors: Any = None,
    legend: Any = None,
    tail: int = 8,
    linewidth: float | None = None,
    linestyle: Any = None,
    marker: Any = None,
    markersize: float | None = None,
    alpha: float | None = None,
    n_steps: int | None = None,
    n_frames: int | None = None,
    fps: float | str | Fraction | None = None,
    duration: float | None = None,
    tween: str | None = None,
    ease: Any = "linear",
    hold: float | tuple[float, float] = 0.0,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    margin: float = 0.05,
    xscale: str = "linear",
    yscale: str = "linear",
    title: Any = None,
    caption: Any = None,
    axes: bool | str = True,
    xlabel: str | None = None,
    ylabel: str | None = None,
    progress_line: Any = None,
    logo: Any = None,
    size: tuple[int, int] | None = None,
    figsize: tuple[float, float] | None = None,
    dpi: float | None = None,
    background: Any = "auto",
    theme: str | None = None,
    style: Any = None,
) -> Animation:
    """Describe a film of curves, alone or for `panels`, beside points.

    Parameters
    ----------
    x
        (m,) positions, or one such array per step; None counts from 0.
    ys
        What is drawn over `x`. With mode "replace" and "fade" the curves of each step: (t, m) array,
        (t, k, m) for k curves, or a list, generator or callable(i) of (m,) or (k, m). With "grow" a value for
        each step, (t,), or (t, k) for k curves. NaN are gaps.
    mode
        "replace" shows the curves of each step alone; "fade" also those of `tail` steps before, the older the
        paler; "grow" shows a point more of each curve in each step, with a dot at its end.
    labels
        For the legend, one for each curve: a template such as ``"n = {step}"``, a callable of the `Moment`,
        or one text per step.
    colors
        A colour for all curves, or one for each; by default matplotlib's cycle.
    legend
        Where labels are listed: a location of matplotlib, "right margin", a `Legend`, or False.
    tail
        Steps that are seen behind the one shown, with "fade".
    linewidth, linestyle, marker, markersize, alpha
        As matplotlib's.
    n_steps, n_frames, fps, duration, tween, ease, hold
        As in `animate`.
    xlim, ylim, margin
        Limits of the axes; by default those of all steps with a `margin` (share of their extent).
    xscale, yscale
        "linear" or "log".
    title, caption, axes, xlabel, ylabel, progress_line, logo, background, theme, style, size, figsize, dpi
        As in `animate`; here axes are drawn with ticks by default.

    Returns
    -------
    Animation

    Raises
    ------
    OptionError, ShapeError
        If an argument cannot be used; nothing has been rendered then.
    """
    curves = make_curves(
        x, ys, n_steps=n_steps, mode=mode, labels=labels, colors=colors, legend=legend, tail=tail,
        linewidth=linewidth, linestyle=linestyle, marker=marker, markersize=markersize, alpha=alpha,
    )  # fmt: skip
    timeline = Timeline.resolve(
        curves.n_steps, n_frames=n_frames, fps=fps, duration=duration, tween=tween, ease=ease, hold=hold
    )
    ground, worn = ground_and_style(background, theme, style)
    dress = panel_dress(title=title, xlabel=xlabel, ylabel=ylabel, axes=axes, caption=caption)
    around = figure_dress(progress_line=progress_line, logo=logo)
    limits = make_limits(curves.bounds(), xlim=xlim, ylim=ylim, margin=margin, aspect="auto")
    scales = _scales(xscale, yscale)
    panel = PanelStage(_on_scales(limits, scales), dress, parts=curves.parts, points=False, scales=scales)
    sheet, dpi = make_sheet((800, 600) if size is None and figsize is None else size, figsize, dpi)
    return film_of(FigureStage(sheet, ground, (panel,), worn, around, 1), (), timeline, dpi)


def _scales(xscale: str, yscale: str) -> tuple[str, str]:
    for name, scale in (("xscale", xscale), ("yscale", yscale)):
        if scale not in SCALES:
            raise OptionError(f"{name} must be one of {SCALES}, not {scale!r}")
    return xscale, yscale


def _on_scales(limits: Limits, scales: tuple[str, str]) -> Limits:
    """Return limits whose margins are shares of the axes as they are drawn."""
    x0, x1, y0, y1 = limits.bounds
    xlim = _log_limits("x", (x0, x1), limits.xlim, limits.margin) if scales[0] == "log" else limits.xlim
    ylim = _log_limits("y", (y0, y1), limits.ylim, limits.margin) if scales[1] == "log" else limits.ylim
    return Limits(limits.bounds, xlim, ylim, limits.margin, "auto")


def _log_limits(
    name: str, bounds: tuple[float, float], given: tuple[float, float] | None, margin: float
) -> tuple[float, float]:
    low, high = bounds if given is None else given
    if low <= 0 or high <= 0:
        raise OptionError(
            f'{name}scale="log" needs values above 0, they go from {low:g} to {high:g}: give {name}lim=...'
        )
    if given is not None:
        return given
    pad = (np.log(high / low) or 1.0) * margin
    return float(low / np.exp(pad)), float(high * np.exp(pad))
