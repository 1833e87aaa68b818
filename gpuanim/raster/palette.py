"""Palettes: the colours of a film in at most 256 rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.raster.pixels import unique_colors
from gpuanim.types import Colors

__all__ = ["light_colors", "nearest", "reduce_colors"]

_GAINS = (0.5, 1.0, 2.0, 4.0, 16.0)
_SUMMED = 32
"""Colours of which all pairs are summed."""


def nearest(colors: Colors, palette: Colors) -> NDArray[np.intp]:
    """Return for each of (..., 3) colours the row of the palette that is closest to it in RGB."""
    unique, rows = unique_colors(colors)
    gap = unique[:, None, :].astype(np.int32) - palette[None, :, :].astype(np.int32)
    return np.asarray(np.square(gap).sum(-1).argmin(1)[rows])


def light_colors(colors: Colors, ground: NDArray[np.integer[Any]]) -> Colors:
    """Return (m, 3) colours that sums of light come close to: ground plus faint to glaring light, and white.

    Sums leave the hull of their (k, 3) colours: red and blue make magenta, and more of all makes white.
    """
    own = colors.astype(np.float64)
    some = own[:: -(-len(own) // _SUMMED)]
    pairs = (some[:, None] + some).reshape(-1, 3)
    light = np.concatenate([*(gain * own for gain in _GAINS), pairs, np.full((1, 3), 255.0)])
    return np.unique(np.minimum(255, np.rint(ground + light)).astype(np.uint8), axis=0)


def reduce_colors(colors: Colors, limit: int) -> tuple[Colors, int]:
    """Merge the closest of (k, 3) colours until at most `limit` are left.

    A colour map of 256 levels on a background is one colour too many for a palette; neighbouring
    levels differ by a unit or two, so that merging a few loses less than one can see.

    Parameters
    ----------
    colors
        Earlier colours survive: put those first that must stay exact, such as the background.
    limit
        Number of rows wanted.

    Returns
    -------
    palette
        (at most limit, 3) uint8.
    error
        Largest difference in any channel between a colour and its row, 0 if nothing was merged.
    """
    keys = np.asarray(colors, np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    _, first = np.unique(keys, return_index=True)
    kept = np.asarray(colors)[np.sort(first)]
    whole = kept
    if len(kept) > limit:
        gap = np.square(kept[:, None, :].astype(np.int64) - kept[None, :, :].astype(np.int64)).sum(-1)
        gap[np.triu_indices(len(kept))] = np.iinfo(np.int64).max  # column = the earlier of a pair
        for _ in range(len(kept) - limit):
            later, _ = np.unravel_index(gap.argmin(), gap.shape)
            gap[later, :] = gap[:, later] = np.iinfo(np.int64).max
            whole_row = int(later)
            keys_left = np.ones(len(kept), bool)
            keys_left[whole_row] = False
            kept, gap = kept[keys_left], gap[np.ix_(keys_left, keys_left)]
    error = np.abs(whole.astype(int) - kept[nearest(whole, kept)].astype(int)).max(initial=0)
    return kept, int(error)
