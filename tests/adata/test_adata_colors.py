"""What `color=` finds, against scanpy on the same cells, from every kind of storage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from gpuanim.adata import Categories, open_cells
from gpuanim.adata.colors import draw_order, resolve_color, store_palette
from gpuanim.errors import DataKeyError, OptionError, ShapeError

NUMBERS = [
    ("n_counts", {}),
    ("some_counts", {}),
    ("few", {}),
    ("CD3D", {}),
    ("CD3D", {"use_raw": False}),
    ("CD3D", {"layer": "sparse"}),
    ("CD3D", {"layer": "double"}),
    ("CD3D", {"layer": "double", "use_raw": False}),
    ("sym-CD3D", {"gene_symbols": "symbol"}),
    ("sym-CD3D", {"gene_symbols": "symbol", "use_raw": False}),
    ("n_counts", {"gene_symbols": "symbol"}),
]


def _name(options):
    return "-".join(f"{k}={v}" for k, v in options.items())


@pytest.mark.parametrize(("key", "options"), NUMBERS, ids=lambda x: x if isinstance(x, str) else _name(x))
def test_numbers_are_scanpys(kind, key, options, opened, draw):
    [drawn] = draw(color=key, sort_order=False, **options)
    with opened(kind) as cells:
        found = resolve_color(cells, key, **options)
    assert (found.kind, found.key, found.title, found.palette) == ("continuous", key, drawn.title, None)
    assert found.values.dtype in (np.float32, np.float64)
    np.testing.assert_array_equal(found.values, np.ma.filled(drawn.values, np.nan))


@pytest.mark.parametrize("key", ["louvain", "bulk_labels", "phase", "some_louvain", "donor", "doublet"])
def test_categories_are_scanpys(kind, key, opened, draw, real):
    [drawn] = draw(color=key)
    with opened(kind) as cells:
        found = resolve_color(cells, key)
    assert (found.kind, found.title, found.shown) == ("categorical", drawn.title, None)
    names = found.values.names
    assert [*names, *(["NA"] if found.missing.any() else [])] == drawn.legend
    told = [names[code] if code >= 0 else None for code in found.values.codes]
    expected = real.obs[key].astype(object)
    assert told == [None if pd.isna(value) else str(value) for value in expected]
    stored = real.uns.get(f"{key}_colors")
    assert found.palette == (None if stored is None else tuple(stored))


def test_types_that_scanpy_cannot_draw(kind, opened):
    with opened(kind) as cells:
        maybe, whole = resolve_color(cells, "maybe"), resolve_color(cells, "whole")
    assert maybe.values.names == ("False", "True")
    expected = np.where(np.arange(700) % 7 == 0, -1, np.arange(700) % 2 == 0)
    np.testing.assert_array_equal(maybe.values.codes, expected)
    np.testing.assert_array_equal(whole.values, np.where(np.arange(700) % 7 == 0, np.nan, np.arange(700)))


def test_both_booleans_even_where_one_occurs(real):
    with open_cells(real[real.obs["doublet"].to_numpy()]) as cells:
        found = resolve_color(cells, "doublet")
    assert found.values.names == ("False", "True")
    assert set(found.values.codes) == {1}
    assert found.palette == ("#111111", "#eeeeee")


def test_objects():
    obs = pd.DataFrame(index=list("abc"))
    obs["numbers"] = np.array([1, 2.5, None], object)
    obs["mixed"] = np.array(["x", 2, None], object)
    obs["times"] = pd.to_datetime(["2020-01-01"] * 3)
    with open_cells(AnnData(obs=obs)) as cells:
        np.testing.assert_array_equal(resolve_color(cells, "numbers").values, [1, 2.5, np.nan])
        mixed = resolve_color(cells, "mixed").values
        assert isinstance(mixed, Categories)
        assert (mixed.names, mixed.codes.tolist()) == (("2", "x"), [1, 0, -1])
        with pytest.raises(ShapeError, match=r"obs\['times'\] must be real numbers, not datetime64"):
            resolve_color(cells, "times")


def test_nothing(opened):
    with opened("memory") as cells:
        found = resolve_color(cells, None)
    assert (found.kind, found.title, found.key) == ("none", "", None)
    assert found.values.shape == (700,)
    assert found.missing.all()


def test_symbols_of_raw_and_the_first_of_several(opened, real, quietly):
    with opened("memory") as cells:
        found = resolve_color(cells, "ENS5", gene_symbols="ensembl").values
        np.testing.assert_array_equal(found, real.raw.X[:, 5].toarray().ravel())
    twice = quietly(real.copy)
    twice.var["symbol"] = "same"
    with open_cells(twice) as cells:
        found = resolve_color(cells, "same", gene_symbols="symbol").values
        np.testing.assert_array_equal(found, real.raw.X[:, 0].toarray().ravel())


def test_columns_come_before_genes(real, quietly):
    both = quietly(real.copy)
    both.obs["CD3D"] = np.arange(700.0)
    with open_cells(both) as cells:
        np.testing.assert_array_equal(resolve_color(cells, "CD3D").values, np.arange(700))


@pytest.mark.parametrize(
    ("key", "options", "error", "text"),
    [
        ("lovain", {}, DataKeyError, r"neither a column .* nor a gene of raw in .*the column 'louvain'"),
        ("cd3d", {}, DataKeyError, r"'cd3d' is neither .*; did you mean 'CD3D'.; there are 765 genes in raw"),
        ("CD3DD", {}, DataKeyError, r"did you mean 'CD3D'.*columns are 'bulk_labels'"),
        ("CD3D", {"layer": "spars"}, DataKeyError, r"no layer 'spars' in .*mean 'sparse'.; there are "),
        (
            "CD3D",
            {"layer": "sparse", "use_raw": True},
            OptionError,
            "use_raw=True and layer='sparse' exclude",
        ),
        ("n_counts", {"layer": "sparse", "use_raw": True}, OptionError, "exclude each other"),
        ("x", {"gene_symbols": "symbl"}, DataKeyError, r"gene_symbols: no column 'symbl'.*mean 'symbol'"),
        ("sym-CD3", {"gene_symbols": "symbol"}, DataKeyError, r"did you mean 'sym-CD"),
        (("a", 1), {}, OptionError, r"color must be a column of obs, a gene, or None, not \('a', 1\)"),
    ],
)
def test_errors_name_what_is_near(kind, key, options, error, text, opened):
    with opened(kind) as cells, pytest.raises(error, match=text):
        resolve_color(cells, key, **options)


def test_errors_of_genes(real, quietly):
    bare = quietly(real[:, :10].copy)
    del bare.raw
    with (
        open_cells(bare) as cells,
        pytest.raises(OptionError, match="use_raw=True, but the AnnData has no raw"),
    ):
        resolve_color(cells, "CD3D", use_raw=True)
    more = AnnData(np.zeros((3, 2), np.float32), var=pd.DataFrame(index=["A", "B"]))
    more.raw = more[:, ["A"]].copy()
    with open_cells(more) as cells, pytest.raises(DataKeyError, match="it is in X: give use_raw=False"):
        resolve_color(cells, "B")
    twins = AnnData(np.zeros((3, 2), np.float32))
    quietly(setattr, twins, "var_names", ["A", "A"])
    with open_cells(twins) as cells, pytest.raises(DataKeyError, match="2 genes are called 'A' in X"):
        resolve_color(cells, "A")
    empty = AnnData(obs=pd.DataFrame(index=list("abc")), var=pd.DataFrame(index=["A"]))
    with open_cells(empty) as cells, pytest.raises(DataKeyError, match="the AnnData has no X"):
        resolve_color(cells, "A")


def test_real_file(shared_data):
    with open_cells(shared_data("pbmc3k_2638.h5ad")) as cells:
        assert "B cells" in resolve_color(cells, "louvain").values.names
        assert resolve_color(cells, "n_genes").values.dtype == np.float32
        with pytest.raises(DataKeyError, match=r"gene of X in pbmc3k_2638\.h5ad; there are 0 genes in X"):
            resolve_color(cells, "CD3D")


@pytest.mark.parametrize("sort_order", [True, False])
@pytest.mark.parametrize(
    "key", ["CD3D", "n_counts", "some_counts", "few", "some_louvain", "louvain", "doublet", None]
)
def test_draw_order_is_scanpys(key, sort_order, opened, draw, real):
    [drawn] = draw(color=key, sort_order=sort_order)
    with opened("memory") as cells:
        order = draw_order(resolve_color(cells, key), sort_order)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(real.obsm["X_umap"][order].astype(float), drawn.coords)


def test_take_keeps_order_and_names(opened):
    keep = np.arange(700) % 3 == 1
    with opened("memory") as cells:
        numbers, groups = resolve_color(cells, "n_counts"), resolve_color(cells, "some_louvain")
    np.testing.assert_array_equal(numbers.take(keep).values, numbers.values[keep])
    np.testing.assert_array_equal(groups.take(keep).values.codes, groups.values.codes[keep])
    assert groups.take(keep).values.names == groups.values.names
    assert groups.take(np.ones(700, bool)) is groups


def test_store_palette_writes_colours_only(real, quietly):
    adata = quietly(real[:50].copy)
    before = quietly(adata.copy)
    store_palette(adata, "phase", np.array(["#000000", "#ffffff", "#ff0000"]))
    assert adata.uns["phase_colors"] == ["#000000", "#ffffff", "#ff0000"]
    with open_cells(adata) as cells:
        assert resolve_color(cells, "phase").palette == ("#000000", "#ffffff", "#ff0000")
    assert set(adata.uns) - set(before.uns) == {"phase_colors"}
    pd.testing.assert_frame_equal(adata.obs, before.obs)
    view = adata[:10]
    colors = list(view.uns["louvain_colors"])
    store_palette(view, "louvain", ["#000000"])
    assert view.is_view
    assert list(view.uns["louvain_colors"]) == colors


def test_references_of_anndata(real, quietly):
    acc = pytest.importorskip("anndata.acc", reason="anndata has references since 0.13")
    A = acc.A
    with open_cells(real) as cells:
        assert resolve_color(cells, A.obs["louvain"]).values.names[0] == "0"
        np.testing.assert_array_equal(resolve_color(cells, A.X[:, "CD3D"]).values, real[:, "CD3D"].X.ravel())
        found = resolve_color(cells, A.layers["double"][:, "CD3D"])
        np.testing.assert_array_equal(found.values, real[:, "CD3D"].layers["double"].ravel())
        assert found.title == "CD3D"
        found = resolve_color(cells, A.obsm["X_pca"][:, 3])
        np.testing.assert_array_equal(found.values, real.obsm["X_pca"][:, 3])
        for reference in (A.var["means"], A.obs.index, A.X[:, :]):
            with pytest.raises(OptionError, match="is no column to colour cells by"):
                resolve_color(cells, reference)
        with pytest.raises(DataKeyError, match="did you mean 'louvain'"):
            resolve_color(cells, A.obs["lovain"])
