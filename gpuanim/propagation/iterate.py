"""The two algorithms as sources: lazy, step by step, restartable, flat in memory."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from gpuanim.errors import OptionError
from gpuanim.propagation import system
from gpuanim.propagation._base import Callback, Propagation
from gpuanim.propagation.labels import check_alpha
from gpuanim.propagation.system import Equation, System

__all__ = ["HarmonicExtension", "LabelPropagation"]


class LabelPropagation(Propagation):
    """Label propagation: F <- a S F + (1 - a) Y with S = D^-1/2 W D^-1/2, from F = Y.

    Iterate it for arrays in the order of the rows of `adj_mat`, or give it to `animate`, which takes the
    steps one by one: memory does not grow with their number. Each pass starts anew.

    Parameters
    ----------
    adj_mat
        (n, n) weights W of the neighbours: scipy sparse of any format, also with memory-mapped arrays,
        dense, or CuPy's; or the group of an open HDF5 or zarr file in which anndata has written one, which
        is read in parts if the graph stays on disk. D are its column sums. Not changed; do not change it
        either as long as this is in use.
    labels
        (n,) or (n, c) Y, dense or sparse; finite in labelled rows, anything elsewhere.
    labeled
        The rows of `labels` that count: bool mask or integers; the others are taken as 0. None: all count.
    alpha
        How much a node listens to its neighbours instead of its own label, above 0 and below 1.
    n_steps
        Steps to take; if `tol` is given as well, steps to take at most.
    tol
        Stop when ||F' - F||^2 / ||F'||^2 (over all columns) is not above it. Default: 0.01, if there is no
        `n_steps`. Without `n_steps` it ends after `MAX_STEPS` in any case, with a `RuntimeWarning`.
    include_initial
        Whether F = Y comes first, as a step of its own.
    device
        "auto", "cpu" or "cuda". "auto": CUDA for arrays of CuPy, and for more than 5e9 entries to go
        through (nnz x columns x steps) where there is a GPU with CuPy.
    order
        "given", "locality" or "auto": whether nodes are moved in memory so that neighbours lie near each
        other. It changes the speed, and the order in which `steps` yields; "auto" does it when it pays.
    graph_on
        "memory", "disk" or "auto": where the entries of the graph lie during the steps. On disk they are
        copied to a temporary file in the order of `coords` (without `coords`: in the given order), which
        each step reads from start to end; steps take as long as in memory as long as the system has memory
        to keep the file in, and what the disk takes beyond. The values are the same. "auto" takes the disk
        where the graph does not fit into memory. The file lies in TMPDIR, or else in /var/tmp.
    coords
        (n, 2) places of the nodes, for example of the film; a locality order then follows them.
    dtype
        float32 (default) or float64. What spreads from a seed falls by about the number of neighbours with
        each step of distance: float32 reaches 25 to 30 steps far before it is 0, float64 200.
    callback
        Called as `callback(step, residual)` after each step, from 1 on; the pass ends when it returns
        something true.
    progress
        Whether to show a progress bar.
    client
        A `dask.distributed.Client`: rows go to its workers in blocks, boundary values travel between them
        at each step, and values come here. A worker that is lost costs work, not the result. For graphs
        that outgrow a machine; each step costs some milliseconds more. `adj_mat` may then also be a group
        of an open .h5ad or .zarr that holds CSR, as ``file["obsp/connectivities"]``: workers that see the
        same file read their rows by themselves.

    Raises
    ------
    GraphError, ShapeError, OptionError
        If the input cannot be used; the message says how to mend it.
    MemoryPlanError
        If it does not fit into memory; the message says what would.
    MissingDependencyError
        For `device="cuda"` without CuPy or without a GPU; for `client` without dask.distributed.
    ClusterError
        If the cluster has lost its workers, or loses them over and over.

    References
    ----------
    D. Zhou, O. Bousquet, T. N. Lal, J. Weston, B. Schölkopf: Learning with local and global consistency.
    NIPS 2003.
    """

    def __init__(
        self,
        adj_mat: Any,
        labels: Any,
        labeled: Any = None,
        *,
        alpha: float = 0.8,
        n_steps: int | None = None,
        tol: float | None = None,
        include_initial: bool = False,
        device: str = "auto",
        order: str = "auto",
        graph_on: str = "auto",
        coords: Any = None,
        dtype: DTypeLike | None = None,
        callback: Callback | None = None,
        progress: bool = False,
        client: Any = None,
    ) -> None:
        self.alpha = check_alpha(alpha, "alpha")
        super().__init__(
            adj_mat,
            labels,
            labeled,
            n_steps=n_steps,
            tol=tol,
            include_initial=include_initial,
            device=device,
            order=order,
            graph_on=graph_on,
            coords=coords,
            dtype=dtype,
            callback=callback,
            progress=progress,
            client=client,
        )

    def describe(self) -> dict[str, Any]:
        return {"method": type(self).__name__, "alpha": self.alpha, **super().describe()}

    def _system(self, xp: Any) -> System:
        return system.label_propagation(xp, self._degree, self._labels, self.alpha)

    def _equation(self, product: Any) -> Equation:
        return system.label_propagation_equation(product.xp, self._system(product.xp))


class HarmonicExtension(Propagation):
    """Harmonic extension: labelled nodes keep their label, all others become the mean of their neighbours.

    F <- D^-1 W F in rows that are not labelled, from the labels and 0; the steps are the partial sums of
    the power series of (I - P_uu)^-1 P_ul Y. The first one is P_ul Y. The residual of a step is
    ||F' - F||^2 / ||F||^2 over rows that are not labelled; infinite for the first step. With few labels
    the steps converge slowly: `solve` gives the end.

    Parameters
    ----------
    adj_mat, labels, n_steps, tol, include_initial, device, order, graph_on, coords, dtype, callback,
    progress, client
        As for `LabelPropagation`.
    labeled
        The rows of `labels` that are kept: bool mask or integers.

    References
    ----------
    X. Zhu, Z. Ghahramani, J. Lafferty: Semi-supervised learning using Gaussian fields and harmonic
    functions. ICML 2003.
    """

    def __init__(
        self,
        adj_mat: Any,
        labels: Any,
        labeled: Any = None,
        *,
        n_steps: int | None = None,
        tol: float | None = None,
        include_initial: bool = False,
        device: str = "auto",
        order: str = "auto",
        graph_on: str = "auto",
        coords: Any = None,
        dtype: DTypeLike | None = None,
        callback: Callback | None = None,
        progress: bool = False,
        client: Any = None,
    ) -> None:
        if labeled is None:
            raise OptionError("labeled must say which rows keep their label, by mask or numbers; got None")
        super().__init__(
            adj_mat,
            labels,
            labeled,
            n_steps=n_steps,
            tol=tol,
            include_initial=include_initial,
            device=device,
            order=order,
            graph_on=graph_on,
            coords=coords,
            dtype=dtype,
            callback=callback,
            progress=progress,
            client=client,
        )

    def _system(self, xp: Any) -> System:
        return system.harmonic(xp, self._degree, self._labels, self._labeled)

    def _equation(self, product: Any) -> Equation:
        return system.harmonic_equation(product, self._system(product.xp))
