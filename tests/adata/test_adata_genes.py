"""Single genes from every kind of matrix, and that nothing else of it is read."""

from __future__ import annotations

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
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csc_matrix, csr_matrix

from gpuanim.adata import open_cells
from gpuanim.adata.matrix import read_columns
from gpuanim.errors import DataKeyError

N, M = 3000, 240


@pytest.fixture(scope="module")
def dense():
    rng = np.random.default_rng(3)
    return np.where(rng.random((N, M)) < 0.05, rng.random((N, M)), 0).astype(np.float32)


@pytest.fixture(scope="module")
def files(dense, tmp_path_factory):
    folder = tmp_path_factory.mktemp("genes")
    adata = AnnData(
        dense,
        layers={"csc": csc_matrix(dense), "csr": csr_matrix(dense)},
        var=pd.DataFrame(index=[f"g{i}" for i in range(M)]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata.raw = adata
        adata.write_h5ad(folder / "contiguous.h5ad")
        adata.write_zarr(folder / "chunked.zarr", chunks=(500, 20))
    with h5py.File(folder / "contiguous.h5ad") as whole, h5py.File(folder / "chunked.h5ad", "w") as chunked:
        for key in whole:
            if key != "X":
                whole.copy(key, chunked)
        chunked.create_dataset("X", data=dense, chunks=(500, 20), compression="gzip")
        chunked["X"].attrs.update(whole["X"].attrs)
        chunked.attrs.update(whole.attrs)
    return folder


@pytest.fixture
def count_read(monkeypatch):
    """Return a dict that collects how many numbers were read of each array."""
    read: dict[str, int] = {}
    for kind in (h5py.Dataset, zarr.Array):
        getitem = kind.__getitem__

        def counted(self, index, *args, _getitem=getitem, **kwargs):
            found = _getitem(self, index, *args, **kwargs)
            read[self.name] = read.get(self.name, 0) + np.size(found)
            return found

        monkeypatch.setattr(kind, "__getitem__", counted)
    return read


@pytest.mark.parametrize("name", ["contiguous.h5ad", "chunked.h5ad", "chunked.zarr"])
def test_only_the_gene_is_read(name, files, dense, count_read):
    with open_cells(files / name) as cells:
        for use_raw in (None, False):
            count_read.clear()
            np.testing.assert_array_equal(cells.genes(use_raw=use_raw).values([7])[0], dense[:, 7])
            assert count_read == {"/X" if use_raw is False else "/raw/X": N}
        count_read.clear()
        np.testing.assert_array_equal(cells.genes("csc").values([7])[0], dense[:, 7])
        entries = np.count_nonzero(dense[:, 7])
        assert count_read == {
            "/layers/csc/indptr": 2,
            "/layers/csc/indices": entries,
            "/layers/csc/data": entries,
        }


@pytest.mark.parametrize("name", ["contiguous.h5ad", "chunked.h5ad", "chunked.zarr"])
def test_csr_is_read_in_pieces_once_for_all_genes(name, files, dense, count_read, monkeypatch):
    pieces = []
    monkeypatch.setattr("gpuanim.adata.matrix.CSR_ENTRIES", 5000)
    monkeypatch.setattr("numpy.flatnonzero", lambda a, _f=np.flatnonzero: pieces.append(len(a)) or _f(a))
    with open_cells(files / name) as cells:
        found = cells.genes("csr").values([M - 1, 0, 7])
    np.testing.assert_array_equal(found, dense[:, [M - 1, 0, 7]].T)
    entries = np.count_nonzero(dense)
    assert max(pieces) == 5000
    assert count_read["/layers/csr/indices"] == entries
    assert count_read["/layers/csr/data"] <= entries


def test_csr_warns_where_it_is_slow(files, monkeypatch):
    monkeypatch.setattr("gpuanim.adata.matrix.CSR_WARN", 1000)
    with open_cells(files / "contiguous.h5ad") as cells:
        with pytest.warns(UserWarning, match=r"CSR order: all of its [\d,]+ entries .*adata\.X\.tocsc\(\)"):
            cells.genes("csr").values([0])
        cells.genes("csc").values([0])


def test_chunks_are_read_once_for_their_genes(files, dense, count_read, monkeypatch):
    monkeypatch.setattr("gpuanim.adata.matrix.STRIP_BYTES", 1)  # a chunk at a time
    wanted = [25, 3, 21, M - 1, 3]
    for name in ("chunked.h5ad", "chunked.zarr"):
        count_read.clear()
        with open_cells(files / name) as cells:
            np.testing.assert_array_equal(cells.genes(use_raw=False).values(wanted), dense[:, wanted].T)
        assert count_read["/X"] == N * (1 + 5 + 1)  # 3; 21 to 25; the last


def test_a_backed_view_reads_from_the_file(files, dense, count_read):
    pick = np.array([5, 1, 2999, 40])
    adata = read_h5ad(files / "chunked.h5ad", backed="r")
    with open_cells(adata[pick, 10:50]) as cells:
        for use_raw, gene in ((False, "g12"), (None, "g200")):
            count_read.clear()
            genes = cells.genes(use_raw=use_raw)
            found = genes.values([genes.position(gene)])[0]
            np.testing.assert_array_equal(found, dense[pick, int(gene[1:])])
            assert count_read["/X" if use_raw is False else "/raw/X"] == N
        np.testing.assert_array_equal(cells.genes("csr").values([2])[0], dense[pick, 12])
    adata.file.close()


def test_a_backed_view_with_names_that_do_not_tell(files, dense):
    adata = read_h5ad(files / "chunked.h5ad", backed="r")
    adata.obs_names = [f"renamed {i}" for i in range(N)]
    with open_cells(adata[10:20]) as cells:
        np.testing.assert_array_equal(cells.genes(use_raw=False).values([7])[0], dense[10:20, 7])
    adata.file.close()


def test_a_view_in_memory_copies_one_column(dense, monkeypatch):
    adata = AnnData(dense, layers={"csr": csr_matrix(dense)})
    view = adata[::2]
    copied = []
    get = AnnData.X.fget
    counted = property(lambda self: (self.is_view and copied.append(self.shape)) or get(self))
    monkeypatch.setattr(AnnData, "X", counted)
    with open_cells(view) as cells:
        np.testing.assert_array_equal(cells.genes().values([7, 3]), dense[::2, [7, 3]].T)
        np.testing.assert_array_equal(cells.genes("csr").values([7])[0], dense[::2, 7])
    assert max(rows * columns for rows, columns in copied) == N // 2 * 2


@given(
    hnp.arrays(
        np.float64, st.tuples(st.integers(1, 8), st.integers(1, 6)), elements=st.sampled_from([0, 1, 2.5])
    ),
    st.data(),
)
@settings(max_examples=25)
def test_all_matrices_give_the_same(array, data):
    wanted = data.draw(st.lists(st.integers(0, array.shape[1] - 1), min_size=1, max_size=5))
    group = zarr.group()
    group.create_array("dense", data=array, chunks=(3, 2))
    for kind, matrix in (("csr", csr_matrix(array)), ("csc", csc_matrix(array))):
        stored = group.create_group(kind)
        stored.attrs.update({"encoding-type": f"{kind}_matrix", "shape": list(array.shape)})
        for part in ("data", "indices", "indptr"):
            stored.create_array(part, data=getattr(matrix, part))
    forms = [array, pd.DataFrame(array), csr_matrix(array), csc_matrix(array)]
    for matrix in [*forms, *(group[key] for key in ("dense", "csr", "csc"))]:
        np.testing.assert_array_equal(read_columns(matrix, wanted), array[:, wanted].T)


def test_whole_numbers_are_floats():
    found = read_columns(np.arange(6, dtype=np.int64).reshape(3, 2), [1])
    assert (found.dtype, found.tolist()) == (np.float32, [[1, 3, 5]])


def test_dask(dense):
    dask = pytest.importorskip("dask.array", reason="dask is an extra")
    np.testing.assert_array_equal(
        read_columns(dask.from_array(dense, chunks=(500, 60)), [7]), dense[:, [7]].T
    )


def test_genes_say_what_is_there(files):
    with open_cells(files / "chunked.h5ad") as cells:
        genes = cells.genes("csc")
        assert (genes.title, genes.position("g12"), genes.find("nothing")) == ("layers['csc']", 12, None)
        assert cells.genes().title == "raw"
        with pytest.raises(
            DataKeyError, match=r"no gene 'G12' in layers\['csc'\] of chunked.*mean 'g12'.*240 genes"
        ):
            genes.position("G12")


def test_a_gene_of_a_file_does_without_anndata(files):
    code = (
        "import sys; from gpuanim.adata import open_cells; from gpuanim.adata.colors import resolve_color\n"
        f"cells = open_cells({str(files / 'chunked.h5ad')!r})\n"
        "assert resolve_color(cells, 'g7').values.shape == (3000,)\n"
        "assert not {'anndata', 'pandas', 'numba', 'matplotlib'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
