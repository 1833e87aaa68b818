"""Embeddings of any scale, shift and turn -> the same box, so that points travel short ways between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["fit_to_box", "turned", "turned_all"]

Places = NDArray[np.float64]


def fit_to_box(places: NDArray[np.floating[Any]], ratio: float = 1.0) -> Places:
    """Return places in a box around the origin, ``2 ratio`` wide and 2 high, as large as they fit.

    The middle of their extent comes to the origin; both directions are scaled alike. Rows of NaN stay so.
    Places that all coincide come to the origin.

    Parameters
    ----------
    places
        (n, 2).
    ratio
        Width of the box by its height.
    """
    wide = np.asarray(places, np.float64)
    low, high = np.fmin.reduce(wide), np.fmax.reduce(wide)
    sides = (high - low) / (2 * np.array([ratio, 1.0]))
    scale = float(sides.max())
    return np.asarray((wide - (low + high) / 2) / (scale if scale > 0 else 1.0))


def turned(places: Places, towards: Places) -> Places:
    """Turn and perhaps reflect places so that points come close to where they are in another embedding.

    The orthogonal Procrustes problem: of all orthogonal Q, ``|| P Q - T ||`` is least for ``Q = U V'``, where
    ``U S V'`` is the singular value decomposition of ``P' T``. Both are centred before, at the mean of the
    points that have a place in both; Q does not depend on their sizes.

    Parameters
    ----------
    places, towards
        (n, 2), NaN for points without a place.

    Returns
    -------
    numpy.ndarray
        (n, 2) places about the origin; as they are if fewer than two points are in both.

    References
    ----------
    P. H. Schönemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika 31, 1966.
    """
    both = np.isfinite(places).all(axis=1) & np.isfinite(towards).all(axis=1)
    if np.count_nonzero(both) < 2:
        return places
    middle = places[both].mean(axis=0)
    own, other = places[both] - middle, towards[both] - towards[both].mean(axis=0)
    left, _, right = np.linalg.svd(own.T @ other)
    return np.asarray((places - middle) @ (left @ right))


def turned_all(stations: Sequence[Places], fixed: int) -> list[Places]:
    """Turn each embedding towards its neighbour, going outwards from the one at `fixed`, which stays."""
    made = list(stations)
    for i in range(fixed + 1, len(made)):
        made[i] = turned(made[i], made[i - 1])
    for i in range(fixed - 1, -1, -1):
        made[i] = turned(made[i], made[i + 1])
    return made
