"""Groups, masks, cells without a place, and sizes, against scanpy on the same cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from gpuanim.adata import open_cells
from gpuanim.adata.colors import draw_order, resolve_color
from gpuanim.adata.masks import as_groups, check_exclusive, in_groups, in_mask, resolve_mask
from gpuanim.adata.sizes import default_size, resolve_size
from gpuanim.errors import DataKeyError, OptionError, ShapeError


@pytest.mark.parametrize("groups", [["3", "0"], "7", ["3", "CD4+/CD25 T Reg"]])
@pytest.mark.parametrize("key", ["louvain", "some_louvain"])
def test_groups_are_scanpys(key, groups, opened, draw, real):
    [drawn] = draw(color=key, groups=groups, na_color="#010203")
    with opened("memory") as cells:
        both = [resolve_color(cells, key), resolve_color(cells, "bulk_labels")]
        found = in_groups(both[0], as_groups(groups, both))
    order = draw_order(found)
    np.testing.assert_array_equal(real.obsm["X_umap"][order].astype(float), drawn.coords)
    is_na = (np.round(drawn.colors[:, :3] * 255) == (1, 2, 3)).all(axis=1)
    np.testing.assert_array_equal(found.missing[order], is_na)
    assert [*(found.values.names[i] for i in found.shown), "NA"] == drawn.legend
    assert found.values.names == both[0].values.names


@pytest.mark.parametrize("kind_of_mask", ["array", "series", "list", "column", "nullable"])
@pytest.mark.parametrize("key", ["louvain", "CD3D", "n_counts"])
def test_masks_are_scanpys(key, kind_of_mask, opened, draw, real):
    inside = real.obs["doublet"].to_numpy()
    masks = {"array": inside, "series": real.obs["doublet"], "list": inside.tolist(), "column": "doublet"}
    [drawn] = draw(color=key, mask_obs=inside, na_color="#010203")
    with opened("memory") as cells:
        mask = masks.get(kind_of_mask, pd.array(inside, dtype="boolean"))
        found = in_mask(resolve_color(cells, key), resolve_mask(cells, mask))
    order = draw_order(found)
    np.testing.assert_array_equal(real.obsm["X_umap"][order].astype(float), drawn.coords)
    np.testing.assert_array_equal(found.missing, ~inside)
    if key == "louvain":
        assert [*found.values.names, "NA"] == drawn.legend
        assert found.shown is None
    else:
        np.testing.assert_array_equal(found.values[order], np.ma.filled(drawn.values, np.nan))


def test_what_masks_leave_alone(opened):
    inside = np.arange(700) < 5
    with opened("memory") as cells:
        nothing, booleans, numbers = (resolve_color(cells, key) for key in (None, "doublet", "CD3D"))
    assert in_mask(nothing, inside) is nothing
    assert in_groups(numbers, ("3",)) is numbers
    assert in_groups(booleans, ("3",)) is booleans  # as scanpy, which takes only categoricals apart
    assert in_groups(booleans, ("True",)).missing.sum() == 600
    np.testing.assert_array_equal(in_mask(booleans, inside).missing, ~inside)  # scanpy makes them True


def test_a_missing_boolean_is_outside(kind, opened):
    with opened(kind) as cells:
        mask = resolve_mask(cells, "maybe")
    np.testing.assert_array_equal(mask, (np.arange(700) % 2 == 0) & (np.arange(700) % 7 != 0))


def test_errors(opened):
    with pytest.raises(OptionError, match="groups and mask_obs exclude each other"):
        check_exclusive(["3"], np.ones(3, bool))
    check_exclusive(None, np.ones(3, bool))
    with opened("memory") as cells:
        louvain, gene = resolve_color(cells, "bulk_labels"), resolve_color(cells, "CD3D")
        for call, error, text in [
            (
                lambda: as_groups(["cd34+"], [louvain, gene]),
                DataKeyError,
                r"no category 'cd34\+'; did you mean 'CD34\+'",
            ),
            (lambda: as_groups(["x"], [gene]), OptionError, "needs a color with categories"),
            (lambda: as_groups([], [louvain]), OptionError, "groups is empty"),
            (lambda: resolve_mask(cells, "doublets"), DataKeyError, "did you mean 'doublet'"),
            (
                lambda: resolve_mask(cells, "louvain"),
                ShapeError,
                r"obs\['louvain'\], must be booleans, not categories",
            ),
            (lambda: resolve_mask(cells, np.ones(700)), ShapeError, "mask_obs must be booleans, not float64"),
            (lambda: resolve_mask(cells, [True]), ShapeError, r"must have shape \(700,\), one .*not \(1,\)"),
        ]:
            with pytest.raises(error, match=text):
                call()


def test_cells_without_a_place_are_left_out(kind, opened, real):
    placed = np.arange(700) % 7 != 0
    with opened(kind) as cells:
        coords, keep = cells.placed("holes")
        np.testing.assert_array_equal(keep, placed)
        np.testing.assert_array_equal(coords, real.obsm["X_umap"][placed])
        coords, keep = cells.placed("pca", (3, 1))
        assert keep.all()
        np.testing.assert_array_equal(coords, real.obsm["X_pca"][:, [3, 1]])
        assert (cells.n_dimensions("pca"), cells.n_dimensions("umap")) == (50, 2)
        with pytest.raises(DataKeyError, match="did you mean 'X_umap'"):
            cells.placed("umpa")


def test_no_cell_has_a_place():
    adata = AnnData(obsm={"X_umap": np.full((3, 2), np.nan)}, obs=pd.DataFrame(index=list("abc")))
    with open_cells(adata) as cells, pytest.raises(ShapeError, match="has no finite coordinates"):
        cells.placed("umap")


def test_default_size_is_scanpys(draw, real, shared_data, quietly):
    scanpy = pytest.importorskip("scanpy", reason="scanpy (extra demo) is the reference")
    file = shared_data("pbmc3k_2638.h5ad")
    for adata, cells in ((real, open_cells(real)), (quietly(scanpy.read_h5ad, file), open_cells(file))):
        with cells:
            _, keep = cells.placed("umap")
        [drawn] = draw(adata, color=None)
        assert resolve_size(None, keep) == drawn.size == 120_000 / adata.n_obs


def test_sizes():
    keep = np.array([True, False, True])
    assert default_size(600) == 200
    assert resolve_size(None, keep) == 60_000  # only cells that have a place count
    assert resolve_size(7, keep) == 7
    assert resolve_size([1, 2, 3], keep).tolist() == [1, 3]
    with pytest.raises(ShapeError, match=r"size must be a number or have shape \(3,\), .*not \(2,\)"):
        resolve_size([1, 2], keep)
    with pytest.raises(ShapeError, match="size must be a number, or one for each cell, not 'big'"):
        resolve_size("big", keep)
    for wrong in (-1, [1, np.nan, 1]):
        with pytest.raises(OptionError, match="finite and not negative"):
            resolve_size(wrong, keep)
