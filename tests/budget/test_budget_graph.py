"""The memory of propagations."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim import _memory
from gpuanim.budget import graph as plans
from gpuanim.budget._base import Budget, largest
from gpuanim.budget.graph import GraphSize, graph_advice, graph_budget, steps_budget
from gpuanim.errors import MemoryPlanError
from gpuanim.propagation import LabelPropagation
from gpuanim.propagation.sizes import graph_size
from gpuanim.simulate import atlas

LARGE = GraphSize(10_000_000, 168_000_000)


def test_the_worst_stage():
    budget = Budget({"one": {"a": 5, "b": 4}, "two": {"a": 5, "c": 6_000_000}})
    assert budget.worst == "two"
    assert budget.nbytes == 6_000_005
    assert str(budget) == "6 MB (c 6 MB, a 5e-06 MB)"


def test_ten_million_cells():
    budget = graph_budget(LARGE)
    assert budget.worst == "steps"
    assert budget.stages["steps"]["the graph in its order"] == 672_000_000
    assert budget.nbytes == pytest.approx(1.85e9, rel=0.05)  # measured: 1.35 GB
    assert graph_budget(replace(LARGE, on_disk=True)).stages["steps"]["the graph in its order"] == 0


@given(st.integers(1, 10**9), st.integers(0, 10**11), st.integers(1, 50), st.booleans(), st.booleans())
def test_more_needs_more(n, nnz, columns, ordered, on_disk):
    size = GraphSize(n, nnz, columns, 4, 4, ordered, on_disk)
    assert graph_budget(replace(size, n=n + 1)).nbytes >= graph_budget(size).nbytes
    assert graph_budget(replace(size, columns=columns + 1)).nbytes >= graph_budget(size).nbytes
    assert graph_budget(replace(size, nnz=nnz + 1)).nbytes >= graph_budget(size).nbytes
    assert steps_budget(size).nbytes < graph_budget(size).nbytes


@pytest.mark.parametrize("order", ["given", "locality"])
@pytest.mark.parametrize("columns", [1, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_numpy_takes_what_was_planned(order, columns, weighted):
    made = atlas(60_000, k=8)
    graph, n = made.graph, 60_000
    if weighted:
        graph.data = np.random.default_rng(0).random(graph.nnz, np.float32) + np.float32(0.1)
    labels = np.zeros((n, columns), np.float32)
    labels[:columns] = np.eye(columns)
    options = {"n_steps": 2, "coords": made.coords, "order": order, "alpha": 0.9}

    def run() -> None:
        for _ in LabelPropagation(graph, labels, **options).steps():
            pass

    run()
    tracemalloc.start()
    try:
        run()
        measured = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    size = replace(graph_size(graph, columns=columns, itemsize=4), ordered=order == "locality")
    planned = graph_budget(size).nbytes - plans._LIBRARIES
    # Threads of the pool may hold the state of the run before until they get their next task.
    assert 0.5 * planned < measured < 1.5 * planned


def test_sizes_of_graphs():
    graph = atlas(2000, k=5).graph
    assert graph_size(graph, columns=2, itemsize=8) == GraphSize(2000, graph.nnz, 2, 8, 0)
    assert graph_size(graph.tocsc(), columns=1, itemsize=4).read == 12
    assert graph_size(graph.toarray(), columns=1, itemsize=4).nnz == graph.nnz
    weighted = graph.astype(np.float64)
    weighted.data[-1] = 2
    assert graph_size(weighted, columns=1, itemsize=4).weight == 8


def test_what_does_not_fit_is_told_before_the_start(monkeypatch):
    graph = atlas(2000, k=5).graph
    monkeypatch.setattr("gpuanim.budget._base._SMALL", 0)
    monkeypatch.setattr(_memory, "available", lambda: 1_000_000)
    monkeypatch.setattr("gpuanim.propagation.place.read_graph", lambda matrix: pytest.fail("too late"))
    with pytest.raises(MemoryPlanError, match=r"the propagation needs 9\d.* 0.9 MB can be had$"):
        LabelPropagation(graph, np.ones(2000), n_steps=1)


def test_advice_fits():
    room = graph_budget(LARGE).nbytes - 500_000_000
    disk, cells = graph_advice(LARGE, room)
    assert disk.startswith('graph_on="disk"')
    count = int(cells.split(" ")[0].replace(",", ""))
    per_cell = LARGE.nnz / LARGE.n
    assert graph_budget(replace(LARGE, n=count, nnz=int(count * per_cell))).nbytes <= room
    more = graph_budget(replace(LARGE, n=count + 10, nnz=int((count + 10) * per_cell))).nbytes
    assert more > room
    wide = replace(LARGE, columns=20)
    ways = list(graph_advice(wide, graph_budget(replace(LARGE, columns=7)).nbytes))
    assert "7 columns of labels at a time" in ways


def test_small_plans_are_not_held_up(monkeypatch):
    monkeypatch.setattr(_memory, "available", lambda: 1000)
    assert len(list(LabelPropagation(atlas(2000, k=5).graph, np.ones(2000), n_steps=2))) == 2


def test_bisection():
    assert largest(lambda k: k <= 7, 100) == 7
    assert largest(lambda k: True, 100) == 99
    assert largest(lambda k: False, 100) == 0
