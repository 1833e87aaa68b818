"""What colours the cells of a morph: values and options of `animate`, from one AnnData or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata import Categories, Cells
from gpuanim.adata.colors import ColorVector, resolve_color
from gpuanim.errors import OptionError
from gpuanim.motion.stations import Stations, member
from gpuanim.pl._show import Show, what_is_shown
from gpuanim.values.palettes import palette_colors

__all__ = ["Painted", "Wanted", "paint_cells"]

_MOST_LISTED = 400


@dataclass(frozen=True)
class Wanted:
    """What was asked for, in the words of `pl.embedding`."""

    color: Any = None
    frames: Any = None
    layer: str | None = None
    use_raw: bool | None = None
    gene_symbols: str | None = None
    sort_order: bool = True
    palette: Any = None


@dataclass(frozen=True, eq=False)
class Painted:
    """Values, and the options of `animate` that go with them unless the user has others."""

    values: Any
    options: dict[str, Any] = field(default_factory=dict)


def paint_cells(stations: Stations, basis: str, wanted: Wanted) -> Painted:
    """Look up the colours of cells; raises DataKeyError, OptionError or ShapeError."""
    if stations.members:
        if wanted.frames is not None:
            raise OptionError("frames are of one AnnData: of several, color is taken from each")
        return _of_several(stations, wanted)
    return _of_one(stations.cells[0], basis, wanted)


def _of_one(cells: Cells, basis: str, wanted: Wanted) -> Painted:
    show = Show(
        color=wanted.color, frames=wanted.frames, along=None, groups=None, mask_obs=None, layer=wanted.layer,
        use_raw=wanted.use_raw, gene_symbols=wanted.gene_symbols, components=None, dimensions=None,
        sort_order=wanted.sort_order, mix=None, n_frames=None, fps=None, duration=None,
    )  # fmt: skip
    panels = what_is_shown(cells, basis, show)
    if len(panels) != 1:
        raise OptionError("a morph has one panel: give one color, and put several films into ga.panels")
    content = panels[0].content
    options: dict[str, Any] = {"mix": content.mix, "norm": content.norm, "scope": content.scope}
    options |= _order(content.order)
    if content.names is not None:
        options |= _named(content.names, palette_colors(content.names, wanted.palette, content.stored))
    elif not content.plain:
        options["colorbar"] = wanted.color if isinstance(wanted.color, str) else True
    return Painted(content.values, options)


def _named(names: Sequence[str], colors: NDArray[np.uint8]) -> dict[str, Any]:
    listed = {"legend": True} if len(names) <= _MOST_LISTED else {}
    return {"categories": names, "palette": [tuple(color / 255) for color in colors], **listed}


def _order(order: Any) -> dict[str, Any]:
    if isinstance(order, np.ndarray):
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return {"order": rank}
    return {"order": "value", "order_scope": "film"} if order == "peak" else {"order": order}


def _of_several(stations: Stations, wanted: Wanted) -> Painted:
    vectors = [
        resolve_color(
            cells, wanted.color, layer=wanted.layer, use_raw=wanted.use_raw, gene_symbols=wanted.gene_symbols
        )
        for cells in stations.cells
    ]
    kinds = {vector.kind for vector in vectors}
    if len(kinds) > 1:
        raise OptionError(f"color={wanted.color!r} holds numbers in one AnnData and categories in another")
    if "categorical" in kinds:
        return _of_categories(stations, vectors, wanted.palette)
    steps = [
        member(np.array(vector.values, np.float64), own, np.nan)
        for vector, own in zip(vectors, stations.members, strict=True)
    ]
    plain = "none" in kinds
    return Painted(_collapsed(_carried(steps, stations)), {} if plain else {"colorbar": wanted.color})


def _of_categories(stations: Stations, vectors: Sequence[ColorVector], palette: Any) -> Painted:
    numbers: dict[str, int] = {}
    stored: dict[str, Any] = {}
    steps = []
    for vector, own in zip(vectors, stations.members, strict=True):
        assert isinstance(vector.values, Categories)
        names = list(map(str, vector.values.names))
        table = np.array([numbers.setdefault(name, len(numbers)) for name in names] + [-1], np.int32)
        for name, color in zip(names, vector.palette or (), strict=False):
            stored.setdefault(name, color)
        steps.append(member(table[vector.values.codes], own, -1))
    kept = [stored[name] for name in numbers] if set(numbers) <= set(stored) else None
    colors = palette_colors(tuple(numbers), palette, kept)
    return Painted(_collapsed(_carried(steps, stations)), _named(tuple(numbers), colors))


def _carried(steps: Sequence[NDArray[Any]], stations: Stations) -> NDArray[Any]:
    """Give cells that are not there the value of the nearest embedding in which they are, of two the earlier.

    So a cell that fades in has its colour from the beginning, and one that fades out until the end.
    """
    there = np.array([own >= 0 for own in stations.members])
    k = len(steps)
    away = np.abs(np.arange(k)[:, None] - np.arange(k)[None, :])
    made = np.array(steps)
    for i in range(k):
        cost = np.where(there, away[i][:, None], k + 1)
        nearest = cost.argmin(axis=0)
        made[i] = np.take_along_axis(np.array(steps), nearest[None], axis=0)[0]
    return made


def _collapsed(steps: NDArray[Any]) -> NDArray[Any]:
    """Return (n,) where all steps are equal, NaN included."""
    nan = steps.dtype.kind == "f"
    same = all(np.array_equal(step, steps[0], equal_nan=nan) for step in steps[1:])
    return steps[0] if same else steps
