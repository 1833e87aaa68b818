"""Blends of an AnnData's cells, and on the command line."""

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.blend import BLENDS
from gpuanim.cli import main
from gpuanim.cli._parser import BLENDS as WORDS
from gpuanim.cli._parser import build_parser
from gpuanim.simulate import atlas


def clouds(film):
    return film._film.clouds


@pytest.mark.parametrize(
    ("color", "blend"),
    [
        ("bulk_labels", "mode"),
        ("bulk_labels", "mix"),
        ("bulk_labels", "count"),
        ("CD3D", "mean"),
        (None, "count"),
    ],
)
def test_embeddings(pbmc68k, color, blend):
    film = ga.pl.umap(pbmc68k, color=color, blend=blend)
    assert clouds(film)[0].blend.name == blend
    over = ga.pl.umap(pbmc68k, color=color).frame(0, dpi=40)
    shown = film.frame(0, dpi=40)
    assert (shown != over).any()


def test_cells_without_a_colour_are_counted(pbmc68k):
    film = ga.pl.umap(pbmc68k, blend="count")
    colors = np.unique(film.frame(0, dpi=50).reshape(-1, 3), axis=0)
    assert len(colors) > 10


def test_outlines_are_refused(pbmc68k):
    with pytest.raises(ga.OptionError, match='outline colours single points, and blend="max"'):
        ga.pl.umap(pbmc68k, color="CD3D", blend="max", add_outline=True)


def test_the_command_knows_all_blends():
    assert set(WORDS) == set(BLENDS)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    adata = atlas(300).to_anndata()
    adata.obsm["ranking"] = np.linspace(0, 1, 1200, dtype=np.float32).reshape(300, 4)
    path = tmp_path_factory.mktemp("cells") / "cells.h5ad"
    adata.write_h5ad(path)
    return str(path)


@pytest.mark.parametrize(
    ("words", "norm"),
    [
        ([], "linear"),
        (["--blend", "mean"], "linear"),
        (["--blend", "count"], None),
        (["--blend", "count", "--norm", "linear"], "linear"),
    ],
)
def test_the_norm_is_that_of_the_blend(file, monkeypatch, tmp_path, words, norm):
    seen = {}

    def animate(coords, values, **options):
        seen.update(options)
        raise ga.OptionError("far enough")

    monkeypatch.setattr(ga, "animate", animate)
    assert main(["render", file, "--frames", "ranking", "-o", str(tmp_path / "x.mp4"), *words]) == 1
    assert (seen["norm"], seen["blend"]) == (norm, words[1] if words else "over")


def test_a_film_of_counts_from_a_file(file, tmp_path, capsys):
    words = ["--frames", "ranking", "--size", "64x48", "--blend", "count"]
    assert main(["render", file, *words, "-o", str(tmp_path / "x.mp4")]) == 0
    assert "4 frames" in capsys.readouterr().out


def test_other_words_are_refused(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(["render", "x", "--frames", "a", "-o", "y", "--blend", "median"])
    assert "invalid choice: 'median'" in capsys.readouterr().err
