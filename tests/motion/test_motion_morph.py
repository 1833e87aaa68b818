"""Morphs between embeddings: of arrays, of one AnnData, of several."""

import warnings

import anndata
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.chrome._base import Moment
from gpuanim.film import film_steps
from gpuanim.motion.fitting import fit_to_box, turned, turned_all
from gpuanim.motion.starts import starts_of
from gpuanim.motion.stops import Paused, make_legs

N = 24
RNG = np.random.default_rng(2)
A, B, C = RNG.normal(size=(3, N, 2)) * [[[1, 1]], [[40, 10]], [[3, 9]]] + [[[0, 0]], [[7, 99]], [[-5, 1]]]
VALUES = RNG.random(N)
SMALL = {"size": (80, 60), "s": 20.0, "title": None}
LIMITS = {"vmin": 0, "vmax": 1}


def states(film):
    return [
        (
            np.array(state.coords),
            None if state.shares is None else np.array(state.shares),
            np.array(state.values),
        )
        for _, (state,) in film_steps(film._film, film.fps)
    ]


def fitted(places, ratio=80 / 60):
    return fit_to_box(places, ratio).astype(np.float32)


# --- the box and the turn --------------------------------------------------------------------------------


@given(st.integers(0, 1000), st.floats(0.3, 3))
def test_embeddings_fill_the_box_and_keep_their_shape(seed, ratio):
    places = np.random.default_rng(seed).normal(size=(9, 2)) * [5, 0.3] + 70
    made = fit_to_box(places, ratio)
    low, high = made.min(0), made.max(0)
    assert np.allclose(low, -high), "the middle comes to the origin"
    assert np.allclose((high / [ratio, 1]).max(), 1), "as large as it fits"
    scale = np.linalg.norm(made[1] - made[0]) / np.linalg.norm(places[1] - places[0])
    assert np.allclose(made - made[0], (places - places[0]) * scale)


def test_a_point_alone_comes_to_the_middle():
    assert np.array_equal(fit_to_box(np.full((3, 2), 7.0)), np.zeros((3, 2)))
    assert np.array_equal(
        fit_to_box(np.array([[0, 0], [4, 2], [np.nan, np.nan]]))[2], [np.nan] * 2, equal_nan=True
    )


@given(st.floats(0, 6.3), st.booleans(), st.integers(0, 100))
def test_a_turned_and_reflected_embedding_is_turned_back(angle, mirrored, seed):
    places = np.random.default_rng(seed).normal(size=(7, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = 3 * places @ turn * [1, -1 if mirrored else 1] + [5, 8]
    assert np.allclose(turned(other, places) / 3, places - places.mean(0), atol=1e-9)


@given(st.integers(0, 1000))
def test_turning_never_makes_ways_longer(seed):
    rng = np.random.default_rng(seed)
    one, other = (places - places.mean(0) for places in rng.normal(size=(2, 12, 2)))
    assert np.square(turned(other, one) - one).sum() <= np.square(other - one).sum() + 1e-9


def test_the_embedding_that_is_kept_is_not_turned():
    for fixed in range(3):
        made = turned_all([A, B, C], fixed)
        assert [made[i] is (A, B, C)[i] for i in range(3)] == [i == fixed for i in range(3)]


# --- the way ---------------------------------------------------------------------------------------------


def test_frames_of_stops_and_ways():
    film = ga.morph([A, B, C], values=VALUES, move=0.4, hold=0.4, fps=10, ease="linear", **SMALL)
    places = [coords for coords, _, _ in states(film)]
    assert film.n_frames == len(places) == 3 * 5 + 2 * 3
    for stop, at in zip((A, B, C), (range(5), range(8, 13), range(16, 21)), strict=True):
        for k in at:
            assert np.array_equal(places[k], fitted(stop))
    assert np.allclose(places[5], 0.75 * fitted(A) + 0.25 * fitted(B), atol=1e-6)
    assert np.allclose(places[14], (fitted(B) + fitted(C)) / 2, atol=1e-6)


@pytest.mark.parametrize("n_stops", [2, 3, 5])
@pytest.mark.parametrize("length", [{"n_frames": 60}, {"duration": 3.3}])
def test_the_length_of_the_whole_film(n_stops, length):
    legs = make_legs(n_stops, move=None, hold=0.2, fps=20, **({"n_frames": None, "duration": None} | length))
    film = ga.morph([A, B, C, A, B][:n_stops], values=VALUES, hold=0.2, fps=20, **length, **SMALL)
    assert film.n_frames == legs.n_frames + sum(legs.hold_frames) == length.get("n_frames", 66)


def test_rests_are_exact():
    ease = Paused(lambda share: share, 3, 10)
    assert [ease(k / 10) for k in range(11)] == pytest.approx([0] * 4 + [0.25, 0.5, 0.75] + [1] * 4)
    assert ease(3 / 10) == 0
    assert ease(7 / 10) == 1


def test_ends_are_the_still_films_pictures():
    film = ga.morph([A, B], values=VALUES, **SMALL)
    look = {**SMALL, "xlim": (-4 / 3 * 1.1, 4 / 3 * 1.1), "ylim": (-1.1, 1.1), "vmin": 0, "vmax": 1}
    film = ga.morph([A, B], values=VALUES, **look)
    for k, stop in ((0, A), (-1, B)):
        still = ga.animate(fitted(stop), VALUES, **look)
        assert np.array_equal(film.frame(k), still.frame(0))


def test_each_point_keeps_its_colour_and_place_in_the_order():
    rank = RNG.permutation(N)
    film = ga.morph([A, B], values=VALUES, order=rank, trail=0.2, **SMALL, **LIMITS)
    pictures = film.to_array()
    assert film._film.clouds[0].still is False
    assert np.array_equal(film._film.clouds[0].order, np.argsort(rank, kind="stable"))
    for k in (0, 31, 40):
        assert np.array_equal(film.frame(k), pictures[k])
    assert all(np.array_equal(values, VALUES) for _, _, values in states(film))


def test_values_of_any_number_of_steps_run_over_the_whole_film():
    steps = RNG.random((7, N))
    film = ga.morph([A, B], values=steps, move=0.5, hold=0.0, fps=20, **SMALL, **LIMITS)
    found = states(film)
    assert len(found) == 11
    assert [int(np.flatnonzero((steps == values).all(1))[0]) for _, _, values in found] == [
        k * 7 // 11 for k in range(11)
    ]
    assert np.array_equal(found[0][0], fitted(A))
    assert np.array_equal(found[-1][0], fitted(B))


def test_values_of_each_embedding_go_with_it():
    film = ga.morph(
        [A, B], values=np.stack([VALUES, 1 - VALUES]), move=0.4, hold=0.2, fps=10, ease="linear", **SMALL
    )
    values = [shown for _, _, shown in states(film)]
    assert np.array_equal(values[0], VALUES)
    assert np.array_equal(values[1], VALUES)
    assert np.allclose(values[4], 0.5)
    assert np.array_equal(values[-2], 1 - VALUES)


def test_groups_set_out_one_after_the_other():
    groups = np.array(["a", "b", "c"] * 8)
    film = ga.morph(
        [A, B], values=VALUES, stagger=groups, lag=0.5, move=1, hold=0, fps=20, ease="linear", **SMALL
    )
    places = [coords for coords, _, _ in states(film)]
    share = 10 / 20
    for i, name in enumerate("abc"):
        expected = np.clip((share - round(0.25 * i * 255) / 255) / (1 - round(0.5 * 255) / 255), 0, 1)
        mixed = (1 - expected) * fitted(A) + expected * fitted(B)
        assert np.allclose(places[10][groups == name], mixed[groups == name], atol=1e-6)
    assert np.array_equal(places[0], fitted(A))
    assert np.array_equal(places[-1], fitted(B))


def test_when_points_set_out():
    assert np.allclose(starts_of([3.0, np.nan, 1.0, 2.0], 0.4, 4), [0.4, 0, 0, 0.2])
    assert np.allclose(starts_of(["b", None, "a", "b"], 0.5, 4), [0.5, 0, 0, 0.5])
    assert np.array_equal(starts_of([5, 5], 0.5, 2), [0, 0])


def test_points_without_a_place_fade():
    other = B.copy()
    other[3] = np.nan
    film = ga.morph([A, other], values=VALUES, move=0.4, hold=0, fps=10, ease="linear", fade=0.5, **SMALL)
    shares = np.array([shares[3] for _, shares, _ in states(film)])
    assert np.array_equal(shares, np.array([1, 0.5, 0, 0, 0], np.float32))


@given(st.integers(0, 20))
def test_the_title_names_the_embedding(k):
    film = ga.morph(
        {"left": A, "right": B}, values=VALUES, move=1, hold=0, fps=20, size=(80, 60), title="{basis} {frame}"
    )
    title = film._film.stage.panels[0].dress.title
    moment = next(m for m, _ in film_steps(film._film.only(k), film.fps))
    assert title.at(moment) == f"{'left' if k < 10 else 'right'} {k + 1}"


def test_the_title_of_a_film_of_other_steps():
    film = ga.morph({"{a}": A, "b": B}, values=RNG.random((9, N)), move=1, hold=0, fps=20, size=(80, 60))
    title = film._film.stage.panels[0].dress.title
    assert [title.at(Moment(k, 21, 0, 9, 0.0)) for k in (0, 9, 10, 20)] == ["{a}", "{a}", "b", "b"]


# --- of an AnnData ---------------------------------------------------------------------------------------


def test_an_anndata_by_its_keys(pbmc68k, decode, tmp_path):
    film = ga.morph(
        pbmc68k, ["pca", "X_umap"], color="bulk_labels", size=(160, 120), move=0.2, hold=0.1, fps=20
    )
    cloud = film._film.clouds[0]
    assert cloud.names == tuple(pbmc68k.obs["bulk_labels"].cat.categories)
    found = states(film)
    ratio = 160 / 120
    assert np.array_equal(found[0][0], fitted(pbmc68k.obsm["X_pca"][:, :2], ratio))
    assert np.array_equal(found[-1][0], fitted(pbmc68k.obsm["X_umap"], ratio))
    colors = [tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in pbmc68k.uns["bulk_labels_colors"]]
    assert [tuple(row) for row in cloud.table[:-1].tolist()] == colors
    assert film._film.stage.panels[0].dress.legend is not None
    film.save(tmp_path / "morph.mp4")
    assert len(decode(tmp_path / "morph.mp4").frames) == film.n_frames


def test_genes_and_frames_color_a_morph(pbmc68k):
    gene = ga.morph(pbmc68k, ["pca", "umap"], color="CST3", size=(80, 60))
    assert gene._film.stage.panels[0].dress.colorbar.label == "CST3"
    matrix = pbmc68k.raw[:, "CST3"].X
    assert np.allclose(states(gene)[0][2], np.asarray(matrix.todense()).ravel())
    spread = ga.LabelPropagation(pbmc68k.obsp["connectivities"], np.arange(700) == 0, n_steps=5)
    film = ga.morph(pbmc68k, ["pca", "umap"], frames=spread, size=(80, 60), move=0.2, hold=0)
    assert type(film._film.clouds[0].norm).__name__ == "Rank"
    assert film.n_frames == 7
    assert film._film.clouds[0].values.n_steps == 5
    limited = ga.morph(pbmc68k, ["pca", "umap"], frames=RNG.random((5, 700)), size=(80, 60), vmin=0, vmax=1)
    assert limited._film.clouds[0].values.n_steps == 5


def test_the_picture_of_a_tissue_is_upright(pbmc68k):
    adata = anndata.AnnData(obs=pd.DataFrame(index=pbmc68k.obs_names), obsm={"umap": pbmc68k.obsm["X_umap"]})
    adata.obsm["spatial"] = pbmc68k.obsm["X_pca"][:, :2]
    film = ga.morph(adata, ["umap", "spatial"], values=np.arange(700.0), size=(60, 60))
    turned_over = pbmc68k.obsm["X_pca"][:, :2] * np.array([1, -1], np.float32)
    assert np.allclose(states(film)[-1][0], fitted(turned_over, 1.0))


def days():
    """Return two objects: cells 0..5 and 3..8, c6 to c8 in another order."""
    frames = [
        pd.DataFrame({"kind": pd.Categorical(list(kinds)), "age": ages}, index=names)
        for kinds, ages, names in (
            ("aabbcc", [1.0, 2, 3, 4, 5, 6], [f"c{i}" for i in range(6)]),
            ("dbccad", [9.0, 8, 7, 6, 5, 4], ["c8", "c3", "c4", "c5", "c7", "c6"]),
        )
    ]
    rng = np.random.default_rng(0)
    made = [anndata.AnnData(obs=frame, obsm={"X_umap": rng.normal(size=(6, 2))}) for frame in frames]
    made[0].uns["kind_colors"] = ["#ff0000", "#00ff00", "#0000ff"]
    made[1].uns["kind_colors"] = ["#111111", "#222222", "#333333", "#ffff00"]
    return made


def test_several_anndata_are_matched_by_the_names_of_cells():
    film = ga.morph(days(), "umap", color="kind", move=0.4, hold=0.0, fps=10, ease="linear", size=(80, 80))
    found = states(film)
    first, last = days()
    assert found[0][0].shape == (9, 2)
    assert np.allclose(found[0][0][:6], fitted(first.obsm["X_umap"], 1.0))
    where = [list(last.obs_names).index(f"c{i}") for i in (3, 4, 5)]
    assert np.allclose(found[-1][0][3:6], fitted(last.obsm["X_umap"], 1.0)[where])
    shares = np.array([shares for _, shares, _ in found])
    assert np.array_equal(shares[:, 0], np.array([1, 0.5, 0, 0, 0], np.float32)), "c0 leaves"
    assert np.array_equal(shares[:, 4], np.ones(5, np.float32)), "c4 stays"
    assert np.array_equal(shares[:, 8], np.array([0, 0, 0, 0.5, 1], np.float32)), "others come"
    cloud = film._film.clouds[0]
    assert cloud.names == ("a", "b", "c", "d")
    assert cloud.table[:4].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]], (
        "the first tells"
    )
    assert "".join(cloud.names[int(code)] for code in found[0][2]) == "aabbccdad"


def test_numbers_of_several_anndata_change_on_the_way():
    film = ga.morph(days(), "umap", color="age", move=0.4, hold=0.0, fps=10, ease="linear", size=(80, 80))
    values = [values for _, _, values in states(film)]
    assert values[0].tolist() == [1, 2, 3, 4, 5, 6, 9, 5, 4], "those that come have theirs from the beginning"
    assert values[-1].tolist() == [1, 2, 3, 8, 7, 6, 9, 5, 4]
    assert values[2][3] == 6


def test_a_film_from_files(tmp_path, pbmc68k):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pbmc68k.write_h5ad(tmp_path / "cells.h5ad")
    options = {"color": "louvain", "size": (80, 60), "move": 0.1, "hold": 0}
    from_file = ga.morph(tmp_path / "cells.h5ad", ["pca", "umap"], **options)
    assert np.array_equal(from_file.frame(1), ga.morph(pbmc68k, ["pca", "umap"], **options).frame(1))


# --- what is refused -------------------------------------------------------------------------------------


def arrays(**options):
    return lambda _: ga.morph([A, B], values=VALUES, **options)


def cells(**options):
    return lambda adata: ga.morph(adata, ["pca", "umap"], **options)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda a: ga.morph(a, ["pca", "umpa"]), ga.DataKeyError, "no embedding.*'umpa'.*did you mean"),
        (lambda a: ga.morph(a, "umap"), ga.OptionError, "basis must be a list of embeddings"),
        (lambda a: ga.morph(a, ["umap"]), ga.OptionError, "two embeddings or more, these are 1"),
        (cells(color="bulk_label"), ga.DataKeyError, "bulk_labels"),
        (cells(color=["louvain", "phase"]), ga.OptionError, "one panel"),
        (cells(color="phase", values=VALUES), ga.OptionError, "exclude each"),
        (cells(align="umpa"), ga.OptionError, "align .* did you mean 'UMAP'"),
        (cells(stagger="phse"), ga.DataKeyError, "phase"),
        (cells(sice=(3, 3)), ga.OptionError, "no option 'sice'; did you mean"),
        (lambda a: ga.morph([a, a], ["umap", "pca", "umap"]), ga.OptionError, "2 AnnData, not 3"),
        (lambda a: ga.morph([a, a], "umap", frames=["CD3D"]), ga.OptionError, "frames are of one AnnData"),
        (lambda a: ga.morph([A, B[:-1]], values=VALUES), ga.ShapeError, "embedding 1 has 23 points"),
        (lambda a: ga.morph([A, B * np.nan], values=VALUES), ga.ShapeError, "embedding 1 .* no finite row"),
        (lambda a: ga.morph([A, B]), ga.OptionError, "a morph of arrays needs values"),
        (lambda a: ga.morph([A, B], ["a", "b"], VALUES), ga.OptionError, "basis names embeddings"),
        (arrays(color="x"), ga.OptionError, "color is a key of an AnnData"),
        (lambda a: ga.morph({"a": A, "b": B}, ["a", "bb"], VALUES), ga.DataKeyError, "did you mean 'b'"),
        (arrays(names=["x"]), ga.OptionError, "names must be 2 texts"),
        (arrays(hold=-1), ga.OptionError, "hold must be seconds"),
        (arrays(move="1 s"), ga.OptionError, "move must be seconds"),
        (arrays(n_frames=30), ga.OptionError, "30 frames are too few"),
        (arrays(n_frames=3.5), ga.OptionError, "n_frames must be a whole"),
        (arrays(n_frames=90, duration=3), ga.OptionError, "n_frames or dur"),
        (arrays(move=1, duration=3), ga.OptionError, "move and the length"),
        (arrays(ease="inn"), ga.OptionError, "ease must be one of"),
        (arrays(stagger=VALUES, lag=1), ga.OptionError, "lag must be a share"),
        (arrays(stagger=VALUES[1:]), ga.ShapeError, "stagger must have shape"),
        (arrays(title="{bases}"), ga.OptionError, "names {bases}"),
        (lambda a: ga.morph([A, B], values=iter([VALUES]), **LIMITS), ga.OptionError, "give n_steps"),
        (lambda a: ga.morph(7, ["a", "b"]), ga.OptionError, "data must be an AnnData or its path.* not int"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(pbmc68k, call, error, match):
    with pytest.raises(error, match=match):
        call(pbmc68k)


def test_names_of_cells_have_to_be_unique():
    first, last = days()
    last.obs_names = ["c0"] * 6
    with pytest.raises(ga.DataKeyError, match="those of AnnData 1 are not unique"):
        ga.morph([first, last], "umap")
