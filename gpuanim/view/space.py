"""The lens that looks into a space of points: turned, in perspective, and fainter far away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.view._base import Coords, Lens, Projected
from gpuanim.view.plane import View

__all__ = ["Space"]

_GRAIN = 1 << 15


@dataclass(frozen=True, eq=False)
class Space(Lens):
    """Points in space, turned about a centre that stays where it is on the frame.

    The point ``p = turned @ (coords - center)`` has a place to the right, one upwards, and one towards the
    viewer. In perspective, places and diameters are multiplied by ``1 / (1 - perspective * near / reach)``:
    what lies at the depth of the centre keeps its size.

    Parameters
    ----------
    view
        Where the plane through the centre lies on the frame, in units of the data.
    middle
        Where the centre lies on the view.
    center
        (3,) in the data.
    turned
        (3, 3) rotation, rows right, up and near.
    reach
        Distance from the centre to the farthest point.
    perspective
        ``reach`` divided by the distance of the viewer from the centre, 0 for a parallel projection.
    cue
        How much of its opacity a point at distance `reach` behind the centre loses, 0..1; one as far before
        it loses nothing.
    zoom
        As in `Lens`.
    """

    view: View
    middle: tuple[float, float]
    center: NDArray[np.float64]
    turned: NDArray[np.float64]
    reach: float
    perspective: float
    cue: float
    zoom: float = 1.0

    @property
    def box(self) -> tuple[float, float, float, float]:  # type: ignore[override]
        return self.view.box

    def pixels_per_unit(self) -> float:
        return self.view.pixels_per_unit()

    def project(self, coords: Coords) -> Projected:
        from gpuanim.view.kernels import look

        n = len(coords)
        x, y, depth = np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.uint16)
        scale = np.empty(n if self.perspective else 0, np.float32)
        fade = np.empty(n if self.cue else 0, np.float32)
        affine = self._affine()
        parts = _threads.blocks(n, _GRAIN)
        _threads.run(
            lambda i: look(
                coords, self.center, self.turned, affine, self.reach, self.perspective, self.cue, *parts[i],
                x, y, scale, depth, fade,
            ),
            len(parts),
        )  # fmt: skip
        return Projected(x, y, scale if self.perspective else 1.0, depth, fade if self.cue else None)

    def _affine(self) -> NDArray[np.float64]:
        """Return pixel of the centre and pixels per unit, of x and of y."""
        left, top, width, height = self.view.box
        (x0, x1), (y0, y1) = self.view.xlim, self.view.ylim
        across, down = width / (x1 - x0), height / (y0 - y1)
        x, y = left + (self.middle[0] - x0) * across, top + (self.middle[1] - y1) * down
        return np.array([x, across * self.zoom, y, down * self.zoom])
