"""Labels moved apart until none lies over another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome.layout import Box

__all__ = ["spread"]

Pixels = NDArray[np.float64]

_ROUNDS = 60

_MOST = 200
"""More than these, which nobody can read, stay where they are: each looks at all others."""

_COARSE = np.stack(np.meshgrid(*[np.linspace(0, 1, 40)] * 2), -1).reshape(-1, 2)
"""Places in a box, for those that find none beside the others; shares of its sides."""

_APART = 1.0
"""Pixels between two that were moved apart; half of it is enough to leave them where they are."""


def spread(centers: Pixels, sizes: Pixels, box: Box) -> Pixels:
    """Move rectangles, as little as may be, until none overlaps another and all lie in `box`.

    Those that overlap first push one another apart for some rounds, which shares the way between them. What
    is left in crowds then goes, one after the other, to the nearest free place beside those before it. Where
    `box` is too full for all, or there are hundreds, overlaps remain.

    Parameters
    ----------
    centers
        (k, 2) pixels.
    sizes
        (k, 2) width and height of each; at most those of `box`.
    box
        Where they have to stay.

    Returns
    -------
    numpy.ndarray
        (k, 2) new centers; those that touch nothing stay where they are.
    """
    low = np.array([box.left, box.top]) + sizes / 2
    high = np.maximum(np.array([box.right, box.bottom]) - sizes / 2, low)
    reach = (sizes[:, None] + sizes[None]) / 2 + _APART
    places = np.clip(centers, low, high)
    if len(places) > _MOST:
        return places
    for _ in range(_ROUNDS):
        pushed = np.clip(places + _push(places, reach), low, high)
        if np.array_equal(pushed, places):
            return places
        places = pushed
    for i in range(1, len(places)):
        places[i] = _free_place(places[i], places[:i], reach[i, :i], low[i], high[i])
    return places


def _push(places: Pixels, reach: Pixels) -> Pixels:
    """Return a step for each: half of the overlaps with others, in the direction in which they are least."""
    gap = places[:, None] - places[None]
    overlap = reach - np.abs(gap)
    # Of two in one place the first goes up and to the left.
    order = np.sign(np.subtract.outer(np.arange(len(places)), np.arange(len(places))))
    touching = (overlap > _APART / 2).all(-1) & (order != 0)
    vertical = overlap[..., 1] <= overlap[..., 0]
    along = np.stack([touching & ~vertical, touching & vertical], -1)
    away = np.where(gap == 0, order[..., None], np.sign(gap))
    # One between two others is pushed by both in full; in a crowd that would overshoot.
    return np.asarray((along * away * overlap / 2).sum(1) / np.maximum(along.sum(1) / 2, 1))


def _free_place(place: Pixels, taken: Pixels, reach: Pixels, low: Pixels, high: Pixels) -> Pixels:
    """Return the nearest place that touches none of `taken`; `place` itself if there is none."""
    x = np.concatenate([place[:1], taken[:, 0] - reach[:, 0], taken[:, 0] + reach[:, 0]])
    y = np.concatenate([place[1:], taken[:, 1] - reach[:, 1], taken[:, 1] + reach[:, 1]])
    straight = np.concatenate(
        [np.column_stack([np.full(len(y), place[0]), y]), np.column_stack([x, np.full(len(x), place[1])])]
    )
    for candidates in (straight, low + _COARSE * (high - low)):
        inside = candidates[((candidates >= low) & (candidates <= high)).all(1)]
        overlap: Pixels = reach - np.abs(inside[:, None] - taken[None])
        free = inside[~np.any(overlap.min(-1) > _APART / 2, axis=1)]
        if len(free):
            return np.asarray(free[np.square(free - place).sum(1).argmin()])
    return place
