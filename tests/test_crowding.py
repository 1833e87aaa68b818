"""How many points lie under a pixel, and how many nobody sees."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gpuanim.cli import main
from gpuanim.crowding import crowding
from gpuanim.errors import OptionError, ShapeError

# Three points in one pixel, one in another, one outside; each point fills its own pixel only.
COORDS = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [2.5, 1.5], [9.5, 9.5]])
EXACT = {"size": (4, 4), "dpi": 72, "s": 0, "antialias": False, "xlim": (0, 4), "ylim": (0, 4)}


def test_exact_counts():
    found = crowding(COORDS, **EXACT)
    assert (found.n_points, found.width, found.height) == (5, 4, 4)
    assert (found.n_pixels, found.median, found.fullest) == (2, 2.0, 3)
    assert (found.outside, found.hidden) == (1, 2)
    assert (found.diameter, found.alpha) == (1.0, 1.0)


def test_translucent_points_shine_through():
    assert crowding(COORDS, **EXACT, alpha=0.5).hidden == 0
    assert crowding(COORDS, **EXACT, alpha=np.array([0.5, 0.5, 1, 1, 1])).hidden == 2  # the top one is opaque


def test_the_order_decides_who_is_hidden():
    sizes = np.array([0.0, 400.0])  # the large disc covers the small one, if it lies above
    coords = np.array([[5.0, 5.0], [5.0, 5.0]])
    options = {"size": (40, 40), "s": sizes, "xlim": (0, 10), "ylim": (0, 10)}
    assert crowding(coords, **options).hidden == 1
    assert crowding(coords, **options, order=[1, 0]).hidden == 0


def test_advice_names_the_blends_that_show_hidden_points():
    text = str(crowding(COORDS, **EXACT))
    assert "2 have cells: 2 under the median one, 3 under the fullest" in text
    assert "2 cells (40.0%) are never visible" in text
    assert "1 of them lie outside" in text
    assert all(word in text for word in ('blend="mean"', '"mix"', '"max"', '"count"', 'alpha="auto"'))
    alone = crowding(COORDS[2:4], **EXACT)
    assert alone.advice == ()
    assert 'blend="over" shows nearly all' in str(alone)


def test_real_cells(pbmc68k):
    coords = pbmc68k.obsm["X_umap"]
    large, small = (crowding(coords, size=(480, 480), s=s) for s in ("auto", 1))
    assert large.hidden > small.hidden
    assert large.fullest > small.fullest >= 1
    assert large.outside == 0
    assert crowding(coords, size=(480, 480), alpha="auto").hidden < large.hidden


VALUES = np.array([1.0, 3.0, 2.0, 5.0, 9.0])


@pytest.mark.parametrize(
    ("blend", "hidden"),
    [("over", 2), ("mix", 0), ("weighted", 0), ("additive", 0), ("mean", 0), ("sum", 0), ("count", 0),
     ("any", 0), ("max", 2), ("min", 2)],
)  # fmt: skip
def test_each_blend_hides_its_own(blend, hidden):
    found = crowding(COORDS, VALUES, **EXACT, blend=blend)
    assert (found.hidden, found.outside, found.blend) == (hidden, 1, blend)
    assert f'with blend="{blend}"' in str(found)


def test_who_is_shown_in_any_step_is_not_hidden():
    steps = np.array([[1.0, 3, 2, 5, 9], [4.0, 3, 2, 5, 9], [1.0, 3, 3, 5, np.nan]])
    assert crowding(COORDS, steps[:1], **EXACT, blend="max").hidden == 2
    assert crowding(COORDS, steps[:2], **EXACT, blend="max").hidden == 1
    assert crowding(COORDS, steps, **EXACT, blend="max").hidden == 0


def test_the_most_frequent_category_is_shown():
    kinds = np.array(["b", "a", "b", "a", "a"])
    assert crowding(COORDS, kinds, **EXACT, blend="mode").hidden == 1
    assert "others are more" in str(crowding(COORDS, kinds, **EXACT, blend="mode"))


def test_values_in_the_order_of_a_propagation(pbmc68k):
    from gpuanim import LabelPropagation

    coords = pbmc68k.obsm["X_umap"]
    labels = np.zeros(len(coords), np.float32)
    labels[0] = 1
    options = {"alpha": 0.9, "n_steps": 5, "coords": coords}
    lazy = LabelPropagation(pbmc68k.obsp["connectivities"], labels, **options)
    places = np.arange(len(coords)) if lazy.permutation is None else lazy.permutation
    steps = []
    for values in LabelPropagation(pbmc68k.obsp["connectivities"], labels, **options).steps():
        step = np.empty(len(coords), np.float32)
        step[places] = values
        steps.append(step)
    given, live = (crowding(coords, v, size=(100, 100), blend="max") for v in (np.array(steps), lazy))
    assert given == live
    assert 0 < live.hidden < len(coords)


def test_an_empty_view():
    found = crowding(COORDS, **(EXACT | {"xlim": (20, 30)}))
    assert (found.n_pixels, found.median, found.fullest, found.outside, found.hidden) == (0, 0.0, 0, 5, 0)


def test_what_cannot_be_used():
    with pytest.raises(OptionError, match="crowding knows no values"):
        crowding(COORDS, order="value")
    with pytest.raises(OptionError, match='which points blend="max" hides depends on their values'):
        crowding(COORDS, blend="max")
    with pytest.raises(OptionError, match='blend="mode" is for categories'):
        crowding(COORDS, VALUES, blend="mode")
    with pytest.raises(ShapeError, match="coords must have shape"):
        crowding(np.zeros(3))


def test_the_command(pbmc68k, tmp_path, capsys):
    path = tmp_path / "cells.h5ad"
    pbmc68k.copy().write_h5ad(path)
    words = ["doctor", "--film", str(path), "--basis", "umap", "--size", "320x240"]
    assert main(words) == 0
    assert "700 on 320x240 pixels" in capsys.readouterr().out
    assert main([*words, "--json", "--opacity", "auto", "--spread", "--point-size", "0.5"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n_points"] == 700
    assert told["alpha"] <= 1
    assert main(["doctor", "--film", str(path), "--basis", "umpa"]) == 1
    assert "did you mean 'X_umap'" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([*words, "--opacity", "much"])
    assert "a number or auto, not 'much'" in capsys.readouterr().err
    assert main([*words[:-1], "24x24", "--json", "--blend", "mode", "--color", "louvain"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["blend"] == "mode"
    assert 0 < told["hidden"] < 700
    with pytest.raises(SystemExit):
        main([*words, "--color", "louvain", "--frames", "umap"])
    assert "exclude each other" in capsys.readouterr().err
