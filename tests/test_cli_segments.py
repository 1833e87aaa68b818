"""The command's options for long films: `--resume`, `--workers`, `--segment`, `--dask`."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gpuanim.cli import main
from gpuanim.simulate import atlas

SMALL = ["--size", "64x48", "--fps", "1"]


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    adata = atlas(400).to_anndata()
    adata.obsm["ranking"] = np.linspace(0, 1, 400 * 6, dtype=np.float32).reshape(400, 6)
    path = tmp_path_factory.mktemp("cells") / "cells.h5ad"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata.write_h5ad(path)
    return path


def render(cells, target, *options):
    words = ["render", cells, "--frames", "ranking", *SMALL, "-o", target, *options]
    return main([str(word) for word in words])


def test_films_in_segments(cells, tmp_path):
    assert render(cells, tmp_path / "a.mp4", "--resume", "--workers", 2) == 0
    assert render(cells, tmp_path / "b.mp4", "--segment", 2) == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_a_propagation_is_told_by_its_graph(cells, tmp_path):
    words = ["propagate", cells, "--seed", 0, "--steps", 6, *SMALL, "-o", tmp_path / "a.mp4", "--resume"]
    assert main([str(word) for word in words]) == 0
    assert (tmp_path / "a.mp4").stat().st_size > 0


def test_a_film_that_failed_goes_on(cells, tmp_path, capsys, monkeypatch):
    from gpuanim.encode._ffmpeg import FFmpegEncoder

    def fail(*args):
        raise KeyboardInterrupt

    real = FFmpegEncoder.join
    monkeypatch.setattr(FFmpegEncoder, "join", fail)
    assert render(cells, tmp_path / "a.mp4", "--resume") == 130
    monkeypatch.setattr(FFmpegEncoder, "join", real)
    assert render(cells, tmp_path / "a.mp4", "--resume") == 0
    assert "note: 3 of 3 segments were there from an earlier run" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_cluster_of_processes_here(cells, tmp_path, capsys):
    assert render(cells, tmp_path / "far.mp4", "--dask", "local[1]") == 0
    said = capsys.readouterr()
    assert "note: made by 1 workers" in said.out
    assert "dashboard: http" in said.err
    assert render(cells, tmp_path / "near.mp4", "--segment", 2) == 0
    assert (tmp_path / "far.mp4").read_bytes() == (tmp_path / "near.mp4").read_bytes()


def test_places_without_a_cluster(cells, tmp_path, capsys):
    assert render(cells, tmp_path / "a.mp4", "--dask", "10.0.0.1:8786") == 1
    assert "there is no cluster at '10.0.0.1:8786': give" in capsys.readouterr().err


def test_pages_are_not_made_in_segments(cells, tmp_path, capsys):
    with pytest.raises(SystemExit):
        render(cells, tmp_path / "a.html", "--interactive", "--resume")
    assert "--interactive takes no --resume" in capsys.readouterr().err


def test_a_film_of_a_spec(cells, tmp_path):
    spec = tmp_path / "films.toml"
    spec.write_text(
        f'[[film]]\nfile = "{cells}"\nframes = "ranking"\noutput = "a.mp4"\nsize = "64x48"\nfps = 1\n'
        "resume = true\nworkers = 2\n"
    )
    assert main(["render", "--spec", str(spec)]) == 0
    assert (tmp_path / "a.mp4").stat().st_size > 0
