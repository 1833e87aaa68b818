"""What a morph stops at: embeddings as arrays, of one AnnData, or of several with cells in common."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import DataKeyError, OptionError, ShapeError
from gpuanim.geometry import check_coords

__all__ = ["Stations", "find_stations", "is_cells", "member"]

Places = NDArray[np.floating[Any]]

_NAMES = {
    "pca": "PCA", "umap": "UMAP", "tsne": "t-SNE", "phate": "PHATE", "diffmap": "diffusion map",
    "draw_graph_fa": "force atlas", "draw_graph_fr": "Fruchterman-Reingold",
}  # fmt: skip
"""Key of `obsm` -> what people call it."""


@dataclass(frozen=True, eq=False)
class Stations:
    """Embeddings of the same n points.

    Parameters
    ----------
    names
        Of the k embeddings.
    places
        (n, 2) each, NaN for points without a place.
    cells
        The AnnData that they are of, opened: none, one, or one for each.
    members
        Where there are several, for each the (n,) position of each point in it, -1 for none.
    """

    names: tuple[str, ...]
    places: list[Places]
    cells: tuple[Any, ...] = ()
    members: list[NDArray[np.int64]] = field(default_factory=list)


def is_cells(data: Any) -> bool:
    """Return whether this is an AnnData, or the path of one."""
    return isinstance(data, str | PathLike) or hasattr(data, "obsm")


def find_stations(data: Any, basis: Any, names: Any) -> Stations:
    """Find the embeddings that `morph` is to go through.

    Raises
    ------
    DataKeyError
        If there is no embedding of a name; the message has the nearest.
    OptionError, ShapeError
        If there are fewer than two, or they are not of the same points.
    """
    if is_cells(data):
        made = _of_cells(data, _keys(basis))
    elif isinstance(data, Mapping):
        made = _of_dict(data, basis)
    else:
        if not isinstance(data, Sequence | np.ndarray):
            raise OptionError(
                "data must be an AnnData or its path, a list of them, or a dict or list of (n, 2) arrays, "
                f"not {type(data).__name__}"
            )
        several = list(data)
        if several and all(map(is_cells, several)):
            made = _of_several(several, basis)
        else:
            made = _of_arrays(several, basis)
    if len(made.places) < 2:
        raise OptionError(f"a morph needs two embeddings or more, these are {len(made.places)}")
    return made if names is None else _named(made, names)


def _of_arrays(places: Sequence[Any], basis: Any) -> Stations:
    if basis is not None:
        raise OptionError("basis names embeddings of an AnnData or a dict; to name arrays, give names=[...]")
    checked = [check_coords(array, f"embedding {i}", gaps=True) for i, array in enumerate(places)]
    return Stations(tuple(str(i + 1) for i in range(len(checked))), _same_points(checked))


def _of_dict(data: Mapping[Any, Any], basis: Any) -> Stations:
    keys = list(data) if basis is None else _keys(basis)
    for key in keys:
        if key not in data:
            near = difflib.get_close_matches(str(key), list(map(str, data)), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise DataKeyError(f"there is no embedding {key!r}{hint}; there are {', '.join(map(repr, data))}")
    places = [check_coords(data[key], f"embedding {key!r}", gaps=True) for key in keys]
    return Stations(tuple(map(str, keys)), _same_points(places))


def _of_cells(data: Any, keys: Sequence[str]) -> Stations:
    from gpuanim.adata import open_cells

    cells = open_cells(data)
    places = [_placed(cells, key) for key in keys]
    return Stations(tuple(map(_label, keys)), places, (cells,))


def _of_several(data: Sequence[Any], basis: Any) -> Stations:
    from gpuanim.adata import open_cells

    keys = [basis] * len(data) if isinstance(basis, str) else _keys(basis)
    if len(keys) != len(data):
        raise OptionError(
            f"basis must be one key, or one for each of {len(data)} AnnData, not {len(keys)} of them"
        )
    cells = tuple(open_cells(one) for one in data)
    members = _matched([one.obs_names for one in cells])
    places = []
    for one, key, member_of in zip(cells, keys, members, strict=True):
        own = _placed(one, key)
        places.append(member(own, member_of, np.nan))
    return Stations(tuple(str(i + 1) for i in range(len(cells))), places, cells, members)


def member(values: NDArray[Any], members: NDArray[np.int64], missing: Any) -> NDArray[Any]:
    """Return the rows of an object for all points, `missing` for those that are not in it."""
    found = values[members]
    found[members < 0] = missing
    return found


def _matched(names: Sequence[NDArray[Any]]) -> list[NDArray[np.int64]]:
    """Return for each object where each of all points is in it, -1 for none; all in order of appearance."""
    numbers: dict[str, int] = {}
    own: list[NDArray[np.int64]] = []
    for i, cells in enumerate(names):
        numbered = [numbers.setdefault(name, len(numbers)) for name in cells]
        own.append(np.array(numbered, np.int64))
        if len(np.unique(own[-1])) < len(cells):
            raise DataKeyError(
                f"cells are matched by their names, and those of AnnData {i} are not unique: "
                "adata.obs_names_make_unique()"
            )
    members = []
    for numbered_cells in own:
        positions = np.full(len(numbers), -1, np.int64)
        positions[numbered_cells] = np.arange(len(numbered_cells))
        members.append(positions)
    return members


def _placed(cells: Any, key: str) -> Places:
    """Return (n, 2) places of all cells, NaN for none; those in a tissue with y upwards."""
    found, keep = cells.placed(key)
    places = np.full((len(keep), 2), np.nan, found.dtype)
    places[keep] = found
    if key.removeprefix("X_") == "spatial":  # y grows downwards there, as in the picture of the tissue
        places[:, 1] *= -1
    return places


def _label(key: str) -> str:
    plain = key.removeprefix("X_")
    return _NAMES.get(plain, plain)


def _keys(basis: Any) -> list[Any]:
    if isinstance(basis, str) or not isinstance(basis, Sequence) or not basis:
        raise OptionError(f'basis must be a list of embeddings, such as ["pca", "umap"], not {basis!r}')
    return list(basis)


def _same_points(places: list[Places]) -> list[Places]:
    for i, array in enumerate(places):
        if len(array) != len(places[0]):
            raise ShapeError(
                f"embedding {i} has {len(array)} points, the first has {len(places[0])}: a morph needs the "
                "same points in all; give those that are missing as rows of NaN"
            )
        if bool(np.isnan(array[:, 0]).all()):
            raise ShapeError(f"embedding {i} has no finite row: no point has a place there")
    return places


def _named(stations: Stations, names: Any) -> Stations:
    given = [names] if isinstance(names, str) else list(names)
    if len(given) != len(stations.places) or not all(isinstance(name, str) for name in given):
        raise OptionError(f"names must be {len(stations.places)} texts, one per embedding, not {names!r}")
    return Stations(tuple(given), stations.places, stations.cells, stations.members)
