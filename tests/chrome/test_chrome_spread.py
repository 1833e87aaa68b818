"""Labels are pushed apart, stay in their box, and stay where they are if nothing is in the way."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gpuanim.chrome.layout import Box
from gpuanim.chrome.spread import spread

BOX = Box(10, 20, 1000, 800)


def overlaps(places, sizes):
    gap = np.abs(places[:, None] - places[None])
    over = (gap < (sizes[:, None] + sizes[None]) / 2 - 1e-6).all(-1)
    return over & ~np.eye(len(places), dtype=bool)


def test_two_in_one_place_by_hand():
    sizes = np.array([[100.0, 20.0]] * 2)
    places = spread(np.array([[500.0, 400.0]] * 2), sizes, BOX)
    assert places.tolist() == [[500, 389.5], [500, 410.5]]


@settings(max_examples=50)
@given(arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(0, 1)))
def test_laws(shares):
    sizes = np.column_stack([40 + 60 * shares[:, 1], np.full(len(shares), 16.0)])
    centers = np.array([BOX.left, BOX.top]) + shares * [BOX.width, BOX.height]
    places = spread(centers, sizes, BOX)
    assert not overlaps(places, sizes).any()
    low, high = places - sizes / 2, places + sizes / 2
    assert (low >= [BOX.left - 1e-6, BOX.top - 1e-6]).all()
    assert (high <= [BOX.right + 1e-6, BOX.bottom + 1e-6]).all()
    again = spread(places, sizes, BOX)
    assert np.array_equal(again, places)


def test_a_box_that_is_too_full_ends():
    sizes = np.array([[90.0, 50.0]] * 9)
    places = spread(np.zeros((9, 2)), sizes, Box(0, 0, 100, 100))
    assert np.isfinite(places).all()
    assert (places - sizes / 2 >= 0).all()
    assert (places + sizes / 2 <= 100).all()
