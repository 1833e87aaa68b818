"""Films whose pixels show reductions: exact frames, all formats, scales, and what is refused."""

import numpy as np
import pytest
from matplotlib import colormaps

import gpuanim as ga
from gpuanim.blend import Count, Mean
from gpuanim.decode import film_info

GRAY = [211, 211, 211]
WHITE = [255, 255, 255]
VIRIDIS = (colormaps["viridis"](np.arange(256), bytes=True))[:, :3]
NAN = np.nan
GRID = {
    "size": (8, 8), "dpi": 72, "xlim": (0, 8), "ylim": (0, 8), "aspect": "auto", "s": 0, "antialias": False,
}  # fmt: skip
"""Pixels of one unit, and points of one pixel."""

PLACES = np.array([[0.5, 7.5], [0.4, 7.6], [3.5, 4.5], [3.5, 4.4], [3.6, 4.5], [7.5, 0.5]])
"""Two points in pixel (0, 0), three in (3, 3), one in (7, 7)."""

VALUES = np.array([0.0, 1.0, 0.25, NAN, 0.75, NAN])


def frame(values=VALUES, coords=PLACES, **options):
    return ga.animate(coords, values, **(GRID | options)).frame(0)


def pixels(picture):
    return [picture[row, row].tolist() for row in (0, 3, 7)]


@pytest.mark.parametrize(
    ("blend", "levels"),
    [("mean", [128, 128]), ("max", [255, 192]), ("min", [0, 64])],
)
def test_frames_show_the_reduction(blend, levels):
    picture = frame(blend=blend, vmin=0, vmax=1)
    assert pixels(picture) == [*VIRIDIS[levels].tolist(), GRAY]
    shown = [[row, row] for row in (0, 3, 7)]
    picture[tuple(np.transpose(shown))] = WHITE
    assert (picture == WHITE).all()


def test_sums_and_counts_have_scales_of_pixels():
    assert pixels(frame(VALUES + 1, blend="sum")) == [VIRIDIS[0].tolist(), VIRIDIS[0].tolist(), GRAY]
    assert pixels(frame(VALUES * [1, 2, 1, 1, 1, 1], blend="sum")) == [*VIRIDIS[[255, 0]].tolist(), GRAY]
    values = np.arange(6.0)
    assert pixels(frame(values, blend="count")) == VIRIDIS[[161, 255, 0]].tolist()  # log 2 / log 3
    assert pixels(frame(values, blend=Count("linear"))) == VIRIDIS[[128, 255, 0]].tolist()
    assert pixels(frame(values, blend=Count("eq_hist"))) == VIRIDIS[[128, 255, 0]].tolist()
    assert pixels(frame(values, blend="count", norm="linear", vmax=4, vmin=0)) == (
        VIRIDIS[[128, 192, 64]].tolist()
    )
    assert pixels(frame(blend="any")) == [*VIRIDIS[[255, 255]].tolist(), GRAY]


def test_norms_are_fitted_to_cells_or_to_pixels():
    values = np.array([0.0, 1.0, 0.25, 0.25, 0.25, 0.75])
    assert pixels(frame(values, blend="mean")) == VIRIDIS[[128, 64, 192]].tolist()
    assert pixels(frame(values, blend=Mean(over="pixels"))) == VIRIDIS[[128, 0, 255]].tolist()
    # Ranks of cells: 1, 6, 3, 3, 3, 5; the mean of 0 and 1 lies between 0.25 and 0.75.
    cells = pixels(frame(values, blend="mean", norm="rank"))
    assert cells[1:] == VIRIDIS[[int(2.5 / 6 * 256), int(4.5 / 6 * 256)]].tolist()
    ranked = pixels(frame(values, blend=Mean(over="pixels"), norm="rank"))
    assert ranked == VIRIDIS[[128, 42, 213]].tolist()


def test_modes_and_counts_of_categories():
    cells = np.array(["b", "a", "b", "a", "a", None], object)
    picture = frame(cells, blend="mode", palette={"a": "red", "b": "blue"})
    assert pixels(picture) == [[255, 0, 0], [255, 0, 0], GRAY]
    assert pixels(frame(cells, blend="count")) == [*VIRIDIS[[0, 255]].tolist(), GRAY]


def test_shares_are_averaged():
    shares = np.array([[[1, 0], [0, 1], [0, 1], [0, 1], [NAN, 1], [1, 0]]], np.float32)
    options = {"palette": ["#ff0000", "#0000ff"], "mix": "srgb", "blend": "mean"}
    half, blue, red = pixels(frame(shares, **options))
    assert np.abs(np.array(half) - [128, 0, 128]).max() <= 1
    assert (blue, red) == ([0, 0, 255], [255, 0, 0])


@pytest.mark.parametrize("antialias", [True, False])
def test_points_apart_look_as_over_each_other(antialias):
    rng = np.random.default_rng(0)
    coords = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), -1).reshape(-1, 2)
    coords += rng.uniform(-0.1, 0.1, coords.shape)
    options = {"size": (91, 67), "s": 20, "antialias": antialias, "alpha": 0.7, "vmin": 0, "vmax": 36}
    values = np.arange(36.0)
    over = ga.animate(coords, values, **options).frame(0)
    for blend in ("mean", "max", "min", "sum"):
        apart = ga.animate(coords, values, blend=blend, **options).frame(0)
        assert np.abs(apart.astype(int) - over).max() <= 1
    assert over.min() < 250


def test_no_value_is_hidden_whatever_the_order():
    rng = np.random.default_rng(1)
    coords, values = rng.normal(size=(4000, 2)), rng.normal(size=4000)
    order = rng.permutation(4000)
    for blend in ("max", "min", "count"):
        one, two = (
            ga.animate(coords[o], values[o], blend=blend, size=(64, 48)).frame(0)
            for o in (np.arange(4000), order)
        )
        np.testing.assert_array_equal(one, two)


def test_permuted_sources_are_put_right():
    rng = np.random.default_rng(2)
    coords = rng.normal(size=(300, 2))
    graph = np.exp(-np.square(coords[:, None] - coords).sum(-1) * 4)
    labels = np.zeros(300)
    labels[:3] = 1
    steps = ga.LabelPropagation(graph, labels, n_steps=3, coords=coords)
    given = np.empty((steps.n_steps, 300), np.float32)
    for row, values in zip(given, steps.steps(), strict=True):
        row[steps.permutation] = values
    options = {"size": (40, 40), "blend": "mean", "vmin": 0, "vmax": 0.1}
    one, two = (ga.animate(coords, values, **options).to_array() for values in (steps, given))
    np.testing.assert_array_equal(one, two)
    assert len(np.unique(one.reshape(-1, 3), axis=0)) > 20


def test_points_may_move():
    way = np.array([PLACES, PLACES[::-1]])
    film = ga.animate(way, [VALUES, VALUES], blend="mean", vmin=0, vmax=1, **GRID).to_array()
    np.testing.assert_array_equal(film[0], frame(blend="mean", vmin=0, vmax=1))
    np.testing.assert_array_equal(film[1], frame(VALUES[::-1], blend="mean", vmin=0, vmax=1))
    counts = ga.animate(way, [VALUES, VALUES], blend="count", scope="frame", **GRID).to_array()
    np.testing.assert_array_equal(counts[0], frame(blend="count"))


@pytest.fixture
def film():
    rng = np.random.default_rng(3)
    coords = rng.normal(size=(3000, 2))
    return lambda **options: ga.animate(
        coords, [np.sin(coords[:, 0] + t) for t in range(3)], size=(160, 120), **options
    )


@pytest.mark.parametrize("name", ["f.mp4", "f.gif", "f.webm", "f.mkv", "f.webp", "f.apng", "f.html"])
def test_all_formats(film, tmp_path, decode, name):
    animation = film(blend="count", colorbar="cells", title="step {step}", progress_line=True)
    result = animation.save(tmp_path / name)
    assert result.n_frames == 3
    if name.endswith((".mkv", ".gif")):
        shown = decode(tmp_path / name).frames[2].astype(int)
        assert np.abs(shown - animation.frame(2)).mean() < (0.1 if name == "f.mkv" else 3)


def test_transparent_films_have_soft_edges(film):
    shown = film(blend="mean", s=30).frame(1, transparent=True)
    solid = film(blend="mean", s=30).frame(1)
    opaque = shown[..., 3] == 255
    np.testing.assert_array_equal(shown[opaque][:, :3], solid[opaque])
    assert ((shown[..., 3] > 0) & ~opaque).any()


def test_flat_pixels_make_palette_frames(film, tmp_path):
    animation = film(blend="max", antialias=False)
    result = animation.save(tmp_path / "f.gif")
    assert any("to fit a palette" in note for note in result.notes)
    colors = np.unique(animation.frame(0).reshape(-1, 3), axis=0)
    assert {tuple(c) for c in colors.tolist()} <= {tuple(c) for c in [*VIRIDIS.tolist(), WHITE]}


def test_results_and_files_tell_of_the_blend(film, tmp_path):
    result = film(blend=Mean(over="pixels")).save([tmp_path / "f.mp4", tmp_path / "f.gif"])[0]
    facts = result.facts
    assert facts["cells_in_fullest_pixel"] >= facts["cells_in_median_pixel"] >= 1
    assert (facts["visible"], facts["outside"]) == (3000, 0)
    assert facts["pixels"] < 160 * 120
    assert film_info(tmp_path / "f.mp4").gpuanim["blend"] == "Mean(over='pixels')"
    part = film(blend="count", xlim=(0, 1), ylim=(0, 1)).save(tmp_path / "g.mp4").facts
    assert part["outside"] > 2000


def test_numbers_of_bars_are_those_of_pixels(film):
    wide, narrow = film(blend="count", colorbar=True), film(blend="any", colorbar=True)
    assert (wide.frame(0) != narrow.frame(0)).any()
    small = wide.frame(0, dpi=60)
    assert small.shape != wide.frame(0).shape


def test_markers_stand_on_pixels(film):
    plain = film(blend="mean").frame(0)
    marked = film(blend="mean", highlight=ga.Highlight(cells=[0], marker="star")).frame(0)
    assert (plain != marked).any()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"blend": "maen"}, 'did you mean "mean"'),
        ({"blend": "mode"}, 'blend="mode" is for categories, these values are numbers'),
        ({"blend": "mean", "order": "value"}, 'order has no meaning for blend="mean"'),
        ({"blend": "max", "highlight": ga.Highlight(front=True)}, 'front colours single points.*blend="max"'),
        ({"blend": "max", "highlight": ga.Highlight([1], rest=True)}, "rest colours single points"),
        ({"blend": "sum", "vmin": 3, "vmax": 2}, "ascend"),
    ],
)
def test_what_does_not_apply_is_refused(film, options, text):
    with pytest.raises(ga.OptionError, match=text):
        film(**options)


@pytest.mark.parametrize(
    ("blend", "values", "text"),
    [
        ("mean", ["a", "b"] * 3, 'blend="mean" is for numbers and shares, these values are categories.*mode'),
        ("count", np.ones((1, 6, 2)), "these values are shares"),
    ],
)
def test_values_of_another_kind_are_refused(blend, values, text):
    with pytest.raises(ga.OptionError, match=text):
        frame(values, blend=blend)


def test_scales_of_pixels_that_cannot_be_found_are_refused(film):
    way = np.array([PLACES, PLACES[::-1]])
    with pytest.raises(ga.OptionError, match="points that move cannot search all frames"):
        ga.animate(way, [VALUES, VALUES], blend="count", **GRID)
    with pytest.raises(ga.OptionError, match="fitted to pixels"):
        ga.panels([film(blend="count", colorbar=True)] * 2, share_colors=True)
    with pytest.raises(ga.OptionError, match='not with blend="count"'):
        film(blend="count").to_interactive_html()


def test_panels_of_several_blends_stand_side_by_side(film, tmp_path):
    made = ga.panels([film(blend=blend, colorbar=True) for blend in ("over", "mean", "count")])
    facts = made.save(tmp_path / "f.mp4", dpi=40).facts
    alone = [
        film(blend=b).save(tmp_path / "f.mp4").facts["cells_in_fullest_pixel"] for b in ("mean", "count")
    ]
    assert facts["cells_in_fullest_pixel"] <= sum(alone)
    assert facts["norm_fitted_to"] == "cells, pixels"
    shared = ga.panels([film(blend=blend) for blend in ("over", "mean")], share_colors=True)
    assert shared.n_frames == 3


def test_facts_of_panels_that_move_and_stand(film, tmp_path):
    way = np.array([PLACES, PLACES[::-1], PLACES])
    made = ga.panels([ga.animate(way, [VALUES] * 3), film(blend="mean")])
    facts = made.save(tmp_path / "f.mp4", dpi=40).facts
    assert facts["visible"] is None
    assert facts["norm_fitted_to"] == "cells"


def test_partial_redraws_are_whole(film):
    rng = np.random.default_rng(4)
    coords = rng.normal(size=(2000, 2))
    steps = [np.zeros(2000)]
    for _ in range(6):
        steps.append(steps[-1].copy())
        steps[-1][rng.integers(0, 2000, 5)] = rng.random()
    options = {"size": (90, 60), "blend": "max", "vmin": 0, "vmax": 1}
    film = ga.animate(coords, steps, **options).to_array()
    for step, picture in zip(steps, film, strict=True):
        np.testing.assert_array_equal(picture, ga.animate(coords, step, **options).frame(0))
