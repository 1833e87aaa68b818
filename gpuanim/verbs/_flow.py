"""What the faces of flowing particles share: a still film and velocities -> a film of particles over it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.animation import Animation
from gpuanim.errors import OptionError
from gpuanim.film import Cloud
from gpuanim.look import Dots, make_dots, positive
from gpuanim.motion.field import check_velocities, velocity_field
from gpuanim.motion.flow import Lives, Particles, StreakSource, StreakTrack, substeps, usual_speed
from gpuanim.motion.ground import Grounded
from gpuanim.motion.presence import as_presence
from gpuanim.types import Colors
from gpuanim.values._base import Norm, Source
from gpuanim.values.rates import frames_and_rate
from gpuanim.values.timeline import Timeline
from gpuanim.verbs._stage import film_of, ground_and_style

__all__ = ["FlowWishes", "check_still", "flow_over", "quiet_color", "split_wishes"]

_SECONDS, _FPS = 6.0, 30
"""Of a film, if nobody says."""

_STILL = ("n_steps", "tween", "ease", "hold", "ax", "frames", "along", "camera", "present", "fade")
"""Options of other films about what changes in them: the cells below particles stand still."""

_MOST = 4_000_000
"""Places of all streaks that a frame may draw."""

_MOST_KEPT = 1 << 27
"""Places of the ways of all lives: 1 GB."""


@dataclass(frozen=True, eq=False)
class FlowWishes:
    """What was asked for about the particles, as `flow` takes it."""

    n_particles: Any = 1500
    lifetime: Any = 2.0
    trail: Any = 0.5
    speed: Any = "auto"
    particle_size: Any = "auto"
    particle_color: Any = "auto"
    particle_cmap: Any = None
    particle_alpha: Any = 0.8
    density: float = 1.0
    smooth: float = 0.5
    min_mass: float = 1.0
    loop: bool = True
    cells: bool = True
    seed: int = 0
    n_frames: Any = None
    fps: Any = None
    duration: Any = None


def check_still(options: Mapping[str, Any]) -> None:
    """Raise OptionError if there are options about what changes in the cells."""
    for name in _STILL:
        if options.get(name) is not None:
            raise OptionError(
                f"there is no option {name!r} here: the cells stand still, and the particles never do"
            )


def split_wishes(options: Mapping[str, Any]) -> tuple[FlowWishes, dict[str, Any]]:
    """Part the options of particles from all others."""
    own = {field.name for field in fields(FlowWishes)}
    wishes = FlowWishes(**{name: value for name, value in options.items() if name in own})
    return wishes, {name: value for name, value in options.items() if name not in own}


def flow_over(still: Animation, velocities: Sequence[Any], wishes: FlowWishes) -> Animation:
    """Let particles flow over the cells of a still film.

    Parameters
    ----------
    still
        Its clouds stand still, and so do their values.
    velocities
        For each cloud (n, 2).
    wishes
        What the particles are to be like.
    """
    film = still._film
    timeline = _timeline(wishes)
    for cloud in film.clouds:
        if cloud.values.n_steps != 1:
            raise OptionError("cells below particles stand still: give one value per cell, or none")
    if film.stage.background is None and wishes.cells:
        raise OptionError(
            "a transparent film cannot have still cells below the particles: give a background, or "
            "leave the cells out (cells=False)"
        )
    clouds = tuple(
        _particles(cloud, arrows, wishes, timeline, film.stage.background, still.size, still._dpi)
        for cloud, arrows in zip(film.clouds, velocities, strict=True)
    )
    stage = Grounded(film.stage, film.clouds, still._renderer) if wishes.cells else film.stage
    return film_of(stage, clouds, timeline, still._dpi, still._renderer, still._device)


def _timeline(wishes: FlowWishes) -> Timeline:
    n_frames, duration, fps = wishes.n_frames, wishes.duration, wishes.fps
    if n_frames is None and duration is None:
        duration = _SECONDS
    if fps is None and (n_frames is None or duration is None):
        fps = _FPS
    frames, rate = frames_and_rate(n_frames, fps, duration)
    return Timeline.resolve(frames, n_frames=frames, fps=rate)


def _particles(
    cloud: Cloud, velocities: Any, wishes: FlowWishes, timeline: Timeline, background: Colors | None,
    size: tuple[int, int], dpi: float,
) -> Cloud:  # fmt: skip
    coords = np.asarray(cloud.coords)
    arrows = check_velocities(velocities, len(coords))
    field = velocity_field(
        coords, arrows, density=wishes.density, smooth=wishes.smooth, min_mass=wishes.min_mass
    )
    n_frames, fps = timeline.n_frames or 1, timeline.fps
    extent = float(np.hypot(*np.ptp(coords, axis=0)))
    dt = _time_of_frame(wishes.speed, arrows, extent, fps)
    s = _size(wishes.particle_size, size, dpi)
    steps = substeps(field, dt, 0.4 * math.sqrt(s) * dpi / 72 / min(size) * extent)
    life = positive("lifetime", wishes.lifetime) * float(fps)
    trail = _frames("trail", wishes.trail, fps)
    number = _count(wishes.n_particles, trail * steps + 1)
    lives = Lives.resolve(number, life, n_frames, loop=wishes.loop)
    _check_ways(number * lives.longest * steps, wishes)
    particles = Particles(
        field, coords, lives, dt=dt, steps=steps,
        trail=trail, fade=min(0.35 * float(fps), life / 3), seed=_seed(wishes.seed),
    )  # fmt: skip
    return _cloud(particles, n_frames, _dots(particles, number, s, wishes), _paint(wishes, background, field))


def _time_of_frame(speed: Any, arrows: NDArray[np.floating[Any]], extent: float, fps: Fraction) -> float:
    """Return the units of the velocities' time that pass in a frame."""
    if isinstance(speed, str) and speed == "auto":
        return usual_speed(arrows[np.isfinite(arrows).all(1)], extent, fps)
    return positive("speed", speed) / float(fps)


def _check_ways(places: int, wishes: FlowWishes) -> None:
    if places > _MOST_KEPT:
        raise OptionError(
            f"lifetime={wishes.lifetime!r} is too long for {wishes.n_particles:,} particles: their ways have "
            f"{places:,} places then, {_MOST_KEPT:,} are the most"
        )


def _cloud(
    particles: Particles, n_frames: int, dots: Dots, paint: tuple[bool, Norm, Colors, str | None]
) -> Cloud:
    from gpuanim.values.sources import as_source

    by_speed, norm, table, cmap = paint
    n = particles.n_points
    values: Source = (
        StreakSource(particles, n_frames, "speed")
        if by_speed
        else as_source(np.zeros(n, np.float32), n_points=n, n_steps=None)
    )
    track = StreakTrack(particles, n_frames)
    return Cloud(
        track, values, norm, None, table, dots, n, cmap,
        present=as_presence(StreakSource(particles, n_frames, "opacity"), track, None, 1.0),
    )  # fmt: skip


def _paint(
    wishes: FlowWishes, background: Colors | None, field: Any
) -> tuple[bool, Norm, Colors, str | None]:
    """Return whether the speed colours particles, and norm, table and name of the colours."""
    from gpuanim.values.colors import as_rgb, color_table
    from gpuanim.values.normalize import Linear

    dark = background is not None and int(background.astype(int).sum()) < 3 * 128
    if isinstance(wishes.particle_color, str) and wishes.particle_color == "speed":
        flowing = field.nodes[field.nodes[..., 2] >= 1]
        top = float(np.percentile(np.hypot(flowing[:, 0], flowing[:, 1]), 95)) or 1.0
        cmap = wishes.particle_cmap or ("plasma" if dark else "viridis")
        name = cmap if isinstance(cmap, str) else getattr(cmap, "name", None)
        return True, Linear(vmin=0.0, vmax=top), color_table(cmap, na_color="gray"), name
    if wishes.particle_cmap is not None:
        raise OptionError('particle_cmap is for particle_color="speed"')
    color = wishes.particle_color
    if isinstance(color, str) and color == "auto":
        color = "white" if dark else "#101418"
    rgb = as_rgb(color, "particle_color")
    return False, Linear(vmin=0.0, vmax=1.0), np.repeat(rgb[None], 257, axis=0), None


def _dots(particles: Particles, number: int, s: float, wishes: FlowWishes) -> Dots:
    """Return dots that taper from the head to a third of its width at the end of the streak."""
    alpha = wishes.particle_alpha
    if isinstance(alpha, str) or np.ndim(alpha) or not 0 < float(alpha) <= 1:
        raise OptionError(f"particle_alpha must be above 0 and up to 1, not {alpha!r}")
    taper = np.linspace(1 / 3, 1, particles.n_streak) if particles.n_streak > 1 else np.ones(1)
    return make_dots(
        particles.n_points, s=np.repeat(s * taper**2, number), alpha=alpha, order="data",
        seed=0, antialias=True, edge=0.0,
    )  # fmt: skip


def _size(size: Any, pixels: tuple[int, int], dpi: float) -> float:
    """Return points squared; by default 1/320 of the shorter side of the frame."""
    if isinstance(size, str) and size == "auto":
        return (min(pixels) / 320 * 72 / dpi) ** 2
    return positive("particle_size", size)


def _frames(name: str, seconds: Any, fps: Fraction) -> int:
    return (
        0
        if isinstance(seconds, int | float) and seconds == 0
        else round(positive(name, seconds) * float(fps))
    )


def _count(n_particles: Any, places: int) -> int:
    if isinstance(n_particles, bool) or not isinstance(n_particles, int | np.integer) or n_particles < 1:
        raise OptionError(f"n_particles must be a whole number from 1 on, not {n_particles!r}")
    if n_particles * places > _MOST:
        raise OptionError(
            f"{n_particles:,} particles with {places} past places each make {n_particles * places:,} points "
            f"a frame, {_MOST:,} are the most: take fewer, or a shorter trail"
        )
    return int(n_particles)


def _seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 1 << 63:
        raise OptionError(f"seed must be a whole number from 0 on, not {seed!r}")
    return int(seed)


def quiet_color(options: dict[str, Any]) -> Any:
    """Return a grey that lies between the background and what stands out on it."""
    from gpuanim.values.colors import as_rgb

    ground, _ = ground_and_style(
        options.get("background", "auto"), options.get("theme"), options.get("style")
    )
    if ground is None:
        return "lightgray"
    base = ground / 255.0
    other = as_rgb("white" if base.sum() < 1.5 else "black", "na_color") / 255.0
    return tuple((base + 0.17 * (other - base)).tolist())
