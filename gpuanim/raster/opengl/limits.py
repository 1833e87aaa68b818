"""What a driver says of itself."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

__all__ = ["DATA_CENTRE", "SOFTWARE", "Limits", "read_limits"]

SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swr", "software", "swiftshader")
"""Parts of the names of renderers that are no GPU."""

DATA_CENTRE = ("H100", "H200", "H800")
"""Parts of the names of GPUs that draw OpenGL slowly: two of their many processors can run shaders."""

_POINT_SIZE_RANGE, _MAX_TEXTURE_SIZE, _MAX_VIEWPORT, _MAX_SAMPLES = 0x846D, 0x0D33, 0x0D3A, 0x8D57


@dataclass(frozen=True)
class Limits:
    """What a driver says of itself.

    Parameters
    ----------
    vendor, renderer, version
        As the driver has them.
    texture, viewport, samples
        Largest side of a texture and of a viewport in pixels, samples of a pixel.
    point
        Largest sprite, pixels.
    """

    vendor: str
    renderer: str
    version: str
    texture: int
    viewport: int
    point: float
    samples: int

    @property
    def software(self) -> bool:
        """Whether the processor draws, not a GPU."""
        return any(name in self.renderer.lower() for name in SOFTWARE)


def read_limits(gl: Any) -> Limits:
    """Ask the driver whose context is current."""
    sizes, sides = (ctypes.c_float * 2)(), (ctypes.c_int32 * 2)()
    gl.glGetFloatv(_POINT_SIZE_RANGE, sizes)
    gl.glGetIntegerv(_MAX_VIEWPORT, sides)
    viewport = min(sides)
    vendor, renderer, version = (
        str(gl.glGetParameter(name)) for name in (gl.GL_VENDOR, gl.GL_RENDERER, gl.GL_VERSION)
    )
    texture, samples = (_integer(gl, name) for name in (_MAX_TEXTURE_SIZE, _MAX_SAMPLES))
    return Limits(vendor, renderer, version, texture, viewport, sizes[1], samples)


def _integer(gl: Any, name: int) -> int:
    number = ctypes.c_int32()
    gl.glGetIntegerv(name, ctypes.byref(number))
    return number.value
