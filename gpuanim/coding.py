"""The frames of a film as codes of colours, for those who draw by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gpuanim import geometry
from gpuanim.film import Film, Timings, film_steps
from gpuanim.types import Codes, Ids, Values
from gpuanim.values._base import Mapping

__all__ = ["CodedFrame", "code_frames"]


@dataclass(frozen=True, eq=False)
class CodedFrame:
    """A frame before it is drawn. The arrays are only valid until the next one is asked for.

    Parameters
    ----------
    codes
        (n,) levels of the points that were asked for.
    values, where
        The values of the source, and for each of the points where it stands there.
    mapping
        What made codes of values.
    changed
        False if the frame is the one before again.
    """

    codes: Codes
    values: Values
    where: Ids
    mapping: Mapping
    changed: bool


def code_frames(film: Film, points: Ids, timings: Timings) -> Iterator[CodedFrame]:
    """Yield the codes of `points`, in that order, frame by frame."""
    permutation = film.values.permutation
    where = points if permutation is None else geometry.inverse(permutation)[points]
    codes: Codes = np.empty(len(points), np.uint16)
    fitted: Mapping | None = None
    with timings.measure("norm"):
        if film.norm.scope == "film":
            fitted = film.norm.fit(film.values.steps)
    mapping = fitted
    steps = film_steps(film)
    while True:
        with timings.measure("values"):
            step = next(steps, None)
        if step is None:
            return
        _, values, changed = step
        with timings.measure("color"):
            if changed or mapping is None:
                mapping = fitted or film.norm.fit(lambda values=values: [values])  # type: ignore[misc]
                mapping.encode(values, where, codes)
        yield CodedFrame(codes, values, where, mapping, changed)
