"""Films of files, views and backed objects are those in memory; cells without a place are left out."""

from __future__ import annotations

import warnings

import h5py
import numpy as np
import pytest
from anndata import read_h5ad

import gpuanim as ga
from gpuanim import tl
from gpuanim.errors import ShapeError

FILMS = {
    "categories": {"color": "louvain", "groups": ["1", "4"]},
    "booleans and missing ones": {"color": ["flag", "partly", "holes"], "ncols": 3},
    "a gene of raw": {"color": "CST3", "vmax": "p99"},
    "a gene of a layer": {"color": "CST3", "layer": "squares"},
    "one signal": {"frames": "heat", "norm": "rank"},
    "classes": {"frames": "kinds"},
    "genes": {"frames": ["CD3D", "CST3"]},
    "clusters": {"along": "louvain", "groups": ["2", "3", "0"]},
    "numbers": {"along": "n_counts", "color": "bulk_labels", "n_frames": 3, "mask_obs": "flag"},
}
OF_GENES = {"a gene of raw", "a gene of a layer", "genes"}


@pytest.fixture(scope="module")
def cells(pbmc68k):
    """Return real cells with stored steps, of which some have no place in one embedding."""
    made = pbmc68k.copy()
    n = np.arange(made.n_obs)
    made.obs["flag"] = n % 3 == 0
    made.obs["partly"] = made.obs["louvain"].where(n % 4 > 0)
    made.obs["holes"] = made.obs["n_counts"].where(n % 7 > 1)
    made.obs["known"] = made.obs["louvain"].where(n % 5 == 0)
    made.layers["squares"] = np.square(made.X)
    made.obsm["X_part"] = np.where((n % 6 == 0)[:, None], np.nan, made.obsm["X_umap"])
    tl.label_propagation(made, [3, 5], alpha=0.9, n_steps=3, key_added="heat")
    tl.label_propagation(made, labels="known", alpha=0.9, n_steps=2, key_added="kinds")
    return made


@pytest.fixture(scope="module")
def folder(cells, tmp_path_factory):
    where = tmp_path_factory.mktemp("pl")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cells.copy().write_h5ad(where / "cells.h5ad")
        cells.copy().write_zarr(where / "cells.zarr")
    return where


@pytest.fixture(params=["h5ad", "zarr", "view", "backed", "backed view"])
def same(request, cells, folder):
    """Return these cells in each way in which they may come."""
    if request.param in ("h5ad", "zarr"):
        yield folder / f"cells.{request.param}"
    elif request.param == "view":
        yield cells[np.arange(700)]
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            backed = read_h5ad(folder / "cells.h5ad", backed="r")
        yield backed[np.arange(700)] if request.param == "backed view" else backed
        backed.file.close()


@pytest.mark.parametrize("options", FILMS.values(), ids=FILMS)
def test_films_are_the_same_wherever_the_cells_are(cells, same, options):
    film, expected = (ga.pl.umap(data, **options, dpi=40) for data in (same, cells))
    np.testing.assert_array_equal(film.to_array(), expected.to_array())


def test_x_and_layers_are_not_touched(cells, folder, tmp_path):
    path = tmp_path / "broken.h5ad"
    path.write_bytes((folder / "cells.h5ad").read_bytes())
    with h5py.File(path, "r+") as file:
        for name in ("X", "layers", "raw"):
            del file[name]
            file[name] = h5py.SoftLink("/nowhere")
    for name, options in FILMS.items():
        if name not in OF_GENES:
            film, expected = (ga.pl.umap(data, **options, dpi=40) for data in (path, cells))
            np.testing.assert_array_equal(film.frame(-1), expected.frame(-1))


@pytest.mark.parametrize("options", FILMS.values(), ids=FILMS)
def test_cells_without_a_place_are_left_out(cells, options, told):
    kept = np.arange(700) % 6 > 0
    film = ga.pl.embedding(cells, "part", **options, dpi=40)
    expected = ga.pl.umap(cells[kept].copy(), **options, dpi=40)
    for panel in range(len(film._film.clouds)):
        for frame in {0, film.n_frames - 1}:
            ours, theirs = told(film, frame, panel), told(expected, frame, panel)
            np.testing.assert_array_equal(ours.xy, theirs.xy)
            np.testing.assert_array_equal(ours.colors, theirs.colors)
            np.testing.assert_array_equal(ours.order, theirs.order)
            np.testing.assert_array_equal(ours.diameters, theirs.diameters)


def test_sizes_and_highlights_count_all_cells(cells, told):
    sizes = np.linspace(10, 90, 700)
    kept = np.flatnonzero(np.arange(700) % 6)
    stars = ga.Highlight(cells=[6, 7, 14], marker="star", rest=True)
    film = ga.pl.embedding(cells, "part", color="n_genes", size=sizes, highlight=stars, dpi=100)
    ours = told(film)
    np.testing.assert_allclose(ours.diameters, np.sqrt(sizes[kept]) / 2 * 100 / 72, rtol=1e-6)
    coloured = np.flatnonzero((ours.colors != (211, 211, 211)).any(1))
    assert list(kept[coloured]) == [7, 14]  # cell 6 has no place


def test_values_are_counted_before_cells_are_left_out(cells):
    with pytest.raises(ShapeError, match="700"):
        ga.pl.embedding(cells, "part", frames=np.zeros((3, 583)))
    film = ga.pl.embedding(cells, "part", frames=iter(np.zeros((3, 583))), vmin=0, vmax=1)
    with pytest.raises(ShapeError, match="583"):
        film.frame(0)
