"""The code of the GPU, run with numpy and scipy in the place of CuPy; and how a device is chosen.

There is no GPU in CI: what runs here is `ArrayProduct` and all that is built on it, not CuPy.
"""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from gpuanim.errors import GraphError, MissingDependencyError, OptionError
from gpuanim.propagation import HarmonicExtension, LabelPropagation, cuda, label_propagation, place
from gpuanim.propagation.graph import read_graph

ON_HOST = cuda.Modules(np, sparse, np.asarray)
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


class FakeArray(np.ndarray[Any, Any]):
    """Says that it comes from CuPy."""


FakeArray.__module__ = "cupy"


@pytest.fixture
def fake_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take numpy and scipy for CuPy, from the choice of the device to the last step."""
    monkeypatch.setattr(cuda, "_missing", lambda: "")
    monkeypatch.setattr(cuda, "cupy_modules", lambda: ON_HOST)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [0, 3])
@pytest.mark.parametrize("symmetric", [True, False])
def test_steps_equal_those_of_the_processor(
    fake_gpu: None, dtype: str, columns: int, symmetric: bool, ref: SimpleNamespace
) -> None:
    adj = ref.random_graph(200, symmetric=symmetric)
    rng = np.random.default_rng(0)
    y, mask = rng.normal(size=(200, columns) if columns else 200), rng.random(200) < 0.3
    for cls in (LabelPropagation, HarmonicExtension):
        one, other = (cls(adj, y, mask, n_steps=20, dtype=dtype, device=device) for device in ("cpu", "cuda"))
        assert other.device == "cuda: asked for"
        assert one.n_isolated == other.n_isolated
        for a, b in zip(one, other, strict=True):
            assert ref.error(b, a.astype(np.float64)) < TOLERANCE[dtype]
        assert other.residual == pytest.approx(one.residual, rel=0.1)
        solved, expected = other.solve(rtol=1e-12), one.solve(rtol=1e-12)
        assert ref.error(solved.signal, expected.signal.astype(np.float64)) < 1e-6


def test_a_matrix_on_the_device(ref: SimpleNamespace) -> None:
    """Like one of CuPy: it is checked and normalised with the module's own means."""
    adj = sparse.csr_matrix(ref.random_graph(100))
    y = np.random.default_rng(0).normal(size=100)
    product = cuda.ArrayProduct(adj, np.dtype(np.float64), ON_HOST)
    graph = cuda.ArrayProduct(read_graph(adj), np.dtype(np.float64), ON_HOST)
    np.testing.assert_allclose(product.column_sums(), np.ravel(adj.sum(axis=0)), rtol=1e-14)
    np.testing.assert_allclose(product.transposed(y), graph.transposed(y), rtol=1e-14)
    assert cuda.ArrayProduct(adj.toarray(), np.dtype(np.float32), ON_HOST).nnz == adj.nnz


def test_a_matrix_on_the_device_is_not_sorted_in_place() -> None:
    adj = sparse.csr_matrix((np.array([1.0, 2, 3]), [2, 1, 0], [0, 2, 3, 3]), (3, 3))
    columns = adj.indices.copy()
    product = cuda.ArrayProduct(adj, np.dtype(np.float64), ON_HOST)
    np.testing.assert_array_equal(adj.indices, columns)
    np.testing.assert_array_equal(product.column_sums(), [3, 2, 1])


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (sparse.csr_matrix((2, 3)), r"must be square, got shape \(2, 3\)"),
        (sparse.csr_matrix(np.eye(2) * 1j), "must hold real numbers, got dtype complex128"),
        (sparse.csr_matrix(np.diag([1, -2.0])), "the first -2.0 at row 1, column 1"),
        (sparse.csr_matrix(np.diag([np.nan, 1])), "the first nan at row 0, column 0"),
    ],
)
def test_a_matrix_on_the_device_is_checked(matrix: Any, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        cuda.ArrayProduct(matrix, np.dtype(np.float64), ON_HOST)


def test_input_on_the_gpu_stays_there(fake_gpu: None, path: Any) -> None:
    labels = np.array([1.0, 0, 0]).view(FakeArray)
    source = LabelPropagation(path, labels, n_steps=1)
    assert source.device == "cuda: input on the GPU"
    assert cuda.is_cupy(labels)
    assert not cuda.is_cupy(np.ones(3))
    assert label_propagation(labels, path, [0])[0].shape == (3,)
    with pytest.raises(
        OptionError, match=r"device='cpu' needs NumPy arrays, got CuPy's; copy them with .get\(\)"
    ):
        LabelPropagation(path, labels, device="cpu")


def test_auto_takes_the_gpu_for_large_work_only(fake_gpu: None) -> None:
    assert cuda.choose("auto", on_gpu=False, work=1e9)[0] == "cpu"
    assert cuda.choose("auto", on_gpu=False, work=2e10) == ("cuda", "2.0e+10 entries")
    assert cuda.choose("cpu", on_gpu=False, work=2e10) == ("cpu", "asked for")


def test_order_is_the_given_one_there(fake_gpu: None, path: Any) -> None:
    assert LabelPropagation(path, [1, 0, 0], device="cuda").permutation is None
    with pytest.raises(OptionError, match="order='locality' is for device='cpu'"):
        LabelPropagation(path, [1, 0, 0], device="cuda", order="locality")


def test_without_cupy_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, path: Any) -> None:
    cuda._missing.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    try:
        with pytest.raises(
            MissingDependencyError,
            match=r"needs CuPy, which is not installed; pip install 'gpuanim\[cuda12\]'",
        ):
            LabelPropagation(path, [1, 0, 0], device="cuda")
        assert "needs CuPy" in cuda.choose("auto", on_gpu=False, work=1e10)[1]
    finally:
        cuda._missing.cache_clear()


def test_without_a_driver_cupy_is_not_imported(monkeypatch: pytest.MonkeyPatch, path: Any) -> None:
    cuda._missing.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr(cuda, "_DRIVERS", ("/nowhere",))
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "cupy", None)
    try:
        with pytest.raises(
            MissingDependencyError, match="an NVIDIA GPU with its driver, and there is none here"
        ):
            LabelPropagation(path, [1, 0, 0], device="cuda")
        monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/nvidia-smi")
        cuda._missing.cache_clear()
        with pytest.raises(
            MissingDependencyError, match=r"here it fails with (ImportError|ModuleNotFoundError)"
        ):
            LabelPropagation(path, [1, 0, 0], device="cuda")
    finally:
        cuda._missing.cache_clear()


def test_small_work_does_not_look_for_a_gpu() -> None:
    code = (
        "import sys; from gpuanim.propagation import LabelPropagation; "
        "list(LabelPropagation([[0, 1], [1, 0]], [1, 0], n_steps=2)); assert 'cupy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.gpu
def test_cupy(ref: SimpleNamespace) -> None:
    """On a GPU: NumPy in, NumPy out; CuPy in, CuPy out."""
    cupy = pytest.importorskip("cupy", reason="needs CuPy and an NVIDIA GPU")
    if cuda._missing():
        pytest.skip(f"needs {cuda._missing()}")
    import cupyx.scipy.sparse

    adj, y = ref.random_graph(300), np.random.default_rng(0).normal(size=(300, 2))
    expected = ref.propagation(adj, y, 0.9, n_steps=20)
    there = cupyx.scipy.sparse.csr_matrix(sparse.csr_matrix(adj))
    for a, labels in [(adj, y), (there, cupy.asarray(y))]:
        found = list(LabelPropagation(a, labels, alpha=0.9, n_steps=20, dtype="float64", device="cuda"))
        assert cuda.is_cupy(found[0]) == (a is there)
        assert max(ref.error(cupy.asnumpy(f), e) for f, e in zip(found, expected, strict=True)) < 1e-12


def test_place_is_told_apart_from_its_module() -> None:
    assert place.Place.__module__ == "gpuanim.propagation.place"
