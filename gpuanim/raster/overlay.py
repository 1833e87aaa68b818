"""Puts patches over frames after the points are drawn, and takes them away before the next ones are."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.chrome._base import Patch
from gpuanim.errors import ShapeError
from gpuanim.frames import PixelFormat
from gpuanim.raster.kernels import overlay
from gpuanim.raster.pixels import float_yuv
from gpuanim.types import Buffer

__all__ = ["Overlay"]

_GRAIN = 1 << 17
"""Bytes of a patch that a thread takes at a time: some 40 us, as long as waking a thread may take."""

_PLANES: dict[PixelFormat, Callable[[Buffer, int, int], tuple[Buffer, ...]]] = {
    PixelFormat.RGB24: lambda out, w, h: (out.reshape(h, 3 * w),),
    PixelFormat.RGBA: lambda out, w, h: (out.reshape(h, 4 * w),),
    PixelFormat.YUV420P: lambda out, w, h: (
        out[: w * h].reshape(h, w),
        *out[w * h :].reshape(2, h // 2, w // 2),
    ),
    PixelFormat.NV12: lambda out, w, h: (out[: w * h].reshape(h, w), out[w * h :].reshape(h // 2, w)),
    PixelFormat.YUV444P: lambda out, w, h: tuple(out.reshape(3, h, w)),
}
"""Format -> the planes of bytes that a frame of w x h pixels consists of, each in one piece."""


_BLACK = float_yuv(np.zeros(3))
_MATRIX = np.column_stack([(float_yuv(255 * np.eye(3)) - _BLACK).T / 255, _BLACK])
"""What takes R, G, B and 1 to Y, Cb and Cr: the conversion is affine."""


@dataclass(frozen=True)
class _Piece:
    """What a patch puts on one plane of a frame.

    Parameters
    ----------
    plane, top, left
        Number of the plane, and where on it the piece begins: row and byte.
    color
        (rows, columns) uint8.
    alpha
        (rows, columns) uint8; None where `color` has an alpha of its own, as RGBA has.
    """

    plane: int
    top: int
    left: int
    color: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None

    def blend(self, plane: NDArray[np.uint8], saved: NDArray[np.uint8]) -> None:
        """Keep in `saved` what lies there, and mix the piece in."""
        where = (plane, self.top, self.left)
        if self.alpha is None:
            _in_parts(lambda lo, hi: overlay.over(*where, self.color, saved, lo, hi), self.color)
        else:
            alpha = self.alpha
            _in_parts(lambda lo, hi: overlay.blend(*where, alpha, self.color, saved, lo, hi), self.color)

    def part(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what lies under the piece, as a view."""
        rows, columns = self.color.shape
        return plane[self.top : self.top + rows, self.left : self.left + columns]


@dataclass(frozen=True)
class _Prepared:
    """A patch in the form of a format; holding on to the patch keeps its id from being given to another."""

    patch: Patch
    pieces: tuple[_Piece, ...]


@dataclass
class _Under:
    """What lay under the patches of one buffer: from bottom to top, in memory that is used again."""

    buffer: weakref.ref[Buffer]
    store: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    parts: list[tuple[_Piece, NDArray[np.uint8]]] = field(default_factory=list)

    def take(self, pieces: Sequence[_Piece]) -> list[tuple[_Piece, NDArray[np.uint8]]]:
        """Make room for what lies under `pieces`."""
        ends = np.cumsum([0] + [piece.color.size for piece in pieces])
        if len(self.store) < ends[-1]:
            self.store = np.empty(ends[-1], np.uint8)
        self.parts = [
            (piece, self.store[start : start + piece.color.size].reshape(piece.color.shape))
            for piece, start in zip(pieces, ends[:-1], strict=True)
        ]
        return self.parts


class Overlay:
    """Puts patches over the frames of one size and format, and takes them away again.

    For each buffer `restore` comes first, then what changes is drawn, then `put`.

    Parameters
    ----------
    pixel_format, width, height
        Of the frames. In 4:2:0 chroma is mixed by the mean opacity of the four pixels that share a sample
        and by their mean colour, weighted by opacity.

    Raises
    ------
    RuntimeError
        For PAL8: palette rows cannot be mixed.
    """

    def __init__(self, pixel_format: PixelFormat, width: int, height: int) -> None:
        if pixel_format not in _PLANES:
            raise RuntimeError(f"patches cannot be mixed into {pixel_format.value} frames")
        self._format, self._width, self._height = pixel_format, width, height
        self._prepared: dict[int, _Prepared] = {}
        self._under: dict[int, _Under] = {}

    def restore(self, out: Buffer) -> None:
        """Give the pixels back that lay under the patches of this buffer; without any, do nothing."""
        under = self._under.get(id(out))
        if under is None:
            return
        planes = self._planes(out)
        while under.parts:  # from top to bottom, for patches that lie over each other
            piece, saved = under.parts.pop()
            np.copyto(piece.part(planes[piece.plane]), saved)

    def put(self, out: Buffer, patches: Sequence[Patch]) -> None:
        """Save what lies under the patches, and blend them over the frame, from bottom to top.

        A patch that was there in the last `put` is not prepared again: its pixels must not have changed.

        Raises
        ------
        RuntimeError
            If the patches that were put before are still there.
        ShapeError
            If a patch is not (h, w, 4) uint8.
        """
        under = self._under_of(out)
        if under.parts:
            raise RuntimeError("restore() comes before the next put() to the same buffer")
        last = self._prepared
        self._prepared = {
            id(patch): last.get(id(patch)) or _Prepared(patch, self._prepare(patch)) for patch in patches
        }
        planes = self._planes(out)
        pieces = [piece for patch in patches for piece in self._prepared[id(patch)].pieces]
        for piece, saved in under.take(pieces):
            piece.blend(planes[piece.plane], saved)

    def paint(self, out: Buffer, patch: Patch) -> None:
        """Blend a patch over the frame for good; where frames have alpha, it takes the place of all there."""
        planes = self._planes(out)
        for piece in self._prepare(patch):
            if piece.alpha is None:
                np.copyto(piece.part(planes[piece.plane]), piece.color)
            else:
                piece.blend(planes[piece.plane], np.empty_like(piece.color))

    def _planes(self, out: Buffer) -> tuple[Buffer, ...]:
        return _PLANES[self._format](out, self._width, self._height)

    def _under_of(self, out: Buffer) -> _Under:
        key, known = id(out), self._under
        if key not in known:
            # The next array at the address of one that is gone is another buffer.
            known[key] = _Under(weakref.ref(out, lambda _: known.pop(key)))
        return known[key]

    def _prepare(self, patch: Patch) -> tuple[_Piece, ...]:
        """Cut a patch to the frame and bring it into the frame's format."""
        rgba = patch.rgba
        if rgba.ndim != 3 or rgba.shape[2] != 4 or rgba.dtype != np.uint8:
            raise ShapeError(f"a patch must be (h, w, 4) uint8, not {rgba.shape} {rgba.dtype}")
        left, top = max(0, patch.left), max(0, patch.top)
        right = min(self._width, patch.left + rgba.shape[1])
        bottom = min(self._height, patch.top + rgba.shape[0])
        if left >= right or top >= bottom:
            return ()
        rgba = rgba[top - patch.top : bottom - patch.top, left - patch.left : right - patch.left]
        if self._format.subsampled and (top | bottom | left | right) & 1:  # out to whole blocks, with nothing
            rgba = _widened(rgba, (top & 1, bottom & 1), (left & 1, right & 1))
            left, top = left - left % 2, top - top % 2
        rgba = np.require(rgba, requirements=("C", "W"))  # other arrays would have the kernels compiled again
        if self._format is PixelFormat.RGBA:
            return (_Piece(0, top, 4 * left, rgba.reshape(len(rgba), -1), None),)
        if self._format is PixelFormat.RGB24:
            return (_rgb(rgba, top, left),)
        if self._format is PixelFormat.YUV444P:
            return tuple(_channel(rgba, plane, top, left) for plane in range(3))
        return (
            _channel(rgba, 0, top, left),
            *_chroma(rgba, top, left, interleaved=self._format is PixelFormat.NV12),
        )


def _widened(rgba: NDArray[np.uint8], rows: tuple[int, int], columns: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a patch with so many empty rows above and below, and columns at its sides."""
    height, width = rgba.shape[:2]  # `numpy.pad` takes 0.1 ms for this, as long as all the rest
    wide = np.zeros((rows[0] + height + rows[1], columns[0] + width + columns[1], 4), np.uint8)
    wide[rows[0] : rows[0] + height, columns[0] : columns[0] + width] = rgba
    return wide


def _in_parts(task: Callable[[int, int], None], whole: NDArray[np.uint8]) -> None:
    """Call `task(lo, hi)` for all rows of `whole`, on threads if there is enough to do."""
    rows = len(whole)
    parts = _threads.blocks(rows, -(-_GRAIN * rows // whole.size))
    _threads.run(lambda i: task(*parts[i]), len(parts))


def _rgb(rgba: NDArray[np.uint8], top: int, left: int) -> _Piece:
    height, width = rgba.shape[:2]
    alpha, color = np.empty((2, height, 3 * width), np.uint8)
    _in_parts(lambda lo, hi: overlay.to_rgb(rgba, alpha, color, lo, hi), color)
    return _Piece(0, top, 3 * left, color, alpha)


def _channel(rgba: NDArray[np.uint8], plane: int, top: int, left: int) -> _Piece:
    alpha, color = np.empty((2, *rgba.shape[:2]), np.uint8)
    _in_parts(lambda lo, hi: overlay.to_channel(rgba, _MATRIX[plane], alpha, color, lo, hi), color)
    return _Piece(plane, top, left, color, alpha)


def _chroma(rgba: NDArray[np.uint8], top: int, left: int, *, interleaved: bool) -> tuple[_Piece, ...]:
    """Make the pieces of 4:2:0's planes after the first."""
    rows, columns, top, left = rgba.shape[0] // 2, rgba.shape[1] // 2, top // 2, left // 2
    alpha = np.empty((rows, columns), np.uint8)
    colors = np.empty((rows, columns, 2) if interleaved else (2, rows, columns), np.uint8)
    cb, cr = np.moveaxis(colors, -1, 0) if interleaved else colors
    _in_parts(lambda lo, hi: overlay.to_chroma(rgba, _MATRIX, alpha, cb, cr, lo, hi), alpha)
    if interleaved:
        return (_Piece(1, top, 2 * left, colors.reshape(rows, -1), np.repeat(alpha, 2, axis=1)),)
    return _Piece(1, top, left, cb, alpha), _Piece(2, top, left, cr, alpha)
