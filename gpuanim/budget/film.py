"""The memory of rendering a film."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuanim import _threads
from gpuanim.blend._base import Reduction
from gpuanim.budget._base import Budget, largest
from gpuanim.raster.estimate import SAMPLE, at_most, estimate, layers
from gpuanim.values._base import Source

if TYPE_CHECKING:
    from gpuanim.film import Cloud, Film
    from gpuanim.plan import PanelPlan, Plan

__all__ = ["FilmSize", "PanelSize", "film_advice", "film_budget", "film_size"]

_ENCODER = 50 << 20
_ENCODER_PER_PIXEL = 160
"""Bytes of an ffmpeg that encodes: measured 134 a pixel for H.264, 164 for VP9, 190 for H.265, at any length;
most of it are the frames that x264 looks ahead."""

_LIBRARIES = 150 << 20
"""numba, matplotlib and the machine code of kernels, which the first film of a process loads."""

_FRAMES = 5
"""The ring of `pipeline`, and the picture that a quiet film is kept in."""


@dataclass(frozen=True)
class PanelSize:
    """The points of a panel in numbers, on frames of one size.

    Parameters
    ----------
    n, pixels
        Points, and pixels of the frame.
    diameter, alpha
        Of a point in pixels, and its opacity: the means.
    fragments, live, visible, members
        As in `raster.estimate.Estimate`; no members where no blend reduces them.
    arrays
        Numbers that each point has beside its place: a size or an opacity of its own.
    ordered, permuted
        Whether points are drawn in an order of their own, and whether values come in one.
    """

    n: int
    pixels: int
    diameter: float
    alpha: float
    fragments: int
    live: int
    visible: int
    members: int = 0
    arrays: int = 0
    ordered: bool = False
    permuted: bool = False

    @property
    def point(self) -> int:
        """Bytes of a point: x, y, id and its own numbers."""
        return 12 + 4 * self.arrays

    @property
    def operator(self) -> int:
        """Bytes that stay for all of the film: W, where its points lie, and the orders of points."""
        weights = 6 * self.fragments + 5 * self.visible + 2 * self.live + 4 * self.pixels
        lists = (4 * self.members + 16 * self.live) if self.members else 0
        orders = self.n * (8 * self.ordered + 4 * self.permuted)
        return weights + 8 * self.visible + lists + orders

    @property
    def build(self) -> int:
        """Bytes that building W takes besides: points sorted to bands and scratch, then W once more."""
        rows = max(2.0, 65536 / max(1.0, self.pixels**0.5))
        binned = int(self.n * self.point * (1 + (self.diameter + 1) / rows))
        scratch = _threads.n_threads() * (4 * self.n + self.fragments) + self.n
        return max(binned + scratch, 4 * self.fragments + 5 * self.n)

    @property
    def canvas(self) -> int:
        """Bytes that a format of frames takes: still pixels, codes, and the way to what has changed."""
        return 10 * self.live + 4 * self.visible + self.pixels * 5 // 4


@dataclass(frozen=True)
class FilmSize:
    """A film in numbers.

    Parameters
    ----------
    panels
        One for each panel and size of frame.
    frames
        Bytes of a frame and its pixels, for each format and size.
    sources
        Bytes that passes over the values take.
    still
        Bytes of the layers below and above the points, and of their colours while they are counted.
    """

    panels: tuple[PanelSize, ...]
    frames: tuple[tuple[int, int], ...]
    sources: int = 0
    still: int = 0


def film_budget(size: FilmSize) -> Budget:
    """Plan the memory of rendering a film, beside what its data take: building W, then drawing frames."""
    loaded = {"libraries": _LIBRARIES}
    operators = {"the operator": sum(panel.operator for panel in size.panels)}
    still = {"still layers": size.still}
    # Panels are built one after the other, each beside the operators of those before.
    panel = max(size.panels, key=lambda p: p.build + p.n * p.point, default=None)
    build = {}
    if panel is not None:
        build = {"points": panel.n * panel.point * (1 + panel.ordered), "building it": panel.build}
    drawing = {
        "canvases": sum(panel.canvas for panel in size.panels) * max(1, len(size.frames)),
        "frames": sum(_FRAMES * nbytes for nbytes, _ in size.frames),
        "values": size.sources + 2 * sum(panel.n for panel in size.panels),
        "encoders": sum(_ENCODER + _ENCODER_PER_PIXEL * pixels for _, pixels in size.frames),
    }
    return Budget(
        {"raster": loaded | still | operators | build, "frames": loaded | still | operators | drawing}
    )


def film_size(film: Film, plans: Sequence[Plan]) -> FilmSize:
    """Measure a film: densities of points from a sample of them, everything else exactly."""
    sized = {(plan.spec.width, plan.spec.height): plan for plan in plans}
    panels = tuple(
        _panel(cloud, panel)
        for plan in sized.values()
        for cloud, panel in zip(film.clouds, plan.panels, strict=True)
    )
    frames = tuple(
        (spec.pixel_format.nbytes(spec.width, spec.height), spec.width * spec.height)
        for spec in (plan.spec for plan in plans)
    )
    sources = [source for cloud in film.clouds for source in (cloud.values, cloud.coords)]
    passing = sum(source.pass_bytes for source in sources if isinstance(source, Source))
    still = sum(
        plan.ground.under.nbytes + (0 if plan.ground.over is None else plan.ground.over.nbytes)
        for plan in sized.values()
    )
    return FilmSize(panels, frames, passing, still)


def film_advice(size: FilmSize, space: int) -> Iterator[str]:
    """Say what would fit into `space` bytes in place of a film that does not."""

    def fits(changed: FilmSize) -> bool:
        return film_budget(changed).nbytes <= space

    percent = largest(lambda p: fits(_smaller(size, p / 100)), 100)
    if percent >= 10:
        yield f"frames of {percent} % of the width and height"
    opaque = replace(size, panels=tuple(_opaque(panel) for panel in size.panels))
    if any(panel.alpha < 1 for panel in size.panels) and fits(opaque):
        yield "alpha=1"
    percent = largest(lambda p: fits(_fewer(size, p / 100)), 100)
    if percent:
        cells = sum(panel.n for panel in size.panels) * percent // 100
        yield f"{percent} % of the cells, {cells:,}"


def _panel(cloud: Cloud, plan: PanelPlan) -> PanelSize:
    scene = plan.scene
    diameter = float(np.mean(plan.diameter))
    alpha = scene.alpha * (1.0 if plan.opacity is None else float(np.mean(plan.opacity)))
    reduced = isinstance(cloud.blend, Reduction)
    looks: Any = {"antialias": scene.antialias, "hiding": scene.mixing == "over"}
    if isinstance(cloud.coords, np.ndarray):
        seen = plan.view.project(cloud.coords[:: max(1, len(cloud.coords) // SAMPLE)])
        every = len(cloud.coords) / len(seen.x)
        found = estimate(seen.x, seen.y, every, scene.clip, diameter, alpha, **looks)
    else:  # the steps of moving points may lie in a file, and are read once only
        found = at_most(cloud.n_points, scene.clip, diameter, alpha, **looks)
    return PanelSize(
        cloud.n_points,
        scene.width * scene.height,
        diameter,
        alpha,
        found.live if reduced else found.fragments,
        found.live,
        found.live if reduced else found.visible,
        found.members if reduced else 0,
        isinstance(plan.diameter, np.ndarray) + (plan.opacity is not None) + 2 * (plan.camera is not None),
        cloud.order is not None,
        cloud.values.permutation is not None,
    )


def _smaller(size: FilmSize, factor: float) -> FilmSize:
    """Return a film of the same points on smaller frames; discs shrink with them."""
    area = factor * factor
    panels = tuple(
        replace(
            panel, pixels=int(panel.pixels * area), fragments=int(panel.fragments * area),
            live=int(panel.live * area), members=int(panel.members * area),
        )
        for panel in size.panels
    )  # fmt: skip
    frames = tuple((int(nbytes * area), int(pixels * area)) for nbytes, pixels in size.frames)
    return replace(size, panels=panels, frames=frames, still=int(size.still * area))


def _opaque(panel: PanelSize) -> PanelSize:
    """Return the points at full opacity, which hide each other sooner."""
    most = panel.live * layers(panel.diameter, 1.0, antialias=True)
    share = min(1.0, most / max(1, panel.fragments))
    return replace(
        panel, alpha=1.0, fragments=int(panel.fragments * share), visible=int(panel.visible * share)
    )


def _fewer(size: FilmSize, share: float) -> FilmSize:
    panels = tuple(
        replace(
            panel, n=int(panel.n * share), fragments=int(panel.fragments * share),
            visible=int(panel.visible * share), members=int(panel.members * share),
        )
        for panel in size.panels
    )  # fmt: skip
    return replace(size, panels=panels, sources=int(size.sources * share))
