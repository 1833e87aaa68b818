"""The `opengl` renderer: every frame draws every point, so that points may move at no further cost."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from gpuanim.errors import RendererError
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Points, Renderer, Scene
from gpuanim.raster.opengl.canvas import OpenglCanvas
from gpuanim.raster.opengl.context import Context, context_of
from gpuanim.raster.opengl.memory import RGBA8, RGBA16, Target
from gpuanim.raster.opengl.vertices import MARGIN, Vertices
from gpuanim.types import Colors, Ids

__all__ = ["OpenglRenderer"]


class OpenglRenderer(Renderer):
    """Points as sprites or quads, in draw order, by an offscreen context that all films share.

    Parameters
    ----------
    device
        Which GPU: in CUDA's order where EGL tells it, else in EGL's; None for `GPUANIM_EGL_DEVICE`, or
        the first.
    tile
        Largest side of what is drawn at once, pixels; None for what the driver can do.

    Raises
    ------
    RendererError
        If no OpenGL starts; the message says what was tried and what to do.
    """

    name: ClassVar[str] = "opengl"
    formats: ClassVar[tuple[PixelFormat, ...]] = tuple(PixelFormat)
    mixings: ClassVar[tuple[str, ...]] = ("over",)
    lag: ClassVar[int] = 1

    def __init__(self, device: int | None = None, *, tile: int | None = None) -> None:
        self._start(context_of(device), tile)

    @classmethod
    def of(cls, context: Context) -> Self:
        """Make a renderer of a context that is open."""
        made = cls.__new__(cls)
        made._start(context, None)
        return made

    def _start(self, context: Context, tile: int | None) -> None:
        self.context = context
        limits = context.limits
        self.tile = tile or min(limits.texture, limits.viewport - 2 * MARGIN)
        self._scene: Scene | None = None
        self._canvases: list[OpenglCanvas] = []
        self._closed = False
        with self.context.current() as gl:
            self.points = Vertices(self.context, gl)
            self.target = Target(self.context, gl)

    @property
    def scene(self) -> Scene:
        """What surrounds the points that were placed last."""
        if self._scene is None:
            raise RuntimeError("place() comes before everything else")
        return self._scene

    @property
    def depth(self) -> int:
        """Format of what is drawn to: 16 bits a channel where points are mixed.

        Of 8, the roundings of a few translucent layers would show; 16-bit floats are as wide and less exact,
        32-bit ones no more exact than one can see.
        """
        return RGBA16 if self.points.blended else RGBA8

    def place(self, points: Points, scene: Scene, n_source: int, *, keep: bool) -> None:
        """Upload the points; see `Renderer.place`."""
        self.check(scene.mixing)
        self._scene = scene
        with self.context.current():
            self.points.place(points, scene)

    @property
    def visible(self) -> Ids | None:
        return None

    def canvas(self, table: Colors, pixel_format: PixelFormat, palette: Colors | None = None) -> OpenglCanvas:
        """Make a canvas; see `Renderer.canvas`."""
        with self.context.current() as gl:
            made = OpenglCanvas(self, gl, table, pixel_format, palette)
        self._canvases.append(made)
        return made

    def close(self) -> None:
        """Delete all that is on the GPU; the context stays for the next film."""
        if self._closed:
            return
        self._closed = True
        try:
            with self.context.current():
                for canvas in self._canvases:
                    canvas.free()
                self.points.free()
                self.target.free()
        except RendererError:  # a context that was lost holds nothing any more
            pass
        self._canvases = []

    def facts(self) -> dict[str, Any]:
        limits = self.context.limits
        nbytes = self.points.nbytes + self.target.nbytes + sum(canvas.nbytes for canvas in self._canvases)
        return {
            "opengl": f"{limits.renderer} ({'software' if limits.software else 'GPU'}, {self.context.place})",
            "opengl_bytes": nbytes,
        }
