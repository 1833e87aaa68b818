"""A camera that stays on cells, wherever they go."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.look import positive
from gpuanim.values.timeline import Timeline
from gpuanim.view._base import Coords, Flight, Lens, Move, Subject
from gpuanim.view.flight import Window
from gpuanim.view.plane import View
from gpuanim.view.shots import told_cells
from gpuanim.view.window import pixel, seen_through

if TYPE_CHECKING:
    from gpuanim.chrome._base import Moment

__all__ = ["Follow"]


@dataclass(frozen=True, eq=False)
class Follow(Move):
    """Keep cells in the middle of the picture while points move.

    The middle is the median of the cells; the zoom stays. To fly to cells and follow them from there on,
    give shots: ``[ga.Shot.all(), ga.Shot.cells(cells), ga.Shot.cells(cells)]``.

    Parameters
    ----------
    cells
        (n,) bool, positions, the name of a group, or (column of `obs`, name of a group).
    zoom
        How much larger things are than in the view of the whole film.

    Raises
    ------
    OptionError
        If the zoom is not a positive number.
    """

    cells: Any
    zoom: float = 4.0

    def __post_init__(self) -> None:
        positive("zoom", self.zoom)

    def over(self, subject: Subject) -> Flight:
        return _Flight(subject.pick(self.cells), float(self.zoom), told_cells(self.cells))


@dataclass(frozen=True, eq=False)
class _Flight(Flight):
    """Following given points."""

    cells: NDArray[np.int64]
    zoom: float
    told: str

    def place(self, moment: Moment) -> Hashable:
        return "with the cells"

    def lens(self, moment: Moment, coords: Coords, view: View) -> Lens:
        x, y = np.median(coords[self.cells, :2], axis=0).tolist()
        return seen_through(view, Window(*pixel(view, x, y), self.zoom))

    def timed(self, timeline: Timeline) -> Flight:
        return self

    def describe(self) -> dict[str, Any]:
        return {"move": "follow", "cells": self.told, "zoom": self.zoom}
