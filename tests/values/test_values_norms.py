"""Fitted mappings know the norm of matplotlib that has their levels."""

from __future__ import annotations

import matplotlib.colors as mcolors
import numpy as np
import pytest

from gpuanim.values.normalize import Linear, MatplotlibNorm, Rank, as_norm

VALUES = np.array([0.5, 1.0, 3.0, 40.0])


class Unknown(mcolors.Normalize):
    """A norm that nobody can make thresholds of."""


@pytest.mark.parametrize(
    "norm",
    [
        Linear(), Linear(1, 3), Linear(vcenter=2.0), Linear("p10", "p90"), as_norm("log"),
        MatplotlibNorm(mcolors.PowerNorm(0.3)), MatplotlibNorm(Unknown()),
    ],
)  # fmt: skip
def test_levels_are_the_same(norm):
    mapping = norm.fit(lambda: iter([VALUES]))
    codes = np.empty(4, np.uint16)
    mapping.encode(VALUES, None, codes)
    grays = mcolors.ListedColormap((np.arange(256) / 255)[:, None] * [1, 1, 1])
    assert grays(mapping.norm()(VALUES), bytes=True)[:, 0].tolist() == codes.tolist()


def test_norms_are_the_callers_own():
    for norm in (Linear(), as_norm("log"), MatplotlibNorm(Unknown())):
        mapping = norm.fit(lambda: iter([VALUES]))
        mapping.norm().vmax = 7.0
        assert mapping.norm().vmax == 40


def test_a_center_at_a_limit_has_a_norm():
    flat = Linear(vcenter=2.0).fit(lambda: iter([np.array([2.0, 2.0])])).norm()
    assert flat.vmin == flat.vmax == 2


def test_ranks_have_none():
    assert Rank().fit(lambda: iter([VALUES])).norm() is None
    assert as_norm("log").fit(lambda: iter([np.array([-1.0])])).norm() is None  # nothing to scale by
