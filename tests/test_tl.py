"""What gpuanim.tl writes into an AnnData, that it stays there, and what it says instead of writing."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, ImplicitModificationWarning, read_h5ad, read_zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_matrix, diags_array

import gpuanim as ga
from gpuanim import _memory, tl
from gpuanim.adata import open_cells
from gpuanim.cli._parser import build_parser
from gpuanim.errors import DataKeyError, GraphError, OptionError, ShapeError
from gpuanim.simulate import atlas
from gpuanim.tl import _iterates
from gpuanim.tl._start import seed_positions
from gpuanim.tl._write import winners

BOTH = [tl.label_propagation, tl.harmonic_extension]


@pytest.fixture
def adata(pbmc68k):
    """Real cells; of each fifth one the cluster is known."""
    copied = pbmc68k.copy()
    copied.obs["known"] = copied.obs["louvain"].where(np.arange(700) % 5 == 0)
    copied.uns["known_colors"] = list(copied.uns["louvain_colors"])
    return copied


@pytest.fixture
def small():
    """Five cells in a row, and one alone."""
    path = np.diag([1, 1, 1, 1, 0], 1).astype(np.float32)
    obs = pd.DataFrame(
        {
            "kind": pd.Categorical(["b", None, None, None, "a", None], categories=["b", "a", "none"]),
            "text": ["y", "x", None, None, None, None],
            "flag": [True, False, True, False, True, False],
            "maybe": pd.array([True, None, None, None, False, None], dtype="boolean"),
            "depth": [np.nan, 2, np.nan, np.nan, -1, np.nan],
            "count": np.arange(6),
            "nothing": np.full(6, np.nan),
            "infinite": [np.inf, 0, 0, 0, 0, 0],
            "when": pd.to_datetime(["2020-01-01"] * 6),
        },
        index=[f"cell-{i}" for i in range(6)],
    )
    return AnnData(np.ones((6, 2), np.float32), obs=obs, obsp={"connectivities": csr_matrix(path + path.T)})


def keys(adata):
    return {slot: set(getattr(adata, slot)) for slot in ("obs", "obsm", "obsp", "uns", "layers")}


def plainly(graph, labels, alpha, n_steps):
    """Take the steps of the formula in float64."""
    root = diags_array(np.ravel(graph.sum(axis=0)) ** -0.5)
    f, steps = labels, [labels]
    for _ in range(n_steps):
        f = alpha * (root @ graph.astype(np.float64) @ root @ f) + (1 - alpha) * labels
        steps.append(f)
    return np.stack(steps, 1)


def test_steps_of_seeds_are_the_formulas(adata):
    x = adata.X.copy()
    assert tl.label_propagation(adata, [3, 5], alpha=0.9, n_steps=12) is None
    kept = adata.obsm["label_propagation"]
    assert (kept.shape, kept.dtype) == ((700, 13), np.float32)
    expected = plainly(adata.obsp["connectivities"], np.isin(np.arange(700), [3, 5]).astype(float), 0.9, 12)
    np.testing.assert_allclose(kept, expected, rtol=1e-4, atol=1e-7)
    about = adata.uns["label_propagation"]
    assert list(about["params"].pop("seeds")) == list(adata.obs_names[[3, 5]])
    assert about["params"] == {
        "method": "LabelPropagation",
        "alpha": 0.9,
        "n_steps": 12,
        "include_initial": True,
        "device": "cpu",
    }
    change = np.square(np.diff(expected, axis=1)).sum(0) / np.square(expected[:, 1:]).sum(0)
    np.testing.assert_allclose(about["residuals"], change, rtol=1e-3)
    assert about["n_steps"] == 12
    np.testing.assert_array_equal(adata.X, x)


@pytest.mark.parametrize("alpha", [0.8, 0.99])
def test_steps_to_a_tolerance_are_the_blogs(adata, alpha):
    signal = pd.get_dummies(adata.obs["known"]).to_numpy(np.float64)
    mask = adata.obs["known"].notna().to_numpy()
    blog = ga.label_propagation(signal, adata.obsp["connectivities"], mask, alpha, eps_tol=1e-4)[:-1]
    tl.label_propagation(adata, labels="known", alpha=alpha, tol=1e-4, include_initial=False, dtype="float64")
    kept = adata.obsm["label_propagation"]
    assert kept.dtype == np.float64
    np.testing.assert_allclose(kept, np.stack(blog, 1), rtol=1e-12)
    about = adata.uns["label_propagation"]
    assert about["n_steps"] == kept.shape[1] > 2
    assert about["residuals"][-1] <= 1e-4 < about["residuals"][-2]


def test_harmonic_extension_keeps_labels(adata):
    mask = adata.obs["known"].notna().to_numpy()
    tl.harmonic_extension(adata, labels="known", n_steps=400)
    kept = adata.obsm["harmonic_extension"]
    labels = pd.get_dummies(adata.obs["known"]).to_numpy(np.float32)
    np.testing.assert_array_equal(kept[:, 0], labels)
    np.testing.assert_array_equal(kept[mask, -1], labels[mask])
    direct = ga.harmonic_extension(labels, adata.obsp["connectivities"], mask, method="direct")
    np.testing.assert_allclose(kept[~mask, -1], direct, atol=1e-4)
    assert "alpha" not in adata.uns["harmonic_extension"]["params"]
    assert (adata.obs["harmonic_extension"] == adata.obs["louvain"]).mean() > 0.8


def test_classes_end_in_obs_with_the_colors_of_their_labels(adata):
    tl.label_propagation(adata, labels="known", n_steps=30, key_added="types")
    names = list(adata.obs["louvain"].cat.categories)
    assert list(adata.uns["types"]["categories"]) == list(adata.obs["types"].cat.categories) == names
    assert list(adata.uns["types_colors"]) == list(adata.uns["louvain_colors"])
    assert adata.uns["types"]["params"]["labels"] == "known"
    last = adata.obsm["types"][:, -1]
    np.testing.assert_array_equal(adata.obs["types"].cat.codes, last.argmax(1))
    np.testing.assert_allclose(adata.obs["types_confidence"], last.max(1) / last.sum(1), rtol=1e-6)
    assert (adata.obs["types"] == adata.obs["louvain"]).mean() > 0.8


def test_what_none_has_reached_has_no_class(small):
    tl.label_propagation(small, labels="kind", n_steps=1)
    assert small.obs["label_propagation"].tolist() == ["b", "b", np.nan, "a", "a", np.nan]
    np.testing.assert_array_equal(small.obs["label_propagation_confidence"], [1, 1, np.nan, 1, 1, np.nan])
    tl.label_propagation(small, labels="kind", n_steps=2)
    assert small.obs["label_propagation"].tolist() == [
        "b",
        "b",
        "b",
        "a",
        "a",
        np.nan,
    ]  # a tie is the first's
    assert small.obs["label_propagation_confidence"].iloc[2] == np.float32(0.5)
    assert "label_propagation_colors" not in small.uns  # the labels have none


@given(hnp.arrays(np.float32, (20, 3), elements=st.floats(0, 2, width=32)), st.randoms())
def test_winners_follow_their_cells(shares, random):
    codes, confidence = winners(shares)
    some = np.array(random.sample(range(20), 20))
    np.testing.assert_array_equal(winners(shares[some])[0], codes[some])
    reached = codes >= 0
    np.testing.assert_array_equal(reached, shares.any(axis=1))
    np.testing.assert_array_equal(np.isnan(confidence), ~reached)
    assert (confidence[reached] >= 1 / 3 - 1e-6).all()
    assert (confidence[reached] <= 1 + 1e-6).all()
    np.testing.assert_array_equal(shares[reached, codes[reached]], shares[reached].max(axis=1))


@pytest.mark.parametrize(
    ("labels", "categories", "start"),
    [
        ("kind", ["b", "a", "none"], [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        ("text", ["x", "y"], [[0, 1], [1, 0], [0, 0], [0, 0], [0, 0], [0, 0]]),
        ("flag", ["False", "True"], [[0, 1], [1, 0], [0, 1], [1, 0], [0, 1], [1, 0]]),
        ("maybe", ["False", "True"], [[0, 1], [0, 0], [0, 0], [0, 0], [1, 0], [0, 0]]),
        ("depth", None, [0, 2, 0, 0, -1, 0]),
        ("count", None, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_columns_as_labels(small, labels, categories, start):
    tl.label_propagation(small, labels=labels, n_steps=1)
    np.testing.assert_array_equal(small.obsm["label_propagation"][:, 0], start)
    about = small.uns["label_propagation"]
    assert ("categories" in about) == ("label_propagation" in small.obs) == (categories is not None)
    if categories is not None:
        assert list(about["categories"]) == categories


@pytest.mark.parametrize(
    ("seeds", "found"),
    [
        (2, [2]),
        (np.int64(2), [2]),
        ([4, 0, 4], [0, 4]),
        (np.array([4, 0], np.uint8), [0, 4]),
        ("cell-3", [3]),
        (["cell-3", 1], [1, 3]),
        (pd.Index(["cell-3", "cell-0"]), [0, 3]),
        (np.array(["cell-3", "cell-0"]), [0, 3]),
        ("kind=b", [0]),
        (["kind=b", "flag=False", "cell-2"], [0, 1, 2, 3, 5]),
        ({"kind": "b"}, [0]),
        ({"kind": ["a", "b"], "count": 3}, [0, 3, 4]),
        ({"flag": True}, [0, 2, 4]),
        ([False, True, False, False, False, True], [1, 5]),
        (np.arange(6) > 4, [5]),
        (pd.Series([True, False, False, False, False, False]), [0]),
        (pd.array([True, None, False, False, False, False], dtype="boolean"), [0]),
    ],
)
def test_seeds_in_every_form(small, seeds, found):
    with open_cells(small) as cells:
        assert seed_positions(cells, seeds).tolist() == found


def test_a_name_with_an_equals_sign_is_a_name_first(small):
    small.obs_names = ["kind=b", *small.obs_names[1:]]
    small.obs["kind"] = small.obs["kind"].fillna("b")
    with open_cells(small) as cells:
        assert seed_positions(cells, "kind=b").tolist() == [0]


def test_seeds_are_the_command_lines(adata):
    words = ["--seed", "7", "--seed-name", adata.obs_names[9], "--seed-group", "louvain=3"]
    args = build_parser().parse_args(["propagate", "cells.h5ad", *words, "-o", "film.mp4"])
    with open_cells(adata) as cells:
        expected = cells.seeds(args.seed, args.seed_name, args.seed_group)
        found = seed_positions(cells, [7, adata.obs_names[9], "louvain=3"])
    np.testing.assert_array_equal(found, expected)
    tl.label_propagation(adata, [7, adata.obs_names[9], "louvain=3"], n_steps=1)
    np.testing.assert_array_equal(np.flatnonzero(adata.obsm["label_propagation"][:, 0]), expected)


def test_the_graph_is_found_as_scanpy_finds_it(small):
    small.obsp["mine"] = small.obsp["connectivities"] @ small.obsp["connectivities"]
    small.uns["hops"] = {"connectivities_key": "mine"}
    for option in ({"obsp": "mine"}, {"neighbors_key": "hops"}):
        tl.label_propagation(small, 0, n_steps=1, **option)
        assert np.flatnonzero(small.obsm["label_propagation"][:, 1]).tolist() == [0, 2]
        assert small.uns["label_propagation"]["params"].items() >= option.items()


@pytest.mark.parametrize("tool", BOTH)
def test_copy_leaves_the_original_alone(adata, tool):
    before = keys(adata)
    copied = tool(adata, labels="known", n_steps=2, copy=True, key_added="types")
    assert keys(adata) == before
    assert "types" in copied.obsm
    assert "types" in copied.obs


def test_a_second_run_replaces_the_first(adata):
    before = keys(adata)
    tl.label_propagation(adata, labels="known", n_steps=3)
    tl.harmonic_extension(adata, 0, n_steps=2, key_added="label_propagation")
    assert adata.obsm["label_propagation"].shape == (700, 3)
    assert adata.uns["label_propagation"]["params"]["method"] == "HarmonicExtension"
    after = keys(adata)
    assert after["obs"] == before["obs"]
    assert after["uns"] == before["uns"] | {"label_propagation"}


def test_a_view_becomes_an_object_of_its_own(adata):
    view = adata[:300]
    with pytest.warns(ImplicitModificationWarning):
        tl.label_propagation(view, labels="known", n_steps=2)
    assert not view.is_view
    assert view.obsm["label_propagation"].shape[:2] == (300, 3)
    assert "label_propagation" in view.obs
    assert "label_propagation" not in adata.obsm


def test_backed(adata, tmp_path):
    adata.write_h5ad(tmp_path / "cells.h5ad")
    tl.label_propagation(adata, labels="known", n_steps=2)
    backed = read_h5ad(tmp_path / "cells.h5ad", backed="r")
    tl.label_propagation(backed, labels="known", n_steps=2)
    np.testing.assert_array_equal(backed.obsm["label_propagation"], adata.obsm["label_propagation"])
    assert backed.isbacked
    with pytest.raises(OptionError, match=r"backed by a file, and a copy .*to_memory"):
        tl.label_propagation(backed, 0, copy=True)
    with pytest.raises(OptionError, match=r"backed by a file, and a view .*to_memory"):
        tl.label_propagation(backed[:50], 0)
    backed.file.close()


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
@pytest.mark.parametrize("options", [{"seeds": 0}, {"labels": "known"}], ids=["signal", "classes"])
def test_results_survive_files_and_subsetting(adata, tmp_path, suffix, options):
    tl.label_propagation(adata, **options, n_steps=4, key_added="kept")
    path = tmp_path / f"cells.{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr warns of anndata's own doings
        getattr(adata, f"write_{suffix}")(path)
        back = read_h5ad(path) if suffix == "h5ad" else read_zarr(path)
    some = np.arange(700) % 3 == 0
    for found, rows in [(back, slice(None)), (back[some], some), (back[some].copy(), some)]:
        np.testing.assert_array_equal(found.obsm["kept"], adata.obsm["kept"][rows])
        about, expected = found.uns["kept"], adata.uns["kept"]
        assert set(about) == set(expected)
        assert about["n_steps"] == 4
        np.testing.assert_array_equal(about["residuals"], expected["residuals"])
        params, asked = dict(about["params"]), dict(expected["params"])
        assert list(params.pop("seeds", ())) == list(asked.pop("seeds", ()))
        assert params == asked
        if "labels" in options:
            assert list(about["categories"]) == list(expected["categories"])
            assert found.obs["kept"].tolist() == adata.obs["kept"][rows].tolist()


@pytest.mark.parametrize("tool", BOTH)
@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({}, OptionError, "give seeds or labels .*got neither"),
        ({"seeds": 0, "labels": "kind"}, OptionError, "give seeds or labels .*got both"),
        ({"labels": "knid"}, DataKeyError, "no column 'knid' in obs.*did you mean 'kind'"),
        ({"labels": "nothing"}, OptionError, r"obs\['nothing'\] is missing in all cells"),
        ({"labels": "infinite"}, ShapeError, "labels must be finite in labelled rows"),
        ({"labels": "when"}, OptionError, "categories or numbers, got one of datetime64"),
        ({"seeds": 6}, OptionError, "seed 6 is out of range: there are 6 cells"),
        ({"seeds": "cel-1"}, DataKeyError, "no cell is called 'cel-1'.*names look like 'cell-0'"),
        ({"seeds": "knid=a"}, DataKeyError, "no column 'knid' in obs.*did you mean 'kind'"),
        ({"seeds": {"kind": "c"}}, DataKeyError, r"obs\['kind'\] has no cells 'c'; there are 'b', 'a'"),
        ({"seeds": {"knid": "c"}}, DataKeyError, "did you mean 'kind'"),
        ({"seeds": []}, OptionError, "seeds hold no cell"),
        ({"seeds": [False] * 6}, OptionError, "seeds hold no cell"),
        ({"seeds": {"kind": "none"}}, OptionError, "seeds hold no cell"),
        ({"seeds": [True, False]}, ShapeError, r"must have shape \(6,\).*got \(2,\)"),
        ({"seeds": [1.5]}, OptionError, "cells by number or name.*got 1.5 of type float"),
        ({"seeds": [True, 0]}, OptionError, "got True of type bool"),
        ({"seeds": 0, "obsp": "conectivities"}, DataKeyError, "did you mean 'connectivities'"),
        ({"seeds": 0, "neighbors_key": "wnn"}, DataKeyError, "no neighbours 'wnn' in uns"),
        ({"seeds": 0, "obsp": "x", "neighbors_key": "y"}, OptionError, "neighbors_key or obsp, not both"),
        ({"seeds": 0, "obsp": "bad"}, GraphError, "not negative"),
        ({"seeds": 0, "n_steps": 0}, OptionError, "n_steps must be a whole number"),
        ({"seeds": 0, "tol": -1}, OptionError, "tol must be"),
        ({"seeds": 0, "dtype": "float16"}, OptionError, "float32 or float64"),
        ({"seeds": 0, "device": "tpu"}, OptionError, "device must be"),
        ({"seeds": 0, "key_added": "a/b"}, OptionError, "without '/'"),
        ({"seeds": 0, "key_added": ""}, OptionError, "key_added must be a name"),
        ({"labels": "kind", "key_added": "kind"}, OptionError, "would overwrite the labels themselves"),
        ({"seeds": 0, "key_added": "graph"}, OptionError, "overwrite what uns says of the graph"),
    ],
)
def test_errors_come_before_anything_is_written(small, tool, options, error, text):
    small.uns["graph"] = {"connectivities_key": "connectivities"}
    small.obsp["bad"] = -small.obsp["connectivities"]
    before = keys(small)
    with pytest.raises(error, match=text):
        tool(small, **options)
    assert keys(small) == before


def test_repeated_names_are_told(small):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anndata warns of it, too
        small.obs_names = ["a", "a", "b", "c", "d", "e"]
        with pytest.raises(DataKeyError, match="2 cells are called 'a'"):
            tl.label_propagation(small, ["a", "b"])


@pytest.mark.parametrize("alpha", [0, 1, "much"])
def test_alpha_is_a_share(small, alpha):
    with pytest.raises(OptionError, match="alpha must be above 0 and below 1"):
        tl.label_propagation(small, 0, alpha=alpha)


@pytest.mark.parametrize("wrong", ["cells.h5ad", np.ones(3), None])
def test_only_an_anndata_can_be_written_to(wrong):
    with pytest.raises(OptionError, match=r"adata must be an AnnData, got .*read_h5ad"):
        tl.label_propagation(wrong, 0)


@pytest.mark.parametrize(
    ("step_bytes", "options", "text"),
    [
        (24, {"seeds": 0, "n_steps": 8}, r"9 steps of \(6,\) float32 do not fit: .*at most 8 can be kept"),
        (72, {"labels": "kind", "n_steps": 8}, r"9 steps of \(6, 3\) float32 do not fit: .*at most 8 can"),
        (
            24,
            {"seeds": 0, "tol": 0},
            r"tolerance is not met after 8 steps: .*gpuanim\.\w+ to gpuanim\.animate",
        ),
        (60, {"labels": "kind", "dtype": "float64"}, "2 steps or more of .* do not fit: .*at most 0 can"),
    ],
)
@pytest.mark.parametrize("tool", BOTH)
def test_steps_that_do_not_fit_are_refused(small, monkeypatch, tool, step_bytes, options, text):
    free = int(step_bytes * (8 + _iterates._WORK) / _iterates._SHARE) + 1
    monkeypatch.setattr(_memory, "available", lambda: free)
    before = keys(small)
    with pytest.raises(OptionError, match=text):
        tool(small, **options)
    assert keys(small) == before
    tool(small, 0, n_steps=7)  # 8 with the start


def test_no_limit_where_memory_is_unknown(small, monkeypatch):
    monkeypatch.setattr(_memory, "available", lambda: None)
    tl.label_propagation(small, 0, tol=1e-9, alpha=0.9)
    kept = small.obsm["label_propagation"]
    assert kept.shape[1] > 40  # grown more than once
    assert kept.shape[1] == small.uns["label_propagation"]["n_steps"] + 1
    expected = list(
        ga.LabelPropagation(
            small.obsp["connectivities"], np.eye(6)[0], alpha=0.9, tol=1e-9, include_initial=True
        )
    )
    np.testing.assert_array_equal(kept, np.stack(expected, 1))
    assert kept[:, 3].flags.c_contiguous


def test_cells_keep_their_places_where_nodes_are_moved(monkeypatch):
    adata = atlas(3000).to_anndata()
    labels = adata.obs["cell_type"].where(np.arange(3000) % 9 == 0)
    adata.obs["known"] = labels.cat.remove_unused_categories()
    tl.label_propagation(adata, labels="known", n_steps=3, key_added="given")
    monkeypatch.setattr("gpuanim.propagation.place.pays", lambda *_: True)
    tl.label_propagation(adata, labels="known", n_steps=3, key_added="moved")
    np.testing.assert_allclose(adata.obsm["moved"], adata.obsm["given"], rtol=1e-5)


def test_one_class(small):
    small.obs["only"] = small.obs["kind"].cat.remove_categories(["a", "none"])
    tl.harmonic_extension(small, labels="only", n_steps=2)
    assert small.obsm["harmonic_extension"].shape == (6, 3, 1)
    assert small.obs["harmonic_extension"].tolist() == ["b", "b", "b", np.nan, np.nan, np.nan]


def test_import_is_light():
    code = (
        "import sys; from gpuanim import tl; tl.label_propagation; "
        "print({'numba', 'scipy', 'matplotlib', 'anndata', 'pandas', 'h5py'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "none"
