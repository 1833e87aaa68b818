"""Ranks are scipy's, binned to 256 levels, exactly: ties, infinities, NaN, films and all."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from gpuanim.errors import OptionError
from gpuanim.values import selection
from gpuanim.values.bins import Bins
from gpuanim.values.kernels import bins_of as kernel_bins
from gpuanim.values.ranks import Rank


def binned(values, stretch=False):
    """Do with scipy and numpy, in float64, what `Rank` promises."""
    valid = ~np.isnan(values)
    codes = np.full(len(values), 256, np.uint16)
    if valid.any():
        r = rankdata(values[valid].astype(np.float64), method="average")
        if not stretch:
            level = np.floor((r - 0.5) / len(r) * 256)
        elif r.min() == r.max():
            level = np.zeros(len(r))
        else:
            level = np.floor((r - r.min()) / (r.max() - r.min()) * 256)
        codes[valid] = np.minimum(level, 255)
    return codes


def encoded(norm, values, where=None, steps=None):
    out = np.empty(len(values) if where is None else len(where), np.uint16)
    norm.fit(lambda: iter([values] if steps is None else steps)).encode(values, where, out)
    return out


def always_binning(**limits):
    """Small arrays are sorted otherwise, and few members of a bin searched one by one."""
    return patch.multiple(selection, SMALL=0, **limits)


SINGLE = st.floats(width=32, allow_nan=True, allow_infinity=True)
FEW = st.sampled_from([0.0, -0.0, 1.0, 1.0000001, -3.0, 1e-45, -1e-45, 1e30, np.inf, -np.inf, np.nan])
STEPS32 = arrays(np.float32, st.integers(1, 300), elements=SINGLE | FEW.map(lambda v: float(np.float32(v))))
STEPS64 = arrays(np.float64, st.integers(1, 300), elements=st.floats(allow_nan=True) | FEW)
BIMODAL = arrays(np.float64, st.integers(1, 600), elements=st.floats(0.9999, 1) | st.just(0.0))


def test_four_points_by_hand():
    values = np.array([10, 20, 20, 5], np.float32)  # ranks 2, 3.5, 3.5, 1
    assert encoded(Rank(), values).tolist() == [96, 192, 192, 32]
    assert encoded(Rank(stretch=True), values).tolist() == [102, 255, 255, 0]


def test_nan_is_the_last_code_and_does_not_count():
    values = np.array([np.nan, 1, np.nan, 2], np.float32)
    assert encoded(Rank(), values).tolist() == [256, 64, 256, 192]
    assert encoded(Rank(stretch=True), values).tolist() == [256, 0, 256, 255]


def test_infinities_are_largest_and_smallest_and_zeros_tie():
    values = np.array([np.inf, -0.0, 0.0, -np.inf])
    assert encoded(Rank(), values).tolist() == [224, 128, 128, 32]


@pytest.mark.parametrize("n", [1, 2, 3, 255, 256, 257, 1000])
@pytest.mark.parametrize("small", [0, 4096])
@pytest.mark.parametrize("stretch", [False, True])
def test_every_size(n, small, stretch):
    values = np.random.default_rng(n).permutation(n).astype(np.float32)
    with patch.object(selection, "SMALL", small):
        assert np.array_equal(encoded(Rank(stretch=stretch), values), binned(values, stretch))


@pytest.mark.parametrize("small", [0, 4096])
def test_256_different_values_get_256_levels(small):
    values = np.linspace(-1, 1, 256)
    with patch.object(selection, "SMALL", small):
        assert encoded(Rank(), values).tolist() == list(range(256))


@pytest.mark.parametrize("small", [0, 4096])
@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, np.inf, -np.inf, 1e-45, -3e38])
def test_constant_values(small, value):
    values = np.full(300, value, np.float32)
    with patch.object(selection, "SMALL", small):
        assert set(encoded(Rank(), values)) == {128}
        assert set(encoded(Rank(stretch=True), values)) == {0}


@settings(max_examples=150)
@given(values=STEPS32 | STEPS64 | BIMODAL, stretch=st.booleans(), bins=st.booleans())
def test_equals_scipy(values, stretch, bins):
    with patch.object(selection, "SMALL", 0 if bins else 4096):
        assert np.array_equal(encoded(Rank(stretch=stretch), values), binned(values, stretch))


@settings(max_examples=100)
@given(values=BIMODAL | STEPS64)
def test_crowded_bins_are_cut_again(values):
    with always_binning(_MANY_RANKS=1, _MANY_MEMBERS=3):
        assert np.array_equal(encoded(Rank(), values), binned(values))
        assert np.array_equal(encoded(Rank("film"), values), binned(values))


@settings(max_examples=60)
@given(values=STEPS32, seed=st.integers(0, 9))
def test_laws(values, seed):
    with always_binning():
        codes = encoded(Rank(), values)
        valid = ~np.isnan(values)
        order = np.argsort(values[valid], kind="stable")
        assert (np.diff(codes[valid][order].astype(int)) >= 0).all(), "monotone"
        for value in np.unique(values[valid]):
            assert len(set(codes[values == value])) == 1, "ties share a level"
        shuffle = np.random.default_rng(seed).permutation(len(values))
        assert np.array_equal(encoded(Rank(), values[shuffle]), codes[shuffle]), "permutation-equivariant"


@settings(max_examples=60)
@given(values=STEPS32 | STEPS64, cuts=st.lists(st.integers(0, 300), max_size=3), stretch=st.booleans())
def test_film_scope_ranks_among_all_steps(values, cuts, stretch):
    steps = np.split(values, sorted(min(cut, len(values)) for cut in cuts))
    assert np.array_equal(encoded(Rank("film", stretch), values, steps=steps), binned(values, stretch))


def test_a_crowded_bin_whose_ranks_all_fall_on_one_value():
    values = np.concatenate([np.full(500, 1e-44), np.full(30, 1.4e-45), np.zeros(2), [1.0]]).astype(
        np.float32
    )
    for ties in (values, values[::-1].copy()):
        with always_binning(_MANY_RANKS=1, _MANY_MEMBERS=3, _SAMPLE=16):
            assert np.array_equal(encoded(Rank(), ties), binned(ties))
            assert np.array_equal(encoded(Rank("film"), ties), binned(ties))


def test_film_of_mixed_types():
    rng = np.random.default_rng(0)
    steps = [
        rng.normal(size=500).astype(np.float32),
        rng.normal(size=500),
        rng.integers(0, 3, 500).astype("f4"),
    ]
    mapping = Rank("film").fit(lambda: iter(steps))
    expected = np.split(binned(np.concatenate(steps)), 3)
    for values, codes in zip(steps, expected, strict=True):
        out = np.empty(500, np.uint16)
        mapping.encode(values, None, out)
        assert np.array_equal(out, codes)


def distributions(n):
    rng = np.random.default_rng(7)
    uniform, normal = rng.random(n), rng.normal(size=n)
    outlier = normal.copy()
    outlier[n // 2] = 1e30
    return {
        "uniform": uniform,
        "normal": normal,
        "lognormal": rng.lognormal(size=n),
        "label propagation": np.where(rng.random(n) < 0.7, 0, np.exp(-rng.gamma(2, 12, n))),
        "nearly all zero": np.where(rng.random(n) < 0.9995, 0, uniform),
        "subnormal": rng.integers(0, 1000, n) * 1e-45,
        "20 integers": rng.integers(-10, 10, n),
        "outlier": outlier,
        "sorted": np.sort(uniform),
        "all NaN": np.full(n, np.nan),
        "some NaN": np.where(rng.random(n) < 0.1, np.nan, normal),
        "nearly all NaN": np.where(rng.random(n) < 0.9999, np.nan, normal),
        "infinite": np.where(rng.random(n) < 0.02, np.copysign(np.inf, normal), normal),
        "probabilities near 1": np.where(rng.random(n) < 0.2, 0, 1 - 1e-4 * uniform**2),
        "closer than float32 can tell": 1 + 1e-9 * uniform,
        "both zeros": np.where(rng.random(n) < 0.5, -0.0, np.where(uniform < 0.5, 0.0, normal)),
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", distributions(2))
def test_distributions(name, dtype):
    n = 60_000
    values = distributions(n)[name].astype(dtype)
    some = np.flatnonzero(np.random.default_rng(1).random(n) < 0.5).astype(np.uint32)
    expected = binned(values)
    assert np.array_equal(encoded(Rank(), values), expected)
    assert np.array_equal(encoded(Rank(), values, some), expected[some])
    assert np.array_equal(encoded(Rank(stretch=True), values), binned(values, stretch=True))
    assert np.array_equal(encoded(Rank("film"), values, steps=np.split(values, 3)), expected)


def test_more_threads_than_tables():
    values = np.random.default_rng(0).normal(size=3_000_000).astype(np.float32)
    with patch("gpuanim._threads.n_threads", lambda: 5):
        codes = encoded(Rank(), values)
    assert np.array_equal(codes, binned(values))


def test_values_are_not_changed_and_may_be_read_only():
    values = np.random.default_rng(0).normal(size=10_000)
    before = values.copy()
    values.flags.writeable = False
    encoded(Rank(), values)
    assert np.array_equal(values, before)


def test_scope_is_checked():
    assert Rank().scope == "frame"
    assert not Rank().needs_film
    assert Rank("film").needs_film
    with pytest.raises(OptionError, match='scope must be "film" or "frame", not \'step\''):
        Rank("step")


@settings(max_examples=150)
@given(points=STEPS32 | STEPS64 | BIMODAL, values=STEPS64, at=st.integers(0, 99))
def test_bins_are_the_same_in_numpy_and_in_kernels_and_never_fall(points, values, at):
    points = points[~np.isnan(points)]
    if len(points) == 0:
        points = np.zeros(1, np.float32)
    with np.errstate(over="ignore"):
        values = np.append(values, [points[at % len(points)], np.nan]).astype(points.dtype)
    bins = Bins.spread(points)
    found = np.empty(len(values), np.uint32)
    kernel_bins(values, *bins.key(values.dtype), found)
    assert np.array_equal(found, bins.of(values))
    assert found.max() <= bins.count
    ordered = found[np.argsort(values)][: np.count_nonzero(~np.isnan(values))]
    assert (np.diff(ordered.astype(int)) >= 0).all()
    assert (found[np.isnan(values)] == 0).all()
