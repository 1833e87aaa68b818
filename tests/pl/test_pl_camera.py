"""Films of an AnnData whose camera moves: groups of obs, and spaces of three dimensions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.errors import DataKeyError, OptionError

LOOK = {"figsize": (2, 1.6), "dpi": 60, "theme": "light"}


def flight(film, panel=0):
    return film._film.clouds[panel].camera


def picked(film):
    """Return the cells of the first shot."""
    return flight(film).framings[0].positions


def test_groups_of_the_colour_and_of_other_columns(adata):
    by_color = ga.pl.umap(adata, color="louvain", camera=ga.Shot.group("3"))
    by_key = ga.pl.umap(adata, color="CD3D", camera=ga.Shot.group("3", "louvain"))
    named = ga.pl.umap(adata, camera=[ga.Shot.cells(("louvain", "3")), ga.Shot.all()], n_frames=3)
    wanted = np.flatnonzero(adata.obs["louvain"] == "3").tolist()
    for film in (by_color, by_key, named):
        assert picked(film).tolist() == wanted
    follow = flight(ga.pl.umap(adata, color="louvain", camera=ga.Follow("3")))
    assert follow.cells.tolist() == wanted


def test_the_last_frame_shows_the_group(adata):
    film = ga.pl.umap(
        adata, color="louvain", camera=[ga.Shot.all(), ga.Shot.group("3")], n_frames=3, frameon=False,
        legend_loc=None, title="", **LOOK,
    )  # fmt: skip
    color = film._film.clouds[0].table[3].astype(int)
    share = [(np.abs(frame - color).max(axis=2) < 3).mean() for frame in film.frames()]
    assert share[2] > 4 * share[0] > 0


def test_cells_without_a_place_are_left_out(adata):
    adata.obsm["X_umap"][:50] = np.nan
    film = ga.pl.umap(adata, color="louvain", camera=ga.Shot.group("3"))
    wanted = np.flatnonzero(adata.obs["louvain"] == "3")
    assert (picked(film) + 50).tolist() == wanted[wanted >= 50].tolist()
    with pytest.raises(OptionError, match="no cell to look at in what was given"):
        ga.pl.umap(adata, color="louvain", camera=ga.Shot.cells(range(50)))


def test_a_space_of_principal_components(adata):
    film = ga.pl.pca(adata, color="bulk_labels", camera=ga.Orbit(elevation=20), n_frames=4, **LOOK)
    cloud = film._film.clouds[0]
    np.testing.assert_array_equal(cloud.coords, adata.obsm["X_pca"][:, :3])
    panel = film._film.stage.panels[0]
    assert (panel.dress.axes, panel.dress.xlabel, panel.limits.aspect) == ("off", None, "equal")
    frames = film.to_array()
    assert all((a != b).any() for a, b in pairwise(frames))


@pytest.mark.parametrize("options", [{"components": "2,1,4"}, {"dimensions": (1, 0, 3)}])
def test_other_dimensions(adata, options):
    film = ga.pl.pca(adata, color="CD3D", camera=ga.Orbit(), **options)
    np.testing.assert_array_equal(film._film.clouds[0].coords, adata.obsm["X_pca"][:, [1, 0, 3]])


def test_panels_of_a_space(adata):
    film = ga.pl.pca(adata, color=["CD3D", "louvain"], camera=ga.Orbit(), n_frames=2, **LOOK)
    assert [cloud.camera.deep for cloud in film._film.clouds] == [True, True]
    assert ga.pl.pca(adata, color="CD3D", components=["1,2,3", "2,3,4"], camera=ga.Orbit()).n_frames == 1


def test_frames_in_a_space(adata):
    steps = np.random.default_rng(0).random((5, adata.n_obs))
    film = ga.pl.pca(adata, frames=steps, camera=ga.Orbit(), **LOOK)
    assert film.n_frames == 5
    assert film._film.clouds[0].order is None


def test_a_tissue_with_y_downwards_is_seen_from_above_as_well(adata):
    adata.obsm["spatial"] = np.column_stack([adata.obsm["X_umap"], np.zeros(adata.n_obs)])
    adata.obsm["spatial"][0, 2] = 5.0
    film = ga.pl.spatial(adata, spot_size=0.5, camera=ga.Orbit(turns=0, elevation=50, perspective=0), **LOOK)
    cloud = film._film.clouds[0]
    panel = film._film.stage.panels[0]
    view = panel.limits.view((0.0, 0.0, 100.0, 100.0))
    assert view.ylim[0] > view.ylim[1]
    moment = ga.Moment(0, 1, 0, 1, 0.0)
    near = cloud.camera.ball.center + np.array([[0, 0, 0], [0, 0, 1.0]])
    seen = cloud.camera.lens(moment, near, view).project(near)
    assert seen.y[1] > seen.y[0]  # what is nearer to a viewer who looks down is lower on the frame


def test_usual_sizes_grow_with_the_zoom_and_given_ones_stay(adata):
    camera = [ga.Shot.all(), ga.Shot.group("3", "louvain")]
    for options, growth in (({}, 0.5), ({"size": 20}, 0.0), ({"spot_size": 0.1}, 1.0)):
        film = ga.pl.umap(adata, camera=camera, n_frames=2, **options)
        assert film._film.clouds[0].dots.growth == growth


def test_names_on_the_data_in_a_space(adata):
    film = ga.pl.pca(adata, color="louvain", legend_loc="on data", camera=ga.Orbit(), n_frames=2, **LOOK)
    positions = film._film.stage.panels[0].key.positions
    cells = adata.obsm["X_pca"][adata.obs["louvain"] == "3", :3]
    np.testing.assert_allclose(positions[3], np.median(cells, axis=0), rtol=1e-6)
    assert (film.frame(0) != film.frame(1)).any()


def test_files_are_filmed_as_they_are(adata, tmp_path):
    adata.write_h5ad(tmp_path / "cells.h5ad")
    film = ga.pl.umap(tmp_path / "cells.h5ad", color="CD3D", camera=ga.Shot.group("3", "louvain"), **LOOK)
    wanted = ga.pl.umap(adata, color="CD3D", camera=ga.Shot.group("3", "louvain"), **LOOK)
    assert (film.frame(0) == wanted.frame(0)).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"camera": ga.Orbit()}, OptionError, "the embedding has 2 dimensions"),
        ({"camera": ga.Shot.group("3", "louvian")}, DataKeyError, "did you mean 'louvain'"),
        ({"camera": ga.Shot.group("33", "louvain")}, DataKeyError, r"no group '33' in obs\['louvain'\]"),
        ({"camera": ga.Shot.group("3", "n_genes")}, OptionError, r"obs\['n_genes'\] has no groups"),
        ({"camera": ga.Shot.group("3"), "color": "CD3D"}, OptionError, "give group .3. with its column"),
        ({"camera": "louvain"}, OptionError, "camera must be a list of ga.Shot"),
        (
            {"camera": ga.Shot.all(), "scale_bar": ga.ScaleBar(label="x")},
            OptionError, "a scale bar under a camera",
        ),
        ({"projection": "3d"}, OptionError, r"camera=ga.Orbit\(\) looks into a space"),
    ],
)  # fmt: skip
def test_what_cannot_be_filmed(adata, options, error, message):
    with pytest.raises(error, match=message):
        ga.pl.umap(adata, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dimensions": (0, 1)}, r"dimensions must be triples such as \(0, 1, 2\)"),
        ({"components": "1,2"}, "components must be triples"),
        ({"add_outline": True}, "an outline lies below all of its cells"),
        ({"aspect": "auto"}, 'needs aspect="equal"'),
    ],
)
def test_what_does_not_go_into_a_space(adata, options, message):
    with pytest.raises(OptionError, match=message):
        ga.pl.pca(adata, color="louvain", camera=ga.Orbit(), **options)
