"""What is known of the steps in `obsm`: one signal or classes, their names and colours, lazily from files."""

from __future__ import annotations

import warnings

import h5py
import numpy as np
import pytest
import zarr
from anndata import concat, read_h5ad

from gpuanim import tl
from gpuanim.adata import open_cells
from gpuanim.adata.stored import stored_frames
from gpuanim.errors import DataKeyError, ShapeError

N = 700


@pytest.fixture(scope="module")
def adata(pbmc68k):
    copied = pbmc68k.copy()
    copied.obs["known"] = copied.obs["louvain"].where(np.arange(N) % 5 == 0)
    copied.uns["known_colors"] = list(copied.uns["louvain_colors"])
    tl.label_propagation(copied, labels="known", n_steps=5, key_added="types")
    tl.label_propagation(copied, labels="phase", n_steps=2, key_added="plain")
    tl.harmonic_extension(copied, 0, n_steps=40, key_added="X_walk")
    copied.obsm["others"] = np.random.default_rng(0).random((N, 3, 2))
    copied.obsm["flat"] = np.ones((N, 0))
    copied.obsm["deep"] = np.ones((N, 2, 2, 2))
    copied.uns["others"] = np.arange(3)
    return copied


@pytest.fixture(scope="module")
def files(adata, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata.write_h5ad(folder / "cells.h5ad")
        adata.write_h5ad(folder / "packed.h5ad", compression="gzip")
        adata.write_zarr(folder / "cells.zarr")
    return folder


@pytest.fixture(params=["memory", "view", "backed", "cells.h5ad", "packed.h5ad", "cells.zarr"])
def cells(request, adata, files):
    if "." in request.param:
        data = files / request.param
    elif request.param == "backed":
        data = read_h5ad(files / "cells.h5ad", backed="r")
    else:
        data = adata if request.param == "memory" else adata[np.arange(N)]
    with open_cells(data) as opened:
        yield opened
    if request.param == "backed":
        data.file.close()


def test_classes(cells, adata):
    frames = stored_frames(cells, "types")
    assert frames.classes
    assert frames.names == tuple(adata.obs["louvain"].cat.categories)
    assert frames.colors == list(adata.uns["louvain_colors"])
    assert frames.params["labels"] == "known"
    assert frames.params["alpha"] == 0.99
    source = frames.source
    assert (source.n_points, source.n_steps, source.n_columns) == (N, 6, 11)
    expected = adata.obsm["types"].swapaxes(0, 1)
    for _ in range(2):
        np.testing.assert_array_equal(np.stack([step.copy() for step in source.steps()]), expected)
    np.testing.assert_array_equal(source.step(4), expected[4])


def test_a_signal_is_found_under_x_too(cells, adata):
    for key in ("walk", "X_walk"):
        frames = stored_frames(cells, key)
        assert not frames.classes
        assert (frames.names, frames.colors) == (None, None)
        assert frames.params["method"] == "HarmonicExtension"
        assert list(frames.params["seeds"]) == [adata.obs_names[0]]
        assert (frames.source.n_steps, frames.source.n_columns) == (41, 1)
        np.testing.assert_array_equal(np.stack(list(frames.source.steps()), 1), adata.obsm["X_walk"])


def test_others_frames_have_neither_names_nor_params(cells, adata):
    frames = stored_frames(cells, "others")
    assert frames.classes
    assert (frames.names, frames.colors, frames.params) == (None, None, {})
    assert frames.source.step(1).dtype == np.float64
    np.testing.assert_array_equal(frames.source.step(1), adata.obsm["others"][:, 1])
    assert stored_frames(cells, "X_pca").source.n_steps == 50


def test_classes_without_colors(cells):
    frames = stored_frames(cells, "plain")
    assert frames.names == ("G1", "G2M", "S")
    assert frames.colors is None


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        ("type", DataKeyError, "no .*'type' in obsm.*did you mean 'types'"),
        ("flat", ShapeError, r"shape \(700, 0\), expected \(cells, steps\) or \(cells, steps, classes\)"),
        ("deep", ShapeError, r"shape \(700, 2, 2, 2\), expected \(cells, steps\)"),
    ],
)
def test_what_is_no_film(cells, key, error, text):
    with pytest.raises(error, match=text):
        stored_frames(cells, key)


def test_classes_come_in_bands(files, monkeypatch):
    monkeypatch.setattr("gpuanim.adata.obsm.BAND_BYTES", 8 * N * 11 * 2)
    with open_cells(files / "cells.h5ad") as cells:
        source = stored_frames(cells, "types").source
        assert source._band() == 2
        with h5py.File(files / "cells.h5ad") as file:
            stored = file["obsm/types"][...]
        for i, step in enumerate(source.steps()):
            np.testing.assert_array_equal(step, stored[:, i])


def test_a_subset_keeps_classes_that_none_of_its_cells_has(adata):
    some = adata[(adata.obs["types"] != "3") & (np.arange(N) % 2 == 0)].copy()
    assert "3" not in some.obs["types"].cat.categories
    assert len(some.uns["types_colors"]) == 10  # anndata takes unused ones away
    frames = stored_frames(open_cells(some), "types")
    assert frames.names == tuple(adata.obs["louvain"].cat.categories)
    assert frames.colors == list(adata.uns["louvain_colors"])


def test_a_new_palette_counts(adata):
    changed = adata.copy()
    changed.uns["types_colors"] = [f"#0000{i:02x}" for i in range(11)]
    changed.uns["plain_colors"] = ["red", "green", "blue"]
    cells = open_cells(changed)
    assert stored_frames(cells, "types").colors == changed.uns["types_colors"]
    assert stored_frames(cells, "plain").colors == ["red", "green", "blue"]
    changed.uns["types_colors"] = ["red"]  # damaged: the first ones count
    assert stored_frames(cells, "types").colors == list(adata.uns["louvain_colors"])


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_x_is_not_read(adata, tmp_path, suffix):
    path = tmp_path / f"cells.{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        getattr(adata, f"write_{suffix}")(path)
    root = h5py.File(path, "r+") if suffix == "h5ad" else zarr.open_group(str(path), mode="r+")
    del root["X"], root["raw"]
    if suffix == "h5ad":
        root.close()
    with open_cells(path) as opened:
        frames = stored_frames(opened, "types")
        np.testing.assert_array_equal(frames.source.step(1), adata.obsm["types"][:, 1])


def test_memory_is_not_copied(adata):
    step = stored_frames(open_cells(adata), "types").source.step(2)
    assert np.shares_memory(step, adata.obsm["types"])


def test_concat_keeps_classes(adata):
    both = concat([adata[:10], adata[5:20]], index_unique="-")
    expected = np.concatenate([adata.obsm["types"][:10], adata.obsm["types"][5:20]])
    np.testing.assert_array_equal(both.obsm["types"], expected)
