"""An AnnData object as a store: in memory, backed by a file, or a view of either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.matrix import read_columns
from gpuanim.adata.store import FileStore, MatrixPath

__all__ = ["MemoryStore"]


class MemoryStore:
    """An AnnData object: in memory, backed, or a view of either. Nothing in it is changed."""

    def __init__(self, adata: Any) -> None:
        self._adata = adata
        self.title = "the AnnData"
        self.n_obs = int(adata.n_obs)

    def keys(self, slot: str, *path: str) -> list[str]:
        try:
            return [str(key) for key in self.read(slot, *path)]
        except KeyError:
            return []

    def read(self, slot: str, *path: str) -> Any:
        element = self._slot(slot)
        for key in path:
            if not hasattr(element, "keys"):
                raise KeyError(key)
            element = element[key]
        return element

    def lazy(self, slot: str, key: str) -> Any:
        return self.read(slot, key)

    def rows(self, slot: str, key: str) -> Any:
        return self.read(slot, key)

    def names(self, table: str) -> NDArray[Any]:
        return np.asarray(getattr(self._slot(table), "index", ()), object)

    def matrices(self) -> list[MatrixPath]:
        found: list[MatrixPath] = [("X",)] if _has_x(self._adata) else []
        found += [("raw", "X")] if self._adata.raw is not None else []
        return [*found, *(("layers", str(name)) for name in self._adata.layers)]

    def genes(self, matrix: MatrixPath, positions: Sequence[int]) -> NDArray[np.floating[Any]]:
        adata = self._adata
        if adata.is_view and adata.isbacked:
            found = _behind(adata, matrix, positions)
            return read_columns(_matrix(adata, matrix), positions) if found is None else found
        if adata.is_view and matrix[0] != "raw":  # to narrow it first spares a copy of all of its columns
            narrow = adata[:, list(positions)]
            return read_columns(_matrix(narrow, matrix), range(len(positions)))
        return read_columns(_matrix(adata, matrix), positions)

    def close(self) -> None:
        """Leave the caller's object as it is."""

    def _slot(self, slot: str) -> Any:
        element = self._adata
        for name in slot.split("."):
            element = getattr(element, name, {})
        return element


def _has_x(adata: Any) -> bool:
    if adata.isbacked:
        return "X" in adata.file
    return (adata[:0] if adata.is_view else adata).X is not None  # the X of a view is a copy


def _matrix(adata: Any, path: MatrixPath) -> Any:
    if path[0] == "layers":
        return adata.layers[path[1]]
    return adata.X if path[0] == "X" else adata.raw.X


def _behind(view: Any, path: MatrixPath, positions: Sequence[int]) -> NDArray[np.floating[Any]] | None:
    """Read columns of a view of a file from the file; None if its names do not tell where they lie.

    anndata makes no view of such a view, and its X would be read whole.
    """
    from pandas import Index

    table, genes = ("raw.var", view.raw.var_names) if path[0] == "raw" else ("var", view.var_names)
    places = []
    try:
        file = FileStore(view.file["obs"].file, "")
        for slot, names in (("obs", view.obs_names), (table, genes[list(positions)])):
            known = Index(file.names(slot))
            places.append(known.get_indexer(names) if known.is_unique else np.array([-1]))
        if any((place < 0).any() for place in places):
            return None
        return file.genes(path, places[1].tolist())[:, places[0]]
    except (AttributeError, KeyError):  # a file from before anndata 0.7, or a layer added since
        return None
