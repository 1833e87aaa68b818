"""The points of a frame that are there, and below them those of frames before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gpuanim.motion.places import Past
from gpuanim.motion.tracks import Coords
from gpuanim.raster._base import Points

__all__ = ["shown", "with_trails"]

Order = NDArray[np.int64] | None


def shown(points: Points, shares: NDArray[np.float32] | None, order: Order) -> Points:
    """Return the points that are there, in an order from bottom to top.

    Parameters
    ----------
    points
        (n,) in the order of the data.
    shares
        (n,) 0..1 of their opacity; None for 1. Those with 0 are left out.
    order
        (n,) from bottom to top; None for that of the data.
    """
    if shares is None:
        return points if order is None else points.take(order)
    there = np.flatnonzero(shares > 0) if order is None else order[shares[order] > 0]
    picked = points.take(there)
    own = shares[there]
    if bool((own == 1).all()):
        return picked
    return replace(picked, opacity=own if picked.opacity is None else picked.opacity * own)


def with_trails(
    points: Points, past: Sequence[Past], project: Callable[[Coords], Points], order: Order
) -> Points:
    """Put the places where points were below those where they are.

    Parameters
    ----------
    points
        Those of this frame, in order.
    past
        The oldest first.
    project
        Returns the points at (n, 2) coordinates, in the order of the data.
    order
        As in `shown`.
    """
    if not past:
        return points
    layers = [shown(project(then.coords), _left(then), order) for then in past]
    return _stacked([*layers, points])


def _left(then: Past) -> NDArray[np.float32]:
    """Return the opacity of points in a frame before, 0 for those that have not left their place."""
    left: NDArray[np.float32] = (then.coords != then.later).any(axis=1) * np.float32(then.weight)
    return left if then.shares is None else left * then.shares


def _stacked(layers: Sequence[Points]) -> Points:
    """Return the points of all layers, from bottom to top."""
    sizes = [len(layer.x) for layer in layers]
    diameter, opacity = layers[-1].diameter, None
    if any(isinstance(layer.diameter, np.ndarray) for layer in layers):
        diameter = np.concatenate([_each(layer.diameter, n) for layer, n in zip(layers, sizes, strict=True)])
    if any(layer.opacity is not None for layer in layers):
        opacity = np.concatenate(
            [
                _each(1.0 if layer.opacity is None else layer.opacity, n)
                for layer, n in zip(layers, sizes, strict=True)
            ]
        )
    x, y, ids = (np.concatenate([getattr(layer, name) for layer in layers]) for name in ("x", "y", "ids"))
    return Points(x, y, diameter, ids, opacity)


def _each(value: NDArray[np.float32] | float, n: int) -> NDArray[np.float32]:
    return np.broadcast_to(np.asarray(value, np.float32), (n,))
