"""When each step is shown: film frames as places on the axis of steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, repeat
from numbers import Real
from typing import Any, cast

import numpy as np

from gpuanim.errors import OptionError, SourceError
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.rates import as_fps, frames_and_rate, hold_frames

__all__ = ["EASES", "Ease", "Timeline", "as_ease", "as_fps", "eased"]

Ease = Callable[[float], float]

EASES: dict[str, Ease] = {
    "linear": lambda t: t,
    "in": lambda t: t**3,
    "out": lambda t: 1 - (1 - t) ** 3,
    "in-out": lambda t: 4 * t**3 if t < 0.5 else 1 - 4 * (1 - t) ** 3,
    "smoothstep": lambda t: t * t * (3 - 2 * t),
    "sine": lambda t: (1 - math.cos(math.pi * t)) / 2,
}
"""How fast a blend goes from 0 to 1; "in" starts slowly, "out" ends slowly (cubic)."""


@dataclass(frozen=True)
class Timeline:
    """Which step, or blend of two, each frame shows.

    A film is a hold of the first step, the way from the first to the last step, a hold of the last step,
    and with `boomerang` the way back, without the two ends, so that it can go round and round.

    Parameters
    ----------
    n_steps
        Steps of the source, or None if only its end will tell: then each is shown in one frame.
    moving
        Frames of the way forth, None if unknown. The first shows the first step, the last the last one.
    fps
        Frames per second.
    blend
        None to show steps as they are, or the ease of the blend between a step and the next.
    hold
        Frames of the two holds.
    boomerang
        Whether the film runs back.
    picked
        The only frames to show, in order, or None for all.
    """

    n_steps: int | None
    moving: int | None
    fps: Fraction
    blend: Ease | None = None
    hold: tuple[int, int] = (0, 0)
    boomerang: bool = False
    picked: tuple[int, ...] | None = None

    @classmethod
    def resolve(
        cls,
        n_steps: int | None,
        *,
        n_frames: int | None = None,
        fps: Any = None,
        duration: float | None = None,
        tween: str | None = None,
        ease: str | Ease = "linear",
        hold: float | tuple[float, float] = 0.0,
        boomerang: bool = False,
    ) -> Timeline:
        """Fix the timeline.

        Parameters
        ----------
        n_steps
            Steps of the source, None if unknown: then only `fps` and `hold` can be chosen.
        n_frames, fps, duration
            Frames, frames per second, and seconds of the way forth; any two give the third. Default: a
            frame for each step, at 30 frames per second. Fewer frames than steps show the nearest steps,
            more show each step equally long.
        tween
            "linear" blends the values of a step and the next.
        ease
            How fast a blend goes: a name of `EASES`, or a callable from 0..1 to 0..1.
        hold
            Seconds that the last step stays, or (seconds of the first, seconds of the last step); they come
            on top of `n_frames` and `duration`, as does the way back.
        boomerang
            Run back to the first step; sources must be readable in any order.

        Raises
        ------
        OptionError
            If an argument cannot be used, three contradict each other, or a source of unknown length would
            have to be stretched.
        """
        moving, rate = frames_and_rate(n_frames, fps, duration)
        blend = _blend(tween, ease)
        if n_steps is None and (moving is not None or boomerang or blend is not None):
            raise OptionError(
                "values of unknown length show one frame per step: n_frames, duration, tween and boomerang "
                "need n_steps=..., or values as a list or array"
            )
        if n_steps == 0:
            raise OptionError("values have no steps: there is nothing to show")
        return cls(n_steps, moving or n_steps, rate, blend, hold_frames(hold, rate), boomerang)

    @property
    def n_frames(self) -> int | None:
        """Frames of the film, or None if unknown."""
        if self.picked is not None:
            return len(self.picked)
        if self.moving is None:
            return None
        back = max(0, self.moving - 2) if self.boomerang else 0
        return self.moving + back + sum(self.hold)

    def only(self, *frames: int) -> Timeline:
        """Return a timeline that shows these frames, in ascending order, and nothing else."""
        return replace(self, picked=frames)

    def thinned(self, n_frames: int) -> Timeline:
        """Return a timeline of about `n_frames` frames, of a known length, that takes as long as this one.

        Its frames lie evenly on the way; where values are blended, so are those of the new frames.
        """
        old = self.n_frames
        if old is None or self.moving is None:
            raise OptionError("the film's length is not known in advance")
        share = Fraction(n_frames, old)
        start, end = (round(frames * share) for frames in self.hold)
        new = replace(self, moving=max(1, round(self.moving * share)), hold=(start, end))
        return replace(new, fps=self.fps * Fraction(new.n_frames or 1, old))

    def place(self, frame: int) -> tuple[int, float]:
        """Return the step that a frame shows, and how far it has blended into the next one, 0..1.

        Only for timelines of known length.
        """
        steps, frames = self.n_steps, self.moving
        if steps is None or frames is None:
            raise OptionError("the film's length is not known in advance")
        k = max(0, frame - self.hold[0])
        if k >= frames:
            behind = max(0, k - frames - self.hold[1] + 1) if self.boomerang else 0
            k = frames - 1 - behind
        if self.blend is None and frames >= steps:
            return k * steps // frames, 0.0
        exact = Fraction(k * (steps - 1), max(1, frames - 1))
        if self.blend is None:
            return math.floor(exact + Fraction(1, 2)), 0.0
        step = math.floor(exact)
        share = eased(self.blend, float(exact - step)) if exact != step else 0.0
        return (step + 1, 0.0) if share == 1.0 else (step, share)

    def nearest(self) -> Timeline:
        """Return a timeline that shows, where two steps are blended, the nearer of them.

        Of two that are equally near, the later one, as `Moment.step`.
        """
        ease = self.blend
        if ease is None:
            return self
        return replace(self, blend=lambda share: 1.0 if ease(share) >= 0.5 else 0.0)

    def spread(self, source: Source) -> Iterator[tuple[Values, bool]]:
        """Yield what `frames` does for a source that has another number of steps for the same frames.

        A source of one step stands still, also where only the end of another will tell the length.
        """
        if self.n_steps == source.n_steps:
            return self.frames(source)
        if self.n_steps is None:
            return _standing(source)
        return replace(self, n_steps=source.n_steps).frames(source)

    def steps_shown(self, source: Source, frames: Iterable[int]) -> list[int]:
        """Return the steps that `spread` reads of a source for these frames, ascending.

        Only for timelines of known length.
        """
        own = replace(self, n_steps=source.n_steps)
        places = {own.place(frame) for frame in frames}
        return sorted({step + k for step, share in places for k in range(2 if share else 1)})

    def frames(self, source: Source) -> Iterator[tuple[Values, bool]]:
        """Yield for each frame the values, and whether they differ from the frame before.

        An array is valid until the next one is asked for. On the way forth each step is read once, in
        order; where frames are fewer than steps and the source has random access, only what is shown.

        Raises
        ------
        OptionError
            At once, if the source cannot be read backwards and has to.
        SourceError
            While reading, if the source ends early.
        """
        if self.boomerang and not _random_access(source):
            raise OptionError(
                "boomerang needs values that can be read backwards: a list, an array or a callable"
            )
        if self.moving is None:
            every = self._one_per_step(source)
            if self.picked is None:
                return every
            last = max(self.picked, default=-1)
            return ((v, True) for i, (v, _) in enumerate(islice(every, last + 1)) if i in self.picked)
        return self._scheduled(source, range(self.n_frames or 0) if self.picked is None else self.picked)

    def _one_per_step(self, source: Source) -> Iterator[tuple[Values, bool]]:
        kept: Values = np.empty(0)
        count = 0
        for values in source.steps():
            yield values, True
            for _ in range(self.hold[0] if count == 0 else 0):
                yield values, False
            if self.hold[1]:  # asking for more may overwrite what is then to be held
                kept = _copied(values, kept)
            count += 1
        if count == 0:
            raise OptionError("values have no steps: there is nothing to show")
        for _ in range(self.hold[1]):
            yield kept, False

    def _scheduled(self, source: Source, frames: Iterable[int]) -> Iterator[tuple[Values, bool]]:
        reader = _Reader(source)
        shown: tuple[int, float] | None = None
        values: Values = np.empty(0)
        try:
            for frame in frames:
                place = self.place(frame)
                changed = place != shown
                if changed:
                    values = reader.one(place[0]) if self.blend is None else reader.blended(*place)
                    shown = place
                yield values, changed
        finally:
            reader.close()


def _standing(source: Source) -> Iterator[tuple[Values, bool]]:
    yield source.step(0), True
    yield from repeat((source.step(0), False))


class _Reader:
    """Reads steps forwards, each once, as far as that goes; keeps two where they are blended."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._steps: Iterator[Values] | None = None
        self._next = 0
        self._jumps = _random_access(source)
        self._kept: dict[int, Values] = {}
        self._mixed: Values = np.empty(0)

    def one(self, step: int) -> Values:
        """Return a step; it is the source's own array, valid until the next call."""
        if self._jumps and step != self._next:
            return self._source.step(step)
        if self._steps is None:
            self._steps = iter(self._source.steps())
        while True:
            values = next(self._steps, None)
            if values is None:
                raise SourceError(
                    f"{self._source.what} ended after {self._next} steps, {self._source.n_steps} were "
                    "announced"
                )
            self._next += 1
            if self._next > step:
                return values

    def blended(self, step: int, share: float) -> Values:
        """Return what lies between a step and the next, in the way of the source."""
        wanted = (step,) if share == 0.0 else (step, step + 1)
        for new in [step for step in wanted if step not in self._kept]:
            spare: Values = np.empty(0)
            if len(self._kept) == 2:
                spare = self._kept.pop(next(old for old in self._kept if old not in wanted))
            self._kept[new] = _copied(self.one(new), spare)
        if share == 0.0:
            return self._kept[step]
        before, after = self._kept[step], self._kept[step + 1]
        self._mixed = self._source.between(before, after, share, self._mixed)
        return self._mixed

    def close(self) -> None:
        """Let the source clean up, even if it was not read to its end."""
        close = getattr(self._steps, "close", None)
        if close is not None:
            close()


def _random_access(source: Source) -> bool:
    return type(source).step is not Source.step


def _copied(values: Values, into: Values) -> Values:
    """Return a copy in `into` if it fits: sources may reuse their buffers."""
    if not isinstance(values, np.ndarray):  # on a GPU
        return values.copy()
    if into.shape != values.shape or into.dtype != values.dtype:
        into = np.empty(values.shape, values.dtype)
    np.copyto(into, values)
    return into


def as_ease(ease: Any, what: str = "ease") -> Ease:
    """Return an ease by its name, or a callable that has been tried; raises OptionError."""
    if callable(ease):
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            eased(ease, share)
        return cast(Ease, ease)
    if not isinstance(ease, str) or ease not in EASES:
        raise OptionError(f"{what} must be one of {', '.join(EASES)}, or a callable, not {ease!r}")
    return EASES[ease]


def _blend(tween: Any, ease: Any) -> Ease | None:
    if tween not in (None, "linear"):
        raise OptionError(f'tween must be None or "linear", not {tween!r}')
    chosen = as_ease(ease)
    return None if tween is None else chosen


def eased(ease: Ease, share: float) -> float:
    """Return how far a blend is after a share of its time; raises OptionError."""
    far = ease(share)
    if not isinstance(far, Real) or not 0 <= far <= 1:
        raise OptionError(f"ease must return numbers from 0 to 1, it returned {far!r} for {share:g}")
    return float(far)
