"""`pl.spatial`: cells or spots where they lie in a tissue, with its picture below them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import geometry
from gpuanim.adata import open_cells
from gpuanim.adata.tissue import AUTO, Library, open_library
from gpuanim.animation import Animation
from gpuanim.blend._base import Reduction
from gpuanim.chrome.figure import FigureStage
from gpuanim.chrome.panel import PanelStage
from gpuanim.chrome.picture import Picture
from gpuanim.errors import OptionError
from gpuanim.film import Cloud
from gpuanim.look import positive
from gpuanim.motion.presence import as_presence
from gpuanim.pl._others import check_no_others
from gpuanim.pl.embedding import embedding
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.emphasis import WithPrevious
from gpuanim.view.words import as_move

__all__ = ["spatial"]

_WORDS = inspect.signature(embedding).parameters


def spatial(
    adata: Any,
    *,
    basis: str = "spatial",
    img: Any = None,
    img_key: str | None = AUTO,
    library_id: str | None = AUTO,
    crop_coord: tuple[float, float, float, float] | None = None,
    alpha_img: float = 1.0,
    bw: bool = False,
    size: float = 1.0,
    scale_factor: float | None = None,
    spot_size: float | None = None,
    na_color: Any = None,
    **options: Any,
) -> Animation:
    """Film cells or spots where they lie in a tissue, over its picture.

    As ``embedding(adata, "spatial", ...)``, by the rules of scanpy's ``pl.spatial``: equal scales in axes
    of the shape of the tissue, y downwards, spots as large as they are, and the image of ``uns["spatial"]``
    below them, which is drawn once and costs frames nothing. Unlike scanpy's, the axes have the units of
    ``obsm["spatial"]``, which lassos, shots of cameras and scale bars count in.

    Parameters
    ----------
    adata
        As in `embedding`, with ``obsm["spatial"]``.
    basis
        Key in `obsm`.
    img
        (h, w, 3) or (h, w, 4) uint8 or floats 0..1, or (h, w) for grey: a picture in place of that in `uns`.
    img_key
        Key in ``uns["spatial"][library_id]["images"]``. By default "hires", or "lowres" if there is no other,
        or no picture where there are none; None for no picture.
    library_id
        Key in ``uns["spatial"]``, needed if there are several; None for none of them.
    crop_coord
        (left, right, top, bottom) of what is shown, in the units of the coordinates.
    alpha_img
        Opacity of the picture.
    bw
        Whether the picture is shown in grey.
    size
        Of the spots, as a multiple of `spot_size`.
    scale_factor
        Pixels of the picture per unit of the coordinates. Default: that of `img_key`; 1 for an `img` alone.
    spot_size
        Diameter of a spot in the units of the coordinates. Default: that of ``uns["spatial"]``, if there is
        one, and else automatic as in `embedding`.
    na_color
        Of spots without a value. Default: over a picture they are not drawn, and so are all spots without
        `color`; "lightgray" otherwise, and where spots have outlines, or a blend reduces them to pixels.
    **options
        Of `embedding`.

    Returns
    -------
    Animation

    Raises
    ------
    DataKeyError
        There is no such library or image, or a scale is missing; the message names the nearest.
    OptionError, ShapeError
        An option cannot be used; nothing has been rendered then.

    Examples
    --------
    >>> import gpuanim as ga, scanpy as sc
    >>> adata = sc.datasets.visium_sge("V1_Human_Lymph_Node")  # doctest: +SKIP
    >>> ga.pl.spatial(adata, frames=["CD3D", "CD19"], fps=1).save("tissue.mp4")  # doctest: +SKIP
    """
    check_no_others({name: value for name, value in options.items() if name not in _WORDS}, spatial)
    size = positive("size", size)
    with open_cells(adata) as cells:
        library = open_library(cells, library_id)
        found = library.picture(img_key, img, scale_factor, bw=bw)
        picture = None if found is None else Picture(*found, alpha_img)
        spot = _diameter(library, spot_size, size)
    move = as_move(options.get("camera"))
    if picture is not None and move is not None:
        raise OptionError(
            "the picture of a tissue does not follow a camera: give img_key=None to leave it out"
        )
    deep = move is not None and move.n_columns == 3
    usual: dict[str, Any] = {
        "aspect": "equal" if deep else "box",
        "y_down": True,
        "na_color": na_color or "lightgray",
    }
    film = embedding(adata, basis, spot_size=spot, **(usual | options))
    seen, stage = film._film, film._film.stage
    assert isinstance(stage, FigureStage)
    panels = [replace(panel, picture=picture) for panel in stage.panels]
    if crop_coord is not None:
        panels = [_cropped(panel, crop_coord) for panel in panels]
    clouds = seen.clouds
    if picture is not None and na_color is None:
        clouds, panels = _without_missing(clouds, panels)
    stage = replace(stage, panels=tuple(panels))
    return replace(film, _film=replace(seen, stage=stage, clouds=tuple(clouds)))


def _diameter(library: Library, spot_size: float | None, size: float) -> float | None:
    """Return the diameter of the spots in units of the coordinates, None if it is automatic."""
    diameter = library.spot_diameter() if spot_size is None else positive("spot_size", spot_size)
    if diameter is None and size != 1:
        raise OptionError(
            "size is a multiple of the diameter of spots, which uns['spatial'] does not tell: give spot_size"
        )
    return None if diameter is None else size * diameter


def _cropped(panel: PanelStage, crop_coord: Any) -> PanelStage:
    """Return a panel that shows a part of the tissue."""
    edges = np.asarray(crop_coord, object).ravel().tolist()
    real = all(isinstance(edge, int | float | np.number) and math.isfinite(edge) for edge in edges)
    if len(edges) != 4 or not real or edges[0] == edges[1] or edges[2] == edges[3]:
        raise OptionError(
            "crop_coord must be (left, right, top, bottom) in the units of the coordinates, four finite "
            f"numbers with some room between them, not {crop_coord!r}"
        )
    left, right, top, bottom = (float(edge) for edge in edges)
    return replace(panel, limits=replace(panel.limits, xlim=(left, right), ylim=(bottom, top)))


def _without_missing(
    clouds: tuple[Cloud, ...], panels: list[PanelStage]
) -> tuple[tuple[Cloud, ...], list[PanelStage]]:
    """Leave out spots while they have no value, where single spots can be left out."""
    found = list(clouds)
    for i, cloud in enumerate(clouds):
        source = cloud.values.source if isinstance(cloud.values, WithPrevious) else cloud.values
        still = source.n_steps == 1
        if isinstance(cloud.blend, Reduction) or not source.rewindable or (cloud.halos and not still):
            continue
        there = _There(source, categories=cloud.names is not None)
        if all(bool(shares.all()) for shares in there.steps()):
            continue
        found[i] = _visible(cloud, there.step(0)) if still else _present(cloud, there)
        key = panels[i].key
        panels[i] = replace(panels[i], key=None if key is None else replace(key, has_na=False))
    return tuple(found), panels


def _visible(cloud: Cloud, shares: Values) -> Cloud:
    alpha = cloud.dots.alpha
    if isinstance(alpha, str):
        return replace(cloud, present=as_presence(shares, np.asarray(cloud.coords), 1, 0.0))
    return replace(cloud, dots=replace(cloud.dots, alpha=(shares * alpha).astype(np.float32)))


def _present(cloud: Cloud, there: _There) -> Cloud:
    return replace(cloud, present=as_presence(there, np.asarray(cloud.coords), there.n_steps, 0.0))


class _There(Source):
    """1 for spots that have a value, 0 for others, in the order of the spots."""

    what = "present"

    def __init__(self, source: Source, *, categories: bool) -> None:
        self._source, self._categories = source, categories
        self.n_points, self.n_steps = source.n_points, source.n_steps
        self._place = None if source.permutation is None else geometry.inverse(source.permutation)

    def steps(self) -> Iterator[Values]:
        return map(self._of, self._source.steps())

    def step(self, index: int) -> Values:
        return self._of(self._source.step(index))

    def _of(self, values: Values) -> Values:
        first: NDArray[Any] = values if values.ndim == 1 else values.sum(axis=1)
        known = ~np.isnan(first) if not self._categories else first >= 0 if values.ndim == 1 else first > 0
        return np.asarray(known if self._place is None else known[self._place], np.float32)
