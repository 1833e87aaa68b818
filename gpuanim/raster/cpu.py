"""The `cpu` renderer, in numba: an operator for points that stand still, frames drawn at once for others."""

from __future__ import annotations

from typing import Any, ClassVar

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Canvas, Points, Renderer, Scene
from gpuanim.raster.binning import BinSpace
from gpuanim.raster.canvas import KeptCanvas
from gpuanim.raster.once import Once, OnceCanvas
from gpuanim.raster.operator import Operator
from gpuanim.raster.pen import Pen
from gpuanim.types import Buffer, Codes, Colors, Ids

__all__ = ["CpuRenderer"]


class CpuRenderer(Renderer):
    """The reference renderer; needs neither GPU nor display."""

    name: ClassVar[str] = "cpu"
    formats: ClassVar[tuple[PixelFormat, ...]] = tuple(PixelFormat)
    mixings: ClassVar[tuple[str, ...]] = ("over", "mix", "weighted", "additive")

    def __init__(self) -> None:
        self._placement: Operator | Once | None = None
        self._space = BinSpace()
        self._canvases: list[CpuCanvas] = []

    def place(self, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        """Build W, or what one frame is drawn from; see `Renderer.place`."""
        if keep or scene.mixing != "over":
            self._placement = Operator(points, scene, n_source, keep=keep)
        else:
            self._placement = Once(points, scene, self._space)
        for canvas in self._canvases:
            canvas.take(self._placement)

    @property
    def visible(self) -> Ids | None:
        placed = self._placed
        return placed.visible if isinstance(placed, Operator) else None

    def canvas(self, table: Colors, pixel_format: PixelFormat, palette: Colors | None = None) -> CpuCanvas:
        """Make a canvas; see `Renderer.canvas`."""
        made = CpuCanvas(table, pixel_format, palette)
        self._canvases.append(made)
        if self._placement is not None:
            made.take(self._placement)
        return made

    def close(self) -> None:
        """Free W."""
        self._placement, self._canvases, self._space = None, [], BinSpace()

    def facts(self) -> dict[str, Any]:
        placed, visible = self._placed, self.visible
        thinned = placed.n_thinned if isinstance(placed, Operator) else 0
        return {
            "operator_bytes": placed.nbytes + sum(canvas.nbytes for canvas in self._canvases),
            "fragments": placed.n_fragments,
            "visible": None if visible is None else len(visible),
            **({"sampled_pixels": thinned} if thinned else {}),
        }

    @property
    def _placed(self) -> Operator | Once:
        if self._placement is None:
            raise RuntimeError("place() comes before everything else")
        return self._placement


class CpuCanvas(Canvas):
    """A canvas for points that stand still at one time and move at another.

    Parameters
    ----------
    table, pixel_format, palette
        As in `Renderer.canvas`.
    """

    def __init__(self, table: Colors, pixel_format: PixelFormat, palette: Colors | None) -> None:
        self._table, self._pen = table, Pen(pixel_format, palette)
        self._kept: KeptCanvas | None = None
        self._once: OnceCanvas | None = None
        self._current: KeptCanvas | OnceCanvas | None = None

    def take(self, placement: Operator | Once) -> None:
        """Draw what a placement says from now on."""
        if isinstance(placement, Operator):
            if self._kept is None:
                self._kept = KeptCanvas(self._table, self._pen)
            self._kept.take(placement)
            self._current = self._kept
        else:
            if self._once is None:
                self._once = OnceCanvas(self._table, self._pen)
            self._once.take(placement)
            self._current = self._once

    @property
    def nbytes(self) -> int:
        """Bytes of what is kept between frames."""
        return 0 if self._current is None else self._current.nbytes

    def still(self, out: Buffer) -> None:
        self._drawing.still(out)

    def draw(self, codes: Codes, out: Buffer) -> None:
        self._drawing.draw(codes, out)

    @property
    def _drawing(self) -> KeptCanvas | OnceCanvas:
        if self._current is None:
            raise RuntimeError("place() comes before drawing")
        return self._current
