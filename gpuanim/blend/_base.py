"""The contract of a blend: what a pixel shows where several points lie in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gpuanim.errors import OptionError
from gpuanim.types import Values

if TYPE_CHECKING:
    from gpuanim.raster.footprint import Footprint

__all__ = ["FITTED_TO", "Blend", "Composite", "Reduction"]

FITTED_TO = ("cells", "pixels")
"""What a norm can be fitted to."""


@dataclass(frozen=True)
class Blend(ABC):
    """What a pixel shows where several points lie in it.

    Attributes
    ----------
    name
        The word that stands for it.
    takes
        Kinds of values that it can show, of "numbers", "categories" and "shares" of classes.
    hint
        What to do with values of the other kinds.
    ordered
        Whether the order of drawing matters.
    dark
        Whether it needs a dark background.
    mixing
        How the colours of points, or of pixels, are put together, in the words of `raster.Scene`.
    """

    name: ClassVar[str]
    takes: ClassVar[tuple[str, ...]]
    hint: ClassVar[str] = ""
    ordered: ClassVar[bool] = True
    dark: ClassVar[bool] = False
    mixing: ClassVar[str] = "over"

    def check(self, kind: str) -> None:
        """Raise OptionError if it cannot show values of a kind."""
        if kind not in self.takes:
            raise OptionError(
                f'blend="{self.name}" is for {" and ".join(self.takes)}, these values are {kind}: {self.hint}'
            )

    @property
    def falloff(self) -> float:
        """How fast weights fall with the depth, as `raster.Scene` takes it."""
        return 0.0

    @property
    def by_pixels(self) -> bool:
        """Whether the norm is fitted to what pixels show, not to the values of the points."""
        return False


@dataclass(frozen=True)
class Composite(Blend):
    """A blend of colours: each point has its own, and the pixel mixes those of its points."""


@dataclass(frozen=True)
class Reduction(Blend):
    """A blend of values: those of a pixel's points become one, and that becomes a colour.

    The points of a pixel are those whose disc covers its centre, and those whose own centre lies in it, on
    top or not (`raster.footprint`). Points without a value (NaN, no category) are left out; a pixel whose
    points all have none shows `na_color`.

    Attributes
    ----------
    counts
        Whether the result is a number of points, whatever their values are.
    picks
        Whether the result is the value of some of the points, so that the others do not show.
    usual_norm
        How results become levels if nobody says so, as `values.normalize.as_norm` takes it.
    """

    ordered: ClassVar[bool] = False
    counts: ClassVar[bool] = False
    picks: ClassVar[bool] = False
    usual_norm: ClassVar[Any] = "linear"

    @abstractmethod
    def reduce(self, values: Values, footprint: Footprint, out: Values) -> None:
        """Write the result of each pixel to `out`, (pixels,) of `result_dtype`, NaN or -1 for none.

        Parameters
        ----------
        values
            (n,), or (n, k) for shares; `out` is (pixels, k) then.
        """

    @abstractmethod
    def result_dtype(self, values: Values) -> np.dtype[Any]:
        """Return the type of the results of `values`."""

    def empty(self, values: Values, footprint: Footprint) -> Values:
        """Return an array for the results."""
        return np.empty((footprint.n_pixels, *values.shape[1:]), self.result_dtype(values))
