"""Which renderer is fastest for a film: what each would take, by a model of costs.

A film's seconds are those that a renderer needs to start, to place the points of panels that stand still, and
to draw every frame. Nobody looks for a GPU unless the best one that can be imagined would save more than the
looking takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gpuanim.frames import PixelFormat
from gpuanim.raster.book import Book
from gpuanim.raster.costs import BEST, Costs, Load

__all__ = [
    "FILMS",
    "FRAMES",
    "LOOKING",
    "MARGIN",
    "Choice",
    "Here",
    "Load",
    "Rival",
    "Workload",
    "choose",
    "seconds",
]

MARGIN = 0.2
"""Share of the time that another renderer than `cpu` must save: models err."""

LOOKING: Mapping[str, float] = {"cuda": 1.0, "opengl": 1.5}
"""Seconds that it takes to find out what is here: importing CuPy, or child processes that open contexts."""

FRAMES = 100
"""Frames that a film is taken to have whose end nobody knows."""


@dataclass(frozen=True)
class Workload:
    """What there is to draw, and how; `frames` is None if nobody knows how many."""

    panels: tuple[Load, ...]
    frames: int | None
    pixel_format: PixelFormat

    @property
    def words(self) -> str:
        """A few words on what decides."""
        points = sum(load.points for load in self.panels)
        how = "still" if all(load.still for load in self.panels) else "moving"
        n = "an unknown number of" if self.frames is None else f"{self.frames:,}"
        frames = "frame" if self.frames == 1 else "frames"
        return f"{points:,} {how} points in {n} {frames}"


@dataclass(frozen=True)
class Here:
    """What was found of a GPU's renderer: the kind of its costs, and the name of what draws."""

    kind: str
    device: str


@dataclass(frozen=True)
class Rival:
    """A renderer besides `cpu`.

    Parameters
    ----------
    name
        Of the renderer.
    kinds
        Kinds of costs that it could have, besides those of the best GPU.
    gpu_possible
        Whether there may be a GPU, as can be told at no cost.
    can
        Whether it can draw the film at all; asked before anyone looks.
    look
        Returns what is here, or why it cannot be used.
    """

    name: str
    kinds: tuple[str, ...]
    gpu_possible: bool
    can: Callable[[], bool]
    look: Callable[[], Here | str]


@dataclass(frozen=True)
class Choice:
    """The name of a renderer, and the reason for it in words."""

    name: str
    reason: str


def _film(points: int, frames: int, *, still: bool) -> Workload:
    load = Load(points, points * 3.2**2, 1.0, True, "over", 1920 * 1080, still)
    return Workload((load,), frames, PixelFormat.NV12)


FILMS = (
    _film(200_000, 200, still=True),
    _film(1_000_000, 200, still=True),
    _film(100_000, 300, still=False),
    _film(1_000_000, 300, still=False),
)
"""Examples that `gpuanim doctor` and `gpuanim bench` tell of: 1080p, points of 2.2 pixels."""


def seconds(costs: Costs, work: Workload) -> float:
    """Return what a film takes."""
    frames = FRAMES if work.frames is None else work.frames
    total = costs.start
    for load in work.panels:
        if load.still:
            total += costs.place.seconds(load) + frames * costs.redraw.seconds(load)
        else:
            total += frames * costs.move.seconds(load)
    return total


def choose(work: Workload, book: Book, rivals: tuple[Rival, ...]) -> Choice:
    """Return the renderer that takes the least, `cpu` unless another one saves `MARGIN` of its time."""
    own = seconds(book.costs["cpu"], work)
    best, least = Choice("cpu", ""), own * (1 - MARGIN)
    told: list[str] = []
    for rival in rivals:
        if not any(seconds(costs, work) < own * (1 - MARGIN) for costs in _imagined(rival, book)):
            continue
        if not rival.can():
            told.append(f"{rival.name} cannot draw this")
            continue
        found = rival.look()
        if isinstance(found, str):
            told.append(found)
            continue
        takes = seconds(book.of(found.kind, found.device), work)
        if takes < least:
            reason = f"{work.words}: about {_time(takes)} on {found.device}, {_time(own)} on the processor"
            best, least = Choice(rival.name, reason), takes
        else:
            told.append(f"about {_time(takes)} by {rival.name} on {found.device}")
    if best.name != "cpu":
        return best
    none = "a GPU could not save the time to start it" if _gpu(rivals) else "there is no GPU here"
    why = "; ".join(told) or none
    return Choice("cpu", f"{work.words}: about {_time(own)} on the processor; {why}")


def _gpu(rivals: tuple[Rival, ...]) -> bool:
    return any(rival.gpu_possible for rival in rivals)


def _imagined(rival: Rival, book: Book) -> list[Costs]:
    """Return the costs that looking could turn up, looking included."""
    imagined = [book.costs[kind] for kind in rival.kinds]
    if rival.gpu_possible:
        imagined.append(BEST[rival.name])
    return [Costs(c.start + LOOKING[rival.name], c.place, c.redraw, c.move) for c in imagined]


def _time(s: float) -> str:
    if s < 1:
        return f"{max(round(s, 1), 0.1):.1f} s"
    return f"{s:.2g} s" if s < 100 else f"{s / 60:.2g} min"
