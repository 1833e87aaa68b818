"""The command: what it writes, what it says, and the exit codes it leaves with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from anndata import AnnData

import gpuanim
from gpuanim.cli import main
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.simulate import atlas

ROOT = Path(__file__).resolve().parent.parent
SMALL = ["--size", "64x48"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    adata = atlas(400).to_anndata()
    steps = np.linspace(0, 1, 400 * 6, dtype=np.float32).reshape(400, 6)
    adata.obsm["ranking"] = steps
    adata.obsm["X_holes"] = np.full((400, 2), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata.write_h5ad(folder / "cells.h5ad")
        adata.write_zarr(folder / "cells.zarr")
        AnnData(obs=adata.obs, obsm={"X_umap": adata.obsm["X_umap"]}).write_h5ad(folder / "no_graph.h5ad")
    return folder


@pytest.fixture
def cells(files):
    return str(files / "cells.h5ad")


def run(*argv):
    return main([str(arg) for arg in argv])


def decode(path, width=64, height=48):
    """Return the frames of a film; imageio's own reader of videos leaves pipes open."""
    words = [ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(words, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def command(*argv, **options):
    arguments = [sys.executable, "-m", "gpuanim", *map(str, argv)]
    return subprocess.run(
        arguments, capture_output=True, check=False, text=True, cwd=ROOT, timeout=60, **options
    )


@pytest.mark.parametrize(
    "seeds",
    [
        ["--seed", "0", "--seed", "200"],
        ["--seed-name", "cell_7"],
        ["--seed-group", "cell_type=type_03"],
        ["--seed", "1", "--seed-name", "cell_2", "--seed-group", "cell_type=type_00"],
    ],
    ids=["index", "name", "group", "all"],
)
def test_propagate_from_seeds(cells, tmp_path, capsys, seeds):
    target = tmp_path / "film.mp4"
    assert run("propagate", cells, *seeds, "--steps", 7, *SMALL, "-o", target) == 0
    assert len(decode(target)) == 7
    said = capsys.readouterr()
    assert said.err == ""  # no progress bar where nobody watches
    assert said.out.startswith(f"{target}: 64x48, 7 frames at 20/s, ")
    assert "read 0." in said.out


def test_propagate_on_a_cluster(dask_client, cells, tmp_path):
    options = ["--seed", 0, "--steps", 6, "--norm", "log", *SMALL]
    assert run("propagate", cells, *options, "-o", tmp_path / "here.gif") == 0
    there = ["--dask", dask_client.scheduler.address]
    assert run("propagate", cells, *options, *there, "-o", tmp_path / "there.gif") == 0
    assert (tmp_path / "here.gif").read_bytes() == (tmp_path / "there.gif").read_bytes()


def test_a_cluster_that_is_none(cells, tmp_path, capsys):
    target = tmp_path / "x.gif"
    assert run("propagate", cells, "--seed", 0, "--dask", "local(2)", *SMALL, "-o", target) == 1
    assert "there is no cluster at 'local(2)': give" in capsys.readouterr().err


def test_several_targets_from_zarr(files, tmp_path, capsys):
    targets = [tmp_path / name for name in ("film.mp4", "film.gif", "film.html", "%02d.png")]
    outputs = [part for target in targets for part in ("-o", target)]
    seeds = ["--seed", "0"]
    options = ["--steps", 3, "--crf", 30, "--preset", "ultrafast", *SMALL]
    assert run("propagate", files / "cells.zarr", *seeds, *options, *outputs) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in said if "64x48" in line] == [str(target) for target in targets]
    assert said[-1].startswith("together ")
    assert "read 0." in said[-1]
    assert iio.imread(targets[1]).shape[0] == 3
    assert "<video" in targets[2].read_text()
    assert sorted(path.name for path in tmp_path.glob("*.png")) in (
        ["00.png", "01.png", "02.png"],
        ["01.png", "02.png", "03.png"],
    )


def test_tolerance_ends_the_film(cells, tmp_path):
    for tol, target in [(0.5, tmp_path / "short.mp4"), (0.02, tmp_path / "long.mp4")]:
        assert run("propagate", cells, "--seed", 0, "--tol", tol, *SMALL, "-o", target) == 0
    assert len(decode(tmp_path / "short.mp4")) < len(decode(tmp_path / "long.mp4"))


@pytest.mark.parametrize("store", ["cells.h5ad", "cells.zarr"])
def test_render_what_is_stored(files, tmp_path, store):
    target = tmp_path / "film.gif"
    options = ["--frames", "ranking", "--cmap", "gray", "--background", "black", "--no-antialias"]
    assert run("render", files / store, *options, *SMALL, "-o", target) == 0
    film = iio.imread(target)
    assert film.shape == (6, 48, 64, 3)
    assert film.mean(axis=(1, 2, 3)).argmax() == 5  # values rise along the film


def test_film_options_arrive(cells, tmp_path, monkeypatch):
    seen = {}

    def animate(coords, values, **options):
        seen.update(options)
        raise gpuanim.OptionError("far enough")

    monkeypatch.setattr(gpuanim, "animate", animate)
    words = (
        "--fps 30000/1001 --n-frames 9 --tween linear --ease sine --hold 0.5,1 --figsize 6x4.5 --dpi 200 "
        "--point-size 2 --opacity 0.4 --spread --order abs --order-scope film --no-antialias --margin 0 "
        "--background none --aspect auto --norm log --vmin p1 --vmax 3 --vcenter 1 --scope frame "
        "--cmap magma --na-color red --blend mix"
    )
    assert run("render", cells, "--frames", "ranking", *words.split(), "-o", tmp_path / "x.mp4") == 1
    expected = {
        "fps": "30000/1001", "n_frames": 9, "duration": None, "tween": "linear", "ease": "sine",
        "hold": (0.5, 1.0), "size": None, "figsize": (6.0, 4.5), "dpi": 200.0, "s": 2.0, "alpha": 0.4,
        "spread": True, "order": "abs", "order_scope": "film", "antialias": False, "background": None,
        "margin": 0.0, "aspect": "auto",
        "norm": "log", "vmin": "p1", "vmax": 3.0, "vcenter": 1.0, "scope": "frame", "cmap": "magma",
        "na_color": "red", "blend": "mix",
    }  # fmt: skip
    assert {name: seen[name] for name in expected} == expected


def test_duration(cells, tmp_path, capsys):
    target = tmp_path / "film.mp4"
    options = ["--frames", "ranking", "--n-frames", 10, "--duration", 2, *SMALL]
    assert run("render", cells, *options, "-o", target) == 0
    assert len(decode(target)) == 10
    assert "10 frames at 5/s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (
            "propagate {cells} -o {out}",
            "no seeds: give --seed N, --seed-name NAME or --seed-group COLUMN=CATEGORY",
        ),
        ("propagate {cells} --seed 0", "the following arguments are required: -o"),
        ("propagate {cells} --seed x -o {out}", "invalid int value: 'x'"),
        ("propagate {cells} --seed-group louvain -o {out}", "expected COLUMN=CATEGORY, such as louvain=3"),
        ("propagate {cells} --seed 0 --size big -o {out}", "expected pixels such as 1920x1080, got 'big'"),
        ("propagate {cells} --seed 0 --neighbors-key a --obsp b -o {out}", "exclude each other"),
        ("render {cells} -o {out}", "required: --frames"),
        ("render {cells} --frames a --hold 1,2,3 -o {out}", "expected seconds such as 1 or 0.5,1"),
        ("render {cells} --frames a --figsize 3 -o {out}", "expected inches such as 6x4.5"),
        ("render {cells} --frames a --dimensions 1 -o {out}", "expected two numbers from 0"),
        ("paint", "invalid choice: 'paint'"),
        ("", "required: COMMAND"),
    ],
)
def test_wrong_usage(cells, tmp_path, capsys, argv, text):
    with pytest.raises(SystemExit) as left:
        run(*argv.format(cells=cells, out=tmp_path / "x.mp4").split())
    assert left.value.code == 2
    assert text in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ("propagate absent.h5ad --seed 0 -o {out}/x.mp4", "absent.h5ad: no such file"),
        ("propagate {cells} --seed 400 -o {out}/x.mp4", "seed 400 is out of range: there are 400 cells"),
        ("propagate {cells} --seed-name cel_3 -o {out}/x.mp4", "no cell is called 'cel_3'"),
        ("propagate {cells} --seed-group cell_tipe=a -o {out}/x.mp4", "did you mean 'cell_type'"),
        ("propagate {cells} --seed-group cell_type=type_99 -o {out}/x.mp4", "no cells 'type_99'"),
        ("propagate {cells} --seed 0 --basis umpa -o {out}/x.mp4", "did you mean 'X_umap'"),
        (
            "propagate {cells} --seed 0 --basis holes -o {out}/x.mp4",
            "400 of 400 cells without finite coordinates",
        ),
        ("propagate {cells} --seed 0 --obsp near -o {out}/x.mp4", "no graph 'near' in obsp"),
        ("propagate {cells} --seed 0 --alpha 2 -o {out}/x.mp4", "alpha"),
        ("propagate {cells} --seed 0 --steps 0 -o {out}/x.mp4", "n_steps"),
        ("propagate {no_graph} --seed 0 -o {out}/x.mp4", "no graph 'connectivities' in obsp"),
        ("propagate {cells} --seed 0 -o {out}/x.mp4 -o {out}/x.avi", ".avi"),
        ("propagate {cells} --seed 0 --crf 99 -o {out}/x.mp4", "crf"),
        ("render {cells} --frames rankin -o {out}/x.mp4", "did you mean 'ranking'"),
        ("render {cells} --frames ranking --cmap nocolor -o {out}/x.mp4", "nocolor"),
        ("render {cells} --frames ranking --size 0x0 -o {out}/x.mp4", "size"),
        ("render {cells} --frames ranking -o {out}/nowhere/x.mp4", "nowhere"),
        ("render {cells} --frames ranking --background none -o {out}/x.mp4", "transparen"),
    ],
)
def test_failure_is_one_line(files, cells, tmp_path, capsys, argv, text):
    words = argv.format(cells=cells, no_graph=files / "no_graph.h5ad", out=tmp_path).split()
    assert run(*words) == 1
    said = capsys.readouterr()
    assert said.err.startswith("gpuanim: error: ")
    assert text in said.err
    assert "Traceback" not in said.err
    assert not list(tmp_path.iterdir())


def test_unexpected_exceptions_are_short(cells, tmp_path, capsys, monkeypatch):
    def animate(*args, **options):
        raise ZeroDivisionError("a bug of ours,\nin two lines")

    monkeypatch.setattr(gpuanim, "animate", animate)
    words = ["render", cells, "--frames", "ranking", "-o", str(tmp_path / "x.mp4")]
    assert run(*words) == 1
    assert capsys.readouterr().err == (
        "gpuanim: error: ZeroDivisionError: a bug of ours, in two lines (--debug shows where)\n"
    )
    assert run("--debug", *words) == run(*words, "--debug") == 1
    assert capsys.readouterr().err.count("Traceback") == 2


def test_interrupt(cells, tmp_path, capsys, monkeypatch):
    def animate(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(gpuanim, "animate", animate)
    assert run("render", cells, "--frames", "ranking", "-o", tmp_path / "x.mp4") == 130
    assert capsys.readouterr().err.startswith("gpuanim: interrupted")


def test_progress_on_a_terminal_only(cells, tmp_path, capsys, monkeypatch):
    words = ["render", cells, "--frames", "ranking", *SMALL, "-o", tmp_path / "x.mp4"]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(*words) == 0
    assert "frame/s" in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(*words, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_notes_are_told(cells, tmp_path, capsys):
    words = ["render", cells, "--frames", "ranking", "--size", "63x47", "-o", tmp_path / "x.mp4"]
    assert run(*words) == 0
    assert "note: 63x47 was padded to 64x48" in capsys.readouterr().out


def test_demo_of_a_simulated_atlas(tmp_path, capsys):
    assert run("demo", "--cells", 300, "--out", tmp_path / "new" / "out") == 0
    names = [f"simulated_300{end}" for end in (".gif", ".html", ".mp4", "_cells.html")]
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == names
    table = capsys.readouterr().out
    assert all(name in table for name in (*names, "rendered once", "draw"))


def test_demo_without_scanpy(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "scanpy.datasets", None)
    monkeypatch.setitem(sys.modules, "scanpy", None)
    assert run("demo", "--out", tmp_path) == 1
    assert 'pip install "gpuanim[demo]"' in capsys.readouterr().err


def test_doctor(capsys):
    assert run("doctor") == 0
    assert "films can be made" in capsys.readouterr().out


def test_help_is_light():
    code = (
        "import sys\nfrom gpuanim.cli import main\n"
        "try: main(['propagate', '--help'])\nexcept SystemExit as left: assert left.code == 0\n"
        "heavy = {'numba', 'matplotlib', 'anndata', 'vispy', 'h5py', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "--seed-group COLUMN=CATEGORY" in done.stdout


def test_command_from_a_shell(cells, tmp_path):
    done = command("--version")
    assert (done.returncode, done.stdout) == (0, f"gpuanim {gpuanim.__version__}\n")
    done = command("propagate", cells, "--seed", 0, "--steps", 4, *SMALL, "-o", tmp_path / "x.mp4")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "4 frames" in done.stdout
    done = command("propagate", cells, "--seed", 9999, "-o", tmp_path / "y.mp4")
    assert done.returncode == 1
    assert done.stderr == "gpuanim: error: seed 9999 is out of range: there are 400 cells, from 0 to 399\n"


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_leave_nothing_behind(cells, tmp_path, number, code):
    words = ["propagate", cells, "--seed", "0", "--steps", "1000000", "--size", "640x480"]
    arguments = [sys.executable, "-m", "gpuanim", *words, "-o", str(tmp_path / "x.mp4")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments, cwd=ROOT, start_new_session=True, text=True, **pipes) as process:
        _wait_for(lambda: list(tmp_path.iterdir()))  # the encoder has begun
        time.sleep(0.3)
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):  # no process of its group is left
        _wait_for(lambda: os.killpg(process.pid, 0), seconds=2)


def _wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


def test_interactive_page_with_names_and_groups(cells, tmp_path, capsys):
    target = tmp_path / "cells.html"
    options = ["--interactive", "--groups", "cell_type", *SMALL, "-o", target]
    assert run("propagate", cells, "--seed", 0, "--steps", 3, *options) == 0
    assert capsys.readouterr().out.startswith(f"{target}: 64x48, 3 frames")
    page = target.read_text()
    assert "type_03" in page
    assert "<video" not in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--interactive", "--crf", 20, "-o", "a.html"], "--interactive takes no --crf"),
        (["--groups", "cell_type", "-o", "a.html"], "--groups is for --interactive"),
    ],
)
def test_options_of_pages_and_of_videos_do_not_mix(cells, tmp_path, capsys, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        run("propagate", cells, "--seed", 0, *options)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_unknown_column_of_groups(cells, tmp_path, capsys):
    options = ["--interactive", "--groups", "cell_typ", "-o", tmp_path / "a.html"]
    assert run("propagate", cells, "--seed", 0, *options) == 1
    assert "cell_type" in capsys.readouterr().err


def test_a_gif_that_fits(cells, tmp_path, capsys):
    whole, small = tmp_path / "whole.gif", tmp_path / "small.gif"
    options = ["--steps", 5, "--size", "320x240", "--max-error", 4, "--loop", 2]
    assert run("propagate", cells, "--seed", 0, *options, "-o", whole) == 0
    limit = int(whole.stat().st_size * 0.6)
    assert run("propagate", cells, "--seed", 0, *options, "--max-bytes", limit, "-o", small) == 0
    assert 0 < small.stat().st_size <= limit
    assert "to stay within" in capsys.readouterr().out
    assert b"NETSCAPE2.0" in small.read_bytes()


@pytest.mark.parametrize("name", ["cells.h5ad", "cells.zarr"])
def test_a_graph_that_stays_on_disk_makes_the_same_film(files, name, tmp_path, capsys):
    stores = []
    for home in ("memory", "disk"):
        target, store = tmp_path / f"{home}.mkv", tmp_path / f"{home}.zarr"
        words = ["-o", target, "--store", store, "--steps", "3", "--graph-on", home, *SMALL]
        assert run("propagate", files / name, "--seed", "0", *words) == 0
        stores.append(gpuanim.open_frames(store))
    np.testing.assert_array_equal(decode(tmp_path / "memory.mkv"), decode(tmp_path / "disk.mkv"))
    assert stores[0].fingerprints == stores[1].fingerprints
    assert "graph" in stores[0].fingerprints


def test_what_does_not_fit_is_told_in_a_line(cells, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("gpuanim._memory.available", lambda: 1 << 30)
    size = ["--size", "7680x4320"]
    assert run("propagate", cells, "--seed", "0", "-o", tmp_path / "film.mp4", "--steps", "2", *size) == 1
    told = capsys.readouterr().err
    assert "the film needs" in told
    assert "what would fit: frames of" in told
    assert list(tmp_path.iterdir()) == []
