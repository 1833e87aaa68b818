"""Every form that values can have, what is refused and with which words, and what is never done."""

from __future__ import annotations

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import zarr

from gpuanim.errors import OptionError, ShapeError, SourceError
from gpuanim.types import Values
from gpuanim.values._base import Source
from gpuanim.values.sources import Columns, as_source

N, T = 5, 3
FILM = np.arange(N * T, dtype=np.float32).reshape(T, N)


def read(source):
    return np.array([values.copy() for values in source.steps()])


def as_h5(matrix, tmp_path):
    file = h5py.File(tmp_path / "x.h5", "w")
    return file.create_dataset("x", data=matrix)


def as_memmap(matrix, tmp_path):
    np.save(tmp_path / "x.npy", matrix)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


FORMS = {
    "array": lambda m, _: m,
    "fortran": lambda m, _: np.asfortranarray(m),
    "every other": lambda m, _: np.repeat(m, 2, 1)[:, ::2],
    "big-endian": lambda m, _: m.astype(">f4"),
    "memmap": as_memmap,
    "h5py": as_h5,
    "zarr": lambda m, _: zarr.array(m, chunks=(2, 2)),
    "data frame": lambda m, _: pd.DataFrame(m),
    "sparse": lambda m, _: scipy.sparse.csc_matrix(m),
    "sparse array": lambda m, _: scipy.sparse.csr_array(m),
    "masked": lambda m, _: np.ma.masked_array(m),
    "int64": lambda m, _: m.astype(np.int64),
    "bytes": lambda m, _: m.astype(np.uint8),
    "half": lambda m, _: m.astype(np.float16),
}
STEPS = {
    "list": list,
    "tuple": tuple,
    "lists": lambda m: m.tolist(),
    "columns": lambda m: [row[:, None] for row in m],
    "sparse columns": lambda m: [scipy.sparse.csr_matrix(row[:, None]) for row in m],
    "sparse array columns": lambda m: [scipy.sparse.csc_array(row[:, None]) for row in m],
    "series": lambda m: [pd.Series(row, index=list("vwxyz")) for row in m],
    "nullable series": lambda m: [pd.Series(row).astype("Float32") for row in m],
    "integer series": lambda m: [pd.Series(row).astype("Int64") for row in m],
    "data frames": lambda m: [pd.DataFrame({"x": row}) for row in m],
}


@pytest.mark.parametrize("form", FORMS)
def test_matrices_of_rows_and_of_columns(form, tmp_path):
    rows = as_source(FORMS[form](FILM, tmp_path), n_points=N)
    assert (rows.n_points, rows.n_steps, rows.rewindable, rows.permutation) == (N, T, True, None)
    assert np.array_equal(read(rows), FILM)
    assert np.array_equal(read(rows), FILM), "a second pass"
    assert np.array_equal(rows.step(1), FILM[1])
    (tmp_path / "t").mkdir()
    columns = as_source(FORMS[form](FILM.T, tmp_path / "t"), n_points=N)
    assert isinstance(columns, Columns)
    assert (columns.n_points, columns.n_steps) == (N, T)
    assert np.array_equal(read(columns), FILM)
    assert np.array_equal(columns.step(2), FILM[2])
    for source in (rows, columns):
        for values in source.steps():
            assert values.dtype == np.float32
            assert values.flags.c_contiguous
        with pytest.raises(IndexError):
            source.step(T)


@pytest.mark.parametrize("form", STEPS)
def test_steps_one_by_one(form):
    listed = as_source(STEPS[form](FILM), n_points=N)
    assert (listed.n_points, listed.n_steps, listed.rewindable) == (N, T, True)
    streamed = as_source(iter(STEPS[form](FILM)), n_points=N)
    assert (streamed.n_points, streamed.n_steps, streamed.rewindable) == (N, None, False)
    called = as_source(STEPS[form](FILM).__getitem__, n_points=N, n_steps=T)
    assert (called.n_points, called.n_steps, called.rewindable) == (N, T, True)
    for source in (listed, streamed, called):
        assert np.array_equal(read(source), FILM)
    assert np.array_equal(called.step(2), FILM[2])


def test_columns_in_bands(monkeypatch):
    rng = np.random.default_rng(0)
    film = rng.random((50, 7))
    for band in (1, 8 * 7 * 3, 1 << 26):
        monkeypatch.setattr("gpuanim.values.matrices._BAND_BYTES", band)
        for matrix in (film.T, zarr.array(film.T, chunks=(3, 4)), scipy.sparse.csr_matrix(film.T)):
            assert np.array_equal(read(as_source(matrix, n_points=7)), film)


def test_one_array_is_one_step():
    for values in (FILM[0], FILM[0].tolist(), tuple(FILM[0]), pd.Series(FILM[0]), range(5)):
        source = as_source(values, n_points=N)
        assert source.n_steps == 1
        assert np.array_equal(source.step(0), FILM[0])


def test_a_square_matrix_is_rows():
    square = np.arange(9.0).reshape(3, 3)
    assert np.array_equal(read(as_source(square, n_points=3)), square)


def test_stacked_columns():
    assert np.array_equal(read(as_source(FILM[:, :, None], n_points=N)), FILM)


@pytest.mark.parametrize(
    ("raw", "dtype"),
    [
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.longdouble, np.float64),
        (np.bool_, np.float32),
        (np.int16, np.float32),
        (np.int64, np.float32),
    ],
)
def test_types(raw, dtype):
    assert as_source([np.ones(N, raw)], n_points=N).step(0).dtype == dtype


def test_large_integers_stay_exact():
    for top, dtype in ((2**24, np.float32), (2**24 + 1, np.float64), (-(2**24) - 1, np.float64)):
        step = as_source([np.array([0, top])], n_points=2).step(0)
        assert step.dtype == dtype
        assert step[1] == top


def test_missing_and_masked_values_are_nan():
    masked = np.ma.masked_array([1, 2, 3], [False, True, False])
    nullable = pd.Series([1, None, 3], dtype="Int64")
    for values in (masked, nullable, pd.Series([1, None, 3]), [1, np.nan, 3]):
        step = as_source([values], n_points=3).step(0)
        assert np.array_equal(step, [1, np.nan, 3], equal_nan=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_are_not_copied_and_not_changed(dtype):
    film = FILM.astype(dtype)
    film.flags.writeable = False
    for source in (as_source(film, n_points=N), as_source(list(film), n_points=N)):
        assert all(np.shares_memory(values, film) for values in source.steps())
    assert np.array_equal(film, FILM)


def test_cupy_arrays_are_fetched():
    class OnDevice:
        __cuda_array_interface__ = {}  # noqa: RUF012
        shape, dtype = (N,), np.dtype(np.float32)

        def get(self):
            return FILM[1]

    assert np.array_equal(as_source([OnDevice()], n_points=N).step(0), FILM[1])


class Lazy:
    """Looks like a zarr array, notes what is read, and will not be turned into numpy's."""

    def __init__(self, matrix):
        self._matrix, self.shape, self.dtype, self.read = matrix, matrix.shape, matrix.dtype, []

    def __getitem__(self, key):
        part = self._matrix[key]
        self.read.append(part.size)
        return part

    def __array__(self, *args, **options):
        raise AssertionError("the whole matrix was read")


def test_a_file_is_never_read_whole(monkeypatch):
    film = np.random.default_rng(0).random((40, 100))
    lazy = Lazy(film)
    assert np.array_equal(read(as_source(lazy, n_points=100)), film)
    assert lazy.read == [100] * 40
    monkeypatch.setattr("gpuanim.values.matrices._BAND_BYTES", 8 * 100 * 5)
    lazy = Lazy(film.T)
    assert np.array_equal(read(as_source(lazy, n_points=100)), film)
    assert max(lazy.read) == 500


def test_steps_are_read_when_they_are_due_and_once():
    asked = []

    def step(index):
        asked.append(index)
        return FILM[index]

    steps = as_source(step, n_points=N, n_steps=T).steps()
    assert asked == []
    next(steps)
    next(steps)
    assert asked == [0, 1]


def test_a_generator_goes_through_once():
    asked = []

    def steps():
        for i in range(T):
            asked.append(i)
            yield FILM[i]

    source = as_source(steps(), n_points=N)
    assert asked == []
    assert np.array_equal(read(source), FILM)
    assert asked == [0, 1, 2]
    with pytest.raises(SourceError, match="can be read only once, and have been: give a list"):
        source.steps()


def test_n_steps_takes_the_first_steps():
    forms = [FILM, FILM.T.copy(), list(FILM), iter(FILM), Endless(), Counted(3)]
    for values in forms:
        source = as_source(values, n_points=N, n_steps=2)
        assert source.n_steps == 2
        assert np.array_equal(read(source), FILM[:2])


class Endless(Source):
    rewindable = False
    n_points = None
    permutation = np.arange(N, dtype=np.uint32)[::-1]

    def steps(self):
        yield from FILM
        while True:
            yield FILM[-1]


class Counted(Source):
    n_points = N

    def __init__(self, n_steps: int | None) -> None:
        self.n_steps = n_steps

    def steps(self):
        yield from FILM

    def step(self, index: int) -> Values:
        return FILM[index]


def test_sources_pass():
    own = Counted(3)
    assert as_source(own, n_points=N) is own
    assert as_source(own, n_points=N, n_steps=3) is own
    with pytest.raises(ShapeError, match="values have 5 points, expected 6"):
        as_source(own, n_points=6)
    running = as_source(Endless(), n_points=N, n_steps=3)
    assert not running.rewindable
    assert np.array_equal(running.permutation, [4, 3, 2, 1, 0])
    with pytest.raises(ShapeError, match=r"values of step 0 have shape \(5,\), expected \(6,\)"):
        read(as_source(Endless(), n_points=6))
    with pytest.raises(SourceError, match="values ended after 3 steps, n_steps=4 were announced"):
        read(as_source(Counted(None), n_points=N, n_steps=4))


# ---- what is refused


def fails_at_7(i):
    if i == 7:
        raise ZeroDivisionError("division by zero")
    return np.zeros(N)


def short_at_7(i):
    return np.zeros(N - (i == 7))


@pytest.mark.parametrize("one_shot", [False, True])
def test_a_failure_at_step_7(one_shot):
    def values(function):
        return (function(i) for i in range(9)) if one_shot else function

    steps = as_source(values(fails_at_7), n_points=N, n_steps=9).steps()
    assert sum(1 for _ in zip(range(7), steps, strict=False)) == 7
    with pytest.raises(
        SourceError, match="values failed at step 7: ZeroDivisionError: division by zero"
    ) as caught:
        next(steps)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(ShapeError, match=r"values of step 7 have shape \(4,\), expected \(5,\)"):
        list(as_source(values(short_at_7), n_points=N, n_steps=9).steps())


@pytest.mark.parametrize(
    ("values", "error", "text"),
    [
        (
            np.zeros((T, N + 1)),
            ShapeError,
            r"values have shape \(3, 6\), expected \(steps, 5\) or \(5, steps\)",
        ),
        (np.zeros((2, 2, 2, 2)), ShapeError, r"values have shape \(2, 2, 2, 2\)"),
        (np.zeros(4), ShapeError, r"values of step 0 have shape \(4,\), expected \(5,\)"),
        ([0.0] * 4, ShapeError, r"values of step 0 have shape \(4,\), expected \(5,\)"),
        (
            [np.zeros(N)] * 7 + [np.zeros(4)],
            ShapeError,
            r"values of step 7 have shape \(4,\), expected \(5,\)",
        ),
        ([[0.0] * N, [0.0] * 4], ShapeError, r"values of step 1 have shape \(4,\)"),
        ([[0.0] * N, [[0.0], [1.0, 2.0]]], ShapeError, "values of step 1 cannot be read as an array"),
        (
            [np.zeros((N, 3))],
            ShapeError,
            r"have shape \(5, 3\), expected \(5,\): choose a column, \(f\[:, 0\]",
        ),
        (np.zeros((T, N, 2)), ShapeError, r"shape \(5, 2\), expected \(5,\): choose a column"),
        (np.zeros((T, N), complex), ShapeError, "values must be real numbers, not complex128"),
        (
            [np.zeros(N), np.array(list("abcde"))],
            ShapeError,
            "values of step 1 must be real numbers, not <U1",
        ),
        ([pd.Series(list("abcde"), dtype="category")], ShapeError, "values of step 0 must be real numbers"),
        (np.array([None] * N), ShapeError, "values of step 0 must be real numbers, not object"),
        ([], OptionError, "values have no steps"),
        (np.zeros((0, N)), OptionError, "values have no steps"),
        (np.zeros((N, 0)), OptionError, "values have no steps"),
        (fails_at_7, OptionError, "values is a callable: say how many steps it has, n_steps=..."),
        ("film.npy", ShapeError, "values must be numbers for each point and step, not str"),
        ({"a": 1}, ShapeError, "values must be numbers for each point and step, not dict"),
        (7, ShapeError, "values must be an array, a list or generator of arrays, or a callable, not int"),
        (None, ShapeError, "not NoneType"),
    ],
    ids=lambda given: given if isinstance(given, str) else type(given).__name__,
)
def test_bad_values_are_refused_at_once(values, error, text):
    with pytest.raises(error, match=text):
        as_source(values, n_points=N)


@pytest.mark.parametrize(
    ("values", "n_steps", "text"),
    [
        (FILM, 4, "n_steps=4, but values have only 3 steps"),
        (list(FILM), 4, "n_steps=4, but values have only 3 steps"),
        (FILM, 0, "n_steps must be a whole number from 1 on, not 0"),
        (FILM, 2.5, "n_steps must be a whole number, not 2.5"),
        (FILM, True, "n_steps must be a whole number from 1 on, not True"),
    ],
)
def test_bad_n_steps(values, n_steps, text):
    with pytest.raises(OptionError, match=text):
        as_source(values, n_points=N, n_steps=n_steps)


def test_a_generator_that_ends_early_or_at_once():
    with pytest.raises(SourceError, match="values ended after 3 steps, n_steps=5 were announced"):
        read(as_source(iter(FILM), n_points=N, n_steps=5))
    with pytest.raises(OptionError, match="values have no steps"):
        read(as_source(iter([]), n_points=N))
    with pytest.raises(ShapeError, match=r"values of step 0 have shape \(\), expected \(5,\)"):
        read(as_source(iter([1.0, 2.0]), n_points=N))


def test_columns_of_the_wrong_length():
    with pytest.raises(ShapeError, match=r"values have shape \(5, 3\), expected \(6, steps\)"):
        Columns(FILM.T, 6)
    assert Columns(FILM.T).n_points == N
