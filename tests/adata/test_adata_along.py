"""Films along a column, over genes, and over clusters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gpuanim.adata import Categories
from gpuanim.adata.along import cell_times, lighting, over_clusters, over_genes
from gpuanim.errors import DataKeyError, OptionError, ShapeError
from gpuanim.values.timeline import Timeline

NAN = np.nan


def test_cells_light_up():
    film = lighting(np.array([0, 1, 0.5, NAN, np.inf], np.float32), 3)
    assert (film.n_points, film.n_steps, film.times.tolist()) == (5, 3, [0, 0.5, 1])
    expected = [[0, NAN, NAN, NAN, NAN], [0, NAN, 0.5, NAN, NAN], [0, 1, 0.5, NAN, NAN]]
    np.testing.assert_array_equal(list(film.steps()), expected)
    np.testing.assert_array_equal(film.step(1), expected[1])
    with pytest.raises(IndexError):
        film.step(3)


def test_lit_cells_show_other_values():
    when = np.array([3, 1, 2])
    np.testing.assert_array_equal(
        list(lighting(when, 3, values=[10, NAN, 30]).steps()), [[NAN] * 3, [NAN, NAN, 30], [10, NAN, 30]]
    )
    groups = Categories(np.array([1, 0, -1], np.int8), ("a", "b"))
    steps = list(lighting(when, 3, values=groups).steps())
    assert steps[0].dtype == np.int8
    assert [step.tolist() for step in steps] == [[-1, 0, -1], [-1, 0, -1], [1, 0, -1]]


def test_limits_and_a_single_step():
    when = np.array([0.0, 5.0, 10.0])
    assert lighting(when, 3, limits=(4, 6)).times.tolist() == [4, 5, 6]
    np.testing.assert_array_equal(lighting(when, 3, limits=(4, 6)).step(2), [0, 5, NAN])
    np.testing.assert_array_equal(lighting(when, 1).step(0), when)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.integers(1, 30),
        elements=st.one_of(st.floats(-1e6, 1e6, width=32), st.just(NAN)),
    ).filter(lambda when: np.isfinite(when).any()),
    st.integers(1, 9),
)
def test_what_is_lit_stays_lit_and_the_end_shows_all(when, n_steps):
    steps = list(lighting(when, n_steps).steps())
    lit = [np.isfinite(step) for step in steps]
    assert all((before <= after).all() for before, after in pairwise(lit))
    np.testing.assert_array_equal(steps[-1], when)
    assert lit[0].any()


def test_a_million_cells_of_many_blocks():
    when = np.random.default_rng(0).random(300_001).astype(np.float32)
    film = lighting(when, 5)
    np.testing.assert_array_equal(film.step(2), np.where(when <= np.float32(film.times[2]), when, NAN))


def test_films_can_run_back(opened):
    with opened("memory") as cells:
        film = lighting(cell_times(cells, "n_counts"), 4)
        timeline = Timeline.resolve(4, boomerang=True)
        shown = [np.isfinite(values).sum() for values, _ in timeline.frames(film)]
    assert shown == [*shown[:4], shown[2], shown[1]]
    assert shown[3] == 700


def test_times_of_cells(kind, opened, real):
    with opened(kind) as cells:
        np.testing.assert_array_equal(cell_times(cells, "some_counts"), real.obs["some_counts"])
        assert cell_times(cells, "few").dtype == np.float32
        codes = real.obs["some_louvain"].cat.codes.to_numpy()
        np.testing.assert_array_equal(cell_times(cells, "some_louvain"), np.where(codes < 0, NAN, codes))
        with pytest.raises(
            OptionError, match="along='doublet' must be a column of numbers, or of categories"
        ):
            cell_times(cells, "doublet")
        with pytest.raises(DataKeyError, match="did you mean 'n_counts'"):
            cell_times(cells, "n_count")


def test_errors_of_lighting():
    for call, error, text in [
        (lambda: lighting([1.0, 2.0], 0), OptionError, "n_steps must be a whole number from 1 on"),
        (lambda: lighting([NAN], 2), ShapeError, "along holds no finite number"),
        (lambda: lighting(np.zeros((2, 2)), 2), ShapeError, r"along have shape \(2, 2\), expected \(2,\)"),
        (lambda: lighting([1.0, 2.0], 2, values=[1.0]), ShapeError, r"values have shape \(1,\)"),
        (
            lambda: lighting([1.0], 2, values=Categories(np.zeros(2, int), ("a",))),
            ShapeError,
            r"shape \(2,\)",
        ),
        (lambda: lighting([1.0], 2, limits=(2, 1)), OptionError, r"limits must ascend, not \(2, 1\)"),
    ]:
        with pytest.raises(error, match=text):
            call()


def test_over_genes(kind, opened, real, monkeypatch):
    names = ["CD3D", "HES4", "RBP7", "HES4"]
    monkeypatch.setattr("gpuanim.adata.along.BAND_BYTES", 8 * 700 * 3)  # three genes at a time
    with opened(kind) as cells:
        for options, matrix in (({}, real.raw.X.toarray()), ({"layer": "double"}, real.layers["double"])):
            film = over_genes(cells, names, **options)
            assert (film.n_points, film.n_steps, film.titles) == (700, 4, tuple(names))
            expected = matrix[:, [real.var_names.get_loc(name) for name in names]].T
            np.testing.assert_array_equal(list(film.steps()), expected)
            np.testing.assert_array_equal(film.step(1), expected[1])
        assert over_genes(cells, "sym-CD3D", gene_symbols="symbol").n_steps == 1
        with pytest.raises(DataKeyError, match=r"no gene 'CD3DD' in raw of .*did you mean 'CD3D'"):
            over_genes(cells, ["HES4", "CD3DD"])
        with pytest.raises(OptionError, match="genes is empty"):
            over_genes(cells, [])
        with pytest.raises(IndexError):
            film.step(4)


def test_over_clusters():
    groups = Categories(np.array([2, 0, -1, 2], np.int8), ("a", "b", "c"))
    film = over_clusters(groups)
    assert (film.n_points, film.n_steps) == (4, 2)  # no cell is in b
    steps = list(film.steps())
    assert steps[0].dtype == np.int8
    assert [step.tolist() for step in steps] == [[-1, 0, -1, -1], [2, -1, -1, 2]]
    assert over_clusters(groups, ["c", "a"]).step(0).tolist() == [2, -1, -1, 2]
    with pytest.raises(IndexError):
        film.step(2)
    with pytest.raises(DataKeyError, match="groups: no category 'C'; did you mean 'c'"):
        over_clusters(groups, ["C"])
    with pytest.raises(OptionError, match="no categories to show"):
        over_clusters(Categories(np.array([-1]), ("a",)))
