"""An order of drawing that the values decide once for the whole film, so that no point pops up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.values._base import Source

__all__ = ["FilmOrder", "peaks"]


@dataclass(frozen=True, eq=False)
class FilmOrder:
    """Points from bottom to top by their highest value of the film.

    Parameters
    ----------
    by
        "value" for the highest value, "abs" for the highest absolute one.
    source
        The values, which can be read more than once.
    lift
        (n,) int64 or None: points with higher numbers lie above all others, whatever their values.

    Raises
    ------
    OptionError
        If the source can be read only once.
    """

    by: str
    source: Source
    lift: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if not self.source.rewindable:
            raise OptionError(
                'order_scope="film" has to look at all values before the first frame, but these can be read '
                'only once: give a list, an array or a callable, or take order_scope="frame"'
            )

    def resolve(self) -> NDArray[np.int64]:
        """Read all steps, and return (n,) points from bottom to top: those without a value lowest."""
        keys = peaks(self.source, self.by)
        if self.source.permutation is not None:
            ordered = np.empty_like(keys)
            ordered[self.source.permutation] = keys
            keys = ordered
        order = np.argsort(keys, kind="stable")
        valued = len(keys) - int(np.count_nonzero(np.isnan(keys)))
        order = np.concatenate([order[valued:], order[:valued]])  # numpy sorts NaN to the end
        return order if self.lift is None else order[np.argsort(self.lift[order], kind="stable")]


def peaks(source: Source, by: str = "value") -> NDArray[np.floating]:
    """Return the highest value, or highest absolute value, of each point over the steps of a source.

    Parameters
    ----------
    source
        Of (n,) steps, or (n, k): of those the largest of a point's k values counts.
    by
        "value" or "abs".

    Returns
    -------
    numpy.ndarray
        (n,) in the source's order; NaN for points without any value, of categories those without one.
    """
    highest: NDArray[np.floating] | None = None
    for raw in source.steps():
        step = np.asarray(raw)
        if step.dtype.kind != "f":
            step = np.where(step < 0, np.nan, step) if source.coded else step.astype(np.float64)
        if by == "abs":
            step = np.abs(step)
        if step.ndim == 2:
            step = np.fmax.reduce(step, axis=1)
        if highest is None:
            highest = step.copy()
        else:
            np.fmax(highest, step, out=highest)
    return np.empty(0) if highest is None else highest
