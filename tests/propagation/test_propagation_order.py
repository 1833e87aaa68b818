"""Locality orders: permutations for any graph and any coordinates, which change nothing but the speed."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from gpuanim.errors import OptionError, ShapeError
from gpuanim.propagation import LabelPropagation
from gpuanim.propagation.graph import read_graph
from gpuanim.propagation.order import inverse_of, locality_order, pays, permuted, row_blocks


def line(n: int, seed: int = 0) -> tuple[sparse.csr_array[Any], np.ndarray[Any, Any]]:
    """A path through n nodes in shuffled order, and the place of each node on it."""
    place = np.random.default_rng(seed).permutation(n)
    node = np.argsort(place)
    rows = np.concatenate([node[:-1], node[1:]])
    columns = np.concatenate([node[1:], node[:-1]])
    return sparse.csr_array((np.ones(2 * n - 2), (rows, columns)), (n, n)), place


def reach(graph: Any) -> float:
    """Median distance in memory between neighbours."""
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    return float(np.median(np.abs(rows - graph.indices.astype(np.int64))))


@pytest.mark.parametrize("n", [1, 2, 3, 255, 256, 257, 1000])
@pytest.mark.parametrize("placed", [False, True])
def test_orders_are_permutations(n: int, placed: bool, ref: SimpleNamespace) -> None:
    graph = read_graph(ref.random_graph(n, seed=n, isolated=0.5))
    coords = np.random.default_rng(n).normal(size=(n, 2)) if placed else None
    order = locality_order(graph, coords)
    assert order.dtype == np.uint32
    assert sorted(order.tolist()) == list(range(n))
    np.testing.assert_array_equal(inverse_of(order)[order], np.arange(n))


@pytest.mark.parametrize("placed", [False, True])
def test_neighbours_come_near_each_other(placed: bool) -> None:
    adj, place = line(5000)
    graph = read_graph(adj)
    coords = np.stack([place, np.zeros(5000)], axis=1).astype(np.float64)
    ordered = permuted(graph, locality_order(graph, coords if placed else None))
    assert reach(graph) > 1000
    assert reach(ordered) < 200  # windows of 256 rows are sorted by length


@pytest.mark.parametrize("binary", [False, True])
def test_a_permuted_graph_is_the_same_graph(binary: bool, ref: SimpleNamespace) -> None:
    adj = ref.random_graph(300, binary=binary, symmetric=False)
    graph = read_graph(adj)
    order = locality_order(graph)
    moved = permuted(graph, order)
    weights = np.full(moved.nnz, moved.value) if moved.weights is None else moved.weights
    found = sparse.csr_array((weights, moved.indices.astype(np.int64), moved.indptr), adj.shape)
    np.testing.assert_array_equal(found.toarray(), adj.toarray()[np.ix_(order, order)])
    lengths = np.diff(moved.indptr)
    assert (np.diff(lengths[:256]) >= 0).all()


def test_morton_goes_through_quarters() -> None:
    corners = np.array([[1, 1], [0, 0], [1, 0], [0, 1.0]])
    assert locality_order(read_graph(np.zeros((4, 4))), corners).tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_places_that_are_not_finite_go_last(bad: float) -> None:
    coords = np.array([[5, 5], [bad, 0], [0, 0], [1, bad], [1, 1]])
    assert locality_order(read_graph(np.zeros((5, 5))), coords).tolist() == [2, 4, 0, 1, 3]
    nowhere = np.full((5, 2), bad)
    assert locality_order(read_graph(np.zeros((5, 5))), nowhere).tolist() == [0, 1, 2, 3, 4]


def test_all_in_one_place() -> None:
    assert locality_order(read_graph(np.zeros((3, 3))), np.ones((3, 2))).tolist() == [0, 1, 2]


def test_many_nodes_without_neighbours_are_no_burden() -> None:
    n = 200_000
    graph = read_graph(sparse.csr_array(([1.0, 1.0], ([0, n - 1], [n - 1, 0])), (n, n)))
    order = locality_order(graph)
    assert sorted(order.tolist()) == list(range(n))


def test_blocks_cover_all_rows_once() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 50, 100_000)
    lengths[500] = 3_000_000  # a hub is a block of its own
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    blocks = row_blocks(indptr)
    assert blocks[0][0] == 0
    assert blocks[-1][1] == 100_000
    assert all(a[1] == b[0] for a, b in itertools.pairwise(blocks))
    assert len(blocks) > 3
    assert row_blocks(np.array([0, 0])) == [(0, 1)]


def test_auto_orders_when_it_pays(ref: SimpleNamespace) -> None:
    small = read_graph(ref.random_graph(100))
    large = read_graph(line(50_000)[0])
    assert pays(large.n, 100, 4)
    assert not pays(large.n, 3, 4)
    assert not pays(small.n, 10_000, 4)
    seed = np.eye(1, 50_000)[0]
    assert LabelPropagation(line(50_000)[0], seed, n_steps=100).permutation is not None
    assert LabelPropagation(line(50_000)[0], seed, n_steps=2).permutation is None
    assert LabelPropagation(line(50_000)[0], seed, n_steps=100, order="given").permutation is None


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("columns", [0, 3])
def test_the_order_cannot_be_seen(binary: bool, columns: int, ref: SimpleNamespace) -> None:
    adj = ref.random_graph(400, binary=binary, symmetric=False)
    rng = np.random.default_rng(1)
    y = rng.normal(size=(400, columns) if columns else 400)
    given, local, placed = (
        list(LabelPropagation(adj, y, n_steps=20, dtype=np.float64, order=order, coords=coords))
        for order, coords in [("given", None), ("locality", None), ("locality", rng.normal(size=(400, 2)))]
    )
    for a, b, c in zip(given, local, placed, strict=True):
        assert ref.error(b, a) < 1e-14
        assert ref.error(c, a) < 1e-14


def test_steps_come_in_the_order_that_permutation_tells(ref: SimpleNamespace) -> None:
    adj = ref.random_graph(400)
    source = LabelPropagation(adj, np.arange(400.0), n_steps=5, order="locality")
    assert source.permutation is not None
    assert (source.permutation != np.arange(400)).any()
    for ordered, given in zip(source.steps(), source, strict=True):
        np.testing.assert_array_equal(ordered, given[source.permutation])


def test_coords_and_order_are_checked(path: Any) -> None:
    with pytest.raises(ShapeError, match=r"coords must have shape \(3, 2\), .* got \(2, 2\)"):
        LabelPropagation(path, [1, 0, 0], coords=np.zeros((2, 2)))
    with pytest.raises(OptionError, match="order must be one of 'auto', 'given', 'locality', got 'random'"):
        LabelPropagation(path, [1, 0, 0], order="random")
    LabelPropagation(path, [1, 0, 0], coords=np.zeros((3, 3)), order="locality")  # the third is not looked at
