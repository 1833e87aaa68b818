"""What a propagation on an AnnData starts from: seed cells, or a column of `obs`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata import Categories, Cells
from gpuanim.errors import OptionError, ShapeError

__all__ = ["Start", "read_start"]

_SEEDS = (
    "seeds are cells by number or name, a bool mask, 'column=category', "
    "or a dict of columns of obs and their categories"
)


@dataclass(frozen=True, eq=False)
class Start:
    """Labels and the cells that have one.

    Attributes
    ----------
    labels
        (n,) float64 or float32 of a signal, or (n, k) float32, 1 at the class of a cell and 0 elsewhere.
    labeled
        (n,) bool, the cells whose label counts.
    names
        The k classes; None for a signal.
    colors
        Of the classes, as `uns` has them for the column; None if it has none.
    told
        What `params` says of it.
    """

    labels: NDArray[np.floating[Any]]
    labeled: NDArray[np.bool_]
    names: tuple[str, ...] | None
    colors: list[str] | None
    told: dict[str, Any]


def read_start(cells: Cells, seeds: Any, labels: str | None, *, boolean: bool) -> Start:
    """Read the one of `seeds` and `labels` that is given.

    Parameters
    ----------
    cells
        Where they are looked up.
    seeds, labels
        As `tl.label_propagation` takes them.
    boolean
        Whether column `labels` is boolean; one with missing values is read as numbers.
    """
    if (seeds is None) == (labels is None):
        given = "got neither" if seeds is None else "got both"
        raise OptionError(f"give seeds or labels (a column of obs), one of the two; {given}")
    if labels is not None:
        return _from_column(cells, labels, boolean=boolean)
    positions = seed_positions(cells, seeds)
    labeled = np.zeros(cells.n_obs, bool)
    labeled[positions] = True
    told = {"seeds": np.asarray(cells.obs_names[positions], object)}
    return Start(labeled.astype(np.float32), labeled, None, None, told)


def seed_positions(cells: Cells, seeds: Any) -> NDArray[np.int64]:
    """Return the positions of seed cells, ascending, each once; at least one."""
    if isinstance(seeds, Mapping):
        groups = [(str(column), str(name)) for column, names in seeds.items() for name in _listed(names)]
        found = cells.seeds(groups=groups)
    elif _is_mask(seeds):
        found = np.flatnonzero(_mask(seeds, cells.n_obs))
    else:
        found = _one_by_one(cells, _listed(seeds))
    if not len(found):
        raise OptionError(f"seeds hold no cell, so there is nothing to start from; {_SEEDS}")
    return found


def _one_by_one(cells: Cells, seeds: Iterable[Any]) -> NDArray[np.int64]:
    indices: list[int] = []
    texts: set[str] = set()
    for seed in seeds:
        if isinstance(seed, str):
            texts.add(str(seed))
        elif isinstance(seed, int | np.integer) and not isinstance(seed, bool):
            indices.append(int(seed))
        else:
            raise OptionError(f"{_SEEDS}; got {seed!r} of type {type(seed).__name__}")
    # One walk over all names: looking up each one takes 30 ms with a million cells.
    named = [i for i, name in enumerate(cells.obs_names) if name in texts] if texts else []
    unknown = texts.difference(cells.obs_names[named])
    groups = [text for text in unknown if "=" in text]
    missing = sorted(unknown.difference(groups))
    repeated = texts - unknown if len(named) > len(texts) - len(unknown) else ()
    pairs = [(column, category) for column, _, category in (text.partition("=") for text in sorted(groups))]
    return cells.seeds([*indices, *named], [*missing, *sorted(repeated)], pairs)


def _is_mask(seeds: Any) -> bool:
    if hasattr(seeds, "dtype"):
        return getattr(seeds.dtype, "kind", "") == "b"
    return isinstance(seeds, list | tuple) and len(seeds) > 0 and all(isinstance(s, bool) for s in seeds)


def _mask(seeds: Any, n: int) -> NDArray[np.bool_]:
    mask = seeds.to_numpy(bool, na_value=False) if hasattr(seeds, "to_numpy") else np.asarray(seeds)
    if mask.shape != (n,):
        raise ShapeError(f"seeds as a mask must have shape ({n},), an entry for each cell, got {mask.shape}")
    return mask


def _listed(values: Any) -> Iterable[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        return [values]
    return values


def _from_column(cells: Cells, name: str, *, boolean: bool) -> Start:
    column = cells.obs(name)
    told = {"labels": name}
    categories = _as_categories(column, boolean=boolean)
    if categories is None:
        assert not isinstance(column, Categories)
        labeled = ~np.isnan(column) if column.dtype.kind == "f" else np.ones(cells.n_obs, bool)
        _check_any(labeled, name)
        return Start(_signal(column), labeled, None, None, told)
    labeled = categories.codes >= 0
    _check_any(labeled, name)
    one_hot = np.zeros((cells.n_obs, len(categories.names)), np.float32)
    one_hot[labeled, categories.codes[labeled]] = 1
    return Start(one_hot, labeled, categories.names, _colors(cells, name, len(categories.names)), told)


def _as_categories(column: NDArray[Any] | Categories, *, boolean: bool) -> Categories | None:
    """Return a column's categories; None if it holds numbers."""
    if isinstance(column, Categories):
        return column
    if boolean:
        missing = column != column  # noqa: PLR0124  # NaN, where nullable booleans have no value
        codes = np.where(missing, -1, np.where(missing, 0, column)).astype(np.int8)
        return Categories(codes, ("False", "True"))
    if column.dtype.kind in "iuf":
        return None
    if column.dtype.kind not in "OUST":
        raise OptionError(f"labels must name a column of categories or numbers, got one of {column.dtype}")
    from pandas import Categorical

    sorted_text = Categorical(column)
    return Categories(np.asarray(sorted_text.codes), tuple(map(str, sorted_text.categories)))


def _signal(column: NDArray[Any]) -> NDArray[np.floating[Any]]:
    return column.astype(np.float32 if np.can_cast(column.dtype, np.float32) else np.float64, copy=False)


def _check_any(labeled: NDArray[np.bool_], name: str) -> None:
    if not labeled.any():
        raise OptionError(f"obs[{name!r}] is missing in all cells, so there is nothing to start from")


def _colors(cells: Cells, name: str, k: int) -> list[str] | None:
    """Return the colours of k categories; None if there are none, or too few: as scanpy reads them."""
    colors = cells.palette(name)
    return colors[:k] if colors is not None and len(colors) >= k else None
