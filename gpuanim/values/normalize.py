"""How values become the 256 levels of a colour table: linear, any norm of matplotlib, or by rank."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.types import Values
from gpuanim.values._base import Mapping, Norm, Steps
from gpuanim.values.limits import Limit, check_limit, fixed, resolve_limits
from gpuanim.values.matplotlib_norm import MatplotlibNorm, is_matplotlib
from gpuanim.values.ranks import Rank
from gpuanim.values.staircase import Staircase, check_scope, climb, levels_of_shares

__all__ = ["Linear", "MatplotlibNorm", "Rank", "as_norm"]

_NAMES = ("linear", "rank", "log")


@dataclass(frozen=True)
class Linear(Norm):
    """Levels by value, the same that matplotlib gives with 256 colours:

        level = min(int((value - vmin) / (vmax - vmin) * 256), 255)

    in the precision of the values, and as `TwoSlopeNorm` with `vcenter`. What lies outside `vmin..vmax`,
    infinite values included, gets the first or the last level. Where vmin equals vmax, all is level 0.

    Parameters
    ----------
    vmin, vmax
        Value of the first and the last level: a number, a percentile such as "p99.5", a callable of the
        (n,) values that returns a number, or None for the smallest and the largest value. Only finite
        values are looked at.
    vcenter
        The value of the middle of the colour map, or None. Limits that are not numbers give way so that it
        lies between them.
    scope
        "film": limits of all steps together, which are read before the first frame (once, twice for
        percentiles) unless all limits are numbers. A callable is asked for each step; the lowest vmin, the
        highest vmax and the mean vcenter hold. "frame": limits of each step.

    Raises
    ------
    OptionError
        If a limit is none of these, or the limits do not ascend.
    """  # noqa: D400

    vmin: Limit = None
    vmax: Limit = None
    vcenter: Limit = None
    scope: str = "film"

    def __post_init__(self) -> None:
        check_scope(self.scope)
        for name in ("vmin", "vmax", "vcenter"):
            object.__setattr__(self, name, check_limit(name, getattr(self, name)))
        given = [n for n in ("vmin", "vcenter", "vmax") if isinstance(getattr(self, n), float)]
        numbers = [getattr(self, n) for n in given]
        strict = self.vcenter is not None
        if any(b < a or (strict and a == b) for a, b in pairwise(numbers)):
            told = ", ".join(f"{n}={v:g}" for n, v in zip(given, numbers, strict=True))
            raise OptionError(f"the limits must ascend, vmin < vcenter < vmax, not {told}")

    @property
    def needs_film(self) -> bool:
        return self.scope == "film" and not fixed(*self._limits().values())

    def _limits(self) -> dict[str, Limit]:
        limits = {"vmin": self.vmin, "vmax": self.vmax}
        return limits if self.vcenter is None else limits | {"vcenter": self.vcenter}

    def fit(self, steps: Steps) -> Mapping:
        """Find the limits; numbers are taken as they are, and `steps` is not called."""
        limits = resolve_limits(self._limits(), steps, film=self.scope == "film")
        vmin, vmax, vcenter = self._in_order(limits)
        if not math.isfinite(vmax - vmin):
            raise OptionError(f"values from {vmin:g} to {vmax:g} span more than a number can hold")

        def level_of(values: Values) -> NDArray[np.int64]:
            if vcenter is not None:
                knots = [vmin, vcenter, vmax]
                return levels_of_shares(np.interp(values, knots, [0, 0.5, 1], left=-np.inf, right=np.inf))
            if vmin == vmax:
                return np.zeros(len(values), np.int64)
            # matplotlib computes in float64 and stores each result in the type of the values.
            with np.errstate(over="ignore"):
                above = (values.astype(np.float64) - vmin).astype(values.dtype)
                return levels_of_shares((above.astype(np.float64) / (vmax - vmin)).astype(values.dtype))

        def as_norm() -> Any:
            from matplotlib.colors import Normalize, TwoSlopeNorm

            if vcenter is None or not vmin < vcenter < vmax:
                return Normalize(vmin, vmax)
            return TwoSlopeNorm(vcenter, vmin, vmax)

        return Staircase(lambda dtype: climb(level_of, dtype), as_norm)

    def _in_order(self, limits: dict[str, float]) -> tuple[float, float, float | None]:
        """Return vmin <= vcenter <= vmax; limits that were looked up give way to those that were given."""
        vmin, vmax, center = limits["vmin"], limits["vmax"], limits.get("vcenter")
        low_given, high_given = fixed(self.vmin), fixed(self.vmax)
        vmin = vmin if not math.isnan(vmin) else min(0.0, vmax) if high_given else 0.0
        vmax = vmax if not math.isnan(vmax) else max(1.0, vmin) if low_given else 1.0
        if center is not None:
            center = 0.5 * (vmin + vmax) if math.isnan(center) else center
            vmin = center - (vmax - center) if vmin >= center and not low_given else vmin
            vmax = center + (center - vmin) if vmax <= center and not high_given else vmax
        if vmin > vmax and low_given != high_given:
            # All values lie beyond the limit that was given: they get its colour.
            if low_given:
                vmax = np.nextafter(vmin, np.inf)
            else:
                vmin = np.nextafter(vmax, -np.inf)
        if vmin > vmax or (center is not None and not vmin <= center <= vmax):
            told = "" if center is None else f"vcenter is {center:g}, "
            raise OptionError(f"the limits must ascend: vmin is {vmin:g}, {told}vmax is {vmax:g}")
        return float(vmin), float(vmax), center


def as_norm(
    norm: Any = "linear",
    *,
    vmin: Any = None,
    vmax: Any = None,
    vcenter: Any = None,
    scope: str | None = None,
) -> Norm:
    """Return the norm that the user's words mean.

    Parameters
    ----------
    norm
        "linear", "rank", "log", a norm of this package, or a `matplotlib.colors.Normalize`.
    vmin, vmax, vcenter
        Limits for "linear" and "log" (no `vcenter`), as in `Linear`.
    scope
        "film" or "frame"; by default "frame" for "rank" and "film" for all others.

    Raises
    ------
    OptionError
        If the norm is unknown, or has no such option.
    """
    limits = {"vmin": vmin, "vmax": vmax, "vcenter": vcenter}
    given = [name for name, limit in limits.items() if limit is not None]
    if scope is not None:
        check_scope(scope)
    if isinstance(norm, Norm):
        if given or scope not in (None, norm.scope):
            mend = f"{given[0]}=..." if given else f'scope="{scope}"'
            raise OptionError(f"give the option to the norm itself: {type(norm).__name__}({mend})")
        return norm
    if is_matplotlib(norm):
        if given:
            raise OptionError(f"give {given[0]} to the norm itself: {type(norm).__name__}({given[0]}=...)")
        return MatplotlibNorm(norm, scope or "film")
    if norm == "rank":
        if given:
            raise OptionError(f'{given[0]} has no meaning for norm="rank": ranks use all colours')
        return Rank(scope or "frame")
    if norm is None or norm == "linear":
        return Linear(vmin, vmax, vcenter, scope or "film")
    if norm == "log":
        return _log(limits, scope or "film")
    raise OptionError(_unknown(norm))


def _log(limits: dict[str, Any], scope: str) -> MatplotlibNorm:
    from matplotlib.colors import LogNorm

    if limits["vcenter"] is not None:
        raise OptionError('vcenter has no meaning for norm="log"; matplotlib\'s SymLogNorm has a centre')
    checked = {name: check_limit(name, limits[name]) for name in ("vmin", "vmax")}
    numbers: dict[str, Any] = {name: limit for name, limit in checked.items() if isinstance(limit, float)}
    for name, number in numbers.items():
        if number <= 0:
            raise OptionError(f'{name} must be above 0 for norm="log", not {number:g}')
    others = {name: limit for name, limit in checked.items() if name not in numbers}
    return MatplotlibNorm(LogNorm(**numbers), scope, **others)


def _unknown(norm: Any) -> str:
    near = difflib.get_close_matches(norm, _NAMES, 1) if isinstance(norm, str) else []
    hint = f'; did you mean "{near[0]}"?' if near else ""
    names = ", ".join(f'"{name}"' for name in _NAMES)
    return f"norm must be {names}, a norm of gpuanim.values or a matplotlib Normalize, not {norm!r}{hint}"
