"""What is read from an AnnData, from where, under which key, and what is said when it is not there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import zarr
from anndata import AnnData, read_h5ad
from scipy.sparse import csc_matrix, csr_matrix

from gpuanim.adata import Categories, as_labels, open_cells
from gpuanim.errors import DataKeyError, FileError, FormatError, OptionError, ShapeError

N = 40


@pytest.fixture(scope="module")
def adata():
    rng = np.random.default_rng(0)
    graph = csr_matrix(np.triu(rng.random((N, N)) < 0.1, 1).astype(np.float32))
    graph = graph + graph.T
    obs = pd.DataFrame(
        {
            "louvain": pd.Categorical(rng.integers(0, 4, N).astype(str), categories=list("3210")),
            "depth": rng.random(N).astype(np.float32),
            "count": pd.array([None, *range(1, N)], dtype="Int32"),
            "donor": [f"donor {i % 3}" for i in range(N)],
            "doublet": np.arange(N) % 2 == 0,
        },
        index=[f"cell-{i}" for i in range(N)],
    )
    steps = rng.random((N, 7)).astype(np.float32)
    return AnnData(
        X=rng.random((N, 3)).astype(np.float32),
        obs=obs,
        layers={"counts": np.ones((N, 3), np.float32)},
        obsm={
            "X_umap": rng.random((N, 2)).astype(np.float32),
            "umap": rng.random((N, 2)),
            "X_pca": rng.random((N, 5)),
            "X_one": rng.random((N, 1)),
            "X_holes": np.where(np.arange(N)[:, None] == 17, np.nan, rng.random((N, 2))),
            "ranking": steps,
            "X_sparse": csr_matrix(np.where(steps < 0.5, 0, steps)),
            "X_table": pd.DataFrame(steps, index=obs.index, columns=[f"t{i}" for i in range(7)]),
        },
        obsp={
            "connectivities": graph,
            "mine_connectivities": csc_matrix(graph * 2),
            "dense": graph.toarray(),
        },
        uns={
            "neighbors": {"connectivities_key": "connectivities", "params": {"n_neighbors": 4}},
            "mine": {"connectivities_key": "mine_connectivities"},
        },
    )


@pytest.fixture(scope="module")
def files(adata, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata.write_h5ad(folder / "cells.h5ad")
        adata.write_zarr(folder / "cells.zarr")
    return folder


@pytest.fixture(params=["memory", "view", "backed", "backed view", "h5ad", "zarr"])
def cells(request, adata, files):
    kind = request.param
    if kind == "memory":
        data = adata
    elif kind == "view":
        data = adata[np.arange(N)]
    elif kind.startswith("backed"):
        data = read_h5ad(files / "cells.h5ad", backed="r")
        data = data[np.arange(N)] if "view" in kind else data
    else:
        data = files / f"cells.{kind}"
    with open_cells(data) as opened:
        yield opened
    if kind.startswith("backed"):
        data.file.close()


def test_embedding_prefers_the_exact_key(cells, adata):
    np.testing.assert_array_equal(cells.embedding("umap"), adata.obsm["umap"])
    np.testing.assert_array_equal(cells.embedding("X_umap"), adata.obsm["X_umap"])
    np.testing.assert_array_equal(cells.embedding("pca", (3, 1)), adata.obsm["X_pca"][:, [3, 1]])
    assert cells.embedding("X_umap").dtype == np.float32
    assert cells.embedding("umap").dtype == np.float64
    assert cells.n_obs == N


def test_graph_goes_through_uns(cells, adata):
    graph = adata.obsp["connectivities"]
    for found, factor in [
        (cells.graph(), 1),
        (cells.graph("neighbors"), 1),
        (cells.graph("mine"), 2),
        (cells.graph(obsp="mine_connectivities"), 2),
        (cells.graph(obsp="dense"), 1),
    ]:
        assert found.format == "csr"
        assert (found != graph * factor).nnz == 0


def test_columns(cells, adata):
    louvain = cells.obs("louvain")
    assert isinstance(louvain, Categories)
    assert louvain.names == ("3", "2", "1", "0")
    np.testing.assert_array_equal(louvain.codes, adata.obs["louvain"].cat.codes)
    np.testing.assert_array_equal(cells.obs("depth"), adata.obs["depth"])
    np.testing.assert_array_equal(cells.obs("count"), [np.nan, *range(1, N)])
    np.testing.assert_array_equal(cells.obs("doublet"), adata.obs["doublet"])
    np.testing.assert_array_equal(cells.obs_names, adata.obs_names)


@pytest.mark.parametrize("key", ["ranking", "sparse", "table"])
def test_frames_are_columns(cells, adata, key):
    source = cells.frames(key)
    expected = adata.obsm[key if key == "ranking" else f"X_{key}"]
    expected = expected.toarray() if key == "sparse" else np.asarray(expected)
    assert (source.n_points, source.n_steps) == (N, 7)
    for _ in range(2):  # rewindable
        np.testing.assert_array_equal(np.stack(list(source.steps())), expected.T)
    np.testing.assert_array_equal(source.step(3), expected[:, 3])
    with pytest.raises(IndexError):
        source.step(7)


def test_frames_come_in_bands(adata, monkeypatch):
    monkeypatch.setattr("gpuanim.adata.obsm.BAND_BYTES", 8 * N * 3)
    source = open_cells(adata).frames("ranking")
    np.testing.assert_array_equal(np.stack(list(source.steps())), adata.obsm["ranking"].T)


def test_seeds(cells, adata):
    assert cells.seeds([7, 3, 7]).tolist() == [3, 7]
    assert cells.seeds(names=["cell-5"]).tolist() == [5]
    assert cells.seeds().tolist() == []
    expected = np.flatnonzero(adata.obs["louvain"] == "3")
    np.testing.assert_array_equal(cells.seeds(groups=[("louvain", "3")]), expected)
    np.testing.assert_array_equal(cells.seeds(groups=[("donor", "donor 1")]), np.arange(1, N, 3))
    np.testing.assert_array_equal(cells.seeds(groups=[("doublet", "True")]), np.arange(0, N, 2))
    both = cells.seeds([0], ["cell-1"], [("donor", "donor 1")])
    assert both.tolist() == [0, *range(1, N, 3)]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda c: c.embedding("umpa"),
            DataKeyError,
            r"no embedding 'umpa' in obsm of .*did you mean '(X_)?umap'",
        ),
        (lambda c: c.embedding("zzz"), DataKeyError, r"there are .*'X_pca'"),
        (
            lambda c: c.embedding("one"),
            ShapeError,
            r"obsm\['X_one'\] has shape \(40, 1\): no columns \(0, 1\)",
        ),
        (lambda c: c.embedding("pca", (0, 5)), ShapeError, r"no columns \(0, 5\), counted from 0"),
        (lambda c: c.embedding("holes"), ShapeError, r"1 of 40 cells without finite .*first: cell 17"),
        (lambda c: c.graph(obsp="connectivites"), DataKeyError, r"did you mean 'connectivities'"),
        (lambda c: c.graph("neighbours"), DataKeyError, r"no neighbours 'neighbours' in uns.*'neighbors'"),
        (lambda c: c.graph("mine", "dense"), OptionError, "neighbors_key or obsp, not both"),
        (lambda c: c.obs("louvian"), DataKeyError, r"no column 'louvian' in obs.*did you mean 'louvain'"),
        (lambda c: c.frames("rankin"), DataKeyError, r"did you mean 'ranking'"),
        (lambda c: c.seeds([N]), OptionError, r"seed 40 is out of range: there are 40 cells, from 0 to 39"),
        (lambda c: c.seeds([-1]), OptionError, "seed -1 is out of range"),
        (
            lambda c: c.seeds(names=["cell-50"]),
            DataKeyError,
            r"no cell is called 'cell-50'.*did you mean 'cell-5'",
        ),
        (
            lambda c: c.seeds(groups=[("louvain", "9")]),
            DataKeyError,
            r"no cells '9'; there are '3', '2', '1', '0'",
        ),
        (
            lambda c: c.seeds(groups=[("donor", "donor 9")]),
            DataKeyError,
            r"did you mean 'donor 0'|'donor 1'|'donor 2'",
        ),
    ],
)
def test_errors_say_what_is_there(cells, call, error, text):
    with pytest.raises(error, match=text):
        call(cells)


def test_duplicate_names(adata):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twice = adata[[0, 1, 1, 2]].copy()
    with pytest.raises(DataKeyError, match=r"2 cells are called 'cell-1'.*by its index \(1, 2\)"):
        open_cells(twice).seeds(names=["cell-1"])
    assert open_cells(twice).seeds([1]).tolist() == [1]


def test_no_graph(adata):
    bare = AnnData(obs=adata.obs.copy())
    with pytest.raises(
        DataKeyError, match=r"no graph 'connectivities' in obsp .*there is nothing in it.*neighbors"
    ):
        open_cells(bare).graph()


def test_subset_view(adata):
    pick = np.array([5, 1, 30])
    with open_cells(adata[pick]) as cells:
        np.testing.assert_array_equal(cells.embedding("umap"), adata.obsm["umap"][pick])
        np.testing.assert_array_equal(
            cells.graph().toarray(), adata.obsp["connectivities"][pick][:, pick].toarray()
        )
        assert cells.obs_names.tolist() == ["cell-5", "cell-1", "cell-30"]


def test_nothing_is_modified(adata):
    before = adata.copy()
    with open_cells(adata) as cells:
        cells.embedding("umap")[:] = 0
        cells.graph("mine")
        cells.seeds(groups=[("louvain", "1")])
        list(cells.frames("ranking").steps())
    for slot in ("obsm", "obsp"):
        for key in before.obsm if slot == "obsm" else before.obsp:
            a, b = getattr(before, slot)[key], getattr(adata, slot)[key]
            assert np.array_equal(
                *(np.asarray(m.todense() if hasattr(m, "todense") else m) for m in (a, b)), equal_nan=True
            )
    pd.testing.assert_frame_equal(before.obs, adata.obs)


def test_x_and_layers_are_never_touched(files, tmp_path):
    """X, layers and raw are broken on purpose: with the wrong shape in HDF5, without chunks in zarr."""
    path = tmp_path / "broken.h5ad"
    shutil.copy(files / "cells.h5ad", path)
    with h5py.File(path, "r+") as file:
        for name in ("X", "layers", "var", "raw"):
            if name in file:
                del file[name]
            file[name] = h5py.SoftLink("/nowhere")
    folder = tmp_path / "broken.zarr"
    shutil.copytree(files / "cells.zarr", folder)
    for name in ("X", "layers", "var"):
        shutil.rmtree(folder / name)
    for target in (path, folder):
        with open_cells(target) as cells:
            assert cells.embedding("umap").shape == (N, 2)
            assert cells.graph().shape == (N, N)
            assert cells.obs("depth").shape == (N,)
            assert cells.frames("ranking").step(6).shape == (N,)
            assert len(cells.seeds(names=["cell-7"])) == 1


def test_the_short_way_does_without_anndata(files):
    code = (
        "import sys; from gpuanim.adata import open_cells\n"
        f"cells = open_cells({str(files / 'cells.h5ad')!r})\n"
        "cells.embedding('umap'); cells.graph(); cells.seeds([0], ['cell-3'], [('louvain', '3')])\n"
        "assert 'anndata' not in sys.modules and 'pandas' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr


def test_strings_of_fixed_length(shared_data):
    with open_cells(shared_data("pbmc3k_2638.h5ad")) as cells:
        assert cells.n_obs == 2638
        assert all(isinstance(name, str) for name in cells.obs_names[:3])
        assert cells.graph().nnz == 64_058
        assert "B cells" in cells.obs("louvain").names
        assert cells.seeds(names=[cells.obs_names[5]]).tolist() == [5]
    with open_cells(shared_data("npm_graph_193k.h5ad")) as cells:
        assert cells.obs_names.shape == (192_537,)
        assert cells.embedding("layout").shape == (192_537, 2)


def test_file_from_before_anndata_07(pbmc68k):
    scanpy = pytest.importorskip("scanpy", reason="scanpy (extra demo) is the reference")
    path = Path(scanpy.__file__).parent / "datasets" / "10x_pbmc68k_reduced.h5ad"
    if not path.is_file():
        pytest.skip("this scanpy keeps its cells in another format")
    with open_cells(path) as cells:
        np.testing.assert_array_equal(cells.embedding("umap"), pbmc68k.obsm["X_umap"])
        assert (cells.graph() != pbmc68k.obsp["connectivities"]).nnz == 0


def test_not_an_anndata(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        open_cells(tmp_path / "absent.h5ad")
    text = tmp_path / "cells.csv"
    text.write_text("a,b\n")
    with pytest.raises(FormatError, match=r"not an AnnData file; expected \.h5ad"):
        open_cells(text)
    with pytest.raises(FormatError, match="not a zarr group"):
        open_cells(tmp_path)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["matrix"] = np.zeros(3)
    with pytest.raises(FormatError, match="no obs or no obsm"):
        open_cells(tmp_path / "other.h5")
    zarr.open_group(str(tmp_path / "other.zarr"), mode="w").create_group("obs")
    with pytest.raises(FormatError, match="is zarr, but not an AnnData"):
        open_cells(tmp_path / "other.zarr")
    with pytest.raises(OptionError, match="expected an AnnData or the path of one, got ndarray"):
        open_cells(np.zeros(3))


def test_labels_keep_categories_and_palette():
    obs = pd.DataFrame(
        {"kind": pd.Categorical(["b", "a", None], categories=["b", "a"]), "n": [1, 2, 3]},
        index=["x", "y", "z"],
    )
    adata = AnnData(obs=obs, uns={"kind_colors": np.array(["#ff0000", "#00ff00"])})
    with open_cells(adata) as cells:
        labels = as_labels(cells.obs("kind"))
        assert list(labels.categories) == ["b", "a"]
        assert labels.codes.tolist() == [0, 1, -1]
        assert cells.palette("kind") == ["#ff0000", "#00ff00"]
        assert cells.palette("n") is None
        assert as_labels(cells.obs("n")).tolist() == [1, 2, 3]
