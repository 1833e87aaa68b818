"""A stage on whose ground a still cloud lies, drawn once: what moves over it costs only itself."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Fitted, Moment, Moving, Patch, Stage, StageLayers
from gpuanim.chrome.text import Text
from gpuanim.errors import OptionError
from gpuanim.film import Cloud, Film, Fits, Timings
from gpuanim.values._base import Mapping
from gpuanim.values.timeline import Timeline

__all__ = ["Grounded"]

_ONCE = Timeline.resolve(1)


@dataclass(frozen=True, eq=False)
class Grounded(Stage):
    """A stage with still points in its panels; colour bars and legends tell of them.

    Parameters
    ----------
    stage
        What surrounds them.
    grounds
        The still points of each panel that has points, in their order, of values of one step; None for a
        panel without.
    renderer
        Who draws them.
    """

    stage: Stage
    grounds: tuple[Cloud | None, ...]
    renderer: str = "auto"

    @property
    def figsize(self) -> tuple[float, float]:  # type: ignore[override]
        return self.stage.figsize

    @property
    def background(self) -> NDArray[np.uint8] | None:  # type: ignore[override]
        return self.stage.background

    @property
    def texts(self) -> tuple[Text, ...]:
        """All texts that may change with the frames."""
        return tuple(getattr(self.stage, "texts", ()))

    def without_background(self) -> Self:
        raise OptionError(
            "a transparent film cannot have still points below those that move: give a background, or leave "
            "them out (cells=False)"
        )

    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        from gpuanim.animation import Animation

        numbers = [i for i, cloud in enumerate(self.grounds) if cloud is not None]
        still = Film(tuple(cloud for cloud in self.grounds if cloud is not None), self.stage, _ONCE)
        fits = Fits(still, Timings())
        around = self.stage.layers(dpi, size, lambda i: fits[numbers.index(i)] if i in numbers else fitted(i))
        below = replace(around, views=tuple(around.views[i] for i in numbers))
        film = replace(still, stage=_Below(self.figsize, self.background, below))
        picture = Animation(film, dpi, self.renderer).frame(0)
        mappings = {i: _mapping(fits, k, still.clouds[k]) for k, i in enumerate(numbers)}
        moving = tuple(_OfGround(part, mappings) for part in around.moving)
        return replace(around, under=picture, moving=moving)

    def describe(self) -> dict[str, Any]:
        from gpuanim.provenance import fingerprint

        below = [None if cloud is None else fingerprint(cloud) for cloud in self.grounds]
        return self.stage.describe() | {"below": below[0] if len(below) == 1 else below}


def _mapping(fits: Fits, i: int, cloud: Cloud) -> Mapping | None:
    if cloud.blend.by_pixels:
        return None
    return fits[i] or cloud.norm.fit(lambda: [cloud.values.step(0)])


@dataclass(frozen=True, eq=False)
class _Below(Stage):
    """What lies below the points of a stage, as a stage of its own."""

    figsize: tuple[float, float]
    background: NDArray[np.uint8] | None
    of: StageLayers

    def without_background(self) -> Self:
        return self

    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        return StageLayers(self.of.views, self.of.under, None)

    def describe(self) -> dict[str, Any]:
        return {}


class _OfGround(Moving):
    """Something that changes above the points, and is told of the colours of the still ones."""

    def __init__(self, part: Moving, mappings: dict[int, Mapping | None]) -> None:
        self._part, self._mappings = part, mappings

    def show(self, moment: Moment) -> Hashable:
        own = self._mappings
        mappings = tuple(own.get(i, mapping) for i, mapping in enumerate(moment.mappings))
        return self._part.show(replace(moment, mappings=mappings))

    def draw(self) -> Patch | None:
        return self._part.draw()
