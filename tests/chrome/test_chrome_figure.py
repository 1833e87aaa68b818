"""The stage of a figure: nothing is cut off, views and pixels are matplotlib's own."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text as Artist

from gpuanim.chrome._base import Attached, Moment, Part
from gpuanim.chrome.figure import FigureStage, PanelStage
from gpuanim.chrome.figure import drawing as numbered_drawing
from gpuanim.chrome.parts import Caption, ColorBar, Dress, FigureDress, Legend, Logo, ProgressLine, ScaleBar
from gpuanim.errors import OptionError
from gpuanim.look import Limits

FIRST = Moment(0, 10, 0, 10, 0.0)
LAST = Moment(9, 10, 9, 10, 0.9)
LONG = "A title that is a good deal longer than a small frame is wide, at step {step} of {steps}"
SIZES = [((160, 120), 100), ((400, 300), 100), ((400, 300), 200), ((640, 200), 72), ((240, 700), 90)]

WORN = {
    "ticks": Dress("T", "x", "y", "ticks"),
    "bar": Dress("T", "x", "y", "ticks", ColorBar("values")),
    "left": Dress("T", "x", "y", "ticks", ColorBar("values", "left")),
    "top": Dress("T", "x", "y", "frame", ColorBar("values", "top")),
    "bottom": Dress("T", "x", "y", "ticks", ColorBar("values", "bottom")),
    "long": Dress(LONG, LONG.replace("{step} of {steps}", "all"), "y" * 50, "frame", ColorBar("v" * 80)),
    "legend": Dress("T", "x", "y", "frame", None, Legend()),
    "both": Dress("T", None, None, "off", ColorBar(), Legend(title="groups")),
    "inside": Dress(
        "T", None, None, "frame", None, Legend("upper left"), ScaleBar(loc="upper left"),
        (Caption("{step}", "upper left"), Caption(LONG), Caption(LONG, "lower right")),
    ),
}  # fmt: skip


def mapping_of(stage):
    norm = stage.panels[0].scale.norm if stage.panels[0].scale else None
    return lambda panel: norm.fit(lambda: iter(()))


def drawing(stage, dpi, size, mappings):
    return numbered_drawing(stage, dpi, size, range(len(mappings)), [*mappings, None])


def extents(made):
    """Return the boxes, (x0, y0, x1, y1) with y upwards, of all that may not overlap, for each panel."""
    renderer = made._canvas.renderer
    height = made._canvas.size[1]
    for panel in made.panels:
        box = panel.box
        found = {"axes": (box.left, height - box.bottom, box.right, height - box.top)}
        if panel.bar is not None:
            found["bar"] = panel.bar.ax.get_tightbbox(renderer).extents
        if panel.legend is not None and panel.legend.outside:
            legend = panel.legend.box()
            found["legend"] = (legend.left, height - legend.bottom, legend.right, height - legend.top)
        for name, (text, _) in panel._names.items():
            found[name] = text.get_window_extent(renderer).extents
        yield found


def overlap(a, b):
    across = min(a[2], b[2]) - max(a[0], b[0])
    return across > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 1


@pytest.mark.parametrize(("size", "dpi"), SIZES)
@pytest.mark.parametrize("worn", WORN)
def test_nothing_is_cut_off_and_nothing_overlaps(make_stage, make_key, scale, worn, size, dpi):
    stage = make_stage(WORN[worn], size=size, dpi=dpi, scale=scale, key=make_key(5))
    made = drawing(stage, dpi, size, [mapping_of(stage)(0)])
    layers = made.layers()
    for moving in layers.moving:
        moving.show(LAST)
    for found in extents(made):
        for box in found.values():
            assert box[0] >= -0.5
            assert box[1] >= -0.5
            assert box[2] <= size[0] + 0.5
            assert box[3] <= size[1] + 0.5
        for (name, a), (other, b) in combinations(found.items(), 2):
            assert not overlap(a, b), (name, other)
    if WORN[worn].axes != "off":
        edge = np.concatenate([layers.over[0], layers.over[-1], layers.over[:, 0], layers.over[:, -1]])
        assert not edge[..., 3].any()
    for moment in (FIRST, LAST):
        for moving in layers.moving:
            moving.show(moment)
            patch = moving.draw()
            assert patch.left >= 0
            assert patch.top >= 0
            assert patch.left + patch.rgba.shape[1] <= size[0]
            assert patch.top + patch.rgba.shape[0] <= size[1]
            assert not patch.rgba[:, [0, -1], 3].all()


@pytest.mark.parametrize("n", [1, 14, 15, 31, 102])
def test_legends_of_any_length_fit(make_stage, make_key, n):
    size = (500, 300)
    stage = make_stage(
        Dress("T", axes="frame", legend=Legend()), size=size, key=make_key(n, "some cell type {i}")
    )
    made = drawing(stage, 100, size, [None])
    found = next(extents(made))
    assert found["legend"][0] > found["axes"][2]
    assert found["legend"][2] <= size[0]
    assert found["legend"][3] - found["legend"][1] <= found["axes"][3] - found["axes"][1] + 1
    texts = made.panels[0].legend._legend.get_texts()
    told = [text.get_text().replace("\n", " ") for text in texts]
    assert told == [f"some cell type {i}" for i in range(n)] + ["NA"]


def test_panels_are_in_line_and_apart(make_stage, make_key, scale):
    size = (900, 600)
    dresses = [WORN["bar"], WORN["left"], WORN["legend"], WORN["top"], WORN["bottom"]]
    stage = make_stage(*dresses, size=size, ncols=3, scale=scale, key=make_key(4))
    made = drawing(stage, 100, size, [mapping_of(stage)(0)] * 5)
    boxes = [panel.box for panel in made.panels]
    assert len({(box.width, box.height) for box in boxes}) == 1
    assert [boxes[0].left, boxes[1].left] == [boxes[3].left, boxes[4].left]
    everything = [(i, box) for i, found in enumerate(extents(made)) for box in found.values()]
    assert not any(i != j and overlap(a, b) for (i, a), (j, b) in combinations(everything, 2))


def test_bare_panels_fill_the_frame(make_stage):
    layers = make_stage(size=(200, 100)).layers(100, (200, 100), lambda i: None)
    assert layers.views[0].box == (0, 0, 200, 100)
    assert layers.under.tolist() == [255, 255, 255]
    assert layers.over is None
    assert layers.moving == ()


@pytest.mark.parametrize("worn", ["ticks", "bar", "long"])
def test_views_project_where_matplotlib_does(make_stage, scale, worn):
    size = (400, 300)
    stage = make_stage(WORN[worn], scale=scale)
    made = drawing(stage, 100, size, [mapping_of(stage)(0)])
    view = made.layers().views[0]
    points = np.random.default_rng(0).uniform(-7, 7, (20, 2))
    x, y = view.xy(points)
    expected = made.panels[0].ax.transData.transform(points)
    assert np.abs(x - expected[:, 0]).max() < 1e-3
    assert np.abs(y - (300 - expected[:, 1])).max() < 1e-3
    assert (
        abs(view.box[2] / (view.xlim[1] - view.xlim[0]) - view.box[3] / (view.ylim[1] - view.ylim[0])) < 1e-6
    )


@pytest.mark.parametrize(
    "style", [None, "ggplot", "dark_background", {"font.family": "serif", "font.size": 13}]
)
@pytest.mark.parametrize("axes", ["frame", "ticks"])
def test_pixels_are_those_of_matplotlib(make_stage, compose, axes, style):
    size = (400, 300)
    stage = make_stage(
        Dress("Step {step}, $\\alpha_1$".replace("_1", ""), "UMAP1", "UMAP2", axes), style=style
    )
    layers = stage.layers(100, size, lambda i: None)
    with mpl.rc_context():
        if style is not None:
            mpl.style.use(style)
        figure = Figure(figsize=(4, 3), dpi=100)
        canvas = FigureCanvasAgg(figure)
        view = layers.views[0]
        left, top, width, height = view.box
        ax = figure.add_axes((left / 400, 1 - (top + height) / 300, width / 400, height / 300))
        ax.set(title="Step 10, $\\alpha$", xlabel="UMAP1", ylabel="UMAP2", xlim=view.xlim, ylim=view.ylim)
        if axes == "frame":
            ax.set_xticks([])
            ax.set_yticks([])
        canvas.draw()
        expected = np.asarray(canvas.buffer_rgba())[..., :3].astype(float)
    found = compose(layers, size, LAST)
    assert np.abs(found - expected).max() <= 2  # alpha of 8 bits


def test_titles_do_not_move(make_stage):
    """The letters that all frames share are at the same pixels."""
    stage = make_stage(Dress(["Fixed: i", "Fixed: W"], axes="frame"), style={"axes.titlelocation": "left"})
    moving = stage.layers(100, (400, 300), lambda i: None).moving[0]
    moving.show(FIRST)
    first = moving.draw()
    moving.show(Moment(1, 2, 1, 2, 0.1))
    second = moving.draw()
    assert (first.left, first.top) == (second.left, second.top)
    assert np.array_equal(first.rgba[:, :40], second.rgba[:, :40])


def test_still_things_are_drawn_once_and_below_or_above(make_stage):
    stage = make_stage(Dress("still", axes="ticks"), style={"axes.grid": True, "grid.color": "red"})
    layers = stage.layers(100, (400, 300), lambda i: None)
    assert layers.moving == ()
    red = (layers.under == [255, 0, 0]).all(-1)
    assert red.sum() > 300  # grids lie below the points
    assert not (layers.over[..., :3][layers.over[..., 3] > 0] == [255, 0, 0]).all(-1).any()


def test_backgrounds_hold_unless_the_style_colours_the_axes(make_stage):
    blue = np.array([0, 0, 255], np.uint8)
    dress = Dress(axes="frame")
    plain = make_stage(dress, background=blue).layers(100, (400, 300), lambda i: None)
    assert plain.under.tolist() == [0, 0, 255]
    styled = make_stage(dress, background=blue, style={"axes.facecolor": "yellow"})
    under = styled.layers(100, (400, 300), lambda i: None).under
    assert under[150, 200].tolist() == [255, 255, 0]
    assert under[0, 0].tolist() == [0, 0, 255]


def test_transparent_figures(make_stage):
    stage = make_stage(Dress("T", axes="frame")).without_background()
    layers = stage.layers(100, (400, 300), lambda i: None)
    assert stage.background is None
    assert layers.under.shape == (3,)
    assert layers.over[..., 3].any()
    assert (layers.over[5:20, :100, 3] == 0).all()
    grid = make_stage(Dress(axes="ticks"), style={"axes.grid": True}).without_background()
    with pytest.raises(OptionError, match="cannot have things below its points"):
        grid.layers(100, (400, 300), lambda i: None)


def test_titles_captions_and_lines_of_the_figure(make_stage):
    logo = Logo(np.full((10, 20, 3), (0, 255, 0), np.uint8), width=0.1)
    worn = FigureDress("Figure {step}", (Caption("below"),), ProgressLine("red", height=7.2), logo)
    stage = make_stage(Dress("T", axes="frame"), dress=worn)
    layers = stage.layers(100, (400, 300), lambda i: None)
    title, progress = layers.moving
    assert [progress.show(moment) for moment in (FIRST, Moment(3, 10, 3, 10, 0), LAST)] == [0, 133, 400]
    patch = progress.draw()
    assert (patch.left, patch.top, patch.rgba.shape) == (0, 290, (10, 400, 4))
    assert (patch.rgba == [255, 0, 0, 255]).all()
    title.show(FIRST)
    assert title.draw().top < 20
    green = np.argwhere((layers.over[..., :3] == [0, 255, 0]).all(-1) & (layers.over[..., 3] == 255))
    assert len(green) == 40 * 20
    assert green[:, 0].max() < 60
    assert green[:, 1].min() > 340
    assert layers.views[0].box[1] + layers.views[0].box[3] < 290 - 12  # the caption has its own room


def test_progress_without_an_end(make_stage):
    stage = make_stage(dress=FigureDress(progress_line=ProgressLine()))
    progress = stage.layers(100, (400, 300), lambda i: None).moving[0]
    assert progress.show(Moment(3, None, 3, None, 0.1)) == 0
    assert progress.draw() is None


@pytest.mark.parametrize(("axes", "within"), [("off", True), ("frame", False)])
def test_logos_lie_over_points_but_over_nothing_else(make_stage, axes, within):
    logo = Logo(np.zeros((10, 20, 3), np.uint8))
    dress = Dress(axes=axes, title=None if axes == "off" else "T")
    stage = make_stage(dress, dress=FigureDress(logo=logo))
    top = stage.layers(100, (400, 300), lambda i: None).views[0].box[1]
    assert (top == 0) == within


def test_scale_bars_are_as_long_as_they_say(make_stage):
    stage = make_stage(Dress(scale_bar=ScaleBar(2.0, unit="mm", color="red")))
    layers = stage.layers(100, (400, 300), lambda i: None)
    view = layers.views[0]
    line = (layers.over[-20:] == [255, 0, 0, 255]).all(-1).sum(1).max()
    assert abs(line - 2.0 / (view.xlim[1] - view.xlim[0]) * 400) <= 1
    with pytest.raises(OptionError, match="scale_bar: length 99 does not fit the x axis"):
        make_stage(Dress(scale_bar=ScaleBar(99))).layers(100, (400, 300), lambda i: None)


class Clock(Part):
    """A line whose height is the share of the film."""

    def attach(self, ax):
        (line,) = ax.plot([0, 1], [0, 0], color="red", linewidth=4, label="clock")

        class Hand(Attached):
            artists = (line,)

            def show(self, moment):
                line.set_ydata([moment.step, moment.step])
                return moment.step

        return Hand()


def test_parts_are_drawn_for_their_moments_alone(make_stage):
    stage = make_stage(Dress(axes="frame", legend=Legend()), parts=(Clock(),))
    layers = stage.layers(100, (400, 300), lambda i: None)
    assert (
        not (layers.over[..., 0] > 200).any()
        or not ((layers.over[..., 0] > 200) & (layers.over[..., 3] > 0) & (layers.over[..., 1] < 50)).any()
    )
    (clock,) = layers.moving
    view = layers.views[0]
    for step in (0, 2):
        assert clock.show(Moment(step, 3, step, 3, 0)) == step
        patch = clock.draw()
        _, y = view.xy(np.array([[0.0, step]]))
        assert abs(patch.top + patch.rgba.shape[0] / 2 - y[0]) <= 1
        assert abs(patch.rgba.shape[0] - 4 / 72 * 100) <= 2


def test_drawing_does_not_touch_rcparams_or_pyplot(make_stage):
    import sys

    def figures():
        pyplot = sys.modules.get("matplotlib.pyplot")
        return pyplot.get_fignums() if pyplot else []

    before, open_figures = dict.copy(mpl.rcParams), figures()
    make_stage(WORN["ticks"], theme="dark").layers(100, (400, 300), lambda i: None)
    assert {k: v for k, v in dict.items(mpl.rcParams) if k != "backend"} == {
        k: v for k, v in before.items() if k != "backend"
    }
    assert figures() == open_figures


def test_what_no_figure_can_be():
    with pytest.raises(OptionError, match="needs a panel"):
        FigureStage((4, 3), None, ())
    with pytest.raises(OptionError, match="ncols must be a whole number from 1 on, not 0"):
        FigureStage((4, 3), None, (PanelStage(Limits((0, 1, 0, 1))),), ncols=0)


def test_names_on_data_need_places(make_stage, make_key):
    with pytest.raises(OptionError, match="needs the places of the groups"):
        make_stage(Dress(legend=Legend("on data")), key=make_key(3))


def test_names_on_data_stay_in_the_axes(make_stage, make_key):
    places = np.array([[-2.9, 3.9], [2.0, -2.0], [np.nan, np.nan], [99.0, 0.0]])
    stage = make_stage(
        Dress(axes="frame", legend=Legend("on data", na=False)), key=make_key(4, "a long name {i}", places)
    )
    made = drawing(stage, 100, (400, 300), [None])
    made.layers()
    texts = [t for t in made.panels[0].ax.texts if t.get_visible()]
    assert [t.get_text() for t in texts] == [
        "a long name 0",
        "a long name 1",
    ]  # one is nowhere, one is outside
    box = made.panels[0].box
    for text in texts:
        assert isinstance(text, Artist)
        extent = text.get_window_extent(made._canvas.renderer)
        assert extent.x0 >= box.left - 0.5
        assert extent.y1 <= 300 - box.top + 0.5
        assert text.get_weight() == "bold"
        assert text.get_path_effects()


def test_describe(make_stage):
    one = make_stage(Dress(axes="ticks"), theme="dark").describe()
    assert one == {
        "xlim": None, "ylim": None, "margin": 0.05, "aspect": "equal", "axes": "ticks", "theme": "dark",
        "style": None,
    }  # fmt: skip
    assert len(make_stage(Dress(), Dress()).describe()["panels"]) == 2
