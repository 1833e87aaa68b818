"""The `cpu` renderer: builds the compositing operator with numba; its canvases apply it to each frame."""

from __future__ import annotations

from typing import Any, ClassVar

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Points, Renderer, Scene
from gpuanim.raster.canvas import CpuCanvas
from gpuanim.raster.operator import Operator
from gpuanim.types import Colors, Ids

__all__ = ["CpuRenderer"]


class CpuRenderer(Renderer):
    """The reference renderer; needs neither GPU nor display."""

    name: ClassVar[str] = "cpu"
    formats: ClassVar[tuple[PixelFormat, ...]] = tuple(PixelFormat)
    mixings: ClassVar[tuple[str, ...]] = ("over", "mix", "weighted", "additive")

    def __init__(self) -> None:
        self._operator: Operator | None = None
        self._canvases: list[CpuCanvas] = []

    def place(self, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        """Build W; see `Renderer.place`."""
        self._operator = Operator(points, scene, n_source, keep=keep)
        for canvas in self._canvases:
            canvas.take(self._operator)

    @property
    def visible(self) -> Ids | None:
        return self._placed.visible

    def canvas(self, table: Colors, pixel_format: PixelFormat, palette: Colors | None = None) -> CpuCanvas:
        """Make a canvas; see `Renderer.canvas`."""
        made = CpuCanvas(table, pixel_format, palette)
        self._canvases.append(made)
        if self._operator is not None:
            made.take(self._operator)
        return made

    def close(self) -> None:
        """Free W."""
        self._operator, self._canvases = None, []

    def facts(self) -> dict[str, Any]:
        operator = self._placed
        visible = operator.visible
        sampled = {"sampled_pixels": operator.n_thinned} if operator.n_thinned else {}
        return {
            "operator_bytes": operator.nbytes + sum(canvas.nbytes for canvas in self._canvases),
            "fragments": operator.n_fragments,
            "visible": None if visible is None else len(visible),
            **sampled,
        }

    @property
    def _placed(self) -> Operator:
        if self._operator is None:
            raise RuntimeError("place() comes before everything else")
        return self._operator
