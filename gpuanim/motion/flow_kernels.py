"""Kernels of flowing particles: where they are born, the way they go, and the streak they leave."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim._jit import inline, kernel
from gpuanim.motion.field_kernels import sample
from gpuanim.types import Grid

__all__ = ["births", "streaks", "ways"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_TO_UNIT = 1.0 / (1 << 53)
_TRIES = 8


@inline
def _mixed(state: np.uint64) -> np.uint64:
    """Return the next number of the generator SplitMix64 (Steele, Lea & Flood 2014)."""
    z = np.uint64(state + _GOLDEN)
    z = np.uint64(np.uint64(z ^ np.uint64(z >> np.uint64(30))) * _MIX_1)
    z = np.uint64(np.uint64(z ^ np.uint64(z >> np.uint64(27))) * _MIX_2)
    return np.uint64(z ^ np.uint64(z >> np.uint64(31)))


@inline
def _unit(state: np.uint64) -> float:
    return float(np.uint64(state >> np.uint64(11))) * _TO_UNIT


@kernel
def births(
    nodes: Grid,
    frame: NDArray[Any],
    cells: NDArray[Any],
    jitter: float,
    seed: int,
    particles: NDArray[np.int64],
    lives: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write the places where particles are born: within `jitter` of a cell, and inside the flow.

    Parameters
    ----------
    cells
        (n, 2) places inside the flow.
    seed, particles, lives
        What a place follows from: a number, and for each of the (k,) births the particle, and which of its
        lives it is.
    out
        (k, 2).
    """
    for i in range(len(particles)):
        state = _mixed(np.uint64(_mixed(np.uint64(seed)) ^ np.uint64(particles[i])))
        state = _mixed(np.uint64(state ^ np.uint64(lives[i])))
        cell = min(int(_unit(state) * len(cells)), len(cells) - 1)
        x, y = float(cells[cell, 0]), float(cells[cell, 1])
        out[i, 0], out[i, 1] = x, y
        for _ in range(_TRIES):
            state = _mixed(state)
            away = jitter * math.sqrt(_unit(state))
            state = _mixed(state)
            angle = 2 * math.pi * _unit(state)
            px, py = x + away * math.cos(angle), y + away * math.sin(angle)
            if sample(nodes, frame, px, py)[2] >= 1:
                out[i, 0], out[i, 1] = px, py
                break


@kernel
def ways(
    nodes: Grid,
    frame: NDArray[Any],
    starts: NDArray[np.float64],
    slots: NDArray[np.int64],
    steps: NDArray[np.int64],
    dt: float,
    lo: int,
    hi: int,
    paths: NDArray[np.float32],
    ends: NDArray[np.int32],
) -> None:
    """Write the ways of the particles `lo` to `hi` from their births on, by Runge and Kutta's fourth order.

    A way ends before the step that would leave the flow.

    Parameters
    ----------
    starts, slots, steps
        (k, 2) births, (k,) rows of `paths` to write, and (k,) steps of their lives.
    dt
        Time of a step.
    paths
        (n, m, 2) places after each step.
    ends
        (n,) steps that the way has.
    """
    for i in range(lo, hi):
        x, y = starts[i]
        row = paths[slots[i]]
        row[0, 0], row[0, 1] = x, y
        done = 0
        for step in range(1, steps[i] + 1):
            ax, ay, a = sample(nodes, frame, x, y)
            bx, by, b = sample(nodes, frame, x + dt / 2 * ax, y + dt / 2 * ay)
            cx, cy, c = sample(nodes, frame, x + dt / 2 * bx, y + dt / 2 * by)
            ex, ey, e = sample(nodes, frame, x + dt * cx, y + dt * cy)
            new_x = x + dt / 6 * (ax + 2 * bx + 2 * cx + ex)
            new_y = y + dt / 6 * (ay + 2 * by + 2 * cy + ey)
            if min(a, b, c, e, sample(nodes, frame, new_x, new_y)[2]) < 1:
                break
            x, y, done = new_x, new_y, step
            row[step, 0], row[step, 1] = x, y
        ends[slots[i]] = done


@inline
def _rise(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


@kernel
def streaks(
    paths: NDArray[np.float32],
    ends: NDArray[np.int32],
    heads: NDArray[np.int64],
    fade: float,
    dt: float,
    lo: int,
    hi: int,
    coords: NDArray[np.float32],
    opacity: NDArray[np.float32],
    speed: NDArray[np.float32],
) -> None:
    """Write the heads and the past places of the particles `lo` to `hi`.

    Parameters
    ----------
    paths, ends
        Of `ways`.
    heads
        (n,) steps since birth; a particle cannot be seen beyond the end of its way.
    fade
        Steps in which a particle appears after its birth, and disappears before its end.
    dt
        Time of a step.
    coords, opacity, speed
        (m, n, 2), (m, n) and (m, n): the oldest of m places first, the head last; places before the birth
        cannot be seen.
    """
    m = len(coords)
    for i in range(lo, hi):
        head, end = heads[i], ends[i]
        full = _rise((head + 1) / (fade + 1)) * _rise((end - head) / fade) if head <= end else 0.0
        for k in range(m):
            step = head - (m - 1 - k)
            at = min(max(step, 0), end)
            coords[k, i, 0], coords[k, i, 1] = paths[i, at, 0], paths[i, at, 1]
            opacity[k, i] = full * ((k + 1) / m) if step >= 0 else 0.0
            before, after = max(at - 1, 0), min(max(at - 1, 0) + 1, end)
            dx = float(paths[i, after, 0]) - float(paths[i, before, 0])
            dy = float(paths[i, after, 1]) - float(paths[i, before, 1])
            speed[k, i] = math.sqrt(dx * dx + dy * dy) / dt
