"""Draws the frames of a film: one operator for each panel and size of frame, one canvas for each format."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from gpuanim import _memory, geometry, raster
from gpuanim.blend._base import Reduction
from gpuanim.budget._base import require
from gpuanim.budget.film import film_advice, film_budget, film_size
from gpuanim.chrome._base import Moment, Patch
from gpuanim.codes import HostCodes
from gpuanim.film import NOWHERE, Cloud, Film, Fits, State, Timings
from gpuanim.highlight import with_halos
from gpuanim.motion.layers import shown, with_trails
from gpuanim.plan import PanelPlan, Plan
from gpuanim.raster._base import Ground, Renderer
from gpuanim.reducing import PER_PIXEL, PixelPlace
from gpuanim.types import Buffer, Ids
from gpuanim.values._base import Mapping
from gpuanim.values.timeline import Timeline
from gpuanim.view._base import Lens
from gpuanim.view.depth import back_to_front

if TYPE_CHECKING:
    from gpuanim.cuda import Device
    from gpuanim.cuda.codes import DeviceCodes

__all__ = ["Painter"]


class Painter:
    """Holds what lives as long as a film: the fitted norms, renderers and canvases.

    A context manager: the renderers are closed at its end.

    Parameters
    ----------
    film
        What to draw.
    plans
        Pictures of the film that are drawn side by side. Those of one size share the operators, the codes of
        all come from one fit of the norms.
    fits
        The norms that hold for the film.

    Raises
    ------
    MemoryPlanError
        If the film does not fit into the memory that is available.
    """

    def __init__(self, film: Film, plans: tuple[Plan, ...], fits: Fits, timings: Timings) -> None:
        self._film, self._fits, self._timings = film, fits, timings
        self._planned = _planned(film, plans)
        for i in range(len(film.clouds)):
            fits[i]
        self._coded = [False] * len(film.clouds)
        self._shown: Hashable = None
        self._renderers = ExitStack()
        with timings.measure("raster"), ExitStack() as undo:
            undo.push(self._renderers)
            self._places: dict[tuple[int, int], tuple[_Place | PixelPlace, ...]] = {}
            for plan in plans:
                size = (plan.spec.width, plan.spec.height)
                if size not in self._places:
                    self._places[size] = self._place(plan)
            self._sheets = tuple(
                _Sheet(plan, self._places[plan.spec.width, plan.spec.height]) for plan in plans
            )
            undo.pop_all()
        for size, places in self._places.items():
            for i, place in enumerate(places):
                place.fit(i, size, fits)
        self._film = self.brought(film)

    def brought(self, film: Film) -> Film:
        """Return a film of these points whose values lie where they are drawn: `turn` takes its frames."""
        clouds = (self._resident(i, cloud, film.timeline) for i, cloud in enumerate(film.clouds))
        return replace(film, clouds=tuple(clouds))

    def turn(self, moment: Moment, states: tuple[State, ...]) -> bool:
        """Go on to a frame, and say whether anything in it differs from the one before."""
        changed = False
        for i, state in enumerate(states):
            if state.changed or not self._coded[i]:
                self._take(i, moment, state)
                self._coded[i] = changed = True
        with self._timings.measure("chrome"):
            shown = tuple(sheet.show(moment) for sheet in self._sheets)
        changed = changed or shown != self._shown
        self._shown = shown
        return changed

    @property
    def lag(self) -> int:
        """Frames that may be under way while the next one is drawn."""
        return max(sheet.lag for sheet in self._sheets)

    def draw(self, outs: tuple[Buffer, ...]) -> None:
        """Draw the frame, or start to: `outs` has a buffer for each plan."""
        with self._timings.measure("draw"):
            for sheet, out in zip(self._sheets, outs, strict=True):
                sheet.draw(out)

    def finish(self, outs: tuple[Buffer, ...]) -> tuple[Buffer, ...]:
        """Wait for a frame that was drawn, and return it; frames finish in their order."""
        with self._timings.measure("draw"):
            for sheet, out in zip(self._sheets, outs, strict=True):
                sheet.finish(out)
        return outs

    def facts(self) -> list[dict[str, Any]]:
        """Return the renderers' facts for each plan, and the memory of all: planned, and the peak so far."""
        memory = {"planned_bytes": self._planned, "peak_bytes": _memory.peak()}
        return [sheet.facts() | memory for sheet in self._sheets]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._renderers.close()

    def _place(self, plan: Plan) -> tuple[_Place | PixelPlace, ...]:
        return tuple(
            self._place_of(i, cloud, panel, plan.renderer, plan.device)
            for i, (cloud, panel) in enumerate(zip(self._film.clouds, plan.panels, strict=True))
        )

    def _place_of(
        self, i: int, cloud: Cloud, panel: PanelPlan, name: str, device: int | None
    ) -> _Place | PixelPlace:
        renderer = self._renderers.enter_context(raster.create(name, device))
        if isinstance(cloud.blend, Reduction):
            return PixelPlace(cloud, cloud.blend, panel, renderer)
        return _Place(cloud, panel, renderer, self._fits.order(i))

    def _resident(self, i: int, cloud: Cloud, timeline: Timeline) -> Cloud:
        """Return a cloud as it is to be read: on the device that draws it, if all of it can stay there."""
        places = [place for of_size in self._places.values() if isinstance(place := of_size[i], _Place)]
        device = places[0].renderer.device if places else None
        if device is None:
            return cloud
        from gpuanim.cuda.resident import resident

        there = resident(cloud, self._fits[i], timeline, device)
        if there is None:
            return cloud
        for place in places:
            place.stay_on(device)
        return there

    def _take(self, i: int, moment: Moment, state: State) -> None:
        """Colour a cloud, and put its points where they are if they or the camera move."""
        cloud = self._film.clouds[i]
        mapping = None
        if not cloud.blend.by_pixels:
            with self._timings.measure("color"):
                mapping = self._fits[i] or cloud.norm.fit(lambda: [state.values])
        for places in self._places.values():
            places[i].take(moment, state, mapping, self._timings)


class _Place:
    """The points of a panel on frames of one size."""

    def __init__(
        self, cloud: Cloud, plan: PanelPlan, renderer: Renderer, order: NDArray[np.int64] | str | None
    ) -> None:
        self._cloud, self.plan, self.renderer = cloud, plan, renderer
        self._order = order
        self.lens: Lens = plan.view
        self.state: State = NOWHERE
        self._ids: Ids | None = None
        if cloud.values.permutation is not None:
            self._ids = geometry.inverse(cloud.values.permutation)
        self._coded: HostCodes | DeviceCodes = HostCodes(cloud)
        self.mapping: Mapping | None = None
        self._placed = cloud.still
        if cloud.still:
            self._move(State(np.asarray(cloud.coords), np.empty(0), True))

    @property
    def still(self) -> bool:
        """Whether the geometry stays."""
        return self._cloud.still

    @property
    def codes(self) -> Any:
        """Those of the last frame, as canvases take them."""
        return self._coded.codes

    def stay_on(self, device: Device) -> None:
        """Take values that lie on a device from now on, and keep their codes there."""
        from gpuanim.cuda.codes import DeviceCodes

        self._coded = DeviceCodes(self._cloud, device)

    def fit(self, i: int, size: tuple[int, int], fits: Fits) -> None:
        """Find out what holds for the film, as its cloud `i`, on frames of this size: nothing."""

    def take(self, moment: Moment, state: State, mapping: Mapping | None, timings: Timings) -> None:
        """Colour the points by a mapping of their values, and put them where they are if that changes."""
        self.state = state
        if mapping is None:
            raise RuntimeError("the norm of points that lie over each other is fitted to their values")
        with timings.measure("color"):
            self.mapping = mapping
            self._coded.encode(mapping, state.values, self.renderer.visible if self.still else None)
        if not self._placed or state.moved or isinstance(self._order, str):
            with timings.measure("raster"):
                self.lens = self.plan.lens(moment, state.coords)
                self._move(state)
            self._placed = True

    def facts(self) -> dict[str, Any]:
        """Return numbers for the result."""
        return self.renderer.facts()

    @cached_property
    def _numbers(self) -> Ids:
        return np.arange(self._cloud.n_points, dtype=np.uint32)

    def _move(self, state: State) -> None:
        """Put the points where the lens shows them, in an order that may follow their values."""
        plan, n = self.plan, len(state.coords)
        ids = self._numbers if self._ids is None else self._ids
        order = self._order
        if isinstance(order, str):
            ranked = geometry.value_order(order, state.values, self.codes, len(plan.table) - 1)
            # Values stand in the order of the source; the points of the others follow `ids` there.
            order = ranked if self._ids is None else np.asarray(self._cloud.values.permutation)[ranked]
        points, depths = plan.seen(state.coords, ids, self.lens)
        if depths is not None:
            order = back_to_front(depths)
        if self._cloud.halos:
            points = with_halos(points, self._cloud.halos, n, order)
        else:
            points = shown(points, state.shares, order)
            points = with_trails(points, state.past, lambda at: plan.seen(at, ids, self.lens)[0], order)
        self.renderer.place(points, plan.scene, n + len(self._cloud.halos), keep=self._cloud.still)


class _Sheet:
    """Frames of one size and format."""

    def __init__(self, plan: Plan, places: tuple[_Place | PixelPlace, ...]) -> None:
        self._places, self._moving = places, plan.moving
        spec = plan.spec
        self._canvases = [
            place.renderer.canvas(place.plan.table, spec.pixel_format, plan.palette) for place in places
        ]
        self._still = all(place.still for place in places)
        # The next buffer at the address of one that is gone is another one.
        self._prepared: WeakValueDictionary[int, Buffer] = WeakValueDictionary()
        self._patches: dict[int, list[Patch]] = {}  # of frames that are under way, by their buffers
        self._overlay: Overlay | None = None
        if self._moving or not places:
            from gpuanim.raster.overlay import Overlay

            self._overlay = Overlay(spec.pixel_format, spec.width, spec.height)
        self._ground = None if places else _picture(plan.ground)

    @property
    def lag(self) -> int:
        """Frames that may be under way."""
        return max((place.renderer.lag for place in self._places), default=0)

    def show(self, moment: Moment) -> Hashable:
        """Turn what moves to a moment, and say what it shows."""
        if not self._moving:
            return ()
        moment = replace(
            moment,
            mappings=tuple(place.mapping for place in self._places),
            lenses=tuple(place.lens for place in self._places),
            states=tuple(place.state for place in self._places),
        )
        return tuple(part.show(moment) for part in self._moving)

    def draw(self, out: Buffer) -> None:
        """Start to draw to a buffer that is new, or holds an earlier frame, with what moves as it is now."""
        if self._overlay is not None:
            self._overlay.restore(out)
        if not self._still or id(out) not in self._prepared:
            self._draw_still(out)
            self._prepared[id(out)] = out
        for place, canvas in zip(self._places, self._canvases, strict=True):
            canvas.draw(place.codes, out)
        self._patches[id(out)] = [patch for part in self._moving if (patch := part.draw()) is not None]

    def finish(self, out: Buffer) -> None:
        """Wait for the points of a frame, and put what moves over them; once for each `draw`."""
        patches = self._patches.pop(id(out), None)
        if patches is None:
            return
        for canvas in self._canvases:
            canvas.finish(out)
        if self._overlay is not None:
            self._overlay.put(out, patches)

    def facts(self) -> dict[str, Any]:
        """Return the facts of all panels together."""
        facts: dict[str, Any] = {}
        for place in self._places:
            for name, fact in place.facts().items():
                facts[name] = _merged(name, facts[name], fact) if name in facts else fact
        return facts

    def _draw_still(self, out: Buffer) -> None:
        for canvas in self._canvases:
            canvas.still(out)
        if self._ground is not None and self._overlay is not None:
            self._overlay.paint(out, self._ground)


def _planned(film: Film, plans: tuple[Plan, ...]) -> int:
    """Return the bytes that this process will have taken at the most; MemoryPlanError if there are fewer."""
    size = film_size(film, plans)
    budget = film_budget(size)
    require(budget, "the film", partial(film_advice, size))
    return budget.nbytes + (_memory.resident() or 0)


def _merged(name: str, one: Any, other: Any) -> Any:
    """Return the sum of a fact of two panels, the larger one if it tells of a single pixel, or both words."""
    if one is None or other is None:
        return None
    if isinstance(one, str):
        return ", ".join(dict.fromkeys([*one.split(", "), other]))
    return max(one, other) if name in PER_PIXEL else one + other


def _picture(ground: Ground) -> Patch:
    """Return the still part of a frame without points."""
    shape = (ground.height, ground.width, 4)
    if ground.transparent:
        return Patch(0, 0, np.zeros(shape, np.uint8) if ground.over is None else ground.over)
    picture = np.full(shape, 255, np.uint8)
    picture[..., :3] = ground.under
    if ground.over is not None:
        share = ground.over[..., 3:] / np.float32(255)
        picture[..., :3] = np.rint(picture[..., :3] * (1 - share) + ground.over[..., :3] * share)
    return Patch(0, 0, picture)
