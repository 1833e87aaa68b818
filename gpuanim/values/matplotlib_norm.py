"""Any norm of matplotlib, at the speed of a table where it is one of its own."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.types import Codes, Ids, Values
from gpuanim.values._base import Mapping, Norm, Steps
from gpuanim.values.limits import Limit, check_limit, resolve_limits
from gpuanim.values.staircase import LEVELS, Staircase, check_scope, climb, levels_of_shares

__all__ = ["MatplotlibNorm", "is_matplotlib"]

_MONOTONE = (
    "Normalize", "LogNorm", "PowerNorm", "SymLogNorm", "AsinhNorm", "TwoSlopeNorm", "CenteredNorm",
    "BoundaryNorm",
)  # fmt: skip
"""Norms of matplotlib that never fall as values rise: 256 thresholds say all about them."""


@dataclass(frozen=True, eq=False)
class MatplotlibNorm(Norm):
    """Levels by a norm of matplotlib: `LogNorm`, `PowerNorm`, `SymLogNorm`, `BoundaryNorm` and all others.

    Values that it masks, such as those up to 0 in a `LogNorm`, have no level and show as NaN does.
    Infinite values get the first or the last level.

    Parameters
    ----------
    norm
        `matplotlib.colors.Normalize` or a subclass; it is copied, and never changed. Limits that it leaves
        open are fitted to the finite values by its own rules.
    scope
        "film": fitted to all steps, which are then read before the first frame. "frame": to each step.
    vmin, vmax
        Percentiles or callables for limits that `norm` leaves open, as in `Linear`.

    Raises
    ------
    OptionError
        If `norm` is something else, or its limits cannot be used.
    """

    norm: Any
    scope: str = "film"
    vmin: Limit = None
    vmax: Limit = None

    def __post_init__(self) -> None:
        check_scope(self.scope)
        if not is_matplotlib(self.norm):
            raise OptionError(f"norm must be a matplotlib.colors.Normalize, not {self.norm!r}")
        # A shallow copy would share the callbacks, and redraw the user's figures.
        object.__setattr__(self, "norm", copy.deepcopy(self.norm))
        for name in ("vmin", "vmax"):
            object.__setattr__(self, name, check_limit(name, getattr(self, name)))
        if self.norm.scaled():
            _try(self.norm)

    @property
    def needs_film(self) -> bool:
        return self.scope == "film" and not self.norm.scaled()

    def fit(self, steps: Steps) -> Mapping:
        """Fit what the norm leaves open."""
        norm = copy.deepcopy(self.norm)
        if not norm.scaled() and not self._scale(norm, steps):
            return Staircase(lambda dtype: np.full(LEVELS, np.nan, dtype))  # there is nothing to scale by
        _try(norm)
        kind = type(norm)
        if kind.__module__ == "matplotlib.colors" and kind.__name__ in _MONOTONE:
            thresholds = partial(climb, partial(_levels_of, norm))
            return Staircase(thresholds, partial(copy.deepcopy, norm))
        return _Direct(norm)

    def _scale(self, norm: Any, steps: Steps) -> bool:
        """Set the open limits of `norm`; False if no value can tell."""
        positive = type(norm).__name__ == "LogNorm"

        def usable() -> Iterator[Values]:
            for values in steps():
                yield values[np.isfinite(values) & (values > 0)] if positive else values[np.isfinite(values)]

        told = {name: limit for name in ("vmin", "vmax") if (limit := getattr(self, name)) is not None}
        for name, limit in resolve_limits(told, usable, film=self.scope == "film").items():
            if math.isnan(limit):
                return False
            setattr(norm, name, limit)
        if norm.scaled():
            return True
        ends = []
        for values in usable():
            if len(values):
                own = copy.deepcopy(norm)
                own.autoscale_None(values)
                ends.append((own.vmin, own.vmax))
        if ends:
            norm.vmin, norm.vmax = min(low for low, _ in ends), max(high for _, high in ends)
        return bool(ends)


class _Direct(Mapping):
    """Asks the norm for every value: for norms that may do anything."""

    def __init__(self, norm: Any) -> None:
        self._norm = norm

    def encode(self, values: Values, where: Ids | None, out: Codes) -> None:
        size = 1 << 16  # norms make several copies: let them fit the cache
        for start in range(0, len(out), size):
            part = slice(start, min(start + size, len(out)))
            levels = _levels_of(self._norm, values[part] if where is None else values[where[part]])
            out[part] = np.where(levels < 0, LEVELS, levels)

    def norm(self) -> Any:
        return copy.deepcopy(self._norm)


def is_matplotlib(norm: Any) -> bool:
    """Whether `norm` is a norm of matplotlib; does not import matplotlib to find out."""
    colors = sys.modules.get("matplotlib.colors")  # who has such a norm has loaded it
    return colors is not None and isinstance(norm, colors.Normalize)


def _try(norm: Any) -> None:
    try:
        norm(np.array([1.0]))
    except ValueError as error:
        raise OptionError(
            f"{type(norm).__name__} cannot use vmin={norm.vmin!r}, vmax={norm.vmax!r}: {error}"
        ) from error


def _levels_of(norm: Any, values: Values) -> NDArray[np.int64]:
    """Return the levels that a colour map of 256 colours takes from a norm, -1 for masked values."""
    with np.errstate(all="ignore"):
        result = norm(values)
    data = np.ma.getdata(result)
    whole = data.dtype.kind in "iu"  # already levels
    if whole and hasattr(
        norm, "Ncmap"
    ):  # rows of a map of so many colours, which ours spreads over all levels
        data = ((np.clip(data, 0, norm.Ncmap - 1) + 0.5) * LEVELS / norm.Ncmap).astype(np.int64)
    levels = np.clip(data, 0, LEVELS - 1).astype(np.int64) if whole else levels_of_shares(data)
    levels[np.ma.getmaskarray(result)] = -1
    infinite = np.isinf(values)
    levels[infinite] = np.where(values[infinite] > 0, LEVELS - 1, 0)
    return levels
