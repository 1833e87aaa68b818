"""How many points lie under a pixel, and how many of them nobody ever sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.autosize import sized
from gpuanim.blend import as_blend
from gpuanim.blend._base import Blend, Reduction
from gpuanim.blend.over import OVER
from gpuanim.errors import OptionError
from gpuanim.geometry import check_coords, draw_order
from gpuanim.look import FOLLOWING, make_dots, make_limits, make_sheet, pixels
from gpuanim.raster._base import Ground, Points, Scene

if TYPE_CHECKING:
    from gpuanim.raster.footprint import Footprint
    from gpuanim.values._base import Source

__all__ = ["Crowding", "crowding"]

_FEW = 0.01
"""Share of hidden points that is not worth another blend."""

_WHY = {
    "over": "others cover them",
    "max": "others are higher",
    "min": "others are lower",
    "mode": "others are more",
}
"""Blend -> why it hides points."""


@dataclass(frozen=True)
class Crowding:
    """How crowded a picture of points is; `str()` gives the text that ``gpuanim doctor --film`` prints.

    Attributes
    ----------
    n_points
        All points.
    width, height
        Of the picture in pixels.
    diameter, alpha
        Of the points: the median in pixels, and the mean opacity.
    n_pixels
        Pixels that points lie in: whose centre a disc covers, or that hold the centre of one
        (`raster.footprint.Footprint`).
    median, fullest
        Points that lie in the median and in the fullest of these pixels.
    outside
        Points that lie in no pixel of the picture.
    hidden
        Points that lie in the picture and are never visible with this blend. With "over" others cover them,
        so that they have less than half a grey level of any pixel. With "max", "min" and "mode" no pixel
        shows their value, or category, in any step. The other blends have a part of each point in its
        pixels, unless those hold so many that they show a sample of them.
    blend
        Its name.
    """

    n_points: int
    width: int
    height: int
    diameter: float
    alpha: float
    n_pixels: int
    median: float
    fullest: int
    outside: int
    hidden: int
    blend: str = OVER.name

    @classmethod
    def of(cls, points: Points, scene: Scene, blend: Blend = OVER, values: Source | None = None) -> Crowding:
        """Examine points in pixels, in the order of drawing; `values` are for blends that pick some."""
        from gpuanim.raster.footprint import Footprint

        n = len(points.x)
        footprint = Footprint.of(points, scene)
        counts = footprint.counts
        inside = np.zeros(n, bool)
        inside[footprint.members] = True
        if not isinstance(blend, Reduction):
            visible = _drawn(points, scene)
        elif blend.picks and values is not None:
            visible = _picked(blend, footprint, values, n)
        else:
            visible = inside
        opacity = 1.0 if points.opacity is None else float(points.opacity.mean())
        return cls(
            n, scene.width, scene.height, float(np.median(points.diameter)), scene.alpha * opacity,
            len(counts), float(np.median(counts)) if len(counts) else 0.0, int(counts.max(initial=0)),
            outside=int(np.count_nonzero(~inside)), hidden=int(np.count_nonzero(inside & ~visible)),
            blend=blend.name,
        )  # fmt: skip

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do about hidden points, nothing if there are hardly any."""
        if self.hidden <= _FEW * self.n_points:
            return ()
        over = self.blend == OVER.name
        return (
            'blend="mean" colours pixels by all of their cells, "mix" does so for categories: none is hidden',
            *(['blend="max" shows the highest of them, "count" how many there are'] if over else []),
            *(['alpha="auto" lets covered cells shine through'] if over and self.alpha == 1 else []),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers and the advice, as JSON knows them."""
        return {**asdict(self), "advice": list(self.advice)}

    def __str__(self) -> str:
        return "\n".join(f"{name:<9} {line}".rstrip() for name, line in self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        size = f"{self.width}x{self.height} pixels"
        look = f"{self.diameter:.2f} pixels wide, opacity {self.alpha:.2g}"
        yield "cells", f"{self.n_points:,} on {size}, {look}"
        if self.outside:
            yield "outside", f"{self.outside:,} of them lie outside of the picture"
        under = f"{self.median:g} under the median one, {self.fullest:,} under the fullest"
        yield "pixels", f"{self.n_pixels:,} have cells: {under}"
        share = f"{self.hidden:,} cells ({self.hidden / self.n_points:.1%})"
        why = (
            _WHY.get(self.blend, "pixels of thousands show a sample") if self.hidden else "each has its part"
        )
        yield "hidden", f'{share} are never visible with blend="{self.blend}": {why}'
        for i, line in enumerate(self.advice or (f'blend="{self.blend}" shows nearly all of them',)):
            yield "" if i else "advice", line


def _drawn(points: Points, scene: Scene) -> NDArray[np.bool_]:
    """Say of each point whether it has a part of a pixel that can be seen."""
    from gpuanim.raster.operator import Operator

    visible = np.zeros(len(points.x), bool)
    visible[Operator(points, scene, len(visible), keep=True).visible] = True
    return visible


def _picked(blend: Reduction, footprint: Footprint, values: Source, n: int) -> NDArray[np.bool_]:
    """Say of each point whether a pixel shows its value in any step."""
    shown = np.zeros(n, bool)
    results = None
    counts, members = footprint.counts, footprint.members
    if values.permutation is not None:  # steps stand in the order of the source
        where = np.empty(n, np.uint32)
        where[values.permutation] = np.arange(n, dtype=np.uint32)
        members = where[members]
        footprint = replace(footprint, members=members)
    for step in values.steps():
        results = blend.empty(step, footprint) if results is None else results
        blend.reduce(step, footprint, results)
        shown[members[np.repeat(results, counts) == step[members]]] = True
    return shown if values.permutation is None else shown[where]


def crowding(
    coords: Any,
    values: Any = None,
    *,
    size: tuple[int, int] = (1080, 1080),
    dpi: float | None = None,
    s: Any = "auto",
    spread: Any = False,
    alpha: Any = 1.0,
    order: Any = "data",
    seed: int = 0,
    antialias: bool = True,
    blend: Any = "over",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    margin: float = 0.05,
    aspect: str = "equal",
) -> Crowding:
    """Find out how crowded a film of still points would be; 1 s for a million.

    Parameters
    ----------
    coords
        (n, 2) positions, finite.
    values
        As in `animate`: all steps are looked at. "max", "min" and "mode" need them, the others do not.
    order
        As in `animate`, but for orders that follow the values.
    size, dpi, s, spread, alpha, seed, antialias, blend, xlim, ylim, margin, aspect
        As in `animate`.

    Raises
    ------
    OptionError, ShapeError
        If an argument cannot be used.
    """
    if isinstance(order, str) and order in FOLLOWING:
        raise OptionError(
            f'crowding knows no values, which order={order!r} needs: give "data", "random" or an array'
        )
    place = check_coords(coords)
    n = len(place)
    chosen = as_blend(blend)
    source = _needed(chosen, values, n)
    dots = make_dots(n, s=s, spread=spread, alpha=alpha, order=order, seed=seed, antialias=antialias)
    low, high = place.min(0), place.max(0)
    bounds = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
    limits = make_limits(bounds, xlim=xlim, ylim=ylim, margin=margin, aspect=aspect)
    figsize, dpi = make_sheet(size, None, dpi)
    width, height = pixels(figsize, dpi)
    view = limits.view((0.0, 0.0, float(width), float(height)))
    diameter, opacity = sized(dots, place, view, dpi)
    points = Points(*view.xy(place), diameter, np.arange(n, dtype=np.uint32), dots.opacity)
    drawn = draw_order(order, n, seed)
    ground = Ground(width, height, np.full(3, 255, np.uint8))
    scene = Scene(ground, view.clip, opacity, bool(antialias), chosen.mixing, chosen.falloff)
    return Crowding.of(points if drawn is None else points.take(drawn), scene, chosen, source)


def _needed(blend: Blend, values: Any, n_points: int) -> Source | None:
    """Return the values if the blend goes by them."""
    if not (isinstance(blend, Reduction) and blend.picks):
        return None
    if values is None:
        raise OptionError(
            f'which points blend="{blend.name}" hides depends on their values: give values, as to `animate`'
        )
    from gpuanim.verbs._paint import Wishes, as_paint

    return as_paint(
        values, n_points=n_points, n_steps=None, wishes=Wishes(blend=blend), background=None
    ).source
