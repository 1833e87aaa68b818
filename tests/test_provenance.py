from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.colors import LogNorm

import gpuanim as ga
from gpuanim.decode import film_info
from gpuanim.provenance import fingerprint

COORDS = np.random.default_rng(0).normal(size=(50, 2))
VALUES = np.random.default_rng(1).random((4, 50)) + 0.1


def made(**options):
    return ga.animate(COORDS, VALUES, **({"size": (64, 48)} | options))


def told(animation, tmp_path, name="a.apng", **options):
    animation.save(tmp_path / name, **options)
    return film_info(tmp_path / name).gpuanim


def test_fingerprint_covers_points_and_shape_and_nothing_else():
    base = fingerprint(made()._film.clouds[0])
    moved = COORDS.copy()
    moved[7, 1] += 1e-3
    track = np.stack([COORDS, moved, COORDS, moved])

    def of(coords, values):
        return fingerprint(ga.animate(coords, values)._film.clouds[0])

    assert base == of(COORDS, VALUES + 1) == of(COORDS.astype(np.float32), list(VALUES))
    assert base == fingerprint(made(cmap="magma", norm="rank", fps=7)._film.clouds[0])
    others = [of(moved, VALUES), of(COORDS, VALUES[:3]), of(COORDS[::-1], VALUES), of(track, VALUES)]
    others += [
        of(COORDS[:49], VALUES[:, :49]),
        fingerprint(ga.animate(COORDS, iter(VALUES), norm="rank")._film.clouds[0]),
    ]
    assert len({base, *others}) == 7


def test_settings_are_told_under_the_names_of_animate(tmp_path):
    look = {"cmap": "magma", "s": 9, "alpha": 0.5, "order": "random", "seed": 3, "background": "#102030"}
    film = made(**look, xlim=(-1, 2), hold=0.5, fps=20)
    content = told(film, tmp_path, fps="30000/1001", dpi=50)
    expected = {
        "gpuanim": ga.__version__, "n_points": 50, "n_steps": 4, "cmap": "magma", "fps": "30000/1001",
        "tween": None, "hold": [0.0, 0.5], "size": [32, 24], "dpi": 50.0, "s": 9.0, "alpha": 0.5,
        "order": "random", "seed": 3, "antialias": True, "background": "#102030", "xlim": [-1.0, 2.0],
        "ylim": None, "margin": 0.05, "aspect": "equal", "axes": False, "renderer": "cpu",
    }  # fmt: skip
    assert {name: content[name] for name in expected} == expected
    assert next(iter(content)) == "gpuanim"


@pytest.mark.parametrize("name", ["a.apng", "a.mp4", "a.webm", "a.html"])
def test_strange_names_arrive_and_nothing_depends_on_the_run(tmp_path, name):
    colors = ["#000000", "#ff0000", "#ffffff"]
    film = made(
        norm=LogNorm(0.1, 2),
        cmap=colors,
        s=np.full(50, 3.0),
        order=np.arange(50),
        tween="linear",
        ease=lambda t: t,
    )
    content = told(film, tmp_path, name)
    assert (
        content["norm"]
        == "MatplotlibNorm(norm=LogNorm(vmin=0.1, vmax=2.0), scope='film', vmin=None, vmax=None)"
    )
    assert (content["cmap"], content["s"], content["order"], content["tween"]) == (
        None,
        "given",
        "given",
        "linear",
    )
    text = json.dumps(content)
    assert "0x" not in text
    assert str(tmp_path) not in text
    first = (tmp_path / name).read_bytes()
    assert told(film, tmp_path, name) == content
    assert (tmp_path / name).read_bytes() == first


def test_a_page_holds_metadata_that_cannot_end_it(tmp_path):
    from gpuanim.player.page import metadata_element

    element = metadata_element('{"gpuanim":"</script><!-- & -->"}')
    assert element.count("<") == 2
    body = element.partition(">")[2].rpartition("<")[0]
    assert json.loads(body) == {"gpuanim": "</script><!-- & -->"}
    assert metadata_element("") == ""


def test_one_opacity_for_each_point_is_told_as_given(tmp_path):
    assert told(made(alpha=np.linspace(0, 1, 50)), tmp_path)["alpha"] == "given"
