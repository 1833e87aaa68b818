"""Frames on their way from the GPU: a ring of pixel buffers, so that nobody waits while a frame is copied.

`start` has the driver copy to a buffer of its own, and returns; the copy is waited for when the bytes are
needed, a frame later, with the next one under way.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import RendererError
from gpuanim.raster.opengl import remedies
from gpuanim.raster.opengl.context import Context

__all__ = ["Copying", "Ring"]

_PIXEL_PACK_BUFFER, _STREAM_READ, _MAP_READ = 0x88EB, 0x88E1, 0x0001
_FENCE_COMPLETE, _FLUSH, _EXPIRED, _FAILED = 0x9117, 0x0001, 0x911B, 0x911D
_RGBA, _UNSIGNED_BYTE = 0x1908, 0x1401
_PATIENCE_NS = 1_000_000_000


@dataclass(frozen=True)
class _Buffer:
    handle: int
    nbytes: int


@dataclass(frozen=True)
class Copying:
    """Bytes that are on their way to a buffer."""

    buffer: _Buffer
    nbytes: int
    fence: int


class Ring:
    """Pixel buffers that are used again; the context is current in every call."""

    def __init__(self, context: Context, gl: Any) -> None:
        self._context, self._gl = context, gl
        self._free: list[_Buffer] = []
        self._busy: set[_Buffer] = set()

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers."""
        return sum(buffer.nbytes for buffer in [*self._free, *self._busy])

    def start(self, columns: int, rows: int) -> Copying:
        """Copy the corner of the framebuffer, in RGBA bytes, without waiting for it."""
        gl, nbytes = self._gl, 4 * columns * rows
        buffer = self._take(nbytes)
        gl.glBindBuffer(_PIXEL_PACK_BUFFER, buffer.handle)
        gl.glPixelStorei(gl.GL_PACK_ALIGNMENT, 1)
        gl.glReadPixels(0, 0, columns, rows, _RGBA, _UNSIGNED_BYTE, None)
        gl.glBindBuffer(_PIXEL_PACK_BUFFER, 0)
        fence = gl.glFenceSync(_FENCE_COMPLETE, 0)
        gl.glFlush()
        return Copying(buffer, nbytes, fence)

    def finish(self, copying: Copying, use: Callable[[NDArray[np.uint8]], None]) -> None:
        """Wait for the bytes, hand them to `use`, and take the buffer back.

        Raises
        ------
        RendererError
            If the driver gave up.
        """
        gl = self._gl
        status = _EXPIRED
        while status == _EXPIRED:
            status = gl.glClientWaitSync(copying.fence, _FLUSH, _PATIENCE_NS)
        gl.glDeleteSync(copying.fence)
        self._context.check("drawing")
        if status == _FAILED:
            raise RendererError(remedies.LOST)
        gl.glBindBuffer(_PIXEL_PACK_BUFFER, copying.buffer.handle)
        address = gl.glMapBufferRange(_PIXEL_PACK_BUFFER, 0, copying.nbytes, _MAP_READ)
        if not address:
            gl.glBindBuffer(_PIXEL_PACK_BUFFER, 0)
            self._context.check("reading a frame back")
            raise RendererError(remedies.LOST)
        mapped = (ctypes.c_uint8 * copying.nbytes).from_address(address)
        try:
            use(np.frombuffer(memoryview(mapped), np.uint8))
        finally:
            gl.glUnmapBuffer(_PIXEL_PACK_BUFFER)
            gl.glBindBuffer(_PIXEL_PACK_BUFFER, 0)
        self._busy.discard(copying.buffer)
        self._free.append(copying.buffer)

    def free(self) -> None:
        """Delete the buffers."""
        for buffer in [*self._free, *self._busy]:
            self._gl.glDeleteBuffer(buffer.handle)
        self._free, self._busy = [], set()

    def _take(self, nbytes: int) -> _Buffer:
        for buffer in self._free:
            if buffer.nbytes >= nbytes:
                self._free.remove(buffer)
                break
        else:
            buffer = _Buffer(self._gl.glCreateBuffer(), nbytes)
            self._gl.glBindBuffer(_PIXEL_PACK_BUFFER, buffer.handle)
            self._gl.glBufferData(_PIXEL_PACK_BUFFER, nbytes, None, _STREAM_READ)
            self._gl.glBindBuffer(_PIXEL_PACK_BUFFER, 0)
            self._context.check(f"a frame of {nbytes:,} bytes")
        self._busy.add(buffer)
        return buffer
