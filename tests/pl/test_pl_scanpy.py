"""Films of one frame against `scanpy.pl.embedding`: cell by cell, and as pictures.

Colours may differ by one level of 256 in a channel, which is how matplotlib's own colormaps are rounded.
Pictures are compared where the axes are, which are put at the same pixels in both: structural similarity is
0.9996 or more, but for a legend in the axes (0.985), whose frame and markers are not scanpy's.
"""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from anndata import read_h5ad
from pandas import Categorical
from skimage.metrics import structural_similarity

import gpuanim as ga

SIZES = np.random.default_rng(0).uniform(20, 300, 700)

CASES = {
    "categories": {"color": "bulk_labels"},
    "numbers": {"color": "n_genes"},
    "gene of raw": {"color": "CST3"},
    "gene of X": {"color": "CST3", "use_raw": False},
    "gene of a layer": {"color": "CST3", "layer": "squares"},
    "booleans": {"color": "flag"},
    "nothing": {"color": None},
    "missing categories": {"color": "partly", "na_color": "red"},
    "missing numbers": {"color": "holes"},
    "a group": {"color": "partly", "groups": "3"},
    "groups": {"color": "bulk_labels", "groups": ["Dendritic", "CD34+"]},
    "a column as mask": {"color": "CST3", "mask_obs": "flag"},
    "a mask": {"color": "louvain", "mask_obs": np.arange(700) < 300},
    "percentiles": {"color": "CST3", "vmin": "p5", "vmax": "p99"},
    "a callable": {"color": "CST3", "vmax": lambda values: float(np.max(values)) / 2},
    "a centre": {"color": "S_score", "vcenter": 0, "cmap": "RdBu_r"},
    "a dict as palette": {"color": "phase", "palette": {"G1": "red", "S": "#00ff00", "G2M": "navy"}},
    "a colormap as palette": {"color": "louvain", "palette": "Set3"},
    "a list as palette": {"color": "phase", "palette": ["k", "r", "b"]},
    "a size": {"color": "phase", "size": 50},
    "a size per cell": {"color": "n_genes", "size": SIZES},
    "a size per cell out of order": {"color": "partly", "size": SIZES},
    "an outline": {"color": "louvain", "add_outline": True, "alpha": 1.0},
    "no frame": {"color": "n_genes", "frameon": False},
    "names on the data": {"color": "louvain", "legend_loc": "on data", "legend_fontoutline": 2},
    "a legend in the axes": {"color": "phase", "legend_loc": "lower left"},
    "no legend": {"color": "louvain", "legend_loc": None},
    "no NA in the legend": {"color": "partly", "na_in_legend": False},
    "unsorted numbers": {"color": "n_genes", "sort_order": False},
    "unsorted categories": {"color": "partly", "sort_order": False},
    "a bar below": {"color": "n_genes", "colorbar_loc": "bottom"},
    "no bar": {"color": "n_genes", "colorbar_loc": None},
    "a title": {"color": "n_genes", "title": "Genes"},
}

OTHERS = [
    ("pca", {"color": "n_genes", "components": "2,3"}),
    ("pca", {"color": "louvain", "dimensions": (3, 1)}),
    ("X_umap", {"color": "phase"}),
]

FILES = [
    ("pbmc3k_2638.h5ad", "umap", {"color": "louvain"}),
    ("pbmc3k_2638.h5ad", "tsne", {"color": "n_counts", "vmax": "p99"}),
    ("pbmc3k_2638.h5ad", "draw_graph_fr", {"color": "louvain"}),
    ("ovary_atac_18k.h5ad", "umap", {"color": "cell_type"}),
    ("ovary_atac_18k.h5ad", "umap", {"color": "nCount_ATAC"}),
    ("tabula_muris_droplet_56k.h5ad", "tsne", {"color": "cell_ontology_class", "legend_loc": None}),
]


def text(title):
    return "" if title is None else title.tallest


def assert_same(ours, theirs, *, frame=True):
    """Hold what a panel is told to what scanpy has drawn: cells are compared from bottom to top."""
    np.testing.assert_array_equal(ours.xy[ours.order], theirs.xy)
    assert np.abs(ours.colors[ours.order].astype(int) - theirs.colors).max() <= 1
    np.testing.assert_allclose(ours.diameters[ours.order], theirs.diameters, rtol=1e-6)
    assert ours.view.xlim == pytest.approx(theirs.ax.get_xlim(), rel=1e-12)
    assert ours.view.ylim == pytest.approx(theirs.ax.get_ylim(), rel=1e-12)
    assert text(ours.dress.title) == theirs.ax.get_title()
    labels = (theirs.ax.get_xlabel(), theirs.ax.get_ylabel()) if frame else (None, None)
    assert (ours.dress.xlabel, ours.dress.ylabel) == labels
    assert ours.legend == theirs.legend


def similarity(picture, ours, theirs):
    """Return the structural similarity of both axes as in Wang et al. 2004, doi:10.1109/TIP.2003.819861.

    It is that of the brightness: colours are compared cell by cell.
    """
    left, top, right, bottom = ours.view.clip
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    pair = [whole[top:bottom, left:right] @ weights for whole in (picture, theirs.pixels(ours.view.box))]
    return structural_similarity(
        *pair, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_a_picture_is_scanpys(adata, told, theirs, options):
    (expected,) = theirs(adata, "umap", **options)
    film = ga.pl.umap(adata, **options, dpi=100)
    ours = told(film)
    assert film.n_frames == 1
    assert_same(ours, expected, frame=options.get("frameon", True))
    in_axes = options.get("legend_loc") == "lower left"
    assert similarity(film.frame(0), ours, expected) >= (0.98 if in_axes else 0.999)


@pytest.mark.parametrize(("basis", "options"), OTHERS)
def test_other_bases_and_dimensions_are_scanpys(adata, told, theirs, basis, options):
    (expected,) = theirs(adata, basis, **options)
    film = ga.pl.embedding(adata, basis, **options, dpi=100)
    ours = told(film)
    assert_same(ours, expected)
    assert similarity(film.frame(0), ours, expected) >= 0.999


@pytest.mark.parametrize(("name", "basis", "options"), FILES)
def test_pictures_of_files_are_scanpys(shared_data, told, theirs, name, basis, options):
    path = shared_data(name)
    (expected,) = theirs(read_h5ad(path), basis, **options)
    film = ga.pl.embedding(path, basis, **options, dpi=100)
    ours = told(film)
    assert_same(ours, expected)
    assert similarity(film.frame(0), ours, expected) >= 0.999


SEVERAL = {
    "colors": {"color": ["CST3", "louvain", "n_genes"], "ncols": 2, "title": ["First", "Second"]},
    "limits": {"color": ["CST3", "NKG7"], "vmin": [0, "p10"], "vmax": [2.5, "p90"]},
    "groups": {"color": ["louvain", "n_genes"], "groups": ["1", "4"]},
    "components": {"color": ["louvain", "n_genes"], "components": ["1,2", "2,3"]},
    "dimensions": {"color": "louvain", "dimensions": [(0, 1), (1, 2)]},
}


@pytest.mark.parametrize("options", SEVERAL.values(), ids=SEVERAL)
def test_panels_are_scanpys(adata, told, theirs, options):
    expected = theirs(adata, "pca", **options)
    film = ga.pl.pca(adata, **options, dpi=100)
    picture = film.frame(0)
    assert len(film._film.clouds) == len(expected) > 1
    for i, panel in enumerate(expected):
        ours = told(film, panel=i)
        assert_same(ours, panel)
        left, top, right, bottom = ours.view.clip
        assert not (picture[top:bottom, left:right] == 255).all()


@pytest.mark.parametrize("k", [3, 15, 25, 60, 130])
def test_default_colors_are_scanpys(adata, told, theirs, k):
    adata.obs["many"] = Categorical([f"c{i % k}" for i in range(700)])
    (expected,) = theirs(adata, "umap", color="many", legend_loc=None)
    with pytest.warns(UserWarning, match="130 categories are more than") if k > 102 else nullcontext():
        film = ga.pl.umap(adata, color="many", legend_loc=None, dpi=100)
    assert_same(told(film), expected)
    assert "many_colors" not in adata.uns


def test_scanpys_settings_hold(adata):
    import matplotlib.pyplot as plt
    import scanpy as sc

    was = sc.settings._frameon
    try:
        with plt.rc_context({"figure.figsize": (3, 2), "image.cmap": "magma", "axes.xmargin": 0.2}):
            sc.settings._frameon = False
            film = ga.pl.umap(adata, color="n_genes", dpi=50)
            assert film.size == (150, 100)
            assert film._film.clouds[0].cmap == "magma"
            assert film._film.stage.panels[0].dress.axes == "off"
    finally:
        sc.settings._frameon = was


def test_spots_of_a_tissue_are_turned_and_as_large_as_they_are(adata, told):
    places = np.stack([np.arange(700) % 28, np.arange(700) // 28], 1) * 100.0
    adata.obsm["spatial"] = places
    adata.uns["spatial"] = {"slice": {"scalefactors": {"spot_diameter_fullres": 60.0}}}
    ours = told(ga.pl.spatial(adata, color="n_genes", dpi=100))
    x, y = ours.view.xy(np.array([[0.0, 0], [100, 0], [0, 100]]))
    assert y[2] - y[0] == pytest.approx(x[1] - x[0], rel=1e-4)  # y grows downwards, at the same scale
    assert ours.diameters[0] == pytest.approx(0.6 * (x[1] - x[0]), rel=1e-4)
    twice = told(ga.pl.spatial(adata, size=1.5, dpi=100))
    x, _ = twice.view.xy(np.array([[0.0, 0], [90, 0]]))
    assert twice.diameters[0] == pytest.approx(x[1] - x[0], rel=1e-4)
