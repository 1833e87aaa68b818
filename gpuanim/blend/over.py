"""Points over each other: the blend of every plotting tool, and the default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

from gpuanim.blend._base import Composite

__all__ = ["OVER", "Over"]


@final
@dataclass(frozen=True)
class Over(Composite):
    """Points lie over each other in the order of drawing.

    With the opacities a_1 .. a_m (alpha times coverage) of the points of a pixel from top to bottom,

        colour = sum_i a_i prod_(j < i) (1 - a_j) colour_i + prod_i (1 - a_i) background

    It shows each point where it can be seen, and where many lie it shows those on top.

    References
    ----------
    Porter, Duff: Compositing digital images, SIGGRAPH 1984, the operator "over".
    """

    name: ClassVar[str] = "over"
    takes: ClassVar[tuple[str, ...]] = ("numbers", "categories", "shares")


OVER = Over()
