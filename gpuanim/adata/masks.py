"""Cells that lose their colour: all but some groups, or all outside of a mask, by scanpy's rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.cells import Cells
from gpuanim.adata.colors import ColorVector
from gpuanim.adata.nearest import listing, suggestion
from gpuanim.adata.store import Categories, column
from gpuanim.errors import DataKeyError, OptionError, ShapeError

__all__ = [
    "as_groups",
    "check_exclusive",
    "check_known",
    "group_mask",
    "in_groups",
    "in_mask",
    "resolve_mask",
]


def check_exclusive(groups: Any, mask_obs: Any) -> None:
    """Raise OptionError if both are given."""
    if groups is not None and mask_obs is not None:
        raise OptionError("groups and mask_obs exclude each other: give one of them")


def as_groups(groups: Any, vectors: Iterable[ColorVector]) -> tuple[str, ...]:
    """Return the names of groups.

    Parameters
    ----------
    groups
        A category, or a sequence of them.
    vectors
        What the panels show: a group may occur in one of them only.

    Raises
    ------
    DataKeyError
        A group is a category of none of them; the message names the nearest.
    OptionError
        There are no groups, or nothing is categorical.
    """
    single = isinstance(groups, str | bytes) or not isinstance(groups, Iterable)
    names = tuple(dict.fromkeys(str(group) for group in ([groups] if single else groups)))
    if not names:
        raise OptionError("groups is empty: name categories, or leave it out")
    tables = [vector.values.names for vector in vectors if isinstance(vector.values, Categories)]
    known = list(dict.fromkeys(name for table in tables for name in table))
    if not tables:
        raise OptionError(f"groups={groups!r} needs a color with categories")
    check_known(names, known)
    return names


def check_known(groups: Iterable[str], names: Sequence[str]) -> None:
    """Raise DataKeyError for a group that is not among the names of categories."""
    for group in groups:
        if group not in names:
            raise DataKeyError(f"groups: no category {group!r}{suggestion(group, names)}{listing(names)}")


def in_groups(vector: ColorVector, groups: Sequence[str]) -> ColorVector:
    """Return the vector with the cells of all other categories missing, and these not in the legend.

    Numbers have no groups and stay, as do booleans if neither is a group.
    """
    values = vector.values
    if not isinstance(values, Categories):
        return vector
    inside = [name in groups for name in values.names]
    if set(values.names) == {"False", "True"} and not any(inside):
        return vector
    keep = np.array([*inside, False])[values.codes]
    shown = tuple(i for i, is_shown in enumerate(inside) if is_shown)
    return replace(_masked(vector, keep), shown=shown)


def group_mask(cells: Cells, name: str, key: str) -> NDArray[np.bool_]:
    """Return (n,) which cells are in a group of a column of `obs`.

    Raises
    ------
    DataKeyError
        There is no such column or group; the message names the nearest.
    OptionError
        The column has no categories.
    """
    values = cells.obs(key)
    if not isinstance(values, Categories):
        raise OptionError(f"obs[{key!r}] has no groups, it holds {values.dtype}: name a column of categories")
    if name not in values.names:
        raise DataKeyError(
            f"no group {name!r} in obs[{key!r}]{suggestion(name, values.names)}{listing(values.names)}"
        )
    return np.asarray(values.codes == values.names.index(name))


def resolve_mask(cells: Cells, mask_obs: Any) -> NDArray[np.bool_]:
    """Return which cells keep their colour.

    Parameters
    ----------
    cells
        The cells.
    mask_obs
        (n,) booleans, or a column of `obs` that holds them; a missing one is no.

    Raises
    ------
    DataKeyError
        There is no such column.
    ShapeError
        There is not one for each cell, or they are not booleans.
    """
    what = f"mask_obs, obs[{mask_obs!r}]," if isinstance(mask_obs, str) else "mask_obs"
    given = cells.obs(mask_obs) if isinstance(mask_obs, str) else mask_obs
    values = column(np.asarray(given) if isinstance(given, list | tuple) else given)
    if isinstance(values, Categories) and values.names == ("False", "True"):
        return np.asarray(values.codes == 1)
    if isinstance(values, Categories) or values.dtype != bool:
        kind = "categories" if isinstance(values, Categories) else values.dtype
        raise ShapeError(f"{what} must be booleans, not {kind}")
    if values.shape != (cells.n_obs,):
        raise ShapeError(f"{what} must have shape ({cells.n_obs},), one for each cell, not {values.shape}")
    return values


def in_mask(vector: ColorVector, mask: NDArray[np.bool_]) -> ColorVector:
    """Return the vector with all cells outside of the mask missing; the legend keeps all categories."""
    return vector if vector.kind == "none" else _masked(vector, mask)


def _masked(vector: ColorVector, keep: NDArray[np.bool_]) -> ColorVector:
    values = vector.values
    if isinstance(values, Categories):
        codes = np.where(keep, values.codes, values.codes.dtype.type(-1))
        return replace(vector, values=Categories(codes, values.names))
    return replace(vector, values=np.where(keep, values, values.dtype.type(np.nan)))
