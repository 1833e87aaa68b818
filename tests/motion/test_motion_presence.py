"""Points that come and go by fading."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim.film import film_steps
from gpuanim.motion.presence import as_presence

N = 40
RNG = np.random.default_rng(8)
STILL = RNG.normal(size=(N, 2))
WAY = RNG.normal(size=(3, N, 2))
VALUES = RNG.random(N)
LOOK = {"size": (80, 60), "s": 30.0, "vmin": 0.001, "vmax": 1, "xlim": (-3, 3), "ylim": (-3, 3)}
HALF = np.arange(N) % 2 == 0


def film(coords=STILL, values=VALUES, **options):
    return ga.animate(coords, values, **(LOOK | options))


@pytest.mark.parametrize("alpha", [1.0, 0.4, np.linspace(0, 1, N)], ids=["opaque", "faint", "each"])
@pytest.mark.parametrize("blend", ["over", "weighted", "count"])
def test_all_there_is_as_without(alpha, blend):
    if blend == "count" and np.ndim(alpha):
        pytest.skip("counts take one alpha")
    present = np.ones((3, N))
    assert np.array_equal(
        film(WAY, alpha=alpha, blend=blend, present=present).to_array(),
        film(WAY, alpha=alpha, blend=blend).to_array(),
    )


@pytest.mark.parametrize("blend", ["over", "count"])
@pytest.mark.parametrize("order", ["data", "value", "random"])
def test_those_not_there_are_as_if_left_out(blend, order):
    if blend == "count" and order != "data":
        pytest.skip("counts have no order")
    values = np.sort(VALUES)[::-1]
    shown = film(present=HALF[None], values=values, blend=blend, order=order)
    if order == "random":  # of other numbers of points it is another one
        order = np.argsort(np.random.default_rng(0).permutation(N))[HALF]
    others = film(STILL[HALF], values[HALF], blend=blend, order=order)
    assert np.array_equal(shown.frame(0), others.frame(0))


def test_nobody_there_is_the_background():
    pictures = film(WAY, present=np.zeros((3, N))).to_array()
    assert (pictures == pictures[0, 0, 0]).all()
    assert (film(WAY, blend="count", present=np.zeros((3, N))).to_array() == pictures).all()


def test_a_share_is_an_opacity():
    shares = np.linspace(0, 1, N)
    assert np.array_equal(film(present=shares[None]).frame(0), film(alpha=shares).frame(0))


@pytest.mark.parametrize(
    ("fade", "leaving", "coming"),
    [
        (0.5, [1, 0.5, 0, 0, 0], [0, 0, 0, 0.5, 1]),
        (1.0, [1, 0.75, 0.5, 0.25, 0], [0, 0.25, 0.5, 0.75, 1]),
        (0.25, [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]),
        (0.0, [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]),
    ],
)
def test_points_leave_in_the_first_part_of_a_step_and_come_in_the_last(fade, leaving, coming):
    present = np.array([[1, 0, 1], [0, 1, 1]], float)
    made = ga.animate(
        np.zeros((2, 3, 2)), np.arange(3.0), present=present, fade=fade, tween="linear", n_frames=5, fps=10
    )
    shares = np.array([np.array(state.shares) for _, (state,) in film_steps(made._film, made.fps)])
    assert np.array_equal(shares, np.array([leaving, coming, [1] * 5], np.float32).T)


def test_points_fade_where_they_are_next_or_were_last():
    nan = np.nan
    way = np.array([[[0, 0], [nan, nan]], [[nan, nan], [8, 4]]])
    made = ga.animate(way, np.arange(2.0), present="finite", tween="linear", n_frames=5, fps=10)
    found = [np.array(state.coords) for _, (state,) in film_steps(made._film, made.fps)]
    for places in found[1:4]:
        assert np.array_equal(places, [[0, 0], [8, 4]])


def test_still_points_come_and_go():
    present = np.stack([HALF, ~HALF])
    made = film(present=present)
    assert made.n_frames == 2
    pictures = made.to_array()
    for k, mask in enumerate(present):
        assert np.array_equal(pictures[k], film(STILL[mask], VALUES[mask]).frame(0))
        assert np.array_equal(made.frame(k), pictures[k])


@pytest.mark.parametrize("form", ["list", "callable", "generator", "columns"])
def test_presence_in_all_forms(form):
    present = RNG.random((3, N)) > 0.5
    forms = {
        "list": list(present), "callable": present.__getitem__, "generator": (row for row in present),
        "columns": present.T,
    }  # fmt: skip
    made = film(WAY, present=forms[form]).to_array()
    assert np.array_equal(made, film(WAY, present=present).to_array())


def test_a_stream_of_places_with_gaps():
    present = np.stack([HALF, ~HALF, HALF])
    way = np.where(present[..., None], WAY, np.inf)
    once = film(iter(way), present=iter(present), n_steps=3, tween="linear", n_frames=9, fps=10)
    again = film(way, present="finite", tween="linear", n_frames=9, fps=10)
    assert np.array_equal(once.to_array(), again.to_array())


@given(st.integers(0, 16))
def test_a_frame_alone_is_that_of_the_film(k):
    made = film(WAY, present=np.stack([HALF, ~HALF, HALF]), tween="linear", n_frames=17, fps=10, alpha=0.7)
    assert np.array_equal(made.frame(k), made.to_array()[k])


def test_gifs_show_faded_points(tmp_path, decode):
    made = film(present=np.array([[1.0] * N, [0.5] * N]), antialias=False, fps=10)
    result = made.save(tmp_path / "film.gif")
    assert result.n_frames == 2
    seen = decode(tmp_path / "film.gif").frames
    assert np.abs(seen.astype(int) - made.to_array()).max() <= 24, "256 colours"


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"present": np.full((3, N), 1.5)}, ga.SourceError, "present of step 0 must be.*; 40 of 40"),
        ({"present": np.full((3, N), np.nan)}, ga.SourceError, "present of step 0 must be"),
        ({"present": np.ones((3, N - 1))}, ga.ShapeError, r"present have shape \(3, 39\)"),
        ({"present": np.ones((2, N))}, ga.OptionError, "coords have 3 steps, present have 2 steps"),
        ({"present": "finit"}, ga.OptionError, "present must be .* not 'finit'"),
        ({"present": np.ones((3, N)), "fade": 2}, ga.OptionError, "fade must be a share of a step"),
        ({"present": np.ones((3, N)), "fade": "slow"}, ga.OptionError, "fade must be a share of a step"),
        ({"present": lambda i: VALUES, "coords": STILL}, ga.OptionError, "present is a callable"),
        ({"present": "finite", "coords": iter(WAY)}, ga.OptionError, "needs coords that can be read more"),
        ({"present": np.ones((3, N)), "coords": WAY * np.where(np.arange(N) == 3, np.nan, 1)[:, None]},
         ga.ShapeError, "coords of step 0 are not finite in 1 of 40 rows .* row 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_before_the_first_frame(options, error, match):
    with pytest.raises(error, match=match):
        film(**({"coords": WAY} | options))


def test_a_stream_with_a_point_that_is_there_without_a_place():
    way = [WAY[0], np.where(HALF[:, None], WAY[1], np.nan)]
    with pytest.raises(ga.ShapeError, match="coords of step 1 are not finite in 20 of 40 rows"):
        film(iter(way), present=np.ones((2, N)), n_steps=2).to_array()


def test_pages_with_points_need_all_of_them():
    with pytest.raises(ga.OptionError, match="interactive pages need points that stand still and stay"):
        film(present=HALF[None]).to_interactive_html()


def test_presence_of_nothing_said():
    assert as_presence(None, STILL, None, 0.5) is None
