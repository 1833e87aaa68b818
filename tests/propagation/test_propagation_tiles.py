"""Tiles of rows at rest are left out of a step, and nothing changes by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from gpuanim.propagation import HarmonicExtension, LabelPropagation, tiles
from gpuanim.propagation.graph import read_graph
from gpuanim.propagation.tiles import TILE, Tiles, Trail, tiles_of
from gpuanim.simulate import atlas

N = 20_000


@pytest.fixture(scope="module")
def made() -> Any:
    return atlas(N, seed=1, k=6)


def every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "_FEWEST", 1 << 40)


@pytest.mark.parametrize("kind", [LabelPropagation, HarmonicExtension])
@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_steps_bit_for_bit(
    made: Any, kind: Any, columns: int, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = made.graph.copy()
    graph.data = np.random.default_rng(0).random(graph.nnz, np.float32) + np.float32(0.5)
    labels = np.zeros((N, columns), dtype)
    labels[:columns] = np.eye(columns)
    options = {"n_steps": 30, "coords": made.coords, "order": "locality", "dtype": dtype}

    def run() -> tuple[list[Any], list[float]]:
        source = kind(graph, labels, np.arange(columns), **options)
        residuals: list[float] = []
        steps = []
        for values in source:
            steps.append(values)
            residuals.append(source.residual)
        return steps, residuals

    few, told = run()
    every_row(monkeypatch)
    full, expected = run()
    for one, other in zip(few, full, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(told, expected, rtol=1e-9)
    assert np.count_nonzero(full[5]) < N / 2  # there is something to leave out


def test_signals_that_settle_and_a_second_pass(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.random.default_rng(0).normal(size=N).astype(np.float32)
    options = {"n_steps": 60, "coords": made.coords, "order": "locality", "alpha": 0.3}
    source = LabelPropagation(made.graph, labels, **options)
    first, second = list(source), list(source)
    every_row(monkeypatch)
    full = list(LabelPropagation(made.graph, labels, **options))
    for one, two, three in zip(first, second, full, strict=True):
        np.testing.assert_array_equal(one, three)
        np.testing.assert_array_equal(two, three)


def test_how_many_tiles_a_step_looks_at(made: Any) -> None:
    labels = np.zeros(N, np.float32)
    labels[0] = 1
    source = LabelPropagation(made.graph, labels, n_steps=6, coords=made.coords, order="locality", alpha=0.9)
    looked: list[int] = []
    end = Trail.end

    def counting(trail: Trail) -> tuple[float, float]:
        looked.append(int(trail.active.sum()))
        return end(trail)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trail, "end", counting)
        for _ in source.steps():
            pass
    assert looked[0] == -(-N // TILE)  # all of them come to their first values
    assert looked[1] < looked[0] / 2
    assert looked[1] <= looked[-1] < looked[0]


def test_which_tiles_are_heard() -> None:
    n = 70 * TILE
    rows = np.array([0, 1, 5 * TILE, 69 * TILE + 3])
    columns = np.array([3 * TILE, 3 * TILE + 1, n - 1, 0])
    graph = read_graph(sparse.csr_array((np.ones(4), (rows, columns)), shape=(n, n)))
    found = tiles_of(graph)
    heard = [sorted(found.heard[a:b].tolist()) for a, b in zip(found.ptr[:-1], found.ptr[1:], strict=True)]
    expected = [[t] for t in range(70)]
    expected[0], expected[5], expected[69] = [0, 3], [5, 69], [0, 69]
    assert heard == expected


def test_no_tiles_where_they_would_not_tell_much(monkeypatch: pytest.MonkeyPatch) -> None:
    small = sparse.eye_array(1000, format="csr")
    assert tiles_of(read_graph(small)).trail() is None
    monkeypatch.setattr(tiles, "_MOST_HEARD", 3)
    n = 200 * TILE
    rng = np.random.default_rng(0)
    shuffled = sparse.csr_array(
        (np.ones(5 * n), rng.integers(0, n, 5 * n), np.arange(0, 5 * n + 1, 5)), (n, n)
    )
    assert tiles_of(read_graph(shuffled)).trail() is None
    assert isinstance(tiles_of(read_graph(sparse.eye_array(n, format="csr"))), Tiles)
    assert tiles_of(read_graph(sparse.eye_array(n, format="csr"))).trail() is not None
