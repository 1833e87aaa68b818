"""The memory of films: what was planned is what they take, and what does not fit is told before the start."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim import _memory
from gpuanim.budget import film as plans
from gpuanim.budget.film import FilmSize, PanelSize, film_advice, film_budget
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.estimate import at_most, estimate, layers, touched
from gpuanim.raster.operator import Operator
from gpuanim.simulate import atlas
from gpuanim.view.plane import View

PANEL = PanelSize(
    n=10_000_000, pixels=8_294_400, diameter=3.0, alpha=0.3, fragments=60_000_000, live=2_500_000,
    visible=5_000_000,
)  # fmt: skip
FILM = FilmSize((PANEL,), ((12_441_600, 8_294_400),), sources=740_000_000)


def test_a_small_film_by_hand():
    panel = PanelSize(n=100, pixels=50, diameter=1.0, alpha=1.0, fragments=10, live=8, visible=9)
    budget = film_budget(FilmSize((panel,), ((75, 50),), sources=1000, still=7))
    assert panel.operator == 6 * 10 + 5 * 9 + 2 * 8 + 4 * 50 + 8 * 9
    drawing = budget.stages["frames"]
    assert drawing["still layers"] == 7
    assert drawing["frames"] == 5 * 75
    assert drawing["values"] == 1000 + 200
    assert drawing["encoders"] == (50 << 20) + 160 * 50
    assert budget.stages["raster"]["points"] == 1200
    assert budget.worst == "frames"
    assert budget.nbytes == sum(drawing.values())


def test_what_is_told_of_a_plan():
    text = str(film_budget(FILM))
    assert text.startswith("2.88 GB (encoders 1.38 GB, values ")
    assert "the operator 463 MB" in text


@given(st.integers(1, 10**8), st.integers(1, 10**8), st.integers(0, 10**9), st.booleans(), st.integers(0, 2))
def test_more_needs_more(n, pixels, fragments, ordered, arrays):
    panel = replace(PANEL, n=n, pixels=pixels, fragments=fragments, ordered=ordered, arrays=arrays)

    def planned(**changes: Any) -> int:
        return film_budget(replace(FILM, panels=(replace(panel, **changes),))).nbytes

    assert planned(n=n + 1000) > planned()
    assert planned(fragments=fragments + 1000) > planned()
    assert planned(pixels=pixels + 1000) > planned()
    assert film_budget(replace(FILM, panels=(panel, panel))).nbytes > planned()


@pytest.mark.parametrize("alpha", [1.0, 0.3])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("n", [3_000, 60_000, 400_000])
def test_estimates_of_operators(alpha, antialias, n):
    coords = np.random.default_rng(0).normal(0, 1, (n, 2))
    view = View((-4, 4), (-4, 4), (0, 0, 400, 400))
    x, y = view.xy(coords)
    clip = (0, 0, 400, 400)
    found = estimate(x, y, 1.0, clip, 3.0, alpha, antialias=antialias, hiding=True)
    scene = Scene(Ground(400, 400, np.full(3, 255, np.uint8)), clip, alpha, antialias)
    made = Operator(Points(x, y, 3.0, np.arange(n, dtype=np.uint32)), scene, n, keep=True)
    assert 0.7 * made.n_fragments < found.fragments < 1.8 * made.n_fragments
    assert 0.7 * len(made.visible) < found.visible < 2.5 * len(made.visible)
    sampled = estimate(x[::4], y[::4], 4.0, clip, 3.0, alpha, antialias=antialias, hiding=True)
    assert sampled.fragments == pytest.approx(found.fragments, rel=0.1)
    most = at_most(n, clip, 3.0, alpha, antialias=antialias, hiding=True)
    assert most.fragments >= found.fragments
    assert most.live >= found.live
    assert most.visible >= found.visible


def test_discs_and_pixels():
    rng = np.random.default_rng(0)
    radius = 1.5
    px, py = rng.random((2, 4000)) + 10
    grid = np.arange(21) + 0.5
    gap = np.maximum(0, abs(grid[None] - px[:, None]) - 0.5)[:, None] ** 2
    gap = gap + np.maximum(0, abs(grid[None] - py[:, None]) - 0.5)[:, :, None] ** 2
    counted = (gap < radius**2).sum((1, 2)).mean()
    assert touched(2 * radius, antialias=True) == pytest.approx(counted, rel=0.02)
    assert touched(1.0, antialias=False) == 1.0
    assert layers(3, 0.0, antialias=True) == np.inf
    assert layers(1, 1.0, antialias=False) == 1
    assert layers(3, 0.3, antialias=True) > 3 * layers(3, 1.0, antialias=True)


@pytest.mark.parametrize("options", [{}, {"alpha": 0.3, "order": "random"}, {"blend": "mean"}])
def test_numpy_takes_what_was_planned(options, monkeypatch):
    n = 200_000
    coords, values = atlas(n, k=1).coords, np.random.default_rng(0).random((n, 2), np.float32)
    film = ga.animate(coords, values, size=(1200, 900), **options)
    film.frame(0)  # what is only loaded once
    seen = []
    monkeypatch.setattr(
        "gpuanim.painting.film_budget", lambda size: seen.append(film_budget(size)) or seen[0]
    )
    tracemalloc.start()
    try:
        film.frame(0)
        measured = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    planned = max(
        sum(size for name, size in stage.items() if name not in ("encoders", "libraries"))
        for stage in seen[0].stages.values()
    )
    assert 0.4 * planned < measured < 1.5 * planned


def test_a_process_takes_what_was_planned(tmp_path):
    code = (
        "import numpy as np, gpuanim as ga, sys\n"
        "rng = np.random.default_rng(0)\n"
        "xy, values = rng.normal(0, 1, (1_000_000, 2)), [rng.random(1_000_000)] * 3\n"
        "film = ga.animate(xy, values, size=(1920, 1080))\n"
        "facts = film.save(sys.argv[1]).facts\n"
        "print(facts['planned_bytes'], facts['peak_bytes'])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "film.mp4")]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    planned, measured = (int(word) if word != "None" else None for word in told.stdout.split())
    encoder = plans._ENCODER + plans._ENCODER_PER_PIXEL * 1920 * 1080
    assert measured is None or 0.5 < measured / (planned - encoder) < 1.1


def test_what_does_not_fit_is_told_before_the_start(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    n = 50_000
    film = ga.animate(rng.normal(0, 1, (n, 2)), [rng.random(n)] * 3, size=(1280, 720), alpha=0.2)
    facts = film.save(tmp_path / "film.mp4").facts
    assert facts["planned_bytes"] > 300e6
    monkeypatch.setattr("gpuanim.painting.raster.create", lambda *args: pytest.fail("it was too late"))
    monkeypatch.setattr(_memory, "available", lambda: 330_000_000)
    with pytest.raises(
        ga.MemoryPlanError,
        match=r"the film needs 3\d\d MB \(encoders 200 MB.* can be had; what would fit: frames of \d\d %",
    ):
        film.save(tmp_path / "other.mp4")
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]
    monkeypatch.setattr(_memory, "available", lambda: 1000)
    with pytest.raises(MemoryError, match=r"can be had$"):
        film.frame(0)
    monkeypatch.setattr(_memory, "available", lambda: None)
    monkeypatch.undo()
    assert film.frame(0).shape == (720, 1280, 3)


def test_advice_fits():
    budget = film_budget(FILM).nbytes
    ways = list(film_advice(FILM, budget - 200_000_000))
    assert ways[0].startswith("frames of 9")
    assert ways[1] == "alpha=1"
    assert "% of the cells" in ways[2]
    assert list(film_advice(FILM, 1000)) == []
    opaque = replace(FILM, panels=(replace(PANEL, alpha=1.0),))
    assert "alpha=1" not in list(film_advice(opaque, budget - 200_000_000))
