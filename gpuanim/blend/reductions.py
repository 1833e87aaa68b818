"""Reductions: the values of a pixel's points become one value, which is then coloured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from gpuanim import _threads
from gpuanim.blend._base import FITTED_TO, Reduction
from gpuanim.errors import OptionError
from gpuanim.types import Values
from gpuanim.values._base import Norm
from gpuanim.values.normalize import Linear
from gpuanim.values.ranks import Rank

if TYPE_CHECKING:
    from gpuanim.raster.footprint import Footprint

__all__ = ["Count", "Max", "Mean", "Min", "Mode", "Presence", "Sum"]

_GRAIN = 1 << 13
"""Pixels of a block."""

_SHADES = ("log", "eq_hist", "linear")
_FLOAT64, _INT32 = np.dtype(np.float64), np.dtype(np.int32)


@dataclass(frozen=True)
class _OfNumbers(Reduction):
    """A reduction of numbers to one among them."""

    over: str = "cells"
    takes: ClassVar[tuple[str, ...]] = ("numbers",)
    hint: ClassVar[str] = 'blend="mode" shows the most frequent category, blend="mix" the share of each'

    def __post_init__(self) -> None:
        _one_of("over", self.over, FITTED_TO)

    @property
    def by_pixels(self) -> bool:
        return self.over == "pixels"

    def result_dtype(self, values: Values) -> np.dtype[Any]:
        return values.dtype


@final
@dataclass(frozen=True)
class Mean(_OfNumbers):
    """The mean of the values: what a pixel is like on the whole, whoever lies on top.

        value = sum_i v_i / m        over the m points of the pixel that have a value

    summed in double precision, rounded to the type of the values. Shares of classes are averaged class by
    class, and then coloured as `mix` says.

    Parameters
    ----------
    over
        What the norm is fitted to: "cells", the values of the points, so that colours, limits and ranks mean
        the same as without blending; or "pixels", the means, which spread over less of the scale.

    Raises
    ------
    OptionError
        If `over` is neither.
    """

    name: ClassVar[str] = "mean"
    takes: ClassVar[tuple[str, ...]] = ("numbers", "shares")

    def reduce(self, values: Values, footprint: Footprint, out: Values) -> None:
        from gpuanim.raster.kernels import reduce

        _each_pixel(reduce.mean if values.ndim == 1 else reduce.mean_rows, values, footprint, out)


@final
@dataclass(frozen=True)
class Max(_OfNumbers):
    """The highest value: no high value is ever hidden, and lone ones look like many.

        value = max_i v_i

    Parameters
    ----------
    over
        As in `Mean`.

    Raises
    ------
    OptionError
        If `over` is neither "cells" nor "pixels".
    """

    name: ClassVar[str] = "max"
    picks: ClassVar[bool] = True

    def reduce(self, values: Values, footprint: Footprint, out: Values) -> None:
        from gpuanim.raster.kernels import reduce

        _each_pixel(reduce.highest, values, footprint, out)


@final
@dataclass(frozen=True)
class Min(_OfNumbers):
    """The lowest value: no low value is ever hidden.

        value = min_i v_i

    Parameters
    ----------
    over
        As in `Mean`.

    Raises
    ------
    OptionError
        If `over` is neither "cells" nor "pixels".
    """

    name: ClassVar[str] = "min"
    picks: ClassVar[bool] = True

    def reduce(self, values: Values, footprint: Footprint, out: Values) -> None:
        from gpuanim.raster.kernels import reduce

        _each_pixel(reduce.lowest, values, footprint, out)


@dataclass(frozen=True)
class _OfPixels(Reduction):
    """A reduction whose results are on a scale of their own: norms are fitted to them."""

    @property
    def by_pixels(self) -> bool:
        return True

    def result_dtype(self, values: Values) -> np.dtype[Any]:
        return _FLOAT64


@final
@dataclass(frozen=True)
class Sum(_OfPixels):
    """The sum of the values: how much there is in a pixel, by many or by much.

        value = sum_i v_i

    in double precision. Norms are fitted to the sums of all pixels.
    """

    name: ClassVar[str] = "sum"
    takes: ClassVar[tuple[str, ...]] = ("numbers",)
    hint: ClassVar[str] = 'blend="count" counts the points, blend="mix" shows the share of each category'

    def reduce(self, values: Values, footprint: Footprint, out: Values) -> None:
        from gpuanim.raster.kernels import reduce

        _each_pixel(reduce.add, values, footprint, out)


@final
@dataclass(frozen=True)
class Count(_OfPixels):
    """How many points with a value lie in a pixel: the density, whatever the values are.

        value = m

    Parameters
    ----------
    shade
        How counts become levels where no norm is given: "log", of the logarithm; "eq_hist", by equalised
        histogram, that is the rank of the count among those of all pixels and steps
        (``Rank("film", stretch=True)``); or "linear".

    Raises
    ------
    OptionError
        If there is no such shade.
    """

    shade: str = "log"
    name: ClassVar[str] = "count"
    takes: ClassVar[tuple[str, ...]] = ("numbers", "categories")
    hint: ClassVar[str] = "give the points one number each"
    counts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _one_of("shade", self.shade, _SHADES)

    @property
    def usual_norm(self) -> str | Norm:
        return Rank("film", stretch=True) if self.shade == "eq_hist" else self.shade

    def reduce(self, values: Values, footprint: Footprint, out: Values) -> None:
        _count(values, footprint, out)


@final
@dataclass(frozen=True)
class Presence(_OfPixels):
    """Whether any point with a value lies in a pixel: the silhouette, in the last colour of the map.

        value = 1 if m > 0

    on a scale from 0 to 1 where no norm is given.
    """

    name: ClassVar[str] = "any"
    takes: ClassVar[tuple[str, ...]] = ("numbers", "categories")
    hint: ClassVar[str] = "give the points one number each"
    counts: ClassVar[bool] = True
    usual_norm: ClassVar[Norm] = Linear(0.0, 1.0)

    def reduce(self, values: Values, footprint: Footprint, out: Values) -> None:
        _count(values, footprint, out)
        np.minimum(out, 1, out=out)


@final
@dataclass(frozen=True)
class Mode(Reduction):
    """The most frequent category of a pixel, the first one of equals.

        category = argmax_c #{i : c_i = c}

    It shows what most points are, and hides how many others there are.
    """

    name: ClassVar[str] = "mode"
    picks: ClassVar[bool] = True
    takes: ClassVar[tuple[str, ...]] = ("categories",)
    hint: ClassVar[str] = 'blend="mean" averages numbers, and shares of classes'

    def result_dtype(self, values: Values) -> np.dtype[Any]:
        return _INT32

    def reduce(self, values: Values, footprint: Footprint, out: Values) -> None:
        from gpuanim.raster.kernels import reduce

        n_codes = int(values.max(initial=-1)) + 1
        parts = _threads.blocks(footprint.n_pixels, _GRAIN)

        def task(i: int) -> None:
            tally = np.zeros(n_codes, np.int32)
            reduce.mode(values, footprint.ptr, footprint.members, *parts[i], tally, out)

        _threads.run(task, len(parts))


def _count(values: Values, footprint: Footprint, out: Values) -> None:
    from gpuanim.raster.kernels import reduce

    coded = values.dtype.kind == "i"
    _each_pixel(reduce.count_coded if coded else reduce.count, values, footprint, out)


def _each_pixel(kernel: Callable[..., object], values: Values, footprint: Footprint, out: Values) -> None:
    parts = _threads.blocks(footprint.n_pixels, _GRAIN)
    _threads.run(lambda i: kernel(values, footprint.ptr, footprint.members, *parts[i], out), len(parts))


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise OptionError(f"{name} must be one of {known}, not {value!r}")
