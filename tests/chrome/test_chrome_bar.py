"""Colour bars: the rows of the table, and the ticks of matplotlib's own bar for the same norm."""

from __future__ import annotations

import matplotlib.colors as mcolors
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from gpuanim.chrome._base import Moment
from gpuanim.chrome.bar import Scale, numbers, values_at
from gpuanim.chrome.figure import drawing
from gpuanim.chrome.parts import ColorBar, Dress
from gpuanim.values.colors import color_table
from gpuanim.values.normalize import Linear, MatplotlibNorm, Rank, as_norm

VALUES = np.array([0.5, 3.0, 40.0])
TABLE = color_table("viridis")
SIZE = (300, 400)


def fitted(norm):
    return norm.fit(lambda: iter([VALUES]))


def made_with(make_stage, norm, bar=None, **options):
    stage = make_stage(
        Dress(axes="frame", colorbar=bar or ColorBar(**options)), size=SIZE, scale=Scale(TABLE, norm)
    )
    mapping = fitted(norm) if stage.panels[0].scale.needs_mapping else None
    return drawing(stage, 100, SIZE, [0], [mapping, None])


def labels_of(axis):
    axis.axes.figure.draw_without_rendering()
    place = axis.get_transform().transform
    low, high = sorted(place(np.asarray(axis.get_view_interval())))
    near = (high - low) * 1e-6
    return [
        (tick.get_loc(), tick.label2.get_text() or tick.label1.get_text())
        for tick in axis.get_major_ticks()
        if low - near <= place(np.array([tick.get_loc()]))[0] <= high + near
    ]


NORMS = [
    (Linear(), mcolors.Normalize(0.5, 40)),
    (Linear(-1, 2), mcolors.Normalize(-1, 2)),
    (Linear(-1, 4, 0), mcolors.TwoSlopeNorm(0, -1, 4)),
    (Linear(vcenter=2.0), mcolors.TwoSlopeNorm(2, 0.5, 40)),
    (as_norm("log"), mcolors.LogNorm(0.5, 40)),
    (MatplotlibNorm(mcolors.PowerNorm(0.5)), mcolors.PowerNorm(0.5, 0.5, 40)),
    (MatplotlibNorm(mcolors.SymLogNorm(1.0)), mcolors.SymLogNorm(1.0, vmin=0.5, vmax=40)),
    (MatplotlibNorm(mcolors.BoundaryNorm([0, 1, 5, 50], 3)), mcolors.BoundaryNorm([0, 1, 5, 50], 3)),
    (Rank(), mcolors.Normalize(0, 1)),
    (Rank("film"), mcolors.Normalize(0, 1)),
]


@pytest.mark.parametrize(("norm", "same"), NORMS, ids=lambda norm: type(norm).__name__)
@pytest.mark.parametrize("loc", ["right", "bottom"])
def test_ticks_are_those_of_matplotlib(make_stage, norm, same, loc):
    bar = made_with(make_stage, norm, loc=loc).panels[0].bar
    width, height = (pixels / 100 for pixels in SIZE)
    figure = Figure((width, height), dpi=100)
    FigureCanvasAgg(figure)
    own = figure.colorbar(
        ScalarMappable(same), cax=figure.add_axes(bar.ax.get_position(original=True)),
        orientation="vertical" if loc == "right" else "horizontal",
    )  # fmt: skip
    name = "yaxis" if loc == "right" else "xaxis"
    assert labels_of(getattr(bar.ax, name)) == labels_of(getattr(own.ax, name))


@pytest.mark.parametrize("loc", ["right", "left", "top", "bottom"])
def test_colours_are_the_rows_of_the_table(make_stage, loc):
    made = made_with(make_stage, Linear(0, 1), loc=loc)
    box = made.panels[0].bar.box
    over = made.layers().over
    if loc in ("right", "left"):
        line = over[round(box.top) : round(box.bottom), round(box.left + box.width / 2), :3][::-1]
    else:
        line = over[round(box.top + box.height / 2), round(box.left) : round(box.right), :3]
    inside = line[2:-2]  # the outline has the ends
    rows = {tuple(row) for row in TABLE[:256]}
    assert all(tuple(color) in rows for color in inside)
    places = (np.arange(len(line)) + 0.5) / len(line) * 256
    levels = [int(np.abs(TABLE[:256].astype(int) - color).sum(1).argmin()) for color in inside]
    assert np.abs(np.array(levels) - places[2:-2]).max() <= 2


def test_levels_of_boundaries_show_as_points_do(make_stage):
    norm = MatplotlibNorm(mcolors.BoundaryNorm([0, 1, 5, 50], 3))
    made = made_with(make_stage, norm)
    box = made.panels[0].bar.box
    over = made.layers().over
    codes = np.empty(3, np.uint16)
    fitted(norm).encode(VALUES, None, codes)
    for share, code in zip((1 / 6, 3 / 6, 5 / 6), codes, strict=True):
        color = over[round(box.bottom - share * box.height), round(box.left + box.width / 2), :3]
        assert color.tolist() == TABLE[code].tolist()


def test_labels(make_stage):
    def label(norm, **options):
        return made_with(make_stage, norm, **options).panels[0].bar.ax.get_ylabel()

    assert label(Linear(), label="expression") == "expression"
    assert label(Linear()) == ""
    assert label(Rank()) == "rank"
    assert label(Rank(), label="percentile") == "percentile"


def test_ticks_and_formats_of_the_user(make_stage):
    axis = made_with(make_stage, Linear(0, 1), ticks=[0.25, 0.75], format="%.1f%%").panels[0].bar.ax.yaxis
    assert labels_of(axis) == [(0.25, "0.2%"), (0.75, "0.8%")]
    for norm in (Linear(0, 1), as_norm("log", vmin=1e-9, vmax=1e9), Linear(-1, 1, 0)):
        few = labels_of(made_with(make_stage, norm, ticks=3).panels[0].bar.ax.yaxis)
        assert 1 <= len(few) <= 3


def test_values_that_are_all_equal(make_stage):
    layers = made_with(make_stage, Linear(2.0, 2.0)).layers()
    assert layers.over[..., 3].any()


class Shown:
    """What the texts of a stage's colour bar say at a moment."""

    def __init__(self, make_stage, norm, **options):
        made = made_with(make_stage, norm, **options)
        self.moving = made.layers().moving[0]
        self.norm = norm

    def at(self, values):
        mapping = None if values is None else self.norm.fit(lambda: iter([np.asarray(values)]))
        return self.moving.show(Moment(0, 2, 0, 2, 0.0, mappings=(mapping,)))


def test_scales_of_each_frame(make_stage):
    shown = Shown(make_stage, Linear(scope="frame"))
    assert shown.at([0.0, 10.0]) == ("0.0", "2.5", "5.0", "7.5", "10.0")
    first = shown.moving.draw()
    assert shown.at([0.0, 1.0]) == ("0.00", "0.25", "0.50", "0.75", "1.00")
    assert first.left + first.rgba.shape[1] <= SIZE[0]
    assert shown.at(None) == ("",) * 5
    assert shown.moving.draw() is None


def test_formats_for_each_frame(make_stage):
    assert Shown(make_stage, Linear(scope="frame"), format="{x:.0f} K").at([0.0, 8.0])[1] == "2 K"
    assert Shown(make_stage, Linear(scope="frame"), format="%d K").at([0.0, 8.0])[1] == "2 K"
    assert Shown(make_stage, as_norm("log", scope="frame")).at([1.0, 1e4]) == (
        "1",
        "10",
        "100",
        "1000",
        "10000",
    )


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([-1, -0.5, 0, 0.5, 1], ("\N{MINUS SIGN}1.00", "\N{MINUS SIGN}0.50", "0.00", "0.50", "1.00")),
        ([3, 3, 3, 3, 3], ("3.00",) * 5),
        ([0, 0, 0, 0, 0], ("0.00",) * 5),
        ([0, 5e6, 1e7, 1.5e7, 2e7], ("0.0e0", "5.0e6", "1.0e7", "1.5e7", "2.0e7")),
        ([0, 1e-9, 2e-9, 3e-9, 4e-9], ("0.0e0", "1.0e-9", "2.0e-9", "3.0e-9", "4.0e-9")),
        ([99999.0, 99999.1, 99999.2, 99999.3, 99999.4], ("99999",) * 5),
    ],
)
def test_numbers_of_at_most_seven_characters(values, texts):
    assert numbers(list(map(float, values))) == texts
    assert all(len(text) <= 7 for text in texts)


def test_numbers_of_pixels():
    shares = np.linspace(0, 1, 5)
    counts = np.array([1.0, 1, 1, 2, 2, 3, 7, 9])
    assert numbers([1.0, 1.0, 3.0, 7.0, 9.0], whole=True) == ("1", "1", "3", "7", "9")
    assert numbers([-1.0, -0.5, 0.0, 0.5, 1.0], whole=True)[1] == "\N{MINUS SIGN}0.50"
    assert numbers([-0.001, 1.0])[0] == "0.00"
    ranked = values_at(Rank("film", stretch=True).fit(lambda: [counts]), shares)
    np.testing.assert_allclose(ranked, [1, 2, 2, 7, 9])
    assert values_at(Linear(0.0, 4.0).fit(lambda: [counts]), shares) == [0, 1, 2, 3, 4]
    assert values_at(Rank("film").fit(lambda: [np.array([np.nan])]), shares) == []


def test_numbers_of_a_logarithmic_bar_have_digits_of_their_own():
    assert numbers([1e-4, 1e-2, 1.0, 150.0, 2e5]) == ("1.0e-4", "0.01", "1", "150", "2.0e5")
    assert numbers([-1.0, 2.2e-17, 1.0]) == ("\N{MINUS SIGN}1.00", "0.00", "1.00")
