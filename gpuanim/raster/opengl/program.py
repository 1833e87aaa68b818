"""Shader programs, from the files in `shaders/`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from gpuanim.errors import RendererError

__all__ = ["ATTRIBUTES", "Program"]

ATTRIBUTES = ("x", "y", "code", "diameter", "opacity")
"""Inputs of a point, at these numbers in each program."""

_FORMATS = ("RGB24", "RGBA", "YUV420P", "NV12", "YUV444P", "PAL8")


class Program:
    """A vertex and a fragment shader, compiled for a context that is current.

    Parameters
    ----------
    vertex, fragment
        Names of files in `shaders/`.
    defines
        Macros and their values; True for one without a value.

    Raises
    ------
    RendererError
        If the driver does not compile them.
    """

    def __init__(self, gl: Any, vertex: str, fragment: str, defines: tuple[tuple[str, Any], ...]) -> None:
        self._gl = gl
        self._handle = gl.glCreateProgram()
        self._places: dict[str, int] = {}
        for kind, name in ((gl.GL_VERTEX_SHADER, vertex), (gl.GL_FRAGMENT_SHADER, fragment)):
            shader = gl.glCreateShader(kind)
            gl.glShaderSource(shader, _source(name, defines))
            gl.glCompileShader(shader)
            if not gl.glGetShaderParameter(shader, gl.GL_COMPILE_STATUS):
                raise RendererError(f"the driver does not compile {name}: {gl.glGetShaderInfoLog(shader)}")
            gl.glAttachShader(self._handle, shader)
            gl.glDeleteShader(shader)  # goes with the program
        for place, name in enumerate(ATTRIBUTES):
            gl.glBindAttribLocation(self._handle, place, name)
        gl.glLinkProgram(self._handle)
        if not gl.glGetProgramParameter(self._handle, gl.GL_LINK_STATUS):
            log = gl.glGetProgramInfoLog(self._handle)
            raise RendererError(f"the driver does not link {vertex} and {fragment}: {log}")

    def use(self, **uniforms: Any) -> None:
        """Make it the program that draws, with these values: int, float, or tuples of either.

        Those that it does not have are left out.
        """
        gl = self._gl
        gl.glUseProgram(self._handle)
        for name, value in uniforms.items():
            if name not in self._places:
                self._places[name] = gl.glGetUniformLocation(self._handle, name)
            values = value if isinstance(value, tuple) else (value,)
            kind = "f" if isinstance(values[0], float) else "i"
            getattr(gl, f"glUniform{len(values)}{kind}")(self._places[name], *values)


@cache
def _text(name: str) -> str:
    return (files("gpuanim.raster.opengl") / "shaders" / name).read_text()


def _source(name: str, defines: tuple[tuple[str, Any], ...]) -> str:
    macros = [f"#define {key} {'' if value is True else value}" for key, value in defines]
    formats = [f"#define {key} {number}" for number, key in enumerate(_FORMATS)]
    return "\n".join(["#version 330", *formats, *macros, "#line 1", _text(name)])
