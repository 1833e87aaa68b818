"""Rows in blocks on workers: the iterates of one machine, its ranks, and no loss with a lost worker.

Workers are separate processes. Sums of a row are added in the same order wherever the row is, so values
differ only by the column sums, which are added up by blocks: 1e-12 in float64, and 1e-6 in float32.
"""

import os
import signal
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import gpuanim as ga
from gpuanim.errors import ClusterError, GraphError, OptionError
from gpuanim.propagation.distributed import files, sending, team
from gpuanim.propagation.distributed.blocks import Block, Rows, cut_rows, equal_blocks
from gpuanim.propagation.distributed.team import Team
from gpuanim.propagation.graph import read_graph
from gpuanim.propagation.order import inverse_of
from gpuanim.values.bins import Bins
from gpuanim.values.ranks import Rank
from gpuanim.values.selection import select_parts, tally

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


def some_graph(n=3000, *, weighted=True, symmetric=True, seed=0):
    """A random graph with hubs and with nodes that have no neighbours."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(0, n, 6 * n), rng.integers(0, n, 6 * n)
    hubs = np.repeat([5, n - 2], n // 2)
    rows, columns = np.append(rows, hubs), np.append(columns, rng.integers(0, n, len(hubs)))
    data = rng.uniform(0.1, 2, len(rows)).astype(np.float32)
    graph = sparse.csr_array((data, (rows, columns)), shape=(n, n))
    lonely = rng.random(n) < 0.05
    keep = sparse.diags_array((~lonely).astype(np.float32))
    graph = sparse.csr_array(keep @ graph @ keep)
    graph = sparse.csr_array(graph + graph.T) if symmetric else graph
    graph.eliminate_zeros()
    if not weighted:
        graph.data[:] = 1
    return graph


def labels(n, shape, seed=1):
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n)[:, None] < 0.02, rng.normal(size=(n, 3)), 0)[:, : shape or 1].squeeze()


def same(mine, theirs, dtype):
    assert len(mine) == len(theirs)
    for one, other in zip(mine, theirs, strict=True):
        assert one.dtype == other.dtype == dtype
        assert_allclose(one, other, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * np.abs(other).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [None, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_label_propagation_is_that_of_one_machine(dask_client, dtype, columns, weighted):
    graph, start = some_graph(weighted=weighted), labels(3000, columns)
    options = {"alpha": 0.9, "n_steps": 8, "dtype": dtype, "include_initial": True}
    local = ga.LabelPropagation(graph, start, order="locality", **options)
    spread = ga.LabelPropagation(graph, start, client=dask_client, **options)
    assert spread.device.startswith("dask: ")
    assert spread.n_isolated == local.n_isolated > 0
    assert spread.n_steps == 9
    same(list(spread), list(local), dtype)
    assert spread.residual == pytest.approx(local.residual, rel=1e-6)
    if not weighted:
        assert all(map(np.array_equal, spread, local))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_harmonic_extension_is_that_of_one_machine(dask_client, dtype):
    graph, start = some_graph(symmetric=False), labels(3000, 3)
    labeled = np.flatnonzero(start.any(axis=1))
    options = {"tol": 1e-3, "dtype": dtype, "order": "given"}
    local = ga.HarmonicExtension(graph, start, labeled, **options)
    spread = ga.HarmonicExtension(graph, start, labeled, client=dask_client, **options)
    mine, theirs = list(spread), list(local)
    same(mine, theirs, dtype)
    assert spread.n_done == local.n_done > 3
    assert_array_equal(mine[-1][labeled], start[labeled].astype(dtype))


def test_real_cells_in_the_order_of_their_places(dask_client, pbmc68k):
    graph, places = pbmc68k.obsp["connectivities"], pbmc68k.obsm["X_umap"]
    seeds = (pbmc68k.obs["louvain"] == "3").to_numpy().astype(float)
    options = {"coords": places, "order": "locality", "tol": 1e-4, "dtype": "float64"}
    local = ga.LabelPropagation(graph, seeds, **options)
    spread = ga.LabelPropagation(graph, seeds, client=dask_client, **options)
    same(list(spread), list(local), "float64")
    assert_array_equal(spread.permutation, local.permutation)
    solution = spread.solve()
    assert_allclose(solution.signal, local.solve().signal, rtol=1e-12)


@pytest.fixture(params=["h5ad", "zarr"])
def stored(request, tmp_path):
    """A graph in a file, and the same in memory."""
    import anndata

    graph = sparse.csr_matrix(some_graph(2000))
    graph.data[::7] = 0  # stored, but no neighbours
    path = tmp_path / f"cells.{request.param}"
    cells = anndata.AnnData(obs={"x": np.zeros(2000)}, obsp={"connectivities": graph})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anndata's, of its next format
        getattr(cells, f"write_{request.param}")(path)
    if request.param == "zarr":
        yield pytest.importorskip("zarr").open_group(path, mode="r")["obsp/connectivities"], graph
        return
    import h5py

    with h5py.File(path) as file:
        yield file["obsp/connectivities"], graph


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("visible", [True, False])
def test_workers_read_their_rows_from_a_shared_file(dask_client, stored, ordered, visible, monkeypatch):
    group, graph = stored
    places = np.random.default_rng(2).normal(size=(2000, 2)) if ordered else None
    options = {"coords": places, "n_steps": 6, "dtype": "float64"}
    order = "locality" if ordered else "given"
    sent = []
    scatter = type(dask_client).scatter
    monkeypatch.setattr(
        type(dask_client), "scatter", lambda self, data, **kw: sent.append(data) or scatter(self, data, **kw)
    )
    monkeypatch.setattr(files, "_SLICE", 500)
    if not visible:
        monkeypatch.setattr(sending.FromFile, "_fingerprint", "another file")
    spread = ga.LabelPropagation(group, labels(2000, None), client=dask_client, **options)
    same(
        list(spread), list(ga.LabelPropagation(graph, labels(2000, None), order=order, **options)), "float64"
    )
    assert any(isinstance(data[0], Rows) for data in sent) is not visible
    assert spread.solve().residual < 1e-6


def test_a_file_that_workers_cannot_use(dask_client, tmp_path):
    import h5py

    with h5py.File(tmp_path / "cells.h5ad", "w") as file:
        group = file.create_group("obsp/dense")
        group.attrs["encoding-type"] = "csc_matrix"
        with pytest.raises(GraphError, match="lies in a file as 'csc_matrix', and only 'csr_matrix'"):
            ga.LabelPropagation(group, np.ones(3), client=dask_client)
        group.attrs.update({"encoding-type": "csr_matrix", "shape": (3, 3)})
        group["indptr"], group["indices"], group["data"] = [0, 1, 1, 2], [1, 3], [1.0, 1.0]
        file.flush()
        with pytest.raises(GraphError, match="columns outside of 0 to 2"):
            ga.LabelPropagation(group, np.ones(3), client=dask_client)
        with pytest.raises(OptionError, match="follows coords"):
            ga.LabelPropagation(group, np.ones(3), order="locality", client=dask_client)
        del group["indptr"]
        group["indptr"] = [0, 1, 0, 5]
        with pytest.raises(GraphError, match="its indptr points outside of it"):
            ga.LabelPropagation(group, np.ones(3), client=dask_client)


def test_passes_side_by_side_do_not_disturb_each_other(dask_client):
    graph, start = some_graph(400), labels(400, None)
    spread = ga.LabelPropagation(graph, start, n_steps=4, client=dask_client)
    alone = list(spread)
    for step, (one, other) in enumerate(zip(spread, spread, strict=True)):
        assert_array_equal(one, alone[step])
        assert_array_equal(other, alone[step])
    begun = iter(spread)
    next(begun)
    begun.close()  # with a step on its way
    assert_array_equal(list(spread), alone)


def test_a_film_of_blocks_is_the_film_of_one_machine(dask_client, pbmc68k):
    graph, places = pbmc68k.obsp["connectivities"], pbmc68k.obsm["X_umap"]
    start = np.eye(1, 700)[0]
    options = {"coords": places, "order": "locality", "n_steps": 5, "alpha": 0.99}
    spread = ga.LabelPropagation(graph, start, client=dask_client, **options)
    look = {"size": (120, 100), "cmap": "viridis"}
    local = ga.LabelPropagation(graph, start, **options)
    film = ga.animate(places, local, norm=Rank(stretch=True), **look)
    of_blocks = ga.animate(places, spread, norm=Rank(stretch=True), **look)
    of_levels = ga.animate(places, spread.ranked(stretch=True), vmin=0, vmax=256, **look)
    for one, two, three in zip(film.frames(), of_blocks.frames(), of_levels.frames(), strict=True):
        assert_array_equal(one, two)
        assert_array_equal(one, three)


@pytest.mark.parametrize("stretch", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ranks_from_one_merged_histogram_are_exact(dask_client, stretch, dtype):
    graph, start = some_graph(9000), np.eye(1, 9000)[0]
    options = {"alpha": 0.99, "n_steps": 20, "dtype": dtype, "include_initial": True}
    spread = ga.LabelPropagation(graph, start, client=dask_client, **options)
    norm = Rank(stretch=stretch)
    count = 0
    for values, levels in zip(spread.steps(), spread.ranked(stretch=stretch).steps(), strict=True):
        codes = np.empty(len(values), np.uint16)
        norm.fit(lambda values=values: [values]).encode(values, None, codes)
        assert_array_equal(levels, codes)
        count += 1
    assert count == 21
    assert len(np.unique(codes)) > 200


def test_ranks_of_one_machine_go_by_the_same_name():
    local = ga.LabelPropagation(some_graph(500), labels(500, None), n_steps=3)
    ranked = local.ranked()
    assert (ranked.n_points, ranked.n_steps) == (500, 3)
    for values, levels in zip(local.steps(), ranked.steps(), strict=True):
        assert_array_equal(levels, Rank().levels(values))
    with pytest.raises(OptionError, match="one column of labels, these have 3"):
        ga.LabelPropagation(some_graph(500), labels(500, 3), n_steps=3).ranked()


@given(st.lists(st.lists(st.floats(width=32, allow_nan=True)), min_size=1, max_size=4), st.booleans())
@settings(max_examples=60)
def test_thresholds_of_parts_are_those_of_the_whole(parts, stretch):
    arrays = [np.array(part, np.float32) for part in parts]
    bins = Bins.of_all_floats(16)
    norm = Rank(stretch=stretch)
    found = norm.thresholds(
        lambda ranks_of: select_parts(
            bins,
            [tally(part, bins) for part in arrays],
            lambda wanted: [wanted.members(part) for part in arrays],
            ranks_of,
        )
    )
    whole = norm.fit(lambda: [np.concatenate(arrays)]).lower_edges()
    assert_array_equal(found[1:], whole[1:])


def kill_one(client):
    pids = client.run(os.getpid)
    os.kill(pids[min(pids)], signal.SIGKILL)


@pytest.mark.parametrize("ranked", [False, True])
def test_a_killed_worker_costs_work_and_not_the_result(dask_client, ranked):
    graph, start = some_graph(), labels(3000, None)
    options = {"alpha": 0.95, "n_steps": 24, "order": "locality"}
    spread = ga.LabelPropagation(graph, start, client=dask_client, **options)
    local = ga.LabelPropagation(graph, start, **options)
    source, expected = (spread.ranked(), local.ranked()) if ranked else (spread, local)
    for step, (mine, theirs) in enumerate(zip(source.steps(), expected.steps(), strict=True)):
        if ranked:  # the last bits of values may break a tie otherwise
            assert np.count_nonzero(mine != theirs) <= 3
        else:
            assert_allclose(mine, theirs, rtol=1e-6, atol=1e-9)
        if step == 19:
            kill_one(dask_client)
    assert spread.n_done == 24


def test_workers_lost_for_good_are_told():
    from gpuanim.cluster import as_client

    with as_client("local[1]") as client:
        spread = ga.LabelPropagation(some_graph(300), labels(300, None), n_steps=9, client=client)
        steps = spread.steps()
        next(steps)
        client.close()
        with pytest.raises(ClusterError, match="the client was closed while a propagation ran on it"):
            list(steps)


def test_nobody_is_there(monkeypatch):
    from distributed import Client, LocalCluster

    monkeypatch.setattr(team, "_PATIENCE", 0.2)
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        Client(empty, set_as_default=False) as client,
        pytest.raises(ClusterError, match="has no workers, and none came"),
    ):
        ga.LabelPropagation(some_graph(50), np.ones(50), client=client)


def test_a_team_that_never_holds_is_given_up(dask_client, monkeypatch):
    spread = ga.LabelPropagation(some_graph(50), np.ones(50), n_steps=3, client=dask_client)
    monkeypatch.setattr(Team, "call", lambda *args, **options: 1 / 0)
    with pytest.raises(ClusterError, match=r"begun anew 5 times, .* ZeroDivisionError: division by zero"):
        list(spread)


def test_what_cannot_be_on_a_cluster(dask_client):
    graph, start = some_graph(50), labels(50, None)
    with pytest.raises(OptionError, match=r"client must be a dask.distributed.Client, not str; .*as_client"):
        ga.LabelPropagation(graph, start, client="local[2]")
    with pytest.raises(OptionError, match="device='cuda' and client exclude each other"):
        ga.LabelPropagation(graph, start, client=dask_client, device="cuda")
    with pytest.raises(GraphError, match="must be square"):
        ga.LabelPropagation(graph[:10], start, client=dask_client)


def test_labels_too_large_are_told_as_on_one_machine(dask_client):
    spread = ga.LabelPropagation(some_graph(60), np.full(60, 3e38), n_steps=9, client=dask_client)
    with pytest.raises(ga.GpuanimError, match="left the range of float32"):
        list(spread)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_more_workers_than_rows(dask_client, n):
    graph = np.ones((n, n)) - np.eye(n)
    options = {"n_steps": 3, "dtype": "float64", "order": "locality"}
    spread = ga.LabelPropagation(graph, np.eye(1, n)[0], client=dask_client, **options)
    same(list(spread), list(ga.LabelPropagation(graph, np.eye(1, n)[0], **options)), "float64")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(1, 50))
def test_blocks_cover_all_rows_once(lengths, count):
    blocks = equal_blocks(np.array(lengths), count)
    assert 1 <= len(blocks) <= count
    assert [first for first, _ in blocks] + [len(lengths)] == [0, *(last for _, last in blocks)]
    assert all(first < last for first, last in blocks)
    share = (sum(lengths) + len(lengths)) / count
    assert all(sum(lengths[first:last]) + last - first <= share + max(lengths) + 1 for first, last in blocks)


@given(st.integers(0, 10_000), st.booleans(), st.integers(1, 5))
@settings(max_examples=25)
def test_a_block_holds_its_rows_and_names_what_it_needs(seed, ordered, count):
    matrix = sparse.random_array((30, 30), density=0.15, random_state=seed, format="csr", dtype=np.float32)
    graph = read_graph(matrix)
    order = np.random.default_rng(seed).permutation(30).astype(np.uint32) if ordered else None
    whole = matrix.toarray() if order is None else matrix.toarray()[order][:, order]
    blocks = equal_blocks(np.count_nonzero(whole, axis=1), count)
    edges = [first for first, _ in blocks] + [30]
    for first, last in blocks:
        inverse = None if order is None else inverse_of(order)
        block = Block.of(cut_rows(graph, order, inverse, first, last))
        nodes = np.concatenate([np.arange(first, last), block.halo])
        part = sparse.csr_array(
            (
                np.full(block.graph.nnz, 1.0) if block.graph.weights is None else block.graph.weights,
                block.graph.indices.astype(np.int32),
                block.graph.indptr,
            ),
            shape=(last - first, len(nodes)),
        )
        assert_allclose(part.toarray() * block.graph.value, whole[first:last][:, nodes])
        others = np.flatnonzero(whole[first:last].any(axis=0))
        assert_array_equal(block.halo, others[(others < first) | (others >= last)])
        parts = block.parts_of_halo(edges)
        for (low, high), own in zip(blocks, parts, strict=True):
            assert ((block.halo[own] >= low) & (block.halo[own] < high)).all()
        assert sum(own.stop - own.start for own in parts) == len(block.halo)
