"""Curves on axes that follow the film: replaced in each step, growing along x, or staying and fading."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gpuanim.chrome._base import Attached, Moment, Part
from gpuanim.chrome._check import check_color, check_number, one_of
from gpuanim.chrome.curve_steps import CurveSteps, as_growing, as_steps
from gpuanim.chrome.parts import Legend, as_part
from gpuanim.chrome.text import Text, as_text
from gpuanim.errors import OptionError

__all__ = ["CurveLegend", "Curves", "make_curves"]

MODES = ("replace", "grow", "fade")


@dataclass(frozen=True, eq=False)
class Curves(Part):
    """Lines that change with the steps.

    Parameters
    ----------
    steps
        Their points.
    mode
        "replace", "grow" or "fade".
    labels
        A text for each curve, or None; told the steps of the curves, should the film have others.
    colors
        A colour for each curve, or None for the cycle of the axes.
    legend
        How the labels are listed, None for not at all.
    tail
        How many earlier steps are seen with "fade".
    look
        Options of matplotlib's lines.
    """

    steps: CurveSteps
    mode: str
    labels: tuple[Text, ...] | None
    colors: tuple[Any, ...] | None
    legend: Legend | None
    tail: int
    look: dict[str, Any]

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return self.steps.n_steps

    @property
    def parts(self) -> tuple[Part, ...]:
        """The curves, and above them their legend if there is one: what a panel needs."""
        return (self,) if self.legend is None or self.labels is None else (self, CurveLegend(self))

    def bounds(self) -> tuple[float, float, float, float]:
        """Return (xmin, xmax, ymin, ymax) of all steps."""
        return self.steps.bounds()

    def attach(self, ax: Any) -> Attached:
        return _AttachedCurves(self, ax)


@dataclass(frozen=True, eq=False)
class CurveLegend(Part):
    """The labels of curves; a part by itself, as it is drawn anew only when a label changes."""

    curves: Curves

    def attach(self, ax: Any) -> Attached:
        return _AttachedLegend(self.curves, ax)


def make_curves(
    x: Any,
    ys: Any,
    *,
    n_steps: int | None = None,
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
) -> Curves:
    """Check the user's words about curves.

    Parameters
    ----------
    x, ys, n_steps
        As in `as_steps`, with mode "grow" as in `as_growing`.
    mode
        "replace" shows the curves of each step alone. "fade" shows those of `tail` steps before as well, the
        older the paler. "grow" shows a point more of each curve in each step, with a dot at the end.
    labels
        One for each curve, for the legend: a template such as ``"n = {step}"``, a callable of the moment, or
        a sequence of one str per step, as for titles. A single str if there is one curve.
    colors
        A colour for all, or one for each curve. None is the cycle of colours of the rcParams.
    legend
        A `Legend`, its place, True for the right margin, or False. None lists the labels if there are any.
    tail
        Steps that are seen behind the one shown, with mode "fade".
    linewidth, linestyle, marker, markersize, alpha
        As matplotlib's.

    Raises
    ------
    OptionError, ShapeError, SourceError
        If any of them cannot be used.
    """
    one_of("mode", mode, MODES)
    steps = (as_growing if mode == "grow" else as_steps)(x, ys, n_steps)
    steps.bounds()
    check_number("linewidth", linewidth)
    check_number("markersize", markersize)
    check_number("alpha", alpha, up_to=1.0)
    texts = _labels(labels, steps)
    look = {"linewidth": linewidth, "linestyle": linestyle, "marker": marker, "markersize": markersize}
    look = {name: value for name, value in look.items() if value is not None} | {"alpha": alpha}
    _check_look(look)
    shown = _legend(legend, texts)
    return Curves(steps, mode, texts, _colors(colors, steps.n_curves), shown, _tail(tail), look)


class _AttachedCurves(Attached):
    """Curves on axes: lines for each step that can be seen, the oldest at the bottom."""

    def __init__(self, curves: Curves, ax: Any) -> None:
        self._curves = curves
        ages = range(curves.tail, -1, -1) if curves.mode == "fade" else (0,)
        self._lines = {age: [_line(curves, i, age) for i in range(curves.steps.n_curves)] for age in ages}
        self.artists: Sequence[Any] = [ax.add_line(line) for age in ages for line in self._lines[age]]

    def show(self, moment: Moment) -> Hashable:
        steps = self._curves.steps
        place = steps.place(moment)
        for age, lines in self._lines.items():
            then = place - age
            for line in lines:
                line.set_visible(then >= 0)
            if then >= 0:
                for line, (x, y) in zip(lines, steps.curves(then), strict=True):
                    line.set_data(x, y)
                    if self._curves.mode == "grow" and "marker" not in self._curves.look:
                        line.set_markevery([len(x) - 1])
        return place


class _AttachedLegend(Attached):
    """The legend of curves on their axes."""

    def __init__(self, curves: Curves, ax: Any) -> None:
        self._steps, self._labels = curves.steps, curves.labels or ()
        self._legend = self._make(curves, curves.legend or Legend(), ax)
        self.artists: Sequence[Any] = [self._legend]

    def show(self, moment: Moment) -> Hashable:
        own = replace(moment, step=round(self._steps.place(moment)), n_steps=self._steps.n_steps)
        texts = tuple(text.at(own) for text in self._labels)
        for artist, text in zip(self._legend.get_texts(), texts, strict=True):
            artist.set_text(text)
        return texts

    def _make(self, curves: Curves, legend: Legend, ax: Any) -> Any:
        outside = legend.loc == "right margin"
        place = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "frameon": False} if outside else {
            "loc": "upper right" if legend.loc == "best" else legend.loc
        }  # fmt: skip
        drawn = ax.legend(
            [_line(curves, i, 0) for i in range(curves.steps.n_curves)],
            [_widest(text, curves.n_steps) for text in self._labels],
            title=legend.title, ncols=legend.ncols or 1, fontsize=legend.fontsize, **place,
        )  # fmt: skip
        for artist in drawn.get_texts():
            artist.set_fontweight(legend.fontweight or "normal")
        return drawn


def _line(curves: Curves, i: int, age: int) -> Any:
    """Make the line of a curve, `age` steps old."""
    from matplotlib.lines import Line2D

    look = dict(curves.look)
    if curves.mode == "grow":
        look = {"marker": "o", "markersize": 5.0} | look
    if age:
        look["alpha"] = (1 if look["alpha"] is None else look["alpha"]) * _paleness(age, curves.tail)
    color = f"C{i}" if curves.colors is None else curves.colors[i]
    return Line2D([], [], color=color, zorder=2.5 if age == 0 else 2.4, **look)


def _paleness(age: int, tail: int) -> float:
    """Return the opacity of a step that is `age` steps old; the shares fall evenly, from well below 1."""
    return 0.6 * (1 - (age - 1) / tail)


def _widest(text: Text, n_steps: int) -> str:
    """Return the longest of the texts that a label may well have, to make room for it."""
    end = Moment(n_steps - 1, n_steps, n_steps - 1, n_steps, float(n_steps))
    shown = [text.tallest, text.at(end)]
    return max(shown, key=len)


def _labels(labels: Any, steps: CurveSteps) -> tuple[Text, ...] | None:
    if labels is None:
        return None
    k = steps.n_curves
    if isinstance(labels, str) or callable(labels):
        labels = [labels]
    labels = list(labels)
    if len(labels) != k:
        turned = ""
        if len(labels) == steps.n_steps and not isinstance(labels[0], str) and len(labels[0]) == k:
            turned = "; each is a text, or one text per step: list(zip(*labels)) turns lists per step round"
        raise OptionError(f"labels must be {k}, one for each curve, not {len(labels)}{turned}")
    texts = tuple(as_text(label, f"labels[{i}]") for i, label in enumerate(labels))
    for text in texts:
        text.check(steps.n_steps, steps.n_steps)
    return texts


def _colors(colors: Any, k: int) -> tuple[Any, ...] | None:
    from matplotlib.colors import is_color_like

    if colors is None:
        return None
    if is_color_like(colors):
        return (colors,) * k
    if isinstance(colors, str):
        check_color("colors", colors)
    given = tuple(colors)
    if len(given) != k:
        raise OptionError(f"colors must be one colour, or {k}, one for each curve, not {len(given)}")
    for color in given:
        check_color("colors", color)
    return given


def _legend(legend: Any, labels: tuple[Text, ...] | None) -> Legend | None:
    if legend is None:
        legend = labels is not None
    shown = as_part(Legend, legend, "legend")
    if shown is None:
        return None
    if labels is None:
        raise OptionError("legend lists the labels of the curves: give labels=[...]")
    if shown.loc == "on data":
        raise OptionError('legend loc "on data" is for groups of points; give "right margin" or "upper left"')
    return shown


def _tail(tail: Any) -> int:
    if not isinstance(tail, int) or isinstance(tail, bool) or tail < 0:
        raise OptionError(f"tail must be a whole number of steps from 0 on, not {tail!r}")
    return tail


def _check_look(look: dict[str, Any]) -> None:
    from matplotlib.lines import Line2D

    try:
        Line2D([], [], **look)
    except (ValueError, TypeError) as error:
        raise OptionError(f"lines cannot be drawn so: {error}") from None
