"""The verb `flow`: particles along the velocities of cells."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from gpuanim.animation import Animation
from gpuanim.geometry import check_coords
from gpuanim.verbs._flow import FlowWishes, check_still, flow_over, quiet_color
from gpuanim.verbs.of_points import animate

__all__ = ["flow"]


def flow(
    coords: Any,
    velocities: Any,
    values: Any = None,
    *,
    n_particles: int = 1500,
    lifetime: float = 2.0,
    trail: float = 0.5,
    speed: Any = "auto",
    particle_size: Any = "auto",
    particle_color: Any = "auto",
    particle_cmap: Any = None,
    particle_alpha: float = 0.8,
    density: float = 1.0,
    smooth: float = 0.5,
    min_mass: float = 1.0,
    loop: bool = True,
    cells: bool = True,
    seed: int = 0,
    n_frames: int | None = None,
    fps: float | str | Fraction | None = None,
    duration: float | None = None,
    na_color: Any = "auto",
    **options: Any,
) -> Animation:
    """Describe a film of particles that flow along the velocities of cells.

    The velocities are averaged on a grid (`gpuanim.motion.field.velocity_field`, scVelo's rule). Particles
    are born around cells, are carried along by the fourth-order method of Runge and Kutta, draw a streak of
    their past places, fade away and are born anew. They never leave the places where there are cells. The
    cells themselves lie still below them. A frame is the same however it is come by.

    Parameters
    ----------
    coords
        (n, 2) places of the cells.
    velocities
        (n, 2) their velocities in the same plane: scVelo's ``obsm["velocity_umap"]``, or any other. Cells
        without a finite one are left out of the average.
    values
        (n,) what colours the cells: numbers or categories, as in `animate`. None: all in `na_color`.
    n_particles
        Particles at a time.
    lifetime
        Seconds that a particle lives; in a loop, a whole number of lives fills the film.
    trail
        Seconds that a streak reaches back.
    speed
        Units of the velocities' time that pass in a second; "auto" lets fast cells (the 90th percentile) move
        6 % of the diagonal of the data a second. The lengths of velocities on an embedding have no unit.
    particle_size
        Of the head, in points squared; "auto" is a disc of 1/320 of the shorter side of the frame.
    particle_color, particle_cmap
        A colour, "auto" for white on dark and nearly black on light backgrounds, or "speed" with a colormap.
    particle_alpha
        Opacity of a head.
    density, smooth, min_mass
        Of the grid, as in scVelo: nodes per axis over 50, width of the Gaussian in cells of the grid, and the
        percentage of the usual mass below which there is no flow.
    loop
        Whether the film can be played round and round without a seam.
    cells
        Whether to draw the cells.
    seed
        Of the births.
    n_frames, fps, duration
        Any two of frames, frames per second and seconds fix the third; by default 6 s at 30 per second.
    na_color
        Of cells without a value; "auto" is a grey near the background.
    **options
        Of `animate`, about the cells and all that surrounds them.

    Returns
    -------
    Animation

    Raises
    ------
    OptionError, ShapeError
        If an argument cannot be used; nothing has been rendered then.

    Examples
    --------
    >>> import numpy as np, gpuanim as ga
    >>> coords = np.random.default_rng(0).normal(size=(5000, 2))
    >>> whirl = np.column_stack([-coords[:, 1], coords[:, 0]])
    >>> ga.flow(coords, whirl, theme="dark", size=(640, 640)).save("whirl.mp4")  # doctest: +SKIP
    """
    check_still(options)
    places = check_coords(coords)
    if values is None:
        values = np.full(len(places), np.nan, np.float32)
        options = {"vmin": 0.0, "vmax": 1.0} | options
    if isinstance(na_color, str) and na_color == "auto":
        na_color = quiet_color(options)
    still = animate(places, values, na_color=na_color, **options)
    wishes = FlowWishes(
        n_particles=n_particles, lifetime=lifetime, trail=trail, speed=speed, particle_size=particle_size,
        particle_color=particle_color, particle_cmap=particle_cmap, particle_alpha=particle_alpha,
        density=density, smooth=smooth, min_mass=min_mass, loop=loop, seed=seed, cells=cells,
        n_frames=n_frames, fps=fps, duration=duration,
    )  # fmt: skip
    return flow_over(still, [velocities], wishes)
