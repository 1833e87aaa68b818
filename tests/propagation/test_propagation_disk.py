"""A graph in a file: the same steps, bit for bit, and nothing left behind."""

from __future__ import annotations

import tempfile
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from gpuanim import _memory
from gpuanim.errors import GraphError, MemoryPlanError, OptionError, TargetError
from gpuanim.propagation import HarmonicExtension, LabelPropagation, disk, tiles
from gpuanim.propagation.stored import StoredGraph, stored_graph
from gpuanim.simulate import atlas


def graphs(n: int = 3000) -> dict[str, Any]:
    """A binary graph, one with weights, one of float64 with zeros that are stored, and their places."""
    made = atlas(n, seed=3, k=7)
    rng = np.random.default_rng(0)
    weights = made.graph.astype(np.float32)
    weights.data = rng.random(weights.nnz, np.float32) + np.float32(0.1)
    zeros = made.graph.astype(np.float64)
    zeros.data = rng.random(zeros.nnz) * (rng.random(zeros.nnz) > 0.2)
    return {"binary": made.graph, "weighted": weights, "zeros": zeros, "coords": made.coords}


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return graphs()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut these graphs into several slices and parts, as large ones are."""
    monkeypatch.setattr(disk, "_SLICE", 3000)
    monkeypatch.setattr(tiles, "_FEWEST", 4)
    monkeypatch.setattr(disk, "DISK_BYTES", 8 * 4000)


def steps_of(graph: Any, n: int, **options: Any) -> list[Any]:
    labels = np.zeros(n, np.float32)
    labels[[0, n // 2]] = 1
    source = LabelPropagation(graph, labels, alpha=0.9, n_steps=6, **options)
    return [source, *source]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("kind", ["binary", "weighted", "zeros"])
@pytest.mark.parametrize("order", ["given", "locality"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_steps_bit_for_bit(made: dict[str, Any], kind: str, order: str, dtype: Any) -> None:
    graph, n = made[kind], made[kind].shape[0]
    options = {"order": order, "coords": made["coords"], "dtype": dtype}
    inside, *kept = steps_of(graph, n, graph_on="memory", **options)
    outside, *read = steps_of(graph, n, graph_on="disk", **options)
    assert outside.device.endswith("the graph is on disk")
    assert not inside.device.endswith("the graph is on disk")
    assert len(kept) == len(read) == 6
    for one, other in zip(kept, read, strict=True):
        np.testing.assert_array_equal(one, other)
    if order == "locality":
        np.testing.assert_array_equal(inside.permutation, outside.permutation)


@pytest.mark.usefixtures("small_parts")
def test_several_columns_and_the_fixed_point(made: dict[str, Any]) -> None:
    graph, n = made["weighted"], made["weighted"].shape[0]
    labels = np.random.default_rng(1).random((n, 3)).astype(np.float32)
    labeled = np.arange(0, n, 50)

    def pair(**options: Any) -> list[Any]:
        return [
            HarmonicExtension(
                graph, labels, labeled, n_steps=3, coords=made["coords"], graph_on=home, **options
            )
            for home in ("memory", "disk")
        ]

    inside, outside = pair(order="locality")
    np.testing.assert_array_equal(list(inside), list(outside))
    np.testing.assert_array_equal(inside.solve().signal, outside.solve().signal)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.filterwarnings("ignore:zarr v3 autosharding")  # anndata's plans for its next version
@pytest.mark.parametrize("kind", ["h5", "zarr", "memmap"])
def test_read_from_a_file_in_parts(made: dict[str, Any], kind: str, tmp_path: Any) -> None:
    graph, n = made["weighted"], made["weighted"].shape[0]
    stored: Any
    if kind == "memmap":
        arrays = []
        for name in ("data", "indices", "indptr"):
            np.save(tmp_path / f"{name}.npy", getattr(graph, name))
            arrays.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
        stored = sparse.csr_matrix(tuple(arrays), shape=graph.shape, copy=False)
    else:
        module = pytest.importorskip("h5py" if kind == "h5" else "zarr")
        root = (
            module.File(tmp_path / "a.h5", "w")
            if kind == "h5"
            else module.open_group(tmp_path / "a.zarr", mode="w")
        )
        from anndata.io import write_elem

        write_elem(root, "graph", graph)
        stored = root["graph"]
    options = {"order": "locality", "coords": made["coords"]}
    expected = steps_of(graph, n, **options)[1:]
    for home in ("disk", "memory"):
        np.testing.assert_array_equal(expected, steps_of(stored, n, graph_on=home, **options)[1:])


def test_no_more_than_a_slice_is_read_at_a_time(
    made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_SLICE", 1000)
    graph = made["weighted"]
    asked = []

    class Counted:
        def __init__(self, array: Any) -> None:
            self.array, self.shape, self.dtype = array, array.shape, array.dtype

        def __getitem__(self, part: slice) -> Any:
            asked.append(part.stop - part.start)
            return self.array[part]

    stored = StoredGraph(graph.indptr.astype(np.int64), Counted(graph.indices), Counted(graph.data))
    disk.on_disk(stored, disk.look_at(stored), None)
    assert max(asked) <= 1000
    assert sum(asked) == 3 * graph.nnz  # weights twice, columns once


def test_nothing_is_left_on_the_disk(
    made: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    used = []
    real = tempfile.TemporaryFile

    def noting(**options: Any) -> Any:
        used.append(str(options["dir"]))
        return real(**options)

    monkeypatch.setattr(tempfile, "TemporaryFile", noting)
    source = steps_of(made["zeros"], made["zeros"].shape[0], graph_on="disk")[0]
    assert used == [str(tmp_path)] * 3  # columns, weights, and weights in the type of the steps
    assert list(tmp_path.iterdir()) == []  # they have no name from the start: not even SIGKILL leaves them
    assert source.n_done == 6


def test_a_full_disk_is_told(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(TargetError, match="are free; make room, or set TMPDIR"):
        steps_of(made["binary"], made["binary"].shape[0], graph_on="disk")


def test_bad_graphs_are_told_as_in_memory(made: dict[str, Any]) -> None:
    n = made["weighted"].shape[0]
    bad = made["weighted"].copy()
    bad.data[bad.indptr[77]] = np.nan
    for home in ("memory", "disk"):
        with pytest.raises(GraphError, match="the first nan at row 77"):
            steps_of(bad, n, graph_on=home)
    bad = made["binary"].copy()
    bad.indices[5] = n
    for home in ("memory", "disk"):
        with pytest.raises(GraphError, match="damaged"):
            steps_of(bad, n, graph_on=home)


def test_what_cannot_lie_on_disk(made: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="graph_on must be one of 'auto', 'memory', 'disk', got 'ram'"):
        steps_of(made["binary"], 3000, graph_on="ram")
    with pytest.raises(OptionError, match="follows coords"):
        steps_of(made["binary"], 3000, graph_on="disk", order="locality")
    with pytest.raises(GraphError, match="from a sparse matrix or a group"):
        stored_graph(np.eye(3))


def test_auto_takes_the_disk_when_memory_is_short(
    made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from gpuanim.budget import graph as sizes
    from gpuanim.propagation import place
    from gpuanim.propagation.sizes import graph_size

    monkeypatch.setattr(sizes, "DISK_BYTES", 1 << 12)
    monkeypatch.setattr(sizes, "_LIBRARIES", 0)
    monkeypatch.setattr("gpuanim.budget._base._SMALL", 0)
    graph, n = made["weighted"], made["weighted"].shape[0]
    size = graph_size(graph, columns=1, itemsize=4)
    assert (size.n, size.nnz, size.weight, size.read) == (n, graph.nnz, 4, 0)
    inside = place.graph_budget(size).nbytes
    outside = place.graph_budget(place.replace(size, on_disk=True)).nbytes
    assert outside < inside
    options = {"order": "locality", "coords": made["coords"]}
    for free, told in ((2 * inside, False), ((inside + outside) // 2 / 0.9, True)):
        monkeypatch.setattr(_memory, "available", lambda free=free: int(free))
        assert steps_of(graph, n, **options)[0].device.endswith("on disk") is told
    monkeypatch.setattr(_memory, "available", lambda: outside // 2)
    with pytest.raises(
        MemoryPlanError,
        match=r"the propagation needs .* can be had; what would fit: [\d,]+ of the 3,000 cells",
    ):
        steps_of(graph, n, **options)
    monkeypatch.setattr(_memory, "available", lambda: int((inside + outside) / 2 / 0.9))
    with pytest.raises(MemoryPlanError, match='what would fit: graph_on="disk"'):
        steps_of(graph, n, graph_on="memory", **options)
