"""The user's words -> one frozen plan: sizes, formats, renderer and scene of a film.

Pure functions of the description and of what the target takes; after them no stage reads a user's
argument.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import raster
from gpuanim.chrome.stage import BareAxes
from gpuanim.encode import transparent_suffixes
from gpuanim.errors import FormatError
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.geometry import View, fit_view, point_diameter
from gpuanim.look import Look, positive
from gpuanim.raster._base import Scene
from gpuanim.raster.palette import reduce_colors
from gpuanim.raster.pixels import unique_colors
from gpuanim.types import Colors

__all__ = ["Plan", "resolve"]

_PALETTE_LIMIT = 255
"""One row is left free: GIF needs it for "unchanged"."""


@dataclass(frozen=True)
class Plan:
    """All that is fixed before the first frame.

    Parameters
    ----------
    spec
        What the encoder is told.
    scene, view, diameter
        What the renderer is told; diameters in pixels.
    table
        (levels + 1, 3) colours of the codes.
    palette
        Rows of palette frames, or None.
    renderer, reason
        Who draws, and why.
    notes
        What differs from what was asked for, in words.
    """

    spec: FilmSpec
    scene: Scene
    view: View
    diameter: NDArray[np.float32] | float
    table: Colors
    palette: Colors | None
    renderer: str
    reason: str
    notes: tuple[str, ...]


def resolve(
    look: Look,
    table: Colors,
    bounds: tuple[float, float, float, float],
    n_points: int,
    *,
    accepted: tuple[PixelFormat, ...],
    fps: Fraction,
    n_frames: int | None,
    dpi: float | None = None,
    title: str = "",
) -> Plan:
    """Resolve a film for a target that accepts the given pixel formats, in order of preference.

    Raises
    ------
    FormatError
        If the target cannot hold what was asked for, such as transparency.
    OptionError
        If an option does not fit the resolution.
    """
    dpi = _dpi(look, dpi)
    size = look.pixels(dpi)
    renderer, reason = raster.choose(_asked_renderer(look))
    stage = BareAxes(look.figsize, bounds).layers(dpi, size) if look.axes else None
    scene = _scene(look, size, stage)
    pixel_format = _negotiate(scene, accepted)
    notes: list[str] = []
    if pixel_format.subsampled and (size[0] % 2 or size[1] % 2):
        even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        notes.append(
            f"{size[0]}x{size[1]} was padded to {even[0]}x{even[1]} with background: "
            "4:2:0 video needs even sizes"
        )
        scene = _pad(scene, even)
    view = stage.view if stage else _view(look, bounds, size)
    colors = _flat_colors(scene, table)
    palette = None
    if pixel_format is PixelFormat.PAL8:
        palette, error = reduce_colors(colors, _PALETTE_LIMIT)
        colors = palette
        if error:
            notes.append(f"the closest colours were merged to fit a palette: at most {error} of 255 off")
    spec = FilmSpec(scene.width, scene.height, fps, pixel_format, n_frames, colors, title, _background(scene))
    diameter = point_diameter(look.s, look.edge, dpi, n_points, view.box)
    return Plan(spec, scene, view, diameter, table, palette, renderer, reason, tuple(notes))


def _dpi(look: Look, override: float | None) -> float:
    if override is None:
        return look.dpi
    return positive("dpi", override)


def _asked_renderer(look: Look) -> str:
    if look.renderer == "auto":
        return os.environ.get("GPUANIM_RENDERER", "auto")
    return look.renderer


def _scene(look: Look, size: tuple[int, int], stage: Any) -> Scene:
    width, height = size
    if stage is not None:
        clip = stage.view.clip
        return Scene(width, height, clip, stage.under, stage.over, look.alpha, look.antialias)
    under = np.array([255, 255, 255], np.uint8) if look.background is None else look.background
    clip = (0, 0, width, height)
    return Scene(width, height, clip, under, None, look.alpha, look.antialias, look.background is None)


def _view(look: Look, bounds: tuple[float, float, float, float], size: tuple[int, int]) -> View:
    box = (0.0, 0.0, float(size[0]), float(size[1]))
    return fit_view(bounds, box, xlim=look.xlim, ylim=look.ylim, margin=look.margin, aspect=look.aspect)


def _negotiate(scene: Scene, accepted: tuple[PixelFormat, ...]) -> PixelFormat:
    if scene.transparent:
        if PixelFormat.RGBA not in accepted:
            known = ", ".join(transparent_suffixes())
            raise FormatError(
                f"this format has no transparency: give a background colour, or save to one of {known} "
                "(without codec=..., it chooses one that has it)"
            )
        return PixelFormat.RGBA
    for pixel_format in accepted:
        if pixel_format is not PixelFormat.PAL8 or scene.flat:
            return pixel_format
    raise FormatError("the encoder takes palette frames only: use antialias=False and alpha=1")


def _pad(scene: Scene, even: tuple[int, int]) -> Scene:
    grow = ((0, even[1] - scene.height), (0, even[0] - scene.width), (0, 0))
    under, over = scene.under, scene.over
    under = np.pad(under, grow, mode="edge") if under.ndim == 3 else under
    over = None if over is None else np.pad(over, grow, mode="edge")
    return Scene(even[0], even[1], scene.clip, under, over, scene.alpha, scene.antialias, scene.transparent)


def _background(scene: Scene) -> tuple[int, int, int]:
    """Return the colour that most of the frame stands on."""
    colors, rows = unique_colors(scene.under.reshape(1, -1, 3))
    r, g, b = (int(channel) for channel in colors[np.bincount(rows.ravel()).argmax()])
    return r, g, b


def _flat_colors(scene: Scene, table: Colors) -> Colors:
    """Return the colours that occur unmixed: background first, then the table, then the chrome."""
    parts = [scene.under.reshape(1, 3) if scene.under.ndim == 1 else unique_colors(scene.under)[0], table]
    if scene.over is not None:
        parts.append(unique_colors(scene.over[scene.over[..., 3] == 255][:, :3][None])[0])
    return np.concatenate(parts)
