"""From data to pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim import geometry
from gpuanim.errors import OptionError, ShapeError
from gpuanim.view import plane

BOX = (10.0, 20.0, 200.0, 100.0)


def test_limits_map_to_the_edges_of_the_box_with_y_upwards():
    view = plane.View((0, 4), (-1, 1), BOX)
    x, y = view.xy(np.array([[0, -1], [4, 1], [2, 0]], np.float64))
    assert x.tolist() == [10, 210, 110]
    assert y.tolist() == [120, 20, 70]


def test_large_offsets_keep_subpixels():
    coords = np.array([[600000.0, 0], [600000.5, 0], [600001.0, 1]])
    x, _ = plane.View((600000, 600001), (0, 1), (0, 0, 1000, 1000)).xy(coords)
    assert x.tolist() == [0, 500, 1000]


def test_equal_aspect_widens_the_direction_with_room():
    view = plane.fit_view((0, 1, 0, 1), BOX, xlim=None, ylim=None, margin=0, aspect="equal")
    assert view.ylim == (0, 1)
    assert view.xlim == (-0.5, 1.5)


def test_a_box_takes_the_shape_of_the_data():
    view = plane.fit_view((0, 1, 0, 1), BOX, xlim=None, ylim=None, margin=0, aspect="box")
    assert view.box == (60, 20, 100, 100)
    assert (view.xlim, view.ylim) == ((0, 1), (0, 1))


sides = st.floats(0.1, 10)


@given(sides, sides, st.integers(50, 2000), st.integers(50, 2000))
def test_a_box_of_the_shape_of_the_data_lies_in_the_other(across, down, width, height):
    room = (3.0, 4.0, float(width), float(height))
    view = plane.fit_view((0, across, 0, down), room, xlim=None, ylim=None, margin=0, aspect="box")
    left, top, wide, high = view.box
    assert 3 <= left <= left + wide <= 3 + width
    assert 4 <= top <= top + high <= 4 + height
    assert wide == width or high == height  # as large as it gets
    assert all(float(edge).is_integer() for edge in view.box)
    assert np.ptp(view.xlim) / wide == pytest.approx(np.ptp(view.ylim) / high, rel=1e-6)  # equal scales
    assert np.ptp(view.xlim) / across < 1 + 0.51 / min(wide, high)  # no more is shown than rounding asks for


def test_auto_aspect_stretches():
    view = plane.fit_view((0, 1, 0, 5), BOX, xlim=None, ylim=None, margin=0.1, aspect="auto")
    assert view.xlim == pytest.approx((-0.1, 1.1))
    assert view.ylim == pytest.approx((-0.5, 5.5))


def test_given_limits_have_no_margin_and_may_run_backwards():
    view = plane.fit_view((0, 1, 0, 1), BOX, xlim=(2, -2), ylim=(0, 2), margin=0.5, aspect="equal")
    assert view.xlim == (2, -2)
    assert view.ylim == (0, 2)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_one_point_lands_in_the_middle(x, y):
    view = plane.fit_view((x, x, y, y), (0, 0, 100, 60), xlim=None, ylim=None, margin=0.05, aspect="equal")
    px, py = view.xy(np.array([[x, y]]))
    assert px[0] == pytest.approx(50, abs=1e-3)
    assert py[0] == pytest.approx(30, abs=1e-3)


def test_diameter_is_that_of_scatter():
    assert geometry.point_diameter(0.3, 1.0, 100) == pytest.approx((0.3**0.5 + 1) * 100 / 72)
    assert geometry.point_diameter(0.3, 1.0, 200) == pytest.approx((0.3**0.5 + 1) * 200 / 72)


def test_a_point_never_vanishes():
    assert geometry.point_diameter(0.0, 0.0, 10) == 1.0
    assert geometry.point_diameter(np.array([0.0, 4.0]), 0.0, 72).tolist() == [1.0, 2.0]


def test_orders():
    assert geometry.draw_order("data", 5, 0) is None
    shuffled = geometry.draw_order("random", 100, 3)
    assert sorted(shuffled) == list(range(100))
    assert np.array_equal(shuffled, geometry.draw_order("random", 100, 3))
    assert not np.array_equal(shuffled, geometry.draw_order("random", 100, 4))
    assert geometry.draw_order([3.0, 1.0, 2.0, 1.0], 4, 0).tolist() == [1, 3, 2, 0]


def test_value_orders_put_nan_at_the_bottom():
    values = np.array([0.5, np.nan, -2.0, 1.0], np.float32)
    codes = np.array([2, 4, 0, 3], np.uint16)
    assert geometry.value_order("value", values, codes, 4).tolist() == [1, 2, 0, 3]
    assert geometry.value_order("abs", values, codes, 4).tolist() == [1, 0, 3, 2]


@pytest.mark.parametrize(
    ("coords", "text"),
    [
        (np.zeros(5), r"coords must have shape \(n, 2\)"),
        (np.zeros((5, 1)), r"not \(5, 1\)"),
        (np.zeros((0, 2)), "no points"),
        (np.array([["a", "b"]]), "real numbers"),
        (np.array([[0, 0], [np.nan, 1], [1, np.inf]]), "2 of 3 rows hold NaN or inf, the first is row 1"),
    ],
)
def test_bad_coords(coords, text):
    with pytest.raises(ShapeError, match=text):
        geometry.check_coords(coords)


def test_coords_are_not_copied_or_changed():
    coords = np.zeros((4, 2), np.float32)
    coords.flags.writeable = False
    assert np.shares_memory(geometry.check_coords(coords), coords)
    assert geometry.check_coords(np.zeros((4, 3), np.int64)).dtype == np.float64


def test_bad_orders():
    with pytest.raises(ShapeError, match=r"order must have shape \(3,\)"):
        geometry.draw_order([1, 2], 3, 0)
    with pytest.raises(OptionError, match="finite"):
        geometry.draw_order([1, np.nan, 2], 3, 0)


def test_inverse_finds_each_point():
    permutation = np.array([2, 0, 1], np.uint32)
    assert geometry.inverse(permutation)[permutation].tolist() == [0, 1, 2]
