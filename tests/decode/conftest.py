"""Films of the same few points in every format, made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gpuanim as ga

COUNT = 14
FILMS = {
    "film.mp4": {},
    "h265.mp4": {"codec": "h265"},
    "av1.mp4": {"codec": "av1"},
    "film.webm": {},
    "film.mov": {},
    "prores.mov": {"codec": "prores"},
    "film.mkv": {},
    "ffv1.mkv": {"codec": "ffv1"},
    "film.gif": {},
    "film.apng": {},
    "film.webp": {},
    "lossless.webp": {"quality": "lossless"},
    "film.html": {},
}
ALPHA = {
    "alpha.mov": {},
    "alpha.webm": {},
    "alpha.mkv": {},
    "alpha.apng": {},
    "alpha.webp": {"quality": "lossless"},
}
TITLE = "rank; # = \\ 'one' \u00b5\u20ac <b>"


@pytest.fixture(scope="session")
def animation() -> ga.Animation:
    """400 points through which a wave runs, at 30 frames/s."""
    coords = np.random.default_rng(0).normal(size=(400, 2))
    waves = [np.sin(2 * coords[:, 0] + t / 3) for t in range(COUNT)]
    return ga.animate(coords, waves, size=(160, 120), s=30, cmap="magma", fps=30)


@pytest.fixture(scope="session")
def films(animation: ga.Animation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every film of `FILMS` and `ALPHA`."""
    folder = tmp_path_factory.mktemp("films")
    for name, options in FILMS.items():
        animation.save(folder / name, title=TITLE, **options)
    for name, options in ALPHA.items():
        animation.save(folder / name, title=TITLE, transparent=True, **options)
    return folder
