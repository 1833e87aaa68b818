"""`gpuanim propagate --store` and `gpuanim render --frames frames.zarr`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.cli import main
from gpuanim.provenance import graph_fingerprint, points_fingerprint
from gpuanim.simulate import atlas

ROOT = Path(__file__).resolve().parent.parent
SMALL = ["--size", "64x48"]


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    adata = atlas(400).to_anndata()
    adata.obsm["ranking"] = np.linspace(0, 1, 400 * 6, dtype=np.float32).reshape(400, 6)
    adata.obsm["X_other"] = adata.obsm["X_umap"][:, ::-1].copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata.write_h5ad(folder / "cells.h5ad")
        adata[:-1].copy().write_h5ad(folder / "fewer.h5ad")
    return folder / "cells.h5ad"


def run(*argv):
    return main([str(arg) for arg in argv])


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_a_film_from_the_store_is_the_film(cells, tmp_path, capsys, decode, dtype):
    seeds = ["--seed", 0, "--seed", 200, "--steps", 7]
    both, later, store = tmp_path / "both.mkv", tmp_path / "later.mkv", tmp_path / "f.zarr"
    words = ["propagate", cells, *seeds, *SMALL, "-o", both, "--store", store, "--store-dtype", dtype]
    assert run(*words) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{both}: 64x48, 7 frames at 20/s, ")
    assert f"\n{store}: 7 steps of 400 cells, " in said
    assert run("render", cells, "--frames", store, *SMALL, "-o", later) == 0
    np.testing.assert_array_equal(decode(later).frames, decode(both).frames)
    part = tmp_path / "part.mkv"
    assert run("render", cells, "--frames", store, "--steps", "2:5", *SMALL, "-o", part) == 0
    np.testing.assert_array_equal(decode(part).frames, decode(both).frames[2:5])
    assert run("render", cells, "--frames", store, "--steps=-2:", *SMALL, "-o", part) == 0
    np.testing.assert_array_equal(decode(part).frames, decode(both).frames[-2:])


def test_a_store_alone(cells, tmp_path, capsys):
    store = tmp_path / "f.zarr"
    assert run("propagate", cells, "--seed", 0, "--tol", 0.05, "--store", store) == 0
    frames = ga.open_frames(store)
    assert f"{store}: {frames.n_steps} steps of 400 cells, " in capsys.readouterr().out
    adata = atlas(400)
    assert frames.settings["tol"] == 0.05
    assert frames.fingerprints["coords"] == points_fingerprint(adata.coords)
    assert frames.fingerprints["graph"] == graph_fingerprint(adata.graph)
    labels = np.zeros(400)
    labels[0] = 1
    alone = ga.LabelPropagation(adata.graph, labels, alpha=0.999, tol=0.05, coords=adata.coords)
    np.testing.assert_array_equal(list(frames), list(alone))


def test_frames_of_other_cells(cells, tmp_path, capsys):
    store, film = tmp_path / "f.zarr", tmp_path / "x.mp4"
    assert run("propagate", cells, "--seed", 0, "--steps", 3, "--store", store, "-q") == 0
    words = ["render", cells, "--frames", store, "--basis", "other", *SMALL, "-o", film]
    assert run(*words) == 1
    assert "or --same-cells in a command" in capsys.readouterr().err
    assert run(*words, "--same-cells") == 0
    assert run("render", cells.with_name("fewer.h5ad"), "--frames", store, *SMALL, "-o", film) == 1
    assert "400 points, and there are 399: it belongs to other data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ("propagate {cells} --seed 0", "the following arguments are required: -o/--output, or --store"),
        ("propagate {cells} --seed 0 --store-dtype uint8 -o {out}/x.mp4", "--store-dtype is for --store"),
        ("propagate {cells} --seed 0 --store {out}/f.zarr --store-dtype int8", "invalid choice: 'int8'"),
        ("render {cells} --frames ranking --steps 7 -o {out}/x.mp4", "expected steps such as 10:60"),
        ("render {cells} --frames ranking --steps=-: -o {out}/x.mp4", "expected steps such as 10:60"),
        ("render {cells} --frames ranking --same-cells -o {out}/x.mp4", "--same-cells is for a store"),
        ("render {cells} --frames ranking", "the following arguments are required: -o/--output"),
    ],
)
def test_wrong_usage(cells, tmp_path, capsys, argv, text):
    with pytest.raises(SystemExit) as left:
        run(*argv.format(cells=cells, out=tmp_path).split())
    assert left.value.code == 2
    assert text in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ("propagate {cells} --seed 0 --store {out}/frames", "ends in .zarr"),
        ("propagate {cells} --seed 0 --store {out}/f.zarr -o {out}/x.avi", ".avi"),
        ("render {cells} --frames {out}/f.zarr -o {out}/x.mp4", "f.zarr: no such store of frames"),
        (
            "render {cells} --frames ranking --steps 6: -o {out}/x.mp4",
            "some of the 6 steps of obsm['ranking']",
        ),
    ],
)
def test_failures_leave_nothing(cells, tmp_path, capsys, argv, text):
    assert run(*argv.format(cells=cells, out=tmp_path).split()) == 1
    assert text in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_part_of_obsm(cells, tmp_path, decode):
    whole, part = tmp_path / "whole.mkv", tmp_path / "part.mkv"
    words = ["render", cells, "--frames", "ranking", "--vmin", 0, "--vmax", 1, *SMALL]
    assert run(*words, "-o", whole) == run(*words, "--steps", "1:4", "-o", part) == 0
    np.testing.assert_array_equal(decode(part).frames, decode(whole).frames[1:4])


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_leave_neither_film_nor_store(cells, tmp_path, number, code):
    words = ["propagate", str(cells), "--seed", "0", "--steps", "1000000", *SMALL]
    targets = ["-o", str(tmp_path / "x.mp4"), "--store", str(tmp_path / "f.zarr")]
    arguments = [sys.executable, "-m", "gpuanim", *words, *targets]
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 30
        while not list(tmp_path.glob(".f.*/frames/frames/2.0")) and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
