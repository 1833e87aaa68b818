"""Ranks and levels on a device against those of the CPU: the same codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gpuanim.cuda.mappings import DeviceRank, on_device
from gpuanim.values.normalize import Linear
from gpuanim.values.ranks import Rank

pytestmark = pytest.mark.kernels

CASES = {
    "normal": lambda rng: rng.normal(size=5000),
    "many orders of magnitude": lambda rng: 10.0 ** rng.uniform(-38, 30, 5000),
    "mostly zero": lambda rng: np.where(rng.random(5000) < 0.9, 0, rng.random(5000)),
    "few values": lambda rng: rng.integers(0, 5, 3000),
    "both zeros": lambda rng: rng.choice([-0.0, 0.0, 1.0, -1.0], 999),
    "nan and inf": lambda rng: rng.choice([np.nan, np.inf, -np.inf, 1.0, 2.0], 999),
    "subnormal": lambda rng: rng.integers(0, 1000, 4000) * 1e-44,
    "all equal": lambda rng: np.full(700, 3.0),
    "all nan": lambda rng: np.full(300, np.nan),
    "one": lambda rng: np.array([5.0]),
    "two": lambda rng: np.array([5.0, -5.0]),
    "close together": lambda rng: 1 + rng.integers(0, 3000, 5000) * 2.0**-23,
}


def codes_on(device, values, mapping_or_rank, where=None):
    there = device.upload(values)
    if isinstance(mapping_or_rank, Rank):
        mapping = DeviceRank(mapping_or_rank, device).fit(lambda: [there])
    else:
        mapping = on_device(mapping_or_rank, device)
    places = None if where is None else device.upload(where)
    codes = device.empty(len(values) if where is None else len(where), np.uint16)
    mapping.encode(there, places, codes)
    device.launches.run()
    return device.download(codes)


def codes_here(values, mapping, where=None):
    out = np.empty(len(values) if where is None else len(where), np.uint16)
    mapping.encode(values, where, out)
    return out


@pytest.mark.parametrize("stretch", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_ranks_are_those_of_the_cpu(device, case, dtype, stretch):
    with np.errstate(under="ignore", over="ignore"):
        values = CASES[case](np.random.default_rng(0)).astype(dtype)
    rank = Rank(stretch=stretch)
    np.testing.assert_array_equal(
        codes_on(device, values, rank), codes_here(values, rank.fit(lambda: [values]))
    )


@settings(max_examples=60)
@given(
    values=hnp.arrays(
        st.sampled_from([np.float32, np.float64]), st.integers(1, 600),
        elements=st.one_of(st.floats(width=32), st.integers(-3, 3).map(float)),
    ),
    stretch=st.booleans(),
)  # fmt: skip
def test_of_any_values(libraries, request, values, stretch):
    device = request.getfixturevalue("host")
    rank = Rank(stretch=stretch)
    np.testing.assert_array_equal(
        codes_on(device, values, rank), codes_here(values, rank.fit(lambda: [values]))
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_other_norms_by_their_thresholds(device, dtype):
    rng = np.random.default_rng(1)
    values = np.append(rng.normal(size=4000), [np.nan, np.inf, -np.inf, -1.0, 1.0]).astype(dtype)
    mapping = Linear(-1.0, 1.0).fit(lambda: [values])
    where = rng.permutation(len(values))[:1500].astype(np.uint32)
    np.testing.assert_array_equal(codes_on(device, values, mapping), codes_here(values, mapping))
    np.testing.assert_array_equal(
        codes_on(device, values, mapping, where), codes_here(values, mapping, where)
    )


def test_frames_of_one_film_become_a_graph(host, backwards):
    rng = np.random.default_rng(2)
    rank = Rank(stretch=True)
    for device in (host, backwards):
        norm = DeviceRank(rank, device)
        there, codes = device.empty(2000, np.float32), device.empty(2000, np.uint16)
        for _ in range(4):
            values = rng.normal(size=2000).astype(np.float32)
            device.put(values, there)
            mapping = norm.fit(lambda: [there])  # noqa: B023
            mapping.encode(there, None, codes)
            device.launches.run()
            expected = rank.fit(lambda: [values])  # noqa: B023
            np.testing.assert_array_equal(codes, codes_here(values, expected))
            np.testing.assert_array_equal(mapping.lower_edges(), expected.lower_edges())
        assert device.replays == 3
