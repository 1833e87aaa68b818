"""Genes of an AnnData: where they are looked up, and their values, read one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.nearest import listing, suggestion
from gpuanim.adata.store import Categories, MatrixPath, Store, column
from gpuanim.errors import DataKeyError, OptionError

__all__ = ["Genes", "choose_genes"]


def choose_genes(store: Store, layer: str | None, use_raw: bool | None) -> Genes:
    """Return the genes of the matrix that scanpy would take; see `Cells.genes`."""
    matrices = store.matrices()
    has_raw = ("raw", "X") in matrices
    if use_raw and layer is not None:
        raise OptionError(f"use_raw=True and layer={layer!r} exclude each other: give one of them")
    if use_raw and not has_raw:
        raise OptionError(f"use_raw=True, but {store.title} has no raw; leave use_raw out")
    if layer is None:
        return Genes(store, ("raw", "X") if has_raw and use_raw is not False else ("X",))
    if ("layers", layer) not in matrices:
        layers = [path[1] for path in matrices if path[0] == "layers"]
        raise DataKeyError(f"no layer {layer!r} in {store.title}{suggestion(layer, layers)}{listing(layers)}")
    return Genes(store, ("layers", layer))


class Genes:
    """The genes of one matrix: X, raw, or a layer. Nothing is read before it is asked for.

    Parameters
    ----------
    store
        Of the AnnData.
    matrix
        Which one.

    Attributes
    ----------
    title
        What messages call it: "X", "raw" or "layers['counts']".
    """

    def __init__(self, store: Store, matrix: MatrixPath) -> None:
        self._store, self._matrix = store, matrix
        self.title = f"layers[{matrix[1]!r}]" if matrix[0] == "layers" else matrix[0]
        self._table = "raw.var" if matrix[0] == "raw" else "var"

    @cached_property
    def names(self) -> NDArray[Any]:
        """(m,) names of the genes, as objects of type str."""
        return self._store.names(self._table)

    def find(self, gene: str, symbols: str | None = None) -> int | None:
        """Return the position of a gene, or None.

        Parameters
        ----------
        gene
            Its name; or, if no gene has it as a name, its symbol. Of genes with the same symbol the first.
        symbols
            The column of `var` that holds symbols.

        Raises
        ------
        DataKeyError
            Several genes have that name, or there is no column `symbols`.
        """
        found = self._named(gene)
        if found is None and symbols is not None:
            name = self._name_of(gene, symbols)
            found = self._named(name) if name is not None else None
        return found

    def position(self, gene: str, symbols: str | None = None) -> int:
        """Return the position of a gene as `find` does; raises DataKeyError if there is none."""
        found = self.find(gene, symbols)
        if found is None:
            raise DataKeyError(
                f"no gene {gene!r} in {self.title} of {self._store.title}{self.hint(gene, symbols)}"
            )
        return found

    def values(self, positions: Sequence[int]) -> NDArray[np.floating[Any]]:
        """Return the values of k genes in all cells, (k, n) float32 or float64, one pass over a file.

        Raises
        ------
        DataKeyError
            There is no X.
        """
        if self._matrix not in self._store.matrices():
            raise DataKeyError(f"{self._store.title} has no {self.title}: there are no values of genes in it")
        return self._store.genes(self._matrix, positions)

    def hint(self, gene: str, symbols: str | None = None) -> str:
        """Return what to say of a gene that is not there: the nearest, or that it is in X."""
        if self._table == "raw.var" and gene in self._store.names("var"):
            return "; it is in X: give use_raw=False"
        known = list(self.names)
        if symbols is not None:
            known += [
                str(symbol) for table in self._tables(symbols) for symbol in self._symbols(table, symbols)
            ]
        return suggestion(gene, known) + f"; there are {len(self.names):,} genes in {self.title}"

    def _named(self, gene: str) -> int | None:
        found = np.flatnonzero(self.names == gene)
        if len(found) > 1:
            raise DataKeyError(
                f"{len(found)} genes are called {gene!r} in {self.title} of {self._store.title}; make names "
                "unique with adata.var_names_make_unique()"
            )
        return int(found[0]) if len(found) else None

    def _name_of(self, symbol: str, symbols: str) -> str | None:
        for table in self._tables(symbols):
            found = np.flatnonzero(self._symbols(table, symbols) == symbol)
            if len(found):
                return str(self._store.names(table)[found[0]])
        return None

    def _tables(self, symbols: str) -> list[str]:
        """Return the tables that have the column; scanpy looks into `var` even where it takes raw."""
        tables = [
            table for table in dict.fromkeys(("var", self._table)) if symbols in self._store.keys(table)
        ]
        if not tables:
            columns = self._store.keys("var")
            raise DataKeyError(
                f"gene_symbols: no column {symbols!r} in var of {self._store.title}"
                f"{suggestion(symbols, columns)}{listing(columns)}"
            )
        return tables

    def _symbols(self, table: str, symbols: str) -> NDArray[Any]:
        values = column(self._store.read(table, symbols))
        if not isinstance(values, Categories):
            return np.asarray(values, object)
        return np.asarray(np.array([*values.names, None], object)[values.codes])
