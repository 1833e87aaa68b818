"""The simulated atlas: its form, its graph, and that it says what it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import breadth_first_order, connected_components

from gpuanim.errors import OptionError, ShapeError
from gpuanim.simulate import atlas, knn_graph


def test_atlas_is_one_piece_of_many_types():
    cells = atlas(20_000)
    assert cells.coords.shape == (20_000, 2)
    assert cells.coords.dtype == np.float32
    assert np.isfinite(cells.coords).all()
    assert cells.graph.shape == (20_000, 20_000)
    _, component = connected_components(cells.graph)
    assert np.bincount(component).max() > 0.98 * 20_000
    shares = np.bincount(cells.labels)
    assert len(shares) > 20
    assert shares.min() > 0
    spread = np.ptp(cells.coords, axis=0)
    assert 0.5 < spread[0] / spread[1] < 2.5


def test_two_seeds_reach_most_cells_within_a_film():
    cells = atlas(20_000)
    reached = np.zeros(20_000, np.float32)
    reached[[0, 10_000]] = 1
    for _ in range(120):
        reached = np.minimum(reached + cells.graph @ reached, 1)
    assert reached.mean() > 0.8
    order = breadth_first_order(cells.graph, 0, return_predecessors=False)
    assert len(order) > 0.98 * 20_000


def test_same_seed_same_cells():
    a, b, c = atlas(500, seed=3), atlas(500, seed=3), atlas(500, seed=4)
    np.testing.assert_array_equal(a.coords, b.coords)
    np.testing.assert_array_equal(a.labels, b.labels)
    assert (a.graph != b.graph).nnz == 0
    assert not np.array_equal(a.coords, c.coords)


def test_form_does_not_depend_on_the_number_of_cells():
    few, many = atlas(2_000), atlas(20_000)
    centre = [np.median(cells.coords[cells.labels == 0], axis=0) for cells in (few, many)]
    assert np.linalg.norm(centre[0] - centre[1]) < 0.05 * np.ptp(many.coords, axis=0).max()


@pytest.mark.parametrize("n", [1, 2, 3, 17])
def test_few_cells(n):
    cells = atlas(n)
    assert cells.coords.shape == (n, 2)
    assert cells.graph.shape == (n, n)
    assert cells.to_anndata().n_obs == n


def test_anndata_says_that_it_is_simulated():
    adata = atlas(300).to_anndata()
    assert adata.uns["title"] == "simulated atlas, 300 cells"
    assert adata.uns["simulated"] is True
    assert adata.obsp["connectivities"].shape == (300, 300)
    assert adata.obs["cell_type"].dtype.name == "category"
    assert adata.X is None


def test_no_cells():
    with pytest.raises(OptionError, match="n_cells must be at least 1, got 0"):
        atlas(0)


def test_knn_graph_equals_brute_force():
    points = np.random.default_rng(0).random((60, 2))
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distance, np.inf)
    expected = np.zeros((60, 60), bool)
    np.put_along_axis(expected, np.argsort(distance)[:, :4], True, axis=1)
    graph = knn_graph(points, 4)
    np.testing.assert_array_equal(graph.toarray(), expected | expected.T)
    assert graph.dtype == np.float32
    assert graph.has_sorted_indices


def test_knn_graph_of_coincident_points():
    graph = knn_graph(np.zeros((10, 2)), 3)
    assert graph.diagonal().sum() == 0
    assert (np.diff(graph.indptr) >= 3).all()
    assert (graph != graph.T).nnz == 0


def test_knn_graph_rejects_what_is_not_finite():
    with pytest.raises(ShapeError, match="finite numbers of shape"):
        knn_graph(np.array([[0.0, np.nan]]))
