"""A store whose elements are read once, for several films of one file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.store import MatrixPath, Store

__all__ = ["CachedStore"]


_FEW = 3
"""Columns of an embedding: so many are read at once, and kept."""


class CachedStore:
    """Keeps what is read whole (coordinates, graphs, columns, names); the rest stays where it is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[tuple[str, ...], Any] = {}
        self._names: dict[str, NDArray[Any]] = {}
        self.title, self.n_obs = store.title, store.n_obs

    def keys(self, slot: str, *path: str) -> list[str]:
        return self._store.keys(slot, *path)

    def read(self, slot: str, *path: str) -> Any:
        key = (slot, *path)
        if key not in self._read:
            self._read[key] = self._store.read(*key)
        return self._read[key]

    def lazy(self, slot: str, key: str) -> Any:
        element = self._store.lazy(slot, key)
        few = len(element.shape) == 2 and element.shape[1] <= _FEW
        return self.read(slot, key) if few else element

    def rows(self, slot: str, key: str) -> Any:
        return self._store.rows(slot, key)

    def names(self, table: str) -> NDArray[Any]:
        if table not in self._names:
            self._names[table] = self._store.names(table)
        return self._names[table]

    def matrices(self) -> list[MatrixPath]:
        return self._store.matrices()

    def genes(self, matrix: MatrixPath, positions: Sequence[int]) -> NDArray[np.floating[Any]]:
        return self._store.genes(matrix, positions)

    def close(self) -> None:
        """Forget all, and let go of the file; idempotent."""
        self._read.clear()
        self._names.clear()
        self._store.close()
