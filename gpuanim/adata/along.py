"""Films over cells, genes and clusters: what is shown at each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.adata.cells import Cells
from gpuanim.adata.genes import Genes
from gpuanim.adata.masks import check_known
from gpuanim.adata.obsm import BAND_BYTES
from gpuanim.adata.store import Categories
from gpuanim.errors import OptionError, ShapeError
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.convert import as_step, check_shape

__all__ = ["GeneSteps", "Lighting", "cell_times", "lighting", "over_clusters", "over_genes"]

_GRAIN = 1 << 17


class Lighting(Source):
    """Cells light up one after the other and stay lit; see `lighting`.

    Attributes
    ----------
    times
        (n_steps,) float64, the time of each step.
    """

    n_steps: int

    def __init__(self, values: Values, when: Values, times: NDArray[np.float64], dark: float) -> None:
        self.n_points, self.n_steps, self.times = len(values), len(times), times
        self._values, self._when, self._dark = values, when, values.dtype.type(dark)
        self.coded = values.dtype.kind == "i"

    def steps(self) -> Iterator[Values]:
        for index in range(self.n_steps):
            yield self.step(index)

    def step(self, index: int) -> Values:
        if not 0 <= index < self.n_steps:
            raise IndexError(index)
        from gpuanim.adata.kernels import light

        now = self._when.dtype.type(self.times[index])
        out = np.empty_like(self._values)
        parts = _threads.blocks(len(out), _GRAIN)

        def task(i: int) -> None:
            part = slice(*parts[i])
            light(self._when[part], now, self._values[part], self._dark, out[part])

        _threads.run(task, len(parts))
        return out

    def origin(self) -> Any:
        return self._values, self._when, self.times, self._dark


def lighting(
    when: Any, n_steps: int, values: Any = None, limits: tuple[float, float] | None = None
) -> Lighting:
    """Return a film in which cells light up as time passes: at each step those whose time has come.

    Parameters
    ----------
    when
        (n,) numbers, the time of each cell, such as a pseudotime. NaN and infinity never come.
    n_steps
        Number of steps, evenly spaced from the first time to the last; a single one shows all.
    values
        (n,) numbers or `Categories` that lit cells show; by default their time.
    limits
        First and last time; by default the extremes of `when`.

    Returns
    -------
    Lighting
        A step is (n,): numbers, with NaN where it is dark; of categories their codes, with -1.

    Raises
    ------
    ShapeError
        `when` holds no finite number, or `values` are not one for each cell.
    OptionError
        `n_steps` is less than 1, or `limits` do not ascend.
    """
    if n_steps < 1:
        raise OptionError(f"n_steps must be a whole number from 1 on, not {n_steps!r}")
    times = as_step(when, len(when), "along")
    finite = times[np.isfinite(times)]
    if not len(finite):
        raise ShapeError("along holds no finite number: no cell would light up")
    first, last = (float(finite.min()), float(finite.max())) if limits is None else limits
    if not first <= last:
        raise OptionError(f"limits must ascend, not {limits}")
    if isinstance(values, Categories):
        check_shape(values.codes.shape, len(times), "values")
        shown, dark = cast(Values, values.codes), -1.0
    else:
        shown, dark = times if values is None else as_step(values, len(times), "values"), np.nan
    ends = np.linspace(first, last, n_steps) if n_steps > 1 else np.array([last])
    return Lighting(shown, times, ends, dark)


def cell_times(cells: Cells, along: str) -> Values:
    """Return the time of each cell for `lighting`.

    Parameters
    ----------
    cells
        The cells.
    along
        Column of `obs`: numbers, or categories, whose order counts: 0 for the first.

    Returns
    -------
    array
        (n,) float32 or float64; NaN where there is none.

    Raises
    ------
    DataKeyError
        There is no such column.
    OptionError
        It holds text or booleans, which have no order in time.
    """
    column = cells.obs(along)
    if isinstance(column, Categories):
        return np.where(column.codes < 0, np.float32(np.nan), column.codes.astype(np.float32))
    if column.dtype.kind not in "fiu":
        raise OptionError(
            f"along={along!r} must be a column of numbers, or of categories in the order of time, it holds "
            f'{column.dtype}: adata.obs[{along!r}].astype("category") makes categories of it'
        )
    return as_step(column, cells.n_obs, f"obs[{along!r}]")


class GeneSteps(Source):
    """One step for each gene, read when it is due; see `over_genes`.

    Attributes
    ----------
    titles
        Names of the genes, as they were asked for.
    """

    n_points: int
    n_steps: int

    def __init__(self, genes: Genes, positions: Sequence[int], titles: Sequence[str], n_obs: int) -> None:
        self.n_points, self.n_steps, self.titles = n_obs, len(positions), tuple(titles)
        self._genes, self._positions = genes, list(positions)

    def steps(self) -> Iterator[Values]:
        width = max(1, BAND_BYTES // (8 * max(1, self.n_points)))
        for start in range(0, self.n_steps, width):  # in a file one pass may serve many genes
            yield from self._genes.values(self._positions[start : start + width])

    def step(self, index: int) -> Values:
        if not 0 <= index < self.n_steps:
            raise IndexError(index)
        return cast(Values, self._genes.values([self._positions[index]])[0])

    def origin(self) -> Any:
        return self.steps()


def over_genes(
    cells: Cells,
    genes: Sequence[str],
    *,
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
) -> GeneSteps:
    """Return a film with a step for each gene; a file must stay open as long as it runs.

    Options are those of `resolve_color`.

    Raises
    ------
    DataKeyError
        At once, if there is no such gene; the message names the nearest.
    OptionError
        There are no genes, or `use_raw` cannot be.
    """
    names = [genes] if isinstance(genes, str) else list(genes)
    if not names:
        raise OptionError("genes is empty: there is nothing to show")
    table = cells.genes(layer, use_raw)
    return GeneSteps(table, [table.position(name, gene_symbols) for name in names], names, cells.n_obs)


class _Clusters(Source):
    n_steps: int
    coded = True

    def __init__(self, codes: NDArray[np.integer[Any]], shown: Sequence[int]) -> None:
        self.n_points, self.n_steps = len(codes), len(shown)
        self._codes, self._shown = codes, list(shown)

    def steps(self) -> Iterator[Values]:
        return (self.step(index) for index in range(self.n_steps))

    def step(self, index: int) -> Values:
        code = self._shown[index]
        return cast(Values, np.where(self._codes == code, self._codes, self._codes.dtype.type(-1)))

    def origin(self) -> Any:
        return self._codes, self._shown


def over_clusters(categories: Categories, groups: Sequence[str] | None = None) -> Source:
    """Return a film that shows one category after the other, and all other cells as missing.

    Parameters
    ----------
    categories
        Of n cells.
    groups
        Which ones, in this order; by default all that have cells.

    Returns
    -------
    Source
        A step is (n,) codes, the places in `categories.names`, -1 for all others.

    Raises
    ------
    OptionError
        There are no categories.
    DataKeyError
        There is no such group; the message names the nearest.
    """
    if groups is None:
        shown = np.unique(categories.codes[categories.codes >= 0]).tolist()
    else:
        check_known(groups, categories.names)
        shown = [categories.names.index(group) for group in groups]
    if not shown:
        raise OptionError("there are no categories to show one after the other")
    return _Clusters(categories.codes, shown)
