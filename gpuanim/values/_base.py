"""The contracts of the way in: a source of steps, and a norm that turns values into colour codes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.types import Codes, Ids, Values

if TYPE_CHECKING:
    from gpuanim.cuda import Device

Blender = Callable[[Values, Values, float, Values], Values]
"""Returns what lies between two steps; as `Source.between`."""

Steps = Callable[[], Iterable[Values]]
"""A fresh pass over all steps of a film; what a film-wide fit needs."""


class Source(ABC):
    """Values over time, read lazily: one (n,) array per step.

    Attributes
    ----------
    n_points
        Number of points, or None until the first step was read.
    n_steps
        Number of steps, or None when only the end will tell.
    n_columns
        Values per point and step; a film shows one.
    coded
        Whether steps are signed integers that number categories, -1 for none.
    rewindable
        Whether `steps()` can be called more than once.
    permutation
        (n,) or None: `permutation[k]` is the point that the k-th value of each step belongs to.
        A propagation yields values in its locality order and spares everyone the way back.
    portable
        Whether it travels to another process as a name, where the steps are read from the same place.
    pass_bytes
        Memory that a pass over the steps takes beside what the source holds.
    what
        The option that it was given to, for messages.
    own_norm
        The only norm that its values can be shown with; None: any.
    """

    n_points: int | None = None
    n_steps: int | None = None
    n_columns: int = 1
    coded: bool = False
    rewindable: bool = True
    permutation: Ids | None = None
    portable: bool = False
    pass_bytes: int = 0
    what: str = "values"
    own_norm: Norm | None = None

    @abstractmethod
    def steps(self) -> Iterator[Values]:
        """Yield the steps in order. An array is only valid until the next one is asked for."""

    def step(self, index: int) -> Values:
        """Return step `index`; sources with random access override this loop."""
        for i, values in enumerate(self.steps()):
            if i == index:
                return values
        raise IndexError(index)

    @property
    def blender(self) -> Blender:
        """What `between` calls; it does not hold on to the steps. By default a linear blend."""
        from gpuanim.values.blending import linear

        return linear

    def between(self, before: Values, after: Values, share: float, into: Values) -> Values:
        """Return what lies `share` (above 0, below 1) of the way from a step to the next.

        Written to `into`, an earlier result, where that fits; NaN where either is.
        """
        return self.blender(before, after, share, into)

    def origin(self) -> Any:
        """Return what decides the steps: these themselves where they are stored, or what they are made of.

        Arrays, numbers, words, and tuples and iterators of them. None if nobody knows before they are made.
        """
        return None

    def on_device(self, device: Device) -> Source | None:
        """Return the same steps as arrays of a device, if that is where they come from; everyone else gets
        numpy's. An array may hold its values only once `Device.launches` has run.
        """  # noqa: D205
        del device
        return None

    def check_points(self, coords: NDArray[Any]) -> None:
        """Raise ShapeError if it is known that the values belong to other points than those at `coords`.

        Parameters
        ----------
        coords
            (n, 2), in the order of the data.
        """
        del coords  # most sources know nothing of points

    def describe(self) -> dict[str, Any]:
        """Return how the values are made, under the names of the options, as JSON knows them."""
        return {}


class Norm(ABC):
    """How values become levels 0 .. n_levels-1 of a colour table; immutable, without state of a film."""

    scope: str
    """"film": one mapping for all steps; "frame": a new one for each step."""

    blends: bool = True
    """Whether something lies between two values: where nothing does, steps are shown as they are."""

    @property
    @abstractmethod
    def needs_film(self) -> bool:
        """Whether `fit` reads all steps before the first frame; sources that pass once cannot serve it."""

    @abstractmethod
    def fit(self, steps: Steps) -> Mapping:
        """Look at all values of `steps` (one step, or the film) and fix the mapping."""


class Mapping(ABC):
    """A fitted norm."""

    n_levels: int = 256

    @abstractmethod
    def encode(self, values: Values, where: Ids | None, out: Codes) -> None:
        """Write the level of `values[where]` (of all values if None) to `out`; NaN is `n_levels`."""

    def lower_edges(self) -> NDArray[np.float64] | None:
        """Return the (256,) smallest values of each level, ascending: -inf where the first takes all that is
        lower, NaN at the end for levels that no value has. None if levels do not rise with the values.
        """  # noqa: D205
        return None

    def norm(self) -> Any:
        """Return a `matplotlib.colors.Normalize` with limits that gives values the same levels, or None.

        It is the caller's own: colour bars change norms whose limits coincide.
        """
        return None
