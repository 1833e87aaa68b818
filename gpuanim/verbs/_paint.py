"""Values of any kind -> what colours them: numbers by a colormap, categories and shares by a palette."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.blend._base import Blend, Reduction
from gpuanim.blend.over import OVER
from gpuanim.errors import DataKeyError, OptionError, ShapeError
from gpuanim.types import Colors
from gpuanim.values._base import Norm, Source

__all__ = ["MIXES", "Paint", "Wishes", "as_paint", "one_step"]

MIXES = ("linear", "srgb", "confidence", "argmax")


@dataclass(frozen=True, eq=False)
class Wishes:
    """What was asked for about colours, as `animate` takes it."""

    norm: Any = None
    vmin: Any = None
    vmax: Any = None
    vcenter: Any = None
    scope: str | None = None
    cmap: Any = None
    palette: Any = None
    stored: Any = None
    categories: Sequence[Any] | None = None
    mix: str | None = None
    na_color: Any = "lightgray"
    blend: Blend = OVER


@dataclass(frozen=True, eq=False)
class Paint:
    """How values become colours.

    Parameters
    ----------
    source, norm, table
        As in `Cloud`.
    names, colors
        The k categories and their (k, 3) uint8 colours; None for numbers.
    cmap
        Name of the colormap, if it has one.
    groups
        (n,) categories at whose medians their names stand, where it is not the last step that tells.
    blend
        As in `Cloud`.
    """

    source: Source
    norm: Norm
    table: Colors
    names: tuple[str, ...] | None = None
    colors: Colors | None = None
    cmap: str | None = None
    groups: NDArray[np.integer[Any]] | None = None
    blend: Blend = OVER

    @property
    def categorical(self) -> bool:
        """Whether nothing lies between two values."""
        from gpuanim.values.category_norm import CategoryNorm

        return isinstance(self.norm, CategoryNorm)

    @property
    def discrete(self) -> bool:
        """Whether levels have no order, so that a change is a whole one."""
        from gpuanim.values.mixing import Likeliest

        return self.categorical or isinstance(self.norm, Likeliest)

    def check_tween(self, tween: Any, *, moves: bool = False) -> None:
        """Raise OptionError if categories are to be blended; points that move have places to blend."""
        from gpuanim.values.categories import check_no_tween

        if self.categorical and not moves:
            check_no_tween(tween)

    def has_na(self) -> bool:
        """Whether cells without a category occur in the first or the last step; True if nobody knows."""
        ends = self._ends()
        return not ends or any(bool((codes < 0).any()) for codes in ends)

    def medians(self, coords: Any) -> NDArray[np.float64]:
        """Return the (k, 2), or (k, 3), median place of the cells of each category, NaN for none.

        Cells without a place are left out; the middle of all stands for categories that have none yet.

        Raises
        ------
        OptionError
            If the last step is not known before the film runs.
        """
        codes = self._last()
        if codes is None:
            raise OptionError(
                'legend="on data" needs values whose last step is known: give them as an array or a list, or '
                'take legend="right margin"'
            )
        places = np.asarray(coords)
        there = np.isfinite(places).all(axis=1)
        medians = np.full((len(self.names or ()), places.shape[1]), np.nan)
        for code in range(len(medians)):
            mine = codes == code
            found = places[mine & there]
            if mine.any():
                medians[code] = np.median(found if len(found) else places[there], axis=0)
        return medians

    def followed(self, medians: NDArray[np.float64]) -> tuple[NDArray[np.int64], ...]:
        """Return cells of each category that has a median, by which its name goes when they move."""
        from gpuanim.chrome.followed import sampled

        codes = self._last()
        known = np.flatnonzero(np.isfinite(medians).all(axis=1))
        return tuple(sampled(np.flatnonzero(codes == code)) for code in known)

    def members(self, name: str, key: str | None = None) -> NDArray[np.bool_]:
        """Return (n,) which points are in a category, at the last step where that changes.

        Raises
        ------
        OptionError
            If these are no categories, the last step is not known before the film runs, or `key` names a
            column: there are no columns here.
        DataKeyError
            If there is no such category.
        """
        if key is not None:
            raise OptionError(
                f"({key!r}, {name!r}) is a column of obs and its group, for films of an AnnData (ga.pl): "
                "give the cells as a mask"
            )
        codes = None if self.names is None else self._last()
        if self.names is None or codes is None:
            raise OptionError(
                f"group {name!r} is for values that are categories and can be looked at beforehand: give the "
                "cells as a mask"
            )
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise DataKeyError(f"there is no category {name!r}{hint}; there are {', '.join(self.names[:20])}")
        return np.asarray(codes == self.names.index(name))

    def _last(self) -> NDArray[np.integer[Any]] | None:
        """Return the (n,) category of each point that `groups`, or the last step, tells; None if none can."""
        if self.groups is not None:
            return self.groups
        ends = self._ends()
        if not ends or self.source.permutation is None:
            return ends[-1] if ends else None
        codes = np.empty_like(ends[-1])
        codes[self.source.permutation] = ends[-1]
        return codes

    def _ends(self) -> list[NDArray[Any]]:
        """Return the categories of the first and the last step, none if they cannot be looked at."""
        source = self.source
        if type(source).step is Source.step or source.n_steps is None:
            return []
        steps = [np.array(source.step(i)) for i in sorted({0, source.n_steps - 1})]
        if self.categorical:
            return steps
        return [np.where(step.sum(1) > 0, step.argmax(1), -1) for step in steps]


def as_paint(
    values: Any, *, n_points: int, n_steps: int | None, wishes: Wishes, background: Colors | None
) -> Paint:
    """Find out what values are, and choose their colours.

    Raises
    ------
    OptionError, ShapeError
        If values or an option cannot be used, or an option is one of values of another kind.
    """
    from gpuanim.values.categories import looks_categorical

    n_classes = _n_classes(values, n_points)
    if wishes.mix is not None or n_classes > 1:
        wishes.blend.check("shares")
        return _of_shares(values, n_points, n_steps, n_classes, wishes, background)
    if wishes.categories is not None or wishes.palette is not None or looks_categorical(values):
        wishes.blend.check("categories")
        return _of_categories(values, n_points, n_steps, wishes)
    wishes.blend.check("numbers")
    return _of_numbers(values, n_points, n_steps, wishes)


def _of_numbers(values: Any, n_points: int, n_steps: int | None, wishes: Wishes) -> Paint:
    from gpuanim.values.sources import as_source

    return _on_scale(as_source(values, n_points=n_points, n_steps=n_steps), wishes)


def _on_scale(source: Source, wishes: Wishes) -> Paint:
    """Return the colours of numbers: the values of a source, or what a blend makes of them."""
    from matplotlib import rcParams

    from gpuanim.values.colors import color_table
    from gpuanim.values.normalize import as_norm

    blend = wishes.blend
    cmap = rcParams["image.cmap"] if wishes.cmap is None else wishes.cmap
    usual = blend.usual_norm if isinstance(blend, Reduction) else "linear"
    counted = isinstance(blend, Reduction) and blend.counts
    if source.own_norm is None or counted:
        norm = as_norm(
            usual if wishes.norm is None else wishes.norm,
            vmin=wishes.vmin,
            vmax=wishes.vmax,
            vcenter=wishes.vcenter,
            scope=wishes.scope,
        )
    else:
        norm = _own_norm(source.own_norm, wishes)
    if norm.needs_film and not source.rewindable:
        raise OptionError(
            "values that can be read only once cannot be searched for their range: give vmin and vmax, "
            'or scope="frame", or norm="rank"'
        )
    name = cmap if isinstance(cmap, str) else getattr(cmap, "name", None)
    return Paint(source, norm, color_table(cmap, na_color=wishes.na_color), cmap=name, blend=blend)


def _own_norm(own: Norm, wishes: Wishes) -> Norm:
    """Return the norm of values that are levels of it; raises OptionError if another one is asked for."""
    from gpuanim.values.levels import RankLevels

    mend = "store float32 for it, and leave it out to see the ranks"
    asked = wishes.norm
    if not (asked in (None, "rank", own) or (isinstance(own, RankLevels) and asked == own.rank)):
        raise OptionError(f"these frames are levels of {own}, and cannot be shown by norm={asked!r}: {mend}")
    for name in ("vmin", "vmax", "vcenter", "scope"):
        value = getattr(wishes, name)
        if value is not None and (name, value) != ("scope", "frame"):
            raise OptionError(f"these frames are levels of {own}, {name} has no meaning for them: {mend}")
    if isinstance(wishes.blend, Reduction) and wishes.blend.name not in ("max", "min"):
        raise OptionError(
            f'blend="{wishes.blend.name}" needs the values, and these frames are levels of {own}: {mend}'
        )
    return own


def _of_categories(values: Any, n_points: int, n_steps: int | None, wishes: Wishes) -> Paint:
    from gpuanim.values.categories import as_categories
    from gpuanim.values.category_norm import CategoryNorm
    from gpuanim.values.colors import as_rgb
    from gpuanim.values.palettes import palette_colors

    counted = isinstance(wishes.blend, Reduction) and wishes.blend.counts
    if not counted:
        _no_scale(wishes, "categories")
    source, names = as_categories(values, n_points=n_points, n_steps=n_steps, categories=wishes.categories)
    if counted:
        return _on_scale(source, wishes)
    colors = palette_colors(names, wishes.palette, wishes.stored)
    table = np.concatenate([colors, as_rgb(wishes.na_color, "na_color")[None]])
    return Paint(source, CategoryNorm(len(names)), table, names, colors, blend=wishes.blend)


def _of_shares(
    values: Any, n_points: int, n_steps: int | None, k: int, wishes: Wishes, background: Colors | None
) -> Paint:
    from gpuanim.values.categories import category_names
    from gpuanim.values.colors import as_rgb
    from gpuanim.values.mixing import Confident, Likeliest, Mixed
    from gpuanim.values.palettes import palette_colors
    from gpuanim.values.shares import as_shares

    mix = "linear" if wishes.mix is None else wishes.mix
    if mix not in MIXES:
        near = difflib.get_close_matches(str(mix), MIXES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise OptionError(f"mix must be one of {MIXES}, not {mix!r}{hint}")
    _no_scale(wishes, "shares of classes")
    names = tuple(map(str, range(k)))
    if wishes.categories is not None:
        names = category_names(wishes.categories)
    if k and len(names) != k:
        raise OptionError(f"values have {k} classes, but categories names {len(names)}")
    if len(names) < 2:
        raise ShapeError(
            f"mix={mix!r} needs the share of each class, (points, classes) per step, of two classes or more; "
            "for callables and generators give their names, categories=[...]"
        )
    source = as_shares(values, n_points=n_points, n_steps=n_steps, k=len(names))
    colors = palette_colors(names, wishes.palette, wishes.stored)
    na = as_rgb(wishes.na_color, "na_color") / 255
    norm: Confident | Likeliest | Mixed
    if mix == "confidence":
        norm = Confident(colors, "white" if background is None else background / 255, na=na)
    else:
        norm = Likeliest(colors, na) if mix == "argmax" else Mixed(colors, na, mix)
    return Paint(source, norm, norm.table(), names, colors, blend=wishes.blend)


def _n_classes(values: Any, n_points: int) -> int:
    """Return how many values a point has at each step, 0 if that cannot be told beforehand."""
    if isinstance(values, Source):
        return values.n_columns
    shape: tuple[int, ...] = getattr(values, "shape", ())
    if len(shape) == 3:
        return int(shape[2])
    if isinstance(values, Sequence) and len(values) and not isinstance(values, str):
        first: tuple[int, ...] = getattr(values[0], "shape", ())
        return int(first[1]) if len(first) == 2 and first[0] == n_points else 1
    return 1 if len(shape) else 0


def one_step(values: Any) -> bool:
    """Return whether values are one for each point, which stays: (n,) or a list of numbers or names."""
    if hasattr(values, "shape"):
        return len(values.shape) == 1
    return isinstance(values, Sequence) and len(values) > 0 and np.ndim(values[0]) == 0


def _no_scale(wishes: Wishes, kind: str) -> None:
    """Raise OptionError if there are options of a scale of numbers."""
    given = [
        name for name in ("vmin", "vmax", "vcenter", "scope", "cmap") if getattr(wishes, name) is not None
    ]
    given += ["norm"] * (wishes.norm not in ("linear", None))
    if given:
        raise OptionError(f"{given[0]} is for numbers, these values are {kind}: give palette=... for colours")
