"""Draws reductions: the values of a pixel's points become one value, and each pixel is drawn as a point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuanim import geometry
from gpuanim.blend._base import Reduction
from gpuanim.chrome._base import Moment
from gpuanim.film import NOWHERE, Cloud, Fits, State, Timings
from gpuanim.plan import PanelPlan
from gpuanim.raster._base import Renderer
from gpuanim.types import Codes, Ids, Values
from gpuanim.values._base import Mapping
from gpuanim.view._base import Lens

if TYPE_CHECKING:
    from gpuanim.raster.footprint import Footprint

__all__ = ["PER_PIXEL", "PixelPlace"]

PER_PIXEL = ("cells_in_median_pixel", "cells_in_fullest_pixel")
"""Facts of single pixels."""

_HALF = 0.5
"""Share of a point from which on it is one: none can count by a part."""


class PixelPlace:
    """The pixels that the points of a panel lie in, on frames of one size.

    The renderer draws them as it draws points: formats, chrome and partial updates are its own.
    """

    def __init__(self, cloud: Cloud, blend: Reduction, plan: PanelPlan, renderer: Renderer) -> None:
        self._cloud, self._blend, self.plan, self.renderer = cloud, blend, plan, renderer
        self.lens: Lens = plan.view
        self.state: State = NOWHERE
        self._ids: Ids = np.arange(cloud.n_points, dtype=np.uint32)
        if cloud.values.permutation is not None:
            self._ids = geometry.inverse(cloud.values.permutation)
        self.codes: Codes = np.empty(0, np.uint16)
        self.mapping: Mapping | None = None
        self._film_mapping: Mapping | None = None
        self._results: Values = np.empty(0)
        self._placed = cloud.still
        if cloud.still:
            self._move(State(np.asarray(cloud.coords), np.empty(0), True))

    @property
    def still(self) -> bool:
        """Whether the geometry stays."""
        return self._cloud.still

    def fit(self, i: int, size: tuple[int, int], fits: Fits) -> None:
        """Fit a norm that goes by pixels to those of the film, as its cloud `i`, on frames of this size."""
        norm = self._cloud.norm
        if self._blend.by_pixels and norm.scope == "film":
            self._film_mapping = fits.of_pixels(i, size, lambda: norm.fit(self._results_of_film))

    def take(self, moment: Moment, state: State, mapping: Mapping | None, timings: Timings) -> None:
        """Reduce the values of a frame and colour the results by a mapping, or by one of their own."""
        self.state = state
        if not self._placed or state.moved:
            with timings.measure("raster"):
                self.lens = self.plan.lens(moment, state.coords)
                self._move(state)
            self._placed = True
        with timings.measure("color"):
            results = self._reduce(state.values)
            self.mapping = mapping or self._film_mapping or self._cloud.norm.fit(lambda: [results])
            where = self.renderer.visible
            n = len(results) if where is None else len(where)
            if len(self.codes) != n:
                self.codes = np.empty(n, np.uint16)
            self.mapping.encode(results, where, self.codes)

    def facts(self) -> dict[str, Any]:
        """Return numbers for the result: those of the renderer, and how many points lie in a pixel."""
        footprint, n = self._footprint, self._cloud.n_points
        counts = footprint.counts
        seen = footprint.n_seen(n)
        median, most = PER_PIXEL
        return self.renderer.facts() | {
            "visible": seen,
            "outside": n - seen,
            "norm_fitted_to": "pixels" if self._blend.by_pixels else "cells",
            "pixels": footprint.n_pixels,
            "footprint_bytes": footprint.nbytes,
            median: float(np.median(counts)) if len(counts) else 0.0,
            most: int(counts.max(initial=0)),
        }

    def _move(self, state: State) -> None:
        """Find the pixels of points where the lens shows them; those that are there by half or more count."""
        from gpuanim.raster.footprint import Footprint

        scene = self.plan.scene
        points, _ = self.plan.seen(state.coords, self._ids, self.lens)
        if state.shares is not None:
            points = points.take(np.flatnonzero(state.shares >= _HALF))
        self._footprint: Footprint = Footprint.of(points, scene)
        pixels = self._footprint.pixel_points()
        whole = replace(scene, alpha=1.0, antialias=False)
        self.renderer.place(pixels, whole, self._footprint.n_pixels, keep=self.still)

    def _reduce(self, values: Values) -> Values:
        """Return the result of each pixel; the array is used again."""
        if len(self._results) != self._footprint.n_pixels or self._results.shape[1:] != values.shape[1:]:
            self._results = self._blend.empty(values, self._footprint)
        self._blend.reduce(values, self._footprint, self._results)
        return self._results

    def _results_of_film(self) -> Iterator[Values]:
        return (self._reduce(values) for values in self._cloud.values.steps())
