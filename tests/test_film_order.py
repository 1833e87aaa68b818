"""An order that the values decide once for the film: nothing pops up, NaN lies at the bottom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gpuanim as ga
from gpuanim.errors import OptionError
from gpuanim.film import Fits, Timings
from gpuanim.film_order import FilmOrder, peaks
from gpuanim.look import make_dots
from gpuanim.values._base import Source
from gpuanim.values.sources import as_source

NAN = np.nan


def source(*steps):
    return as_source([np.array(step, np.float32) for step in steps], n_points=len(steps[0]))


def test_the_highest_value_of_the_film_decides():
    steps = source([0, 5, NAN, -9, NAN], [1, 0, NAN, 2, 4])
    assert peaks(steps).tolist()[:2] == [1, 5]
    assert FilmOrder("value", steps).resolve().tolist() == [2, 0, 3, 4, 1]
    assert FilmOrder("abs", steps).resolve().tolist() == [2, 0, 4, 1, 3]


def test_infinite_values_lie_above_missing_ones():
    assert FilmOrder("value", source([NAN, -np.inf, 0, np.inf])).resolve().tolist() == [0, 1, 2, 3]


def test_ties_stay_in_the_order_of_the_data():
    assert FilmOrder("value", source([1, 0, 1, 0])).resolve().tolist() == [1, 3, 0, 2]


def test_steps_are_not_changed():
    first = np.array([3.0, -1.0])
    FilmOrder("abs", as_source([first, first + 1], n_points=2)).resolve()
    assert first.tolist() == [3.0, -1.0]


def test_of_shares_the_largest_counts():
    class Shares(Source):
        def steps(self):
            yield np.array([[0.2, 0.3], [0.9, 0.1]])
            yield np.array([[0.1, 0.4], [0.8, NAN]])

    assert peaks(Shares()).tolist() == [0.4, 0.9]


def test_categories_are_ordered_by_their_number_and_none_is_lowest():
    class Codes(Source):
        coded = True

        def steps(self):
            yield np.array([2, -1, 0, 1], np.int8)
            yield np.array([0, -1, 1, 0], np.int8)

    assert FilmOrder("value", Codes()).resolve().tolist() == [1, 2, 3, 0]


@given(arrays(np.float32, (4, 30), elements=st.floats(-8, 8, width=32) | st.just(NAN)))
def test_laws(steps):
    order = FilmOrder("value", as_source(steps, n_points=30)).resolve()
    assert sorted(order) == list(range(30))
    key = np.fmax.reduce(steps, axis=0)[order]
    n_missing = np.isnan(key).sum()
    assert np.isnan(key[:n_missing]).all()
    assert (np.diff(key[n_missing:]) >= 0).all()


def test_lifted_points_lie_above_all():
    lift = np.array([0, 1, -1, 0])
    assert FilmOrder("value", source([3, 0, 9, 1]), lift).resolve().tolist() == [2, 3, 0, 1]


def test_a_permuted_source_has_the_same_order():
    rng = np.random.default_rng(0)
    graph = rng.random((200, 200)) < 0.03
    labels = np.zeros(200)
    labels[:4] = 1
    orders = [
        FilmOrder(
            "value",
            ga.LabelPropagation((graph | graph.T).astype(float), labels, n_steps=4, order=order, dtype=float),
        ).resolve()
        for order in ("given", "locality")
    ]
    assert np.array_equal(*orders)


# ---- in films

POINT = np.zeros((3, 2))
LOOK = {"size": (9, 9), "cmap": ["black", "red"], "antialias": False, "vmin": 0, "vmax": 1}


def middle(film, frame):
    return film.frame(frame)[4, 4].tolist()


def test_what_shines_once_is_on_top_in_all_frames():
    steps = [[0.2, 0.0, 0.1], [0.3, 1.0, NAN], [0.4, 0.0, 0.1]]
    film = ga.animate(POINT, steps, order="value", order_scope="film", **LOOK)
    assert [middle(film, i) for i in range(3)] == [[0, 0, 0], [255, 0, 0], [0, 0, 0]]
    by_frame = ga.animate(POINT, steps, order="value", **LOOK)
    assert middle(by_frame, 0)[0] > 0  # the highest one of the frame
    assert middle(by_frame, 2)[0] > 0


def test_it_is_one_order_that_costs_nothing_per_frame():
    coords = np.random.default_rng(0).normal(size=(300, 2))
    steps = [np.sin(coords[:, 0] * 2 + t) for t in range(4)]
    film = ga.animate(coords, steps, order="abs", order_scope="film", size=(64, 64))
    assert film._film.clouds[0].still
    given_order = np.max(np.abs(steps), axis=0)
    same = ga.animate(coords, steps, order=given_order, size=(64, 64))
    assert np.array_equal(film.to_array(), same.to_array())
    fits = Fits(film._film, Timings())
    assert fits.order(0) is fits.order(0)


def test_seconds_and_metadata_tell(tmp_path):
    film = ga.animate(POINT, [[0.1, 0.2, 0.3]], order="value", order_scope="film", **LOOK)
    result = film.save(tmp_path / "film.gif")
    assert result.seconds["order"] > 0
    from gpuanim.provenance import describe

    told = describe(film._film, renderer="cpu", fps=film.fps, dpi=100)
    assert (told["order"], told["order_scope"]) == ("value", "film")
    assert "order_scope" not in describe(
        ga.animate(POINT, [[0.1, 0.2, 0.3]], **LOOK)._film, renderer="cpu", fps=film.fps, dpi=100
    )


def test_highlighted_cells_lie_above_all_others():
    steps = [[0.9, 0.2, 1.0]]
    picked = ga.Highlight(cells=[1], outline=True)
    film = ga.animate(POINT, steps, order="value", order_scope="film", highlight=picked, **LOOK)
    assert middle(film, 0) == ga.animate(POINT[:1], [[0.2]], **LOOK).frame(0)[4, 4].tolist()
    with pytest.raises(OptionError, match='or order_scope="film"'):
        ga.animate(POINT, steps, order="value", highlight=picked, **LOOK)


def test_an_interactive_page_has_that_order(tmp_path):
    film = ga.animate(POINT, [[0.9, 0.2, 1.0]], order="value", order_scope="film", **LOOK)
    assert film.save(tmp_path / "page.html", interactive=True).n_frames == 1


def test_values_that_pass_once_cannot_decide():
    steps = (np.zeros(3) for _ in range(2))
    with pytest.raises(OptionError, match='give a list, an array or a callable, or take order_scope="frame"'):
        ga.animate(POINT, steps, vmin=0, vmax=1, order="value", order_scope="film")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"order": "valeu"}, r"order must be one of .*; did you mean 'value'\?"),
        ({"order": "value", "order_scope": "flim"}, r"order_scope must be one of .*; did you mean 'film'\?"),
        ({"order": "value", "order_scope": 3}, "order_scope must be one of .*, not 3"),
        ({"order_scope": "film"}, 'order_scope is for order="value" and "abs"'),
        ({"order": np.arange(3), "order_scope": "film"}, "other orders always hold for the film"),
    ],
)
def test_what_cannot_be_used(options, text):
    with pytest.raises(OptionError, match=text):
        make_dots(3, s=None, alpha=1, seed=0, antialias=True, **({"order": "data"} | options))
