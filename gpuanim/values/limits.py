"""Limits of a colour scale: numbers, percentiles, callables, or what the finite values span."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from gpuanim.errors import OptionError, SourceError
from gpuanim.types import Values
from gpuanim.values._base import Steps
from gpuanim.values.selection import Ends, select, select_film

__all__ = ["Limit", "check_limit", "fixed", "resolve_limits"]

Limit: TypeAlias = float | str | Callable[[Values], float] | None
"""A number, a percentile such as "p99.5", a callable of (n,) values, or None for the extreme value."""


def check_limit(name: str, limit: Any) -> Limit:
    """Return a limit as a float, a percentile, a callable, or None.

    Raises
    ------
    OptionError
        If it is none of these, not finite, or a percentile outside 0 to 100.
    """
    if limit is None:
        return None
    if callable(limit):
        asked: Callable[[Values], float] = limit
        return asked
    if isinstance(limit, str):
        _percentile(name, limit)
        return limit
    try:
        number = float(limit)
    except (TypeError, ValueError):
        raise OptionError(
            f'{name} must be a number, a percentile such as "p99", a callable of the values, or None, '
            f"not {limit!r}"
        ) from None
    if not math.isfinite(number):
        raise OptionError(f"{name} must be finite, not {limit!r}")
    return number


def fixed(*limits: Limit) -> bool:
    """Whether the limits are known without looking at the values."""
    return all(isinstance(limit, float) for limit in limits)


def resolve_limits(limits: dict[str, Limit], steps: Steps, *, film: bool) -> dict[str, float]:
    """Look at the finite values and return each limit as a number, NaN if there are none.

    Percentiles are those of all values of `steps` together (linear interpolation, as numpy's). Callables are
    asked for each step: the lowest "vmin", the highest "vmax" and the mean "vcenter" hold.
    """
    known = {name: limit for name, limit in limits.items() if isinstance(limit, float)}
    percentiles = {n: _percentile(n, limit) for n, limit in limits.items() if isinstance(limit, str)}
    extremes = [name for name, limit in limits.items() if limit is None]
    callables: dict[str, Callable[[Values], float]] = {n: c for n, c in limits.items() if callable(c)}

    def finite() -> Iterator[Values]:
        for values in steps():
            inside = np.isfinite(values)
            yield values if inside.all() else values[inside]

    if extremes or callables:
        known |= _each_step(finite(), extremes, callables)
    if percentiles:
        found = _quantiles(finite, sorted(set(percentiles.values())), film=film)
        known |= {name: found[percentile] for name, percentile in percentiles.items()}
    return known


def _percentile(name: str, text: str) -> float:
    try:
        percentile = float(text[1:]) if text[:1] == "p" else math.nan
    except ValueError:
        percentile = math.nan
    if not 0 <= percentile <= 100:
        raise OptionError(f'{name} must be a percentile from "p0" to "p100", or a number, not {text!r}')
    return percentile


def _each_step(
    steps: Iterator[Values], extremes: list[str], callables: dict[str, Callable[[Values], float]]
) -> dict[str, float]:
    pick: dict[str, Callable[[Values], float]] = {"vmin": np.min, "vmax": np.max}
    asked = callables | {name: pick[name] for name in extremes}
    answers: dict[str, list[float]] = {name: [] for name in asked}
    for values in steps:
        if len(values):
            for name, ask in asked.items():
                answers[name].append(_answer(name, ask, values))
    merge = pick | {"vcenter": np.mean}
    return {n: float(merge[n](np.array(a))) if a else math.nan for n, a in answers.items()}


def _answer(name: str, ask: Callable[[Values], float], values: Values) -> float:
    try:
        answer = ask(values)
    except Exception as error:
        raise SourceError(f"{name}: the callable failed: {error!r}") from error
    try:
        number = float(answer)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise OptionError(f"{name}: the callable must return a finite number, it returned {answer!r}")
    return number


def _quantiles(steps: Steps, percentiles: list[float], *, film: bool) -> dict[float, float]:
    positions = np.empty(0)

    def ranks_of(n: int, ends: Ends) -> np.ndarray[Any, np.dtype[np.int64]]:
        nonlocal positions
        del ends
        positions = (n - 1) * (np.array(percentiles) / 100)
        below = np.floor(positions).astype(np.int64)
        return np.sort(np.concatenate([below, np.minimum(below + 1, n - 1)])) + 1

    found = select_film(steps, ranks_of) if film else select(next(iter(steps())), ranks_of)
    if len(found.values) == 0:
        return dict.fromkeys(percentiles, math.nan)
    ranks = found.less + found.equal  # the highest rank of each value that was asked for
    below = np.floor(positions).astype(np.int64)
    lower = found.values[np.searchsorted(ranks, below + 1)]
    upper = found.values[np.minimum(np.searchsorted(ranks, below + 2), len(ranks) - 1)]
    part = positions - below
    blended = np.where(part < 0.5, lower + (upper - lower) * part, upper - (upper - lower) * (1 - part))
    return dict(zip(percentiles, blended.tolist(), strict=True))
