"""Every form that shares can have, through the timeline; how they become colours, with stated errors."""

from __future__ import annotations

import itertools

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import zarr
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.errors import OptionError, ShapeError, SourceError
from gpuanim.propagation import LabelPropagation
from gpuanim.values import palette_tables
from gpuanim.values._base import Source
from gpuanim.values.lattice import Axis, Lattice, linear_light, srgb
from gpuanim.values.palettes import palette_colors
from gpuanim.values.shares import Confident, Mixed, as_shares
from gpuanim.values.timeline import Timeline

N, T, K = 4, 3, 2
FILM = np.arange(T * N * K, dtype=np.float32).reshape(T, N, K)
RGB = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
GRAY = [211, 211, 211]


def read(values, **options):
    source = as_shares(values, **({"n_points": N, "k": K} | options))
    assert source.n_columns == options.get("k", K)
    return np.array([step.copy() for step in source.steps()])


def colors_of(norm, values, where=None):
    mapping = norm.fit(lambda: [])
    out = np.empty(len(values) if where is None else len(where), np.uint16)
    mapping.encode(values, where, out)
    table = norm.table()
    assert len(table) == mapping.n_levels + 1 <= 1 << 16
    return table[out]


def exact(colors, weights, space):
    """Return the mixtures, 0..255, without rounding."""
    shares = weights / weights.sum(1, keepdims=True)
    if space == "srgb":
        return shares @ colors.astype(float)
    return 255 * srgb(np.clip(shares @ linear_light(colors / 255), 0, 1))


def as_h5(array, tmp_path):
    file = h5py.File(tmp_path / "x.h5", "w")
    return file.create_dataset("x", data=array)


# ---- sources


@pytest.mark.parametrize(
    "form",
    [
        lambda f, _: f,
        lambda f, _: np.asfortranarray(f),
        lambda f, _: f.astype(np.int64),
        as_h5,
        lambda f, _: zarr.array(f),
        lambda f, _: list(f),
        lambda f, _: f.astype(int).tolist(),
        lambda f, _: tuple(map(pd.DataFrame, f)),
        lambda f, _: [scipy.sparse.csr_matrix(step) for step in f],
        lambda f, _: iter([scipy.sparse.csc_array(step) for step in f]),
    ],
)
def test_forms(form, tmp_path):
    steps = read(form(FILM, tmp_path))
    assert steps.dtype == np.float32
    assert np.array_equal(steps, FILM)


def test_callables_single_steps_and_fewer_steps():
    assert np.array_equal(read(lambda i: FILM[i], n_steps=3), FILM)
    assert np.array_equal(read(FILM[1]), FILM[1:2])
    assert np.array_equal(read(scipy.sparse.csr_matrix(FILM[1])), FILM[1:2])
    assert np.array_equal(read(FILM, n_steps=2), FILM[:2])
    assert read([np.ones(N)], k=1).shape == (1, N, 1)


def test_arrays_are_not_copied_and_doubles_stay():
    assert np.shares_memory(as_shares(FILM, n_points=N, k=K).step(1), FILM)
    assert read(FILM.astype(np.float64)).dtype == np.float64


def test_a_propagation_of_classes(pbmc68k):
    graph = pbmc68k.obsp["connectivities"]
    classes = pbmc68k.obs["bulk_labels"].cat.codes.to_numpy()
    seeds = np.zeros((700, 10))
    seeds[np.arange(0, 700, 7), classes[::7]] = 1
    run = LabelPropagation(graph, seeds, n_steps=5)
    source = as_shares(run, n_points=700, k=10)
    assert source is run
    order = np.arange(700) if source.permutation is None else source.permutation
    expected = [f / np.where(f.sum(1) > 0, f.sum(1), 1)[:, None] for f in run]
    for shown, theirs in zip(as_shares(run, n_points=700, n_steps=3, k=10).steps(), expected, strict=False):
        ours = shown / np.where(shown.sum(1) > 0, shown.sum(1), 1)[:, None]
        assert np.allclose(ours, theirs[order], atol=1e-6)
    stored = palette_colors(pbmc68k.obs["bulk_labels"].cat.categories)
    shown = colors_of(Mixed(stored), np.ascontiguousarray(expected[-1]))
    reached = expected[-1].sum(1) > 0
    assert shown[~reached].tolist() == [GRAY] * int((~reached).sum())
    assert np.abs(shown[reached] - exact(stored, expected[-1][reached], "linear")).max() <= 2.01


def test_shares_are_blended_over_time():
    frames = Timeline.resolve(T, n_frames=2 * T - 1, tween="linear").frames(as_shares(FILM, n_points=N, k=K))
    blended = np.array([values.copy() for values, _ in frames])
    assert blended.shape == (2 * T - 1, N, K)
    assert np.array_equal(blended[::2], FILM)
    assert np.array_equal(blended[1::2], (FILM[1:] + FILM[:-1]) / 2)


class Running(Source):
    n_points, n_columns = N, 3

    def steps(self):
        yield np.ones((N, 3))


def failing():
    yield FILM[0]
    raise KeyError("lost")


@pytest.mark.parametrize(
    ("values", "options", "error", "text"),
    [
        (FILM, {"k": 3}, ShapeError, r"step 0 have shape \(4, 2\), expected \(4, 3\): .* 4 points and 3 cat"),
        (FILM[0], {"k": 3}, ShapeError, r"values have shape \(4, 2\), expected \(4, 3\)"),
        ([FILM[0], FILM[0][:3]], {}, ShapeError, r"values of step 1 have shape \(3, 2\), expected \(4, 2\)"),
        (iter([FILM[0], FILM[0].T]), {}, ShapeError, r"values of step 1 have shape \(2, 4\)"),
        ([np.full((N, K), "a")], {}, ShapeError, "values of step 0 must be real numbers"),
        (FILM.astype(str), {}, ShapeError, "values must be real numbers"),
        ("abc", {}, ShapeError, "values must be shares for each point and category, not str"),
        (7, {}, ShapeError, "values must be an array, a list or generator of arrays, .* not int"),
        (Running(), {}, ShapeError, r"values have shape \(4, 3\), expected \(4, 2\)"),
        (Running(), {"n_points": 5, "k": 3}, ShapeError, "values have 4 points, expected 5"),
        (lambda i: FILM[i], {}, OptionError, "say how many steps it has, n_steps="),
        (FILM, {"n_steps": 4}, OptionError, "n_steps=4, but values have only 3 steps"),
        (FILM, {"k": 0}, OptionError, "k must be the number of categories, from 1 on, not 0"),
        (failing(), {}, SourceError, "values failed at step 1: KeyError: 'lost'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals(values, options, error, text):
    with pytest.raises(error, match=text):
        read(values, **options)


# ---- mixtures


def test_the_transfer_function_of_srgb():
    assert linear_light(np.array([0, 0.04045, 0.5, 1])) == pytest.approx(
        [0, 0.0031308, 0.2140411, 1], abs=1e-7
    )
    shares = np.linspace(0, 1, 256)
    assert srgb(linear_light(shares)) == pytest.approx(shares, abs=1e-6)


def test_halves_in_linear_light_and_in_srgb():
    weights = np.array([[1, 1, 0], [3, 0, 3], [2, 2, 2]], np.float32)
    assert np.abs(colors_of(Mixed(RGB), weights) - np.array(
        [[188, 188, 0], [188, 0, 188], [156, 156, 156]], float
    )).max() <= 1  # fmt: skip
    assert np.abs(colors_of(Mixed(RGB, space="srgb"), weights) - np.array(
        [[127.5, 127.5, 0], [127.5, 0, 127.5], [85, 85, 85]]
    )).max() <= 1  # fmt: skip


@pytest.mark.parametrize("norm", [Mixed(RGB), Mixed(RGB, space="srgb"), Confident(RGB)])
def test_points_of_one_category_have_its_colour_and_those_of_none_that_of_na(norm):
    weights = np.concatenate([np.eye(3), 7 * np.eye(3), np.zeros((1, 3)), np.full((3, 3), 1.0), -np.eye(3)])
    weights[7:10, 1] = [np.nan, np.inf, -np.inf]
    colors = colors_of(norm, weights)
    assert colors[:6].tolist() == RGB.tolist() * 2
    assert colors[6:9].tolist() == [GRAY] * 3
    assert colors[9].tolist() != GRAY  # what is negative counts as 0
    assert colors[10:].tolist() == [GRAY] * 3


@pytest.mark.parametrize("space", ["linear", "srgb"])
@pytest.mark.parametrize(
    ("palette", "bound"),
    [
        (["red"], 0.5),
        (["black", "white"], 0.5),
        (["red", "lime"], 0.5),
        (["red", "lime", "blue"], 1),
        (["#203040"] * 3, 0.5),
        (["black", "gray", "white"], 0.5),
        (palette_tables.DEFAULT_20[:4], 1),
        (palette_tables.DEFAULT_20[:10], 2),
        (palette_tables.DEFAULT_20, 2.5),
        (palette_tables.DEFAULT_28, 2.5),
        (palette_tables.DEFAULT_102, 3.5),
        (["black", "white", "red", "lime", "blue", "cyan", "magenta", "yellow"], 3.5),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, list | tuple) else "",
)
def test_mixtures_are_off_by_no_more_than_stated(palette, bound, space):
    k = len(palette)
    colors = palette_colors([str(i) for i in range(k)], list(palette))
    norm = Mixed(colors, space=space)
    assert norm.error <= bound
    rng = np.random.default_rng(k)
    even, corners = rng.dirichlet(np.ones(k), 3000), rng.dirichlet(np.full(k, 0.05), 3000)
    weights = np.concatenate([even, corners, rng.random((3000, k)) * (rng.random((3000, k)) < 2 / k)])
    weights = weights[weights.sum(1) > 0]
    off = np.abs(colors_of(norm, weights.astype(np.float32)) - exact(colors, weights, space))
    assert off.max() <= norm.error + 0.02


@pytest.mark.parametrize("norm", [Mixed(RGB), Confident(RGB)])
def test_points_are_picked_and_all_blocks_are_encoded(norm):
    weights = np.random.default_rng(1).random((100_003, 3)).astype(np.float32)
    everything = colors_of(norm, weights)
    ids = np.random.default_rng(2).permutation(100_003).astype(np.uint32)
    assert np.array_equal(colors_of(norm, weights, ids), everything[ids])
    assert np.array_equal(colors_of(norm, weights[::-1].copy()), everything[::-1])


TURNED = {order: Mixed(RGB[list(order)]) for order in itertools.permutations(range(3))}
WEIGHTS = st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3)


@given(weights=st.lists(WEIGHTS, min_size=1, max_size=8), order=st.permutations(range(3)))
def test_the_order_of_categories_does_not_matter(weights, order):
    rows = np.array(weights, np.float32)
    here = colors_of(TURNED[0, 1, 2], rows)
    there = colors_of(TURNED[tuple(order)], rows[:, list(order)])
    assert np.abs(here.astype(int) - there).max() <= 2 * TURNED[0, 1, 2].error  # sums round differently


@given(weights=st.lists(WEIGHTS, min_size=1, max_size=8), power=st.integers(-8, 8))
def test_only_proportions_count(weights, power):
    rows = np.array(weights, np.float32)
    rows[rows < 1e-30] = 0
    for norm in (TURNED[0, 1, 2], Confident(RGB)):
        scaled = (rows * np.float32(2.0**power)).astype(np.float32)
        assert np.array_equal(colors_of(norm, rows), colors_of(norm, scaled))


# ---- the lattice


@pytest.mark.parametrize(
    ("low", "high", "side"), [(0, 255, 1), (0, 255, 7), (3, 3, 4), (10, 21, 4), (0, 7, 8)]
)
def test_axes_cover_their_range_with_centres_inside(low, high, side):
    axis = Axis.over(low, high, side)
    assert axis.origin - side / 2 <= low
    assert axis.centers[-1] + side / 2 >= high
    assert low <= axis.centers[0] <= axis.centers[-1] <= high
    assert np.all(np.diff(axis.centers) == side)


def test_a_line_has_the_cells_along_it_and_a_point_one():
    line = Lattice.finest(np.array([[0, 0, 0], [6, 6, 6]], np.uint8), 60_000, linear=False)
    assert {(i, i, i) for i in range(7)} <= set(map(tuple, line.colors().tolist()))
    assert line.n_cells == len(line.colors()) < 7**2
    point = Lattice.finest(np.array([[9, 8, 7]] * 2, np.uint8), 60_000, linear=True)
    assert point.colors().tolist() == [[9, 8, 7]]


# ---- confidence


def test_confidence_fades_towards_the_background():
    norm = Confident(RGB, towards="#102030")
    assert norm.fit(lambda: []).n_levels == 3 * 256
    table = norm.table()
    assert table[[0, 256, 512]].tolist() == [[16, 32, 48]] * 3
    assert table[[255, 511, 767]].tolist() == RGB.tolist()
    assert table[768].tolist() == GRAY
    even, half = np.ones((1, 3)), np.array([[1, 4, 1]])
    assert colors_of(norm, even.astype(np.float32)).tolist() == [[16, 32, 48]]
    assert colors_of(norm, half.astype(np.float32)).tolist() == [[8, 144, 24]]


def test_floor_and_ties():
    norm = Confident(RGB, floor=0)
    assert colors_of(norm, np.array([[0, 1, 1], [1, 1, 0]], np.float32)).tolist() == [
        [127, 255, 127],
        [255, 127, 127],
    ]
    steep = Confident(RGB, floor=0.75)
    assert colors_of(steep, np.array([[3, 1, 0], [2, 1, 1]], np.float32)).tolist() == [[255] * 3] * 2
    assert colors_of(Confident(RGB[:1]), np.array([0.5, 0], np.float32)).tolist() == [[255, 0, 0], GRAY]


def test_many_categories_have_fewer_shades():
    colors = np.random.default_rng(0).integers(0, 256, (1000, 3), np.uint8)
    norm = Confident(colors)
    assert norm.n_shades == 65
    assert np.array_equal(colors_of(norm, np.eye(1000, dtype=np.float32)), colors)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Mixed(RGB, space="lab"), OptionError, 'space must be "linear" or "srgb", not \'lab\''),
        (lambda: Mixed(RGB, na="lightgrai"), OptionError, "na must be a colour .*; did you mean 'lightgra"),
        (lambda: Mixed(RGB / 255), ShapeError, "must be .categories, 3. uint8, not float64 of shape .3, 3."),
        (lambda: Mixed(["red"]), ShapeError, "must be .* uint8, not .'red'.; palette_colors makes them"),
        (lambda: Mixed(RGB[:0]), OptionError, "must be those of 1 to 4,095 categories, there are 0"),
        (lambda: Confident(np.zeros((5000, 3), np.uint8)), OptionError, "1 to 4,095 categories, .* 5,000"),
        (lambda: Confident(RGB, floor=1), OptionError, "floor must be a share from 0 to below 1, not 1"),
        (lambda: Confident(RGB, towards="nope"), OptionError, "towards must be a colour"),
        (lambda: colors_of(Mixed(RGB), np.zeros((3, 2))), ShapeError, r"shape \(3, 2\), expected \(n, 3\)"),
        (lambda: colors_of(Confident(RGB), np.zeros(3)), ShapeError, r"shape \(3,\), expected \(n, 3\)"),
    ],
)
def test_bad_options(make, error, text):
    with pytest.raises(error, match=text):
        make()
