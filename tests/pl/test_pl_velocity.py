"""`pl.velocity`: keys, planes, cells as scanpy draws them, and the nearest key where one is missing."""

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.errors import DataKeyError, OptionError

FEW = {"n_particles": 30, "n_frames": 6, "fps": 3, "figsize": (3, 2.4), "dpi": 60}


@pytest.fixture
def flowing(adata):
    places = adata.obsm["X_umap"]
    adata.obsm["velocity_umap"] = np.column_stack([-places[:, 1], places[:, 0]])
    return adata


def test_cells_are_those_of_embedding(flowing):
    film = ga.pl.velocity(flowing, "umap", color="bulk_labels", particle_alpha=1e-3, **FEW)
    still = ga.pl.umap(flowing, color="bulk_labels", figsize=(3, 2.4), dpi=60)
    assert film.n_frames == 6
    np.testing.assert_allclose(film.frame(2).astype(int), still.frame(0), atol=3)


def test_particles_move_along_the_arrows(flowing):
    film = ga.pl.velocity(flowing, **FEW, trail=0, particle_size=20, particle_color="#ff00ff")
    frames = film.to_array().astype(int)
    pink = (frames[..., 0] - frames[..., 1] > 60) & (frames[..., 2] - frames[..., 1] > 60)
    assert (pink.sum((1, 2)) > 20).all()
    assert (frames[0] != frames[1]).any()


def test_each_panel_has_particles(flowing):
    film = ga.pl.velocity(flowing, color=["bulk_labels", "louvain"], legend_loc=None, **FEW)
    assert len(film._film.clouds) == 2
    assert film.frame(1).shape[1] > 200


def test_cells_without_a_place_or_velocity(flowing):
    flowing.obsm["X_umap"][:50] = np.nan
    flowing.obsm["velocity_umap"][40:90] = np.nan
    assert ga.pl.velocity(flowing, "X_umap", **FEW).frame(0).std() > 1


def test_from_a_file(flowing, tmp_path):
    flowing.write_h5ad(tmp_path / "cells.h5ad")
    np.testing.assert_array_equal(
        ga.pl.velocity(str(tmp_path / "cells.h5ad"), **FEW).frame(3), ga.pl.velocity(flowing, **FEW).frame(3)
    )


def test_other_dimensions(flowing):
    flowing.obsm["velocity_pca"] = np.roll(flowing.obsm["X_pca"], 1, axis=0)
    film = ga.pl.velocity(flowing, "pca", dimensions=(2, 1), **FEW)
    again = ga.flow(
        flowing.obsm["X_pca"][:, [2, 1]], flowing.obsm["velocity_pca"][:, [2, 1]], n_particles=30,
        n_frames=6, fps=3, figsize=(3, 2.4), dpi=60,
    )  # fmt: skip
    ours, theirs = (f._film.clouds[0].coords.step(3) for f in (film, again))
    np.testing.assert_allclose(np.unique(ours, axis=0), np.unique(theirs, axis=0), rtol=1e-4, atol=1e-4)


def test_missing_keys_name_the_nearest(flowing):
    with pytest.raises(DataKeyError, match=r"no velocities 'velocty_umap'.*did you mean 'velocity_umap'"):
        ga.pl.velocity(flowing, vkey="velocty")
    with pytest.raises(DataKeyError, match=r"no velocities 'velocity_pca'.*velocity_embedding"):
        ga.pl.velocity(flowing, "pca")
    with pytest.raises(DataKeyError, match=r"no embedding 'umpa'.*did you mean 'X_umap'"):
        ga.pl.velocity(flowing, "umpa")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"frames": ["CD3D"]}, "there is no option 'frames' here"),
        ({"along": "n_counts"}, "there is no option 'along' here"),
        ({"components": ["1,2", "1,2"]}, "one pair of dimensions"),
        ({"n_particle": 3}, "there is no option 'n_particle'"),
    ],
)
def test_what_is_refused(flowing, options, text):
    with pytest.raises(OptionError, match=text):
        ga.pl.velocity(flowing, **options)
