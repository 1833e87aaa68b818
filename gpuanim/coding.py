"""The frames of a film as codes of colours, for those who draw by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from gpuanim import geometry
from gpuanim.chrome._base import Moment
from gpuanim.film import Film, Fits, Timings, film_steps
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
    moment
        Where the film is.
    """

    codes: Codes
    values: Values
    where: Ids
    mapping: Mapping
    changed: bool
    moment: Moment


def code_frames(film: Film, points: Ids, fits: Fits, timings: Timings, fps: Fraction) -> Iterator[CodedFrame]:
    """Yield the codes of `points` of a film with one cloud, in that order, frame by frame."""
    cloud = film.clouds[0]
    permutation = cloud.values.permutation
    where = points if permutation is None else geometry.inverse(permutation)[points]
    codes: Codes = np.empty(len(points), np.uint16)
    mapping = fitted = fits[0]
    steps = film_steps(film, fps)
    coded = False
    while True:
        with timings.measure("values"):
            step = next(steps, None)
        if step is None:
            return
        moment, (state,) = step
        with timings.measure("color"):
            if state.changed or not coded or mapping is None:
                values = state.values
                mapping = fitted or cloud.norm.fit(lambda values=values: [values])  # type: ignore[misc]
                mapping.encode(values, where, codes)
        coded = True
        moment = replace(moment, mappings=(mapping,))
        yield CodedFrame(codes, state.values, where, mapping, state.changed, moment)
