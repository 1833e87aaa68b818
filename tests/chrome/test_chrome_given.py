"""Axes of the user: drawn as matplotlib draws them, split at the points, and given back as they were."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gpuanim.chrome._base import Moment
from gpuanim.chrome.given import GivenAxes
from gpuanim.chrome.text import as_text
from gpuanim.errors import OptionError

ROUNDING = 5
"""Of 255: what Agg loses where letters and lines overlap on a transparent sheet of 8 bits a channel."""

BOUNDS = (-3.0, 7.0, -7.0, 4.0)
POINTS = np.random.default_rng(0).uniform((-3, -7), (7, 4), (40, 2))


def nothing(panel):
    raise AssertionError("no bar of colours is drawn")


def decorated(layout=None, **options):
    figure = Figure(figsize=(4, 3), dpi=80, layout=layout, facecolor="#eeeeff")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, **options)
    left.set(title="Title", xlabel="x label", ylabel="y label")
    left.annotate("here", (1, 1), (20, 20), textcoords="offset points", arrowprops={"arrowstyle": "->"})
    right.plot([0, 1], [1, 0])
    figure.suptitle("all")
    return figure, left


def picture(figure, dpi):
    """Return what saving gives."""
    file = io.BytesIO()
    figure.savefig(file, dpi=dpi, format="rgba", facecolor=figure.get_facecolor())
    width, height = (int(inches * dpi) for inches in figure.get_size_inches())
    return np.frombuffer(file.getvalue(), np.uint8).reshape(height, width, 4)[..., :3]


@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
@pytest.mark.parametrize("dpi", [80, 100])
def test_pixels_are_those_of_the_figure(compose, layout, dpi):
    figure, ax = decorated(layout)
    ax.set(xlim=BOUNDS[:2], ylim=BOUNDS[2:])
    size = (4 * dpi, 3 * dpi)
    layers = GivenAxes(ax, (0, 1, 0, 1)).layers(dpi, size, nothing)
    assert np.abs(compose(layers, size) - picture(figure, dpi)).max() <= ROUNDING


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_views_are_where_matplotlib_has_the_points(layout):
    figure, ax = decorated(layout)
    ax.scatter(*POINTS.T)
    view = GivenAxes(ax, BOUNDS).layers(80, (320, 240), nothing).views[0]
    figure.canvas.draw()
    expected = ax.transData.transform(POINTS)
    x, y = view.xy(POINTS)
    assert np.abs(x - expected[:, 0]).max() < 1e-3
    assert np.abs(y - (240 - expected[:, 1])).max() < 1e-3


def state(figure):
    return [
        (ax.get_xlim(), ax.get_ylim(), ax.get_autoscalex_on(), ax.get_autoscaley_on(), ax.get_in_layout(),
         ax.get_position(original=True).bounds, ax.get_position().bounds, ax.get_title(),
         [child.get_visible() for child in ax.get_children()])
        for ax in figure.axes
    ] + [figure.dpi, figure.canvas, figure.get_size_inches().tolist(), vars(figure.subplotpars)]  # fmt: skip


@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
@pytest.mark.parametrize("options", [{}, {"sharex": True}, {"subplot_kw": {"aspect": "equal"}}])
def test_figures_are_given_back_as_they_were(layout, options):
    figure, ax = decorated(layout, **options)
    before = state(figure)
    GivenAxes(ax, BOUNDS, title=as_text("{step}")).layers(200, (800, 600), nothing)
    after = state(figure)
    assert after == before


def test_figures_are_given_back_after_errors():
    figure, ax = decorated()

    class Broken(mpl.lines.Line2D):
        def draw(self, renderer):
            raise RuntimeError("broken")

    ax.add_line(Broken([0, 1], [0, 1]))
    before = state(figure)
    with pytest.raises(RuntimeError, match="broken"):
        GivenAxes(ax, BOUNDS).layers(200, (800, 600), nothing)
    assert state(figure) == before


def test_empty_axes_get_the_limits_of_the_points():
    figure, ax = decorated()
    ax.margins(0.1, 0.0)
    view = GivenAxes(ax, BOUNDS).layers(80, (320, 240), nothing).views[0]
    assert view.xlim == (-4, 8)
    assert view.ylim == (-7, 4)
    ax.set_xlim(0, 5)
    ax.invert_yaxis()
    view = GivenAxes(ax, BOUNDS).layers(80, (320, 240), nothing).views[0]
    assert view.xlim == (0, 5)
    assert figure.axes[0].get_xlim() == (0, 5)


def test_axes_with_data_keep_their_limits():
    _, ax = decorated()
    ax.plot([0, 10], [0, 20])
    view = GivenAxes(ax, BOUNDS).layers(80, (320, 240), nothing).views[0]
    assert view.xlim == pytest.approx((-0.5, 10.5))
    assert view.ylim == pytest.approx((-1, 21))


def test_inverted_axes_stay_inverted():
    _, ax = decorated()
    ax.xaxis.set_inverted(True)
    ax.set_autoscalex_on(True)
    view = GivenAxes(ax, BOUNDS).layers(80, (320, 240), nothing).views[0]
    assert view.xlim[0] > view.xlim[1]


@pytest.mark.parametrize(("zorder", "below"), [(1.0, False), (2.0, True), (3.0, True)])
def test_artists_are_split_at_the_points(zorder, below):
    figure = Figure(figsize=(2, 2), dpi=100)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.plot([0, 1], [0.5, 0.5], color="red", linewidth=20)  # zorder 2
    layers = GivenAxes(ax, (0, 1, 0, 1), zorder).layers(100, (200, 200), nothing)
    under = layers.under if layers.under.ndim == 3 else layers.under[None, None]
    assert (under == [255, 0, 0]).all(-1).any() == below
    assert (layers.over is None) == below


def test_twins_and_other_axes_are_still_there(compose):
    figure, ax = decorated()
    ax.set(xlim=BOUNDS[:2], ylim=BOUNDS[2:])
    ax.twinx().plot([0, 1], [5, 6], color="green")
    ax.inset_axes((0.6, 0.6, 0.3, 0.3)).plot([1, 2])
    layers = GivenAxes(ax, BOUNDS).layers(100, (400, 300), nothing)
    assert np.abs(compose(layers, (400, 300)) - picture(figure, 100)).max() <= ROUNDING


def test_subfigures(compose):
    figure = Figure(figsize=(4, 3), dpi=100)
    first, second = figure.subfigures(1, 2)
    first.subplots().plot([1, 2])
    ax = second.subplots()
    ax.set(xlim=BOUNDS[:2], ylim=BOUNDS[2:], title="here")
    layers = GivenAxes(ax, BOUNDS).layers(100, (400, 300), nothing)
    assert np.abs(compose(layers, (400, 300)) - picture(figure, 100)).max() <= ROUNDING


def test_titles_that_move_have_the_look_of_the_axes(compose):
    figure, ax = decorated()
    ax.set(xlim=BOUNDS[:2], ylim=BOUNDS[2:])
    ax.title.set(color="red", fontsize=9, style="italic")
    stage = GivenAxes(ax, BOUNDS, title=as_text("step {step}"))
    assert stage.texts == (stage.title,)
    layers = stage.layers(100, (400, 300), nothing)
    ax.title.set_text("step 3")
    found = compose(layers, (400, 300), Moment(2, 9, 2, 9, 0.2))
    assert np.abs(found - picture(figure, 100)).max() <= ROUNDING


def test_pyplot_figures():
    import matplotlib.pyplot as plt

    with mpl.rc_context({"figure.dpi": 90}):
        figure, ax = plt.subplots(figsize=(3, 2))
    try:
        canvas, manager = figure.canvas, figure.canvas.manager
        layers = GivenAxes(ax, BOUNDS).layers(150, (450, 300), nothing)
        assert layers.over.shape == (300, 450, 4)
        assert figure.canvas is canvas
        assert figure.canvas.manager is manager
        assert figure.dpi == 90
    finally:
        plt.close(figure)


def test_size_and_background():
    figure, ax = decorated()
    stage = GivenAxes(ax, BOUNDS)
    assert stage.figsize == (4, 3)
    assert stage.background.tolist() == [0xEE, 0xEE, 0xFF]
    figure.set_facecolor((0, 0, 0, 0.5))
    assert stage.background.tolist() == [128, 128, 128]
    assert np.abs(stage.layers(80, (320, 240), nothing).under[0, 0].astype(int) - 128).max() <= 1
    with pytest.raises(OptionError, match="cannot be transparent"):
        stage.without_background()
    assert stage.describe() == {"axes": "given", "zorder": 1.0}


def test_axes_that_cannot_be_used():
    figure = Figure()
    FigureCanvasAgg(figure)
    with pytest.raises(OptionError, match="ax must be matplotlib Axes on a figure, not 3"):
        GivenAxes(3, BOUNDS)
    with pytest.raises(OptionError, match="not the projection 'polar'"):
        GivenAxes(figure.add_subplot(projection="polar"), BOUNDS)
    logarithmic = figure.add_subplot()
    logarithmic.set_yscale("log")
    with pytest.raises(OptionError, match="its y axis is 'log'"):
        GivenAxes(logarithmic, BOUNDS)
    logarithmic.remove()
    logarithmic.set_yscale("linear")
    with pytest.raises(OptionError, match="on a figure"):
        GivenAxes(logarithmic, BOUNDS)
