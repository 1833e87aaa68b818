"""What is turned down until a film fits: its resolution, or its rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gpuanim.errors import OptionError
from gpuanim.look import pixels
from gpuanim.saving import SaveResult
from gpuanim.values.rates import as_fps

if TYPE_CHECKING:
    from gpuanim.animation import Animation

__all__ = ["Dial", "Rate", "Size"]

_LEAST_SIDE = 64  # pixels of the longer side
_LEAST_RATE = 1  # frames per second


class Dial(ABC):
    """What is turned down from 1 until the film fits.

    Attributes
    ----------
    least
        Where it ends.
    power
        The growth of files with it, roughly.
    """

    least: float
    power: float

    @abstractmethod
    def snap(self, x: float) -> float:
        """Return the nearest setting that there is, at most `x`."""

    @abstractmethod
    def apply(self, x: float) -> tuple[Animation, dict[str, Any]]:
        """Return what to save, and the options of `save` that go with it."""

    @abstractmethod
    def words(self, result: SaveResult) -> str:
        """Say what was turned down, and how far."""


class Size(Dial):
    """The dots per inch: 1 is what was asked for; the width stays even, for video."""

    def __init__(self, animation: Animation, dpi: float | None, fps: Any) -> None:
        self._animation, self._fps = animation, fps
        self._inches = animation._film.stage.figsize[0]
        self._dpi = animation._dpi if dpi is None else float(dpi)
        self._pixels = pixels(animation._film.stage.figsize, self._dpi)
        self.least = self.snap(min(1.0, (_LEAST_SIDE + 1) / max(self._pixels)))
        self.power = 1.8

    def snap(self, x: float) -> float:
        width = self._pixels[0]
        return 1.0 if x >= 1 else min(width, max(2, int(x * width) // 2 * 2)) / width

    def apply(self, x: float) -> tuple[Animation, dict[str, Any]]:
        dpi = self._dpi if x == 1 else round(x * self._pixels[0]) / self._inches
        return self._animation, {"dpi": dpi, "fps": self._fps}

    def words(self, result: SaveResult) -> str:
        width, height = self._pixels
        return f"{result.width}x{result.height} pixels instead of {width}x{height}"


class Rate(Dial):
    """The share of the frames that is kept."""

    def __init__(self, animation: Animation, dpi: float | None, fps: Any) -> None:
        self._animation, self._dpi = animation, dpi
        self._fps = animation.fps if fps is None else as_fps(fps)
        if animation.n_frames is None:
            raise OptionError(
                'shrink="rate" needs a film whose length is known in advance: give n_steps, or shrink="size"'
            )
        self._n = animation.n_frames
        seconds = self._n / self._fps
        self.least = self.snap(min(1.0, max(2, float(seconds * _LEAST_RATE)) / self._n))
        self.power = 0.9

    def snap(self, x: float) -> float:
        return max(min(2, self._n), int(x * self._n + 1e-9)) / self._n

    def apply(self, x: float) -> tuple[Animation, dict[str, Any]]:
        film = self._animation._film
        timeline = film.timeline.thinned(round(x * self._n))
        fps = self._fps * Fraction(timeline.n_frames or 1, self._n)
        return replace(self._animation, _film=replace(film, timeline=timeline)), {
            "dpi": self._dpi,
            "fps": fps,
        }

    def words(self, result: SaveResult) -> str:
        return (
            f"{result.n_frames} frames at {float(result.fps):.4g} fps instead of {self._n} at "
            f"{float(self._fps):.4g}"
        )
