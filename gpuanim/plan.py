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
from gpuanim.autosize import Diameter
from gpuanim.chrome._base import Moment, Moving
from gpuanim.encode import transparent_suffixes
from gpuanim.errors import FormatError
from gpuanim.film import Cloud, Film, Fits
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.geometry import MIN_DIAMETER
from gpuanim.look import pixels
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.palette import light_colors, reduce_colors
from gpuanim.raster.pixels import unique_colors
from gpuanim.types import Colors, Ids
from gpuanim.view._base import Coords, Flight, Lens, Projected
from gpuanim.view.plane import View
from gpuanim.workload import workload

__all__ = ["PanelPlan", "Plan", "resolve"]

_PALETTE_LIMIT = 255
"""One row is left free: GIF needs it for "unchanged"."""

_MERGED = 1024
"""Colours that can be merged to fit a palette: the time goes with their square."""


@dataclass(frozen=True)
class PanelPlan:
    """What the renderer is told of a cloud.

    Parameters
    ----------
    scene, view, diameter
        What surrounds it, where it lies, and how large its points are in pixels.
    table
        (levels + 1, 3) colours of the codes.
    opacity
        (n,) what each point has of the scene's opacity, or None for 1.
    camera
        What moves the view, or None.
    growth
        Power of the camera's zoom by which diameters grow.
    layered
        Whether it matters which points lie over others.
    """

    scene: Scene
    view: View
    diameter: NDArray[np.float32] | float
    table: Colors
    opacity: NDArray[np.float32] | None = None
    camera: Flight | None = None
    growth: float = 0.0
    layered: bool = True

    def lens(self, moment: Moment, coords: Coords) -> Lens:
        """Return what the points of a moment are seen through."""
        return self.view if self.camera is None else self.camera.lens(moment, coords, self.view)

    def seen(self, coords: Coords, ids: Ids, lens: Lens) -> tuple[Points, NDArray[np.uint16] | None]:
        """Return points with these ids where `coords` lie on the frame, and how near they are.

        Both are in the order of `coords`. Where nearer points are to be drawn over those behind them, there
        is a number for each, the nearer the larger; otherwise None.
        """
        seen = lens.project(coords)
        opacity = self.opacity
        if seen.fade is not None:
            opacity = seen.fade if opacity is None else opacity * seen.fade
        points = Points(seen.x, seen.y, self._diameters(seen, lens.zoom), ids, opacity)
        return points, seen.depth if self.layered else None

    def _diameters(self, seen: Projected, zoom: float) -> Diameter:
        scale = seen.scale * np.float32(zoom**self.growth)
        if np.ndim(scale) == 0 and scale == 1:
            return self.diameter
        return np.maximum(self.diameter * scale, np.float32(MIN_DIAMETER))


@dataclass(frozen=True)
class Plan:
    """All that is fixed before the first frame.

    Parameters
    ----------
    spec
        What the encoder is told.
    panels
        One for each cloud.
    ground
        The still part of the frame.
    moving
        What changes above the points.
    palette
        Rows of palette frames, or None.
    renderer, reason
        Who draws, and why.
    notes
        What differs from what was asked for, in words.
    device
        Which GPU draws; None for the renderer's choice.
    """

    spec: FilmSpec
    panels: tuple[PanelPlan, ...]
    ground: Ground
    moving: tuple[Moving, ...]
    palette: Colors | None
    renderer: str
    reason: str
    notes: tuple[str, ...]
    device: int | None = None

    @property
    def dots(self) -> dict[str, Any]:
        """Diameter in pixels, or (least, median, most), and opacity; of several panels, a list of each."""
        diameters = [_told(panel.diameter) for panel in self.panels]
        alphas = [
            _told(panel.scene.alpha if panel.opacity is None else panel.scene.alpha * panel.opacity)
            for panel in self.panels
        ]
        one = len(self.panels) == 1
        return (
            {
                "diameter": diameters[0] if one else diameters,
                "opacity": alphas[0] if one else alphas,
            }
            if self.panels
            else {}
        )


def resolve(
    film: Film,
    *,
    accepted: tuple[PixelFormat, ...],
    fits: Fits,
    dpi: float,
    fps: Fraction,
    renderer: str,
    device: int | None = None,
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
    size = pixels(film.stage.figsize, dpi)
    layers = fits.layers(dpi, size)
    ground = Ground(*size, layers.under, layers.over, film.stage.background is None)
    few = sum(len(cloud.table) for cloud in film.clouds) <= _MERGED
    flat = few and not layers.moving and ground.flat and all(_flat(cloud) for cloud in film.clouds)
    pixel_format = _negotiate(ground.transparent, flat, accepted)
    notes: list[str] = []
    if pixel_format.subsampled and (size[0] % 2 or size[1] % 2):
        even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        notes.append(
            f"{size[0]}x{size[1]} was padded to {even[0]}x{even[1]} with background: "
            "4:2:0 video needs even sizes"
        )
        ground = _pad(ground, even)
    panels = tuple(
        _panel(cloud, view, ground, *fits.sizes(i, view, dpi))
        for i, (cloud, view) in enumerate(zip(film.clouds, layers.views, strict=True))
    )
    scenes = [(panel.scene, panel.diameter) for panel in panels]
    work = workload(film, scenes, pixel_format, fps)
    renderer, reason = raster.choose(_asked_renderer(renderer), device, work)
    for cloud in film.clouds:
        raster.check_mixing(renderer, cloud.blend.mixing)
    colors = _flat_colors(ground, [*(_shown(panel, ground) for panel in panels), layers.colors])
    palette = None
    if pixel_format is PixelFormat.PAL8:
        palette, error = reduce_colors(colors, _PALETTE_LIMIT)
        colors = palette
        if error:
            notes.append(f"the closest colours were merged to fit a palette: at most {error} of 255 off")
    n_frames = film.timeline.n_frames
    spec = FilmSpec(
        ground.width, ground.height, fps, pixel_format, n_frames, colors, title, _background(ground)
    )
    return Plan(spec, panels, ground, layers.moving, palette, renderer, reason, tuple(notes), device)


def _panel(cloud: Cloud, view: View, ground: Ground, diameter: Diameter, alpha: float) -> PanelPlan:
    blend = cloud.blend
    clip = _within(view.clip, ground)
    scene = Scene(ground, clip, alpha, cloud.dots.antialias, blend.mixing, blend.falloff)
    return PanelPlan(
        scene, view, diameter, cloud.table, cloud.dots.opacity, cloud.camera, cloud.dots.growth, blend.ordered
    )


def _told(number: Any) -> float | list[float]:
    if np.ndim(number) == 0:
        return round(float(number), 4)
    return [round(float(x), 4) for x in np.percentile(number, (0, 50, 100))]


def _within(clip: tuple[int, int, int, int], ground: Ground) -> tuple[int, int, int, int]:
    """Cut a box to the frame: axes may reach beyond it, the renderer's kernels write where they are told."""
    left, right = (min(max(x, 0), ground.width) for x in clip[::2])
    top, bottom = (min(max(y, 0), ground.height) for y in clip[1::2])
    return left, top, right, bottom


def _shown(panel: PanelPlan, ground: Ground) -> Colors:
    """Return colours whose mixtures are what points show."""
    if panel.scene.mixing != "additive":
        return panel.table
    return light_colors(panel.table, np.array(_background(ground)))


def _flat(cloud: Cloud) -> bool:
    opaque = not isinstance(cloud.dots.alpha, str) and bool(np.all(cloud.dots.alpha == 1.0))
    whole = cloud.present is None and cloud.trail is None
    fades = cloud.camera is not None and cloud.camera.fades
    return cloud.blend.mixing == "over" and opaque and whole and not fades and not cloud.dots.antialias


def _asked_renderer(renderer: str) -> str:
    return os.environ.get("GPUANIM_RENDERER", "auto") if renderer == "auto" else renderer


def _negotiate(transparent: bool, flat: bool, accepted: tuple[PixelFormat, ...]) -> PixelFormat:
    if transparent:
        if PixelFormat.RGBA not in accepted:
            known = ", ".join(transparent_suffixes())
            raise FormatError(
                f"this format has no transparency: give a background colour, or save to one of {known} "
                "(without codec=..., it chooses one that has it)"
            )
        return PixelFormat.RGBA
    for pixel_format in accepted:
        if pixel_format is not PixelFormat.PAL8 or flat:
            return pixel_format
    raise FormatError('the encoder takes palette frames only: use antialias=False, alpha=1 and blend="over"')


def _pad(ground: Ground, even: tuple[int, int]) -> Ground:
    grow = ((0, even[1] - ground.height), (0, even[0] - ground.width), (0, 0))
    under, over = ground.under, ground.over
    under = np.pad(under, grow, mode="edge") if under.ndim == 3 else under
    over = None if over is None else np.pad(over, grow, mode="edge")
    return Ground(even[0], even[1], under, over, ground.transparent)


def _background(ground: Ground) -> tuple[int, int, int]:
    """Return the colour that most of the frame stands on."""
    colors, rows = unique_colors(ground.under.reshape(1, -1, 3))
    r, g, b = (int(channel) for channel in colors[np.bincount(rows.ravel()).argmax()])
    return r, g, b


def _flat_colors(ground: Ground, tables: list[Colors]) -> Colors:
    """Return the colours that occur unmixed: background first, then the tables, then the chrome."""
    under, over = ground.under, ground.over
    parts = [under.reshape(1, 3) if under.ndim == 1 else unique_colors(under)[0], *tables]
    if over is not None:
        parts.append(unique_colors(over[over[..., 3] == 255][:, :3][None])[0])
    return np.concatenate(parts)
