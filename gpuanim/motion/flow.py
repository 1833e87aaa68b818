"""Particles that flow along a velocity field: born among cells, carried for a while, and born anew."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import OptionError
from gpuanim.motion.field import Field
from gpuanim.motion.tracks import Bounds, Coords, Track
from gpuanim.values._base import Source

__all__ = ["Lives", "Particles", "StreakSource", "StreakTrack", "Streaks", "substeps", "usual_speed"]

_GRAIN = 256
"""Particles that a thread takes at a time."""

_MOST_SUBSTEPS = 16


@dataclass(frozen=True)
class Lives:
    """When particles are born and die, evenly spread over the frames.

    Parameters
    ----------
    n_particles
        Their number n, which stays the same.
    length
        Frames of a life.
    loop
        Lives until the first of a particle comes again, so that the film repeats after ``length * loop``
        frames; None for a new life each time.
    """

    n_particles: int
    length: Fraction
    loop: int | None = None

    @classmethod
    def resolve(cls, n_particles: int, length: float, n_frames: int, *, loop: bool) -> Lives:
        """Return lives of about `length` frames; in a loop a whole number of them fills the film."""
        if not loop:
            return cls(n_particles, Fraction(max(2, round(length))))
        n_lives = max(1, round(n_frames / length))
        return cls(n_particles, Fraction(n_frames, n_lives), n_lives)

    @property
    def longest(self) -> int:
        """Frames of the longest life."""
        return math.ceil(self.length)

    def at(self, frame: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return which life each of the (n,) particles lives, its age in frames, and how long it is."""
        p, q = self.length.numerator, self.length.denominator
        around = self.longest if self.loop is None else int(self.length * self.loop)
        time = frame + np.arange(self.n_particles, dtype=np.int64) * around // max(1, self.n_particles)
        if self.loop is not None:
            time %= around
        life = time * q // p
        born, dies = -(-life * p // q), -(-(life + 1) * p // q)
        return life, time - born, dies - born


@dataclass(frozen=True, eq=False)
class Streaks:
    """Particles of a frame, each with its past places: (m, n) of them in one row, the oldest first.

    Parameters
    ----------
    coords
        (m * n, 2) float32.
    opacity
        (m * n,) float32, 0..1: falls along the streak, and near the ends of a life.
    speed
        (m * n,) float32, of the field there.
    """

    coords: NDArray[np.float32]
    opacity: NDArray[np.float32]
    speed: NDArray[np.float32]


class Particles:
    """Particles over the frames of a film; any frame can be asked for, and is always the same.

    The way of a life follows from the seed, the number of the particle and that of the life, and is computed
    as a whole when it begins: in a running film each frame costs one step of each particle.

    Parameters
    ----------
    field
        What carries them.
    cells
        (n, 2) places of cells: particles are born around them, where the field has enough of them.
    lives
        When.
    dt
        Time of the field that passes in a frame.
    steps
        Steps of integration in a frame.
    trail
        Frames that a streak reaches back.
    fade
        Frames in which a particle appears, and disappears.
    seed
        Another number gives other births.

    Raises
    ------
    OptionError
        If no cell lies where the field flows.
    """

    def __init__(
        self, field: Field, cells: NDArray[np.floating[Any]], lives: Lives, *, dt: float, steps: int,
        trail: int, fade: float, seed: int,
    ) -> None:  # fmt: skip
        self._field, self._lives, self._seed = field, lives, seed
        self._cells = np.ascontiguousarray(cells[field.inside(cells)])
        if not len(self._cells):
            raise OptionError("no cell lies where the flow has enough of them: lower min_mass")
        self._steps, self._dt, self._fade = steps, dt / steps, fade * steps
        self.n_streak = trail * steps + 1
        n = lives.n_particles
        self._life = np.full(n, -1, np.int64)
        self._paths = np.zeros((n, lives.longest * steps + 1, 2), np.float32)
        self._ends = np.zeros(n, np.int32)
        self._kept: tuple[int, Streaks] | None = None
        self._lock = threading.Lock()  # films of one description may run side by side

    @property
    def n_points(self) -> int:
        """Places that are drawn: those of all streaks."""
        return self.n_streak * self._lives.n_particles

    def origin(self) -> Any:
        """Return what decides the streaks, as `Source.origin`."""
        return (
            self._field,
            self._cells,
            self._lives,
            self._dt,
            self._steps,
            self._fade,
            self._seed,
            self.n_streak,
        )

    def at(self, frame: int) -> Streaks:
        """Return the particles of a frame; the arrays may be shared with others who ask for it."""
        with self._lock:
            if self._kept is None or self._kept[0] != frame:
                self._kept = frame, self._streaks(frame)
            return self._kept[1]

    def _streaks(self, frame: int) -> Streaks:
        from gpuanim.motion.flow_kernels import streaks

        life, age, length = self._lives.at(frame)
        self._live(life, length)
        n, m = len(life), self.n_streak
        coords = np.empty((m, n, 2), np.float32)
        opacity, speed = np.empty((m, n), np.float32), np.empty((m, n), np.float32)
        heads = age * self._steps
        self._in_parts(
            n,
            lambda lo, hi: streaks(
                self._paths, self._ends, heads, self._fade, self._dt, lo, hi, coords, opacity, speed
            ),
        )
        return Streaks(coords.reshape(-1, 2), opacity.reshape(-1), speed.reshape(-1))

    def _live(self, life: NDArray[np.int64], length: NDArray[np.int64]) -> None:
        """Compute the ways of the lives that are not known yet."""
        from gpuanim.motion.flow_kernels import births, ways

        fresh = np.flatnonzero(life != self._life)
        if not len(fresh):
            return
        field = self._field
        starts = np.empty((len(fresh), 2))
        births(
            field.nodes, field.frame, self._cells, field.spacing / 2, self._seed, fresh, life[fresh], starts
        )
        steps = length[fresh] * self._steps
        self._in_parts(
            len(fresh),
            lambda lo, hi: ways(
                field.nodes, field.frame, starts, fresh, steps, self._dt, lo, hi, self._paths, self._ends
            ),
        )
        self._life[fresh] = life[fresh]

    @staticmethod
    def _in_parts(n: int, work: Callable[[int, int], object]) -> None:
        parts = _threads.blocks(n, _GRAIN)
        _threads.run(lambda i: work(*parts[i]), len(parts))


class StreakSource(Source):
    """One of the arrays of `Streaks` over the frames.

    Parameters
    ----------
    particles
        Where they come from.
    n_frames
        Frames of the film.
    name
        "coords", "opacity" or "speed".
    """

    n_points: int
    n_steps: int

    def __init__(self, particles: Particles, n_frames: int, name: str) -> None:
        self._particles, self._name = particles, name
        self.n_points, self.n_steps = particles.n_points, n_frames

    def steps(self) -> Iterator[NDArray[np.float32]]:
        return map(self.step, range(self.n_steps))

    def step(self, index: int) -> NDArray[np.float32]:
        array: NDArray[np.float32] = getattr(self._particles.at(index), self._name)
        return array

    def origin(self) -> Any:
        return self._name, self._particles.origin()


class StreakTrack(StreakSource, Track):
    """The places of all streaks over the frames."""

    def __init__(self, particles: Particles, n_frames: int) -> None:
        super().__init__(particles, n_frames, "coords")

    def first(self) -> Coords:
        return self.step(0)

    def bounds(self) -> Bounds:
        steps = [(step.min(0), step.max(0)) for step in self.steps()]
        (left, bottom), (right, top) = np.min([s[0] for s in steps], 0), np.max([s[1] for s in steps], 0)
        return float(left), float(right), float(bottom), float(top)


def usual_speed(velocities: NDArray[np.floating[Any]], extent: float, fps: Fraction) -> float:
    """Return the time that passes in a frame where fast cells move 6 % of `extent` a second.

    Fast are those at the 90th percentile of all that move at all.
    """
    lengths = np.hypot(*velocities.T)
    moving = lengths[lengths > 0]
    if not len(moving):
        raise OptionError("all velocities are 0: nothing flows")
    return float(0.06 * extent / np.percentile(moving, 90) / float(fps))


def substeps(field: Field, dt: float, gap: float) -> int:
    """Return how many steps a frame needs, 1 to 16.

    At the 95th percentile of the speeds where there is flow, a step goes half a cell of the grid at most, so
    that the ways are exact, and no further than `gap`, so that streaks have no holes.
    """
    flowing = field.nodes[field.nodes[..., 2] >= 1]
    fast = float(np.percentile(np.hypot(flowing[:, 0], flowing[:, 1]), 95)) if len(flowing) else 0.0
    return min(max(1, math.ceil(fast * dt / min(field.spacing / 2, gap))), _MOST_SUBSTEPS)
