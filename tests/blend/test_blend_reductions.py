"""Reductions: exact cases, laws, and what cannot be asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gpuanim.blend import BLENDS, Count, Max, Mean, Min, Mode, Over, Presence, Sum, as_blend
from gpuanim.errors import OptionError
from gpuanim.raster.footprint import Footprint
from gpuanim.values import Rank

NAN = np.nan


def footprint(*pixels):
    """Make a footprint of lists of points."""
    ptr = np.cumsum([0, *map(len, pixels)]).astype(np.uint32)
    members = np.array([i for pixel in pixels for i in pixel], np.uint32)
    return Footprint(ptr, members, np.arange(len(pixels), dtype=np.uint32), None, len(pixels))


def reduced(blend, values, *pixels):
    values = np.asarray(values)
    where = footprint(*pixels)
    out = blend.empty(values, where)
    blend.reduce(values, where, out)
    return out


PIXELS = ([0], [1, 2], [3], [0, 3, 4], [4, 5, 1])
NUMBERS = np.array([1.0, 2.0, 4.0, NAN, -3.0, np.inf], np.float32)


@pytest.mark.parametrize(
    ("blend", "expected"),
    [
        (Mean(), [1, 3, NAN, -1, np.inf]),
        (Max(), [1, 4, NAN, 1, np.inf]),
        (Min(), [1, 2, NAN, -3, -3]),
        (Sum(), [1, 6, NAN, -2, np.inf]),
        (Count(), [1, 2, NAN, 2, 3]),
        (Presence(), [1, 1, NAN, 1, 1]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers(blend, expected, dtype):
    result = reduced(blend, NUMBERS.astype(dtype), *PIXELS)
    np.testing.assert_array_equal(result, np.array(expected, float))
    single = isinstance(blend, Mean | Max | Min)
    assert result.dtype == (dtype if single else np.float64)


@pytest.mark.parametrize("blend", [Max(), Min()], ids=["max", "min"])
def test_a_pixel_of_infinite_values_is_not_empty(blend):
    low, high = -np.inf, np.inf
    result = reduced(blend, [low, high, NAN], [0], [1], [0, 2], [1, 2], [2])
    np.testing.assert_array_equal(result, [low, high, low, high, NAN])


def test_the_mean_is_summed_in_double_precision():
    values = np.array([2**24, 1, 1, 1, 1], np.float32)
    assert reduced(Mean(), values, range(5))[0] == np.float32((2**24 + 4) / 5)
    assert reduced(Sum(), values, range(5))[0] == 2**24 + 4


def test_shares_are_averaged_class_by_class():
    shares = np.array([[1, 0], [2, 2], [NAN, 1], [0, 0], [-5, 3]], np.float32)
    result = reduced(Mean(), shares, [0, 1], [2], [3], [0, 2, 3], [4])
    np.testing.assert_array_equal(result, [[0.75, 0.25], [NAN, NAN], [NAN, NAN], [1, 0], [0, 1]])


def test_mode():
    codes = np.array([2, 0, 0, 2, -1, 1], np.int8)
    found = reduced(Mode(), codes, [0], [0, 1, 2], [0, 1], [1, 0], [4], [4, 5], [0, 3, 1, 2, 5], [5, 5, 0])
    assert found.tolist() == [2, 0, 0, 0, -1, 1, 0, 1]


def test_counts_of_categories_leave_out_those_without():
    codes = np.array([2, 0, -1, -1], np.int16)
    np.testing.assert_array_equal(reduced(Count(), codes, [0, 1, 2], [2, 3], [3]), [2, NAN, NAN])
    np.testing.assert_array_equal(reduced(Presence(), codes, [0, 1, 2], [2, 3]), [1, NAN])


some = st.lists(st.lists(st.integers(0, 19), min_size=1, max_size=6), min_size=1, max_size=8)
floats = st.floats(-1e6, 1e6, width=32) | st.just(NAN)


@settings(max_examples=60)
@given(arrays(np.float32, 20, elements=floats), some)
def test_they_lie_in_order(values, pixels):
    low, mean, high = (reduced(blend, values, *pixels) for blend in (Min(), Mean(), Max()))
    there = ~np.isnan(mean)
    assert (there == ~np.isnan(low)).all()
    assert (low[there] <= mean[there]).all()
    assert (mean[there] <= high[there]).all()
    count = reduced(Count(), values, *pixels)
    np.testing.assert_array_equal(np.isnan(count), ~there)
    assert np.nansum(count) == sum(int(np.count_nonzero(~np.isnan(values[pixel]))) for pixel in pixels)
    total = reduced(Sum(), values, *pixels)
    np.testing.assert_allclose(total[there], mean[there] * count[there], rtol=1e-6, atol=1e-3)


@settings(max_examples=40)
@given(arrays(np.float32, 20, elements=floats), some, st.randoms())
def test_the_order_within_a_pixel_does_not_matter(values, pixels, random):
    shuffled = [random.sample(pixel, len(pixel)) for pixel in pixels]
    codes = np.nan_to_num(values).astype(np.int32) % 5 - 1
    for blend in (Max(), Min(), Count(), Presence()):
        np.testing.assert_array_equal(reduced(blend, values, *pixels), reduced(blend, values, *shuffled))
    np.testing.assert_array_equal(reduced(Mode(), codes, *pixels), reduced(Mode(), codes, *shuffled))
    np.testing.assert_allclose(reduced(Sum(), values, *pixels), reduced(Sum(), values, *shuffled), atol=1e-6)


@settings(max_examples=30)
@given(arrays(np.int8, 20, elements=st.integers(-1, 4)), some)
def test_the_mode_is_the_fullest_bin(codes, pixels):
    for pixel, found in zip(pixels, reduced(Mode(), codes, *pixels).tolist(), strict=True):
        own = codes[pixel][codes[pixel] >= 0]
        assert found == (np.bincount(own).argmax() if len(own) else -1)


@pytest.mark.parametrize("blend", [Mean(), Max(), Min()], ids=lambda blend: blend.name)
@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False), m=st.integers(1, 40))
def test_equal_values_stay_as_they_are(blend, value, m):
    assert reduced(blend, np.full(40, value, np.float32), range(m))[0] == np.float32(value)


def test_words_stand_for_blends():
    assert as_blend("mean") == Mean()
    assert as_blend("density") == as_blend("count") == Count("log")
    assert as_blend("over") == Over()
    assert as_blend(Count("eq_hist")).usual_norm == Rank("film", stretch=True)
    for word, kind in BLENDS.items():
        assert kind.name == word or word == "density"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: as_blend("maen"), 'did you mean "mean"'),
        (lambda: as_blend(3), "blend must be"),
        (lambda: as_blend(Mean), "object of gpuanim.blend"),
        (lambda: Mean("points"), r"over must be one of \('cells', 'pixels'\), not 'points'"),
        (lambda: Count("lgo"), "shade must be one of"),
    ],
)
def test_others_are_refused(make, text):
    with pytest.raises(OptionError, match=text):
        make()
