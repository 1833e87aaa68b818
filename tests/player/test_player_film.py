"""A film that gpuanim rendered, in its player, in a real browser: the pixels shown are those of `frame(k)`.

Tolerance. The film is H.264 at crf 17 with colour at half the resolution (4:2:0), so single pixels at the
rims of points may be far off in colour. What is bounded: the mean difference of luma (measured 0.3 of 255,
allowed 1) and of RGB (0.7, allowed 2); in the flat inside of points, where 5 x 5 pixels have one colour, the
mean difference of each channel (1 to 2, allowed 4). Neighbouring frames of this film differ by 2 or more in
luma: no frame can pass for another.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, minimum_filter

import gpuanim as ga

pytestmark = pytest.mark.browser

COUNT = 60
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@pytest.fixture(scope="module")
def film(pbmc68k, tmp_path_factory):
    """A page with 700 real cells through which waves run, its frames, and their luma."""
    coords = np.asarray(pbmc68k.obsm["X_umap"], float)
    x, y = ((coords - coords.min(0)) / np.ptp(coords, axis=0)).T
    times = np.linspace(0, 1, COUNT, endpoint=False)
    waves = [np.sin(2 * np.pi * (x * (1 + 2 * t) + y - 4 * t)) for t in times]  # no two frames are alike
    film = ga.animate(coords, waves, vmin=-1, vmax=1, size=(480, 360), s=90, fps=20)
    path = tmp_path_factory.mktemp("film") / "a film.html"
    film.save(path)
    frames = np.stack(list(film.frames()))
    assert np.array_equal(frames[7], film.frame(7))
    luma = frames @ LUMA
    assert np.abs(np.diff(luma, axis=0)).mean((1, 2)).min() > 2
    return path, frames, luma


def flat_inside(frame):
    """Return where a pixel and its neighbours have one colour that is not the background's."""
    box = (5, 5, 1)
    same = (maximum_filter(frame, box) == minimum_filter(frame, box)).all(-1)
    return same & (frame.min(-1) < 250)


def assert_shows(picture, film, k):
    _, frames, luma = film
    assert picture.shape == frames[k].shape
    gaps = np.abs(picture @ LUMA - luma).mean((1, 2))
    assert gaps.argmin() == k
    assert gaps[k] < 1
    difference = np.abs(picture.astype(int) - frames[k])
    assert difference.mean() < 2
    flat = flat_inside(frames[k])
    assert flat.sum() > 1000
    assert (difference[flat].mean(0) < 4).all()


def test_seeks_show_the_pixels_of_their_frames(show, film):
    shown = show(film[0])
    for k in (0, 1, COUNT - 1, 31, 30, 17, 58):
        assert shown.seek(k) == k
        assert_shows(shown.picture(), film, k)
    assert_shows(shown.decoded(), film, 58)


def test_keys_step_through_the_film(show, film):
    shown = show(film[0])
    shown.root.focus()
    steps = [("ArrowRight", 1), ("ArrowRight", 2), ("Shift+ArrowRight", 12), ("ArrowLeft", 11)]
    for key, k in [*steps, ("End", COUNT - 1), ("Shift+ArrowLeft", COUNT - 11), ("Home", 0)]:
        assert shown.press(key) == k
        assert_shows(shown.picture(), film, k)


def test_plays_and_stops_on_the_frame_that_it_names(show, film):
    shown = show(film[0])
    shown.root.focus()
    shown.page.keyboard.press(" ")
    shown.page.wait_for_function("() => document.querySelector('.gpuanim-player').player.frame > 8")
    shown.page.keyboard.press(" ")
    k = shown.settle()
    assert k > 8
    assert_shows(shown.picture(), film, k)
    assert shown.page.locator(".gpuanim-count").inner_text() == f"{k + 1} / {COUNT}"


def test_survives_a_scrub_of_a_hundred_steps(show, film):
    """The mouse drags the slider there and back, faster than frames can be decoded."""
    shown = show(film[0])
    shown.root.evaluate("root => { root.seen = 0; root.addEventListener('frame', () => { root.seen++; }); }")
    track = shown.page.get_by_role("slider", name="Frame")
    box = track.bounding_box()
    y = box["y"] + box["height"] / 2
    mouse = shown.page.mouse
    mouse.move(box["x"] + 8, y)
    mouse.down()
    for i in range(1, 101):
        place = 1 - abs(1 - i / 70)  # to the right end, and back to four sevenths
        mouse.move(box["x"] + 8 + place * (box["width"] - 16), y)
    mouse.up()
    k = shown.settle()
    assert abs(k - 4 / 7 * (COUNT - 1)) < 1.5
    assert int(track.input_value()) == k
    assert shown.root.evaluate("root => root.seen") > 5  # the picture follows the hand
    assert_shows(shown.picture(), film, k)
    assert shown.press("Home") == 0
    assert_shows(shown.picture(), film, 0)
