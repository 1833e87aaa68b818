"""Some of the points of a source, with the order and the access that the source has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.errors import ShapeError
from gpuanim.values._base import Source
from gpuanim.values.sources import as_source
from gpuanim.values.subset import Subset


class Stirred(Source):
    """Steps in an order of its own, read from the beginning only."""

    n_steps = 3

    def __init__(self, steps, permutation):
        self.n_points, self.permutation = steps.shape[1], permutation
        self._steps = steps

    def steps(self):
        return (step[self.permutation] for step in self._steps)


STEPS = np.arange(15.0).reshape(3, 5)
KEEP = np.array([True, False, True, True, False])


def test_points_that_are_kept():
    subset = Subset.of(as_source(STEPS, n_points=5), KEEP)
    assert (subset.n_points, subset.n_steps, subset.n_columns, subset.rewindable) == (3, 3, 1, True)
    np.testing.assert_array_equal(list(subset.steps()), [[0, 2, 3], [5, 7, 8], [10, 12, 13]])
    np.testing.assert_array_equal(subset.step(2), [10, 12, 13])
    with pytest.raises(IndexError):
        subset.step(3)


def test_all_points_need_no_subset():
    source = as_source(STEPS, n_points=5)
    assert Subset.of(source, np.ones(5, bool)) is source


def test_random_access_is_that_of_the_source():
    def has_access(source):
        return type(source).step is not Source.step

    assert has_access(Subset.of(as_source(STEPS, n_points=5), KEEP))
    assert not has_access(Subset.of(as_source(iter(STEPS), n_points=5), KEEP))


@given(st.permutations(range(5)), st.lists(st.booleans(), min_size=5, max_size=5))
def test_points_are_put_in_order(permutation, keep):
    subset = Subset(Stirred(STEPS, np.array(permutation, np.uint32)), np.array(keep))
    assert subset.permutation is None
    np.testing.assert_array_equal(list(subset.steps()), STEPS[:, keep])


def test_points_of_several_values():
    steps = np.random.default_rng(0).random((2, 5, 4))

    class Shares(Source):
        n_points, n_steps, n_columns = 5, 2, 4

        def steps(self):
            return iter(steps)

    subset = Subset.of(Shares(), KEEP)
    assert subset.n_columns == 4
    np.testing.assert_array_equal(list(subset.steps()), steps[:, KEEP])


def test_what_is_read_once_stays_so():
    subset = Subset.of(as_source(iter(STEPS), n_points=5), KEEP)
    assert not subset.rewindable
    assert subset.n_steps is None
    np.testing.assert_array_equal(list(subset.steps()), STEPS[:, KEEP])


def test_other_numbers_of_points():
    with pytest.raises(ShapeError, match="values have 5 points, expected 4"):
        Subset(as_source(STEPS, n_points=5), np.array([True, False, True, True]))

    class Unknown(Source):
        def steps(self):
            yield np.zeros(4)

    with pytest.raises(ShapeError, match="values have 4 points, expected 5"):
        next(Subset(Unknown(), KEEP).steps())
