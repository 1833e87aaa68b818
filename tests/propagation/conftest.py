"""The formulas once more, as plainly as scipy and float64 allow: what all results are compared with."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[Any]


def power_of(d: Array, power: float) -> Array:
    """d ** power, 0 where d is 0."""
    out = np.zeros(len(d))
    out[d > 0] = d[d > 0] ** power
    return out


def normalised(adj: Any) -> tuple[sparse.csr_array[Any], Array]:
    """S = D^-1/2 W D^-1/2 and the diagonal of D, the column sums of W."""
    adj = sparse.csr_array(adj).astype(np.float64)
    d = np.ravel(adj.sum(axis=0))
    scale = sparse.diags_array(power_of(d, -0.5))
    return sparse.csr_array(scale @ adj @ scale), d


def propagation(adj: Any, y: Array, alpha: float, *, n_steps: int = 0, eps: float = -1.0) -> list[Array]:
    """F <- a S F + (1 - a) Y, n_steps times or until ||F' - F||^2 / ||F'||^2 <= eps."""
    s, d = normalised(adj)
    y = np.asarray(y, np.float64)
    f, steps = y, []
    while True:
        step = alpha * (s @ f) + (1 - alpha) * y
        step[d == 0] = y[d == 0]
        error = np.square(step - f).sum() / np.square(step).sum()
        f = step
        steps.append(f)
        if len(steps) == n_steps or error <= eps:
            return steps


def power_series(adj: Any, y: Array, mask: Array, eps: float) -> list[Array]:
    """The sums of the power series of (I - P_uu)^-1 P_ul Y from the second on, labels in their place."""
    adj = sparse.csr_array(adj).astype(np.float64)
    p = sparse.csr_array(sparse.diags_array(power_of(np.ravel(adj.sum(axis=0)), -1)) @ adj)
    p_uu, p_ul = p[~mask][:, ~mask], p[~mask][:, mask]
    total = p_ul @ y[mask]
    term = total.copy()
    sums = []
    while True:
        term = p_uu @ term
        error = np.square(term).sum() / np.square(total).sum()
        total = total + term
        full = np.zeros(y.shape)
        full[mask], full[~mask] = y[mask], total
        sums.append(full)
        if error <= eps:
            return sums


def fixed_point(adj: Any, y: Array, alpha: float) -> Array:
    """(1 - a) (I - a S)^-1 Y, and Y for nodes without neighbours."""
    s, d = normalised(adj)
    dense = s.toarray()
    dense[d == 0] = 0
    alone = (d == 0) if y.ndim == 1 else (d == 0)[:, None]
    return np.linalg.solve(np.eye(len(d)) - alpha * dense, np.where(alone, y, (1 - alpha) * y))


def random_graph(
    n: int,
    seed: int = 0,
    *,
    degree: float = 6,
    binary: bool = False,
    symmetric: bool = True,
    isolated: float = 0.1,
    dtype: Any = np.float64,
) -> sparse.csr_array[Any]:
    """Weights of 0.1 to 1.1, or 0.3 everywhere; some nodes have no neighbours."""
    rng = np.random.default_rng(seed)
    dense = rng.uniform(0.1, 1.1, (n, n)) * (rng.random((n, n)) < min(1, degree / n))
    if symmetric:
        dense = np.maximum(dense, dense.T)
    alone = rng.random(n) < isolated
    dense[alone] = 0
    dense[:, alone] = 0
    if binary:
        dense[dense > 0] = 0.3
    return sparse.csr_array(dense.astype(dtype))


def error(found: Any, expected: Array) -> float:
    """||found - expected|| / ||expected||."""
    scale = float(np.linalg.norm(expected))
    return float(np.linalg.norm(np.asarray(found, np.float64) - expected)) / (scale or 1.0)


@pytest.fixture(scope="session")
def ref() -> SimpleNamespace:
    functions: list[Callable[..., Any]] = [propagation, power_series, fixed_point, random_graph, error]
    return SimpleNamespace(**{f.__name__: f for f in functions})


@pytest.fixture
def path() -> sparse.csr_array[Any]:
    """0 - 1 - 2: D = (1, 2, 1), S = [[0, r, 0], [r, 0, r], [0, r, 0]] with r = 1 / sqrt(2)."""
    return sparse.csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32))
