"""What the user has as curves over time -> the same curves for each step, checked."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Moment
from gpuanim.errors import OptionError, ShapeError, SourceError

__all__ = ["Curve", "CurveSteps", "as_growing", "as_steps"]

Floats: TypeAlias = NDArray[np.float64]
Curve: TypeAlias = tuple[Floats, Floats]
"""x and y of one line, (m,) each."""


@dataclass(frozen=True, eq=False)
class CurveSteps:
    """The curves of each step.

    Parameters
    ----------
    x
        For each step (m,) places.
    ys
        For each step (k, m) values, a row per curve; k is the same for all.
    growing
        Whether there is one set of curves, of which each step shows a point more.
    """

    x: tuple[Floats, ...]
    ys: tuple[Floats, ...]
    growing: bool = False

    @property
    def n_curves(self) -> int:
        """Number k of curves."""
        return len(self.ys[0])

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return self.ys[0].shape[1] if self.growing else len(self.ys)

    def bounds(self) -> tuple[float, float, float, float]:
        """Return (xmin, xmax, ymin, ymax) of all steps; raises ShapeError if nothing is finite."""
        return (*_span(self.x, "x"), *_span(self.ys, "ys"))

    def place(self, moment: Moment) -> float:
        """Return the step to show, from 0; a fraction where the film blends steps.

        A film of another number of steps shows these spread over its own.
        """
        last, film = self.n_steps - 1, moment.n_steps
        place = moment.step + moment.share
        if film is not None and film > 1 and film != self.n_steps:
            place *= last / (film - 1)
        return min(max(place if moment.share else round(place), 0), last)

    def curves(self, place: float) -> list[Curve]:
        """Return the curves at a place on the axis of steps; between steps of other shapes the nearer one."""
        step = math.floor(place)
        share = place - step
        if self.growing:
            return self._grown(step, share)
        if share == 0 or self.ys[step].shape != self.ys[step + 1].shape:
            step = round(place)
            return [(self.x[step], y) for y in self.ys[step]]
        x = _mix(self.x[step], self.x[step + 1], share)
        return [(x, y) for y in _mix(self.ys[step], self.ys[step + 1], share)]

    def _grown(self, step: int, share: float) -> list[Curve]:
        x, ys = self.x[0], self.ys[0]
        if share == 0:
            return [(x[: step + 1], y[: step + 1]) for y in ys]
        head = _mix(x[step], x[step + 1], share)
        heads = _mix(ys[:, step], ys[:, step + 1], share)
        return [
            (np.append(x[: step + 1], head), np.append(y[: step + 1], end))
            for y, end in zip(ys, heads, strict=True)
        ]


def as_steps(x: Any, ys: Any, n_steps: int | None = None) -> CurveSteps:
    """Return curves that are another set in each step.

    Parameters
    ----------
    x
        (m,) for all steps; (t, m), or a list of one (m,) per step; None counts from 0.
    ys
        Array (t, m), one curve, or (t, k, m), k of them; a list, generator or other iterable of steps, or a
        callable of the step number from 0, where a step is (m,) or (k, m): each row is a curve. NaN are gaps.
        All is read at once.
    n_steps
        Number of steps of a callable; of all others no more than these are shown.

    Raises
    ------
    ShapeError
        If shapes do not fit each other, or there are no finite numbers.
    OptionError
        If there are no steps, or a callable comes without `n_steps`.
    SourceError
        If the callable or the iterable fails; its exception is the cause.
    """
    rows = [_step(raw, step) for step, raw in enumerate(_read(ys, n_steps))]
    counts = sorted({len(row) for row in rows})
    if len(counts) > 1:
        raise ShapeError(f"ys must have as many curves in all steps, not {counts[0]} and {counts[-1]}")
    return CurveSteps(_places(x, rows), tuple(rows))


def as_growing(x: Any, ys: Any, n_steps: int | None = None) -> CurveSteps:
    """Return curves that grow by a point in each step.

    Parameters
    ----------
    x
        (t,), or None to count from 0.
    ys
        Array (t,), one curve, or (t, k); a list, generator or other iterable of steps, or a callable of the
        step number, where a step is a number, or (k,): one per curve. All is read at once.
    n_steps
        As in `as_steps`.

    Raises
    ------
    ShapeError, OptionError, SourceError
        As in `as_steps`.
    """
    values = [_numbers(raw, f"ys of step {step}") for step, raw in enumerate(_read(ys, n_steps))]
    shapes = sorted({value.shape for value in values})
    if len(shapes) > 1 or len(shapes[0]) > 1:
        raise ShapeError(
            f'with mode="grow" each step of ys is a number or (k,), one per curve, not {shapes[-1]}; curves '
            "that are known as a whole, (k, t), are ys.T"
        )
    array = np.array(values).reshape(len(values), -1).T
    places = np.arange(array.shape[1], dtype=np.float64) if x is None else _numbers(x, "x")
    if places.shape != (array.shape[1],):
        turned = "; each step of ys is a number per curve, transpose it" if len(places) == len(array) else ""
        raise ShapeError(
            f"x must have shape ({array.shape[1]},), one place per step of ys, not {places.shape}{turned}"
        )
    return CurveSteps((places,), (np.ascontiguousarray(array),), growing=True)


def _read(ys: Any, n_steps: int | None) -> list[Any]:
    if n_steps is not None:
        n_steps = _whole(n_steps)
    steps: Iterable[Any]
    if callable(ys):
        if n_steps is None:
            raise OptionError("ys is a callable: say how many steps it has, n_steps=...")
        steps = _called(ys, n_steps)
    elif isinstance(ys, Iterable) and not isinstance(ys, str | bytes | dict):
        steps = ys
    else:
        raise ShapeError(f"ys must be an array, an iterable of steps or a callable, not {type(ys).__name__}")
    read = _all(steps, n_steps)
    if not read:
        raise OptionError("ys has no steps: there is nothing to show")
    if n_steps is not None and len(read) < n_steps:
        raise OptionError(f"n_steps={n_steps}, but ys has only {len(read)} steps")
    return read


def _called(ys: Callable[[int], Any], n_steps: int) -> Iterable[Any]:
    return (ys(step) for step in range(n_steps))


def _all(steps: Iterable[Any], n_steps: int | None) -> list[Any]:
    read: list[Any] = []
    try:
        for raw in islice(steps, n_steps):
            # A generator may use its array again.
            read.append(raw.copy() if isinstance(raw, np.ndarray) else raw)  # noqa: PERF401
    except Exception as error:
        raise SourceError(f"ys failed at step {len(read)}: {type(error).__name__}: {error}") from error
    return read


def _step(raw: Any, step: int) -> Floats:
    row = _numbers(raw, f"ys of step {step}")
    if row.ndim not in (1, 2) or row.size == 0:
        hint = '; mode="grow" takes a number per step' if row.ndim == 0 else ""
        raise ShapeError(f"ys of step {step} must be (points,) or (curves, points), not {row.shape}{hint}")
    return np.atleast_2d(row)


def _places(x: Any, rows: Sequence[Floats]) -> tuple[Floats, ...]:
    """Return the places of the points of each step."""
    if x is None:
        return tuple(np.arange(row.shape[1], dtype=np.float64) for row in rows)
    if _is_one(x):
        places = (_numbers(x, "x"),) * len(rows)
    else:
        places = tuple(_numbers(part, f"x of step {step}") for step, part in enumerate(x))
        if len(places) != len(rows):
            raise ShapeError(f"x has {len(places)} steps, ys has {len(rows)}")
    for step, (place, row) in enumerate(zip(places, rows, strict=True)):
        if place.shape != row.shape[1:]:
            turned = "; ys has a row per curve, transpose it" if place.shape == row.shape[:1] else ""
            raise ShapeError(
                f"x must have shape ({row.shape[1]},) for ys of step {step}, {row.shape}, not {place.shape}"
                f"{turned}"
            )
    return places


def _is_one(x: Any) -> bool:
    """Say whether these are the places of all steps, and not some for each."""
    try:
        return np.asarray(x).ndim == 1
    except ValueError:  # parts of different lengths
        return False


def _numbers(raw: Any, what: str) -> Floats:
    try:
        array = np.asarray(raw)
    except ValueError as error:
        raise ShapeError(f"{what} cannot be read as an array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise ShapeError(f"{what} must be real numbers, not {array.dtype}")
    return array.astype(np.float64)


def _whole(n_steps: Any) -> int:
    try:
        count = operator.index(n_steps)
    except TypeError:
        count = 0
    if count < 1 or isinstance(n_steps, bool):
        raise OptionError(f"n_steps must be a whole number from 1 on, not {n_steps!r}")
    return count


def _span(parts: Iterable[Floats], name: str) -> tuple[float, float]:
    finite = [part[np.isfinite(part)] for part in parts]
    finite = [part for part in finite if part.size]
    if not finite:
        raise ShapeError(f"{name} holds no finite number: there is nothing to show")
    return float(min(part.min() for part in finite)), float(max(part.max() for part in finite))


def _mix(before: Any, after: Any, share: float) -> Any:
    return (1 - share) * before + share * after
