"""Windows on a view, and the way between them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.view.flight import Window, between
from gpuanim.view.plane import View
from gpuanim.view.window import CLOSEST, around, pixel, seen_through, whole

VIEW = View((-2.0, 2.0), (5.0, 1.0), (10.0, 20.0, 200.0, 100.0))
places = st.builds(Window, st.floats(0, 200), st.floats(0, 100), st.floats(0.5, 40))


def test_the_whole_is_the_view_itself():
    assert seen_through(VIEW, whole(VIEW)) is VIEW


def test_a_window_fills_the_box():
    view = seen_through(VIEW, Window(60.0, 95.0, 2.0))  # the left lower quarter
    assert view.xlim == (-2.0, 0.0)
    assert view.ylim == (5.0, 3.0)
    assert (view.box, view.zoom) == (VIEW.box, 2.0)


@pytest.mark.parametrize(("x", "y"), [(-2, 5), (2, 1), (0.3, 4.4)])
def test_a_pixel_is_where_the_view_projects(x, y):
    got = VIEW.xy(np.array([[x, y]], np.float64))
    assert pixel(VIEW, x, y) == pytest.approx((got[0][0], got[1][0]), rel=1e-6)


def test_around_a_box_nothing_changes_its_shape():
    window = around(VIEW, (-1.0, 1.0, 2.9, 3.1))
    assert window == Window(110.0, 70.0, 2.0)  # as wide as half of the view; there is room above and below
    view = seen_through(VIEW, window)
    assert view.xlim == (-1.0, 1.0)
    assert view.ylim == pytest.approx((4.0, 2.0))


def test_margins_are_shares_of_the_box():
    assert around(VIEW, (-1.0, 1.0, 2.9, 3.1), margin=0.5).zoom == pytest.approx(1.0)


def test_cells_in_one_place_are_not_shown_closer_than_that():
    assert around(VIEW, (1.0, 1.0, 3.0, 3.0), closest=CLOSEST).zoom == CLOSEST


@given(places, places)
def test_a_flight_begins_and_ends_where_it_is_told(start, end):
    assert between(start, end, 0.0, 200.0) is start
    assert between(start, end, 1.0, 200.0) is end
    for share, near in ((1e-7, start), (1 - 1e-7, end)):
        window = between(start, end, share, 200.0)
        assert math.isclose(window.zoom, near.zoom, rel_tol=1e-3)
        assert math.hypot(window.x - near.x, window.y - near.y) < 0.1


@given(places, places, st.floats(0.01, 0.99))
def test_a_flight_back_is_the_flight_forth(start, end, share):
    forth, back = between(start, end, share, 200.0), between(end, start, 1 - share, 200.0)
    assert math.isclose(forth.zoom, back.zoom, rel_tol=1e-6)
    assert math.hypot(forth.x - back.x, forth.y - back.y) < 1e-4


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(1, 40), st.floats(0, 1))
def test_from_the_whole_to_a_part_of_it_it_only_comes_closer(x, y, zoom, share):
    part = Window(100 + 100 * x * (1 - 1 / zoom), 50 + 50 * y * (1 - 1 / zoom), zoom)
    assert between(Window(100.0, 50.0, 1.0), part, share, math.hypot(200, 100)).zoom > 1 - 1e-9


def test_between_far_windows_it_zooms_out():
    start, end = Window(20.0, 50.0, 20.0), Window(180.0, 50.0, 20.0)
    middle = between(start, end, 0.5, 200.0)
    assert middle.zoom < 2
    assert (middle.x, middle.y) == pytest.approx((100.0, 50.0))


def test_it_looks_as_fast_everywhere():
    """What moves on the screen, in widths of the window: van Wijk & Nuij's measure of speed."""
    start, end, width = Window(20.0, 30.0, 3.0), Window(150.0, 80.0, 30.0), 200.0
    way = [between(start, end, share, width) for share in np.linspace(0, 1, 2001)]
    speed = [
        math.hypot(
            2 * math.hypot(b.x - a.x, b.y - a.y) * a.zoom / width, math.log(b.zoom / a.zoom)
        )
        for a, b in pairwise(way)
    ]  # fmt: skip
    assert max(speed) / min(speed) < 1.02


def test_zooming_on_the_spot_is_geometric():
    middle = between(Window(5.0, 5.0, 1.0), Window(5.0, 5.0, 16.0), 0.5, 200.0)
    assert middle == Window(5.0, 5.0, 4.0)
