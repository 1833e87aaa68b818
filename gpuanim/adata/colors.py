"""What `color=` means, by scanpy's rules: a column of `obs`, a gene, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.adata.cells import Cells
from gpuanim.adata.genes import Genes
from gpuanim.adata.nearest import listing, nearest
from gpuanim.adata.panels import axis_labels
from gpuanim.adata.references import Reference, as_reference
from gpuanim.adata.store import Categories
from gpuanim.errors import DataKeyError, OptionError
from gpuanim.types import Values

__all__ = ["ColorVector", "draw_order", "resolve_color", "store_palette"]


@dataclass(frozen=True, eq=False)
class ColorVector:
    """What the colours of cells stand for.

    Parameters
    ----------
    kind
        "none": all cells have the colour of missing values.
    values
        (n,) float32 or float64 where `kind` is "continuous", NaN where there is none, and all NaN where it
        is "none"; categories where it is "categorical".
    key
        The column of `obs` or the gene, as it was asked for; None if `kind` is "none".
    palette
        The colours of all categories, as they lie in `uns`, perhaps too few; None if there are none.
    title
        What scanpy writes above the panel.
    shown
        Categories for the legend, as positions in the names of `values`; None for all.
    """

    kind: Literal["continuous", "categorical", "none"]
    values: Values | Categories
    key: str | None
    palette: tuple[str, ...] | None
    title: str
    shown: tuple[int, ...] | None = None

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(n,), which cells have the colour of missing values."""
        if isinstance(self.values, Categories):
            return np.asarray(self.values.codes < 0)
        return np.isnan(self.values)

    def take(self, keep: NDArray[np.bool_]) -> Self:
        """Return that of some of the cells, such as those that an embedding places."""
        if keep.all():
            return self
        if isinstance(self.values, Categories):
            return replace(self, values=Categories(self.values.codes[keep], self.values.names))
        return replace(self, values=self.values[keep])


def resolve_color(
    cells: Cells,
    key: Any,
    *,
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
) -> ColorVector:
    """Look up what cells are to be coloured by. Of X, layers and raw only the gene is read.

    Parameters
    ----------
    cells
        The cells.
    key
        A column of `obs` or, if there is none, a gene; None; or a reference of `anndata.acc`, such as
        ``A.obs["x"]``, ``A.layers["counts"][:, "CD4"]`` or ``A.obsm["pca"][:, 0]``, to which none of the
        options applies.
    layer
        Key in `layers` where genes are read.
    use_raw
        Whether genes are read from `raw`; by default where there is one and no layer is named.
    gene_symbols
        Column of `var` in which `key` is looked up if it is no column of `obs` and no name of a gene.

    Returns
    -------
    ColorVector
        Strings, booleans and categoricals are categorical; booleans always have the categories "False" and
        "True". All numbers are continuous, integers too.

    Raises
    ------
    DataKeyError
        There is nothing of that name, in the layer either; the message names the nearest columns and genes.
    OptionError
        `use_raw` comes with a layer or without a raw.
    ShapeError
        The column holds neither text nor real numbers.
    """
    if key is None:
        nothing = np.broadcast_to(np.float32(np.nan), cells.n_obs)
        return ColorVector("none", nothing, None, None, "")
    if isinstance(key, str):
        genes = cells.genes(layer, use_raw)
        return _of_column(cells, key) if key in cells.columns else _of_gene(cells, genes, key, gene_symbols)
    reference = as_reference(key)
    if reference is None:
        raise OptionError(f"color must be a column of obs, a gene, or None, not {key!r}")
    return _referenced(cells, reference)


def draw_order(vector: ColorVector, sort_order: bool = True) -> NDArray[np.int64]:
    """Return the (n,) cells from the bottom to the top, as scanpy draws them.

    Missing values are at the bottom. With `sort_order` numbers rise to the top, of equal ones the first in
    the data is on top; categories stay in the order of the data. Without it all do, missing ones as well.

    References
    ----------
    scanpy 1.11, ``plotting/_tools/scatterplots.py``, ``embedding``.
    """
    if isinstance(vector.values, Categories):
        key: NDArray[Any] = ~vector.missing
    else:
        key = vector.values
    if not sort_order or vector.kind == "none":
        return np.arange(len(key))
    if vector.kind == "categorical":
        return np.argsort(key, kind="stable")
    return np.ascontiguousarray(np.argsort(-key, kind="stable")[::-1])


def store_palette(adata: Any, key: str, colors: Sequence[str]) -> None:
    """Keep the colours of categories in `adata.uns`, as scanpy does where a palette is given.

    Parameters
    ----------
    adata
        An AnnData object. A view is left as it is: to write into one would make it a copy.
    key
        Column of `obs`.
    colors
        Colours of its categories, in hex notation.
    """
    if not adata.is_view:
        adata.uns[f"{key}_colors"] = [str(color) for color in colors]


def _of_column(cells: Cells, key: str) -> ColorVector:
    values = cells.obs(key)
    if not isinstance(values, Categories):
        if not _is_labels(values):
            return ColorVector("continuous", _numbers(values, f"obs[{key!r}]"), key, None, key)
        from gpuanim.values.labels import read_labels

        labels = read_labels(values, cells.n_obs, f"obs[{key!r}]")
        values = Categories(labels.codes, labels.names)
    palette = cells.palette(key)
    return ColorVector("categorical", values, key, None if palette is None else tuple(palette), key)


def _of_gene(cells: Cells, genes: Genes, key: str, symbols: str | None) -> ColorVector:
    position = genes.find(key, symbols)
    if position is None:
        near = nearest(key, cells.columns)
        column = f"; did you mean the column {near!r}?" if near is not None else ""
        raise DataKeyError(
            f"color: {key!r} is neither a column of obs nor a gene of {genes.title} in {cells.title}{column}"
            f"{genes.hint(key, symbols)}{listing(cells.columns, 'columns are')}"
        )
    return ColorVector("continuous", genes.values([position])[0], key, None, key)


def _referenced(cells: Cells, reference: Reference) -> ColorVector:
    name = str(reference.column)
    if reference.slot == "obs":
        return _of_column(cells, name)
    if reference.slot == "obsm":
        key, index = str(reference.where), int(reference.column)
        title = axis_labels(key, (index, index))[0]
        return ColorVector("continuous", cells.obsm_column(key, index), title, None, title)
    genes = cells.genes(reference.where, use_raw=False)
    return ColorVector("continuous", genes.values([genes.position(name)])[0], name, None, name)


def _is_labels(values: NDArray[Any]) -> bool:
    if values.dtype.kind != "O":
        return values.dtype.kind in "bUST"
    kinds = {type(value) for value in values} - {type(None)}
    return not all(issubclass(kind, Real) and not issubclass(kind, bool) for kind in kinds)


def _numbers(values: NDArray[Any], what: str) -> Values:
    from gpuanim.values.convert import as_step

    return as_step(values.astype(np.float64) if values.dtype == object else values, len(values), what)
