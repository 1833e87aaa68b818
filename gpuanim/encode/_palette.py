"""A palette for films with more than 256 colours, made from what can occur before anything has.

Anti-aliased and translucent points mix the colours of the film: with the background at their edges, with
each other where they overlap. So the palette is chosen for the flat colours and a sample of mixtures: flat
colours are rows as far as there is room, the other rows go where k-means wants them. On drawn test films
(viridis, turbo, tab20; white and black; opaque and translucent) the mean error is 1.3 to 2.9 of 255, against
1.2 to 2.4 for k-means on the finished picture itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.types import Colors

__all__ = ["MAX_ROWS", "FilmPalette", "film_palette"]

MAX_ROWS = 255
"""One row stays free for "unchanged"."""

_FLAT_ROWS = 96
"""Rows for flat colours: viridis is then at most 3 of 255 off; 128 would cost its mixtures 8 % more error."""
_NEAR = 2.0  # flat colours that are closer than this can share a row
_COVERAGES = 16
_SAMPLE = 4000
_ROUNDS = 8  # of k-means; 12 improve the mean error by 1 %
_CHUNK = 512  # colours whose distances to all rows fit a cache

Points: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FilmPalette:
    """The rows, and how far colours are from them: differences of channels, of 255.

    Parameters
    ----------
    colors
        (at most `MAX_ROWS`, 3); the background is one of them.
    flat_error
        Largest one among the flat colours.
    mean_error, max_error
        Over a sample of mixtures, which is harsher than a film: most of its pixels are hardly mixed.
    """

    colors: Colors
    flat_error: int
    mean_error: float
    max_error: int


def film_palette(flat: Colors, background: tuple[int, int, int] | None = None) -> FilmPalette:
    """Choose the rows for films of (k, 3) flat colours and their mixtures; about 0.1 s, then remembered.

    `background` is what edges mix with; without it, the first colour, and white if it is among the others.
    """
    flat = np.ascontiguousarray(flat, np.uint8).reshape(-1, 3)
    return _film_palette(flat.tobytes(), background)


@lru_cache(maxsize=8)
def _film_palette(flat_bytes: bytes, background: tuple[int, int, int] | None) -> FilmPalette:
    given = np.frombuffer(flat_bytes, np.uint8).reshape(-1, 3)
    hubs = _hubs(given, background)
    flat: Points = np.unique(np.concatenate([given, hubs]), axis=0).astype(np.float32)
    mixtures, weights = _mixtures(flat, hubs.astype(np.float32))
    start = _spread(flat, hubs.astype(np.float32), _FLAT_ROWS, _NEAR)
    rows = _spread(mixtures, start, MAX_ROWS, 0.5)
    rows = np.rint(_settle(mixtures, weights, rows, len(start)))
    colors = np.unique(rows, axis=0).astype(np.uint8)
    flat_errors, errors = _errors(flat, colors), _errors(mixtures, colors)
    return FilmPalette(colors, int(flat_errors.max()), float(errors.mean()), int(errors.max()))


def _hubs(flat: Colors, background: tuple[int, int, int] | None) -> Colors:
    if background is not None:
        return np.array([background], np.uint8)
    white = flat[(flat == 255).all(axis=1)][:1]
    return np.unique(np.concatenate([flat[:1], white]), axis=0)


def _mixtures(flat: Points, hubs: Points) -> tuple[Points, NDArray[np.float64]]:
    """Sample mixtures with the background (half of the weight), of two colours, and of all three."""
    random = np.random.default_rng(0)
    some = flat if len(flat) <= 256 else flat[random.choice(len(flat), 256, replace=False)]
    coverage = (np.arange(1, _COVERAGES, dtype=np.float32) / _COVERAGES)[:, None, None]
    edges = np.concatenate([hub + coverage * (some - hub) for hub in hubs]).reshape(-1, 3)

    def fractions() -> Points:
        return random.random((_SAMPLE, 1), np.float32)

    def pairs() -> Points:
        a, b = random.integers(0, len(flat), (2, _SAMPLE))
        return np.asarray(flat[a] + fractions() * (flat[b] - flat[a]))

    under = hubs[random.integers(0, len(hubs), _SAMPLE)]
    parts = [edges, pairs(), under + fractions() * (pairs() - under)]
    shares = [0.5, 0.25, 0.25]
    weights = [np.full(len(part), share / len(part)) for part, share in zip(parts, shares, strict=True)]
    return np.concatenate(parts).astype(np.float32), np.concatenate(weights)


def _spread(points: Points, start: Points, limit: int, radius: float) -> Points:
    """Add to `start` the point farthest from all rows, again and again (Gonzalez 1985)."""
    rows = list(start)
    gap = np.full(len(points), np.inf, np.float32)
    for row in start:
        np.minimum(gap, np.square(points - row).sum(axis=1), out=gap)
    while len(rows) < limit and gap.max() > radius * radius:
        rows.append(points[gap.argmax()])
        np.minimum(gap, np.square(points - rows[-1]).sum(axis=1), out=gap)
    return np.array(rows, np.float32)


def _settle(points: Points, weights: NDArray[np.float64], rows: Points, n_fixed: int) -> Points:
    """Move all rows but the first `n_fixed` to the mean of the points that they are nearest to (k-means)."""
    rows = rows.copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(points, rows)
        total = np.bincount(nearest, weights, len(rows))
        moves = total > 0
        moves[:n_fixed] = False
        for axis in range(3):
            sums = np.bincount(nearest, weights * points[:, axis], len(rows))
            rows[moves, axis] = sums[moves] / total[moves]
    return rows


def _nearest(points: Points, rows: Points) -> NDArray[np.intp]:
    half = np.square(rows).sum(axis=1) / 2
    columns = np.ascontiguousarray(rows.T)
    parts = [points[at : at + _CHUNK] for at in range(0, len(points), _CHUNK)]
    return np.concatenate([(half - part @ columns).argmin(axis=1) for part in parts])


def _errors(points: Points, colors: Colors) -> NDArray[np.float32]:
    rows = colors.astype(np.float32)
    return np.asarray(np.abs(points - rows[_nearest(points, rows)]))
