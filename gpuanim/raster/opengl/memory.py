"""What lives in the memory of the GPU: buffers, textures, and textures that are drawn to."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import RendererError
from gpuanim.raster.opengl import remedies
from gpuanim.raster.opengl.context import Context

__all__ = ["RGBA8", "RGBA16", "Stream", "Target", "Texture"]

RGBA8, RGBA16 = 0x8058, 0x805B
_RGB, _RGBA = 0x1907, 0x1908
_UNSIGNED_BYTE, _UNSIGNED_SHORT = 0x1401, 0x1403
_KINDS = {
    np.dtype(np.float32): 0x1406,
    np.dtype(np.uint8): _UNSIGNED_BYTE,
    np.dtype(np.uint16): _UNSIGNED_SHORT,
}


class Stream:
    """A buffer of one number per point; `location` is that of the shaders' input.

    Its context is current in every call, as in all of this module.
    """

    def __init__(self, gl: Any, location: int) -> None:
        self._gl, self._location = gl, location
        self._handle = gl.glCreateBuffer()
        self.nbytes = 0

    def put(self, numbers: NDArray[Any] | None) -> None:
        """Upload float32, uint16 or uint8; None for an input that shaders do not have."""
        gl = self._gl
        if numbers is None:
            self.nbytes = 0
            gl.glDisableVertexAttribArray(self._location)
            return
        numbers = np.ascontiguousarray(numbers)
        self.nbytes = numbers.nbytes
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self._handle)
        # All of it anew: the driver gives other memory while it still draws from the old.
        pointer = numbers.ctypes.data_as(ctypes.c_void_p)
        gl.glBufferData(gl.GL_ARRAY_BUFFER, numbers.nbytes, pointer, gl.GL_STREAM_DRAW)
        gl.glEnableVertexAttribArray(self._location)
        gl.glVertexAttribPointer(self._location, 1, _KINDS[numbers.dtype], False, 0, 0)

    def advance(self, *, by_instance: bool) -> None:
        """Have the next draw go on by instances, or by vertices."""
        self._gl.glVertexAttribDivisor(self._location, int(by_instance))

    def free(self) -> None:
        """Delete it."""
        self._gl.glDeleteBuffer(self._handle)


class Texture:
    """A table or a picture that shaders read by whole texels."""

    def __init__(self, gl: Any) -> None:
        self._gl = gl
        self.handle = gl.glCreateTexture()
        self.nbytes = 0

    def put(self, picture: NDArray[np.uint8]) -> None:
        """Upload (h, w, 3) or (h, w, 4) uint8."""
        picture = np.ascontiguousarray(picture)
        height, width, channels = picture.shape
        self.reserve(width, height, RGBA8, _RGB if channels == 3 else _RGBA, picture)

    def reserve(
        self,
        width: int,
        height: int,
        internal: int,
        layout: int = _RGBA,
        data: NDArray[np.uint8] | None = None,
    ) -> None:
        """Give it a size, and pixels if there are any."""
        gl = self._gl
        gl.glBindTexture(gl.GL_TEXTURE_2D, self.handle)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
        pointer = None if data is None else data.ctypes.data_as(ctypes.c_void_p)
        gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, internal, width, height, 0, layout, _UNSIGNED_BYTE, pointer)
        for name in (gl.GL_TEXTURE_MIN_FILTER, gl.GL_TEXTURE_MAG_FILTER):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, name, gl.GL_NEAREST)
        self.nbytes = width * height * (8 if internal == RGBA16 else 4)

    def bind(self, unit: int) -> None:
        """Let shaders read it at a unit."""
        self._gl.glActiveTexture(self._gl.GL_TEXTURE0 + unit)
        self._gl.glBindTexture(self._gl.GL_TEXTURE_2D, self.handle)

    def free(self) -> None:
        """Delete it."""
        self._gl.glDeleteTexture(self.handle)


class Target:
    """A framebuffer of its own with one texture, which grows to what is asked for."""

    def __init__(self, context: Context, gl: Any) -> None:
        self._context, self._gl = context, gl
        self._frame = gl.glCreateFramebuffer()
        self.texture = Texture(gl)
        self._shape = (0, 0, 0)

    @property
    def nbytes(self) -> int:
        """Bytes of the texture."""
        return self.texture.nbytes

    def draw_to(self, width: int, height: int, internal: int = RGBA8) -> None:
        """Direct drawing here, to at least this many pixels.

        Raises
        ------
        RendererError
            If the GPU has no memory for it.
        """
        gl = self._gl
        known = self._shape
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._frame)
        if known[2] == internal and known[0] >= width and known[1] >= height:
            return
        if known[2] == internal:
            width, height = max(width, known[0]), max(height, known[1])
        self._shape = (0, 0, 0)
        self.texture.reserve(width, height, internal)
        gl.glFramebufferTexture2D(
            gl.GL_FRAMEBUFFER, gl.GL_COLOR_ATTACHMENT0, gl.GL_TEXTURE_2D, self.texture.handle, 0
        )
        what = f"a picture of {width}x{height} pixels"
        self._context.check(what)
        if gl.glCheckFramebufferStatus(gl.GL_FRAMEBUFFER) != gl.GL_FRAMEBUFFER_COMPLETE:
            renderer = self._context.limits.renderer
            raise RendererError(remedies.OUT_OF_MEMORY.format(what=what, renderer=renderer))
        self._shape = (width, height, internal)

    def free(self) -> None:
        """Delete it and its texture."""
        self._gl.glDeleteFramebuffer(self._frame)
        self.texture.free()
