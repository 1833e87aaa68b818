"""What a camera can frame: all, a box of the data, or cells."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.view._base import Bounds, Coords, Subject
from gpuanim.view.flight import Window
from gpuanim.view.plane import View
from gpuanim.view.window import CLOSEST, around, whole

__all__ = ["Framing", "Shot", "extent", "told_cells"]


class Framing(ABC):
    """A shot of points that are there."""

    @abstractmethod
    def window(self, coords: Coords, view: View) -> Window:
        """Return what is seen of the points of a frame."""


@dataclass(frozen=True, eq=False)
class Shot:
    """What a camera shows at a time: everything, a box, or cells. A list of shots is a flight.

    Made by `Shot.all`, `Shot.box`, `Shot.cells` and `Shot.group`.

    Parameters
    ----------
    told
        What it frames, in words.
    frame
        Returns the framing of given points.
    """

    told: str
    frame: Callable[[Subject], Framing]

    @classmethod
    def all(cls) -> Self:
        """Show what the film shows without a camera."""
        return cls("all", lambda subject: _All())

    @classmethod
    def box(cls, xlim: tuple[float, float], ylim: tuple[float, float], *, margin: float = 0.0) -> Self:
        """Show a box of the data, widened to the shape of the picture.

        Parameters
        ----------
        xlim, ylim
            (low, high) in data units.
        margin
            Room on each side, as a share of the box.
        """
        x, y = _limits("xlim", xlim), _limits("ylim", ylim)
        margin = _margin(margin)
        told = f"box({x[0]:g}, {x[1]:g}, {y[0]:g}, {y[1]:g})"
        return cls(told, lambda subject: _Box((*x, *y), margin))

    @classmethod
    def cells(cls, cells: Any, *, margin: float = 0.2, share: float = 1.0) -> Self:
        """Show cells, wherever they are; they are followed if they move.

        Parameters
        ----------
        cells
            (n,) bool, positions, the name of a group, or (column of `obs`, name of a group).
        margin
            Room on each side, as a share of their extent.
        share
            How many of them must be seen, 0..1: 0.9 leaves out the 5 % that lie farthest on each side.
        """
        margin, share = _margin(margin), _share(share)
        told = f"cells({told_cells(cells)})"
        return cls(told, lambda subject: _cells(subject.pick(cells), margin, share))

    @classmethod
    def group(cls, name: str, key: str | None = None, *, margin: float = 0.2, share: float = 0.95) -> Self:
        """Show the cells of a group, but for stragglers.

        Parameters
        ----------
        name
            Of a category.
        key
            Column of `obs` that has it; by default the categories that are coloured.
        margin, share
            As in `cells`.
        """
        return cls.cells(name if key is None else (key, name), margin=margin, share=share)

    def __repr__(self) -> str:
        return f"Shot.{self.told}"


@dataclass(frozen=True)
class _All(Framing):
    def window(self, coords: Coords, view: View) -> Window:
        return whole(view)


@dataclass(frozen=True)
class _Box(Framing):
    bounds: Bounds
    margin: float

    def window(self, coords: Coords, view: View) -> Window:
        return around(view, self.bounds, self.margin)


@dataclass(frozen=True)
class _Cells(Framing):
    positions: NDArray[np.int64] = field(compare=False)
    margin: float
    share: float
    which: bytes

    def window(self, coords: Coords, view: View) -> Window:
        return around(view, extent(coords[self.positions], self.share), self.margin, CLOSEST)


def _cells(positions: NDArray[np.int64], margin: float, share: float) -> _Cells:
    return _Cells(positions, margin, share, positions.tobytes())


def extent(places: Coords, share: float = 1.0) -> Bounds:
    """Return the box of the middle `share` of (k, 2) places, in x and in y."""
    tails = (50 - 50 * share, 50 + 50 * share)
    (x0, y0), (x1, y1) = np.percentile(places[:, :2], tails, axis=0).astype(np.float64)
    return float(x0), float(x1), float(y0), float(y1)


def _margin(margin: Any) -> float:
    """Return a margin; raises OptionError."""
    if not _number(margin) or not 0 <= margin <= 10:
        raise OptionError(f"margin must be a number from 0 to 10, a share of the extent, not {margin!r}")
    return float(margin)


def _share(share: Any) -> float:
    if not _number(share) or not 0 < share <= 1:
        raise OptionError(f"share must be a number above 0 and up to 1, not {share!r}")
    return float(share)


def _number(value: Any) -> bool:
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return real and math.isfinite(value)


def _limits(name: str, limits: Any) -> tuple[float, float]:
    pair = list(limits) if isinstance(limits, list | tuple | np.ndarray) else []
    if len(pair) != 2 or not all(_number(value) for value in pair) or pair[0] == pair[1]:
        raise OptionError(f"{name} must be (low, high), two different finite numbers, not {limits!r}")
    return float(min(pair)), float(max(pair))


def told_cells(cells: Any) -> str:
    """Say which cells are meant: by name, or how many."""
    if isinstance(cells, str):
        return cells
    if isinstance(cells, tuple) and all(isinstance(part, str) for part in cells):
        return ": ".join(cells)
    given = np.asarray(cells)
    return f"{np.count_nonzero(given) if given.dtype == bool else given.size} given"
