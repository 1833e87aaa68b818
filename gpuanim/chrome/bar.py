"""The colour bar of a panel: the rows of the colour table, with the ticks that matplotlib gives the norm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Moment
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.layout import Box, Sides
from gpuanim.chrome.moving import Room, TextsAttached, fit_text
from gpuanim.chrome.parts import ColorBar
from gpuanim.types import Colors
from gpuanim.values._base import Mapping, Norm
from gpuanim.values.levels import RankLevels
from gpuanim.values.ranks import Rank
from gpuanim.values.staircase import LEVELS

__all__ = ["Bar", "Scale"]

_SHARES = np.linspace(0.0, 1.0, 5)
_LONGEST = "-88.888"


@dataclass(frozen=True, eq=False)
class Scale:
    """What the colours of a panel mean.

    Parameters
    ----------
    table
        (257, 3) uint8, the colours of the levels and of NaN.
    norm
        How values become levels. Where it is fitted to each frame, the numbers of the bar change with the
        frames; ranks are always between 0 and 1.
    by_pixels
        Whether it is fitted to what pixels show, at each resolution: the numbers are those of the moments
        then, of ranks as well.
    """

    table: Colors
    norm: Norm
    by_pixels: bool = False

    @property
    def moving(self) -> bool:
        """Whether each frame, or each resolution, has a scale of its own."""
        return self.by_pixels or (self.norm.scope == "frame" and not self.ranks)

    @property
    def ranks(self) -> bool:
        return isinstance(self.norm, Rank | RankLevels) and not self.by_pixels

    @property
    def needs_mapping(self) -> bool:
        """Whether the bar can only be drawn when the norm has been fitted to the film."""
        return not (self.moving or self.ranks)


class Bar:
    """A colour bar beside axes.

    Parameters
    ----------
    figure
        Figure to put it on.
    scale, dress
        What it shows, and how.
    mapping
        The fitted norm of the film, if there is one.
    panel
        Number of its panel, for the mappings of the moments.
    canvas
        Where it will be drawn.
    """

    def __init__(
        self, figure: Any, scale: Scale, dress: ColorBar, mapping: Mapping | None, panel: int, canvas: Canvas
    ) -> None:
        self.loc = dress.loc
        self.upright = dress.loc in ("left", "right")
        self._scale, self._dress, self._panel, self._canvas = scale, dress, panel, canvas
        self.box = Box(0.0, 0.0, math.inf, math.inf)
        self.ax = figure.add_axes((0.0, 0.0, 0.1, 0.1), label=f"colorbar {panel}")
        self._bar = self._make(None if mapping is None else mapping.norm())
        label = "rank" if dress.label is None and scale.ranks else dress.label
        if label:
            self._bar.set_label(label)
        self._label = self.ax.yaxis.label if self.upright else self.ax.xaxis.label
        self._label_font = self._label.get_fontsize()

    def _make(self, norm: Any) -> Any:
        from matplotlib.cm import ScalarMappable
        from matplotlib.colorbar import Colorbar
        from matplotlib.colors import ListedColormap, Normalize

        norm = Normalize(0.0, 1.0) if norm is None else norm
        rows = self._scale.table[:LEVELS]
        if hasattr(norm, "Ncmap"):  # levels of a BoundaryNorm, as they are spread over the table
            rows = rows[((np.arange(norm.Ncmap) + 0.5) * LEVELS / norm.Ncmap).astype(int)]
        moving = self._scale.moving
        ticks = None if isinstance(self._dress.ticks, int | np.integer) else self._dress.ticks
        made: Any = Colorbar
        bar = made(
            self.ax,
            ScalarMappable(norm, ListedColormap(rows / 255)),
            orientation="vertical" if self.upright else "horizontal",
            ticklocation=self.loc,
            ticks=_SHARES if moving else ticks,
            format=None if moving else self._dress.format,
        )
        if isinstance(self._dress.ticks, int | np.integer) and not moving:
            _at_most(bar.locator, int(self._dress.ticks))
            bar.update_ticks()
        if moving:
            bar.set_ticklabels([_LONGEST] * len(_SHARES))
        return bar

    def place(self, box: Box, beyond: float, pad: float) -> Sides:
        """Put it beside the axes' `box`, `beyond` pixels away from it, and say what hangs out then."""
        width, height = self._canvas.size
        length = box.height if self.upright else box.width
        thick = min(max(length / 28, self._points(6)), self._points(12))
        at = {
            "right": (box.right + beyond + pad, box.top, thick, box.height),
            "left": (box.left - beyond - pad - thick, box.top, thick, box.height),
            "top": (box.left, box.top - beyond - pad - thick, box.width, thick),
            "bottom": (box.left, box.bottom + beyond + pad, box.width, thick),
        }[self.loc]
        left, top, wide, high = at
        self.box = Box(*at)
        self.ax.set_position((left / width, 1 - (top + high) / height, wide / width, high / height))
        room = Room(math.inf, length) if self.upright else Room(length, math.inf)
        fit_text(self._label, self._canvas.renderer, room, self._label_font)
        extent = self.ax.get_tightbbox(self._canvas.renderer, for_layout_only=True)
        return Sides(
            left=box.left - extent.x0, right=extent.x1 - box.right,
            top=box.top - (height - extent.y1), bottom=height - extent.y0 - box.bottom,
        )  # fmt: skip

    @property
    def rises(self) -> bool:
        """Whether its label is too long even in the smallest font, and reaches up to where titles stand."""
        length = self._label.get_window_extent(self._canvas.renderer).height
        return self.upright and bool(length > self.box.height)

    def _points(self, points: float) -> float:
        return points * self._canvas.dpi / 72

    def labels(self) -> TextsAttached | None:
        """Return the numbers that change with the frames, None if they are still; when all has its place."""
        if not self._scale.moving:
            return None
        from matplotlib.ticker import NullFormatter

        axis = self.ax.yaxis if self.upright else self.ax.xaxis
        second = self.loc in ("right", "top")
        texts = [self._copy(tick.label2 if second else tick.label1) for tick in axis.get_major_ticks()]
        # The label of the bar stays where the widest numbers have it.
        place = self._label.get_transform().transform(self._label.get_position())
        axis.set_label_coords(*self.ax.transAxes.inverted().transform(place))
        axis.set_major_formatter(NullFormatter())
        if self.upright:
            room = Room(texts[0].get_window_extent(self._canvas.renderer).width, math.inf)
        else:
            room = Room(0.92 * self.box.width / (len(_SHARES) - 1), math.inf)
        return TextsAttached(texts, [room] * len(texts), self._told, self._canvas)

    def _copy(self, label: Any) -> Any:
        """Return a text of its own where matplotlib has the label of a tick."""
        from matplotlib.transforms import IdentityTransform

        x, y = label.get_transform().transform(label.get_position())
        return self.ax.text(
            x, y, _LONGEST, transform=IdentityTransform(), ha=label.get_ha(), va=label.get_va(),
            fontproperties=label.get_fontproperties(), color=label.get_color(), in_layout=False,
        )  # fmt: skip

    def _told(self, moment: Moment) -> tuple[str, ...]:
        mapping = moment.mappings[self._panel] if self._panel < len(moment.mappings) else None
        values = [] if mapping is None else values_at(mapping, _SHARES)
        if not values:
            return ("",) * len(_SHARES)
        given = self._dress.format
        if isinstance(given, str):
            return tuple(
                given % v if "{" not in given else given.format(x=v, pos=i) for i, v in enumerate(values)
            )
        return numbers(values, whole=self._scale.by_pixels)


def values_at(mapping: Mapping, shares: NDArray[np.float64]) -> list[float]:
    """Return the values that have the colours at these shares, 0..1, of a scale; none if nobody can tell."""
    norm = mapping.norm()
    if norm is not None:
        return [float(norm.inverse(share)) for share in shares]
    edges = mapping.lower_edges()
    if edges is None or not np.isfinite(edges).any():
        return []
    # The first level has no lower end, and the last ones none if no value has them.
    last = np.flatnonzero(np.isfinite(edges))[-1]
    levels = np.clip(np.rint(shares * (LEVELS - 1)).astype(int), min(1, last), last)
    return [float(edges[level]) for level in levels]


def numbers(values: list[float], *, whole: bool = False) -> tuple[str, ...]:
    """Write ascending values in at most 7 characters each, with the decimals that tell them apart.

    Parameters
    ----------
    whole
        Leave out the decimals where no value has any. Values that change with the frames keep theirs, so
        that they do not jump.
    """
    span = values[-1] - values[0]
    values = [0.0 if abs(v) < 1e-6 * span else v for v in values] if min(values) < 0 else values
    largest = max(abs(v) for v in values)
    if 0 < 500 * values[0] < values[-1]:  # logarithmic: each number has digits of its own
        return tuple(_short(v) for v in values)
    if largest >= 1e5 or 0 < largest < 1e-3:
        return tuple(_scientific(v) for v in values)
    digits = len(str(int(largest))) + 1
    wanted = 2 if span <= 0 else max(2 - math.floor(math.log10(span)), 0)
    decimals = min(wanted, max(7 - digits - 1, 0))
    if whole and all(abs(v - round(v)) < 1e-6 for v in values):
        decimals = 0
    # Adding zero takes the sign from a -0.0.
    return tuple(f"{round(v, decimals) + 0.0:.{decimals}f}".replace("-", "\N{MINUS SIGN}") for v in values)


def _short(value: float) -> str:
    """Write a positive number with two digits."""
    return (
        f"{value:.2g}"
        if 1e-3 <= value < 99.5
        else f"{value:.0f}"
        if 99.5 <= value < 1e5
        else _scientific(value)
    )


def _scientific(value: float) -> str:
    return f"{value:.1e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def _at_most(locator: Any, count: int) -> None:
    """Let a locator find no more than `count` ticks."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    if isinstance(locator, MaxNLocator):
        locator.set_params(nbins=max(count - 1, 1))
    elif isinstance(locator, FixedLocator):
        locator.set_params(nbins=count)
    elif hasattr(locator, "numticks"):
        locator.set_params(numticks=count)
