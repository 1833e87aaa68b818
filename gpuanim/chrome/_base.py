"""The contracts of chrome: still layers around the points, and patches that change over them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.values._base import Mapping
from gpuanim.view._base import Lens
from gpuanim.view.plane import View

if TYPE_CHECKING:
    from gpuanim.film import State

__all__ = ["Attached", "Fitted", "Moment", "Moving", "Part", "Patch", "Stage", "StageLayers"]


@dataclass(frozen=True, eq=False)
class Moment:
    """Where a film is; what titles and other parts that change are told.

    Attributes
    ----------
    frame
        Number of the frame, from 0.
    n_frames
        Frames of the film, None where only its end will tell.
    step
        Step of the values that is shown, from 0; of a blend the nearer one.
    n_steps
        Steps of the values, None where only their end will tell.
    time
        Seconds since the beginning.
    share
        How far a blend has gone from the step before `step` or on to the one after it: `step + share` is
        the exact place on the axis of steps, -0.5 to 0.5.
    mappings
        For each panel how its values become levels in this frame; None for panels without points.
    lenses
        For each panel what its points are seen through in this frame.
    states
        For each panel where its points are in this frame.
    """

    frame: int
    n_frames: int | None
    step: int
    n_steps: int | None
    time: float
    share: float = 0.0
    mappings: tuple[Mapping | None, ...] = ()
    lenses: tuple[Lens, ...] = ()
    states: tuple[State, ...] = ()


@dataclass(frozen=True, eq=False)
class Patch:
    """A small picture that goes over a frame.

    Parameters
    ----------
    left, top
        Pixels from the upper left corner of the frame; it may reach beyond the frame.
    rgba
        (h, w, 4) uint8, straight alpha.
    """

    left: int
    top: int
    rgba: NDArray[np.uint8]


class Moving(ABC):
    """Something above the points that changes with the frames, at one resolution."""

    @abstractmethod
    def show(self, moment: Moment) -> Hashable:
        """Turn to a moment, and say what is shown: the picture is the same where that is equal. Cheap."""

    @abstractmethod
    def draw(self) -> Patch | None:
        """Draw what was shown last; None if there is nothing to see."""


@dataclass(frozen=True)
class StageLayers:
    """A stage at one resolution.

    Parameters
    ----------
    views
        Where the data of each panel lie on the frame.
    under
        (h, w, 3) uint8 below the points, or (3,) if it is all of one colour.
    over
        (h, w, 4) uint8 above the points, straight alpha; None for nothing.
    moving
        What changes, from bottom to top, above all else.
    colors
        (k, 3) uint8 that `moving` shows unmixed, for palettes.
    """

    views: tuple[View, ...]
    under: NDArray[np.uint8]
    over: NDArray[np.uint8] | None
    moving: tuple[Moving, ...] = ()
    colors: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 3), np.uint8))


Fitted: TypeAlias = Callable[[int], Mapping | None]
"""How the values of a panel become levels, fitted when it is asked for; None if frames differ in it."""


class Stage(ABC):
    """What surrounds the points, at any resolution.

    Attributes
    ----------
    figsize
        Width and height in inches.
    background
        (3,) uint8 colour below all, or None for a transparent film.
    """

    figsize: tuple[float, float]
    background: NDArray[np.uint8] | None

    @abstractmethod
    def without_background(self) -> Self:
        """Return the stage of a transparent film; raises OptionError if it needs its background."""

    @abstractmethod
    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        """Draw the stage on a frame of `size` (width, height) pixels."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return its options for a film's metadata: names and what JSON knows."""


class Attached(ABC):
    """A part that has been put on axes of matplotlib.

    Attributes
    ----------
    artists
        What it consists of; they are drawn for each frame and left out of the still layers.
    """

    artists: Sequence[Any]

    @abstractmethod
    def show(self, moment: Moment) -> Hashable:
        """Bring the artists to a moment, and say what is shown, as in `Moving.show`."""


class Part(ABC):
    """Something of a figure that changes, before there is a figure."""

    @abstractmethod
    def attach(self, ax: Any) -> Attached:
        """Make its artists on `ax`, in the state that needs most room."""
