"""Where an AnnData lies, in memory or in a file, and how single elements of it are read.

Only what is asked for is read, of X no more than single columns. Plain arrays, sparse matrices and
categories are decoded here, everything else by anndata's own `read_elem`: importing anndata takes 0.5 to
0.9 s, h5py 0.03 s, and a whole command should take 4 s.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.matrix import read_columns
from gpuanim.errors import FileError, FormatError

__all__ = ["Categories", "FileStore", "MatrixPath", "Store", "column", "open_store"]

MatrixPath: TypeAlias = tuple[str, ...]
"""Where a matrix of cells and genes lies: ("X",), ("raw", "X") or ("layers", name)."""

TABLES = ("obs", "var", "raw.var")


@dataclass(frozen=True)
class Categories:
    """A categorical column: `names[codes]`, where a code of -1 is a missing value."""

    codes: NDArray[np.integer[Any]]
    names: tuple[str, ...]


def as_labels(column: NDArray[Any] | Categories) -> Any:
    """Return a column as what a legend takes: numbers or text, or a pandas Categorical, in its order."""
    if not isinstance(column, Categories):
        return column
    from pandas import Categorical

    return Categorical.from_codes(column.codes, list(column.names))


class Store(Protocol):
    """An AnnData whose elements are read one by one.

    `slot` is one of obs, obsm, obsp, uns, var, and raw.var; the tables obs, var and raw.var have names.
    """

    title: str
    n_obs: int

    def keys(self, slot: str, *path: str) -> list[str]:
        """List what a slot holds, or what lies in it under a path; nothing if that is not there."""

    def read(self, slot: str, *path: str) -> Any:
        """Return an element; raises KeyError."""

    def lazy(self, slot: str, key: str) -> Any:
        """Return an element that may stay on disk until it is sliced; raises KeyError."""

    def rows(self, slot: str, key: str) -> Any:
        """Return a matrix that, if it is sparse and stored by rows, may stay on disk; raises KeyError."""

    def names(self, table: str) -> NDArray[Any]:
        """Return the (n,) names of the cells, or the names of the genes; none if there is no such table."""

    def matrices(self) -> list[MatrixPath]:
        """List the matrices of cells and genes: ("X",), ("raw", "X") and ("layers", name)."""

    def genes(self, matrix: MatrixPath, positions: Sequence[int]) -> NDArray[np.floating[Any]]:
        """Return columns of one of `matrices`, (k, n) float32 or float64, and read nothing else of it."""

    def close(self) -> None:
        """Let go of the file; idempotent."""


class FileStore:
    """An open HDF5 file or zarr group in the layout that anndata has written since 0.7."""

    def __init__(self, root: Any, title: str) -> None:
        self._root = root
        self.title = title
        index = root["obs"][_index_key(root["obs"])]
        # anndata 0.13 writes names with pandas 3 as a group of values and a mask.
        names = index["values"] if hasattr(index, "keys") else index
        self.n_obs = int(names.shape[0])

    def keys(self, slot: str, *path: str) -> list[str]:
        try:
            group = self._find(*slot.split("."), *path)
        except KeyError:
            return []
        if slot not in TABLES or path:
            return [str(key) for key in group]
        keys = [key for key in map(_text, group.attrs.get("column-order", ())) if key in group]
        keys += [str(key) for key in group if key not in keys]
        return [key for key in keys if key not in (_index_key(group), "__categories")]

    def read(self, slot: str, *path: str) -> Any:
        return decode(self._find(*slot.split("."), *path))

    def lazy(self, slot: str, key: str) -> Any:
        element = self._find(slot, key)
        return element if _is_numeric(element) else decode(element)

    def rows(self, slot: str, key: str) -> Any:
        element = self._find(slot, key)
        return element if _text(element.attrs.get("encoding-type", "")) == "csr_matrix" else decode(element)

    def names(self, table: str) -> NDArray[Any]:
        try:
            group = self._find(*table.split("."))
        except KeyError:
            return np.empty(0, object)
        return np.asarray(decode(group[_index_key(group)]), object)

    def matrices(self) -> list[MatrixPath]:
        found: list[MatrixPath] = [("X",)] if "X" in self._root else []
        found += [("raw", "X")] if "raw/X" in self._root else []
        return [*found, *(("layers", name) for name in self.keys("layers"))]

    def genes(self, matrix: MatrixPath, positions: Sequence[int]) -> NDArray[np.floating[Any]]:
        return read_columns(self._find(*matrix), positions)

    def close(self) -> None:
        if hasattr(self._root, "close"):  # zarr groups have nothing to close
            self._root.close()

    def _find(self, *path: str) -> Any:
        element = self._root
        for key in path:
            if not hasattr(element, "keys") or key not in element:
                raise KeyError(key)
            element = element[key]
        return element


def open_store(path: Path) -> Store:
    """Open an .h5ad file or a .zarr directory for reading."""
    if path.is_dir():
        return _open_zarr(path)
    if not path.exists():
        raise FileError(f"{path}: no such file")
    import h5py

    if not h5py.is_hdf5(path):
        raise FormatError(f"{path} is not an AnnData file; expected .h5ad (HDF5) or a .zarr directory")
    try:
        root = h5py.File(path, "r")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error}") from error
    slots = [root.get(slot) for slot in ("obs", "obsm")]
    if not all(hasattr(slot, "keys") for slot in slots):
        root.close()
        if None in slots:
            raise FormatError(f"{path} is HDF5, but not an AnnData file: it has no obs or no obsm")
        return _open_old(path)
    return FileStore(root, path.name)


def _open_old(path: Path) -> Store:
    """Open a file from before anndata 0.7, whose tables are compound arrays; X stays on disk."""
    from anndata import read_h5ad

    from gpuanim.adata.memory import MemoryStore

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the file is old is no news to its reader
        store = MemoryStore(read_h5ad(path, backed="r"))
    store.title = path.name
    return store


def _open_zarr(path: Path) -> Store:
    if not any((path / name).exists() for name in ("zarr.json", ".zgroup")):
        raise FormatError(
            f"{path} is a directory, but not a zarr group; expected an .h5ad or a .zarr of AnnData"
        )
    try:
        import zarr
    except ImportError as error:  # zarr comes with anndata's extra only before 0.11
        from gpuanim.errors import MissingDependencyError

        raise MissingDependencyError("reading .zarr needs the package zarr: pip install zarr") from error
    root = zarr.open_group(str(path), mode="r")
    if "obs" not in root or "obsm" not in root:
        raise FormatError(f"{path} is zarr, but not an AnnData: it has no obs or no obsm")
    return FileStore(root, path.name)


def decode(element: Any) -> Any:
    """Read an HDF5 or zarr element: array, text, sparse matrix, categories, or what anndata makes of it."""
    kind = _text(element.attrs.get("encoding-type", ""))
    if _is_numeric(element):
        return element[...] if element.shape else element[()]
    if hasattr(element, "asstr"):  # HDF5 text, of fixed or variable length
        return element.asstr()[...] if element.shape else element.asstr()[()]
    if kind in ("string", "string-array"):  # zarr's text
        text = np.asarray(element[...], object)
        return text if element.shape else text.item()
    if kind == "csr_matrix" or _text(element.attrs.get("h5sparse_format", "")) == "csr":
        from scipy.sparse import csr_matrix

        shape = element.attrs["shape"] if "shape" in element.attrs else element.attrs["h5sparse_shape"]
        parts = (element["data"][...], element["indices"][...], element["indptr"][...])
        return csr_matrix(parts, shape=(int(shape[0]), int(shape[1])))
    if kind == "categorical":
        return Categories(element["codes"][...], _words(decode(element["categories"])))
    if kind == "nullable-string-array" and not element["mask"][...].any():
        return decode(element["values"])  # anndata's reader takes 0.5 s to import
    from anndata.io import read_elem

    return read_elem(element)


def column(values: Any) -> NDArray[Any] | Categories:
    """Give a column one of two forms, without a copy where it has it: an array or categories."""
    if isinstance(values, Categories):
        return values
    values = getattr(values, "array", values)  # a Series
    if hasattr(values, "categories"):
        return Categories(np.asarray(values.codes), _words(values.categories))
    kind = getattr(values.dtype, "kind", "O") if hasattr(values, "isna") else "O"
    if kind == "b":
        return _booleans(values)
    array = np.asarray(values)
    if array.dtype == object and kind in "iuf":  # nullable, with missing values
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    return array


def _booleans(values: Any) -> NDArray[np.bool_] | Categories:
    """Return the booleans of pandas as an array, or as categories where some are missing."""
    told = np.asarray(values.to_numpy(bool, na_value=False))
    missing = np.asarray(values.isna())
    if not missing.any():
        return told
    return Categories(np.where(missing, np.int8(-1), told.view(np.int8)), ("False", "True"))


def _is_numeric(element: Any) -> bool:
    dtype = getattr(element, "dtype", None)
    return dtype is not None and getattr(dtype, "names", None) is None and dtype.kind in "biuf"


def _index_key(table: Any) -> str:
    return _text(table.attrs.get("_index", "_index"))


def _words(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in np.asarray(values, object))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
