"""Pictures come back from the spool as they went in, in any order; the file goes with the object."""

import gc
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.errors import OptionError, ShapeError
from gpuanim.recording import Recording, Spool


def pictures(n, changes, shape=(9, 7, 3)):
    """Make pictures that differ from the one before in some rows."""
    rng = np.random.default_rng(0)
    made = [rng.integers(0, 256, shape, np.uint8)]
    for i in range(n - 1):
        made.append(made[-1].copy())
        rows = rng.integers(0, shape[0], changes[i % len(changes)])
        made[-1][rows] = rng.integers(0, 256, (len(rows), *shape[1:]), np.uint8)
    return made


@given(
    n=st.integers(1, 80),
    changes=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    seed=st.integers(0, 2**32 - 1),
)
def test_pictures_come_back_in_any_order(n, changes, seed):
    made = pictures(n, changes)
    spool = Spool()
    numbers = [spool.add(picture) for picture in made]
    order = np.random.default_rng(seed).permutation(n)
    with Recording(spool, tuple(numbers[i] for i in order)) as recording:
        assert (len(recording), recording.n_frames, recording.size) == (n, n, (7, 9))
        for i, picture in zip(order, recording, strict=True):
            np.testing.assert_array_equal(picture, made[i])
        np.testing.assert_array_equal(recording.picture(-1), made[order[-1]])


def test_what_stays_costs_nothing():
    made = pictures(40, [1], (100, 100, 3))
    spool = Spool()
    for picture in made:
        spool.add(picture)
    assert spool.nbytes < 5 * made[0].nbytes  # two whole pictures, and a row of each


def test_the_most_frequent_colours():
    spool = Spool()
    picture = np.full((8, 10, 3), (255, 255, 255), np.uint8)
    picture[:, :3] = (1, 2, 3)
    spool.add(picture)
    picture = np.full((8, 10, 3), (255, 255, 255), np.uint8)
    picture[:, 4] = (200, 100, 0)
    spool.add(picture)
    recording = Recording(spool, (0, 1))
    assert recording.colors().tolist() == [[255, 255, 255], [1, 2, 3], [200, 100, 0]]
    assert recording.colors(2).tolist() == [[255, 255, 255], [1, 2, 3]]


def test_photographs_are_counted_in_little_memory():
    rng = np.random.default_rng(0)
    spool = Spool()
    for _ in range(300):
        picture = rng.integers(0, 256, (4, 300, 3), np.uint8)
        picture[:, :9] = 7
        spool.add(picture)
    assert len(spool._tally._counts) <= 1 << 16
    assert spool.colors(1).tolist() == [[7, 7, 7]]


def test_the_file_goes_with_the_object():
    descriptors = "/proc/self/fd"
    if not os.path.isdir(descriptors):
        pytest.skip("open files cannot be counted here")
    gc.collect()  # of what other tests have left
    before = len(os.listdir(descriptors))
    spool = Spool()
    spool.add(pictures(1, [1])[0])
    recording = Recording(spool, (0,))
    assert len(os.listdir(descriptors)) == before + 1
    del spool, recording
    gc.collect()
    assert len(os.listdir(descriptors)) == before


def test_errors():
    spool = Spool()
    with pytest.raises(OptionError, match="one picture or more"):
        Recording(spool, ())
    spool.add(np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(ShapeError, match=r"is \(3, 3, 3\), those before are \(2, 3, 3\)"):
        spool.add(np.zeros((3, 3, 3), np.uint8))
    recording = Recording(spool, (0,))
    with pytest.raises(IndexError, match="picture 1 of a recording of 1"):
        recording.picture(1)
    recording.close()
    recording.close()
    with pytest.raises(OptionError, match="has been closed"):
        recording.picture(0)
