"""What lies below and above the points of a window, in the colour space of a format."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Ground
from gpuanim.raster.opengl.context import Context
from gpuanim.raster.opengl.memory import Texture
from gpuanim.raster.opengl.tiles import Window
from gpuanim.raster.palette import nearest
from gpuanim.raster.pixels import rgb_to_yuv
from gpuanim.types import Colors

__all__ = ["Layers", "table_of"]

_ROW = 256


def _in_format(colors: Colors, pixel_format: PixelFormat, palette: Colors | None) -> NDArray[np.uint8]:
    """Return (..., 3) what stands for (..., 3) RGB: itself, YUV, or in the first channel a palette's row."""
    if pixel_format is PixelFormat.PAL8:
        if palette is None:
            raise RuntimeError("palette frames need a palette")
        rows = np.zeros(colors.shape, np.uint8)
        rows[..., 0] = nearest(colors, palette)
        return rows
    return rgb_to_yuv(colors) if pixel_format.yuv else colors


def table_of(colors: Colors, pixel_format: PixelFormat, palette: Colors | None) -> NDArray[np.uint8]:
    """Return (rows, 256, 3), the texture of a colour table."""
    rows = -(-len(colors) // _ROW)
    table = np.zeros((rows * _ROW, 3), np.uint8)
    table[: len(colors)] = _in_format(colors, pixel_format, palette)
    return table.reshape(rows, _ROW, 3)


class Layers:
    """The textures of a window; the context is current in every call."""

    def __init__(
        self, gl: Any, ground: Ground, window: Window, pixel_format: PixelFormat, palette: Colors | None
    ) -> None:
        self._gl = gl
        left, top, right, bottom = window
        self._transparent = ground.transparent
        self._color = (0.0, 0.0, 0.0, 0.0)
        self._under = self._over = None
        if ground.transparent:
            pass
        elif ground.under.ndim == 1:
            flat = _in_format(ground.under.reshape(1, 3), pixel_format, palette)[0]
            r, g, b = (float(channel) / 255 for channel in flat)
            self._color = (r, g, b, 1.0)
        else:
            self._under = Texture(gl)
            self._under.put(_in_format(ground.under[top:bottom, left:right], pixel_format, palette))
        over = None if ground.over is None else ground.over[top:bottom, left:right]
        if over is not None and over[..., 3].any():
            self._over = Texture(gl)
            colors = _in_format(np.ascontiguousarray(over[..., :3]), pixel_format, palette)
            self._over.put(np.concatenate([colors, over[..., 3:]], axis=2))

    @property
    def nbytes(self) -> int:
        """Bytes of the textures."""
        return sum(texture.nbytes for texture in (self._under, self._over) if texture is not None)

    def draw_under(self, context: Context, width: int, height: int) -> None:
        """Fill the framebuffer with what lies below the points."""
        gl = self._gl
        gl.glClearColor(*self._color)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT)
        if self._under is not None:
            self._under.bind(0)
            context.program("whole.vert", "ground.frag").use(picture=0)
            gl.glViewport(0, 0, width, height)
            gl.glDrawArrays(gl.GL_TRIANGLES, 0, 3)

    def chrome(self) -> dict[str, Any]:
        """Bind what lies above, and return what the packing shader has to know of it."""
        if self._over is not None:
            self._over.bind(1)
        return {"chrome": 1, "covered": int(self._over is not None), "transparent": int(self._transparent)}

    def free(self) -> None:
        """Delete the textures."""
        for texture in (self._under, self._over):
            if texture is not None:
                texture.free()
