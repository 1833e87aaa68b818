"""Several clouds in one frame, and what moves above them: against each drawn alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.chrome._base import Moment, Moving, Patch, Stage, StageLayers
from gpuanim.errors import SourceError
from gpuanim.film import Film, Fits, Timings, film_steps
from gpuanim.frames import PixelFormat
from gpuanim.painting import Painter
from gpuanim.pipeline import draw_frames
from gpuanim.plan import resolve
from gpuanim.view.plane import View

WIDTH, HEIGHT = 48, 36
FORMATS = [f for f in PixelFormat if f is not PixelFormat.PAL8]


class Clock(Moving):
    """A red bar as long as the frame's number, in the middle of the left panel."""

    def __init__(self):
        self.frame = 0

    def show(self, moment: Moment):
        self.frame = moment.frame // 2  # stays for two frames
        return self.frame

    def draw(self):
        if self.frame == 0:
            return None
        return Patch(5, 11, np.full((7, self.frame, 4), [255, 0, 0, 255], np.uint8))


@dataclass(frozen=True, eq=False)
class SideBySide(Stage):
    views: tuple[View, ...]
    moving: bool = False
    figsize = (2 * WIDTH / 100, HEIGHT / 100)
    background = np.array([250, 250, 250], np.uint8)

    def without_background(self):
        return self

    def layers(self, dpi, size, fitted):
        return StageLayers(self.views, self.background, None, (Clock(),) if self.moving else ())

    def describe(self):
        return {}


def films(n=400, t=7, moved=(0.5, 0.01)):
    """Return two films; in the second few points change their colour."""
    rng = np.random.default_rng(0)
    made = []
    for share in moved:
        coords, values = rng.normal(size=(n, 2)), [rng.random(n)]
        for _ in range(t - 1):
            values.append(np.where(rng.random(n) < share, rng.random(n), values[-1]))
        made.append(
            ga.animate(coords, values, size=(WIDTH, HEIGHT), s=1, background="#fafafa", vmin=0, vmax=1)
        )
    return made


def together(made, **options):
    views = []
    for i, film in enumerate(made):
        (view,) = film._film.stage.layers(100, (WIDTH, HEIGHT), lambda _: None).views
        left, *rest = view.box
        views.append(View(view.xlim, view.ylim, (left + i * WIDTH, *rest)))
    clouds = tuple(film._film.clouds[0] for film in made)
    return Film(clouds, SideBySide(tuple(views), **options), made[0]._film.timeline)


def drawn(film, pixel_format, buffers=2):
    """Return the frames of a film, drawn in turns to a few buffers, as bytes."""
    timings = Timings()
    fits = Fits(film, timings)
    plan = resolve(film, accepted=(pixel_format,), fits=fits, dpi=100, fps=Fraction(25), renderer="cpu")
    ring = [pixel_format.empty(plan.spec.width, plan.spec.height) for _ in range(buffers)]
    frames = []

    def next_buffers():
        ring.append(ring.pop(0))
        return (ring[-1],)

    with Painter(film, (plan,), fits, timings) as painter:
        frames.extend(
            out.copy() for (out,) in draw_frames(film, painter, Fraction(25), timings, next_buffers)
        )
    return frames


def planes(frame, pixel_format, width):
    """Return a frame as planes of rows, (rows, width of a plane, channels)."""
    if pixel_format is PixelFormat.NV12:
        luma = frame[: width * HEIGHT].reshape(HEIGHT, width, 1)
        return luma, frame[width * HEIGHT :].reshape(HEIGHT // 2, width // 2, 2)
    if pixel_format is PixelFormat.YUV420P:
        chroma = frame[width * HEIGHT :].reshape(2, HEIGHT // 2, width // 2, 1)
        return frame[: width * HEIGHT].reshape(HEIGHT, width, 1), *chroma
    if pixel_format is PixelFormat.YUV444P:
        return tuple(frame.reshape(3, HEIGHT, width, 1))
    return (frame.reshape(HEIGHT, width, -1),)


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("moved", [(0.5, 0.01), (0.01, 0.01)])
def test_panels_show_what_each_film_shows_alone(pixel_format, moved):
    made = films(moved=moved)
    alone = [drawn(film._film, pixel_format) for film in made]
    frames = drawn(together(made), pixel_format)
    assert len(frames) == 7
    for frame, *parts in zip(frames, *alone, strict=True):
        halves = zip(*(planes(part, pixel_format, WIDTH) for part in parts), strict=True)
        for plane, (left, right) in zip(planes(frame, pixel_format, 2 * WIDTH), halves, strict=True):
            np.testing.assert_array_equal(plane, np.concatenate([left, right], axis=1))


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_what_moves_above_the_points_leaves_no_trace(pixel_format):
    made = films(moved=(0.01, 0.01))
    plain, marked = drawn(together(made), pixel_format), drawn(together(made, moving=True), pixel_format)
    np.testing.assert_array_equal(plain[1], marked[1])
    for k in (2, 5):
        (before, *_), (after, *_) = (planes(frames[k], pixel_format, 2 * WIDTH) for frames in (plain, marked))
        rows, columns = np.nonzero((before != after).any(-1))
        assert set(rows) <= set(range(11, 18))
        assert set(columns) <= set(range(5, 5 + k // 2))
        assert len(rows) > 0


def test_a_change_above_still_points_is_a_new_frame():
    made = films()
    still = [ga.animate(f._film.clouds[0].coords, np.zeros(400), n_steps=1, n_frames=6) for f in made]
    film = replace(together(made, moving=True), clouds=tuple(f._film.clouds[0] for f in still))
    film = replace(film, timeline=still[0]._film.timeline)
    frames = drawn(film, PixelFormat.RGB24)
    assert [bool((a == b).all()) for a, b in pairwise(frames)] == [True, False] * 2 + [True]


def test_moments_tell_step_time_and_share():
    coords = np.random.default_rng(0).normal(size=(5, 2))
    film = ga.animate(coords, np.zeros((3, 5)), n_frames=5, tween="linear", fps=10, hold=(0.1, 0.2))._film
    moments = [moment for moment, _ in film_steps(film, Fraction(10))]
    assert [m.frame for m in moments] == list(range(8))
    assert [m.step for m in moments] == [0, 0, 1, 1, 2, 2, 2, 2]
    assert [m.share for m in moments] == [0, 0, -0.5, 0, -0.5, 0, 0, 0]
    assert [round(m.time, 3) for m in moments] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert {(m.n_frames, m.n_steps) for m in moments} == {(8, 3)}
    (picked, _), *_ = film_steps(film.only(6), Fraction(10))
    assert (picked.frame, picked.step, picked.n_frames) == (6, 2, 8)


def test_moments_of_values_of_unknown_length():
    coords = np.random.default_rng(0).normal(size=(5, 2))
    film = ga.animate(coords, (np.zeros(5) for _ in range(3)), vmin=0, vmax=1, fps=4, hold=(0.5, 0.5))._film
    moments = [moment for moment, _ in film_steps(film, Fraction(4))]
    assert [m.step for m in moments] == [0, 0, 0, 1, 2, 2, 2]
    assert {(m.n_frames, m.n_steps) for m in moments} == {(None, None)}
    with pytest.raises(SourceError, match="only once"):
        list(film_steps(film, Fraction(4)))


def test_a_cloud_of_one_step_stands_still_beside_one_of_unknown_length():
    made = films()
    moving = ga.animate(
        made[0]._film.clouds[0].coords, iter(np.random.default_rng(1).random((4, 400))), vmin=0, vmax=1
    )
    still = ga.animate(made[1]._film.clouds[0].coords, np.linspace(0, 1, 400))
    film = Film((moving._film.clouds[0], still._film.clouds[0]), together(made).stage, moving._film.timeline)
    frames = [planes(frame, PixelFormat.RGB24, 2 * WIDTH)[0] for frame in drawn(film, PixelFormat.RGB24)]
    assert len(frames) == 4
    for frame in frames[1:]:
        np.testing.assert_array_equal(frame[:, WIDTH:], frames[0][:, WIDTH:])
        assert (frame[:, :WIDTH] != frames[0][:, :WIDTH]).any()
