"""Trails of past positions: of the film's frames, whichever are rendered."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.film import film_steps

N = 12
RNG = np.random.default_rng(3)
WAY = RNG.normal(size=(4, N, 2))
VALUES = RNG.random(N)
LOOK = {"size": (96, 72), "s": 30.0, "vmin": 0.001, "vmax": 1, "tween": "linear", "n_frames": 13, "fps": 10}


def film(coords=WAY, values=VALUES, **options):
    return ga.animate(coords, values, **(LOOK | options))


@pytest.mark.parametrize("trail", [0, 0.0, ga.Trail(frames=0), ga.Trail(0.04), ga.Trail(0.5, alpha=0.0)])
def test_a_trail_of_no_length_or_no_colour_is_none(trail):
    assert np.array_equal(film(trail=trail).to_array(), film().to_array())


def test_points_at_rest_have_no_trail():
    rest = np.repeat(WAY[:1], 4, axis=0)
    assert np.array_equal(film(rest, trail=0.5, alpha=0.5).to_array(), film(rest, alpha=0.5).to_array())
    held = film(hold=(0, 2), trail=0.5, alpha=0.5)
    assert np.array_equal(held.frame(-1), film(alpha=0.5).frame(-1)), (
        "trails run out when points have arrived"
    )


def test_a_trail_is_more_points_below_those_of_the_frame():
    made = film(trail=ga.Trail(frames=2, alpha=0.6), xlim=(-3, 3), ylim=(-3, 3))
    places = [np.array(state.coords) for _, (state,) in film_steps(film()._film, Fraction(10))]
    drawn = np.concatenate([places[5], places[6], places[7]])
    opacity = np.repeat([0.6 * 1 / 3, 0.6 * 2 / 3, 1.0], N)
    still = {"tween": None, "n_frames": None, "xlim": (-3, 3), "ylim": (-3, 3)}
    whole = film(drawn, np.tile(VALUES, 3), alpha=opacity, **still)
    assert np.array_equal(made.frame(7), whole.frame(0))


@settings(max_examples=10)
@given(st.integers(0, 12), st.sampled_from(["data", "value", "random"]))
def test_a_frame_alone_is_that_of_the_film(k, order):
    made = film(trail=0.4, order=order, alpha=0.8)
    assert np.array_equal(made.frame(k), made.to_array()[k])


@pytest.mark.parametrize("picked", [(0, 1, 2), (2, 3, 4, 9, 12), (11, 12)])
def test_parts_of_a_film_show_the_same_trails(picked):
    from dataclasses import replace

    made = film(trail=0.4, hold=(0, 0.3))
    whole = made.to_array()
    part = replace(made, _film=made._film.only(*picked)).to_array()
    assert np.array_equal(part, whole[list(picked)])


def test_trails_of_what_is_read_once():
    limits = {"xlim": (-3, 3), "ylim": (-3, 3)}
    once = ga.animate(iter(WAY), VALUES, trail=ga.Trail(frames=2), fps=10, s=30.0, size=(96, 72), **limits)
    again = ga.animate(WAY, VALUES, trail=ga.Trail(frames=2), fps=10, s=30.0, size=(96, 72), **limits)
    assert once.n_frames is None
    assert np.array_equal(once.to_array(), again.to_array())
    assert np.array_equal(
        ga.animate(
            iter(WAY), VALUES, trail=ga.Trail(frames=2), fps=10, s=30.0, size=(96, 72), **limits
        ).frame(3),
        again.frame(3),
    )


def test_points_that_were_not_there_have_no_trail():
    present = np.ones((4, N))
    present[:2, 0] = 0
    there = film(trail=0.3, present=present, fade=0.0)
    states = [state for _, (state,) in film_steps(there._film, there.fps)]
    assert all(past.shares[0] == 0 for past in states[8].past)
    assert len(states[8].past) == 3
    assert states[8].shares[0] == 1


def test_a_rate_asked_for_later_changes_no_frame():
    made = film(trail=0.4)
    assert np.array_equal(made.to_array(), film(trail=ga.Trail(frames=4)).to_array())


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ({}, "needs its length in seconds, or its frames"),
        ({"length": 1.0, "frames": 3}, "one of the two"),
        ({"length": -1.0}, "length of a trail must be seconds"),
        ({"length": float("nan")}, "length of a trail must be seconds"),
        ({"frames": 2.5}, "frames of a trail must be a whole number"),
        ({"frames": 999}, "frames of a trail must be a whole number, 0 to 240"),
        ({"frames": 3, "alpha": 2}, "alpha of a trail must be a share"),
        ({"frames": 3, "fade": "sloow"}, "fade of a trail must be one of linear"),
    ],
)
def test_trails_that_cannot_be(words, match):
    with pytest.raises(ga.OptionError, match=match):
        ga.Trail(**words)


def test_what_has_no_trail():
    with pytest.raises(ga.OptionError, match="trail needs points that move"):
        film(WAY[0], n_frames=None, trail=0.5)
    with pytest.raises(ga.OptionError, match="trail must be seconds"):
        film(trail="long")
    with pytest.raises(ga.OptionError, match='trail lies below points, and blend="count" shows pixels'):
        film(blend="count", trail=0.5)
    with pytest.raises(ga.OptionError, match="a trail of 60 s is 600 frames long"):
        film(trail=60).frame(0)
