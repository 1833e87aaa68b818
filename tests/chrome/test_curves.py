"""Curves: what is read, what each step shows, and that it looks as matplotlib's own lines do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import gpuanim as ga
from gpuanim.chrome._base import Moment
from gpuanim.chrome.canvas import Canvas
from gpuanim.chrome.curves import make_curves
from gpuanim.chrome.figure import FigureStage
from gpuanim.chrome.moving import ArtistMoving
from gpuanim.chrome.panel import PanelStage
from gpuanim.chrome.parts import Dress, Legend
from gpuanim.chrome.style import Style
from gpuanim.errors import OptionError, ShapeError, SourceError
from gpuanim.look import Limits

RNG = np.random.default_rng(0)
YS = RNG.normal(size=(5, 3, 7))  # 5 steps of 3 curves through 7 points


def moment(step, n_steps=5, share=0.0):
    return Moment(step, n_steps, step, n_steps, step / 10, share)


def new_axes():
    fig = Figure(figsize=(4, 3), dpi=80)
    FigureCanvasAgg(fig)
    return fig.add_subplot()


def shown(curves, step, **options):
    """Return x, y, colour and opacity of the lines that can be seen, from bottom to top."""
    attached = curves.attach(new_axes())
    attached.show(moment(step, **options))
    lines = [a for a in attached.artists if hasattr(a, "get_xdata") and a.get_visible()]
    return [(line.get_xdata().tolist(), line.get_ydata().tolist(), line.get_alpha()) for line in lines]


@pytest.mark.parametrize(
    "ys",
    [
        YS,
        YS.tolist(),
        list(YS),
        tuple(YS),
        (step for step in YS),
        lambda step: YS[step],
        np.concatenate([YS, YS]),
    ],
    ids=["array", "nested list", "list", "tuple", "generator", "callable", "more steps than asked for"],
)
def test_all_forms_are_the_same_steps(ys):
    curves = make_curves(None, ys, n_steps=5)
    assert curves.n_steps == 5
    for step in range(5):
        assert shown(curves, step) == [(list(range(7)), row.tolist(), None) for row in YS[step]]
    assert curves.bounds() == (0, 6, YS.min(), YS.max())


def test_a_generator_may_use_its_array_again():
    def steps():
        row = np.zeros(2)
        for i in range(3):
            row[:] = i
            yield row

    assert make_curves(None, steps()).bounds() == (0, 1, 0, 2)


def test_places_for_all_steps_and_for_each():
    one = make_curves([1, 2, 4], np.ones((2, 3)))
    assert [line[0] for line in shown(one, 1, n_steps=2)] == [[1, 2, 4]]
    each = make_curves([[1, 2, 4], [0, 8]], [[5, 6, 7], [8, 9]])
    assert shown(each, 0, n_steps=2) == [([1, 2, 4], [5, 6, 7], None)]
    assert shown(each, 1, n_steps=2) == [([0, 8], [8, 9], None)]
    assert each.bounds() == (0, 8, 5, 9)


def test_growing_curves_have_a_point_more_in_each_step():
    ys = np.array([[1, 10], [2, 20], [3, 30]])
    curves = make_curves([5, 6, 8], ys, mode="grow")
    assert (curves.n_steps, curves.bounds()) == (3, (5, 8, 1, 30))
    assert shown(curves, 0, n_steps=3) == [([5], [1], None), ([5], [10], None)]
    assert shown(curves, 2, n_steps=3) == [([5, 6, 8], [1, 2, 3], None), ([5, 6, 8], [10, 20, 30], None)]
    assert shown(curves, 1, n_steps=3, share=0.5)[1] == ([5, 6, 7], [10, 20, 25], None)


def test_one_growing_curve():
    assert shown(make_curves(None, [3, 1, 4], mode="grow"), 1, n_steps=3) == [([0, 1], [3, 1], None)]


def test_fading_curves_leave_a_pale_tail():
    curves = make_curves(None, YS[:, :1], mode="fade", tail=2)
    assert [(y, alpha) for _, y, alpha in shown(curves, 3)] == [
        (YS[1, 0].tolist(), 0.3), (YS[2, 0].tolist(), 0.6), (YS[3, 0].tolist(), None),
    ]  # fmt: skip
    assert [y for _, y, _ in shown(curves, 0)] == [YS[0, 0].tolist()]


def test_blends_lie_between_the_steps():
    (line, *_) = shown(make_curves(None, YS), 2, share=-0.25)
    np.testing.assert_allclose(line[1], 0.25 * YS[1, 0] + 0.75 * YS[2, 0])


@given(n_curves=st.integers(1, 9), n_film=st.integers(2, 40), data=st.data())
def test_films_of_other_lengths_show_the_first_and_last_step_at_their_ends(n_curves, n_film, data):
    steps = make_curves(None, np.ones((n_curves, 2))).steps
    place = [steps.place(moment(step, n_film)) for step in range(n_film)]
    assert (place[0], place[-1]) == (0, n_curves - 1)
    assert place == sorted(place)
    if n_curves == n_film:
        assert place == list(range(n_film))
    unknown = Moment(0, None, data.draw(st.integers(0, 99)), None, 0.0)
    assert steps.place(unknown) == min(unknown.step, n_curves - 1)


def test_gaps_stay_and_bounds_leave_them_out():
    curves = make_curves(None, [[1, np.nan, 2], [np.inf, 0, 1]])
    assert curves.bounds() == (0, 2, 0, 2)
    assert np.isnan(shown(curves, 0, n_steps=2)[0][1][1])


def test_labels_change_with_the_steps():
    labels = ["still", "step {step} of {steps}", ["a", "b", "c", "d", "e"]]
    curves = make_curves(None, YS, labels=labels, colors=["r", "g", "b"], legend="upper left")
    ax = new_axes()
    lines, attached = (part.attach(ax) for part in curves.parts)
    first = attached.show(moment(0))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["still", "step 1 of 5", "a"]
    second = attached.show(moment(3))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["still", "step 4 of 5", "d"]
    assert first != second
    assert attached.show(moment(0)) == first
    for drawn in (lines.artists, ax.get_legend().legend_handles):
        assert [to_rgba(line.get_color()) for line in drawn] == [to_rgba(c) for c in "rgb"]


def test_a_legend_that_says_the_same_is_not_drawn_again():
    _, legend = make_curves(None, YS, labels=["a", "b", "c"]).parts
    attached = legend.attach(new_axes())
    assert attached.show(moment(0)) == attached.show(moment(4))


def test_labels_follow_the_steps_of_the_curves():
    ax = new_axes()
    _, legend = make_curves(None, np.ones((3, 2)), labels=[["a", "b", "c"]]).parts
    attached = legend.attach(ax)
    attached.show(moment(20, n_steps=21))
    assert ax.get_legend().get_texts()[0].get_text() == "c"


def test_curves_look_like_lines_of_matplotlib():
    curves = make_curves(
        None, YS, colors="teal", linewidth=3, linestyle="--", marker="s", markersize=5, alpha=0.5
    )
    ax, plain = new_axes(), new_axes()
    attached = curves.attach(ax)
    attached.show(moment(2))
    plain.plot(YS[2].T, color="teal", linewidth=3, linestyle="--", marker="s", markersize=5, alpha=0.5)
    for axes in (ax, plain):
        axes.set(xlim=(0, 6), ylim=(-3, 3))
    pictures = []
    for axes in (ax, plain):
        axes.figure.canvas.draw()
        pictures.append(np.asarray(axes.figure.canvas.buffer_rgba()).copy())
    np.testing.assert_array_equal(*pictures)


def test_a_panel_of_curves_makes_room_for_their_legend():
    curves = make_curves(None, YS, labels=["one", "another", "a long label of a curve"], mode="fade")
    limits = Limits(curves.bounds(), aspect="auto")
    panel = PanelStage(limits, dress=Dress(axes="ticks", title="t"), parts=curves.parts, points=False)
    stage = FigureStage((4.0, 3.0), np.full(3, 255, np.uint8), (panel,))
    layers = stage.layers(100, (400, 300), lambda _: None)
    assert layers.views == ()
    extents = []
    for moving in layers.moving:
        moving.show(moment(3))
        patch = moving.draw()
        height, width = patch.rgba.shape[:2]
        assert 0 < patch.left < patch.left + width < 400
        assert 0 < patch.top < patch.top + height < 300
        extents.append((patch.left, patch.left + width))
    (_, end_of_lines), (start_of_legend, _) = extents
    assert end_of_lines < start_of_legend


def test_no_line_is_drawn_outside_of_its_axes():
    curves = make_curves(None, 10 * YS, linewidth=5)
    ax = new_axes()
    ax.set(xlim=(1, 2), ylim=(-1, 1))
    box = ax.get_window_extent()
    moving = ArtistMoving(curves.attach(ax), Canvas((320, 240), 80), Style.now())
    moving.show(moment(0))
    patch = moving.draw()
    assert patch.left >= box.x0 - 1
    assert patch.left + patch.rgba.shape[1] <= box.x1 + 1


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        ({"ys": np.ones(5)}, ShapeError, r'\(points,\) or \(curves, points\), not \(\); mode="grow"'),
        ({"ys": np.ones((2, 2, 2, 2))}, ShapeError, r"not \(2, 2, 2\)"),
        ({"ys": [[1, 2], [[1, 2], [3, 4]]]}, ShapeError, "as many curves in all steps, not 1 and 2"),
        ({"ys": [["a", "b"]]}, ShapeError, "ys of step 0 must be real numbers, not <U1"),
        ({"ys": [[1, 2], [1, [2]]]}, ShapeError, "ys of step 1 cannot be read as an array"),
        ({"ys": "abc"}, ShapeError, "an array, an iterable of steps or a callable, not str"),
        ({"ys": []}, OptionError, "ys has no steps"),
        ({"ys": [[np.nan, np.inf]]}, ShapeError, "ys holds no finite number"),
        ({"ys": lambda step: [step]}, OptionError, "say how many steps it has, n_steps="),
        ({"ys": lambda step: [1 / step], "n_steps": 2}, SourceError, "failed at step 0: ZeroDivisionError"),
        ({"n_steps": 9}, OptionError, "n_steps=9, but ys has only 5 steps"),
        ({"n_steps": 0.5}, OptionError, "a whole number from 1 on, not 0.5"),
        ({"x": np.ones(6)}, ShapeError, r"x must have shape \(7,\) for ys of step 0, \(3, 7\), not \(6,\)$"),
        ({"x": np.ones(3)}, ShapeError, r"not \(3,\); ys has a row per curve, transpose it"),
        ({"x": np.ones((4, 7))}, ShapeError, "x has 4 steps, ys has 5"),
        ({"x": [[1], [1, 2], [1], [1], [1]]}, ShapeError, r"x must have shape \(7,\)"),
        ({"mode": "grew"}, OptionError, 'mode must be one of "replace", "grow", "fade".*did you mean "grow"'),
        ({"mode": "grow"}, ShapeError, r"a number or \(k,\), one per curve, not \(3, 7\)"),
        ({"mode": "grow", "ys": YS[0], "x": np.ones(7)}, ShapeError, r"\(3,\), one place per .*transpose it"),
        ({"labels": ["a"]}, OptionError, "labels must be 3, one for each curve, not 1$"),
        ({"labels": [["a"] * 3] * 5}, OptionError, r"list\(zip\(\*labels\)\) turns lists per step round"),
        ({"labels": [["a"] * 4] * 3}, OptionError, r"labels\[0\] must have one text per step: .* 5, and 4"),
        ({"labels": ["{stop}"] * 3}, OptionError, r"labels\[0\].*names \{stop\}, but there are \{step\}"),
        ({"colors": ["r"]}, OptionError, "one colour, or 3, one for each curve, not 1"),
        ({"colors": "reddish"}, OptionError, "colors must be a colour such as 'white'"),
        ({"colors": ["r", "g", "bleu"]}, OptionError, "colors must be a colour .*not 'bleu'"),
        ({"legend": True}, OptionError, r"give labels=\[...\]"),
        ({"legend": "on data", "labels": ["a"] * 3}, OptionError, "is for groups of points"),
        ({"tail": -1}, OptionError, "tail must be a whole number of steps from 0 on, not -1"),
        ({"linewidth": 0}, OptionError, "linewidth must be a number above 0"),
        ({"marker": "heart"}, OptionError, "lines cannot be drawn so: .*heart"),
    ],
)  # fmt: skip
def test_errors(words, error, text):
    with pytest.raises(error, match=text):
        make_curves(**({"x": None, "ys": YS} | words))


def test_legend_objects():
    curves = make_curves(
        None, YS, labels=["a", "b", "c"], legend=Legend(loc="best", title="T", fontsize=7, ncols=3)
    )
    ax = new_axes()
    curves.parts[1].attach(ax)
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "T"
    assert [text.get_fontsize() for text in legend.get_texts()] == [7, 7, 7]
    plain = make_curves(None, YS, labels=["a", "b", "c"], legend=False)
    assert plain.parts == (plain,)


def test_the_film_lists_the_labels():
    film = ga.lines(None, YS, labels=["a", "b", "c"], colors=["red", "lime", "blue"], size=(300, 200))
    picture = film.frame(2)
    plain = ga.lines(None, YS, colors=["red", "lime", "blue"], size=(300, 200)).frame(2)
    for color in ([255, 0, 0], [0, 255, 0], [0, 0, 255]):  # in the legend, at the right of the axes
        assert (picture[:, 250:] == color).all(axis=-1).any()
        assert (plain[:, :250] == color).all(axis=-1).any()
