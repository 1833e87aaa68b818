"""What `gpuanim.tl` has left in an AnnData, and any other steps in `obsm`, as a film takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuanim.adata.cells import Cells
from gpuanim.adata.obsm import ObsmSource
from gpuanim.adata.store import Categories

__all__ = ["StoredFrames", "stored_frames"]


@dataclass(frozen=True, eq=False)
class StoredFrames:
    """Steps that are kept under a key of `obsm`, and what is known of them.

    Attributes
    ----------
    source
        Its steps are (n,), one signal, or (n, k), the values of k classes, where `source.n_columns` is k.
        They stay where they are until they are asked for.
    names
        The k classes, in the order of the columns. None for one signal, or where nothing says what they are.
    colors
        Of the classes, as matplotlib knows them; None for one signal, or where one of them has no colour.
    params
        What they were made with, under the names that `gpuanim.tl` has for it; empty for others' frames.
    """

    source: ObsmSource
    names: tuple[str, ...] | None
    colors: list[str] | None
    params: dict[str, Any]

    @property
    def classes(self) -> bool:
        """Whether these are classes."""
        return self.names is not None or self.source.n_columns > 1


def stored_frames(cells: Cells, key: str) -> StoredFrames:
    """Find the steps under `obsm[key]`, or `obsm["X_" + key]`; of X nothing is read.

    Parameters
    ----------
    cells
        An AnnData, or an open file.
    key
        Such as `key_added` of `gpuanim.tl.label_propagation`.

    Raises
    ------
    DataKeyError
        There is no such key; the message lists those that are there.
    ShapeError
        The array under it has no axis of steps.
    """
    source = cells.frames(key)
    names = _names(cells, source)
    colors = None if names is None else _colors(cells, source.key, names)
    params = _about(cells, source.key, "params")
    return StoredFrames(source, names, colors, dict(params) if hasattr(params, "items") else {})


def _names(cells: Cells, source: ObsmSource) -> tuple[str, ...] | None:
    names = _words(_about(cells, source.key, "categories"))
    return names if names is not None and len(names) == source.n_columns else None


def _colors(cells: Cells, key: str, names: tuple[str, ...]) -> list[str] | None:
    """Return the colours of classes: those of `obs[key]`, which a plot may have changed, before the first.

    A subset of an AnnData loses categories of `obs[key]` that no cell in it has, and their colours with them,
    but no column of `obsm`. `uns[key]` stays as it is.
    """
    first = _words(_about(cells, key, "colors"))
    known = {} if first is None or len(first) != len(names) else dict(zip(names, first, strict=True))
    winners = cells.obs(key) if key in cells._store.keys("obs") else None
    palette = cells.palette(key)
    if isinstance(winners, Categories) and palette is not None and len(palette) == len(winners.names):
        known |= zip(winners.names, palette, strict=True)
    return [known[name] for name in names] if known.keys() >= set(names) else None


def _about(cells: Cells, key: str, name: str) -> Any:
    """Return `uns[key][name]`; None where there is none, or where something else has the key."""
    try:
        return cells._store.read("uns", key, name)
    except (KeyError, IndexError, TypeError):
        return None


def _words(values: Any) -> tuple[str, ...] | None:
    return None if values is None else tuple(str(value) for value in np.asarray(values).ravel())
