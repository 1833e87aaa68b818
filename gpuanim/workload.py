"""What a film has to draw: the numbers by which its renderer is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from gpuanim.autosize import Diameter
from gpuanim.blend._base import Reduction
from gpuanim.film import Cloud, Film
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Scene
from gpuanim.raster.choice import Workload
from gpuanim.raster.costs import Load

__all__ = ["workload"]


def workload(
    film: Film, panels: Iterable[tuple[Scene, Diameter]], pixel_format: PixelFormat, fps: Fraction
) -> Workload:
    """Return what there is to draw in all frames of a film.

    Parameters
    ----------
    panels
        Scene and diameters of each cloud.
    fps
        Frames per second: trails are as long in frames.
    """
    loads = tuple(
        _load(cloud, scene, diameter, fps)
        for cloud, (scene, diameter) in zip(film.clouds, panels, strict=True)
    )
    return Workload(loads, film.timeline.n_frames, pixel_format)


def _load(cloud: Cloud, scene: Scene, diameter: Diameter, fps: Fraction) -> Load:
    left, top, right, bottom = scene.clip
    pixels = max(right - left, 0) * max(bottom - top, 0)
    if isinstance(cloud.blend, Reduction):  # each pixel is a point
        points = min(cloud.n_points, pixels)
        return Load(points, float(points), 1.0, False, scene.mixing, pixels, cloud.still)
    trail = 0 if cloud.trail is None else len(cloud.trail.weights(fps))
    points = cloud.n_points * (1 + trail)
    each = float(np.mean(np.square(np.asarray(diameter, np.float64) + 1)))
    return Load(points, points * each, scene.alpha, scene.antialias, scene.mixing, pixels, cloud.still)
