"""The contracts of the view: a lens projects the points of a frame, a flight moves the lens over the film."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.values._base import Source

if TYPE_CHECKING:
    from gpuanim.chrome._base import Moment
    from gpuanim.values.timeline import Timeline
    from gpuanim.view.plane import View

__all__ = ["Bounds", "Coords", "Flight", "Lens", "Move", "Projected", "Subject"]

Coords = NDArray[np.floating[Any]]

Bounds: TypeAlias = "tuple[float, float, float, float]"
"""(xmin, xmax, ymin, ymax) in data units."""


@dataclass(frozen=True, eq=False)
class Projected:
    """Points on a frame, in the order of the data.

    Parameters
    ----------
    x, y
        (n,) float32, pixels from the left and the top edge of the frame.
    scale
        (n,) float32 by which diameters are multiplied for perspective, or one number.
    depth
        (n,) uint16, the nearer the larger: nearer points are drawn over those farther away. None where all
        lie in one plane, and the order of the film holds.
    fade
        (n,) float32, 0..1, by which opacities are multiplied; None for 1.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    scale: NDArray[np.float32] | float = 1.0
    depth: NDArray[np.uint16] | None = None
    fade: NDArray[np.float32] | None = None


class Lens(ABC):
    """How the points of one frame are projected.

    Attributes
    ----------
    box
        (left, top, width, height) in pixels: the part of the frame in which points show.
    zoom
        How much larger things are than in the view of the whole film.
    """

    box: tuple[float, float, float, float]
    zoom: float

    @abstractmethod
    def project(self, coords: Coords) -> Projected:
        """Map (n, 2) data, or (n, 3) where the lens looks into a space, to pixels."""

    @abstractmethod
    def pixels_per_unit(self) -> float:
        """Return how many pixels across a unit of the data is, in the middle of the depth."""


class Flight(ABC):
    """Where the camera is at each moment of a film, at any resolution.

    Attributes
    ----------
    deep
        Whether it looks into a space of (n, 3) points; otherwise at a plane.
    """

    deep: ClassVar[bool] = False

    @property
    def fades(self) -> bool:
        """Whether far points are fainter."""
        return False

    @property
    def bounds(self) -> Bounds | None:
        """The part of the plane that the whole film needs; None for what the points take."""
        return None

    @abstractmethod
    def place(self, moment: Moment) -> Hashable:
        """Say where the camera is: where that is equal, and the points stand, so is the picture."""

    @abstractmethod
    def lens(self, moment: Moment, coords: Coords, view: View) -> Lens:
        """Return the lens for the points of a moment; `view` shows the whole film on this frame."""

    def standard(self, view: View) -> Lens:
        """Return the lens that automatic sizes of points are chosen for."""
        return view

    @abstractmethod
    def timed(self, timeline: Timeline) -> Flight:
        """Return the flight by the clock of a film; raises OptionError if it does not fit its length."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return its options for a film's metadata: names and what JSON knows."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What a camera looks at.

    Parameters
    ----------
    place
        (n, 2) or (n, 3) coordinates, or a source of such steps.
    pick
        Returns the (k,) positions of cells given as a mask, as positions, by the name of a group, or by
        column and name; raises OptionError, ShapeError or DataKeyError.
    fades
        Whether single points can be fainter than others.
    """

    place: Coords | Source
    pick: Callable[[Any], NDArray[np.int64]]
    fades: bool = True


class Move(ABC):
    """How a camera moves, as the user says it.

    Attributes
    ----------
    n_columns
        How many columns coordinates must have.
    """

    n_columns: ClassVar[int] = 2

    @abstractmethod
    def over(self, subject: Subject) -> Flight:
        """Return the flight over given points; raises OptionError, ShapeError or DataKeyError."""
