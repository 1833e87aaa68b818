"""The lazy form: equal to the formulas on every graph, restartable, bounded, silent."""

from __future__ import annotations

import tracemalloc
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from gpuanim.errors import GpuanimError, OptionError, ShapeError
from gpuanim.propagation import HarmonicExtension, LabelPropagation, _base
from gpuanim.values._base import Source

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
R = 0.5**0.5


def test_three_nodes_by_hand(path: Any) -> None:
    first, second = LabelPropagation(path, [1, 0, 0], alpha=0.5, n_steps=2, dtype="float64")
    np.testing.assert_allclose(first, [0.5, R / 2, 0], rtol=1e-15)
    np.testing.assert_allclose(second, [0.5 + 0.125, R / 4, 0.125], rtol=1e-15)


def test_three_nodes_harmonic_by_hand(path: Any) -> None:
    first, second = HarmonicExtension(path, [4, 9, 0], [0], n_steps=2, dtype="float64")
    np.testing.assert_array_equal(first, [4, 2, 0])
    np.testing.assert_array_equal(second, [4, 2, 2])


def test_residual_by_hand(path: Any) -> None:
    source = LabelPropagation(path, [1, 0, 0], alpha=0.5, n_steps=1, dtype="float64")
    assert source.residual == np.inf
    list(source)
    assert source.residual == pytest.approx((0.25 + 0.125) / (0.25 + 0.125), rel=1e-15)
    assert source.n_done == 1
    source = HarmonicExtension(path, [4, 9, 0], [0], n_steps=2, dtype="float64")
    residuals = [source.residual for _ in source]
    assert residuals == [np.inf, pytest.approx(4 / 4)]


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 50),
    binary=st.booleans(),
    symmetric=st.booleans(),
    dtype=st.sampled_from(["float32", "float64"]),
    columns=st.sampled_from([0, 1, 3]),
    alpha=st.sampled_from([0.1, 0.8, 0.999]),
    order=st.sampled_from(["given", "locality"]),
    seed=st.integers(0, 2**31),
)
def test_any_graph_equals_the_formula(
    ref: SimpleNamespace,
    n: int,
    binary: bool,
    symmetric: bool,
    dtype: str,
    columns: int,
    alpha: float,
    order: str,
    seed: int,
) -> None:
    adj = ref.random_graph(n, seed, binary=binary, symmetric=symmetric)
    y = np.random.default_rng(seed).normal(size=(n, columns) if columns else n)
    found = list(LabelPropagation(adj, y, alpha=alpha, n_steps=30, dtype=dtype, order=order))
    expected = ref.propagation(adj, y, alpha, n_steps=30)
    assert len(found) == 30
    assert all(f.shape == y.shape and f.dtype == dtype for f in found)
    assert max(map(ref.error, found, expected)) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["pbmc3k_2638.h5ad", "npm_graph_193k.h5ad"])
def test_real_graphs_equal_the_formula(name: str, dtype: str, shared_data: Any, ref: SimpleNamespace) -> None:
    import anndata

    adj = anndata.read_h5ad(shared_data(name)).obsp["connectivities"]
    n = adj.shape[0]
    y = np.zeros((n, 2))
    y[:20, 0] = y[-20:, 1] = 1
    source = LabelPropagation(adj, y, alpha=0.999, n_steps=30, dtype=dtype)
    expected = ref.propagation(adj, y, 0.999, n_steps=30)
    errors = [ref.error(found, e) for found, e in zip(source, expected, strict=True)]
    assert max(errors) < TOLERANCE[dtype]
    assert source.n_isolated == (50_132 if name.startswith("npm") else 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pbmc68k_equals_the_formula(pbmc68k: Any, dtype: str, ref: SimpleNamespace) -> None:
    adj = pbmc68k.obsp["connectivities"]
    y = (np.arange(700) % 100 == 0).astype(float)
    source = LabelPropagation(adj, y, alpha=0.99, n_steps=300, dtype=dtype)
    for found, expected in zip(source, ref.propagation(adj, y, 0.99, n_steps=300), strict=True):
        assert ref.error(found, expected) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_harmonic_equals_the_power_series(dtype: str, symmetric: bool, ref: SimpleNamespace) -> None:
    adj = ref.random_graph(200, symmetric=symmetric)
    rng = np.random.default_rng(0)
    y, mask = rng.normal(size=(200, 2)), rng.random(200) < 0.1
    expected = ref.power_series(adj, y, mask, 1e-8)
    _, *found = HarmonicExtension(adj, y, mask, tol=1e-8, dtype=dtype)
    assert len(found) == len(expected)
    assert max(map(ref.error, found, expected)) < TOLERANCE[dtype]
    np.testing.assert_array_equal(found[-1][mask], y[mask].astype(dtype))


def test_isolated_nodes_keep_their_label() -> None:
    adj = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0.0]])
    y = [1.0, 0, 3, 0]
    with np.errstate(all="raise"):
        for f in LabelPropagation(adj, y, n_steps=5):
            assert f[2:].tolist() == [3, 0]
        source = HarmonicExtension(adj, y, [0], n_steps=5)
        assert all(f[1:].tolist() == [1, 0, 0] for f in source)
    assert source.n_isolated == 2


def test_nodes_that_nobody_hears_count_as_isolated() -> None:
    """Row 2 hears node 0, but column 2 is empty: D is 0 there, and the formula divides by D."""
    adj = np.array([[0, 1, 0], [1, 0, 0], [1, 0, 0.0]])
    source = LabelPropagation(adj, [1.0, 0, 5], n_steps=3)
    assert [f[2] for f in source] == [5, 5, 5]
    assert source.n_isolated == 1


def test_graph_without_edges() -> None:
    source = LabelPropagation(np.zeros((3, 3)), [1.0, 2, 3], tol=0.01)
    assert [f.tolist() for f in source] == [[1, 2, 3]]
    assert source.residual == 0
    assert [f.tolist() for f in HarmonicExtension(np.zeros((3, 3)), [1.0, 2, 3], [1])] == [[0, 2, 0]]


def test_one_node() -> None:
    assert [f.tolist() for f in LabelPropagation([[1.0]], [2.0], n_steps=2)] == [[2], [2]]
    assert [f.tolist() for f in LabelPropagation([[0]], [2.0], n_steps=2)] == [[2], [2]]


def test_labels_outside_the_mask_do_not_count(path: Any) -> None:
    y = np.array([1.0, np.nan, np.inf])
    kept = y.copy()
    masked = [f.tolist() for f in LabelPropagation(path, y, [True, False, False], n_steps=3)]
    assert masked == [f.tolist() for f in LabelPropagation(path, [1, 0, 0], n_steps=3)]
    assert masked == [f.tolist() for f in LabelPropagation(path, y, [0], n_steps=3)]
    np.testing.assert_array_equal(y, kept)


def test_nothing_of_the_caller_is_changed(ref: SimpleNamespace) -> None:
    adj = ref.random_graph(200)
    y, mask = np.ones((200, 2)), np.arange(200) < 50
    arrays = (adj.data, adj.indices, adj.indptr, y, mask)
    for array in arrays:
        array.flags.writeable = False  # writing would raise, and reading must not need it
    copies = [array.copy() for array in arrays]
    for order in ("given", "locality"):
        for cls in (LabelPropagation, HarmonicExtension):
            for f in cls(adj, y, mask, n_steps=3, order=order, dtype="float64"):
                f[:] = -1  # each is the caller's own
            cls(adj, y, mask, n_steps=3, order=order).solve()
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_iterates_are_fresh_and_steps_reuse_memory(ref: SimpleNamespace) -> None:
    source = LabelPropagation(ref.random_graph(100), np.arange(100.0), n_steps=4)
    assert not any(np.shares_memory(a, b) for a, b in zip(source, source, strict=True))
    assert len({f.ctypes.data for f in source.steps()}) == 1


def test_memory_does_not_grow_with_the_steps(ref: SimpleNamespace) -> None:
    adj, y = ref.random_graph(2000), np.arange(2000.0)

    def peak(n_steps: int) -> int:
        source = LabelPropagation(adj, y, n_steps=n_steps, order="locality")
        next(source.steps())
        tracemalloc.start()
        try:
            for _ in source.steps():
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(500) < 1.1 * peak(5)


def test_each_pass_starts_anew(ref: SimpleNamespace) -> None:
    source = LabelPropagation(ref.random_graph(100), np.arange(100.0), n_steps=6)
    assert isinstance(source, Source)
    assert source.rewindable
    half = [f for f, _ in zip(source, range(3), strict=False)]
    first, second = list(source), list(source)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(half, first[:3])
    a, b = source.steps(), source.steps()  # side by side
    next(a)
    next(a)
    np.testing.assert_array_equal(next(b), first[0])
    np.testing.assert_array_equal(next(a), first[2])
    np.testing.assert_array_equal(source.step(3), first[3])


def test_include_initial(path: Any) -> None:
    source = LabelPropagation(path, [1, 0, 0], n_steps=3, include_initial=True)
    found = list(source)
    assert found[0].tolist() == [1, 0, 0]
    assert len(found) == source.n_steps == 4
    assert source.n_done == 3
    np.testing.assert_array_equal(found[1:], list(LabelPropagation(path, [1, 0, 0], n_steps=3)))
    assert next(iter(HarmonicExtension(path, [4, 9, 0], [0], include_initial=True))).tolist() == [4, 0, 0]


def test_what_is_known_beforehand(path: Any) -> None:
    assert LabelPropagation(path, [1, 0, 0], n_steps=7).n_steps == 7
    assert LabelPropagation(path, [1, 0, 0], n_steps=7, tol=0.1).n_steps is None
    assert LabelPropagation(path, [1, 0, 0], n_steps=7, callback=print).n_steps is None
    assert LabelPropagation(path, [1, 0, 0]).n_steps is None
    assert LabelPropagation(path, [1, 0, 0]).n_points == 3
    assert LabelPropagation(path, [1, 0, 0], device="cpu").device == "cpu: asked for"


def test_tolerance_is_the_blogs_by_default(ref: SimpleNamespace) -> None:
    adj, y = ref.random_graph(100), np.arange(100.0)
    source = LabelPropagation(adj, y)
    assert len(list(source)) == len(ref.propagation(adj, y, 0.8, eps=0.01))
    assert source.residual <= 0.01
    assert len(list(LabelPropagation(adj, y, tol=1e-12, n_steps=3))) == 3


def test_tolerance_zero_ends_at_the_fixed_point(path: Any) -> None:
    source = LabelPropagation(path, [1, 0, 0], alpha=0.3, tol=0, dtype="float64")
    assert len(list(source)) < 200
    assert source.residual == 0


def test_without_a_limit_it_ends_all_the_same(path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_base, "MAX_STEPS", 10)
    with pytest.warns(RuntimeWarning, match="ended after 10 steps .* above the tolerance of 0.0e"):
        assert len(list(LabelPropagation(path, [1, 0, 0], alpha=0.999, tol=0))) == 10
    assert len(list(LabelPropagation(path, [1, 0, 0], alpha=0.999, tol=0, n_steps=20))) == 20


def test_callback_hears_of_each_step_and_stops(path: Any) -> None:
    heard: list[tuple[int, float]] = []

    def callback(step: int, residual: float) -> bool:
        heard.append((step, residual))
        return step == 3

    source = LabelPropagation(path, [1, 0, 0], n_steps=9, callback=callback)
    assert len(list(source)) == 3
    assert [step for step, _ in heard] == [1, 2, 3]
    assert heard[-1][1] == source.residual


def test_a_callback_that_fails_is_heard(path: Any) -> None:
    def callback(step: int, residual: float) -> None:
        raise KeyError(step)

    with pytest.raises(KeyError):
        list(LabelPropagation(path, [1, 0, 0], n_steps=9, callback=callback))


def test_progress_is_shown_only_if_asked_for(path: Any, capfd: pytest.CaptureFixture[str]) -> None:
    list(LabelPropagation(path, [1, 0, 0], n_steps=5))
    assert capfd.readouterr() == ("", "")
    list(LabelPropagation(path, [1, 0, 0], n_steps=5, progress=True))
    assert "5/5" in capfd.readouterr().err


def test_shapes_come_back_as_they_were_given(path: Any) -> None:
    for shape, inside in [((3,), (3,)), ((3, 1), (3,)), ((3, 2), (3, 2))]:
        source = LabelPropagation(path, np.ones(shape), n_steps=1)
        assert next(iter(source)).shape == shape
        assert next(source.steps()).shape == inside


def test_columns_equal_one_by_one(ref: SimpleNamespace) -> None:
    adj, y = ref.random_graph(150), np.random.default_rng(0).normal(size=(150, 10))
    together = list(LabelPropagation(adj, y, n_steps=10, dtype="float64"))
    for c in range(10):
        for f, single in zip(
            together, LabelPropagation(adj, y[:, c], n_steps=10, dtype="float64"), strict=True
        ):
            np.testing.assert_allclose(f[:, c], single, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "labels",
    [[0, 1, 0], np.array([0, 1, 0], bool), np.array([[0], [1], [0]]), sparse.csr_matrix([[0], [1], [0]])],
)
def test_labels_of_many_kinds(path: Any, labels: Any) -> None:
    first = next(iter(LabelPropagation(path, labels, alpha=0.5, n_steps=1)))
    np.testing.assert_allclose(np.ravel(first), [R / 2, 0.5, R / 2], rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        (([1, 0, 0],), {"alpha": 1}, OptionError, "alpha must be above 0 and below 1, got 1"),
        (([1, 0, 0],), {"alpha": 0}, OptionError, "alpha must be above 0 and below 1, got 0"),
        (([1, 0, 0],), {"alpha": float("nan")}, OptionError, "alpha must be"),
        (([1, 0, 0],), {"n_steps": 0}, OptionError, "n_steps must be a whole number from 1 on, got 0"),
        (([1, 0, 0],), {"n_steps": 1.5}, OptionError, "n_steps must be a whole number from 1 on, got 1.5"),
        (([1, 0, 0],), {"tol": -1}, OptionError, "tol must be finite and not negative, got -1"),
        (([1, 0, 0],), {"dtype": "int32"}, OptionError, "dtype must be float32 or float64, got int32"),
        (([1, 0, 0],), {"device": "tpu"}, OptionError, "device must be 'auto', 'cpu' or 'cuda', got 'tpu'"),
        (([1, 0],), {}, ShapeError, r"labels must have shape \(3,\) or \(3, c\), .* got \(2,\)"),
        ((np.ones((3, 2, 2)),), {}, ShapeError, r"got \(3, 2, 2\)"),
        ((np.ones((3, 0)),), {}, ShapeError, r"got \(3, 0\)"),
        (
            (["a", "b", "c"],),
            {},
            ShapeError,
            "labels must hold real numbers, got <U1; give categories one column",
        ),
        (
            ([1, np.nan, 0],),
            {},
            ShapeError,
            "got NaN or infinity in 1 entries, the first in row 1; leave such",
        ),
        (([0, 0, 0],), {}, OptionError, "labels are 0 in all rows, so there is nothing to propagate"),
        (
            ([1, 0, 0], [False] * 3),
            {},
            OptionError,
            "labeled is False everywhere, so there is nothing to start",
        ),
        (([1, 0, 0], []), {}, OptionError, "labeled is empty, so there is nothing to start from"),
        (
            ([1, 0, 0], [True, False]),
            {},
            ShapeError,
            "labeled must have an entry for each of the 3 rows .* got 2",
        ),
        (([1, 0, 0], [3]), {}, OptionError, "labeled must hold row numbers from 0 to 2, got 3"),
        (([1, 0, 0], [-1]), {}, OptionError, "labeled must hold row numbers from 0 to 2, got -1"),
        (
            ([1, 0, 0], [0.5, 1]),
            {},
            OptionError,
            "labeled must be a bool mask or integer row numbers, got float64",
        ),
    ],
)
def test_bad_input_is_explained(path: Any, arguments: Any, options: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        LabelPropagation(path, *arguments, **options)


def test_harmonic_needs_labels(path: Any) -> None:
    with pytest.raises(OptionError, match="labeled must say which rows keep their label"):
        HarmonicExtension(path, [1, 0, 0])


def test_overflow_is_an_error_not_a_film_of_nan(path: Any) -> None:
    big = LabelPropagation(path, [1e300, 1e300, 0], n_steps=2, dtype="float64")
    with pytest.raises(GpuanimError, match="step 1 of the propagation left the range of float64"):
        list(big)
    with pytest.raises(GpuanimError, match="the fixed point left the range of float64"):
        big.solve()
    with pytest.raises(GpuanimError, match=r"left the range of float32.*ask for dtype='float64'"):
        list(LabelPropagation(path, [1e300, 0, 0]))
