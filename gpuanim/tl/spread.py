"""Label propagation and harmonic extension over the neighbour graph of an AnnData."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gpuanim.adata import open_cells
from gpuanim.propagation import HarmonicExtension, LabelPropagation
from gpuanim.propagation._base import Propagation
from gpuanim.tl._iterates import Iterates
from gpuanim.tl._start import Start, read_start
from gpuanim.tl._write import check_key, check_writable, write

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["harmonic_extension", "label_propagation"]


def label_propagation(
    adata: AnnData,
    seeds: Any = None,
    *,
    labels: str | None = None,
    alpha: float = 0.99,
    n_steps: int | None = None,
    tol: float | None = None,
    include_initial: bool = True,
    neighbors_key: str | None = None,
    obsp: str | None = None,
    key_added: str = "label_propagation",
    device: str = "auto",
    dtype: DTypeLike | None = None,
    copy: bool = False,
    progress: bool = False,
) -> AnnData | None:
    """Spread labels over the neighbour graph, and keep every step: F <- a S F + (1 - a) Y.

    S is D^-1/2 W D^-1/2 with the graph's weights W and their sums D; see `gpuanim.LabelPropagation`, which
    takes the same steps and keeps none.

    Parameters
    ----------
    adata
        With a neighbour graph in `obsp`, as `scanpy.pp.neighbors` makes it. X is not read. A view becomes an
        object of its own, of which anndata warns; a backed one keeps results in memory until it is written.
    seeds
        The cells that Y is 1 at; it is 0 elsewhere. Numbers from 0 or names of `obs_names`, one or many; a
        bool mask; ``"louvain=3"`` for all cells of a category; or a dict of columns of `obs` and a category
        or several, as in ``{"louvain": ["3", "4"]}``.
    labels
        Instead of `seeds`, a column of `obs`. Categories, text and booleans: one signal for each category,
        1 at its cells. Numbers, integers too: one signal, the numbers themselves. Missing values are unknown
        labels.
    alpha
        a, how much a cell listens to its neighbours instead of its own label, above 0 and below 1. The
        default is that of Zhou et al.; at 0.8, that of `gpuanim.LabelPropagation`, half of a signal is gone
        after three steps, and it stays near its seeds.
    n_steps
        Steps to take; if `tol` is given as well, steps to take at most.
    tol
        Stop when ||F' - F||^2 / ||F'||^2 (over all classes) is not above it. Default: 0.01, if there is no
        `n_steps`.
    include_initial
        Whether F = Y comes first; then column i of the result is F after i steps.
    neighbors_key
        Key in `uns` that says where in `obsp` the graph is. Default: as in scanpy, ``"neighbors"``.
    obsp
        The key in `obsp` itself; not together with `neighbors_key`.
    key_added
        Where results are written; those of an earlier call are replaced.
    device
        "auto", "cpu" or "cuda", as for `gpuanim.LabelPropagation`.
    dtype
        float32 (default) or float64, of the computation and of the result.
    copy
        Whether to return a copy with the results, and leave `adata` as it is.
    progress
        Whether to show a progress bar.

    Returns
    -------
    AnnData or None
        The copy, if `copy` is true. It, or `adata`, has

        - ``obsm[key_added]``: (n, t) iterates of one signal, or (n, t, k) for k categories, whose last axis
          has their order. Subsetting, h5ad and zarr keep both. They take n t k 4 bytes: 400 MB for a million
          cells and 100 steps. A step is contiguous in memory, as films read it; writing h5ad takes a copy.
        - for categories, ``obs[key_added]``: the one with the largest value in the last step (of equal ones
          the first), missing where none has arrived; ``obs[key_added + "_confidence"]``: its part of the
          sum over categories, NaN where none has arrived; ``uns[key_added + "_colors"]``: the colours of
          `labels`, if it has any.
        - ``uns[key_added]``: ``"params"``, ``"n_steps"`` taken, ``"residuals"`` (n_steps,) that `tol` is held
          against, and ``"categories"`` and ``"colors"`` of the last axis.

    Raises
    ------
    DataKeyError
        A key, name or category is not there; the message names the nearest.
    OptionError
        An option cannot be used, or the steps do not fit into memory; the message says how many would.
    GraphError, ShapeError
        The graph or the labels cannot be used.
    MissingDependencyError
        For ``device="cuda"`` without CuPy or without a GPU.

    Notes
    -----
    All checks come before the first step, and nothing is written before the last: where an error is raised,
    `adata` is as it was.

    References
    ----------
    D. Zhou, O. Bousquet, T. N. Lal, J. Weston, B. Schölkopf: Learning with local and global consistency.
    NIPS 2003.

    Examples
    --------
    >>> ga.tl.label_propagation(adata, "louvain=3", n_steps=100)
    >>> ga.tl.label_propagation(adata, labels="known_types", key_added="types")
    """

    def begin(graph: Any, start: Start) -> Propagation:
        return LabelPropagation(
            graph, start.labels, start.labeled, alpha=alpha, n_steps=n_steps, tol=tol,
            include_initial=include_initial, device=device, dtype=dtype, progress=progress,
        )  # fmt: skip

    given = _given(
        alpha=alpha, n_steps=n_steps, tol=tol, include_initial=include_initial, neighbors_key=neighbors_key,
        obsp=obsp,
    )  # fmt: skip
    return _spread(adata, seeds, labels, begin, given, key_added=key_added, dtype=dtype, copy=copy)


def harmonic_extension(
    adata: AnnData,
    seeds: Any = None,
    *,
    labels: str | None = None,
    n_steps: int | None = None,
    tol: float | None = None,
    include_initial: bool = True,
    neighbors_key: str | None = None,
    obsp: str | None = None,
    key_added: str = "harmonic_extension",
    device: str = "auto",
    dtype: DTypeLike | None = None,
    copy: bool = False,
    progress: bool = False,
) -> AnnData | None:
    """Give cells without a label the mean of their neighbours, again and again, and keep every step.

    F <- D^-1 W F in cells without a label, from the labels and 0; see `gpuanim.HarmonicExtension`, which
    takes the same steps and keeps none. With categories, F after t steps is the probability that a walk of
    at most t steps ends at a cell of that category when it first meets a labelled one; with `seeds`, that it
    has met one of them.

    Parameters
    ----------
    adata, seeds, include_initial, neighbors_key, obsp, key_added, device, dtype, copy, progress
        As for `label_propagation`.
    labels
        As for `label_propagation`; here cells keep the labels they have, and those without one get theirs.
    n_steps
        Steps to take; if `tol` is given as well, steps to take at most.
    tol
        Stop when ||F' - F||^2 / ||F||^2 over cells without a label is not above it; it is infinite in the
        first step. Default: 0.01, if there is no `n_steps`.

    Returns
    -------
    AnnData or None
        As `label_propagation`.

    Raises
    ------
    DataKeyError, OptionError, GraphError, ShapeError, MissingDependencyError
        As `label_propagation`.

    References
    ----------
    X. Zhu, Z. Ghahramani, J. Lafferty: Semi-supervised learning using Gaussian fields and harmonic
    functions. ICML 2003.
    """

    def begin(graph: Any, start: Start) -> Propagation:
        return HarmonicExtension(
            graph, start.labels, start.labeled, n_steps=n_steps, tol=tol,
            include_initial=include_initial, device=device, dtype=dtype, progress=progress,
        )  # fmt: skip

    given = _given(
        n_steps=n_steps, tol=tol, include_initial=include_initial, neighbors_key=neighbors_key, obsp=obsp
    )
    return _spread(adata, seeds, labels, begin, given, key_added=key_added, dtype=dtype, copy=copy)


def _given(**params: Any) -> dict[str, Any]:
    """Return options without those that are None: not every version of anndata can write that."""
    return {name: value for name, value in params.items() if value is not None}


def _spread(
    adata: Any,
    seeds: Any,
    labels: str | None,
    begin: Callable[[Any, Start], Propagation],
    given: Mapping[str, Any],
    *,
    key_added: str,
    dtype: DTypeLike | None,
    copy: bool,
) -> Any:
    """Check everything, take the steps, and write them at the end."""
    check_writable(adata, copy=copy)
    check_key(adata, key_added, labels)
    cells = open_cells(adata)
    boolean = labels in adata.obs and getattr(adata.obs[labels].dtype, "kind", "") == "b"
    start = read_start(cells, seeds, labels, boolean=boolean)
    graph = cells.graph(given.get("neighbors_key"), given.get("obsp"))
    propagation = begin(graph, start)
    iterates, residuals = _run(propagation, start, np.dtype(np.float32 if dtype is None else dtype))
    params = {"method": type(propagation).__name__, **given, **start.told}
    params["device"] = propagation.device.partition(":")[0]
    about: dict[str, Any] = {"params": params, "n_steps": len(residuals), "residuals": np.array(residuals)}
    if start.names is not None:
        about["categories"] = np.array(start.names, object)
    if start.colors is not None:
        about["colors"] = np.array(start.colors, object)
    target = adata.copy() if copy else adata
    write(target, key_added, iterates, about, start.names, start.colors)
    return target if copy else None


def _run(propagation: Propagation, start: Start, dtype: np.dtype[Any]) -> tuple[NDArray[Any], list[float]]:
    """Take all steps; return them as (n, t) or (n, t, k), and the residual of each."""
    kept = Iterates(start.labels.shape, dtype, propagation.n_steps, type(propagation).__name__)
    residuals = []
    for values in propagation.steps():
        kept.add(values, propagation.permutation)
        if propagation.n_done:  # what comes first may be the start, not a step
            residuals.append(propagation.residual)
    return kept.finish(), residuals
