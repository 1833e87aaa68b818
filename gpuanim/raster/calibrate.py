"""Measures what renderers cost on this machine, for `costs`: `gpuanim bench --calibrate`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from gpuanim import raster
from gpuanim.errors import GpuanimError
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Canvas, Ground, Points, Renderer, Scene
from gpuanim.raster.choice import Here
from gpuanim.raster.costs import Costs, Load, Rates
from gpuanim.types import Codes
from gpuanim.values.colors import color_table

__all__ = ["CASES", "Case", "Measured", "calibrate", "fit"]

_SECONDS = 0.4
"""A measurement is repeated for so long, three times at least where one takes less."""

_MOST = 15


@dataclass(frozen=True)
class Case:
    """Points to measure with: a cloud that lies in the middle of the frame, thinning out."""

    points: int
    diameter: float
    alpha: float
    size: tuple[int, int]

    def load(self, *, still: bool) -> Load:
        """Return what the model makes of it."""
        width, height = self.size
        fragments = self.points * (self.diameter + 1) ** 2
        return Load(self.points, fragments, self.alpha, True, "over", width * height, still)


CASES = (
    Case(1_000, 2.0, 1.0, (640, 360)),
    Case(1_000, 2.0, 1.0, (1920, 1080)),
    Case(100_000, 1.2, 1.0, (1280, 720)),
    Case(400_000, 1.2, 1.0, (1280, 720)),
    Case(100_000, 5.0, 1.0, (1280, 720)),
    Case(100_000, 5.0, 0.3, (1280, 720)),
    Case(400_000, 2.2, 0.3, (1280, 720)),
    Case(400_000, 2.2, 1.0, (1920, 1080)),
    Case(100_000, 12.0, 1.0, (640, 360)),
    Case(100_000, 12.0, 0.3, (640, 360)),
)
"""Few and many points, small and large, opaque and not: what tells the five rates apart."""


@dataclass(frozen=True)
class Measured:
    """A renderer of this machine: the kind of its costs, what draws, what it costs, and how well that fits.

    Parameters
    ----------
    error
        Median of how far the model is off what was measured, as a share of it.
    """

    kind: str
    device: str
    costs: Costs
    error: float


def calibrate(tell: Callable[[str], object] = lambda _: None) -> Iterator[Measured | str]:
    """Yield what was measured of each renderer here, or why one could not be.

    Parameters
    ----------
    tell
        Called with the name of each renderer before it is measured.
    """
    from gpuanim.raster.rivals import look_for_cuda, look_for_opengl

    looks: dict[str, Callable[[], Here | str]] = {
        "cpu": lambda: Here("cpu", _processor()), "opengl": look_for_opengl, "cuda": look_for_cuda,
    }  # fmt: skip
    for name, look in looks.items():
        found = look()
        if isinstance(found, str):
            yield found
            continue
        tell(f"{name}: {found.device}")
        try:
            yield _measure(name, found)
        except (GpuanimError, ImportError) as error:
            yield f"{name} was not measured: {error}"


def fit(loads: list[Load], times: list[float]) -> Rates:
    """Return the rates, none below zero, that give these seconds: least squares of the relative errors."""
    rows = np.array([[1.0, load.points, load.fragments, load.shown, load.pixels] for load in loads])
    weights = 1 / np.array(times)
    scale = np.abs(rows).max(axis=0)
    found, _ = nnls(rows * weights[:, None] / scale, np.ones(len(times)))
    return Rates(*(float(rate) for rate in found / scale))


def _measure(name: str, here: Here) -> Measured:
    start = _start(name)
    with raster.create(name) as renderer:
        _times(renderer, CASES[0])  # compiles
        rows = [_times(renderer, case) for case in CASES]
    loads = [case.load(still=True) for case in CASES]
    place, redraw, move = (fit(loads, [row[i] for row in rows]) for i in range(3))
    fitted = zip(rows, loads, strict=True)
    errors = [abs(move.seconds(load) / row[2] - 1) for row, load in fitted]
    return Measured(here.kind, here.device, Costs(start, place, redraw, move), median(errors))


def _start(name: str) -> float:
    """Return the seconds that a first renderer takes to start; a second one, what they share is kept."""
    began = time.perf_counter()
    with raster.create(name):
        return time.perf_counter() - began


def _times(renderer: Renderer, case: Case) -> tuple[float, float, float]:
    """Return seconds to place points that stay, to draw such a frame, and one of points that move."""
    width, height = case.size
    rng = np.random.default_rng(0)
    x, y = (rng.normal(side / 2, side / 6, case.points).astype(np.float32) for side in case.size)
    ids = np.arange(case.points, dtype=np.uint32)
    there = Points(x, y, case.diameter, ids), Points(x + np.float32(3), y, case.diameter, ids)
    scene = Scene(Ground(width, height, np.full(3, 255, np.uint8)), (0, 0, width, height), case.alpha, True)
    codes: NDArray[np.uint16] = rng.integers(0, 256, (2, case.points)).astype(np.uint16)
    turn = itertools.count()

    def place(*, keep: bool) -> None:
        renderer.place(there[next(turn) % 2], scene, case.points, keep=keep)

    placing = _median(lambda: place(keep=True))
    draw = _drawing(renderer, codes, case.size)
    redrawing = _median(draw)

    def move() -> None:
        place(keep=False)
        draw()

    place(keep=False)
    draw = _drawing(renderer, codes, case.size)
    return placing, redrawing, _median(move)


def _drawing(renderer: Renderer, codes: NDArray[np.uint16], size: tuple[int, int]) -> Callable[[], None]:
    """Return a function that draws a frame as a film does."""
    canvas: Canvas = renderer.canvas(color_table("viridis"), PixelFormat.NV12)
    outs = [PixelFormat.NV12.empty(*size) for _ in range(2)]
    for out in outs:
        canvas.still(out)
    seen = renderer.visible
    shown: list[Codes] = [codes[k] if seen is None else codes[k][seen] for k in range(2)]
    turn = itertools.count()

    def draw() -> None:
        frame = next(turn)
        canvas.draw(shown[frame % 2], outs[frame % 2])
        canvas.finish(outs[(frame - renderer.lag) % 2])

    return draw


def _median(task: Callable[[], object]) -> float:
    """Return the median of the seconds that a task takes, after a first time."""
    task()
    times: list[float] = []
    while not times or (len(times) < _MOST and sum(times) < (1 if len(times) >= 3 else 3) * _SECONDS):
        began = time.perf_counter()
        task()
        times.append(time.perf_counter() - began)
    return median(times)


def _processor() -> str:
    from gpuanim._threads import n_threads

    n = n_threads()
    return f"{n} core{'s' if n > 1 else ''}"
