"""Colour bars, legends, scale bars, progress lines, logos, themes and styles, in pixels."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import gpuanim as ga
from gpuanim.chrome.figure import drawing


def beside(film, stage, frame=0):
    """Return the part of a frame to the right of the points."""
    left, _, width, _ = stage(film).views[0].box
    return film.frame(frame)[:, round(left + width) + 2 :]


def has(picture, color, count=10):
    return np.count_nonzero((picture == color).all(-1)) >= count


def drawn(film, mappings):
    """Return the figure that a film's stage draws, before it becomes layers."""
    stage = film._film.stage
    with stage.style.applied():
        return drawing(stage, film._dpi, film.size, [0], mappings)


# ---- colour bars


@pytest.mark.parametrize("cmap", ["magma", ["#0000ff", "#00ff00"]])
def test_the_colour_bar_shows_the_table(make, stage, cmap):
    film = make(cmap=cmap, colorbar=True, size=(360, 280))
    table = film._film.clouds[0].table[:256].astype(int)
    side = beside(film, stage).astype(int)
    columns = [np.abs(side[:, x][:, None] - table[None]).max(-1).min(1) for x in range(side.shape[1])]
    lengths = [int((column <= 1).sum()) for column in columns]  # of the table's colours in each column
    x = int(np.argmax(lengths))
    rows = np.flatnonzero(columns[x] <= 1)
    assert lengths[x] > 200
    found = np.abs(side[rows, x][:, None] - table[None]).max(-1).argmin(1)
    assert found[0] >= 253
    assert found[-1] <= 2
    expected = np.interp(rows, [rows[0], rows[-1]], [255, 0])
    assert np.abs(found - expected).max() <= 4


@pytest.mark.parametrize("options", [{"vmin": -3, "vmax": 7}, {}, {"norm": "log", "vmin": 0.01, "vmax": 50}])
def test_ticks_are_those_of_matplotlib(make, options, steps):
    film = make([np.abs(step) + 0.01 for step in steps], colorbar="value", **options)
    cloud = film._film.clouds[0]
    norm = cloud.norm.fit(cloud.values.steps).norm()
    bar = drawn(film, [cloud.norm.fit(cloud.values.steps), None]).panels[0].bar
    figure = Figure(figsize=(2.4, 1.8), dpi=100)
    FigureCanvasAgg(figure)
    ax = figure.add_axes(bar.ax.get_position())
    same = figure.colorbar(mpl.cm.ScalarMappable(norm, film._film.clouds[0].cmap), cax=ax)
    np.testing.assert_allclose(bar.ax.get_yticks(), same.ax.get_yticks())
    assert bar.ax.get_ylabel() == "value"
    assert bar.ax.get_ylim() == pytest.approx(same.ax.get_ylim())


@pytest.mark.parametrize("tween", [None, "linear"])
def test_a_scale_per_frame_changes_its_numbers_and_not_its_colours(make, stage, steps, tween):
    values = [steps[0], 10 * steps[0], 1000 * steps[0]]
    film = make(values, scope="frame", colorbar=True, tween=tween)
    left, _, width, _ = stage(film).views[0].box
    edge = round(left + width)
    frames = film.to_array()
    np.testing.assert_array_equal(frames[0][:, :edge], frames[1][:, :edge])
    assert (frames[0] != frames[1]).any()
    assert (frames[1] != frames[2]).any()
    still = make([steps[0]] * 3, scope="frame", colorbar=True).to_array()
    np.testing.assert_array_equal(still[0], still[2])
    np.testing.assert_array_equal(still[0][:, :edge], frames[0][:, :edge])


@pytest.mark.parametrize("loc", ["right", "left", "top", "bottom"])
def test_the_colour_bar_stands_on_its_side(make, stage, loc):
    film = make(colorbar=loc)
    left, top, width, height = stage(film).views[0].box
    room = {"right": 240 - left - width, "left": left, "top": top, "bottom": 180 - top - height}
    assert max(room, key=room.get) == loc


def test_odd_values_have_a_colour_bar(make, steps):
    for values in ([np.full(300, np.nan)] * 2, [np.ones(300)] * 2, [s * 1e300 for s in steps]):
        for scope in ("film", "frame"):
            assert make(values, colorbar=True, scope=scope).frame(1).shape == (180, 240, 3)
    assert make(norm="rank", colorbar=True).frame(0).shape == (180, 240, 3)


# ---- legends


@pytest.mark.parametrize("loc", ["right margin", "upper left", "lower right"])
def test_the_legend_shows_the_palette(make, stage, groups, loc):
    palette = {"a": "#ff0000", "b": "#00a000", "c": "#0000ff"}
    over = stage(make(groups, palette=palette, legend=loc)).over
    for color in palette.values():
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        assert has(over, [*rgb, 255])


def test_missing_categories_are_listed_if_there_are_any(make, stage, groups):
    some = [np.where(np.arange(300) < 20, None, step) for step in groups]
    listed = beside(make(some, na_color="#fedcba", legend=True), stage)
    assert has(listed, [0xFE, 0xDC, 0xBA])
    for film in (
        make(groups, na_color="#fedcba", legend=True),
        make(some, na_color="#fedcba", legend=ga.Legend(na=False)),
    ):
        assert not has(beside(film, stage), [0xFE, 0xDC, 0xBA], count=1)


def test_names_on_data_stand_at_the_medians(make, stage, cloud):
    right = cloud[:, 0] > 0
    film = make([np.where(right, "R", "L")], legend="on data", size=(300, 300))
    over = stage(film).over[..., 3] > 0
    rows, columns = np.nonzero(over)
    (view,) = stage(film).views
    x, y = view.xy(np.array([np.median(cloud[right], 0), np.median(cloud[~right], 0)]))
    for at_x, at_y in zip(x, y, strict=True):
        assert (np.hypot(columns - at_x, rows - at_y) < 6).any()
    assert (np.hypot(columns - x[0], rows - y[0]) < 25).sum() + (
        np.hypot(columns - x[1], rows - y[1]) < 25
    ).sum() == len(rows)


def test_names_with_dollars_and_underscores_are_shown_as_they_are(make, groups):
    odd = {"a": "$$", "b": "_hidden", "c": r"$\nosuch$"}
    film = make([np.vectorize(odd.get)(step) for step in groups], legend=True)
    legend = drawn(film, [None, None]).panels[0].ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == sorted(odd.values())
    film.frame(0)
    make([np.vectorize(odd.get)(step) for step in groups], legend="on data").frame(0)


# ---- scale bar, progress line, logo


@pytest.mark.parametrize("length", [1.0, 2.5])
def test_the_scale_bar_is_as_long_as_it_says(make, stage, length):
    film = make(scale_bar=ga.ScaleBar(length, color="#ff0000", label=""), axes="frame")
    (view,) = stage(film).views
    over = stage(film).over
    row = ((over[..., 0] > 250) & (over[..., 1] < 5) & (over[..., 3] > 250)).sum(1).max()
    pixels = length * view.box[2] / (view.xlim[1] - view.xlim[0])
    assert abs(row - pixels) <= 1.5


def test_a_scale_bar_that_is_too_long(make, tmp_path):
    with pytest.raises(ga.OptionError, match=r"scale_bar: length 1e\+09 does not fit"):
        make(scale_bar=1e9).save(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("loc", ["bottom", "top"])
def test_the_progress_line_runs_to_the_right_edge(make, loc):
    film = make(progress_line=ga.ProgressLine("#ff0000", loc=loc), n_frames=11)
    for i, frame in enumerate(film.frames()):
        row = frame[-1 if loc == "bottom" else 0]
        red = (row == [255, 0, 0]).all(-1)
        assert red.sum() == round(i / 10 * 240)
        assert red[: red.sum()].all()


@pytest.mark.parametrize("loc", ["upper left", "upper right", "lower left", "lower right"])
def test_the_logo_is_in_its_corner(make, loc):
    logo = np.zeros((10, 20, 4))
    logo[..., 0] = logo[..., 3] = 1
    frame = make(logo=ga.Logo(logo, loc=loc, width=0.2)).frame(0)
    rows, columns = np.nonzero((frame == [255, 0, 0]).all(-1))
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == (48, 24)
    edge, side = loc.split()
    assert (rows.max() < 40) if edge == "upper" else (rows.min() > 140)
    assert (columns.max() < 64) if side == "left" else (columns.min() > 176)


def test_a_logo_from_a_file(make, tmp_path):
    from PIL import Image

    Image.new("RGB", (8, 8), (0, 0, 255)).save(tmp_path / "logo.png")
    assert has(make(logo=tmp_path / "logo.png").frame(0), [0, 0, 255], 400)
    with pytest.raises(ga.FileError, match=r"nope\.png"):
        make(logo=tmp_path / "nope.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ga.OptionError, match="no picture that Pillow can read"):
        make(logo=tmp_path / "text.png")


# ---- themes and styles


def test_texts_are_light_on_dark_and_dark_on_light(make, stage):
    for options, light in (
        ({"theme": "dark"}, True), ({"background": "black"}, True), ({"theme": "light"}, False), ({}, False),
    ):  # fmt: skip
        film = make(title="A title", axes=True, **options)
        head = film.frame(0)[: round(stage(film).views[0].box[1]) - 2].max(-1).astype(int)
        ground = head[0, 0]
        assert ground < 60 if light else ground > 240
        assert np.abs(head - ground).max() > 150
        assert head.max() > 220 if light else head.min() < 100


def test_the_rc_params_of_the_call_hold_when_the_film_is_drawn(make, tmp_path, decode):
    def film():
        return make(title="step {step}", axes=True, xlabel="x", colorbar="value")

    with mpl.rc_context({"axes.titlesize": 24, "text.color": "#c00000", "axes.facecolor": "#eeeeff"}):
        worn = film()
        inside = worn.to_array()
    with mpl.rc_context({"font.size": 3, "axes.titlesize": 4, "figure.facecolor": "black"}):
        outside = worn.to_array()
        worn.save(tmp_path / "film.mkv")
    np.testing.assert_array_equal(inside, outside)
    np.testing.assert_array_equal(decode(tmp_path / "film.mkv").frames, inside)
    assert (inside != film().to_array()).any()


def test_style_sheets_and_dicts_hold(make, stage):
    plain, dark, large = (
        make(title="x", **options)
        for options in ({}, {"style": "dark_background"}, {"style": [{"axes.titlesize": 40}]})
    )
    assert (dark.frame(0)[0, 0] == 0).all()
    assert stage(large).views[0].box[1] > 1.5 * stage(plain).views[0].box[1]
    assert stage(make(title="x", style={"axes.titlesize": 40})).views[0].box == stage(large).views[0].box


# ---- axes of the user


def test_points_on_given_axes(cloud, steps):
    figure = Figure(figsize=(2.4, 1.8), dpi=100)
    ax = figure.add_axes((0.2, 0.2, 0.7, 0.6), facecolor="#ffeeee")
    ax.axvline(0, color="#00ff00", zorder=5, linewidth=4)
    film = ga.animate(cloud, steps, ax=ax, title=["a", "b", "c", "d"])
    frames = film.to_array()
    assert film.size == (240, 180)
    assert has(frames[0], [0xFF, 0xEE, 0xEE])
    assert has(frames[0], [0, 255, 0], 200)
    assert (frames[0][:36] != frames[1][:36]).any()
    assert ax.get_title() == ""
    for option in ({"size": (64, 48)}, {"legend": True}, {"theme": "dark"}, {"xlim": (0, 1)}):
        with pytest.raises(ga.OptionError, match=f"{next(iter(option))} and ax exclude each other"):
            ga.animate(cloud, steps, ax=ax, **option)


@pytest.mark.parametrize(
    "place", [(-0.2, 0.1, 0.6, 1.2), (0.5, 0.5, 0.9, 0.9), (1.2, 0, 1, 1), (-1, -1, 3, 3)]
)
def test_axes_may_reach_beyond_the_frame(cloud, steps, place):
    figure = Figure(figsize=(2.4, 1.8), dpi=100)
    ax = figure.add_axes(place)
    ax.set(xlim=(-3, 3), ylim=(-3, 3))
    film = ga.animate(cloud, steps, ax=ax, s=20)
    wide = Figure(figsize=(24, 18), dpi=100)  # the same axes in the middle of a larger figure
    inner = wide.add_axes((0.45 + place[0] / 10, 0.45 + place[1] / 10, place[2] / 10, place[3] / 10))
    inner.set(xlim=(-3, 3), ylim=(-3, 3))
    whole = ga.animate(cloud, steps, ax=inner, s=20)
    expected = whole.frame(1)[810:990, 1080:1320]
    np.testing.assert_allclose(film.frame(1)[2:-2, 2:-2].astype(int), expected[2:-2, 2:-2], atol=3)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 3), (12, 9), (2, 300)])
def test_frames_too_small_for_anything_are_drawn_all_the_same(make, size):
    film = make(
        title="title {step}", caption="caption", axes=True, xlabel="x", ylabel="y", colorbar="value",
        scale_bar=True, progress_line=True, size=size,
    )  # fmt: skip
    assert film.frame(2).shape == (size[1], size[0], 3)
