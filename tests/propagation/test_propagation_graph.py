"""Reading a graph: what is accepted, what it becomes, and what is said of the rest."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from gpuanim.errors import GraphError
from gpuanim.propagation.graph import Graph, read_graph

DENSE = np.array([[0, 2, 0], [2, 0, 0.5], [0, 0.5, 0]])
FORMATS = ["csr", "csc", "coo", "lil", "dok", "dia", "bsr"]


def dense_of(graph: Graph) -> Any:
    weights = np.full(graph.nnz, graph.value) if graph.weights is None else graph.weights
    return sparse.csr_array(
        (weights, graph.indices.astype(np.int64), graph.indptr), (graph.n, graph.n)
    ).toarray()


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_every_format_of_scipy_is_read(fmt: str, kind: Any) -> None:
    graph = read_graph(kind(DENSE).asformat(fmt))
    assert graph.indptr.dtype == np.int64
    assert graph.indices.dtype == np.uint32
    np.testing.assert_array_equal(dense_of(graph), DENSE)


@pytest.mark.parametrize(
    "given",
    [DENSE, DENSE.astype(np.float16), DENSE.tolist(), DENSE.view(np.matrix), np.asfortranarray(DENSE)],
)
def test_dense_is_read(given: Any) -> None:
    np.testing.assert_array_equal(dense_of(read_graph(given)), DENSE)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float32, np.float64])
def test_equal_weights_become_one_number(dtype: Any) -> None:
    graph = read_graph(sparse.csr_array((DENSE > 0).astype(dtype) * dtype(1)))
    assert graph.weights is None
    assert graph.value == 1
    assert graph.nnz == 4


def test_weights_keep_a_dtype_that_holds_them() -> None:
    for dtype, kept in [(np.float32, np.float32), (np.int16, np.float32), (np.int32, np.float64)]:
        weights = read_graph(sparse.csr_array((DENSE * 2).astype(dtype))).weights
        assert weights is not None
        assert weights.dtype == kept


def test_stored_zeros_are_dropped() -> None:
    data, columns, rows = np.array([1.0, 0, 1, 1, 0]), np.array([1, 2, 0, 2, 0]), np.array([0, 2, 4, 5])
    graph = read_graph(sparse.csr_array((data, columns, rows), (3, 3)))
    assert graph.weights is None
    assert graph.indices.tolist() == [1, 0, 2]
    assert graph.indptr.tolist() == [0, 1, 3, 3]
    nothing = read_graph(sparse.csr_array((np.zeros(5), columns, rows), (3, 3)))
    assert nothing.nnz == 0
    assert nothing.indptr.tolist() == [0, 0, 0, 0]


def test_duplicates_count_as_their_sum() -> None:
    from gpuanim.propagation import LabelPropagation

    twice = sparse.coo_array((np.ones(6), ([0, 0, 1, 1, 1, 2], [1, 1, 0, 0, 2, 1])), (3, 3))
    loose = sparse.csr_array((np.ones(6), [1, 1, 0, 0, 2, 1], [0, 2, 5, 6]), (3, 3))
    expected, found = (list(LabelPropagation(a, [1, 0, 0], n_steps=3)) for a in (twice, loose))
    np.testing.assert_array_equal(found, expected)
    assert not loose.has_canonical_format


def test_csr_is_not_copied_and_not_writable() -> None:
    adj = sparse.csr_array(DENSE.astype(np.float32))
    graph = read_graph(adj)
    assert graph.weights is not None
    assert np.shares_memory(graph.indices, adj.indices)
    assert np.shares_memory(graph.weights, adj.data)
    assert not any(a.flags.writeable for a in (graph.indptr, graph.indices, graph.weights))
    assert adj.data.flags.writeable


def test_no_edges_and_one_node() -> None:
    assert read_graph(sparse.csr_array((1, 1))).nnz == 0
    assert read_graph(np.zeros((3, 3))).n == 3


def with_entry(value: float) -> Any:
    adj = sparse.csr_array(DENSE)
    adj.data[1] = value
    return adj


@pytest.mark.parametrize(
    ("adj_mat", "message"),
    [
        (np.zeros((3, 4)), r"adj_mat must be square, got shape \(3, 4\); pass the \(n, n\) neighbour matrix"),
        (sparse.csr_array((2, 5)), r"adj_mat must be square, got shape \(2, 5\)"),
        (np.zeros(3), r"adj_mat must be square, got shape \(3,\)"),
        (np.zeros((0, 0)), r"at least one node, got shape \(0, 0\)"),
        (with_entry(np.nan), r"finite weights .* got 1 others, the first nan at row 1, column 0; .*clip"),
        (with_entry(np.inf), r"the first inf at row 1, column 0"),
        (with_entry(-1), r"not negative, got 1 others, the first -1.0 at row 1, column 0"),
        (DENSE * 1j, r"adj_mat must be .* of numbers, got numpy.ndarray of complex128"),
        (sparse.csr_array(DENSE * 1j), r"must hold real numbers, got dtype complex128; use adj_mat.astype"),
        ("connectivities", r"adj_mat must be a sparse matrix or a dense array of numbers, got builtins.str"),
        (None, r"got builtins.NoneType of object"),
    ],
)
def test_what_cannot_be_used_is_explained(adj_mat: Any, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        read_graph(adj_mat)


@pytest.mark.parametrize("column", [3, -1, 2**31 - 1])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_columns_outside_are_found_before_a_kernel_reads_there(column: int, index: Any) -> None:
    adj = sparse.csr_array(DENSE)
    adj.indices = adj.indices.astype(index)
    adj.indices[2] = column
    with pytest.raises(GraphError, match="damaged CSR matrix"):
        read_graph(adj)


def test_rows_that_run_backwards_are_found() -> None:
    adj = sparse.csr_array(DENSE)
    adj.indptr[1] = 4
    with pytest.raises(GraphError, match="damaged CSR matrix"):
        read_graph(adj)


def test_weights_whose_sum_is_infinite() -> None:
    from gpuanim.propagation import LabelPropagation

    adj = sparse.csr_array(np.array([[0, 1e308, 0], [1e308, 0, 1e308], [1e308, 1e308, 0]]))
    with (
        np.errstate(over="ignore"),
        pytest.raises(GraphError, match="whose sum is infinite; divide it by its largest"),
    ):
        LabelPropagation(adj, [1, 0, 0])


def test_import_is_light() -> None:
    code = (
        "import sys, gpuanim.propagation as p; "
        "heavy = {'numba', 'scipy', 'cupy', 'matplotlib', 'tqdm', 'anndata'} & set(sys.modules); "
        "assert not heavy, heavy; assert p.__all__ == sorted(p.__all__)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
