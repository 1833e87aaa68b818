"""Draws the frames of a film: one operator for each size of frame, one canvas for each pixel format."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim import geometry, raster
from gpuanim.film import Film, Timings
from gpuanim.plan import Plan
from gpuanim.raster._base import Points, Renderer
from gpuanim.types import Buffer, Codes, Ids, Values
from gpuanim.values._base import Mapping, Source

__all__ = ["Painter"]


class Painter:
    """Holds what lives as long as a film: the fitted norm, renderers and canvases.

    A context manager: the renderers are closed at its end.

    Parameters
    ----------
    film
        What to draw.
    plans
        Pictures of the film that are drawn side by side. Those of one size share the operator, the codes of
        all come from one fit of the norm.
    """

    def __init__(self, film: Film, plans: tuple[Plan, ...], timings: Timings) -> None:
        self._film, self._timings = film, timings
        self._still = not isinstance(film.coords, Source) and not isinstance(film.order, str)
        self._mapping: Mapping | None = None
        self._renderers = ExitStack()
        with timings.measure("norm"):
            if film.norm.scope == "film":
                self._mapping = film.norm.fit(film.values.steps)
        with timings.measure("raster"), ExitStack() as undo:
            undo.push(self._renderers)
            places: dict[tuple[int, int], _Place] = {}
            for plan in plans:
                size = (plan.scene.width, plan.scene.height)
                if size not in places:
                    renderer = self._renderers.enter_context(raster.create(plan.renderer))
                    places[size] = _Place(film, plan, renderer, still=self._still)
            self._places = tuple(places.values())
            self._sheets = tuple(_Sheet(plan, places[plan.scene.width, plan.scene.height]) for plan in plans)
            undo.pop_all()

    def draw(self, coords: NDArray[np.floating], values: Values, outs: tuple[Buffer, ...]) -> None:
        """Colour and draw one frame: `outs` has a buffer for each plan."""
        with self._timings.measure("color"):
            mapping = self._mapping or self._film.norm.fit(lambda: [values])
            for place in self._places:
                place.encode(mapping, values)
        if not self._still:
            with self._timings.measure("raster"):
                for place in self._places:
                    place.move(coords, values)
        with self._timings.measure("draw"):
            for sheet, out in zip(self._sheets, outs, strict=True):
                sheet.draw(out, still=self._still)

    def facts(self) -> list[dict[str, Any]]:
        """Return the renderer's facts for each plan."""
        return [sheet.place.renderer.facts() for sheet in self._sheets]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._renderers.close()


class _Place:
    """The points on frames of one size."""

    def __init__(self, film: Film, plan: Plan, renderer: Renderer, *, still: bool) -> None:
        self._film, self._plan, self.renderer, self._keep = film, plan, renderer, still
        self._ids: Ids | None = None
        if film.values.permutation is not None:
            self._ids = geometry.inverse(film.values.permutation)
        self.codes: Codes = np.empty(0, np.uint16)
        if still:
            self.move(np.asarray(film.coords), None)

    def encode(self, mapping: Mapping, values: Values) -> None:
        """Turn values into codes, of the points that can be seen."""
        where = self.renderer.visible if self._keep else None
        n = len(values) if where is None else len(where)
        if len(self.codes) != n:
            self.codes = np.empty(n, np.uint16)
        mapping.encode(values, where, self.codes)

    def move(self, coords: NDArray[np.floating], values: Values | None) -> None:
        """Put the points where `coords` says, in an order that may follow their values."""
        plan, n = self._plan, len(coords)
        x, y = plan.view.project(coords)
        ids = np.arange(n, dtype=np.uint32) if self._ids is None else self._ids
        diameter = plan.diameter
        order = self._film.order
        if isinstance(order, str) and values is not None:
            ranked = geometry.value_order(order, values, self.codes, len(plan.table) - 1)
            # Values stand in the order of the source; the points of the others follow `ids` there.
            order = ranked if self._ids is None else np.asarray(self._film.values.permutation)[ranked]
        if isinstance(order, np.ndarray):
            x, y, ids = x[order], y[order], ids[order]
            diameter = diameter[order] if isinstance(diameter, np.ndarray) else diameter
        self.renderer.place(Points(x, y, diameter, ids), plan.scene, n, keep=self._keep)


class _Sheet:
    """Frames of one size and format."""

    def __init__(self, plan: Plan, place: _Place) -> None:
        self.place = place
        self._canvas = place.renderer.canvas(plan.table, plan.spec.pixel_format, plan.palette)
        self._prepared: set[int] = set()  # buffers, which outlive the film's painter

    def draw(self, out: Buffer, *, still: bool) -> None:
        if not still or id(out) not in self._prepared:
            self._canvas.still(out)
            self._prepared.add(id(out))
        self._canvas.draw(self.place.codes, out)
