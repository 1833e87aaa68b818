"""What is the same has the same fingerprint, what is not has another, what nobody knows is an error."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from functools import partial
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import scipy.sparse as sp
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import gpuanim as ga
from gpuanim.encode.h264 import H264
from gpuanim.errors import OptionError
from gpuanim.film import Fits, Timings
from gpuanim.segments.cut import Cut
from gpuanim.segments.fingerprint import film_fingerprint, fingerprint_of

RNG = np.random.default_rng(0)
COORDS = RNG.normal(size=(300, 2))
VALUES = RNG.random((6, 300)).astype(np.float32)
GRAPH = sp.random_array((300, 300), density=0.03, rng=np.random.default_rng(1), format="csr")
GRAPH = GRAPH + GRAPH.T
SEEDS = (np.arange(300) < 3).astype(float)


def told(animation, key=None, encoder=None):
    fits = Fits(animation._film, Timings())
    plan = animation._described(animation._plan(H264().formats, fits), None)
    return film_fingerprint(animation._film, plan, (encoder or H264(),), Cut.of(6, Fraction(30)), key)


def on_axes(color="red"):
    figure = Figure(figsize=(2, 2))
    FigureCanvasAgg(figure)
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color=color)
    return ax


FILMS = {
    "array": partial(ga.animate, COORDS, VALUES),
    "list": lambda: ga.animate(COORDS, list(VALUES), norm="rank", order="value"),
    "figure": lambda: ga.animate(COORDS, VALUES, axes="ticks", colorbar="x", title="{step}", theme="dark"),
    "peak": lambda: ga.animate(COORDS, VALUES, order="value", order_scope="film"),
    "tween": lambda: ga.animate(COORDS, VALUES, tween="linear", n_frames=20, ease="sine"),
    "moving": lambda: ga.animate(np.stack([COORDS * (1 + i) for i in range(6)]), VALUES),
    "categories": lambda: ga.animate(COORDS, np.array(["a", "b"])[(VALUES > 0.5).astype(int)], legend=True),
    "mean": lambda: ga.animate(COORDS, VALUES, blend="mean", vmax="p99"),
    "norm": lambda: ga.animate(COORDS, VALUES, norm=matplotlib.colors.PowerNorm(0.5)),
    "map": lambda: ga.animate(COORDS, VALUES, cmap=matplotlib.colors.ListedColormap(["r", "g", "b"])),
    "spread": lambda: ga.animate(COORDS, ga.LabelPropagation(GRAPH, SEEDS, alpha=0.9, n_steps=6)),
    "harmonic": lambda: ga.animate(COORDS, ga.HarmonicExtension(GRAPH, SEEDS, SEEDS > 0, n_steps=6)),
    "axes": lambda: ga.animate(COORDS, VALUES, ax=on_axes()),
    "lines": lambda: ga.lines(np.arange(300), VALUES),
    "panels": lambda: ga.panels([ga.animate(COORDS, VALUES), ga.lines(np.arange(300), VALUES)]),
    "blog": lambda: ga.create_animation(COORDS, list(VALUES)),
}


@pytest.mark.parametrize("name", FILMS)
def test_a_film_made_again_is_the_same_and_so_is_one_that_was_rendered(name):
    film = FILMS[name]()
    first = told(film)
    film.frame(3)
    assert first == told(film) == told(FILMS[name]())


def test_films_differ():
    assert len({told(make()) for make in FILMS.values()}) == len(FILMS)


def test_the_same_in_another_process():
    root = Path(__file__).resolve().parent
    code = f"import sys; sys.path[:0] = [{str(root)!r}]; import test_segments_fingerprint as t; "
    code += "print(*(t.told(t.FILMS[n]()) for n in ('figure', 'spread')))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == [told(FILMS["figure"]()), told(FILMS["spread"]())]


def altered():
    one = VALUES.copy()
    one[4, 7] = np.nextafter(one[4, 7], 2)
    place = COORDS.copy()
    place[3, 0] += 1e-9
    lighter = GRAPH.copy()
    lighter.data[5] *= 1.01
    yield "a value", {"values": one}
    yield "a place", {"coords": place}
    yield "the type", {"values": VALUES.astype(np.float64)}
    yield "the order of points", {"order": np.arange(300)[::-1]}
    yield "size", {"size": (1080, 1082)}
    yield "fps", {"fps": 25}
    yield "opacity", {"alpha": 0.5}
    yield "opacities", {"alpha": np.linspace(0.1, 1, 300)}
    yield "map", {"cmap": "magma"}
    yield "limits", {"vmax": 0.9}
    yield "scope", {"scope": "frame"}
    yield "title", {"title": "x"}
    yield "another title", {"title": "y"}
    yield "hold", {"hold": 0.1}
    yield "margin", {"margin": 0.06}
    yield "graph", {"values": ga.LabelPropagation(lighter, SEEDS, alpha=0.9, n_steps=6)}
    yield "alpha", {"values": ga.LabelPropagation(GRAPH, SEEDS, alpha=0.8, n_steps=6)}
    yield "seeds", {"values": ga.LabelPropagation(GRAPH, SEEDS[::-1].copy(), alpha=0.9, n_steps=6)}
    yield "steps", {"values": ga.LabelPropagation(GRAPH, SEEDS, alpha=0.9, n_steps=7)}
    yield "no seed first", {"values": ga.LabelPropagation(GRAPH, SEEDS, n_steps=6, include_initial=True)}


def test_whatever_is_altered_tells():
    options = [{"coords": COORDS, "values": VALUES} | change for _, change in altered()]
    prints = [told(ga.animate(**kwargs)) for kwargs in options]
    prints += [told(FILMS["array"]()), told(FILMS["array"](), "key"), told(FILMS["array"](), "other")]
    prints += [told(FILMS["array"](), encoder=H264(crf=20)), told(FILMS["array"](), encoder=H264(threads=2))]
    prints += [told(ga.animate(COORDS, VALUES, ax=on_axes("blue"))), told(FILMS["axes"]())]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"values": lambda i: VALUES[i], "n_steps": 6}, "values"),
        ({"values": (v for v in VALUES), "n_steps": 6, "vmin": 0, "vmax": 1}, "values"),
        ({"values": VALUES, "title": lambda moment: "x"}, r"title\.function"),
        ({"values": VALUES, "tween": "linear", "ease": lambda t: t}, "blend"),
        ({"coords": lambda i: COORDS, "values": VALUES, "n_steps": 6}, "coords"),
        ({"values": ga.LabelPropagation(GRAPH, SEEDS, n_steps=6, callback=lambda *x: False)}, "values"),
    ],
    ids=["callable", "generator", "title", "ease", "places", "callback"],
)
def test_what_is_computed_needs_a_name(options, what):
    film = ga.animate(**({"coords": COORDS} | options))
    with pytest.raises(OptionError, match=rf'(?s)cannot tell whether .*{what}.*resume="name"'):
        told(film)
    assert told(film, "a") == told(film, "a") != told(film, "b")


def test_plain_things():
    one = {"a": 1, "b": (1.0, "x", None)}
    assert fingerprint_of(one) == fingerprint_of(dict(reversed(one.items())))
    things = [
        1,
        1.0,
        True,
        "1",
        b"1",
        (1,),
        (1, 1),
        ((1,), 1),
        None,
        [None],
        {1},
        {1: 1},
        range(1),
        Fraction(1),
    ]
    things += [
        np.float32(1),
        np.float64(1),
        np.ones(1),
        np.ones((1, 1)),
        np.ones(1, np.float32),
        np.sin,
        np.cos,
    ]
    things += [partial(np.sin, 1), np.array(["a"], object), Path("a"), np.dtype("f4"), GRAPH, GRAPH * 2]
    prints = [fingerprint_of(thing) for thing in things]
    assert len(set(map(str, prints))) >= len(things) - 1, "a tuple is as good as a list"
    assert fingerprint_of(np.asfortranarray(COORDS)) == fingerprint_of(COORDS)


def test_large_arrays_are_hashed_to_their_last_byte():
    large = np.zeros((1 << 23) + 5, np.uint8)
    before = fingerprint_of(large)
    large[-1] = 1
    assert fingerprint_of(large) != before


def test_what_holds_itself_is_told():
    ring = [1]
    ring.append(ring)
    assert fingerprint_of(ring) == fingerprint_of(ring)
