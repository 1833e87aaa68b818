"""Applies the compositing operator to the colours of a frame, in one pixel format.

A frame is the still part, written once per buffer, and the live quads, those that hold a point. Where few
points have changed their colour, only the quads that show them are mixed again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Canvas
from gpuanim.raster.changes import Changes
from gpuanim.raster.kernels import shade
from gpuanim.raster.light import Light
from gpuanim.raster.operator import WINDOW, Band, Operator
from gpuanim.raster.pen import Pen
from gpuanim.raster.pixels import ONE
from gpuanim.raster.planes import Planes, copy_part
from gpuanim.types import Buffer, Codes, Colors

__all__ = ["KeptCanvas"]

_FEW = 0.15
"""Share of the live quads up to which it pays to mix only those. 1 % of a million points touch 14 % of them
at 1080p and take half the time of a frame in a film, nearly all of it where the caches are warm."""


@dataclass(frozen=True)
class _Still:
    """What does not change in the live pixels of a band.

    Parameters
    ----------
    base
        (pixels,) rows of a (k,) table of words; there are no more of them than weights, unless a picture
        lies below the points.
    solid
        (pixels,) weights of what is there at all, or (0,) if nothing is transparent.
    """

    base: tuple[shade.Rows, NDArray[np.uint64]]
    solid: NDArray[np.uint16]

    @classmethod
    def of(cls, base: NDArray[np.uint64], solid: NDArray[np.uint16]) -> _Still:
        table, rows = np.unique(base, return_inverse=True)
        narrow = rows.astype(np.uint16) if len(table) <= 1 << 16 else rows.astype(np.uint32)
        return cls((narrow, table), solid)

    @property
    def nbytes(self) -> int:
        return self.base[0].nbytes + self.base[1].nbytes + self.solid.nbytes


_NOTHING = _Still((np.empty(0, np.uint16), np.empty(0, np.uint64)), np.empty(0, np.uint16))


class KeptCanvas(Canvas):
    """A canvas of the `cpu` renderer for operators.

    Parameters
    ----------
    table, pen
        Colours of the codes, and who writes the format.
    """

    def __init__(self, table: Colors, pen: Pen) -> None:
        self._pen, self._format, self._table = pen, pen.format, table
        self._light: Light | None = None  # for sums
        self._lut = self._words(table)
        self._operator: Operator | None = None
        self._stills: list[_Still] = []
        # One per thread: the mixed pixels of a band, and the words of its points.
        self._scratch: deque[tuple[NDArray[np.uint64], NDArray[np.uint64]]] = deque()
        self._shown: Codes = np.empty(0, np.uint16)  # of the last frame
        self._few = 0
        self._changes: Changes | None = None
        self._picture: Buffer | None = None  # the last frame, if few of its points had changed

    def take(self, operator: Operator) -> None:
        """Draw what `operator` says from now on."""
        self._operator = operator
        had = self._light is not None
        self._light = None
        if operator.scene.mixing == "additive":
            self._light = Light(len(operator.bands), yuv=self._format.yuv)
        if had is not (self._light is not None):
            self._lut = self._words(self._table)
        self._stills, self._changes, self._picture = [], None, None
        self._shown = np.empty(0, np.uint16)
        self._few = _few_points(operator)
        pixels = max(4 * len(band.live) for band in operator.bands)
        points = max(len(band.points) for band in operator.bands)
        self._scratch = deque(
            (np.empty(pixels, np.uint64), np.empty(points, np.uint64)) for _ in range(_threads.n_threads())
        )

    @property
    def nbytes(self) -> int:
        """Bytes of what is kept between frames."""
        changes = 0 if self._changes is None else self._changes.nbytes
        picture = 0 if self._picture is None else self._picture.nbytes
        light = 0 if self._light is None else self._light.nbytes
        return sum(still.nbytes for still in self._stills) + changes + picture + light

    def still(self, out: Buffer) -> None:
        """Write background and chrome; see `Canvas.still`."""
        operator = self._placed
        views = self._views(out)
        fresh = not self._stills
        if fresh:
            self._stills = [_NOTHING] * len(operator.bands)
        under = self._words(operator.scene.ground.under.reshape(-1, 3)[:1])[0]
        _threads.run(lambda b: self._still_band(b, under, views, keep=fresh), len(operator.bands))

    def draw(self, codes: Codes, out: Buffer) -> None:
        """Gather W's fragments for each live pixel that may have changed; see `Canvas.draw`."""
        if self._few_differ(codes):
            self._update(codes)
            self._copy(out)
        else:
            self._picture = None
            self._draw_all(codes, out)
        if self._placed.visible is not None:
            if len(self._shown) != len(codes):
                self._shown = np.empty(len(codes), np.uint16)
            self._shown[:] = codes

    def _few_differ(self, codes: Codes) -> bool:
        if len(self._shown) != len(codes) or len(codes) == 0 or self._light is not None:
            return False
        some = slice(None, None, 16)
        if np.count_nonzero(codes[some] != self._shown[some]) > self._few / 8:
            return False
        return int(np.count_nonzero(codes != self._shown)) <= self._few

    def _draw_all(self, codes: Codes, out: Buffer) -> None:
        operator = self._placed
        views = self._views(out)

        def task(b: int) -> None:
            band, still = operator.bands[b], self._stills[b]
            mixed, own = self._scratch.pop()
            try:
                shade.look_up(band.points, codes, self._lut, own)
                if self._light is not None:
                    self._light.mix(b, band, still.base, own, mixed)
                elif self._format is PixelFormat.PAL8:
                    shade.pick(WINDOW, band.classes, band.order, band.ids, *still.base, own, mixed)
                else:
                    shade.mix(
                        WINDOW, band.classes, band.order, band.ids, band.weights, *still.base, own, mixed
                    )
                self._pen.put(band.live, mixed, band.row0, still.solid, views)
            finally:
                self._scratch.append((mixed, own))

        _threads.run(task, len(operator.bands))

    def _update(self, codes: Codes) -> None:
        """Bring the kept picture from the last frame to this one."""
        operator = self._placed
        if self._picture is None:
            self._picture = self._format.empty(operator.scene.width, operator.scene.height)
            self.still(self._picture)
            self._draw_all(codes, self._picture)
            return
        if self._changes is None:
            self._changes = Changes(operator)
        changes, views = self._changes, self._views(self._picture)
        changes.mark(codes, self._shown)
        flat = self._format is PixelFormat.PAL8

        def task(b: int) -> None:
            band, still = operator.bands[b], self._stills[b]
            live = changes.live_quads(b)
            if len(live) == 0:
                return
            mixed, own = self._scratch.pop()
            try:
                shade.look_up(band.points, codes, self._lut, own)
                shade.remix(live, *changes.rows(b), band.ids, band.weights, *still.base, own, flat, mixed)
                solid = still.solid
                part = solid.reshape(-1, 4)[live].ravel() if len(solid) else solid
                self._pen.put(band.live[live], mixed, band.row0, part, views)
            finally:
                self._scratch.append((mixed, own))

        _threads.run(task, len(operator.bands))

    def _copy(self, out: Buffer) -> None:
        """Copy the part of the kept picture that points may show in; the rest may be another panel's."""
        if self._picture is None:
            raise RuntimeError("there is no picture to copy")
        scene = self._placed.scene
        copy_part(self._picture, out, self._format, (scene.width, scene.height), scene.clip)

    @property
    def _placed(self) -> Operator:
        if self._operator is None:
            raise RuntimeError("place() comes before drawing")
        return self._operator

    def _words(self, colors: Colors) -> NDArray[np.uint64]:
        """Return the word that stands for each of (..., 3) colours."""
        return self._pen.words(colors, light=self._light is not None)

    def _still_band(self, b: int, under: np.uint64, views: Planes, *, keep: bool) -> None:
        operator = self._placed
        band = operator.bands[b]
        chrome, solid = self._chrome(band), self._solid(band.rest)
        base = self._under(band, under, band.rest) + chrome
        if keep:
            pixels = _pixels(band.live, operator.quads)
            below = base
            if self._light is not None:
                self._light.keep(b, band.over[pixels], ONE, chrome[pixels])
                below = self._under(band, under, np.full(len(base), ONE, np.uint16))
            self._stills[b] = _Still.of(below[pixels], solid[pixels] if len(solid) else solid)
        if self._light is not None:
            self._light.convert(base)
        everywhere = operator.grid.address(np.arange(len(base) // 4, dtype=np.uint32))
        self._pen.put(everywhere, base, band.row0, solid, views)

    def _under(self, band: Band, color: np.uint64, weights: NDArray[np.uint16]) -> NDArray[np.uint64]:
        """Return the background's part of each pixel: its weight times its colour, `color` if it has one."""
        operator = self._placed
        ground = operator.scene.ground
        if ground.transparent:
            return np.zeros(weights.shape, np.uint64)
        if ground.under.ndim == 1:
            return (weights >> np.uint16(self._pen.shift)) * color
        return (weights >> np.uint16(self._pen.shift)) * self._words(
            operator.grid.pixels(ground.under, band.row0)
        )

    def _chrome(self, band: Band) -> NDArray[np.uint64]:
        """Return the part of what lies above the points."""
        part = np.zeros(band.over.shape, np.uint64)
        over = self._placed.scene.ground.over
        if over is not None:
            drawn = np.flatnonzero(band.over)  # a few per cent of the pixels: frames, ticks, text
            colors = self._placed.grid.pixels(over, band.row0)[drawn, :3]
            part[drawn] = (band.over[drawn] >> np.uint16(self._pen.shift)) * self._words(colors)
        return part

    def _solid(self, rest: NDArray[np.uint16]) -> NDArray[np.uint16]:
        return np.uint16(ONE) - rest if self._placed.scene.ground.transparent else np.empty(0, np.uint16)

    def _views(self, out: Buffer) -> Planes:
        scene = self._placed.scene
        return self._pen.planes(out, scene.width, scene.height)


def _few_points(operator: Operator) -> int:
    """Return how many points touch few quads."""
    columns, rows = (
        np.diff(part, axis=1) + np.int32(1) for part in np.hsplit(operator.boxes.astype(np.int32), 2)
    )
    quads = sum(len(band.live) for band in operator.bands)
    # The median: an outline is one colour number, all over the frame.
    return int(_FEW * quads / max(1.0, float(np.median(columns * rows)))) if len(columns) else 0


def _pixels(live: NDArray[np.uint32], quads: int) -> NDArray[np.intp]:
    """Return the numbers of the pixels of live quads within their band."""
    quad = (live >> np.uint32(16)).astype(np.intp) * quads + (live & np.uint32(0xFFFF))
    return (quad[:, None] * 4 + np.arange(4)).ravel()
