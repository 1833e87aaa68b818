"""Films of stored frames: the same pictures as those of the values, and what cannot be asked of ranks."""

from __future__ import annotations

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.simulate import atlas

ATLAS = atlas(600)
RNG = np.random.default_rng(1)
SMALL = {"size": (96, 72), "fps": 10}


@pytest.fixture(scope="module")
def spread():
    labels = np.zeros(600, np.float32)
    labels[5] = 1
    return ga.LabelPropagation(
        ATLAS.graph, labels, alpha=0.99, n_steps=6, coords=ATLAS.coords, order="locality"
    )


@pytest.fixture(scope="module")
def stores(spread, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    return {
        dtype: ga.store_frames(
            spread, folder / f"{dtype}.zarr", coords=ATLAS.coords, dtype=dtype, norm=ga.Rank(stretch=True)
        )
        for dtype in ("float32", "uint8")
    }


def pictures(values, **options):
    return np.array(list(ga.animate(ATLAS.coords, values, **SMALL, **options).frames()))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"alpha": 0.4},
        {"antialias": False},
        {"colorbar": "rank"},
        {"n_frames": 3},
        {"n_frames": 13},
        {"blend": "mix"},
        {"blend": "max"},
        {"blend": "count", "norm": None},
        {"highlight": ga.Highlight(cells=[1, 5], outline=True)},
        {"order": "value"},
    ],
    ids=str,
)
def test_the_picture_is_that_of_the_values(spread, stores, options):
    options = {"norm": ga.Rank(stretch=True), **options}
    expected = pictures(spread, **options)
    assert expected.std(axis=0).max() > 0 or options.get("blend") == "count"
    np.testing.assert_array_equal(pictures(stores["float32"], **options), expected)
    for norm in {None, options["norm"]}:
        np.testing.assert_array_equal(pictures(stores["uint8"], **{**options, "norm": norm}), expected)


def test_a_part_of_a_store(spread, stores):
    expected = pictures(list(spread)[2:5], norm=ga.Rank(stretch=True))
    for frames in stores.values():
        np.testing.assert_array_equal(pictures(frames[2:5], norm=ga.Rank(stretch=True)), expected)


def test_blends_of_values_and_of_levels(spread, stores):
    options = {"n_frames": 11, "tween": "linear"}
    values = pictures(spread, norm=ga.Rank(stretch=True), **options)
    np.testing.assert_array_equal(pictures(stores["float32"], norm=ga.Rank(stretch=True), **options), values)
    levels = pictures(stores["uint8"], **options)
    np.testing.assert_array_equal(levels[::2], values[::2])
    assert (levels[1] != values[1]).any()  # between steps levels are blended, not values


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"norm": "log"},
            r"levels of RankLevels\(.*stretch=True.* cannot be shown by norm='log': store float32",
        ),
        ({"norm": ga.Rank()}, "cannot be shown by norm=Rank"),
        ({"vmax": 3}, "vmax has no meaning"),
        ({"scope": "film"}, "scope has no meaning"),
        ({"blend": "mean"}, 'blend="mean" needs the values'),
        ({"blend": "sum"}, 'blend="sum" needs the values'),
    ],
    ids=str,
)
def test_what_ranks_cannot_tell(stores, options, text):
    with pytest.raises(ga.OptionError, match=text):
        ga.animate(ATLAS.coords, stores["uint8"], **options)


def test_shares_of_classes(tmp_path):
    labels = np.eye(12, dtype=np.float32)[ATLAS.labels % 12]
    source = ga.LabelPropagation(ATLAS.graph, labels, n_steps=3, order="locality", coords=ATLAS.coords)
    frames = ga.store_frames(source, tmp_path / "f.zarr", coords=ATLAS.coords)
    np.testing.assert_array_equal(pictures(frames), pictures(source))


def test_one_pass_writes_film_and_store(spread, stores, tmp_path, decode):
    from gpuanim.frame_store import Kept, writer_for

    rank = ga.Rank(stretch=True)
    writer = writer_for(
        spread, tmp_path / "f.zarr", coords=ATLAS.coords, graph=None, dtype="float32", rank=rank
    )
    with writer:
        kept = Kept(spread, writer)
        film = ga.animate(ATLAS.coords, kept, norm=rank, order="value", order_scope="film", **SMALL)
        film.save(tmp_path / "f.mkv")  # goes through the steps twice
        kept.finish()
    frames = ga.open_frames(tmp_path / "f.zarr")
    np.testing.assert_array_equal(list(frames), list(stores["float32"]))
    expected = pictures(spread, norm=rank, order="value", order_scope="film")
    np.testing.assert_array_equal(decode(tmp_path / "f.mkv").frames, expected)


def test_two_panels_share_ranks(stores):
    films = [ga.animate(ATLAS.coords, stores["uint8"], colorbar=True, **SMALL) for _ in range(2)]
    both = ga.panels(films, share_colors=True)
    assert both.n_frames == 6
    both.frame(3)


def test_metadata_tell_the_norm(stores):
    from gpuanim.provenance import describe

    film = ga.animate(ATLAS.coords, stores["uint8"], **SMALL)._film
    told = describe(film, renderer="cpu", fps=film.timeline.fps, dpi=100)
    assert told["norm"] == "RankLevels(rank=Rank(scope='frame', stretch=True), scope='film')"


def test_frames_of_an_anndata(spread, stores):
    adata = ATLAS.to_anndata()
    stored = stores["float32"].path
    options = {"figsize": (2, 2), "dpi": 50, "legend_loc": None, "colorbar_loc": None}
    expected = ga.pl.embedding(adata, "umap", frames=spread, **options).frame(4)
    for frames in (stored, str(stored), stores["float32"]):
        film = ga.pl.embedding(adata, "umap", frames=frames, **options)
        np.testing.assert_array_equal(film.frame(4), expected)
    options["sort_order"] = False  # the order of a whole film needs the values
    expected = ga.pl.embedding(adata, "umap", frames=spread, **options).frame(4)
    film = ga.pl.embedding(adata, "umap", frames=stores["uint8"], **options)
    np.testing.assert_array_equal(film.frame(4), expected)
    with pytest.raises(ga.ShapeError, match="holds frames of 600 points, and there are 599"):
        ga.pl.embedding(adata[:-1], "umap", frames=stored)
    adata.obsm["X_other"] = adata.obsm["X_umap"] + 1
    with pytest.raises(ga.ShapeError, match="made with other coordinates"):
        ga.pl.embedding(adata, "other", frames=stored)
    ga.pl.embedding(adata, "other", frames=ga.open_frames(stored, same_points=True))


def test_cells_without_a_place(stores):
    adata = ATLAS.to_anndata()
    adata.obsm["X_part"] = adata.obsm["X_umap"].copy()
    adata.obsm["X_part"][7] = np.nan
    film = ga.pl.embedding(adata, "part", frames=stores["uint8"], colorbar_loc=None)
    assert film.n_frames == 6
    film.frame(2)
    with pytest.raises(ga.ShapeError, match="600 points, and there are 599 cells"):
        ga.pl.embedding(adata[:-1], "part", frames=stores["uint8"])


def test_an_interactive_page_of_ranks(spread, stores, tmp_path):
    film = ga.animate(ATLAS.coords, stores["uint8"][:3], **SMALL)
    film.save(tmp_path / "page.html", interactive=True)
    assert '"quantile"' in (tmp_path / "page.html").read_text()
