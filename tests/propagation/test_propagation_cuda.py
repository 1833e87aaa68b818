"""Propagation on a GPU: its kernels run on the CPU here, and on a GPU where there is one; which is chosen."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from gpuanim.cuda import missing
from gpuanim.errors import GraphError, MemoryPlanError, MissingDependencyError, OptionError
from gpuanim.propagation import HarmonicExtension, LabelPropagation, cuda, gpu, label_propagation, place
from gpuanim.propagation.cpu import CpuProduct
from gpuanim.propagation.graph import read_graph

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


class FakeArray(np.ndarray[Any, Any]):
    """Says that it comes from CuPy."""


FakeArray.__module__ = "cupy"


@pytest.fixture
def fake_gpu(monkeypatch: pytest.MonkeyPatch, host: Any) -> None:
    """Take the CPU for a GPU, from the choice of the device to the last step."""
    monkeypatch.setattr("gpuanim.cuda.missing.missing", lambda: "")
    monkeypatch.setattr("gpuanim.cuda.default_device", lambda number=None: host)


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


@pytest.mark.kernels
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(300,), (300, 1), (300, 5)])
@pytest.mark.parametrize("density", [0.01, 0.2])
@pytest.mark.parametrize("weights", [None, "float32", "float64"])
def test_a_step_equals_that_of_the_processor(
    device: Any, dtype: str, shape: tuple[int, ...], density: float, weights: str | None
) -> None:
    """Threads for few neighbours, warps for many, and columns; with and without weights."""
    rng = np.random.default_rng(3)
    adj = sparse.random(300, 300, density, format="csr", random_state=4, dtype=weights or np.float32)
    adj.data[:] = rng.uniform(1, 9, adj.nnz) if weights else 1
    graph = read_graph(adj)
    row, col = rng.random(300) * (rng.random(300) > 0.1), rng.random(300)
    start, base = rng.random(shape), rng.random(shape)
    found = []
    on_cpu = CpuProduct(graph, np.dtype(dtype))
    there = gpu.GpuProduct(gpu.uploaded(graph, device), np.dtype(dtype), device)
    for product, put, get in ((on_cpu, np.asarray, np.asarray), (there, device.upload, device.download)):
        f, z, z_next, b = (product.values(put(x)) for x in (start, start / 2, start, base))
        norms = product.affine(put(row * product.scale), z, b, put(col), f, z_next)
        found.append((get(f), get(z_next), get(product.column_sums()), norms))
    tolerance = TOLERANCE[dtype] / 10
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(other, one, rtol=tolerance)


@pytest.mark.kernels
def test_the_order_of_blocks_does_not_matter(host: Any, backwards: Any, ref: SimpleNamespace) -> None:
    graph = read_graph(ref.random_graph(2000))
    rng = np.random.default_rng(0)
    row, col, start = rng.random((3, 2000))
    sums = []
    for device in (host, backwards):
        product = gpu.GpuProduct(gpu.uploaded(graph, device), np.dtype(np.float64), device)
        f, z, z_next = (product.values(start) for _ in range(3))
        sums.append((*product.affine(row, z, start, col, f, z_next), *f, *z_next))
    assert sums[0] == sums[1]


@pytest.mark.kernels
def test_a_matrix_on_the_device(host: Any, ref: SimpleNamespace) -> None:
    """Like one of CuPy: it is checked with the module's own means, and its memory is used."""
    adj = sparse.csr_matrix(ref.random_graph(100))
    columns = adj.indices.copy()
    y = np.random.default_rng(0).normal(size=100)
    graph = gpu.read_on_device(adj, host)
    assert np.shares_memory(graph.indices, adj.indices)
    one, other = (
        gpu.GpuProduct(g, np.dtype(np.float64), host) for g in (graph, gpu.uploaded(read_graph(adj), host))
    )
    np.testing.assert_allclose(one.column_sums(), np.ravel(adj.sum(axis=0)), rtol=1e-14)
    np.testing.assert_allclose(one.transposed(y), other.transposed(y), rtol=1e-14)
    np.testing.assert_array_equal(adj.indices, columns)
    assert gpu.read_on_device(adj.toarray(), host).nnz == adj.nnz
    binary = gpu.read_on_device(adj.astype(bool).astype(np.float32) * 3, host)
    assert (binary.weights, binary.value) == (None, 3.0)
    assert gpu.read_on_device(sparse.csr_matrix((3, 3)), host).nnz == 0


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (sparse.csr_matrix((2, 3)), r"must be square, got shape \(2, 3\)"),
        (sparse.csr_matrix(np.eye(2) * 1j), "must hold real numbers, got dtype complex128"),
        (sparse.csr_matrix(np.diag([1, -2.0])), "the first -2.0 at row 1, column 1"),
        (sparse.csr_matrix(np.diag([np.nan, 1])), "the first nan at row 0, column 0"),
    ],
)
def test_a_matrix_on_the_device_is_checked(matrix: Any, message: str, host: Any) -> None:
    with pytest.raises(GraphError, match=message):
        gpu.read_on_device(matrix, host)


@pytest.mark.kernels
def test_what_does_not_fit_is_told_before(fake_gpu: None, host: Any, ref: SimpleNamespace) -> None:
    host._memory = (1000, 2000)
    with pytest.raises(MemoryPlanError, match=r"needs 0.00 GB on CPU, .* about \d of its 100 nodes"):
        LabelPropagation(ref.random_graph(100), np.ones(100), device="cuda")


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


def test_nodes_are_put_into_the_order_of_the_processor(fake_gpu: None, ref: SimpleNamespace) -> None:
    adj, labels = ref.random_graph(300), np.random.default_rng(0).normal(size=(300, 2))
    options = {"n_steps": 3, "order": "locality", "dtype": "float64"}
    one, other = (LabelPropagation(adj, labels, device=device, **options) for device in ("cpu", "cuda"))
    np.testing.assert_array_equal(one.permutation, other.permutation)
    for a, b in zip(one, other, strict=True):
        assert ref.error(b, a) < 1e-12
    assert LabelPropagation(adj, labels, device="cuda", n_steps=3, order="given").permutation is None


def test_matrices_of_cupy_keep_their_order(fake_gpu: None, path: Any) -> None:
    adj = np.asarray(sparse.csr_matrix(path).toarray()).view(FakeArray)
    assert LabelPropagation(adj, [1, 0, 0]).permutation is None
    with pytest.raises(OptionError, match="order='locality' is for matrices of scipy"):
        LabelPropagation(adj, [1, 0, 0], order="locality")


def test_without_cupy_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, path: Any) -> None:
    missing.missing.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    try:
        with pytest.raises(
            MissingDependencyError,
            match=r"needs CuPy, which is not installed; pip install 'gpuanim\[cuda12\]'",
        ):
            LabelPropagation(path, [1, 0, 0], device="cuda")
        assert "needs CuPy" in cuda.choose("auto", on_gpu=False, work=1e10)[1]
    finally:
        missing.missing.cache_clear()


def test_without_a_driver_cupy_is_not_imported(monkeypatch: pytest.MonkeyPatch, path: Any) -> None:
    missing.missing.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr(missing, "_DRIVERS", ("/nowhere",))
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "cupy", None)
    try:
        with pytest.raises(
            MissingDependencyError, match="an NVIDIA GPU with its driver, and there is none here"
        ):
            LabelPropagation(path, [1, 0, 0], device="cuda")
        monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/nvidia-smi")
        missing.missing.cache_clear()
        with pytest.raises(
            MissingDependencyError, match=r"here it fails with (ImportError|ModuleNotFoundError)"
        ):
            LabelPropagation(path, [1, 0, 0], device="cuda")
    finally:
        missing.missing.cache_clear()


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
    if missing.missing():
        pytest.skip(f"needs {missing.missing()}")
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
