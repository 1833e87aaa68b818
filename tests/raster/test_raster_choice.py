"""The choice of the renderer: by synthetic costs the fastest one, and nobody looks for a GPU in vain."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuanim as ga
from gpuanim import raster
from gpuanim.film import Fits, Timings
from gpuanim.frames import PixelFormat
from gpuanim.raster import rivals
from gpuanim.raster.book import Book
from gpuanim.raster.choice import FILMS, FRAMES, LOOKING, MARGIN, Here, Rival, Workload, choose, seconds
from gpuanim.raster.costs import BEST, DEFAULTS, Costs, Load, Rates

STILL = Load(1000, 9000.0, 1.0, True, "over", 1920 * 1080, True)
BOOK = Book(DEFAULTS)

rate = st.floats(0, 1e-6)
rates = st.builds(Rates, st.floats(0, 1e-2), rate, rate, rate, rate)
costs = st.builds(Costs, st.floats(0, 3), rates, rates, rates)
loads = st.builds(
    lambda n, side, alpha, antialias, pixels, still: Load(
        n, n * side**2, alpha, antialias, "over", pixels, still
    ),
    st.integers(0, 10**7), st.floats(1, 20), st.floats(0.01, 1), st.booleans(),
    st.integers(0, 10**7), st.booleans(),
)  # fmt: skip
works = st.builds(
    Workload, st.lists(loads, max_size=3).map(tuple), st.none() | st.integers(1, 2000),
    st.just(PixelFormat.NV12),
)  # fmt: skip


def rival(name, kind, device="a device", *, gpu=True, can=True, look=None):
    looks = []

    def found():
        looks.append(name)
        return Here(kind, device) if look is None else look

    return Rival(name, (kind,), gpu, lambda: can, found), looks


def moving(points, frames, **changes):
    load = replace(STILL, points=points, fragments=10.0 * points, still=False, **changes)
    return Workload((load,), frames, PixelFormat.NV12)


@given(work=works, cpu=costs, cuda=costs, opengl=costs)
def test_what_is_chosen_is_the_fastest_within_the_margin(work, cpu, cuda, opengl):
    book = Book(DEFAULTS | {"cpu": cpu, "cuda": cuda, "opengl": opengl})
    found = choose(work, book, (rival("cuda", "cuda")[0], rival("opengl", "opengl")[0]))
    takes = {
        name: seconds(book.costs[name], work) + LOOKING.get(name, 0) for name in ("cpu", "cuda", "opengl")
    }
    own = seconds(book.costs[found.name], work)
    assert own <= min(takes.values()) / (1 - MARGIN) * (1 + 1e-9)
    assert own <= max(takes.values()) * (1 + 1e-9)
    assert f"{len(work.panels) and sum(load.points for load in work.panels):,}" in found.reason


@given(work=works, cpu=costs)
def test_nobody_looks_unless_the_best_gpu_would_save_more_than_looking_takes(work, cpu):
    book = Book(DEFAULTS | {"cpu": cpu})
    pairs = [rival(name, f"{name}", look="nothing here") for name in ("cuda", "opengl")]
    bare = tuple(replace(one, kinds=()) for one, _ in pairs)
    found = choose(work, book, bare)
    own = seconds(cpu, work)
    for one, looks in pairs:
        best = BEST[one.name]
        looking = replace(best, start=best.start + LOOKING[one.name])
        assert bool(looks) == (seconds(looking, work) < own * (1 - MARGIN))
    assert found.name == "cpu"


def test_seconds_are_the_sum_over_panels_and_frames():
    one = Costs(1.0, Rates(10.0), Rates(0.5, point=1e-3), Rates(0.25, 1e-3, 1e-4, 1e-5, 1e-6))
    still = Load(100, 400.0, 1.0, False, "over", 200, True)
    goes = replace(still, still=False)
    assert still.shown == 200
    work = Workload((still, goes), 4, PixelFormat.RGB24)
    by_hand = 1 + (10 + 4 * (0.5 + 0.1)) + 4 * (0.25 + 0.1 + 0.04 + 200 * 1e-5 + 200 * 1e-6)
    assert seconds(one, work) == pytest.approx(by_hand)
    assert seconds(one, replace(work, frames=None)) == seconds(one, replace(work, frames=FRAMES))


def test_translucent_and_soft_points_show_deeper():
    crowded = Load(10**6, 1e8, 1.0, False, "over", 10_000, True)
    depths = [replace(crowded, alpha=a, antialias=s).shown for a, s in ((1, False), (1, True), (0.3, True))]
    assert depths == sorted(depths)
    assert depths[0] == 10_000
    assert replace(crowded, fragments=5.0, alpha=0.0).shown == 5.0


def test_many_moving_points_go_to_a_gpu():
    one, looks = rival("opengl", "opengl", "Radeon")
    found = choose(moving(10**6, 300), BOOK, (one,))
    assert (found.name, looks) == ("opengl", ["opengl"])
    assert "on Radeon" in found.reason
    assert "1,000,000 moving points in 300 frames" in found.reason


def test_few_frames_and_still_points_stay_on_the_processor():
    one, looks = rival("opengl", "opengl")
    for work in (moving(10**6, 3), moving(1000, 300), Workload((STILL,), 300, PixelFormat.NV12)):
        found = choose(work, BOOK, (one,))
        assert found.name == "cpu"
        assert "could not save the time to start it" in found.reason
    assert not looks


def test_what_cannot_draw_the_film_is_not_looked_for():
    one, looks = rival("opengl", "opengl", can=False)
    found = choose(moving(10**7, 1000), BOOK, (one,))
    assert found.name == "cpu"
    assert "opengl cannot draw this" in found.reason
    assert not looks


def test_software_is_never_called_a_gpu_and_never_chosen_by_typical_costs():
    one, looks = rival("opengl", "opengl, software", "llvmpipe, software")
    for points in (10**5, 10**6, 10**7):
        found = choose(moving(points, 1000), BOOK, (one,))
        assert found.name == "cpu"
        assert "by opengl on llvmpipe, software" in found.reason
    assert looks
    found = choose(moving(10**7, 1000), BOOK, (replace(one, gpu_possible=False),))
    assert found.reason.endswith("there is no GPU here")
    assert len(looks) == 3


def test_software_that_was_measured_to_be_faster_is_chosen_under_its_name():
    quick = Costs(0, *(Rates(1e-4),) * 3)
    book = Book(DEFAULTS | {"opengl, software": quick}, {"opengl, software": "llvmpipe, software"})
    one, _ = rival("opengl", "opengl, software", "llvmpipe, software", gpu=False)
    found = choose(moving(10**6, 100), book, (one,))
    assert found.name == "opengl"
    assert "on llvmpipe, software" in found.reason


def test_costs_of_another_device_are_not_used():
    slow = Costs(1e6, *(Rates(1e-4),) * 3)
    book = Book(DEFAULTS | {"opengl": slow}, {"opengl": "Old card"})
    names = [
        choose(moving(10**6, 300), book, (rival("opengl", "opengl", device)[0],)).name
        for device in ("Old card", "New card")
    ]
    assert names == ["cpu", "opengl"]


def test_a_data_centre_gpu_draws_with_cuda():
    pair = rival("cuda", "cuda", "H100")[0], rival("opengl", "opengl, data centre", "H100")[0]
    assert choose(moving(5 * 10**6, 300), BOOK, pair).name == "cuda"


def test_devices_of_linux_are_files(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert not rivals.gpu_possible(tmp_path)
    assert not rivals.gpu_possible(tmp_path / "nowhere")
    (tmp_path / "dri").mkdir()
    (tmp_path / "dri" / "card0").touch()
    assert not rivals.gpu_possible(tmp_path)
    (tmp_path / "dri" / "renderD128").touch()
    assert rivals.gpu_possible(tmp_path)


def film(n=50, moves=False, **options):
    where = np.random.default_rng(0).normal(size=(3, n, 2) if moves else (n, 2)).astype(np.float32)
    return ga.animate(where, np.random.default_rng(1).random((3, n)), size=(64, 48), **options)


def plan_of(animation):
    return animation._plan((PixelFormat.NV12,), Fits(animation._film, Timings()))


def test_a_plan_has_the_choice_and_the_reason(monkeypatch):
    works = []

    def fastest(work, book):
        works.append(work)
        return choose(work, book, ())

    monkeypatch.delenv("GPUANIM_RENDERER", raising=False)
    monkeypatch.setattr(rivals, "fastest", fastest)
    plan = plan_of(film(trail=0.1, moves=True, fps=30, n_frames=7, s=4, alpha=0.5))
    (load,) = works[0].panels
    assert (load.points, load.still, load.mixing, load.alpha) == (50 * 4, False, "over", 0.5)
    assert load.fragments == pytest.approx(200 * (plan.panels[0].diameter + 1) ** 2)
    left, top, right, bottom = plan.panels[0].scene.clip
    assert load.pixels == (right - left) * (bottom - top)
    assert (works[0].frames, works[0].pixel_format) == (7, PixelFormat.NV12)
    assert (plan.renderer, plan.reason) == ("cpu", choose(works[0], BOOK, ()).reason)
    plan_of(film(blend="mean"))
    (load,) = works[1].panels
    assert (load.still, load.points, load.fragments) == (True, 50, 50.0)


def test_what_is_asked_for_is_not_weighed(monkeypatch):
    monkeypatch.setattr(rivals, "fastest", None)
    assert plan_of(film(renderer="cpu")).reason == "as asked"
    monkeypatch.setenv("GPUANIM_RENDERER", "cpu")
    assert plan_of(film()).reason == "as asked"


def test_the_result_tells_the_reason(tmp_path, monkeypatch):
    monkeypatch.delenv("GPUANIM_RENDERER", raising=False)
    monkeypatch.setenv("GPUANIM_COSTS", str(tmp_path / "costs.json"))
    (tmp_path / "costs.json").write_text("{")
    result = film().save(tmp_path / "film.mp4")
    assert result.renderer == "cpu"
    assert "50 still points in 3 frames" in result.reason
    assert "costs.json cannot be used" in result.reason


def test_every_renderer_can_say_what_it_draws():
    for name in raster.RENDERERS:
        assert raster.can(name, {"over"}, PixelFormat.NV12)
    assert raster.can("cpu", {"mix", "over"}, PixelFormat.PAL8)
    assert not raster.can("opengl", {"mix"}, PixelFormat.NV12)


def test_a_plain_film_starts_no_process_and_imports_no_gpu_library(tmp_path):
    code = (
        "import subprocess, sys, numpy as np, gpuanim as ga\n"
        "from gpuanim.raster.opengl import probe\n"
        "probe.run_child = None\n"
        "film = ga.animate(np.random.rand(100, 2), np.random.rand(3, 100), size=(64, 48))\n"
        f"film.save({str(tmp_path / 'film.gif')!r})\n"
        "assert not {'vispy', 'cupy', 'OpenGL'} & set(sys.modules), sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_examples_of_doctor_are_of_both_kinds():
    assert {load.still for work in FILMS for load in work.panels} == {True, False}
    assert all(seconds(DEFAULTS["cpu"], work) > 0 for work in FILMS)
