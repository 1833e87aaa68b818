"""Composites without hiding: the colours of all points of a pixel are mixed, or added up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, final

from gpuanim.blend._base import Composite
from gpuanim.errors import OptionError

__all__ = ["Additive", "Mix", "Weighted"]


@final
@dataclass(frozen=True)
class Mix(Composite):
    """Each point has its part of the pixel, whoever was drawn first: categories show by their shares.

    With the opacities a_1 .. a_m (alpha times coverage) of the points of a pixel, in any order,

        colour = T (sum_i a_i colour_i) / (sum_i a_i) + (1 - T) background,    T = 1 - prod_i (1 - a_i)

    which covers as much of the background as "over" does, and is the same where no two points share a pixel.
    A pixel whose points are red in two of three cases, and else blue, is two parts red and one part blue.
    Colours are mixed as 8-bit sRGB, as datashader does with categories; of numbers, whose colormap does not
    hold mixed colours, ``blend="mean"`` shows values that the colour bar can tell.

    Weights are multiples of 1/4096 that sum to one: a category's share of a pixel is off by at most 0.3 %
    up to 1,000 points, by 1 % up to 4,096; a pixel of more shows a sample of so many, and the facts of the
    result say how many pixels do (`sampled_pixels`).
    """

    name: ClassVar[str] = "mix"
    takes: ClassVar[tuple[str, ...]] = ("numbers", "categories", "shares")
    mixing: ClassVar[str] = "mix"
    ordered: ClassVar[bool] = False


@final
@dataclass(frozen=True)
class Weighted(Composite):
    """Weighted blended order-independent transparency: as "mix", but points near the top weigh more.

    With the opacities a_i (alpha times coverage) and depths d_i of the points of a pixel, where the k-th of
    all n points from the top has the depth (k - 1/2) / n,

        colour = T (sum_i a_i w_i colour_i) / (sum_i a_i w_i) + (1 - T) background
        w_i = (1 - d_i)^falloff,    T = 1 - prod_i (1 - a_i)

    It lies between "mix" (``falloff=0``) and an opaque "over" (a large one): what was drawn last prevails,
    and what lies below still tints it. The weights of the paper have one more factor a_i; without it, the
    edge of a disc has the colours of its middle.

    Parameters
    ----------
    falloff
        How steeply weights fall with the depth, from 0 on; 3 in the paper.

    References
    ----------
    M. McGuire, L. Bavoil, "Weighted Blended Order-Independent Transparency", Journal of Computer Graphics
    Techniques 2 (2), 2013, eq. 10.
    """

    falloff: float = 3.0
    name: ClassVar[str] = "weighted"
    takes: ClassVar[tuple[str, ...]] = ("numbers", "categories", "shares")
    mixing: ClassVar[str] = "weighted"

    def __post_init__(self) -> None:
        if not (isinstance(self.falloff, int | float) and math.isfinite(self.falloff) and self.falloff >= 0):
            raise OptionError(
                f"falloff must be a number from 0 on (0 weighs all alike), not {self.falloff!r}"
            )


@final
@dataclass(frozen=True)
class Additive(Composite):
    """Light on dark: points add their colours to the background, and where many lie it gets bright.

    With the opacities a_1 .. a_m (alpha times coverage) of the points of a pixel, in each channel of RGB,

        colour = min(255, background + sum_i a_i colour_i)

    Give a dark background and a small alpha, about one over the number of points in a crowded pixel: what is
    clipped has lost its colour. On a light background there is nothing to add to. A transparent film shows
    over black what an opaque one shows; its opacity is min(1, sum_i a_i).
    """

    name: ClassVar[str] = "additive"
    dark: ClassVar[bool] = True
    takes: ClassVar[tuple[str, ...]] = ("numbers", "categories", "shares")
    mixing: ClassVar[str] = "additive"
    ordered: ClassVar[bool] = False
