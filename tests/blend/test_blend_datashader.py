"""The same numbers as datashader's reductions of the same points, on real data.

Points are smaller than a pixel here, so that each lies in one, as datashader has it. Both then count the same
points: datashader is given the places in pixels, as float32, because it computes its own in another order of
float64 operations, which puts points at the very edge of a pixel into its neighbour. It yields NaN, or 0 of
counts, where no point lies; such pixels are not in a footprint.
"""

import warnings
from typing import Any

import h5py
import numpy as np
import pytest

from gpuanim.blend import Count, Max, Mean, Min, Mode, Presence, Sum
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.footprint import Footprint
from gpuanim.view.plane import fit_view

WIDTH, HEIGHT = 96, 64


@pytest.fixture(scope="session")
def ds() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dask and pandas warn of things not ours
        import datashader
    return datashader


def lay_out(coords, values):
    """Return points in pixels, their footprint, and a data frame of them."""
    import pandas as pd

    bounds = (*np.percentile(coords[:, 0], [0, 100]), *np.percentile(coords[:, 1], [0, 100]))
    box = (0.0, 0.0, float(WIDTH), float(HEIGHT))
    view = fit_view(bounds, box, xlim=None, ylim=None, margin=0.05, aspect="auto")
    x, y = view.xy(coords)
    points = Points(x, y, 0.5, np.arange(len(x), dtype=np.uint32))
    scene = Scene(Ground(WIDTH, HEIGHT, np.zeros(3, np.uint8)), (0, 0, WIDTH, HEIGHT), 1.0, False)
    frame = pd.DataFrame({"x": x.astype(float), "y": y.astype(float), "value": values})
    return Footprint.of(points, scene), frame


def dense(footprint, results, empty):
    picture = np.full(WIDTH * HEIGHT, empty, results.dtype)
    picture[footprint.address] = results
    return picture.reshape(HEIGHT, WIDTH)


def reduced(blend, values, footprint):
    out = blend.empty(values, footprint)
    blend.reduce(values, footprint, out)
    return out


def aggregate(ds, frame, reduction):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        canvas = ds.Canvas(WIDTH, HEIGHT, x_range=(0, WIDTH), y_range=(0, HEIGHT))
        return canvas.points(frame, "x", "y", reduction)


@pytest.fixture(scope="session", params=["pbmc68k", "cord19", "lidar"])
def cells(request, shared_data):
    """Return real (n, 2) places, a number each, and a category each."""
    if request.param == "pbmc68k":
        adata = request.getfixturevalue("pbmc68k")
        gene = np.asarray(adata.X[:, 3], np.float32).ravel()
        return adata.obsm["X_umap"], gene, adata.obs["bulk_labels"].cat.codes.to_numpy()
    if request.param == "lidar":
        cloud = np.load(shared_data("autzen_lidar_1m.npz"))
        return cloud["xyz"][:, :2].astype(float), cloud["xyz"][:, 2].astype(float), cloud["rgb"][:, 0] // 32
    with h5py.File(shared_data("cord19_umap_517k.h5ad")) as file:
        dates = file["obs/publish_date"][:].astype(float)
        dates[dates == dates.min()] = np.nan
        return file["obsm/X_umap"][:], dates, file["obs/topic_layer0/codes"][:] % 20


@pytest.fixture(scope="session")
def laid_out(cells):
    coords, values, codes = cells
    footprint, frame = lay_out(coords, values.astype(float))
    return footprint, frame, codes.astype(np.int32)


@pytest.mark.parametrize("blend", [Count(), Mean(), Max(), Min(), Sum(), Presence()], ids=lambda b: b.name)
def test_numbers_agree(ds, laid_out, blend):
    footprint, frame, _ = laid_out
    values = frame["value"].to_numpy()
    theirs = aggregate(ds, frame, getattr(ds, blend.name)("value")).to_numpy().astype(float)
    if isinstance(blend, Count | Presence):
        theirs[theirs == 0] = np.nan
    ours = dense(footprint, reduced(blend, values, footprint), np.nan)
    if isinstance(blend, Mean | Sum):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    else:
        np.testing.assert_array_equal(ours, theirs)
    assert np.count_nonzero(~np.isnan(ours)) > 300


def test_categories_agree(ds, laid_out):
    footprint, frame, codes = laid_out
    k = int(codes.max()) + 1
    frame = frame.assign(kind=codes)
    frame["kind"] = frame["kind"].astype("category").cat.set_categories(range(k))
    counts = aggregate(ds, frame, ds.by("kind", ds.count())).to_numpy()
    theirs = np.where(counts.sum(-1) > 0, counts.argmax(-1), -1)
    np.testing.assert_array_equal(dense(footprint, reduced(Mode(), codes, footprint), -1), theirs)
    shares = np.eye(k)[codes]
    ours = reduced(Mean(), shares, footprint)
    flat = counts.reshape(-1, k)[footprint.address]
    np.testing.assert_allclose(ours, flat / flat.sum(1, keepdims=True), atol=1e-12)
