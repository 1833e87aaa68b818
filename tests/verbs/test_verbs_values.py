"""Categories and shares as `animate` takes them, and what stands out: colours in the frame."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import gpuanim as ga
from gpuanim.errors import OptionError
from gpuanim.film import Fits, Timings
from gpuanim.values.colors import as_rgb

PLACES = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
RGB = {"a": (255, 0, 0), "b": (0, 160, 0), "c": (0, 0, 255)}
PALETTE = {name: f"#{r:02x}{g:02x}{b:02x}" for name, (r, g, b) in RGB.items()}
GREY = (211, 211, 211)


def colors(values, **options):
    """Return the colours of three large points in each frame."""
    film = ga.animate(
        PLACES, values, **({"size": (90, 30), "s": 100, "xlim": (-0.5, 2.5), "ylim": (-0.5, 0.5)} | options)
    )
    return [[tuple(frame[15, x].tolist()) for x in (15, 45, 75)] for frame in film.frames()]


# ---- categories


@pytest.mark.parametrize(
    "values",
    [
        [["a", "b", "c"]],
        np.array([["a", "b", "c"]]),
        [pd.Categorical(["a", "b", "c"])],
        pd.Series(["a", "b", "c"], dtype="category"),
        pd.DataFrame({"t": ["a", "b", "c"]}),
        [pd.array(["a", "b", "c"], dtype="string")],
    ],
)
def test_categories_in_any_form(values):
    assert colors(values, palette=PALETTE) == [list(RGB.values())]


def test_codes_callables_and_generators_with_their_names():
    codes = [np.array([0, 1, 2]), np.array([2, -1, 0])]
    expected = [[RGB["a"], RGB["b"], RGB["c"]], [RGB["c"], GREY, RGB["a"]]]
    options = {"categories": list("abc"), "palette": PALETTE}
    assert colors(codes, **options) == expected
    assert colors(codes.__getitem__, n_steps=2, **options) == expected
    assert colors(iter(codes), **options) == expected
    names = [["a", "b", "c"], ["c", None, "a"]]
    assert colors(iter(names), **options) == expected


def test_booleans_have_both_their_colours():
    values = [[True, True, False], [True, True, True]]
    found = colors(values, palette={"True": "#ff0000", "False": "#0000ff"})
    assert found == [[(255, 0, 0)] * 2 + [(0, 0, 255)], [(255, 0, 0)] * 3]


@pytest.mark.parametrize(
    ("palette", "expected"),
    [
        (["#ff0000", "#00a000", "#0000ff"], list(RGB.values())),
        (PALETTE | {"d": "white"}, list(RGB.values())),
        (np.array(list(RGB.values()), np.uint8), list(RGB.values())),
        ("gray", [(0, 0, 0), (128, 128, 128), (255, 255, 255)]),
        (None, [(31, 119, 180), (255, 127, 14), (44, 160, 44)]),
    ],
)
def test_palettes(palette, expected):
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        import matplotlib as mpl

        patch.setitem(mpl.rcParams, "axes.prop_cycle", mpl.rcParamsDefault["axes.prop_cycle"])
        assert colors([["a", "b", "c"]], palette=palette) == [expected]


def test_a_palette_too_short_warns_and_starts_again():
    with pytest.warns(UserWarning, match="2 colours for 3 categories"):
        assert colors([["a", "b", "c"]], palette=["red", "blue"])[0][2] == (255, 0, 0)


# ---- shares


SHARES = np.array([[[1.0, 0, 0], [0.5, 0.5, 0], [0.2, 0.2, 0.6]], [[0, 1.0, 0], [0, 0, 0], [0, 0, 1.0]]])


@pytest.mark.parametrize("mix", [None, "linear", "srgb", "confidence", "argmax"])
def test_shares_mix_the_colours_of_their_classes(mix):
    first, second = colors(SHARES, categories=list("abc"), palette=PALETTE, mix=mix)
    assert first[0] == RGB["a"]
    assert second == [RGB["b"], GREY, RGB["c"]]
    half = {
        "linear": (188, 114, 0), "srgb": (128, 80, 0), "argmax": RGB["a"],
        "confidence": tuple(round(255 + (c - 255) * (0.5 - 1 / 3) / (2 / 3)) for c in RGB["a"]),
    }[mix or "linear"]  # fmt: skip
    assert np.abs(np.subtract(first[1], half)).max() <= 2
    if mix == "argmax":
        assert first[2] == RGB["c"]


def test_shares_in_any_form():
    options = {"categories": list("abc"), "palette": PALETTE}
    expected = colors(SHARES, **options)
    assert colors(list(SHARES), **options) == expected
    assert colors([pd.DataFrame(step) for step in SHARES], **options) == expected
    assert colors(lambda i: SHARES[i], n_steps=2, mix="linear", **options) == expected
    assert colors(iter(SHARES), mix="linear", **options) == expected


def test_shares_are_blended_between_steps_and_categories_are_not():
    first, half, last = colors(
        SHARES[:, [0, 0, 2]], categories=list("abc"), palette=PALETTE, n_frames=3, tween="linear", mix="srgb"
    )
    assert (first[0], last[0]) == (RGB["a"], RGB["b"])
    assert np.abs(np.subtract(half[0], (128, 80, 0))).max() <= 2
    with pytest.raises(ga.OptionError, match="nothing lies between two categories"):
        colors([["a", "b", "c"]] * 2, n_frames=3, tween="linear")


@pytest.mark.parametrize("order", ["given", "locality"])
def test_a_propagation_of_several_columns_shows_its_shares(cloud, order):
    rng = np.random.default_rng(2)
    adjacency = rng.random((300, 300)) < 0.03
    labels = np.zeros((300, 3))
    labels[[0, 1, 2], [0, 1, 2]] = 1
    steps = ga.LabelPropagation((adjacency | adjacency.T) * 1.0, labels, n_steps=3, order=order)
    film = ga.animate(
        cloud,
        steps,
        size=(80, 60),
        mix="argmax",
        palette=list(PALETTE.values()),
        antialias=False,
        legend=True,
    )
    frames = film.to_array()
    inside = {tuple(c) for c in frames[0].reshape(-1, 3).tolist()}
    assert {*RGB.values(), GREY} <= inside
    reached = [(frame == GREY).all(-1).sum() for frame in frames]
    assert reached[0] > reached[-1]


def test_shares_have_a_legend_and_names_on_data(make):
    rng = np.random.default_rng(0)
    shares = rng.random((2, 300, 3))
    for loc in ("right margin", "on data"):
        frame = make(shares, categories=["one", "two", "three"], palette=PALETTE.values(), legend=loc).frame(
            0
        )
        assert frame.shape == (180, 240, 3)


# ---- what stands out


def test_marks_are_drawn_and_named_in_the_legend(make, stage, groups, cloud):
    star = ga.Highlight([3], marker="star", color="#ff00ff", label="seed")
    ring = ga.Highlight([5], marker="ring", color="#00ffff", label="ring")
    lasso = ga.Highlight(lasso=[(-1, -1), (1, -1), (0, 1)], color="#ffa500", label="group")
    film = make(groups, highlight=[star, ring, lasso], legend=True, size=(480, 300))
    (view,) = stage(film).views
    over = stage(film).over
    x, y = view.xy(cloud[[3, 5]])
    assert over[round(float(y[0])), round(float(x[0]))].tolist() == [255, 0, 255, 255]
    edge = round(view.box[0] + view.box[2])
    for color in ((255, 0, 255), (0, 255, 255), (255, 165, 0)):
        mine = (over[..., :3] == color).all(-1) & (over[..., 3] > 200)
        assert mine[:, :edge].any()
        assert mine[:, edge:].any()
    rows, columns = np.nonzero((over[..., :3] == (0, 255, 255)).all(-1) & (over[..., 3] > 200))
    near = columns < edge
    assert np.hypot(columns[near] - x[1], rows[near] - y[1]).max() < 16
    unnamed = stage(make(groups, highlight=ga.Highlight([3], marker="star", color="#ff00ff"), legend=True))
    side = unnamed.over[:, round(unnamed.views[0].box[0] + unnamed.views[0].box[2]) :]
    assert not (side[..., :3] == (255, 0, 255)).all(-1).any()


def test_a_legend_of_numbers_lists_labelled_marks_alone(make, stage):
    star = ga.Highlight([3], marker="star", color="#ff00ff", label="seed")
    film = make(highlight=star, legend=True, colorbar=True)
    over = stage(film).over
    edge = round(sum(stage(film).views[0].box[::2]))
    assert (over[:, edge:, :3] == (255, 0, 255)).all(-1).any()
    with pytest.raises(ga.OptionError, match="give a colour bar"):
        make(highlight=ga.Highlight([3], marker="star"), legend=True)


def test_labels_have_a_legend_of_their_own_if_nobody_asks(make, groups):
    star = ga.Highlight([3], marker="star", label="seed")

    def listed(values=None, **options):
        film = make(*(() if values is None else (values,)), highlight=star, **options)
        fits = Fits(film._film, Timings())
        fits.layers(100, film.size)
        panel = getattr(film._film.stage, "panels", [None])[0]
        return panel.dress.legend, panel.key

    legend, key = listed(groups)
    assert (legend.loc, key) == ("upper right", None)  # categories are listed where that is asked for
    assert listed()[0].loc == "upper right"
    assert listed(groups, legend=True)[1].names
    assert listed(groups, legend=False)[0] is None


def test_the_rest_is_faded_in_the_film(cloud, groups):
    film = ga.animate(
        cloud, groups, size=(80, 60), palette=PALETTE, antialias=False,
        highlight=ga.Highlight(np.arange(300) < 30, rest="#abcdef"),
    )  # fmt: skip
    found, counts = np.unique(film.frame(1).reshape(-1, 3), axis=0, return_counts=True)
    share = {tuple(color): count for color, count in zip(found.tolist(), counts.tolist(), strict=True)}
    assert share[tuple(as_rgb("#abcdef", "x").tolist())] > sum(share.get(rgb, 0) for rgb in RGB.values()) > 0


def test_light_is_added_to_a_dark_background_only():
    coords, values = np.random.default_rng(0).normal(size=(50, 2)), np.linspace(0, 1, 50)
    film = ga.animate(coords, values, blend="additive", size=(60, 60))
    assert film.frame(0)[0, 0].max() < 60  # nobody asked for another one
    assert film.frame(0).max() > 100
    for options in ({"background": "white"}, {"theme": "light"}, {"background": "#c0c0c0"}):
        with pytest.raises(OptionError, match='give background="black" or theme="dark"'):
            ga.animate(coords, values, blend="additive", **options)
    with pytest.raises(OptionError, match="adds light"):
        ga.panels([film], background="white")


def test_reductions_take_one_alpha():
    coords = np.random.default_rng(0).normal(size=(50, 2))
    with pytest.raises(OptionError, match='blend="max" takes one alpha for all points'):
        ga.animate(coords, np.zeros(50), alpha=np.linspace(0, 1, 50), blend="max")


def test_a_colormap_is_for_numbers():
    coords = np.random.default_rng(0).normal(size=(6, 2))
    with pytest.raises(
        OptionError, match=r"cmap is for numbers, these values are categories: give palette=\.\.\."
    ):
        ga.animate(coords, list("aabbcc"), cmap="magma")
    assert ga.animate(coords, np.zeros(6))._film.clouds[0].cmap == "viridis"
