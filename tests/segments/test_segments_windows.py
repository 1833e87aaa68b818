"""The steps that a segment shows, and nothing else of a film, travel to who makes it."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.errors import SourceError
from gpuanim.film import Fits, Timings, film_steps
from gpuanim.segments.windows import Window, Windows, stripped, with_steps
from gpuanim.values._base import Source
from gpuanim.values.ranks import Rank
from gpuanim.values.together import Together

RNG = np.random.default_rng(0)
COORDS = RNG.normal(size=(40, 2))
VALUES = RNG.random((12, 40))
TRACK = np.stack([COORDS * (1 + i / 10) for i in range(12)])


def there_and_back(animation):
    film = animation._film
    return replace(animation, _film=replace(film, timeline=replace(film.timeline, boomerang=True)))


FILMS = {
    "array": lambda: ga.animate(COORDS, VALUES),
    "held": lambda: ga.animate(COORDS, VALUES, hold=(0.1, 0.2)),
    "blended": lambda: ga.animate(COORDS, VALUES, n_frames=31, tween="linear", ease="in-out"),
    "thinned": lambda: ga.animate(COORDS, VALUES, n_frames=7),
    "boomerang": lambda: there_and_back(ga.animate(COORDS, VALUES, n_frames=17, tween="linear")),
    "moving": lambda: ga.animate(TRACK, VALUES, n_frames=20, tween="linear"),
    "generator": lambda: ga.animate(COORDS, (v for v in VALUES), n_steps=12, n_frames=19, vmin=0, vmax=1),
    "blended generator": lambda: ga.animate(
        COORDS, (v for v in VALUES), n_steps=12, n_frames=30, tween="linear", vmin=0, vmax=1
    ),
    "trails": lambda: ga.animate(TRACK, VALUES, n_frames=30, tween="linear", trail=0.2),
    "coming and going": lambda: ga.animate(
        TRACK, VALUES, n_frames=30, tween="linear", present=VALUES > 0.3, trail=3 / 30
    ),
    "places once": lambda: ga.animate(
        (c for c in TRACK), VALUES, n_steps=12, xlim=(-9, 9), ylim=(-9, 9), n_frames=25
    ),
    "embeddings": lambda: ga.morph(
        [COORDS, COORDS[:, ::-1], -COORDS], values=VALUES[0], stagger=COORDS[:, 0]
    ),
    "one": lambda: ga.animate(COORDS, VALUES[0], n_frames=9),
    "still beside moving": lambda: ga.panels([ga.animate(COORDS, VALUES[:1]), ga.animate(COORDS, VALUES)]),
    "categories": lambda: ga.animate(COORDS, (VALUES > 0.5).astype(str), n_frames=30),
}


def listed(thing):
    return () if thing is None else (thing,)


def pasts(state):
    return [array for past in state.past for array in (past.coords, past.later, past.weight)]


def shown(film, frames=None):
    """Return what each cloud is worth and where it is in each frame."""
    film = film if frames is None else film.only(*frames)
    return [
        [
            tuple(map(np.array, (state.coords, state.values, *listed(state.shares), *pasts(state))))
            for state in states
        ]
        for _, states in film_steps(film, film.timeline.fps)
    ]


def assert_same(one, other):
    assert len(one) == len(other)
    for states, others in zip(one, other, strict=True):
        for state, same in zip(states, others, strict=True):
            for array, expected in zip(state, same, strict=True):
                np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("length", [1, 4, 100])
def test_windows_show_what_the_film_shows(name, length):
    film = FILMS[name]()._film
    n = film.timeline.n_frames
    whole = shown(FILMS[name]()._film)
    windows = Windows(film, frozenset())
    bare = stripped(film, Fits(film, Timings()), frozenset())
    for start in range(0, n, length):
        frames = range(start, min(start + length, n))
        held = pickle.loads(pickle.dumps(windows.of(frames)))
        assert_same(shown(with_steps(bare, held), frames), whole[start : start + length])


@given(st.integers(1, 30), st.integers(1, 60), st.booleans(), st.data())
def test_only_the_steps_that_are_read(n_steps, n_frames, tween, data):
    values = np.arange(n_steps * 2.0).reshape(n_steps, 2)
    read = []

    def step(i):
        read.append(i)
        return values[i]

    options = {"n_frames": n_frames, "tween": "linear" if tween else None, "vmin": 0, "vmax": 1}
    film = ga.animate(COORDS[:2], step, n_steps=n_steps, **options)._film
    start = data.draw(st.integers(0, n_frames - 1))
    frames = range(start, data.draw(st.integers(start + 1, n_frames)))
    expected = film.timeline.steps_shown(film.clouds[0].values, frames)
    shown(film, frames)
    assert sorted(set(read)) == expected


def test_arrays_of_a_source_that_uses_its_buffer_again_are_copies():
    class Reusing(Source):
        n_points, n_steps = 3, 6

        def steps(self):
            buffer = np.empty(3)
            for i in range(6):
                buffer[:] = i
                yield buffer

    film = ga.animate(COORDS[:3], Reusing(), vmin=0, vmax=6)._film
    windows = Windows(film, frozenset())
    first, second = windows.of(range(3)), windows.of(range(3, 6))
    assert {k: v[0] for k, v in first[0, "values"].items()} == {0: 0, 1: 1, 2: 2}
    assert {k: v[0] for k, v in second[0, "values"].items()} == {3: 3, 4: 4, 5: 5}


def test_a_step_that_is_not_held_is_an_error():
    film = FILMS["array"]()._film
    window = Window(film.clouds[0].values, {3: VALUES[3]})
    assert window.n_steps == 12
    assert window.step(3) is VALUES[3] or (window.step(3) == VALUES[3]).all()
    with pytest.raises(SourceError, match="step 4 of values is not among those"):
        window.step(4)
    with pytest.raises(SourceError, match="step 0 of values is not"):
        next(window.steps())


def test_a_source_that_ends_early_is_told():
    film = ga.animate(COORDS, (v for v in VALUES[:5]), n_steps=12, vmin=0, vmax=1)._film
    with pytest.raises(SourceError, match="values ended after 5 steps"):
        Windows(film, frozenset()).of(range(12))


def test_a_bare_film_is_small():
    values = RNG.random((200, 5000))
    film = ga.animate(RNG.normal(size=(5000, 2)), values, order="value", order_scope="film")._film
    fits = Fits(film, Timings())
    bare = stripped(film, fits, frozenset())
    assert bare.clouds[0].order is fits.order(0)
    assert len(pickle.dumps(bare.clouds[0].values)) < 5000


def test_a_norm_of_several_panels_leaves_their_values_behind():
    sources = tuple(ga.animate(COORDS, VALUES)._film.clouds[0].values for _ in range(2))
    there = pickle.loads(pickle.dumps(Together(Rank("film"), sources)))
    assert (there.inner, there.sources, there.scope) == (Rank("film"), (), "film")
