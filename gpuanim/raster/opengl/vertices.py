"""The points of a film in the GPU's memory: uploaded when they move, coloured for each frame."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.raster._base import Points, Scene
from gpuanim.raster.kernels.gather import gather
from gpuanim.raster.opengl.context import Context
from gpuanim.raster.opengl.memory import Stream, Texture
from gpuanim.raster.opengl.program import ATTRIBUTES
from gpuanim.raster.opengl.tiles import Window
from gpuanim.types import Codes, Ids

__all__ = ["MARGIN", "Vertices"]

_SPRITE = 128.0
"""Largest sprite in pixels; wider discs are quads. Every driver that we know of has 255 and more."""

MARGIN = int(_SPRITE) // 2 + 2
"""Pixels around a window that sprites are drawn for: OpenGL leaves out those whose centre lies outside."""

_EDGE = 1.0 / 16.0
"""Pixels that a sprite is wider than it has to be: drivers round corners to 1/16 and less."""

_SLICES = ((0.5, 32), (0.75, 16), (1.0, 8), (2.0, 6), (math.inf, 4))
"""Radius below which a disc is cut into so many slices: the areas are then right within 0.6 of 255 (root mean
square over the pixels that an edge crosses). Eight take a software renderer a tenth longer than four."""

_GRAIN = 1 << 16

_POINTS, _TRIANGLE_STRIP = 0x0000, 0x0005
_PROGRAM_POINT_SIZE, _POINT_SPRITE = 0x8642, 0x8861


@dataclass(frozen=True)
class _Look:
    """How the points that were placed are drawn."""

    alpha: float
    antialias: bool
    blended: bool
    largest: float
    slices: int
    own: tuple[str, ...]
    """What each point has of its own: "SIZES", "OPACITIES"."""


class Vertices:
    """The points that were placed last; the context is current in every call."""

    def __init__(self, context: Context, gl: Any) -> None:
        self._context, self._gl = context, gl
        self._array = ctypes.c_uint()
        gl.glGenVertexArrays(1, ctypes.byref(self._array))
        self._streams = {name: Stream(gl, place) for place, name in enumerate(ATTRIBUTES)}
        self._ids: Ids | None = None
        self._n = 0
        self._look = _Look(1.0, True, True, 1.0, 8, ())

    @property
    def nbytes(self) -> int:
        """Bytes of the buffers."""
        return sum(stream.nbytes for stream in self._streams.values())

    @property
    def blended(self) -> bool:
        """Whether a point lets through what lies below it, at its edge at least."""
        return self._look.blended

    def place(self, points: Points, scene: Scene) -> None:
        """Upload where points lie."""
        self._n = len(points.x)
        self._ids = None if _counting(points.ids) else points.ids
        sizes = points.diameter if isinstance(points.diameter, np.ndarray) else None
        least, largest = _extremes(points.diameter)
        own = tuple(
            name for name, had in (("SIZES", sizes), ("OPACITIES", points.opacity)) if had is not None
        )
        blended = scene.antialias or scene.alpha < 1.0 or points.opacity is not None
        slices = next(n for below, n in _SLICES if least / 2 < below)
        self._look = _Look(scene.alpha, scene.antialias, blended, largest, slices, own)
        with self._bound():
            self._streams["x"].put(points.x.astype(np.float32, copy=False))
            self._streams["y"].put(points.y.astype(np.float32, copy=False))
            self._streams["diameter"].put(sizes)
            self._streams["opacity"].put(points.opacity)
        self._context.check(f"{self._n:,} points")

    def color(self, codes: Codes, *, narrow: bool) -> None:
        """Upload the codes of a frame, which stand in the order of the source: a byte each if `narrow`."""
        dtype = np.uint8 if narrow else np.uint16
        if self._ids is None:
            drawn = codes[: self._n].astype(dtype, copy=False)
        else:
            drawn = _gathered(codes, self._ids, dtype)
        with self._bound():
            self._streams["code"].put(drawn)

    def draw(self, window: Window, clip: Window, table: Texture) -> None:
        """Draw all points to a window of the frame, inside the clip."""
        gl, look = self._gl, self._look
        left, top = window[:2]
        width, height = window[2] - left, window[3] - top
        inner = (max(clip[0], left), max(clip[1], top), min(clip[2], window[2]), min(clip[3], window[3]))
        if self._n == 0 or inner[0] >= inner[2] or inner[1] >= inner[3]:
            return
        pad = 1.0 + _EDGE if look.antialias else _EDGE
        quads = look.largest + pad > min(_SPRITE, self._context.limits.point)
        wide, high = width + 2 * MARGIN, height + 2 * MARGIN
        table.bind(0)
        self._program(quads=quads).use(
            origin=(float(left), float(top)), alpha=float(look.alpha), pad=pad, table=0,
            diameter=look.largest, radius=look.largest / 2,
            view=(2.0 / wide, 2.0 / high, 2.0 * MARGIN / wide - 1.0, 2.0 * MARGIN / high - 1.0),
        )  # fmt: skip
        gl.glViewport(-MARGIN, -MARGIN, wide, high)
        gl.glScissor(inner[0] - left, inner[1] - top, inner[2] - inner[0], inner[3] - inner[1])
        switches = [gl.GL_SCISSOR_TEST, _PROGRAM_POINT_SIZE, _POINT_SPRITE]
        if look.blended:
            switches.append(gl.GL_BLEND)
            gl.glBlendFunc(gl.GL_ONE, gl.GL_ONE_MINUS_SRC_ALPHA)
        with self._bound(), _switched(gl, switches):
            for stream in self._streams.values():
                stream.advance(by_instance=quads)
            if quads:
                gl.glDrawArraysInstanced(_TRIANGLE_STRIP, 0, 4, self._n)
            else:
                gl.glDrawArrays(_POINTS, 0, self._n)

    def free(self) -> None:
        """Delete the buffers."""
        for stream in self._streams.values():
            stream.free()
        self._gl.glDeleteVertexArrays(1, ctypes.byref(self._array))

    @contextmanager
    def _bound(self) -> Iterator[None]:
        self._gl.glBindVertexArray(self._array)
        try:
            yield
        finally:
            self._gl.glBindVertexArray(0)

    def _program(self, *, quads: bool) -> Any:
        defines: dict[str, Any] = dict.fromkeys(self._look.own, True)
        defines |= {"LEAST": "0.0" if self._look.antialias else "1.0"}
        if self._look.antialias:
            defines["SLICES"] = self._look.slices
        if quads:
            defines["QUADS"] = True
        return self._context.program("points.vert", "points.frag", **defines)


@contextmanager
def _switched(gl: Any, switches: list[int]) -> Iterator[None]:
    for switch in switches:
        gl.glEnable(switch)
    try:
        yield
    finally:
        for switch in switches:
            gl.glDisable(switch)


def _extremes(diameter: NDArray[np.float32] | float) -> tuple[float, float]:
    if not isinstance(diameter, np.ndarray):
        return float(diameter), float(diameter)
    return (float(diameter.min()), float(diameter.max())) if len(diameter) else (1.0, 1.0)


def _counting(ids: Ids) -> bool:
    """Whether ids are 0, 1, 2 and so on."""
    n = len(ids)
    if n == 0 or ids[0] != 0 or ids[-1] != n - 1:
        return n == 0
    return bool(np.array_equal(ids, np.arange(n, dtype=ids.dtype)))


def _gathered(codes: Codes, ids: Ids, dtype: type[np.uint8] | type[np.uint16]) -> NDArray[Any]:
    """Return the codes of points in draw order."""
    out: NDArray[Any] = np.empty(len(ids), dtype)
    parts = _threads.blocks(len(ids), _GRAIN)
    _threads.run(lambda i: gather(codes, ids, *parts[i], out), len(parts))
    return out
