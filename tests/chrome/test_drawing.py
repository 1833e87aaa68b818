"""Pictures of a figure are matplotlib's pixel for pixel, whatever changes between them."""

import numpy as np
import pytest
from matplotlib.axis import XAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gpuanim.chrome.drawing import FigureDrawing, draw


def new_figure():
    fig = Figure(figsize=(2.4, 1.8), dpi=60)
    FigureCanvasAgg(fig)
    ax = fig.add_subplot()
    ax.plot([0, 5], [0, 2], color="0.5", zorder=0)
    ax.set_ylabel("label")
    return fig, ax


def change(ax, what, step):
    """Make the changes of a step, and return the line that only it shows."""
    if step == 2:
        CHANGES[what](ax)
    ax.set_title(f"{step}", loc="right")
    return ax.plot([1, 3], [0.5, 1 + step / 5], "k")


CHANGES = {
    "nothing": lambda ax: None,
    "a tick label": lambda ax: ax.get_xticklabels()[1].set_color("red"),
    "a tick": lambda ax: ax.get_yticklines()[2].set_color("red"),
    "a second label of a tick": lambda ax: ax.xaxis.get_major_ticks()[1].label2.set_visible(True),
    "ticks": lambda ax: ax.set_xticks([1, 2, 4]),
    "names of ticks": lambda ax: ax.set_yticks([0, 1], ["a", "b"]),
    "how ticks look": lambda ax: ax.tick_params(axis="x", rotation=45, color="red"),
    "ticks of the minor kind": lambda ax: ax.minorticks_on(),
    "a grid": lambda ax: ax.grid(),
    "a grid below": lambda ax: (ax.grid(), ax.set_axisbelow(True)),
    "a label": lambda ax: ax.set_xlabel("x"),
    "a label by itself": lambda ax: ax.yaxis.label.set_text("y"),
    "no label": lambda ax: ax.set_ylabel(""),
    "the background": lambda ax: ax.set_facecolor("0.9"),
    "the figure's background": lambda ax: ax.figure.set_facecolor("0.9"),
    "a spine": lambda ax: ax.spines["left"].set_position(("data", 2)),
    "no spine": lambda ax: ax.spines["top"].set_visible(False),
    "the place": lambda ax: ax.set_position((0.2, 0.2, 0.5, 0.5)),
    "the margins": lambda ax: ax.figure.subplots_adjust(left=0.3),
    "the scale": lambda ax: ax.set_xscale("log"),
    "a limit": lambda ax: ax.set_xlim(1, 4),
    "the direction": lambda ax: ax.invert_yaxis(),
    "the aspect": lambda ax: ax.set_aspect("equal"),
    "no axes": lambda ax: ax.set_axis_off(),
    "no ticks": lambda ax: ax.xaxis.set_visible(False),
    "a title": lambda ax: ax.set_title("t", loc="left"),
    "ticks at the top": lambda ax: (ax.xaxis.tick_top(), ax.set_title("t")),
    "a line below": lambda ax: ax.axhline(1, zorder=0.5),
    "an older line": lambda ax: ax.lines[0].set_color("red"),
    "the order": lambda ax: ax.lines[0].set_zorder(9),
    "more axes": lambda ax: ax.figure.add_axes((0.5, 0.5, 0.2, 0.2)),
    "a twin": lambda ax: ax.twinx(),
    "an inset": lambda ax: ax.inset_axes((0.5, 0.5, 0.4, 0.4)),
    "a filter": lambda ax: ax.set_agg_filter(lambda image, dpi: (image[::-1], 0, 0)),
    "the layout": lambda ax: ax.figure.set_layout_engine("constrained"),
    "other units": lambda ax: ax.xaxis.set_major_formatter("{x:.2f} m"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_pixels_are_those_of_savefig_whatever_changes(what):
    (fig, ax), (plain, plain_ax) = new_figure(), new_figure()
    drawing = FigureDrawing(fig, 60)
    for step in range(4):
        lines, plain_lines = change(ax, what, step), change(plain_ax, what, step)
        touched = drawing.touched()
        ax.get_xlim(), plain_ax.get_xlim()  # limits follow the data
        np.testing.assert_array_equal(drawing.picture(lines, touched=touched), draw(plain, 60))
        lines[0].remove()
        plain_lines[0].remove()


@pytest.mark.parametrize("limits", ["fixed", "autoscaled"])
def test_axes_that_stay_are_drawn_once(monkeypatch, limits):
    drawn = []
    plain = XAxis.draw
    monkeypatch.setattr(XAxis, "draw", lambda axis, renderer: drawn.append(1) or plain(axis, renderer))
    fig, ax = new_figure()
    if limits == "fixed":
        ax.set(xlim=(0, 5), ylim=(0, 2))
    drawing = FigureDrawing(fig, 60)
    for step in range(5):
        lines = change(ax, "nothing", step)
        touched = drawing.touched()
        ax.get_xlim()
        drawing.picture(lines, touched=touched)
        lines[0].remove()
    assert len(drawn) == 1
