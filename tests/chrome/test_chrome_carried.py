"""Symbols, lassos and names of groups go where a camera shows their places."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.chrome.figure import drawing
from gpuanim.film import Fits, Timings, film_steps
from gpuanim.frames import PixelFormat

SIZE = (240, 180)
LOOK = {"size": SIZE, "s": 12, "background": "white", "cmap": ["#dddddd"]}
ZOOM = (ga.Shot.all(), ga.Shot.box((-1, 1), (-0.8, 0.8)))


@pytest.fixture(scope="module")
def space():
    return np.random.default_rng(4).normal(size=(200, 3)) * [3, 2, 1]


def lenses(film):
    """Return the lens of each frame."""
    panel = film._plan((PixelFormat.RGB24,), Fits(film._film, Timings())).panels[0]
    return [panel.lens(moment, states[0].coords) for moment, states in film_steps(film._film, Fraction(10))]


@pytest.mark.parametrize("camera", [ZOOM, ga.Orbit(depth_cue=0)])
def test_symbols_lie_on_their_cells(space, camera):
    coords = space if isinstance(camera, ga.Orbit) else space[:, :2]
    cell = int(np.abs(coords[:, :2]).sum(1).argmin())
    star = ga.Highlight([cell], marker="s", size=80, color="#ff0000")
    film = ga.animate(coords, np.zeros(200), camera=list(camera) if camera is ZOOM else camera,
                      highlight=star, n_frames=5, **LOOK)  # fmt: skip
    for frame, lens in zip(film.frames(), lenses(film), strict=True):
        seen = lens.project(coords[[cell]])
        y, x = np.nonzero((frame == [255, 0, 0]).all(axis=2))
        assert len(x) > 20
        assert (x.mean() + 0.5, y.mean() + 0.5) == pytest.approx((seen.x[0], seen.y[0]), abs=1)


def test_without_a_move_marks_are_those_of_the_still_film(space):
    marks = [
        ga.Highlight([3, 5], marker="star", label="seeds"),
        ga.Highlight(lasso=[(-2, -1), (2, -1), (0, 2)]),
    ]
    options = {"highlight": marks, "legend": True} | LOOK
    still = ga.animate(space[:, :2], np.zeros(200), **options).frame(0)
    film = ga.animate(space[:, :2], np.zeros(200), camera=ga.Shot.all(), **options)
    assert (np.abs(film.frame(0).astype(int) - still) > 8).any(axis=2).mean() < 0.002


def test_a_lasso_goes_with_the_data(space):
    lasso = ga.Highlight(lasso=[(-0.5, -0.4), (0.5, -0.4), (0.5, 0.4), (-0.5, 0.4)], color="#0000ff")
    film = ga.animate(space[:, :2], np.zeros(200), camera=list(ZOOM), highlight=lasso, n_frames=2, **LOOK)
    spans = []
    for frame in film.frames():
        _, x = np.nonzero((frame[..., 2].astype(int) - frame[..., 0]) > 150)
        spans.append(np.ptp(x))
    zoom = lenses(film)[1].zoom
    assert spans[1] / spans[0] == pytest.approx(zoom, rel=0.1)


def names_at(film, frame):
    """Return name -> its extent in a frame, of those that are seen."""
    stage = film._film.stage
    with stage.style.applied():
        made = drawing(stage, 100, SIZE, (0,), [None, None])
        names = next(part for panel in made.panels for part in panel.attached if len(part.artists) > 1)
        moment, _ = list(film_steps(film._film, Fraction(10)))[frame]
        lens = lenses(film)[frame]
        shown = names.show(ga.Moment(moment.frame, None, 0, None, 0.0, lenses=(lens,)))
        again = names.show(ga.Moment(moment.frame, None, 0, None, 0.0, lenses=(lens,)))
    assert shown == again
    canvas = made._canvas
    return {t.get_text(): t.get_window_extent(canvas.renderer) for t in names.artists if t.get_visible()}


@pytest.mark.parametrize("deep", [False, True])
def test_names_on_the_data_are_readable_and_at_their_groups(space, deep):
    coords = space if deep else space[:, :2]
    labels = np.array(["left", "middle", "right"])[np.digitize(coords[:, 0], [-1, 1])]
    camera = ga.Orbit() if deep else list(ZOOM)
    film = ga.animate(coords, labels, camera=camera, legend="on data", n_frames=4, size=SIZE, s=12)
    for frame in range(4):
        found = names_at(film, frame)
        assert "middle" in found
        assert not any(a.overlaps(b) for a, b in combinations(found.values(), 2))
        lens = lenses(film)[frame]
        seen = lens.project(np.median(coords[labels == "middle"], axis=0)[None])
        extent = found["middle"]
        assert abs((extent.x0 + extent.x1) / 2 - seen.x[0]) < 30
        assert abs(SIZE[1] - (extent.y0 + extent.y1) / 2 - seen.y[0]) < 30
    if not deep:
        assert set(names_at(film, 0)) == {"left", "middle", "right"}
        assert set(names_at(film, 3)) == {"middle"}  # the others lie outside


def test_a_scale_bar_fits_the_zoom(space):
    film = ga.animate(
        space[:, :2],
        np.zeros(200),
        camera=list(ZOOM),
        scale_bar="um",
        n_frames=2,
        **LOOK | {"cmap": ["white"]},
    )
    stage, spans = film._film.stage, []
    seen = lenses(film)
    for frame, lens in zip(film.frames(), seen, strict=True):
        lower = (frame[-12:, :, 0] < 60).sum(axis=1).max()  # the line, in pixels
        spans.append(lower / lens.pixels_per_unit())
    with stage.style.applied():
        made = drawing(stage, 100, SIZE, (0,), [None, None])
        bar = next(part for panel in made.panels for part in panel.attached)
        told = [bar.show(ga.Moment(0, None, 0, None, 0.0, lenses=(lens,))) for lens in seen]
    for span, (label, _) in zip(spans, told, strict=True):
        assert span == pytest.approx(float(label.removesuffix(" um")), rel=0.06)
    assert spans[1] < spans[0] / 2


def test_palettes_have_the_colours_of_symbols(space, tmp_path):
    from PIL import Image

    star = ga.Highlight([0], marker="s", size=300, color="#00ff00")
    film = ga.animate(space, np.zeros(200), camera=ga.Orbit(), highlight=star, n_frames=2, **LOOK)
    with Image.open(film.save(tmp_path / "film.gif").path) as gif:
        picture = np.asarray(gif.convert("RGB"))
    assert (picture == [0, 255, 0]).all(axis=2).sum() > 50
