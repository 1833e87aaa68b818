"""Every form that categories can have, the codes they become, what is refused and with which words."""

from __future__ import annotations

import h5py
import numpy as np
import pandas as pd
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.adata.store import Categories
from gpuanim.errors import OptionError, ShapeError, SourceError
from gpuanim.values._base import Source
from gpuanim.values.categories import MOST, as_categories, check_no_tween, looks_categorical
from gpuanim.values.category_norm import CategoryNorm
from gpuanim.values.timeline import Timeline


def read(values, n_points, **options):
    source, names = as_categories(values, n_points=n_points, **options)
    steps = [step.copy() for step in source.steps()]
    assert all(step.dtype.kind == "i" and step.shape == (n_points,) for step in steps)
    return names, [step.tolist() for step in steps]


class Numbers(Source):
    n_points = 3

    def steps(self):
        yield np.zeros(3)


# ---- one step


@pytest.mark.parametrize(
    ("values", "names", "codes"),
    [
        (["b", "a", None], ("a", "b"), [1, 0, -1]),
        (np.array(["b", "a", "b"]), ("a", "b"), [1, 0, 1]),
        (np.array([b"b", b"a", b"b"]), ("a", "b"), [1, 0, 1]),
        (np.array(["b", np.nan, None], object), ("b",), [0, -1, -1]),
        (["c10", "c9", "C10"], ("C10", "c9", "c10"), [2, 1, 0]),
        (pd.Series(["b", "a", pd.NA], dtype="string"), ("a", "b"), [1, 0, -1]),
        (pd.Series(["b", "a", None]), ("a", "b"), [1, 0, -1]),
        (pd.Categorical(["b", None, "a"], ["b", "a", "z"]), ("b", "a", "z"), [0, -1, 1]),
        (pd.Series(pd.Categorical([2, 10, 2])), ("2", "10"), [0, 1, 0]),
        (Categories(np.array([1, -1, 0], np.int8), ("x", "y")), ("x", "y"), [1, -1, 0]),
        (np.array([10, -1, 9]), ("9", "10"), [1, -1, 0]),
        (np.array([10, 2, 9], np.uint64), ("2", "9", "10"), [2, 0, 1]),
        (np.array([-7, 1 << 60, -3]), ("-7", "-3", str(1 << 60)), [0, 2, 1]),
        (np.array([[3], [2], [3]]), ("2", "3"), [1, 0, 1]),
        (np.ma.masked_array([1, 2, 3], [0, 1, 0]), ("1", "3"), [0, -1, 1]),
        (np.ma.masked_array(["a", "b", "c"], [0, 1, 0]), ("a", "c"), [0, -1, 1]),
        (pd.Series([3, None, 1], dtype="Int64"), ("1", "3"), [1, -1, 0]),
        ([3, None, 1], ("1", "3"), [1, -1, 0]),
        ([1, "a", np.nan], ("1", "a"), [0, 1, -1]),
        ([True, True, True], ("False", "True"), [1, 1, 1]),
        (np.array([True, False, True]), ("False", "True"), [1, 0, 1]),
        (pd.Series([True, None, True], dtype="boolean"), ("False", "True"), [1, -1, 1]),
        ([None, None, None], (), [-1, -1, -1]),
    ],
    ids=str,
)
def test_one_step(values, names, codes):
    assert read(values, 3) == (names, [codes])


def test_codes_of_a_categorical_are_not_copied():
    given_codes = np.array([1, -1, 0], np.int8)
    source, _ = as_categories(Categories(given_codes, ("x", "y")), n_points=3)
    assert source.step(0) is given_codes


# ---- many steps

STRINGS = np.array([["b", "a", "b"], ["c", "a", "a"]])
INTEGERS = np.array([[5, -1, 7], [7, 7, 12]], np.int16)


def as_h5(matrix, tmp_path):
    file = h5py.File(tmp_path / "x.h5", "w")
    return file.create_dataset("x", data=matrix)


@pytest.mark.parametrize(
    "form",
    [
        lambda m: m,
        lambda m: m.T,
        lambda m: m.astype(object),
        list,
        lambda m: m.tolist(),
        lambda m: tuple(map(pd.Series, m)),
        lambda m: [pd.Categorical(row, ["a", "b", "c"]) for row in m],
        pd.DataFrame,
        lambda m: pd.DataFrame(m.T),
        lambda m: pd.DataFrame({i: pd.Categorical(row, ["a", "b", "c"]) for i, row in enumerate(m)}),
    ],
)
def test_forms_of_strings(form):
    assert read(form(STRINGS), 3) == (("a", "b", "c"), [[1, 0, 1], [2, 0, 0]])
    assert read(form(STRINGS), 3, n_steps=1)[1] == [[1, 0, 1]]


@pytest.mark.parametrize(
    "form",
    [
        lambda m, _: m,
        lambda m, _: m.T,
        lambda m, _: m.tolist(),
        as_h5,
        lambda m, path: as_h5(m.T, path),
        lambda m, _: zarr.array(m),
        lambda m, _: [pd.Series(row) for row in m],
    ],
)
def test_forms_of_integers(form, tmp_path):
    names, codes = ("5", "7", "12"), [[0, -1, 1], [1, 1, 2]]
    assert read(form(INTEGERS, tmp_path), 3) == (names, codes)


def test_categories_are_united_in_order():
    steps = [pd.Categorical(["z", "b", None]), pd.Categorical(["y", "a", "a"], ["y", "b", "a"])]
    assert read(steps, 3)[0] == ("b", "z", "y", "a")
    assert read([["c", "a", None], *steps], 3)[0] == ("b", "z", "y", "a", "c")
    frame = pd.DataFrame(dict(enumerate([*steps, steps[0]])))
    assert read(frame, 3)[1] == [[1, 0, -1], [2, 3, 3], [1, 0, -1]]


def test_square_matrices_are_steps_by_points_unless_columns_are_categoricals():
    square = np.array([["a", "b"], ["b", "b"]])
    assert read(square, 2)[1] == [[0, 1], [1, 1]]
    frame = pd.DataFrame({0: pd.Categorical(["a", "b"]), 1: pd.Categorical(["b", "b"], ["a", "b"])})
    assert read(frame, 2)[1] == [[0, 1], [1, 1]]


def test_integers_are_codes_of_categories_told():
    told = ("x", "y", "z")
    assert read(np.array([[2, -1, 0]]), 3, categories=told) == (told, [[2, -1, 0]])
    assert read(np.array([[2, 1, 0]], np.uint8), 3, categories=told) == (told, [[2, 1, 0]])
    assert read([2, None, 0], 3, categories=told) == (told, [[2, -1, 0]])
    assert read(pd.Series([2, None, 0], dtype="Int64"), 3, categories=told) == (told, [[2, -1, 0]])
    assert read(np.array([[7, -1, 3]]), 3, categories=[3, 7]) == (("3", "7"), [[1, -1, 0]])


def test_generators_and_callables_with_categories_told():
    told = ("b", "a")
    assert read((row for row in [["a", "b"], ["b", None]]), 2, categories=told) == (told, [[1, 0], [0, -1]])
    source, _ = as_categories(lambda i: ["ab"[i], "a"], n_points=2, n_steps=2, categories=told)
    assert source.step(1).tolist() == [0, 1]
    assert source.step(0).tolist() == [1, 1]


def test_many_categories_have_wider_codes():
    for count, dtype in ((128, np.int8), (129, np.int16), (32_769, np.int32)):
        source, names = as_categories(np.arange(count).astype(str), n_points=count)
        assert source.step(0).dtype == dtype
        assert sorted(source.step(0)) == list(range(len(names))) == list(range(count))


def test_real_labels(pbmc68k):
    column = pbmc68k.obs["bulk_labels"]
    source, names = as_categories(column, n_points=700)
    assert names == tuple(column.cat.categories)
    assert np.array_equal(source.step(0), column.cat.codes)
    as_text, found = as_categories([column.astype(str), column], n_points=700)
    assert found == names
    assert np.array_equal(as_text.step(0), as_text.step(1))


@given(st.lists(st.lists(st.sampled_from(["a", "b10", "b9", None]), min_size=4, max_size=4), min_size=1))
def test_names_of_codes_are_the_labels(steps):
    names, codes = read(steps, 4)
    assert [[None if code < 0 else names[code] for code in step] for step in codes] == steps
    assert list(names) == [name for name in ("a", "b9", "b10") if any(name in step for step in steps)]


# ---- what is refused


@pytest.mark.parametrize(
    ("values", "options", "error", "text"),
    [
        (np.zeros((2, 3)), {}, ShapeError, "values of step 0 must be categories: .* not float64; .*Int64"),
        ([0.5, 1.0, 2.0], {}, ShapeError, "must be categories: strings, integers, .* not float64"),
        (np.array([0.5, None, 1.0], object), {}, ShapeError, "must be categories: .* not float"),
        (["a", "b"], {}, ShapeError, "values of step 0 must be one for each of the 3 points, there are 2"),
        ([["a", "b", "c"], ["a"]], {}, ShapeError, "values of step 1 must be .* 3 points, there are 1"),
        ([[["a"], ["b"]]] * 3, {}, ShapeError, "values of step 0 must be one for each of the 3 points"),
        (np.full((2, 2), "a"), {}, ShapeError, r"shape \(2, 2\), expected \(steps, 3\) or \(3, steps\)"),
        ("abc", {}, ShapeError, "values must be a category for each point and step, not str"),
        (7, {}, ShapeError, "values must be categories in an array, .* not int"),
        ([7, 8], {"n_points": 1}, ShapeError, "must be one for each of the 1 points, there are 2"),
        (["a", "b", "c"], {"n_steps": 2}, OptionError, "n_steps=2, but values have only 1 steps"),
        ([], {}, OptionError, "values have no steps"),
        (lambda i: "abc", {"n_steps": 1}, OptionError, "values is a callable, .*: give .*categories="),
        (iter(["abc"]), {}, OptionError, "values is a generator, .*: give .*categories="),
        (lambda i: "abc", {"categories": "ab"}, OptionError, "categories must be a list of names, not 'ab'"),
        (lambda i: "abc", {"categories": ["a"]}, OptionError, "say how many steps it has, n_steps="),
        (["a"], {"categories": []}, OptionError, "categories must have a name, the list is empty"),
        (["a"], {"categories": ["a", "b", "a"]}, OptionError, "categories must differ, 'a' occurs 2 times"),
        (Numbers(), {}, OptionError, "values are numbers, a running computation, not categories"),
        (["T cell", "B", "B"], {"categories": ["T cells", "B"]}, OptionError,
            "step 0 have the category 'T cell', which is not among categories; did you mean 'T cells'"),
        ([3, 0, 1], {"categories": ["x", "y"]}, ShapeError,
            "codes of values of step 0 go from 0 to 3, expected -1 .* to 1: there are 2 categories"),
        (Categories(np.array([0, 5, 0]), ("a",)), {}, ShapeError, "go from 0 to 5, expected -1 .* to 0"),
        (Categories(np.zeros(3), ("a",)), {}, ShapeError, "must be signed integers, .* not float64"),
        (np.arange(MOST + 1), {"n_points": MOST + 1}, OptionError, "65,001 different categories, at most"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_refusals(values, options, error, text):
    with pytest.raises(error, match=text):
        read(values, **({"n_points": 3} | options))


def test_unused_categories_need_not_be_told():
    assert read(pd.Categorical(["b"], ["a", "b"]), 1, categories=["b"])[1] == [[0]]


def test_failures_name_the_step():
    def steps():
        yield ["a"]
        raise KeyError("lost")

    with pytest.raises(SourceError, match="values failed at step 1: KeyError: 'lost'"):
        read(steps(), 1, categories=["a"])


# ---- whether to take values for categories


@pytest.mark.parametrize(
    "values",
    [
        ["a", None], [None, "a"], [["a"]], [True], (pd.Categorical(["a"]),), np.array([["a"]]),
        np.array([[False]]), np.array([None, "a"], object), pd.Series(["a"]), pd.Series([True]),
        pd.Series(["a"], dtype="string"), pd.Series([1], dtype="category"), pd.Categorical([1, 2]),
        pd.DataFrame({"s": ["a"], "b": [True]}), Categories(np.zeros(1, int), ("a",)),
    ],
    ids=repr,
)  # fmt: skip
def test_categorical(values):
    assert looks_categorical(values)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2], [1.0, None], [[1]], [], "abc", {}, np.zeros((2, 2)), np.zeros(2, int), pd.Series([1.0]),
        pd.Series([1], dtype="Int64"), pd.DataFrame({"s": ["a"], "x": [1.0]}), lambda i: "a", iter(["a"]),
        Numbers(), np.array([None, 1.0], object), 7, None,
    ],
    ids=lambda given: type(given).__name__,
)  # fmt: skip
def test_not_categorical(values):
    assert not looks_categorical(values)


def test_categories_are_not_blended():
    check_no_tween(None)
    with pytest.raises(OptionError, match="tween='linear' blends numbers, and nothing lies between two cat"):
        check_no_tween("linear")


# ---- levels


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.float32, np.float64])
def test_codes_are_levels_and_no_category_is_the_last(dtype):
    norm = CategoryNorm(3)
    mapping = norm.fit(lambda: [])
    assert (mapping.n_levels, norm.scope, norm.needs_film, mapping.lower_edges()) == (3, "film", False, None)
    codes = np.array([0, 2, -1, 1, 3], dtype)
    out = np.empty(5, np.uint16)
    mapping.encode(codes, None, out)
    assert out.tolist() == [0, 2, 3, 1, 3]
    mapping.encode(codes, np.array([2, 1, 1], np.uint32), out[:3])
    assert out[:3].tolist() == [3, 2, 2]


def test_missing_numbers_and_many_levels():
    out = np.empty(3, np.uint16)
    CategoryNorm(MOST).fit(lambda: []).encode(np.array([np.nan, MOST - 1, -1]), None, out)
    assert out.tolist() == [MOST, MOST - 1, MOST]
    with pytest.raises(OptionError, match="n_categories must be at most 65,000, not 65,001"):
        CategoryNorm(MOST + 1)


def test_all_blocks_are_encoded_and_codes_pass_the_timeline():
    codes = np.random.default_rng(0).integers(-1, 20, (2, 300_000)).astype(np.int8)
    source, _ = as_categories(codes, n_points=300_000, categories=range(20))
    timeline = Timeline.resolve(2, n_frames=4)
    mapping, out = CategoryNorm(20).fit(source.steps), np.empty(300_000, np.uint16)
    for frame, (values, changed) in enumerate(timeline.frames(source)):
        assert changed == (frame % 2 == 0)
        mapping.encode(values, None, out)
        assert np.array_equal(out, np.where(codes[frame // 2] < 0, 20, codes[frame // 2]))
