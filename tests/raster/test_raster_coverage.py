"""Exact coverage of pixels by discs, and the table that stands in for it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim.raster.kernels import coverage

radii = st.floats(0.3, 12.0)
offsets = st.floats(-0.5, 0.5)


def stencil(x, y, r):
    reach = math.ceil(r + 1)
    steps = range(-reach, reach + 1)
    return np.array([[coverage.exact(i - x, j - y, r) for i in steps] for j in steps])


@given(offsets, offsets, radii)
def test_shares_sum_to_the_area_of_the_disc(x, y, r):
    assert stencil(x, y, r).sum() == pytest.approx(math.pi * r * r, rel=1e-9)


@given(offsets, offsets, radii)
def test_shares_lie_between_none_and_all(x, y, r):
    shares = stencil(x, y, r)
    assert shares.min() >= 0
    assert shares.max() <= 1


@given(offsets, offsets, radii)
def test_symmetric_in_all_eight_octants(x, y, r):
    value = coverage.exact(x, y, r)
    for a, b in [(x, y), (y, x)]:
        for sa in (1, -1):
            for sb in (1, -1):
                assert coverage.exact(sa * a, sb * b, r) == pytest.approx(value, abs=1e-12)


def test_against_counting_fine_subpixels():
    r, dx, dy = 1.07, 0.8, 0.55
    grid = (np.arange(2000) + 0.5) / 2000 - 0.5
    inside = (grid[:, None] + dx) ** 2 + (grid[None, :] + dy) ** 2 <= r * r
    assert coverage.exact(dx, dy, r) == pytest.approx(inside.mean(), abs=1e-4)


def test_literal_cases():
    assert coverage.exact(0.0, 0.0, 1.0) == 1.0  # half diagonal 0.707 < 1
    assert coverage.exact(0.0, 0.0, 0.5) == pytest.approx(math.pi / 4)
    assert coverage.exact(2.0, 0.0, 0.5) == 0.0
    assert coverage.exact(0.5, 0.5, 1.0) == pytest.approx(math.pi / 4)  # a quarter of the unit disc


@pytest.mark.parametrize("r", [0.5, 0.75, 1.07, 2.5, 8.0])
def test_table_read_bilinearly_is_close_to_exact(r):
    table = coverage.table(r)
    rng = np.random.default_rng(0)
    worst = 0.0
    for dx, dy in rng.uniform(0, r + 0.5, (4000, 2)):
        u, v = dx * coverage.SAMPLES, dy * coverage.SAMPLES
        i, j = int(u), int(v)
        f, g = u - i, v - j
        read = (1 - f) * ((1 - g) * table[i, j] + g * table[i, j + 1]) + f * (
            (1 - g) * table[i + 1, j] + g * table[i + 1, j + 1]
        )
        worst = max(worst, abs(read - coverage.exact(dx, dy, r)))
    assert worst < 1e-3
