"""Read from an AnnData what a film needs, and nothing else: coordinates, a graph, values, seeds, genes.

The AnnData may be an object (in memory, backed, or a view) or a file, `.h5ad` or `.zarr`, of any size:
of X, layers and raw no more is read than the genes that are asked for. Keys are looked up as scanpy does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.genes import Genes, choose_genes
from gpuanim.adata.memory import MemoryStore
from gpuanim.adata.nearest import listing, suggestion
from gpuanim.adata.obsm import ObsmSource, dense, floats
from gpuanim.adata.store import Categories, Store, column, open_store
from gpuanim.errors import DataKeyError, OptionError, ShapeError

__all__ = ["Categories", "Cells", "ObsmSource", "open_cells"]

Graph: TypeAlias = Any
"""(n, n) scipy.sparse.csr_matrix, or the group of a file that holds one."""


def open_cells(data: str | PathLike[str] | Any) -> Cells:
    """Open an AnnData for reading.

    Parameters
    ----------
    data
        Path of an `.h5ad` file or a `.zarr` directory, or an AnnData in memory, backed, or a view.

    Returns
    -------
    Cells
        To be used as a context manager; an object that was handed in stays open.

    Raises
    ------
    FileError
        The file is missing or cannot be read.
    FormatError
        It is not an AnnData.
    """
    if isinstance(data, str | PathLike):
        return Cells(open_store(Path(data)))
    if not all(hasattr(data, slot) for slot in ("obs", "obsm", "obsp", "uns", "obs_names")):
        raise OptionError(f"expected an AnnData or the path of one, got {type(data).__name__}")
    return Cells(MemoryStore(data))


class Cells:
    """The parts of an AnnData that films are made of, each read when it is asked for.

    Attributes
    ----------
    n_obs
        Number of cells.
    title
        What messages call it: the name of the file, or "the AnnData".
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.n_obs, self.title = store.n_obs, store.title

    @cached_property
    def obs_names(self) -> NDArray[Any]:
        """(n,) names of the cells, as objects of type str."""
        return self._store.names("obs")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of `obs`."""
        return tuple(self._store.keys("obs"))

    def genes(self, layer: str | None = None, use_raw: bool | None = None) -> Genes:
        """Return the genes of X, a layer or raw, whose values are read one by one.

        Parameters
        ----------
        layer
            Key in `layers`.
        use_raw
            Whether to take `raw`; by default where there is one and no layer is named, as in scanpy.

        Raises
        ------
        OptionError
            `use_raw` comes with a layer, or there is no raw.
        DataKeyError
            There is no such layer.
        """
        return choose_genes(self._store, layer, use_raw)

    def keys(self, slot: str, *path: str) -> list[str]:
        """Return the keys of a slot, such as "obsm", or of what lies in it under a path; perhaps none."""
        return self._store.keys(slot, *path)

    def uns(self, *path: str) -> Any:
        """Return what lies in `uns` under a path, None if nothing does."""
        try:
            return self._store.read("uns", *path)
        except KeyError:
            return None

    def obs(self, name: str) -> NDArray[Any] | Categories:
        """Return column `name` of `obs`: (n,) numbers or text, or categories; raises DataKeyError."""
        try:
            return column(self._store.read("obs", name))
        except KeyError:
            self._missing("column", name, "obs")

    def palette(self, name: str) -> list[str] | None:
        """Return the colours of the categories of an `obs` column, as scanpy keeps them in `uns`, or None."""
        key = f"{name}_colors"
        if key not in self._store.keys("uns"):
            return None
        return [str(color) for color in np.asarray(self._store.read("uns", key)).ravel()]

    def embedding(self, basis: str, dimensions: tuple[int, int] = (0, 1)) -> NDArray[np.floating[Any]]:
        """Return two columns of an embedding, which must place all cells.

        Parameters
        ----------
        basis
            Key in `obsm`; where there is none, `X_` is put before it.
        dimensions
            Which columns, from 0.

        Returns
        -------
        array
            (n, 2) float32, or float64 if it is stored so; finite.

        Raises
        ------
        DataKeyError
            There is no such key; the message lists those that are there.
        ShapeError
            The embedding has too few columns, or coordinates that are not finite.
        """
        key, coords = self._coords(basis, dimensions)
        _check_finite(coords, key)
        return coords

    def placed(
        self, basis: str, dimensions: tuple[int, ...] = (0, 1)
    ) -> tuple[NDArray[np.floating[Any]], NDArray[np.bool_]]:
        """Return the cells that an embedding places, as scanpy draws it: it leaves out those without a place.

        Returns
        -------
        coords : array
            (m, number of dimensions) float32, or float64 if it is stored so; finite.
        keep : array
            (n,) bool, which cells they belong to.

        Raises
        ------
        DataKeyError, ShapeError
            As `embedding`, and if no cell has a place.
        """
        key, coords = self._coords(basis, dimensions)
        keep = np.isfinite(coords).all(axis=1)
        if not keep.any():
            raise ShapeError(f"obsm[{key!r}] has no finite coordinates in columns {dimensions}")
        return (coords if keep.all() else coords[keep]), keep

    def n_dimensions(self, basis: str) -> int:
        """Return how many columns an embedding has; raises DataKeyError."""
        shape = self._store.lazy("obsm", self._basis_key(basis)).shape
        return int(shape[1]) if len(shape) == 2 else 1

    def obsm_column(self, key: str, index: int) -> NDArray[np.floating[Any]]:
        """Return column `index` of `obsm[key]`, (n,) float32 or float64, NaN included."""
        return self._coords(key, (index, index))[1][:, 0]

    def graph(
        self, neighbors_key: str | None = None, obsp: str | None = None, *, graph_on: str = "memory"
    ) -> Graph:
        """Return the graph of neighbours as a (n, n) csr matrix, or where it lies in the file.

        Parameters
        ----------
        neighbors_key
            Key in `uns` that says under which key of `obsp` the connectivities are; by default
            `uns["neighbors"]` if it says so, else `obsp["connectivities"]`.
        obsp
            The key in `obsp` itself; not together with `neighbors_key`.
        graph_on
            "memory", or "disk" for the group of the file that it is in, as `gpuanim.LabelPropagation` takes
            it, as long as the file is open; "auto" where a propagation would not fit into memory.
        """
        if neighbors_key is not None and obsp is not None:
            raise OptionError("give neighbors_key or obsp, not both")
        key = obsp if obsp is not None else self._connectivities_key(neighbors_key)
        try:
            matrix: Any = self._store.rows("obsp", key)
            if graph_on == "memory" or (graph_on == "auto" and _fits(matrix)):
                matrix = self._store.read("obsp", key)
        except KeyError:
            self._missing("graph", key, "obsp", hint="; scanpy.pp.neighbors makes one")
        return self._checked_graph(matrix, key)

    def _checked_graph(self, matrix: Any, key: str) -> Graph:
        from gpuanim.propagation.stored import is_group

        if is_group(matrix):
            shape = tuple(int(side) for side in matrix.attrs["shape"])
            if shape != (self.n_obs, self.n_obs):
                raise ShapeError(f"obsp[{key!r}] has shape {shape}, expected {(self.n_obs, self.n_obs)}")
            return matrix
        stored = matrix
        if getattr(stored, "format", "") != "csr":
            from scipy.sparse import csr_matrix

            matrix = csr_matrix(stored)
        if matrix.shape != (self.n_obs, self.n_obs):
            raise ShapeError(f"obsp[{key!r}] has shape {matrix.shape}, expected {(self.n_obs, self.n_obs)}")
        return matrix

    def frames(self, key: str) -> ObsmSource:
        """Return the columns of `obsm[key]` (or `obsm["X_" + key]`), (n, t), as steps of a film."""
        try:
            key = self._basis_key(key)
        except DataKeyError as error:
            hint = f"; it is a column of obs: along={key!r}" if key in self.columns else ""
            raise DataKeyError(str(error).replace("no embedding", "no frames", 1) + hint) from None
        return ObsmSource(self._store.lazy("obsm", key), key)

    def seeds(
        self,
        indices: Iterable[int] = (),
        names: Iterable[str] = (),
        groups: Iterable[tuple[str, str]] = (),
    ) -> NDArray[np.int64]:
        """Return the positions of seed cells, ascending, each once.

        Parameters
        ----------
        indices
            Positions from 0.
        names
            Names in `obs_names`.
        groups
            Pairs of a column of `obs` and a category: all of its cells.
        """
        found = [self._checked(indices), *(self._named(name) for name in names)]
        found += [self._grouped(name, category) for name, category in groups]
        return np.unique(np.concatenate(found)).astype(np.int64)

    def close(self) -> None:
        """Close the file, if one was opened here; idempotent."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _coords(self, basis: str, dimensions: tuple[int, ...]) -> tuple[str, NDArray[np.floating[Any]]]:
        key = self._basis_key(basis)
        stored = self._store.lazy("obsm", key)
        first, last = min(dimensions), max(dimensions)
        if len(stored.shape) != 2 or not 0 <= first <= last < stored.shape[1]:
            raise ShapeError(
                f"obsm[{key!r}] has shape {tuple(stored.shape)}: no columns {dimensions}, counted from 0"
            )
        return key, floats(dense(stored, first, last + 1)[:, np.subtract(dimensions, first)])

    def _basis_key(self, basis: str) -> str:
        keys = self._store.keys("obsm")
        for key in (basis, f"X_{basis}"):
            if key in keys:
                return key
        self._missing("embedding", basis, "obsm")

    def _connectivities_key(self, neighbors_key: str | None) -> str:
        if neighbors_key is not None and neighbors_key not in self._store.keys("uns"):
            self._missing("neighbours", neighbors_key, "uns")
        try:
            return str(self._store.read("uns", neighbors_key or "neighbors", "connectivities_key"))
        except KeyError:
            return "connectivities"

    def _checked(self, indices: Iterable[int]) -> NDArray[np.int64]:
        positions = np.fromiter(indices, np.int64)
        for position in positions[(positions < 0) | (positions >= self.n_obs)]:
            raise OptionError(
                f"seed {position} is out of range: there are {self.n_obs:,} cells, from 0 to {self.n_obs - 1}"
            )
        return positions

    def _named(self, name: str) -> NDArray[np.int64]:
        found = np.flatnonzero(self.obs_names == name)
        if len(found) > 1:
            raise DataKeyError(
                f"{len(found)} cells are called {name!r} in {self.title}; give the seed by its index "
                f"({', '.join(map(str, found[:5]))}) or make names unique with adata.obs_names_make_unique()"
            )
        if not len(found):
            alike = [other for other in self.obs_names if other[:4] == name[:4]][:2000]
            raise DataKeyError(
                f"no cell is called {name!r} in {self.title}"
                + (f"; it is a column of obs: labels={name!r}" if name in self.columns else "")
                + suggestion(name, alike)
                + f"; names look like {', '.join(map(repr, self.obs_names[:3]))}"
            )
        return found

    def _grouped(self, name: str, category: str) -> NDArray[np.int64]:
        values = self.obs(name)
        if isinstance(values, Categories):
            if category in values.names:
                return np.flatnonzero(values.codes == values.names.index(category))
            known: Sequence[str] = values.names
        else:
            text = values.astype(str)
            if (found := np.flatnonzero(text == category)).size:
                return found
            known = [str(value) for value in np.unique(text)]
        raise DataKeyError(
            f"obs[{name!r}] has no cells {category!r}" + suggestion(category, known) + listing(known)
        )

    def _missing(self, what: str, key: str, slot: str, hint: str = "") -> NoReturn:
        keys = self._store.keys(slot)
        raise DataKeyError(
            f"no {what} {key!r} in {slot} of {self.title}{suggestion(key, keys)}{listing(keys)}{hint}"
        ) from None


def _check_finite(coords: NDArray[np.floating[Any]], key: str) -> None:
    finite = np.isfinite(coords).all(axis=1)
    if not finite.all():
        raise ShapeError(
            f"obsm[{key!r}] has {np.count_nonzero(~finite):,} of {len(coords):,} cells without finite "
            f"coordinates (first: cell {int(np.argmin(finite))}); leave them out, as in "
            f"adata[np.isfinite(adata.obsm[{key!r}]).all(axis=1)]"
        )


def _fits(matrix: Any) -> bool:
    """Say whether a propagation over a graph, in memory or in a file, would fit into memory."""
    from gpuanim.budget._base import fits
    from gpuanim.budget.graph import graph_budget
    from gpuanim.propagation.sizes import graph_size

    return fits(graph_budget(graph_size(matrix, columns=1, itemsize=4)))
