"""One step of the kernels against numpy: every kind of weights, dtype, shape, and rows of any length."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.graph import read_graph

TOLERANCE = {"float32": 1e-6, "float64": 1e-14}


def one_step(adj: Any, dtype: str, columns: int, seed: int) -> tuple[Any, ...]:
    """Return F', col F', ||F' - F||^2 and ||F'||^2 from the kernel, and the same from numpy."""
    rng = np.random.default_rng(seed)
    n = adj.shape[0]
    shape = (n, columns) if columns else (n,)
    row, col = rng.uniform(0.1, 1, n), rng.uniform(0.1, 1, n)
    row[rng.random(n) < 0.2] = 0
    product = CpuProduct(read_graph(adj), np.dtype(dtype))
    f, z, base = (product.values(rng.normal(size=shape)) for _ in range(3))
    z_next = product.values(np.full(shape, 7.0))
    before = f.astype(np.float64)
    sums = product.affine(row * product.scale, z, base, col, f, z_next)
    across = (lambda v: v[:, None]) if columns else (lambda v: v)
    expected = across(row) * (adj.astype(np.float64) @ z.astype(np.float64)) + base
    moves = across(row != 0)
    expected = np.where(moves, expected, before)
    z_expected = np.where(moves, across(col) * expected, 7.0)
    expected_sums = np.square(expected - before).sum(), np.square(np.where(moves, expected, 0)).sum()
    return (f, z_next, *sums), (expected, z_expected, *expected_sums)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 60),
    degree=st.sampled_from([0.5, 4, 60]),
    binary=st.booleans(),
    weights=st.sampled_from(["float32", "float64"]),
    dtype=st.sampled_from(["float32", "float64"]),
    columns=st.sampled_from([0, 1, 2, 7, 8, 9, 17]),
    seed=st.integers(0, 2**31),
)
def test_a_step_equals_numpy(
    ref: SimpleNamespace,
    n: int,
    degree: float,
    binary: bool,
    weights: str,
    dtype: str,
    columns: int,
    seed: int,
) -> None:
    adj = ref.random_graph(n, seed, degree=degree, binary=binary, symmetric=False, dtype=weights)
    for found, expected in zip(*one_step(adj, dtype, columns, seed), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e3 * TOLERANCE[dtype], atol=1e2 * TOLERANCE[dtype])


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("columns", [0, 3])
def test_hubs_are_as_exact_as_others(binary: bool, columns: int, ref: SimpleNamespace) -> None:
    """A row of 200,000 neighbours in float32: a single running sum would be off by 1e-4."""
    n = 200_000
    weights = np.full(n, 0.3) if binary else np.random.default_rng(0).uniform(0, 1, n)
    adj = sparse.csr_array((weights, np.arange(n), np.concatenate([[0], np.full(n, n)])), (n, n))
    rng = np.random.default_rng(1)
    product = CpuProduct(read_graph(adj), np.dtype(np.float32))
    z = product.values(rng.uniform(0, 1, (n, columns) if columns else n))
    f = product.values(np.zeros_like(z))
    product.affine(np.ones(n) * product.scale, z, product.values(f), np.ones(n), f, product.values(f))
    assert ref.error(f[0], weights @ z.astype(np.float64)) < 1e-6


def test_columns_do_not_mix(ref: SimpleNamespace) -> None:
    """What lies behind the last column and row is read, and must not show."""
    adj = ref.random_graph(50)
    product = CpuProduct(read_graph(adj), np.dtype(np.float64))
    together = np.random.default_rng(0).normal(size=(50, 11))
    ones = np.ones(50)

    def apply(values: Any) -> Any:
        out = product.values(np.zeros_like(values))
        product.affine(ones, product.values(values), product.values(out * 0), ones, out, product.values(out))
        return out

    for c in range(11):
        np.testing.assert_allclose(apply(together)[:, c], apply(together[:, c]), rtol=1e-12)


def test_sums_do_not_depend_on_threads(ref: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    n = 200_000
    rng = np.random.default_rng(0)
    adj = sparse.csr_array(
        (rng.random(2_000_000), rng.integers(0, n, 2_000_000), np.arange(n + 1) * 10), (n, n)
    )
    product = CpuProduct(read_graph(adj), np.dtype(np.float32))
    degree = product.column_sums()
    z = product.values(rng.random(n))

    def run() -> tuple[bytes, tuple[float, float], bytes]:
        f = product.values(np.zeros(n))
        sums = product.affine(degree / 10, z, product.values(f), degree, f, product.values(f))
        return f.tobytes(), sums, product.column_sums().tobytes()

    many = run()
    monkeypatch.setattr("gpuanim._threads.n_threads", lambda: 1)
    assert run() == many
    np.testing.assert_allclose(degree, adj.sum(axis=0), rtol=1e-13)


@pytest.mark.parametrize("size", [1e-30, 1e-12, 1.0, 1e12, 1e30])
def test_weights_of_any_size_fit_float32(size: float, ref: SimpleNamespace) -> None:
    from gpuanim.propagation import LabelPropagation

    adj = ref.random_graph(40)
    y = np.random.default_rng(0).normal(size=40)
    expected = ref.propagation(adj, y, 0.8, n_steps=10)[-1]
    assert ref.error(list(LabelPropagation(adj * size, y, n_steps=10))[-1], expected) < 1e-6
