"""The cells that the rules of `pl.embedding` are tried on, and scanpy as the reference."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad
from scipy.sparse import csc_matrix

from gpuanim.adata import open_cells

KINDS = ("memory", "view", "backed", "backed view", "h5ad", "zarr")


@pytest.fixture(params=KINDS)
def kind(request):
    """Return each way in which cells may come."""
    return request.param


@pytest.fixture(scope="session")
def quietly() -> Callable[..., Any]:
    """Call a function of scanpy or anndata without its warnings."""

    def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args, **kwargs)

    return call


@pytest.fixture(scope="session")
def real(pbmc68k, quietly):
    """Return 700 real cells with genes in X, raw (CSR) and layers, and columns of all types."""
    adata = quietly(pbmc68k.copy)
    n = adata.n_obs
    adata.layers["sparse"] = csc_matrix(np.where(adata.X > 0, adata.X, 0))
    adata.layers["double"] = adata.X.astype(np.float64) * 2
    adata.var["symbol"] = [f"sym-{name}" for name in adata.var_names]
    adata.raw.var["ensembl"] = [f"ENS{i}" for i in range(adata.raw.n_vars)]
    holes = np.arange(n) % 7 == 0
    adata.obs["some_louvain"] = adata.obs["louvain"].where(~holes)
    adata.obs["some_counts"] = np.where(holes, np.nan, adata.obs["n_counts"])
    adata.obs["few"] = (np.arange(n) % 5).astype(np.int32)
    adata.obs["doublet"] = holes
    adata.obs["maybe"] = pd.array(np.where(holes, None, np.arange(n) % 2 == 0), dtype="boolean")
    adata.obs["whole"] = pd.array(np.where(holes, None, np.arange(n)), dtype="Int64")
    adata.obs["donor"] = [f"donor {i % 12}" for i in range(n)]
    adata.obsm["X_holes"] = np.where(holes[:, None], np.nan, adata.obsm["X_umap"])
    adata.uns["doublet_colors"] = ["#111111", "#eeeeee"]
    return adata


@pytest.fixture(scope="session")
def folder(real, quietly, tmp_path_factory):
    """Return a folder with these cells in both formats."""
    where = tmp_path_factory.mktemp("cells")
    quietly(real.copy().write_h5ad, where / "cells.h5ad")
    quietly(real.copy().write_zarr, where / "cells.zarr")
    return where


@pytest.fixture
def opened(real, folder, quietly):
    """Return a function that opens these cells in one of `KINDS`; a view has all of them, in their order."""
    files = []

    def open_kind(kind: str) -> Any:
        if kind in ("h5ad", "zarr"):
            return open_cells(folder / f"cells.{kind}")
        adata = real
        if kind.startswith("backed"):
            adata = quietly(read_h5ad, folder / "cells.h5ad", backed="r")
            files.append(adata.file)
        return open_cells(adata[np.arange(adata.n_obs)] if kind.endswith("view") else adata)

    yield open_kind
    for file in files:
        file.close()


@dataclass
class Drawn:
    """What scanpy has drawn in one panel."""

    coords: Any
    values: Any
    colors: Any
    size: float
    norm: Any
    title: str
    labels: tuple[str, str]
    legend: list[str]


@pytest.fixture
def draw(real, quietly) -> Iterator[Callable[..., list[Drawn]]]:
    """Return a function that lets scanpy draw these cells."""
    scanpy = pytest.importorskip("scanpy", reason="scanpy (extra demo) is the reference")
    pyplot = pytest.importorskip("matplotlib.pyplot")

    def call(adata: Any = None, basis: str = "umap", **options: Any) -> list[Drawn]:
        copied = quietly((real if adata is None else adata).copy)
        axes = quietly(scanpy.pl.embedding, copied, basis, show=False, **options)
        return [_drawn(ax) for ax in (axes if isinstance(axes, list) else [axes])]

    yield call
    pyplot.close("all")


def _drawn(ax: Any) -> Drawn:
    dots, legend = ax.collections[0], ax.get_legend()
    return Drawn(
        coords=np.asarray(dots.get_offsets()),
        values=dots.get_array(),
        colors=dots.get_facecolors(),
        size=float(dots.get_sizes()[0]),
        norm=dots.norm,
        title=ax.get_title(),
        labels=(ax.get_xlabel(), ax.get_ylabel()),
        legend=[text.get_text() for text in legend.get_texts()] if legend else [],
    )
