"""Kernels of categories and of their shares: codes, mixtures, and winners."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import kernel
from gpuanim.types import Codes, Ids, Values

__all__ = ["BINS", "encode_categories", "encode_mixtures", "encode_winners"]

BINS = 4096
"""Bins of 0..1 in which the cell of a channel is looked up; none holds two thresholds."""

PURE = np.float32(1e-4)
"""Share of all other categories up to which a point has the very colour of one."""

_ZERO, _ONE = np.float32(0), np.float32(1)


@kernel
def encode_categories(values: Any, where: Ids, lo: int, hi: int, n_levels: int, out: Codes) -> None:
    """Write the categories of `values[where]` (of all if it is empty) to `out[lo:hi]`; NA is `n_levels`.

    Parameters
    ----------
    values
        (n,) integers or floats; what is not from 0 to `n_levels` - 1 is NA.
    """
    if len(where) > 0:
        for i in range(lo, hi):
            value = values[where[i]]
            inside = (value >= 0) & (value < n_levels)
            out[i] = np.uint16(value) if inside else np.uint16(n_levels)
    else:
        for i in range(lo, hi):
            value = values[i]
            inside = (value >= 0) & (value < n_levels)
            out[i] = np.uint16(value) if inside else np.uint16(n_levels)


@kernel
def encode_mixtures(
    values: NDArray[Any],
    where: Ids,
    lo: int,
    hi: int,
    colors: NDArray[np.float32],
    cells: NDArray[np.uint8],
    thresholds: NDArray[np.float32],
    bases: NDArray[np.int32],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    n_cells: int,
    out: Codes,
) -> None:
    """Write to `out[lo:hi]` the cell of the lattice that the mixture of a point's colours lies in.

    Parameters
    ----------
    values
        (n, k) weights; negative ones count as 0.
    colors
        (k, 3) colours of the categories, 0..1, in the space where they are mixed.
    cells, thresholds
        (3, BINS + 1) cell at the low end of each bin of a channel, and (3, 257) the low ends of the cells.
    bases, first, last
        For each cell of red and green the first and the last one of blue, and the code less the first.
    n_cells
        Number of cells; the codes of pure colours come after them, and then that of NA.
    """
    k = values.shape[1]
    bins = np.float32(BINS)
    for i in range(lo, hi):
        row = values[where[i]] if len(where) > 0 else values[i]
        total, most, winner = _ZERO, _ZERO, 0
        red, green, blue = _ZERO, _ZERO, _ZERO
        for c in range(k):
            weight = np.float32(row[c])
            weight = _ZERO if weight < _ZERO else weight  # NaN stays, and spoils the total
            total += weight
            red += weight * colors[c, 0]
            green += weight * colors[c, 1]
            blue += weight * colors[c, 2]
            winner = c if weight > most else winner
            most = weight if weight > most else most
        if not (total > _ZERO and total < np.float32(np.inf)):
            out[i] = np.uint16(n_cells + k)
        elif total - most <= PURE * total:
            out[i] = np.uint16(n_cells + winner)
        else:
            r, g, b = min(red / total, _ONE), min(green / total, _ONE), min(blue / total, _ONE)
            x = np.int64(cells[0, np.int64(r * bins)])
            y = np.int64(cells[1, np.int64(g * bins)])
            z = np.int64(cells[2, np.int64(b * bins)])
            x += r >= thresholds[0, x + 1]
            y += g >= thresholds[1, y + 1]
            z += b >= thresholds[2, z + 1]
            z = min(max(z, np.int64(first[x, y])), np.int64(last[x, y]))
            out[i] = np.uint16(bases[x, y] + z)


@kernel
def encode_winners(
    values: NDArray[Any], where: Ids, lo: int, hi: int, floor: float, n_shades: int, out: Codes
) -> None:
    """Write to `out[lo:hi]` the category of the largest weight, the first of equal ones, and its shade.

    Parameters
    ----------
    values
        (n, k) weights; negative ones count as 0.
    floor
        Share of the winner, below 1, at which its shade is 0.
    n_shades
        Shades of a category; the code is ``winner * n_shades + shade``, and ``k * n_shades`` for NA.
    """
    k = values.shape[1]
    low, steps = np.float32(floor), np.float32((n_shades - 1) / (1.0 - floor))
    top = np.float32(n_shades - 1)
    for i in range(lo, hi):
        row = values[where[i]] if len(where) > 0 else values[i]
        total, most, winner = _ZERO, _ZERO, 0
        for c in range(k):
            weight = np.float32(row[c])
            weight = _ZERO if weight < _ZERO else weight
            total += weight
            winner = c if weight > most else winner
            most = weight if weight > most else most
        if not (total > _ZERO and total < np.float32(np.inf)):
            out[i] = np.uint16(k * n_shades)
        else:
            shade = min(max((most / total - low) * steps, _ZERO), top)
            out[i] = np.uint16(winner * n_shades + np.int64(shade + np.float32(0.5)))
