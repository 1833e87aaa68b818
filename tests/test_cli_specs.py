"""`gpuanim render --spec films.toml`: many films from one file."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.adata.store import FileStore
from gpuanim.cli import main
from gpuanim.cli._specs import SpecError, read_spec
from gpuanim.simulate import atlas

DEFAULTS = """
[defaults]
file = "cells.h5ad"
size = "64x48"
output = "{name}.mkv"
"""


@pytest.fixture(scope="module")
def adata():
    adata = atlas(400).to_anndata()
    adata.obsm["ranking"] = np.linspace(0, 1, 400 * 12, dtype=np.float32).reshape(400, 12)
    return adata


@pytest.fixture
def folder(adata, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata.write_h5ad(tmp_path / "cells.h5ad")
    return tmp_path


def write(folder, text, defaults=DEFAULTS):
    path = folder / "films.toml"
    path.write_text(defaults + text)
    return path


def run(*argv):
    return main([str(arg) for arg in argv])


def made(folder):
    return sorted(p.name for p in folder.iterdir() if p.name not in ("cells.h5ad", "films.toml"))


THREE = """
[[film]]
name = "first"
frames = "ranking"

[[film]]
name = "broken"
frames = "frames.zarr"

[[film]]
name = "last"
kind = "propagate"
seed = [0, 200]
steps = 5
"""


@pytest.fixture
def broken(adata, folder):
    """Return the folder with a store whose step 7 cannot be read."""
    values = adata.obsm["ranking"].T
    ga.store_frames(values, folder / "frames.zarr", coords=adata.obsm["X_umap"])
    (folder / "frames.zarr" / "frames" / "7.0").write_bytes(b"no frame")
    return folder


def test_a_film_that_fails_at_frame_7_costs_that_film(broken, capsys):
    assert run("render", "--spec", write(broken, THREE), "--norm", "linear") == 2  # options belong there
    assert "give --norm there" in capsys.readouterr().err
    assert run("render", "--spec", write(broken, THREE)) == 1
    said = capsys.readouterr()
    heads = [line.split(": ")[0] for line in said.out.splitlines() if "note" not in line]
    assert heads == [
        f"[1/3] {broken / 'first.mkv'}",
        "[2/3] film 2 (broken) failed",
        f"[3/3] {broken / 'last.mkv'}",
    ]
    first, second = said.err.splitlines()
    assert first == "gpuanim: error: 1 of 3 films failed"
    assert second.startswith("  film 2 (broken): ")
    assert "step 7 cannot be read" in second
    assert made(broken) == ["first.mkv", "frames.zarr", "last.mkv"]


def test_all_well_and_quiet(folder, capsys):
    text = (
        '[[film]]\nname = "a"\nframes = "ranking"\n[[film]]\nname = "b"\nframes = "ranking"\ncmap = "magma"\n'
    )
    assert run("render", "--spec", write(folder, text), "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert made(folder) == ["a.mkv", "b.mkv"]


def test_an_unexpected_failure_is_one_line(folder, capsys, monkeypatch):
    def animate(*args, **options):
        raise ZeroDivisionError("a bug of ours,\nin two lines")

    monkeypatch.setattr(ga, "animate", animate)
    path = write(folder, '[[film]]\nname = "a"\nframes = "ranking"\n')
    assert run("render", "--spec", path) == 1
    assert "  film 1 (a): ZeroDivisionError: a bug of ours, in two lines\n" in capsys.readouterr().err
    assert run("--debug", "render", "--spec", path) == 1
    assert "Traceback" in capsys.readouterr().err


def test_options_are_those_of_the_commands(folder):
    spec = """
[[film]]
name = "ranks"
frames = "ranking"
steps = [2, 9]
hold = [0.5, 1]
size = [320, 240]
no_antialias = true
colorbar = true
vmin = -2
title = "step {step}"
logo = "logo.png"
codec = "h264"

[[film]]
name = "spread"
kind = "propagate"
seed-group = ["cell_type=type_01", "cell_type=type_02"]
alpha = 0.9
size = false
figsize = "3x2"
axes = "ticks"
output = ["{name}_{basis}_{number}.mp4", "{stem}/{name}_%03d.png"]
basis = "umap"
stem = "x"
"""
    with pytest.raises(SpecError, match=r"film 2 \(spread\): no option 'stem' of gpuanim propagate"):
        read_spec(write(folder, spec))
    first, second = (
        film.args
        for film in read_spec(write(folder, spec.replace('stem = "x"\n', "").replace("{stem}", "{file}")))
    )
    assert first.steps == slice(2, 9)
    assert (first.hold, first.size, first.antialias, first.colorbar) == ((0.5, 1.0), (320, 240), False, True)
    assert (first.vmin, first.title, first.codec) == (-2.0, "step {step}", "h264")
    assert (first.logo, first.output) == (str(folder / "logo.png"), [str(folder / "ranks.mkv")])
    assert second.seed_group == [("cell_type", "type_01"), ("cell_type", "type_02")]
    assert (second.alpha, second.size, second.figsize, second.axes) == (0.9, None, (3.0, 2.0), "ticks")
    assert second.output == [str(folder / "spread_umap_2.mp4"), str(folder / "cells/spread_%03d.png")]
    assert second.file == str(folder / "cells.h5ad")


def test_what_films_share_is_read_once(folder, monkeypatch):
    read = []
    plain = FileStore.read

    def counted(self, slot, *path):
        read.append((slot, *path))
        return plain(self, slot, *path)

    setups = []
    begin = ga.LabelPropagation.__init__

    def counted_setup(self, *args, **options):
        setups.append(1)
        begin(self, *args, **options)

    monkeypatch.setattr(FileStore, "read", counted)
    monkeypatch.setattr(ga.LabelPropagation, "__init__", counted_setup)
    spec = """
[[film]]
name = "a"
kind = "propagate"
seed = 0
steps = 4

[[film]]
name = "b"
kind = "propagate"
seed = 0
steps = 4
cmap = "magma"

[[film]]
name = "c"
kind = "propagate"
seed = 1
steps = 4
"""
    assert run("render", "--spec", write(folder, spec), "-q") == 0
    assert read.count(("obsp", "connectivities")) == read.count(("obsm", "X_umap")) == 1
    assert len(setups) == 2
    assert made(folder) == ["a.mkv", "b.mkv", "c.mkv"]


def test_one_picture_for_several_formats_is_rendered_once(folder, capsys, monkeypatch):
    spec = "".join(
        f'[[film]]\nframes = "ranking"\noutput = "film.{suffix}"\n' for suffix in ("mkv", "gif", "mp4")
    )
    spec += '[[film]]\nframes = "ranking"\noutput = "other.mkv"\ncmap = "gray"\n'
    films = read_spec(write(folder, spec))
    assert [len(film.args.output) for film in films] == [3, 1]
    assert films[0].title == "film 1, film 2, film 3"
    assert run("render", "--spec", folder / "films.toml") == 0
    said = capsys.readouterr().out
    assert said.startswith("[1/2] ")
    assert made(folder) == ["film.gif", "film.mkv", "film.mp4", "other.mkv"]


def test_a_film_from_the_store_of_the_one_before(folder, decode):
    spec = """
[[film]]
name = "kept"
kind = "propagate"
seed = 0
steps = 6
store = "{name}.zarr"

[[film]]
name = "again"
frames = "kept.zarr"
"""
    assert run("render", "--spec", write(folder, spec), "-q") == 0
    np.testing.assert_array_equal(decode(folder / "again.mkv").frames, decode(folder / "kept.mkv").frames)


def test_progress_over_films_on_a_terminal(folder, capsys, monkeypatch):
    path = write(
        folder,
        '[[film]]\nname = "a"\nframes = "ranking"\n[[film]]\nname = "b"\nframes = "ranking"\ncmap = "gray"\n',
    )
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run("render", "--spec", path) == 0
    said = capsys.readouterr()
    assert "2/2" in said.err
    assert "film/s" in said.err or "s/film" in said.err
    assert "[2/2] " in said.out


FILM = '[[film]]\nname = "a"\nframes = "ranking"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no films: give a table [[film]] for each"),
        ("film = 3", "has no films"),
        ("film = [3]", "film 1: expected a table [[film]], got 3"),
        ("[[films]]\nframes = 1", "no table 'films' here; did you mean 'film'?"),
        ("[[film]\n", "is not TOML: "),
        ("\x00", "is not TOML: "),
        (FILM + "colrbar = true", "film 1 (a): no option 'colrbar' of gpuanim render; did you mean 'color"),
        (FILM + "seed = 1", "'seed' of gpuanim render; it is one of kind = \"propagate\""),
        (FILM + "spec = 'x'", "film 1 (a): no option 'spec'"),
        (FILM + "kind = 'propagte'", "not 'propagte'; did you mean 'propagate'?"),
        (FILM + "file = 3", "film 1 (a): file must be the .h5ad or .zarr of the cells, not 3"),
        (FILM + "spread = 1", "film 1 (a): spread is true or false, not 1"),
        (FILM + "cmap = true", "film 1 (a): cmap needs a value, not true"),
        (FILM + "fps = 1979-05-27", "film 1 (a): fps must be text or a number"),
        (FILM + "size = 'big'", "film 1 (a): argument --size: expected pixels such as 1920x1080, got 'big'"),
        (FILM + "order = 'top'", "film 1 (a): argument --order: invalid choice: 'top'"),
        (FILM + "output = '{nmae}.mp4'", "'{nmae}.mp4': nothing is called 'nmae'; did you mean 'name'?"),
        (FILM + "output = '{a.__class__}.mp4'", "nothing is called 'a.__class__'"),
        (FILM + "output = 'a.avi'", "film 1 (a): "),
        (FILM + "crf = 99\noutput = 'a.mp4'", "film 1 (a): crf"),
        (FILM + "norm = 'rank'\nvmin = 3", "film 1 (a): --vmin has no meaning for ranks"),
        (FILM + "output = []", "film 1 (a): the following arguments are required: -o/--output"),
        ("[[film]]\nname = 'a'", "film 1 (a): the following arguments are required: --frames"),
        ("[[film]]\nkind = 'propagate'\noutput = 'a.mp4'", "film 1: no seeds"),
        (FILM + FILM + "cmap = 'gray'", "film 2 (a): "),
        ("[[film]]\nframes = 'a'\noutput = 'x/../a.mkv'\n" + FILM, "/a.mkv is also written by film 1"),
    ],
)  # fmt: skip
def test_a_wrong_spec_renders_nothing(folder, capsys, text, message):
    defaults = "" if text in ("film = 3", "film = [3]") else DEFAULTS
    assert run("render", "--spec", write(folder, text, defaults)) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.startswith(f"gpuanim: error: {folder / 'films.toml'}")
    assert said.out == ""
    assert made(folder) == []


def test_all_that_is_wrong_is_told_at_once(folder, capsys):
    text = "[defaults]\nsise = 3\n[[film]]\nnorm = 1\n"
    text += "[[film]]\nfile = 'x.h5ad'\nframes = 'a'\noutput = 'b.xyz'\n"
    assert run("render", "--spec", write(folder, text, "")) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert ["defaults" in lines[0], "film 1" in lines[1], "film 2" in lines[2]] == [True] * 3


def test_a_spec_that_is_not_there(tmp_path, capsys):
    assert run("render", "--spec", tmp_path / "films.toml") == 2
    assert "films.toml cannot be read: No such file" in capsys.readouterr().err


def test_data_that_are_not_there_fail_their_film(folder, capsys):
    text = (
        FILM
        + '[[film]]\nname = "b"\nframes = "rankin"\n[[film]]\nname = "c"\nfile = "no.h5ad"\nframes = "x"\n'
    )
    assert run("render", "--spec", write(folder, text)) == 1
    said = capsys.readouterr().err
    assert "2 of 3 films failed" in said
    assert "film 2 (b): no frames 'rankin' in obsm of cells.h5ad; did you mean 'ranking'" in said
    assert "no.h5ad: no such file" in said
    assert made(folder) == ["a.mkv"]
