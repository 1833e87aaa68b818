"""Levels are those that matplotlib's colour maps of 256 colours give; limits in all their forms."""

from __future__ import annotations

import matplotlib.colors as mcolors
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gpuanim.errors import OptionError
from gpuanim.values.normalize import Linear, MatplotlibNorm, Rank, as_norm

GRAYS = mcolors.ListedColormap((np.arange(256) / 255)[:, None] * [1, 1, 1])


def colored(norm, values):
    """Return the level that matplotlib shows, 256 for masked values."""
    with np.errstate(over="ignore", invalid="ignore"):
        rgba = GRAYS(norm(values), bytes=True)
    return np.where(rgba[:, 3] == 0, 256, rgba[:, 0].astype(int))


def encoded(norm, values, where=None, steps=None):
    out = np.empty(len(values) if where is None else len(where), np.uint16)
    norm.fit(lambda: iter([values] if steps is None else steps)).encode(values, where, out)
    return out


def no_steps():
    raise AssertionError("limits that are numbers need no pass over the values")


def test_by_hand():
    values = np.array([-1, 0, 0.25, 0.5, 0.999, 1, 2, np.nan, np.inf, -np.inf], np.float32)
    expected = [0, 0, 64, 128, 255, 255, 255, 256, 255, 0]
    assert encoded(Linear(0, 1), values).tolist() == expected
    assert encoded(Linear(), np.array([3.0, 4.0, 5.0])).tolist() == [0, 128, 255]


def test_center_by_hand():
    values = np.array([-1, -0.5, 0, 2, 4, 9.0])
    assert encoded(Linear(-1, 4, 0), values).tolist() == [0, 64, 128, 192, 255, 255]


@settings(max_examples=100)
@given(
    values=arrays(np.float32, 50, elements=st.floats(-1e6, 1e6, width=32))
    | arrays(np.float64, 50, elements=st.floats(-1e6, 1e6)),
    ends=st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(sorted),
)
def test_numbers_give_the_colours_of_matplotlib(values, ends):
    norm = Linear(*ends)
    out = np.empty(len(values), np.uint16)
    norm.fit(no_steps).encode(values, None, out)
    assert np.array_equal(out, colored(mcolors.Normalize(*ends), values))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Linear(), mcolors.Normalize()),
        (Linear(vmax=0.7), mcolors.Normalize(vmax=0.7)),
        (Linear(vcenter=0.3), mcolors.TwoSlopeNorm(0.3)),
        (Linear(vcenter=9), mcolors.TwoSlopeNorm(9)),
        (Linear(-5, None, 0.1), mcolors.TwoSlopeNorm(0.1, -5)),
        (None, mcolors.Normalize(-1, 1, clip=True)),
        (None, mcolors.LogNorm()),
        (None, mcolors.LogNorm(0.01, 2)),
        (None, mcolors.LogNorm(0.01, 2, clip=True)),
        (None, mcolors.PowerNorm(0.5)),
        (None, mcolors.SymLogNorm(0.01)),
        (None, mcolors.AsinhNorm()),
        (None, mcolors.CenteredNorm()),
        (None, mcolors.TwoSlopeNorm(0.2)),
        (None, mcolors.BoundaryNorm([-1, 0, 0.5, 0.7, 1], 256)),
        (None, mcolors.NoNorm()),
        (None, mcolors.FuncNorm((np.sqrt, np.square), 0, 2)),
    ],
    ids=lambda norm: f"{norm.__class__.__name__}",
)
def test_fitted_norms_give_the_colours_of_matplotlib(ours, theirs, dtype):
    rng = np.random.default_rng(0)
    values = np.where(rng.random(20_000) < 0.3, 0, rng.normal(size=20_000)).astype(dtype)
    values[:10] = np.nan
    ours = ours or MatplotlibNorm(theirs)
    expected = colored(theirs, values[~np.isnan(values)])
    codes = encoded(ours, values)
    assert set(codes[:10]) == {256}
    assert np.array_equal(codes[10:], expected)
    some = np.arange(0, 20_000, 3, dtype=np.uint32)
    assert np.array_equal(encoded(ours, values, some), codes[some])


@pytest.mark.parametrize("norm", [Linear(), Linear(2, 2), Linear(vmin=2), Linear(vmax=2)])
def test_equal_limits_are_level_0(norm):
    assert set(encoded(norm, np.full(5, 2.0))) == {0}


@pytest.mark.parametrize(("norm", "level"), [(Linear(vmin=5), 0), (Linear(vmax=-5), 255)])
def test_all_values_beyond_a_limit_have_its_colour(norm, level):
    assert set(encoded(norm, np.array([0.0, 1.0]))) == {level}


def test_limits_come_from_finite_values():
    values = np.array([np.inf, 0, 10, -np.inf, np.nan, 5])
    assert encoded(Linear(), values).tolist() == [255, 0, 255, 0, 256, 128]
    assert encoded(Linear("p0", "p50"), values).tolist() == [255, 0, 255, 0, 256, 255]


@pytest.mark.parametrize(
    "norm", [Linear(), Linear("p1", "p99"), Linear(vcenter=0), MatplotlibNorm(mcolors.LogNorm())]
)
def test_no_finite_values(norm):
    codes = encoded(norm, np.array([np.nan, np.inf, np.nan]))
    assert codes[0] == codes[2] == 256
    assert codes[1] >= 255


@pytest.mark.parametrize("n", [1, 2, 100, 50_000])
@pytest.mark.parametrize("percentile", ["p0", "p1", "p33.3", "p50", "p99.5", "p100"])
def test_percentiles_are_numpy_s(n, percentile):
    values = np.random.default_rng(n).normal(size=n)
    level_0 = np.percentile(values, float(percentile[1:]))
    probe = np.array([level_0 - 1e-9, level_0 + 1e-9, level_0 + 5])
    for scope, steps in (("frame", [values]), ("film", np.array_split(values, 3))):
        mapping = Linear(percentile, lambda _, top=level_0 + 2.56e-8: top, scope=scope).fit(
            lambda s=steps: iter(s)
        )
        out = np.empty(3, np.uint16)
        mapping.encode(probe, None, out)
        assert out[0] == 0
        assert 9 <= out[1] <= 10
        assert out[2] == 255


def test_film_scope_spans_all_steps():
    steps = [np.array([0.0, 1.0]), np.array([2.0, 4.0])]
    assert encoded(Linear(), steps[0], steps=steps).tolist() == [0, 64]
    assert encoded(Linear(scope="frame"), steps[0]).tolist() == [0, 255]
    log = MatplotlibNorm(mcolors.LogNorm())
    steps = [np.array([1, 2.0]), np.array([0, 16.0])]
    assert encoded(log, np.array([1, 2, 4, 16.0]), steps=steps).tolist() == [0, 64, 128, 255]


def test_callables_are_asked_for_each_step():
    steps = [np.array([0.0, 1.0]), np.array([-2.0, 4.0])]
    norm = Linear(np.min, lambda v: v.max() * 2, scope="film")
    assert encoded(norm, np.array([-2.0, 3.0, 8.0]), steps=steps).tolist() == [0, 128, 255]
    with pytest.raises(
        OptionError, match="vmax: the callable must return a finite number, it returned 'high'"
    ):
        Linear(vmax=lambda _: "high").fit(lambda: iter(steps))


def test_log_with_percentiles_of_positive_values():
    values = np.array([0.0, -5.0, 1.0, 100.0, 1e4])
    codes = encoded(as_norm("log", vmin="p0", vmax="p50"), values)
    assert codes.tolist() == [256, 256, 0, 255, 255]


def test_a_norm_of_the_user_is_not_changed():
    norm = mcolors.LogNorm()
    calls = []
    norm.callbacks.connect("changed", lambda: calls.append(1))
    encoded(MatplotlibNorm(norm), np.array([1.0, 10.0]))
    assert norm.vmin is None
    assert norm.vmax is None
    assert calls == []


def test_norms_that_do_as_they_please():
    class Stripes(mcolors.Normalize):
        def __call__(self, value, clip=None):
            return np.ma.masked_where(value < 0, np.sin(value) ** 2)

    values = np.linspace(-1, 9, 200_000)
    norm = MatplotlibNorm(Stripes(0, 1))
    assert np.array_equal(encoded(norm, values), colored(Stripes(0, 1), values))
    where = np.arange(0, 200_000, 7, dtype=np.uint32)
    assert np.array_equal(encoded(norm, values, where), colored(Stripes(0, 1), values)[where])


@pytest.mark.parametrize(
    ("norm", "needs"),
    [
        (Linear(), True),
        (Linear(0, 1), False),
        (Linear(0, 1, 0.5), False),
        (Linear(0, "p99"), True),
        (Linear(0, 1, np.median), True),
        (Linear(scope="frame"), False),
        (MatplotlibNorm(mcolors.LogNorm()), True),
        (MatplotlibNorm(mcolors.LogNorm(1, 2)), False),
        (MatplotlibNorm(mcolors.LogNorm(), "frame"), False),
        (Rank(), False),
        (Rank("film"), True),
    ],
)
def test_who_must_see_the_film_first(norm, needs):
    assert norm.needs_film is needs


def test_names():
    assert as_norm() == as_norm(None) == as_norm("linear") == Linear(scope="film")
    assert as_norm("rank") == Rank("frame")
    assert as_norm("rank", scope="film") == Rank("film")
    assert as_norm("linear", vmin=0, vmax="p99", scope="frame") == Linear(0, "p99", scope="frame")
    given = Rank(stretch=True)
    assert as_norm(given) is given
    assert as_norm(given, scope="frame") is given
    assert isinstance(as_norm(mcolors.PowerNorm(2)), MatplotlibNorm)
    assert as_norm(mcolors.PowerNorm(2), scope="frame").scope == "frame"
    assert as_norm("log").norm.__class__ is mcolors.LogNorm


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"norm": "ranks"}, 'norm must be "linear", "rank", "log".*not \'ranks\'; did you mean "rank"'),
        ({"norm": 7}, "norm must be .*not 7"),
        ({"norm": np.log}, "norm must be .*not <ufunc"),
        ({"norm": "rank", "vmin": 0}, 'vmin has no meaning for norm="rank"'),
        ({"norm": "log", "vcenter": 1}, 'vcenter has no meaning for norm="log"'),
        ({"norm": "log", "vmin": 0}, 'vmin must be above 0 for norm="log", not 0'),
        ({"norm": "log", "vmin": 2, "vmax": 1}, r"LogNorm cannot use vmin=2.0, vmax=1.0: .*vmin"),
        ({"norm": Linear(), "vmax": 1}, r"give the option to the norm itself: Linear\(vmax=...\)"),
        ({"norm": Rank(), "scope": "film"}, r'give the option to the norm itself: Rank\(scope="film"\)'),
        ({"norm": mcolors.PowerNorm(2), "vmax": 1}, r"give vmax to the norm itself: PowerNorm\(vmax=...\)"),
        ({"scope": "all"}, 'scope must be "film" or "frame", not \'all\''),
        ({"vmin": 2, "vmax": 1}, "the limits must ascend, .*not vmin=2, vmax=1"),
        ({"vmin": 0, "vmax": 1, "vcenter": 1}, "the limits must ascend, .*vcenter=1, vmax=1"),
        ({"vmin": "low"}, 'vmin must be a percentile from "p0" to "p100", or a number, not \'low\''),
        ({"vmax": "p101"}, "vmax must be a percentile"),
        ({"vmax": "pnan"}, "vmax must be a percentile"),
        ({"vmax": [1]}, r"vmax must be a number, a percentile such as \"p99\".*not \[1\]"),
        ({"vmin": np.nan}, "vmin must be finite, not nan"),
    ],
)
def test_bad_options(options, text):
    with pytest.raises(OptionError, match=text):
        as_norm(**options)


def test_limits_that_turn_out_to_descend():
    with pytest.raises(OptionError, match=r"the limits must ascend: vmin is 8.*, vmax is 2"):
        Linear("p80", "p20").fit(lambda: iter([np.linspace(0, 10, 101)]))
    with pytest.raises(OptionError, match="span more than a number can hold"):
        Linear().fit(lambda: iter([np.array([-1.7e308, 1.7e308])]))
    with pytest.raises(OptionError, match="norm must be a matplotlib"):
        MatplotlibNorm("log")
