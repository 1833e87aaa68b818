"""The fixed point: by hand, as the end of many steps, and honest about what it could not reach."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gpuanim.errors import OptionError
from gpuanim.propagation import HarmonicExtension, LabelPropagation, Solution
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.graph import read_graph
from gpuanim.propagation.solve import is_symmetric


def test_three_nodes_by_hand(path: Any) -> None:
    signal, residual, n_iter = LabelPropagation(path, [1, 0, 0], alpha=0.5, dtype="float64").solve(rtol=1e-14)
    r = 0.5**0.5
    np.testing.assert_allclose(signal, [7 / 12, r / 3, 1 / 12], rtol=1e-13)  # F1 = a r (F0 + F2), and so on
    assert residual <= 1e-14
    assert n_iter == 3
    signal = HarmonicExtension(path, [4, 0, 2], [0, 2], dtype="float64").solve().signal
    np.testing.assert_allclose(signal, [4, 3, 2], rtol=1e-15)


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("columns", [0, 3])
@pytest.mark.parametrize("order", ["given", "locality"])
def test_equals_dense_solution(symmetric: bool, columns: int, order: str, ref: SimpleNamespace) -> None:
    adj = ref.random_graph(300, symmetric=symmetric)
    y = np.random.default_rng(0).normal(size=(300, columns) if columns else 300)
    source = LabelPropagation(adj, y, alpha=0.99, dtype="float64", order=order)
    solution = source.solve(rtol=1e-12)
    assert isinstance(solution, Solution)
    assert solution.signal.shape == y.shape
    assert ref.error(solution.signal, ref.fixed_point(adj, y, 0.99)) < 1e-9
    assert solution.residual <= 1e-11


@pytest.mark.parametrize("symmetric", [True, False])
def test_is_the_end_of_the_steps(symmetric: bool, ref: SimpleNamespace) -> None:
    adj = ref.random_graph(200, symmetric=symmetric, degree=10)
    rng = np.random.default_rng(0)
    y, mask = rng.normal(size=(200, 2)), rng.random(200) < 0.2
    for source in (
        LabelPropagation(adj, y, mask, alpha=0.9, n_steps=400, dtype="float64"),
        HarmonicExtension(adj, y, mask, n_steps=2000, dtype="float64"),
    ):
        *_, last = source
        assert ref.error(source.solve(rtol=1e-12).signal, last) < 1e-9


def test_real_graph(shared_data: Any, ref: SimpleNamespace) -> None:
    import anndata

    adj = anndata.read_h5ad(shared_data("pbmc3k_2638.h5ad")).obsp["connectivities"]
    y = np.eye(1, adj.shape[0])[0]
    source = LabelPropagation(adj, y, alpha=0.99, n_steps=2500, dtype="float64")
    *_, last = source
    solution = source.solve(rtol=1e-10)
    assert ref.error(solution.signal, last) < 1e-8
    assert solution.n_iter < 150  # 2,300 steps come as near


def test_parts_without_labels_stay_zero(ref: SimpleNamespace) -> None:
    """I - P_uu is singular there; nothing flows in, and nothing must come out."""
    ring = np.roll(np.eye(6), 1, axis=0) + np.roll(np.eye(6), -1, axis=0)
    adj = np.zeros((13, 13))
    adj[:6, :6] = adj[6:12, 6:12] = ring
    signal = HarmonicExtension(adj, np.arange(13.0) + 1, [0, 3], dtype="float64").solve(rtol=1e-13).signal
    np.testing.assert_allclose(signal, [1, 2, 3, 4, 3, 2, 0, 0, 0, 0, 0, 0, 0], atol=1e-12)


def test_no_way_to_go(path: Any) -> None:
    assert HarmonicExtension(path, [1, 2, 3], [0, 1, 2]).solve().signal.tolist() == [1, 2, 3]
    signal, residual, n_iter = HarmonicExtension(np.zeros((2, 2)), [1, 2], [0]).solve()
    assert (signal.tolist(), residual, n_iter) == ([1, 0], 0, 0)


def test_float32_is_solved_in_float64(ref: SimpleNamespace) -> None:
    adj, y = ref.random_graph(200), np.random.default_rng(0).normal(size=200)
    signal = LabelPropagation(adj, y, alpha=0.999).solve(rtol=1e-10).signal
    assert signal.dtype == np.float32
    assert ref.error(signal, ref.fixed_point(adj, y, 0.999)) < 1e-6


@pytest.mark.parametrize("symmetric", [True, False])
def test_too_few_iterations_are_reported(symmetric: bool, ref: SimpleNamespace) -> None:
    source = LabelPropagation(ref.random_graph(300, symmetric=symmetric), np.arange(300.0), alpha=0.999)
    with pytest.warns(RuntimeWarning, match="after maxiter=3 iterations; rtol=1.0e-10 was asked for"):
        solution = source.solve(rtol=1e-10, maxiter=3)
    assert solution.n_iter == 3
    assert solution.residual > 1e-10


def test_rtol_is_checked(path: Any) -> None:
    with pytest.raises(OptionError, match="rtol must be finite and not negative, got -1"):
        LabelPropagation(path, [1, 0, 0]).solve(rtol=-1)


def test_symmetry_is_seen(ref: SimpleNamespace) -> None:
    for symmetric in (True, False):
        for binary in (True, False):
            adj = ref.random_graph(100, symmetric=symmetric, binary=binary)
            assert is_symmetric(CpuProduct(read_graph(adj), np.dtype(np.float64))) is symmetric
    adj = ref.random_graph(100)
    adj.data[7] *= 1.01
    assert not is_symmetric(CpuProduct(read_graph(adj), np.dtype(np.float64)))
