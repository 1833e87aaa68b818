"""The two functions of a blog post, with its names, order, defaults and results.

A. Balsubramani, "Graph prediction by diffusion", https://akshay.bio/blog/graph-prediction-diffusion/
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from gpuanim import cuda as devices
from gpuanim.errors import OptionError
from gpuanim.propagation import cuda
from gpuanim.propagation.graph import check_shape
from gpuanim.propagation.iterate import HarmonicExtension, LabelPropagation
from gpuanim.propagation.labels import check_alpha, check_tol, read_labels, read_mask
from gpuanim.propagation.solve import Solution

__all__ = ["harmonic_extension", "label_propagation"]

Method = Literal["iterative", "direct"]


def label_propagation(
    labeled_signal: Any,
    adj_mat: Any,
    labeled_ndces: Any,
    param_alpha: float = 0.8,
    method: Method = "iterative",
    eps_tol: float = 0.01,
    *,
    device: str = "auto",
    dtype: DTypeLike | None = None,
) -> list[Any] | Solution:
    """Propagate labels over a graph: F <- a S F + (1 - a) Y with S = D^-1/2 W D^-1/2, from F = Y.

    Parameters
    ----------
    labeled_signal
        (n,) or (n, c) Y, dense or sparse. Rows that are not labelled are taken as 0; the array itself is
        not changed.
    adj_mat
        (n, n) weights W of the neighbours, sparse or dense; D are its column sums. Nodes without
        neighbours keep their own label.
    labeled_ndces
        The labelled rows: bool mask of shape (n,) or (n, 1), dense or sparse, or integers.
    param_alpha
        a, above 0 and below 1.
    method
        "iterative" or "direct".
    eps_tol
        Stop when ||F' - F||^2 / ||F'||^2 <= eps_tol, over all columns. After 100,000 steps it ends in any
        case, with a `RuntimeWarning`.
    device
        "auto", "cpu" or "cuda", as for `LabelPropagation`.
    dtype
        float32 or float64, of the computation and of the result. Default: float32 if `labeled_signal` is,
        otherwise float64.

    Returns
    -------
    list of array, or Solution
        "iterative": the iterates F1 ... FT in the shape of `labeled_signal`, dense, the last one twice.
        "direct": `Solution`, whose first entry is what the iterates converge to, (1 - a) (I - a S)^-1 Y.
        (The blog post returns the tuple of scipy's `lsmr`, whose first entry lacks the factor 1 - a.)

    Raises
    ------
    GraphError, ShapeError, OptionError
        If the input cannot be used; the message says how to mend it.

    References
    ----------
    D. Zhou, O. Bousquet, T. N. Lal, J. Weston, B. Schölkopf: Learning with local and global consistency.
    NIPS 2003.
    """
    check_alpha(param_alpha, "param_alpha")
    signal, mask = _read(labeled_signal, adj_mat, labeled_ndces, method, eps_tol)
    propagation = LabelPropagation(
        adj_mat,
        signal,
        mask,
        alpha=param_alpha,
        tol=eps_tol,
        device=device,
        dtype=signal.dtype if dtype is None else dtype,
    )
    return propagation.solve() if method == "direct" else _twice_the_last(list(propagation))


def harmonic_extension(
    labeled_signal: Any,
    adj_mat: Any,
    labeled_ndces: Any,
    method: Method = "iterative",
    eps_tol: float = 0.01,
    *,
    device: str = "auto",
    dtype: DTypeLike | None = None,
) -> Any:
    """Extend labels over a graph, each other node becoming the mean of its neighbours; labels are kept.

    Parameters
    ----------
    labeled_signal, adj_mat, labeled_ndces, method, device, dtype
        As for `label_propagation`. Nodes without neighbours that are not labelled stay 0.
    eps_tol
        Stop when the last term of the power series of (I - P_uu)^-1 P_ul Y, squared and summed, is not
        above `eps_tol` times the terms before it. After 100,000 steps it ends in any case, with a
        `RuntimeWarning`.

    Returns
    -------
    list of array, or array
        "iterative": the partial sums of the power series from its second term on, in the shape of
        `labeled_signal`, dense, labelled rows in their place, the last one twice.
        "direct": the values of the rows that are not labelled, in their order.

    Raises
    ------
    GraphError, ShapeError, OptionError
        If the input cannot be used; the message says how to mend it.

    References
    ----------
    X. Zhu, Z. Ghahramani, J. Lafferty: Semi-supervised learning using Gaussian fields and harmonic
    functions. ICML 2003.
    """
    signal, mask = _read(labeled_signal, adj_mat, labeled_ndces, method, eps_tol)
    propagation = HarmonicExtension(
        adj_mat, signal, mask, tol=eps_tol, device=device, dtype=signal.dtype if dtype is None else dtype
    )
    if method == "direct":
        return propagation.solve().signal[~mask]
    first, *others = propagation
    return _twice_the_last(others or [first])  # it ends with the first one if no label reaches any node


def _read(signal: Any, adj_mat: Any, labeled: Any, method: str, eps_tol: float) -> tuple[Any, Any]:
    """Check arguments under the names that they have here; return labels and mask."""
    if method not in ("iterative", "direct"):
        raise OptionError(f"method must be 'iterative' or 'direct', got {method!r}")
    check_tol(eps_tol, "eps_tol")
    shape = getattr(adj_mat, "shape", None) or np.shape(adj_mat)
    check_shape(shape)
    xp = devices.default_device().xp if cuda.is_cupy(signal) else np
    mask = read_mask(labeled, shape[0], "labeled_ndces", xp)
    return read_labels(signal, mask, shape[0], "labeled_signal", xp), mask


def _twice_the_last(iterates: list[Any]) -> list[Any]:
    return [*iterates, iterates[-1]]
