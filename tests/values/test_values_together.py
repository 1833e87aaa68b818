"""One scale for several panels: it is that of all their values in one film."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gpuanim as ga
from gpuanim.errors import OptionError
from gpuanim.values.normalize import as_norm
from gpuanim.values.sources import as_source
from gpuanim.values.together import Together

STEPS = hnp.arrays(np.float32, (2, 6), elements=st.floats(-100, 100, width=32) | st.just(np.nan))


def levels(mapping, values):
    codes = np.empty(len(values), np.uint16)
    mapping.encode(values, None, codes)
    return codes


@given(STEPS, STEPS, st.sampled_from([{}, {"vmin": 0}, {"vmin": "p10", "vmax": "p90"}]))
def test_the_scale_is_that_of_all_values_in_one_film(first, second, limits):
    norm = as_norm("linear", **{"vmin": None, "vmax": None, "vcenter": None, "scope": None} | limits)
    sources = tuple(as_source(steps, n_points=6) for steps in (first, second))
    joint = Together(norm, sources)
    one_film = norm.fit(lambda: iter([*first, *second]))
    for source in sources:
        mapping = joint.fit(source.steps)
        for values in (*first, *second):
            np.testing.assert_array_equal(levels(mapping, values), levels(one_film, values))


def test_it_reads_only_if_the_norm_does():
    class Unread:
        def steps(self):
            raise AssertionError

    fixed = Together(as_norm("linear", vmin=0, vmax=1), (Unread(),))
    assert not fixed.needs_film
    assert levels(fixed.fit(lambda: ()), np.array([0.0, 0.5, 1.0], np.float32)).tolist() == [0, 128, 255]
    assert Together(as_norm("linear"), (Unread(),)).needs_film


def film(values, n=6, **options):
    coords = np.stack([np.arange(n), np.arange(n)], 1)
    return ga.animate(coords, values, size=(60, 60), s=30, **options)


def shades(both):
    """Return the levels of both panels in all frames."""
    from gpuanim.film import Fits, Timings

    fits = Fits(both._film, Timings())
    return [
        [levels(fits[i], np.array(step)) for step in cloud.values.steps()]
        for i, cloud in enumerate(both._film.clouds)
    ]


def test_panels_share_their_colors():
    small, large = np.linspace(0, 1, 12).reshape(2, 6), np.linspace(0, 10, 12).reshape(2, 6)
    shared = shades(ga.panels([film(small), film(large)], share_colors=True))
    own = shades(ga.panels([film(small), film(large)]))
    assert np.max(own[0]) == np.max(own[1]) == 255
    assert np.max(shared[0]) == 25  # 1 of 10
    np.testing.assert_array_equal(shared[1], own[1])


def test_panels_that_cannot_share():
    numbers = np.ones((2, 6))
    with pytest.raises(OptionError, match="same norm, limits and colours"):
        ga.panels([film(numbers), film(numbers, cmap="magma")], share_colors=True)
    with pytest.raises(OptionError, match="same norm, limits and colours"):
        ga.panels([film(numbers), film(numbers, vmin=0)], share_colors=True)
    with pytest.raises(OptionError, match='needs scope="film"'):
        ga.panels([film(numbers, scope="frame")] * 2, share_colors=True)


def test_panels_of_an_embedding_share_their_colors(pbmc68k):
    genes = ["CST3", "NKG7"]
    made = [ga.pl.umap(pbmc68k, color=gene, colorbar_loc="right", dpi=50) for gene in genes]
    both = ga.panels(made, share_colors=True, dpi=50)
    values = np.array([pbmc68k.raw[:, gene].X.toarray().ravel() for gene in genes])
    norm = as_norm("linear").fit(lambda: iter(values))
    for shown, expected in zip(shades(both), values, strict=True):
        np.testing.assert_array_equal(shown[0], levels(norm, expected))
    assert all(panel.dress.colorbar is None for panel in both._film.stage.panels)
    assert both.frame(0).shape == (240, 480, 3)
