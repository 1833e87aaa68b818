"""Films of an AnnData: how long they are, what they are called, and which cell has which colour when.

Colours are read off the frames, at cells that no other touches. Those of numbers may differ by one level of
256 in a channel, as in `test_pl_scanpy.py`.
"""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from anndata.tests.helpers import assert_equal
from matplotlib.colors import LogNorm, Normalize, to_rgb
from pandas import Categorical

import gpuanim as ga
from gpuanim import tl
from gpuanim.chrome._base import Moment
from gpuanim.errors import OptionError, SourceError
from gpuanim.values.palette_tables import DEFAULT_20

LIGHTGRAY = (211, 211, 211)
LOOK = {"size": 17, "figsize": (5, 4.5), "dpi": 100, "colorbar_loc": None, "legend_loc": None}


@pytest.fixture
def spread(adata):
    """Return real cells with the steps of two propagations, and a time that some cells do not have."""
    adata.obs["known"] = adata.obs["louvain"].where(np.arange(700) % 5 == 0)
    adata.uns["known_colors"] = list(adata.uns["louvain_colors"])
    tl.label_propagation(adata, [3, 5], alpha=0.9, n_steps=6, key_added="heat")
    tl.label_propagation(adata, labels="known", alpha=0.9, n_steps=4, key_added="kinds")
    adata.obs["time"] = np.where(np.arange(700) % 10, np.arange(700) * 0.01, np.nan)
    return adata


def titles(film, panel=0):
    """Return the titles of all steps."""
    text = film._film.stage.panels[panel].dress.title
    n = film._film.timeline.n_steps
    return [text.at(Moment(i, n, i, n, 0.0)) for i in range(n)]


def numbers(values, norm, cmap="viridis"):
    rgb = matplotlib.colormaps[cmap](norm(values))[:, :3]
    return np.where(np.isnan(values)[:, None], LIGHTGRAY, np.rint(rgb * 255))


def named(labels, palette):
    """Return the colours of categories of a column of `obs`, light grey where there are none."""
    table = np.array([*map(to_rgb, palette), (0, 0, 0)]) * 255
    return np.where(labels.isna().to_numpy()[:, None], LIGHTGRAY, np.rint(table[labels.cat.codes]))


def assert_colors(read, expected):
    cells, colors = read
    assert np.abs(colors.astype(int) - expected[cells]).max() <= 1


def test_stored_steps_of_one_signal(spread, seen):
    film = ga.pl.umap(spread, frames="heat", norm="log", **LOOK)
    assert film.n_frames == 7
    assert titles(film)[2] == "heat, step 3 of 7"
    steps = spread.obsm["heat"]
    norm = LogNorm(steps[steps > 0].min(), steps.max())
    for frame in (0, 3, 6):
        shown = np.where(steps[:, frame] > 0, steps[:, frame], np.nan)
        assert_colors(seen(film, frame), numbers(shown, norm))


def test_stored_steps_of_classes(spread, seen, told):
    film = ga.pl.umap(spread, frames="kinds", **LOOK)
    assert film.n_frames == 5
    assert film._film.stage.panels[0].dress.legend is None
    palette = np.array([to_rgb(color) for color in spread.uns["louvain_colors"]]) * 255
    for frame in (0, 4):
        shares = spread.obsm["kinds"][:, frame]
        expected = np.where(shares.any(1)[:, None], np.rint(palette[shares.argmax(1)]), LIGHTGRAY)
        assert_colors(seen(film, frame), expected)
    key = ga.pl.umap(spread, frames="kinds")._film.stage.panels[0].key
    assert key.names == tuple(spread.obs["louvain"].cat.categories)
    np.testing.assert_array_equal(key.colors, np.rint(palette))
    assert key.has_na  # before the first step most cells have no class


def test_classes_are_mixed_if_that_is_asked_for(spread, told):
    film = ga.pl.umap(spread, frames="kinds", mix="srgb")
    palette = np.array([to_rgb(color) for color in spread.uns["louvain_colors"]]) * 255
    shares = spread.obsm["kinds"][:, 4]
    assert (shares.sum(1) > 0).all()
    expected = shares / shares.sum(1, keepdims=True) @ palette
    assert np.abs(told(film, 4).colors - expected).max() <= 5  # mixtures are colours of a lattice


def test_genes_each_in_its_own_scale(adata, seen):
    genes = ["CD3D", "CST3", "NKG7"]
    film = ga.pl.umap(adata, frames=genes, fps=1, **LOOK)
    assert (film.n_frames, film.fps, titles(film)) == (3, 1, genes)
    for frame, gene in enumerate(genes):
        values = adata.raw[:, gene].X.toarray().ravel()
        assert_colors(seen(film, frame), numbers(values, Normalize(values.min(), values.max())))


def test_genes_of_a_layer_in_one_scale(adata, seen):
    genes = ["CD3D", "CST3"]
    film = ga.pl.umap(adata, frames=genes, layer="squares", scope="film", cmap="magma", **LOOK)
    values = [adata.obs_vector(gene, layer="squares") for gene in genes]
    norm = Normalize(np.min(values), np.max(values))
    for frame in range(2):
        assert_colors(seen(film, frame), numbers(values[frame], norm, "magma"))


@pytest.mark.parametrize("order", ["given", "locality"])
def test_a_running_propagation(adata, seen, order):
    seeds = (adata.obs["louvain"] == "1").to_numpy(float)
    options = {"alpha": 0.9, "n_steps": 5}
    running = ga.LabelPropagation(adata.obsp["connectivities"], seeds, order=order, **options)
    film = ga.pl.umap(adata, frames=running, vmin=0, vmax=1, **LOOK)
    assert film.n_frames == 5
    assert titles(film)[4] == "step 5"
    steps = list(ga.LabelPropagation(adata.obsp["connectivities"], seeds, order="given", **options))
    for frame in (0, 4):
        assert_colors(seen(film, frame), numbers(steps[frame], Normalize(0, 1, clip=True)))


def test_a_generator_is_read_once(adata):
    steps = np.random.default_rng(0).random((4, 700))
    film = ga.pl.umap(adata, frames=iter(steps), vmin=0, vmax=1, dpi=50)
    listed = ga.pl.umap(adata, frames=list(steps), vmin=0, vmax=1, dpi=50, sort_order=False)
    assert film.n_frames is None
    np.testing.assert_array_equal(film.to_array(), listed.to_array())
    with pytest.raises(SourceError, match="read only once"):
        film.to_array()


def test_arrays_are_drawn_by_their_highest_value_in_the_film(adata, seen, told):
    steps = np.random.default_rng(0).random((3, 700))
    film = ga.pl.umap(adata, frames=steps, **LOOK)
    assert film.n_frames == 3
    np.testing.assert_array_equal(told(film).order, np.argsort(steps.max(0), kind="stable"))
    for frame in range(3):
        assert_colors(seen(film, frame), numbers(steps[frame], Normalize(steps.min(), steps.max())))


def test_labels_as_frames_take_a_palette(adata, seen):
    labels = np.where(np.arange(700) % 2, ["a"], ["b"])
    film = ga.pl.umap(adata, frames=[labels, labels[::-1]], palette={"a": "red", "b": "blue"}, **LOOK)
    expected = np.where(labels[:, None] == "a", (255, 0, 0), (0, 0, 255))
    assert_colors(seen(film, 0), expected)
    assert_colors(seen(film, 1), expected[::-1])


def test_cells_light_up_along_numbers(spread, seen, told):
    film = ga.pl.umap(spread, along="time", n_frames=8, **LOOK)
    time = spread.obs["time"].to_numpy()
    assert film.n_frames == 8
    assert titles(film) == ["time"] * 8
    for frame in (0, 3, 7):
        now = np.linspace(np.nanmin(time), np.nanmax(time), 8)[frame]
        lit = np.where(time <= now, time, np.nan)
        assert_colors(seen(film, frame), numbers(lit, Normalize(np.nanmin(time), np.nanmax(time))))
    order = told(film).order
    assert np.isnan(time[order[:70]]).all()  # those that are never lit are at the bottom
    assert (np.diff(time[order[70:]]) <= 0).all()  # and the first ones on top
    assert ga.pl.umap(spread, along="time").n_frames == 100


def test_cells_light_up_along_numbers_in_other_colors(spread, seen):
    time, gene = spread.obs["time"].to_numpy(), spread.raw[:, "CST3"].X.toarray().ravel()
    film = ga.pl.umap(spread, along="time", color=["CST3", "partly"], n_frames=3, **LOOK)
    assert film.n_frames == 3
    assert [titles(film, panel)[0] for panel in range(2)] == ["CST3", "partly"]
    colors = named(spread.obs["partly"], DEFAULT_20)
    for frame, now in enumerate(np.linspace(np.nanmin(time), np.nanmax(time), 3)):
        lit = (time <= now)[:, None]
        expected = numbers(gene, Normalize(gene.min(), gene.max()))
        assert_colors(seen(film, frame), np.where(lit, expected, LIGHTGRAY))
        assert_colors(seen(film, frame, panel=1), np.where(lit, colors, LIGHTGRAY))


def test_categories_one_after_the_other(adata, seen):
    film = ga.pl.umap(adata, along="bulk_labels", fps=2, **LOOK)
    names = list(adata.obs["bulk_labels"].cat.categories)
    assert (film.n_frames, film.fps, titles(film)) == (10, 2, names)
    colors = named(adata.obs["bulk_labels"], adata.uns["bulk_labels_colors"])
    for frame in (0, 4, 9):
        inside = (adata.obs["bulk_labels"] == names[frame]).to_numpy()[:, None]
        assert_colors(seen(film, frame), np.where(inside, colors, LIGHTGRAY))
    assert titles(ga.pl.umap(adata, along="bulk_labels", color="bulk_labels")) == names


def test_some_categories_in_their_order(adata, seen):
    film = ga.pl.umap(adata, along="louvain", groups=["3", "1"], legend_loc="on data")
    assert titles(film) == ["3", "1"]
    key = film._film.stage.panels[0].key
    assert key.names == ("1", "3")
    inside = (adata.obs["louvain"] == "1").to_numpy()
    np.testing.assert_allclose(key.positions[0], np.median(adata.obsm["X_umap"][inside], axis=0))
    film = ga.pl.umap(adata, along="louvain", groups=["3", "1"], **LOOK)
    colors = named(adata.obs["louvain"], adata.uns["louvain_colors"])
    assert_colors(seen(film, 1), np.where(inside[:, None], colors, LIGHTGRAY))


def test_cells_light_up_category_by_category(adata, seen):
    kinds = adata.obs["louvain"].cat.remove_categories(["1"]).cat.add_categories(["none"])
    adata.obs["kinds"] = kinds.cat.reorder_categories(["none", "3", "2", "0", *"45678", "9", "10"])
    film = ga.pl.umap(adata, along="kinds", color="CST3", **LOOK)
    present = ["3", "2", "0", *"45678", "9", "10"]
    assert titles(film) == [f"CST3, kinds {name}" for name in present]
    gene = adata.raw[:, "CST3"].X.toarray().ravel()
    expected = numbers(gene, Normalize(gene.min(), gene.max()))
    for frame in (0, 2, 9):
        lit = adata.obs["kinds"].isin(present[: frame + 1]).to_numpy()
        assert_colors(seen(film, frame), np.where(lit[:, None], expected, LIGHTGRAY))
    assert ga.pl.umap(adata, along="kinds", color="CST3", n_frames=25).n_frames == 25


def test_legends_list_na_for_cells_without_a_category_only(spread):
    def has_na(**options):
        return ga.pl.umap(spread, n_frames=5, **options)._film.stage.panels[0].key.has_na

    assert not has_na(along="time", color="louvain")
    assert has_na(along="time", color="partly")
    assert not has_na(along="louvain")
    assert has_na(along="partly")
    assert has_na(along="louvain", groups="3")


def test_a_film_without_sorting_keeps_the_order_of_the_data(spread, told):
    for options in (
        {"along": "time"},
        {"along": "time", "color": "louvain"},
        {"along": "louvain"},
        {"frames": "heat"},
        {"frames": ["CST3", "CD3D"]},
    ):
        assert (told(ga.pl.umap(spread, **options, sort_order=False)).order == np.arange(700)).all()


def test_panels_of_one_film_run_together(spread, seen):
    film = ga.pl.pca(spread, frames="heat", vmin=0, vmax=1, dimensions=[(0, 1), (2, 3)], **LOOK)
    assert film.n_frames == 7
    for panel in range(2):
        expected = numbers(spread.obsm["heat"][:, 6], Normalize(0, 1))
        assert_colors(seen(film, 6, panel), expected)


def test_colors_of_a_palette_are_kept_and_nothing_else(adata):
    before = adata.copy()
    ga.pl.umap(adata, color=["phase", "n_genes"], palette=["r", "g", "b"]).frame(0)
    assert list(adata.uns.pop("phase_colors")) == ["#ff0000", "#008000", "#0000ff"]
    assert_equal(adata, before)


def test_colors_of_a_palette_are_kept_in_films_too_but_not_in_views(adata):
    ga.pl.umap(adata, along="phase", palette="Set3")
    assert len(adata.uns["phase_colors"]) == 3
    view = adata[:300]
    ga.pl.umap(view, color="louvain", palette="Set3").frame(0)
    assert view.is_view
    assert view.uns["louvain_colors"][0] == adata.uns["louvain_colors"][0]


def test_categories_one_after_the_other_in_two_panels(adata):
    film = ga.pl.pca(adata, along="phase", dimensions=[(0, 1), (1, 2)])
    assert film.n_frames == 3
    assert titles(film, 1) == ["G1", "G2M", "S"]


@pytest.mark.parametrize(
    "options",
    [
        {"color": ["phase", "flag", "CST3", None]},
        {"color": "louvain", "groups": ["1"], "highlight": ga.Highlight(cells=[1, 2], marker="star")},
        {"frames": "X_pca"},
        {"along": "louvain", "color": "bulk_labels"},
        {"along": "n_counts", "color": "CST3", "mask_obs": "flag"},
    ],
    ids=str,
)
def test_nothing_is_changed(adata, options):
    before = adata.copy()
    ga.pl.umap(adata, **options).frame(0)
    assert_equal(adata, before)


def test_legends_of_too_many_categories_are_left_out(adata):
    adata.obs["each"] = Categorical([f"cell {i}" for i in range(700)])
    with pytest.warns(UserWarning, match="700 categories are too many for a legend"):
        film = ga.pl.umap(adata, color="each", palette="hsv")
    assert film._film.stage.panels[0].dress.legend is None
    few = ga.pl.umap(adata, color="each", palette="hsv", groups=["cell 5", "cell 7"])
    assert few._film.stage.panels[0].key.names == ("cell 5", "cell 7")
    with pytest.raises(OptionError, match="a legend of 700 categories could not be read, 400 are the most"):
        ga.animate(adata.obsm["X_umap"], adata.obs["each"], palette="hsv", legend=True)


def test_labels_of_highlights_have_a_legend(adata):
    def legend(**options):
        return ga.pl.umap(adata, color="n_genes", **options)._film.stage.panels[0].dress.legend

    assert legend() is None
    assert legend(highlight=ga.Highlight(cells=[3], marker="star", label="seed")).loc == "right margin"
    assert legend(highlight=ga.Highlight(cells=[3], marker="star", label="seed"), legend_loc=None) is None
    assert legend(highlight=ga.Highlight(cells=[3], rest=True)) is None


def test_propagated_signals_are_shown_by_rank_unless_a_scale_is_asked_for(pbmc68k):
    adata = pbmc68k.copy()
    ga.tl.label_propagation(adata, seeds=[0, 350], alpha=0.99, n_steps=4, key_added="ranking")
    labels = np.zeros(adata.n_obs)
    labels[[0, 350]] = 1
    live = ga.LabelPropagation(
        adata.obsp["connectivities"], labels, alpha=0.99, n_steps=4, include_initial=True
    )

    def frame(frames, **options):
        return ga.pl.umap(adata, frames=frames, sort_order=False, title="", **options).frame(3)

    ranked = frame("ranking", norm=ga.Rank(stretch=True))
    np.testing.assert_array_equal(frame("ranking"), ranked)
    np.testing.assert_array_equal(frame(live), ranked)
    linear = frame("ranking", norm="linear")
    assert (linear != ranked).any()
    np.testing.assert_array_equal(frame("ranking", vmin=0, vmax=1), linear)


def test_words_for_norms_take_limits_and_counts_say_so(pbmc68k):
    film = ga.pl.umap(pbmc68k, color="n_counts", norm="log", vmin=2000, vmax="p99")
    assert film.frame(0).std() > 0
    counts = ga.pl.umap(pbmc68k, color="louvain", blend="count")
    assert counts._film.stage.panels[0].dress.colorbar.label == "cells per pixel"


def test_opacities_follow_the_cells_that_have_a_place(pbmc68k):
    adata = pbmc68k.copy()
    places = adata.obsm["X_umap"].copy()
    places[:300] = np.nan
    adata.obsm["X_some"] = places
    alpha = np.linspace(0.1, 1, adata.n_obs)
    film = ga.pl.embedding(adata, "some", color="louvain", alpha=alpha)
    np.testing.assert_allclose(film._film.clouds[0].dots.alpha, alpha[300:])
