"""Whole films on `opengl` and on `cpu`: the same pictures, within 2 of 255 on 99.9 % of the pixels."""

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.raster.opengl.probe import looked

pytestmark = pytest.mark.opengl

RNG = np.random.default_rng(0)
WHERE = RNG.normal(size=(3000, 3))
VALUES = np.sin(2 * WHERE[:, 0] + np.arange(5)[:, None])
VALUES[:, :30] = np.nan
MOVED = (WHERE[:, :2] * (1 + 0.1 * np.arange(5)[:, None, None])).astype(np.float32)


@pytest.fixture(autouse=True)
def opengl():
    found, tried = looked()
    if found is None:
        pytest.skip(f"no OpenGL here: {tried}")


def moving(renderer, **options):
    look = {"size": (181, 141), "title": "step {step}", "alpha": 0.5, "order": "value", "s": 9} | options
    return ga.animate(MOVED, VALUES, n_frames=9, renderer=renderer, **look)


FILMS = {
    "moving points under a text that changes": moving,
    "points that stand still": lambda r: ga.animate(WHERE[:, :2], VALUES, size=(160, 120), renderer=r),
    "an orbit": lambda r: ga.animate(
        WHERE, VALUES, camera=ga.Orbit(), n_frames=5, size=(160, 120), renderer=r
    ),
    "trails": lambda r: moving(r, trail=0.1, fps=25),
    "two panels": lambda r: ga.panels(
        [moving(r), ga.animate(WHERE[:, :2], VALUES, antialias=False)], size=(320, 160), renderer=r
    ),
    "a reduction": lambda r: ga.animate(WHERE[:, :2], VALUES, blend="mean", size=(160, 120), renderer=r),
}


@pytest.mark.parametrize("film", FILMS.values(), ids=FILMS)
def test_films_are_those_of_cpu(film):
    cpu, opengl = (film(renderer).to_array().astype(int) for renderer in ("cpu", "opengl"))
    assert cpu.shape == opengl.shape
    assert (np.abs(cpu - opengl) > 2).mean() <= 1e-3
    assert len({frame.tobytes() for frame in opengl}) > 1


def test_a_morph_of_real_cells(pbmc68k):
    cpu, opengl = (
        ga.morph(pbmc68k, ["pca", "umap"], color="louvain", n_frames=60, size=(240, 180), renderer=renderer)
        .to_array()
        .astype(int)
        for renderer in ("cpu", "opengl")
    )
    assert (np.abs(cpu - opengl) > 2).mean() <= 1e-3


def test_frames_one_by_one_are_those_of_the_film():
    film = moving("opengl")
    whole = film.to_array()
    assert np.array_equal(np.stack(list(film.frames())), whole)
    assert np.array_equal(film.frame(3), whole[3])
    again = film.to_array()
    assert np.array_equal(again, whole)


def test_palette_frames_and_video_are_written(tmp_path, decode):
    flat = moving("opengl", alpha=1, antialias=False, title=None)
    flat.save(tmp_path / "film.gif")
    flat.save(tmp_path / "film.mp4")
    frames = decode(tmp_path / "film.mp4").frames
    expected = flat.to_array()
    assert len(frames) == len(expected)
    assert np.abs(frames[:, :141, :181].astype(int) - expected).mean() < 4
    gif = decode(tmp_path / "film.gif").frames  # frames that repeat are shown longer
    assert np.abs(gif[-1].astype(int) - expected[-1]).max() <= 1  # the closest colours share a row
