"""The `cuda` renderer: the operator of the `cpu` renderer, built and applied on an NVIDIA GPU."""

from __future__ import annotations

from typing import Any, ClassVar

from gpuanim.cuda import Device, default_device
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Points, Renderer, Scene
from gpuanim.raster.cuda.canvas import SLOTS, GpuCanvas
from gpuanim.raster.cuda.operator import GpuOperator, Uploads
from gpuanim.types import Colors, Ids

__all__ = ["CudaRenderer"]


class CudaRenderer(Renderer):
    """Numbers are those of `cpu`: pictures are equal but where a coverage is rounded the other way.

    Parameters
    ----------
    device
        Where it runs: a device, or its number in CUDA's order; None for CuPy's current one.

    Raises
    ------
    MissingDependencyError
        If there is no CuPy or no GPU.
    """

    name: ClassVar[str] = "cuda"
    formats: ClassVar[tuple[PixelFormat, ...]] = tuple(PixelFormat)
    mixings: ClassVar[tuple[str, ...]] = ("over",)
    lag: ClassVar[int] = SLOTS - 1
    device: Device

    def __init__(self, device: Device | int | None = None) -> None:
        self.device = device if isinstance(device, Device) else default_device(device)
        self._uploads = Uploads(self.device)
        self._operator: GpuOperator | None = None
        self._canvases: list[GpuCanvas] = []

    def place(self, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        """Build W; see `Renderer.place`."""
        self.check(scene.mixing)
        self._operator = None  # before the next one takes its memory
        self._operator = GpuOperator(self._uploads, points, scene, n_source, keep=keep)
        for canvas in self._canvases:
            canvas.take(self._operator)

    @property
    def visible(self) -> Ids | None:
        return self._placed.visible

    def canvas(self, table: Colors, pixel_format: PixelFormat, palette: Colors | None = None) -> GpuCanvas:
        """Make a canvas; see `Renderer.canvas`."""
        made = GpuCanvas(self.device, table, pixel_format, palette)
        self._canvases.append(made)
        if self._operator is not None:
            made.take(self._operator)
        return made

    def close(self) -> None:
        """Free what lies on the device."""
        for canvas in self._canvases:
            canvas.close()
        self._operator, self._canvases = None, []
        self._uploads = Uploads(self.device)
        self.device.launches.forget()

    def facts(self) -> dict[str, Any]:
        operator = self._placed
        visible = operator.visible
        return {
            "operator_bytes": operator.nbytes + sum(canvas.nbytes for canvas in self._canvases),
            "fragments": operator.n_fragments,
            "visible": None if visible is None else len(visible),
            "device": self.device.name,
        }

    @property
    def _placed(self) -> GpuOperator:
        if self._operator is None:
            raise RuntimeError("place() comes before everything else")
        return self._operator
