"""Draws the points of each frame, packs it into the bytes of its format, and has these copied back."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Canvas, Ground, Scene
from gpuanim.raster.opengl.layers import Layers, table_of
from gpuanim.raster.opengl.layout import Layout
from gpuanim.raster.opengl.memory import Target, Texture
from gpuanim.raster.opengl.readback import Copying, Ring
from gpuanim.raster.opengl.tiles import Window, windows
from gpuanim.types import Buffer, Codes, Colors

if TYPE_CHECKING:
    from gpuanim.raster.opengl.renderer import OpenglRenderer

__all__ = ["OpenglCanvas"]


class OpenglCanvas(Canvas):
    """A canvas of the `opengl` renderer.

    Colours are in the space of the format from the table on, as those of `cpu`.

    Parameters
    ----------
    renderer
        Whose points it draws.
    table, pixel_format, palette
        As in `Renderer.canvas`.
    """

    def __init__(
        self,
        renderer: OpenglRenderer,
        gl: Any,
        table: Colors,
        pixel_format: PixelFormat,
        palette: Colors | None,
    ) -> None:
        self._renderer, self._context = renderer, renderer.context
        self._format, self._palette = pixel_format, palette
        self._narrow = len(table) <= 256
        self._table = Texture(gl)
        self._table.put(table_of(table, pixel_format, palette))
        self._packed = Target(self._context, gl)
        self._ring = Ring(self._context, gl)
        self._under_way: deque[tuple[Buffer, list[tuple[Layout, Copying]]]] = deque()
        self._scene: Scene | None = None
        self._tiles: list[tuple[Layout, Layers]] = []
        self._still: Buffer | None = None

    @property
    def nbytes(self) -> int:
        """Bytes on the GPU."""
        return (
            self._table.nbytes + self._packed.nbytes + self._ring.nbytes
            + sum(layers.nbytes for _, layers in self._tiles)
        )  # fmt: skip

    def still(self, out: Buffer) -> None:
        """Write background and chrome; see `Canvas.still`."""
        scene = self._renderer.scene
        with self._context.current() as gl:
            self._take(gl, scene)
            if self._still is None:
                self._still = self._without_points(gl, scene.ground)
        out[:] = self._still

    def draw(self, codes: Codes, out: Buffer) -> None:
        """Start to draw a frame; see `Canvas.draw`."""
        scene, points = self._renderer.scene, self._renderer.points
        with self._context.current() as gl:
            self._take(gl, scene)
            points.color(codes, narrow=self._narrow)
            started = []
            for layout, layers in self._tiles:
                self._draw_under(layout, layers)
                points.draw(layout.window, scene.clip, self._table)
                started.append((layout, self._pack(gl, layout, layers)))
        self._under_way.append((out, started))

    def finish(self, out: Buffer) -> None:
        """Copy what was drawn to a buffer, and to those that were drawn to before; see `Canvas.finish`."""
        if not any(waiting is out for waiting, _ in self._under_way):
            return
        with self._context.current():
            waiting = None
            while waiting is not out:
                waiting, started = self._under_way.popleft()
                for layout, copying in started:
                    self._ring.finish(copying, partial(layout.copy, out=waiting))

    def free(self) -> None:
        """Delete what is on the GPU; the context is current."""
        for _, layers in self._tiles:
            layers.free()
        self._table.free()
        self._packed.free()
        self._ring.free()
        self._tiles = []
        self._under_way.clear()

    def _take(self, gl: Any, scene: Scene) -> None:
        """Prepare the windows of the frame, unless they are those of the last one."""
        before = self._scene
        if before is not None and before.ground is scene.ground and before.clip == scene.clip:
            return
        if before is None or before.ground is not scene.ground:
            self._still = None
        for _, layers in self._tiles:
            layers.free()
        self._tiles = self._cut(gl, scene.ground, scene.clip)
        self._scene = scene

    def _cut(self, gl: Any, ground: Ground, clip: Window) -> list[tuple[Layout, Layers]]:
        width, height = ground.width, ground.height
        return [
            (
                Layout(self._format, width, height, window, clip),
                Layers(gl, ground, window, self._format, self._palette),
            )
            for window in windows(clip, width, height, self._format, self._renderer.tile)
        ]

    def _without_points(self, gl: Any, ground: Ground) -> Buffer:
        out = self._format.empty(ground.width, ground.height)
        for layout, layers in self._cut(gl, ground, (0, 0, ground.width, ground.height)):
            self._draw_under(layout, layers)
            copying = self._pack(gl, layout, layers)
            self._ring.finish(copying, partial(layout.copy, out=out))
            layers.free()
        return out

    def _draw_under(self, layout: Layout, layers: Layers) -> None:
        self._renderer.target.draw_to(*layout.size, self._renderer.depth)
        layers.draw_under(self._context, *layout.size)

    def _pack(self, gl: Any, layout: Layout, layers: Layers) -> Copying:
        self._convert(gl, layout, layers)
        rows, columns = layout.shape
        return self._ring.start(columns, rows)

    def _convert(self, gl: Any, layout: Layout, layers: Layers) -> None:
        rows, columns = layout.shape
        self._packed.draw_to(columns, rows)
        self._renderer.target.texture.bind(0)
        self._context.program("whole.vert", "pack.frag", FORMAT=self._format.name).use(
            drawn=0, size=layout.size, chroma=layout.chroma_texels, **layers.chrome()
        )
        gl.glViewport(0, 0, columns, rows)
        gl.glDrawArrays(gl.GL_TRIANGLES, 0, 3)
