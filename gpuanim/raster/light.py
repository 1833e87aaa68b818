"""Sums of light, which need what sums to one does not: wide sums, a clip in RGB, and chrome above both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim.raster.kernels import light, shade
from gpuanim.raster.operator import WINDOW, Band
from gpuanim.raster.pixels import float_yuv

__all__ = ["Light"]

_BLACK = float_yuv(np.zeros(3))
_MATRIX = np.rint(65536 * np.column_stack([(float_yuv(255 * np.eye(3)) - _BLACK).T / 255, _BLACK])).astype(
    np.int64
)


@dataclass(frozen=True)
class _Chrome:
    """What lies over a few of the live pixels of a band.

    Parameters
    ----------
    places
        (k,) uint32 among the live pixels.
    left
        (k,) uint16 weight of what lies below.
    words
        (k,) colours times their weights.
    """

    places: NDArray[np.uint32]
    left: NDArray[np.uint16]
    words: NDArray[np.uint64]


class Light:
    """Adds up the light of one operator's points.

    Parameters
    ----------
    n_bands
        Bands of the operator.
    yuv
        Whether frames have YUV colours. The sum is clipped, so that it must be RGB; it is converted for each
        frame.
    """

    def __init__(self, n_bands: int, *, yuv: bool) -> None:
        self._yuv = yuv
        self._chrome: list[_Chrome | None] = [None] * n_bands

    @property
    def nbytes(self) -> int:
        """Bytes of what is kept between frames."""
        kept = [chrome for chrome in self._chrome if chrome is not None]
        return sum(part.nbytes for c in kept for part in (c.places, c.left, c.words))

    def keep(self, b: int, over: NDArray[np.uint16], one: int, words: NDArray[np.uint64]) -> None:
        """Keep the chrome of band `b`: its weights and its colours times these, for each live pixel."""
        places = np.flatnonzero(over).astype(np.uint32)
        self._chrome[b] = _Chrome(places, one - over[places], words[places]) if len(places) else None

    def mix(
        self,
        b: int,
        band: Band,
        base: tuple[shade.Rows, NDArray[np.uint64]],
        own: NDArray[np.uint64],
        out: NDArray[np.uint64],
    ) -> None:
        """Set `out` to the pixels of the live quads of band `b`, in words of the format."""
        light.add(WINDOW, band.classes, band.order, band.ids, band.weights, *base, own, out)
        chrome = self._chrome[b]
        if chrome is not None:
            light.cover(chrome.places, chrome.left, chrome.words, out)
        self.convert(out[: 4 * len(band.live)])

    def convert(self, words: NDArray[np.uint64]) -> None:
        """Bring words of RGB to the format, in place."""
        if self._yuv:
            light.to_yuv(_MATRIX, words)
