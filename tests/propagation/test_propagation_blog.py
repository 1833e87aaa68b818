"""The two functions of the blog post: its results, on its kinds of input, without its side effects."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from gpuanim.errors import GraphError, OptionError, ShapeError
from gpuanim.propagation import LabelPropagation, Solution, harmonic_extension, label_propagation

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def signature(function: Any) -> list[tuple[str, Any]]:
    """Positional arguments and their defaults."""
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.default) for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]


def test_signatures_are_the_blogs() -> None:
    required = [(name, inspect.Parameter.empty) for name in ("labeled_signal", "adj_mat", "labeled_ndces")]
    rest = [("method", "iterative"), ("eps_tol", 0.01)]
    assert signature(label_propagation) == [*required, ("param_alpha", 0.8), *rest]
    assert signature(harmonic_extension) == [*required, *rest]


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("columns", [0, 1, 4])
@pytest.mark.parametrize(("alpha", "eps"), [(0.8, 0.01), (0.999, 1e-6)])
def test_iterates_equal_the_blogs(
    symmetric: bool, binary: bool, columns: int, alpha: float, eps: float, ref: SimpleNamespace
) -> None:
    adj = ref.random_graph(250, symmetric=symmetric, binary=binary)
    rng = np.random.default_rng(0)
    y = rng.normal(size=(250, columns) if columns else 250)
    mask = rng.random(250) < 0.3
    found = label_propagation(y, adj, mask, alpha, eps_tol=eps)
    expected = ref.propagation(adj, np.where(mask if y.ndim == 1 else mask[:, None], y, 0), alpha, eps=eps)
    assert isinstance(found, list)
    assert len(found) == len(expected) + 1
    np.testing.assert_array_equal(found[-1], found[-2])
    assert all(f.shape == y.shape and f.dtype == np.float64 for f in found)
    assert max(map(ref.error, found, expected)) < 1e-12


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("columns", [0, 1, 4])
@pytest.mark.parametrize("eps", [10, 0.01, 1e-10])
def test_harmonic_equals_the_blogs(symmetric: bool, columns: int, eps: float, ref: SimpleNamespace) -> None:
    adj = ref.random_graph(250, symmetric=symmetric)
    rng = np.random.default_rng(0)
    y = rng.normal(size=(250, columns) if columns else 250)
    mask = rng.random(250) < 0.2
    found = harmonic_extension(y, adj, mask, eps_tol=eps)
    expected = ref.power_series(adj, y, mask, eps)
    assert len(found) == len(expected) + 1
    np.testing.assert_array_equal(found[-1], found[-2])
    assert max(map(ref.error, found, expected)) < 1e-12
    np.testing.assert_array_equal(found[0][mask], y[mask])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_blogs_cell_on_real_cells(pbmc68k: Any, dtype: str, ref: SimpleNamespace) -> None:
    """Labels as a sparse matrix, and a comparison of it as the mask."""
    adj = pbmc68k.obsp["connectivities"]
    seeds = np.zeros(700, dtype)
    seeds[[0, 350]] = 1
    labels = sparse.csr_matrix(seeds[:, None])
    found = label_propagation(labels, adj, labels[:, 0] == 1, param_alpha=0.999, method="iterative")
    expected = ref.propagation(adj, seeds[:, None], 0.999, eps=0.01)
    assert isinstance(found, list)
    assert len(found) == len(expected) + 1
    assert found[0].shape == (700, 1)
    assert found[0].dtype == dtype
    assert max(map(ref.error, found, expected)) < TOLERANCE[dtype]


@pytest.mark.parametrize("name", ["pbmc3k_2638.h5ad", "npm_graph_193k.h5ad"])
def test_real_graphs(name: str, shared_data: Any, ref: SimpleNamespace) -> None:
    import anndata

    adj = anndata.read_h5ad(shared_data(name)).obsp["connectivities"]
    n = adj.shape[0]
    seeds = np.array([0, n // 2])
    y = np.zeros(n)
    y[seeds] = 1
    with np.errstate(all="raise"):  # the blog's own code divides by zero on the second graph
        found = label_propagation(y, adj, seeds, param_alpha=0.999)
        extended = harmonic_extension(y, adj, seeds)
    expected = ref.propagation(adj, y, 0.999, eps=0.01)
    assert len(found) == len(expected) + 1
    assert max(map(ref.error, found, expected)) < 1e-12
    mask = np.isin(np.arange(n), seeds)
    expected = ref.power_series(adj, y, mask, 0.01)
    assert len(extended) == len(expected) + 1
    assert max(map(ref.error, extended, expected)) < 1e-12


MASK = np.array([True, False, True])


@pytest.mark.parametrize(
    "mask",
    [
        MASK,
        MASK.tolist(),
        MASK[:, None],
        MASK[:, None].view(np.matrix),
        sparse.csr_matrix(MASK[:, None]),
        sparse.csr_array(MASK[:, None]),
        [0, 2],
        np.array([2, 0, 2]),
        np.array([0, 2], np.uint8),
    ],
)
@pytest.mark.parametrize("function", [label_propagation, harmonic_extension])
def test_masks_of_many_kinds(path: Any, mask: Any, function: Any) -> None:
    y = np.array([1.0, 5, 3])
    np.testing.assert_array_equal(function(y, path, mask), function(y, path, MASK))


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil"])
@pytest.mark.parametrize("cls", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_labels(path: Any, kind: str, cls: Any) -> None:
    y = np.array([[1.0, 0], [5, 5], [0, 3]])
    given = cls(y).asformat(kind)
    kept = given.copy()
    np.testing.assert_array_equal(label_propagation(given, path, MASK), label_propagation(y, path, MASK))
    assert (given != kept).nnz == 0


def test_float32_stays_and_integers_become_float64(path: Any) -> None:
    for given, kept in [
        (np.float32, np.float32),
        (np.float64, np.float64),
        (int, np.float64),
        (bool, np.float64),
    ]:
        assert label_propagation(np.ones(3, given), path, MASK)[0].dtype == kept
        assert harmonic_extension(np.ones(3, given), path, MASK, "direct").dtype == kept
    assert label_propagation(np.ones(3), path, MASK, dtype="float32")[0].dtype == np.float32


def test_it_is_silent_and_changes_nothing(path: Any, capfd: pytest.CaptureFixture[str]) -> None:
    y = np.array([1.0, np.nan, 3])
    y.flags.writeable = False
    path.data.flags.writeable = False
    assert np.isfinite(label_propagation(y, path, MASK)).all()
    assert np.isfinite(harmonic_extension(y, path, MASK)).all()
    assert np.isnan(y[1])
    assert capfd.readouterr() == ("", "")


def test_direct(path: Any, ref: SimpleNamespace) -> None:
    adj = ref.random_graph(200)
    rng = np.random.default_rng(0)
    y, mask = rng.normal(size=(200, 2)), rng.random(200) < 0.3
    solution = label_propagation(y, adj, mask, 0.99, "direct")
    assert isinstance(solution, Solution)
    expected = ref.fixed_point(adj, np.where(mask[:, None], y, 0), 0.99)
    assert ref.error(solution[0], expected) < 1e-4
    assert solution.residual <= 1e-6
    assert harmonic_extension(np.array([4.0, 9, 2]), path, [0, 2], "direct") == pytest.approx([3])
    assert harmonic_extension(y, adj, mask, method="direct").shape == ((~mask).sum(), 2)


def test_harmonic_where_no_label_reaches() -> None:
    found = harmonic_extension([1.0, 2, 3], np.zeros((3, 3)), [0])
    assert [f.tolist() for f in found] == [[1, 0, 0], [1, 0, 0]]


def test_lazy_form_equals_the_list(path: Any) -> None:
    lazy = list(LabelPropagation(path, [1, 0, 3], alpha=0.9, tol=1e-3, dtype="float64"))
    blog = label_propagation([1.0, 7, 3], path, MASK, 0.9, eps_tol=1e-3)
    np.testing.assert_array_equal(blog, [*lazy, lazy[-1]])


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        (
            ([1, 0, 0], "path", MASK),
            {"param_alpha": 1},
            OptionError,
            "param_alpha must be above 0 and below 1",
        ),
        (([1, 0, 0], "path", MASK), {"eps_tol": -1}, OptionError, "eps_tol must be finite and not negative"),
        (
            ([1, 0, 0], "path", MASK),
            {"method": "lu"},
            OptionError,
            "method must be 'iterative' or 'direct', got",
        ),
        (([1, 0], "path", MASK), {}, ShapeError, r"labeled_signal must have shape \(3,\) or \(3, c\)"),
        (
            ([1, 0, 0], "path", MASK[:2]),
            {},
            ShapeError,
            "labeled_ndces must have an entry for each of the 3 rows",
        ),
        (([1, 0, 0], "path", ~MASK & MASK), {}, OptionError, "labeled_ndces is False everywhere"),
        (([np.nan, 0, 0], "path", MASK), {}, ShapeError, "labeled_signal must be finite in labelled rows"),
        (([1, 0, 0], np.zeros((3, 2)), MASK), {}, GraphError, r"adj_mat must be square, got shape \(3, 2\)"),
        (([1, 0, 0], -np.ones((3, 3)), MASK), {}, GraphError, "adj_mat must hold finite weights"),
    ],
)
def test_bad_input_is_explained(path: Any, arguments: Any, options: Any, kind: Any, message: str) -> None:
    signal, adj, mask = arguments
    with pytest.raises(kind, match=message):
        label_propagation(signal, path if isinstance(adj, str) else adj, mask, **options)
