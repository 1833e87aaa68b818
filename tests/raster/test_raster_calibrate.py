"""Costs of this machine: fitted to what is known, written, read back, and bad files told."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuanim import _threads
from gpuanim.cli import main
from gpuanim.errors import FileError
from gpuanim.raster import calibrate, rivals
from gpuanim.raster.book import Book, costs_path, read_book, write_book
from gpuanim.raster.calibrate import CASES, Case, Measured, fit
from gpuanim.raster.choice import Here
from gpuanim.raster.costs import CORES, DEFAULTS, KINDS, Costs, Rates

RATES = Rates(1e-3, 2e-8, 3e-9, 4e-9, 5e-9)
COSTS = Costs(0.5, RATES, RATES.times(2), RATES.times(3))
LOADS = [case.load(still=True) for case in CASES]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("GPUANIM_COSTS", str(tmp_path / "settings" / "costs.json"))
    return tmp_path / "settings" / "costs.json"


def test_rates_are_found_again_from_their_times():
    found = fit(LOADS, [RATES.seconds(load) for load in LOADS])
    assert list(vars(found).values()) == pytest.approx(list(vars(RATES).values()), rel=1e-6)


@given(st.lists(st.floats(0.7, 1.4), min_size=len(CASES), max_size=len(CASES)))
def test_rates_of_a_noisy_machine_are_no_less_than_nothing(noise):
    times = [RATES.seconds(load) * wrong for load, wrong in zip(LOADS, noise, strict=True)]
    found = fit(LOADS, times)
    assert min(vars(found).values()) >= 0
    errors = [found.seconds(load) / time - 1 for load, time in zip(LOADS, times, strict=True)]
    true = [RATES.seconds(load) / time - 1 for load, time in zip(LOADS, times, strict=True)]
    assert np.square(errors).sum() <= np.square(true).sum() + 1e-9


def test_written_costs_are_read_back(path):
    write_book({"cpu": ("2 cores", COSTS), "opengl": ("Radeon", replace(COSTS, start=1.5))}, path)
    book = read_book()
    assert book.costs["cpu"] == COSTS
    assert book.of("opengl", "Radeon").start == 1.5
    assert book.of("opengl", "another").start == DEFAULTS["opengl"].start
    assert book.of("cuda", "H100") == book.costs["cuda"] == DEFAULTS["cuda"]
    assert (book.note, sorted(book.measured)) == ("", ["cpu", "opengl"])
    assert "cpu, opengl" in book.origin
    assert [file.name for file in path.parent.iterdir()] == ["costs.json"]


def test_no_file_is_nothing_to_tell_of(path):
    book = read_book()
    assert (book.note, dict(book.measured), set(book.costs)) == ("", {}, set(KINDS))
    assert "--calibrate" in book.origin


def test_drawing_on_the_processor_scales_with_its_cores(path, monkeypatch):
    write_book({"cpu": ("cores", COSTS), "cuda": ("GPU", COSTS)}, path)
    here = _threads.n_threads()
    monkeypatch.setattr(_threads, "n_threads", lambda: 4 * here)
    book = read_book()
    assert book.costs["cpu"].move.point == pytest.approx(COSTS.move.point / 4**0.9)
    assert book.costs["cpu"].start == COSTS.start
    assert book.costs["cuda"] == COSTS
    path.unlink()
    typical = read_book().costs["cpu"].move.point
    assert typical == pytest.approx(DEFAULTS["cpu"].move.point * (CORES / (4 * here)) ** 0.9)


def written(**changes):
    content = {"version": 1, "cores": 2, "measured": {}} | changes
    return json.dumps(content)


ENTRY = {"device": "x", "start": 1} | {gait: vars(RATES) for gait in ("place", "redraw", "move")}
BAD = {
    "no JSON": "{",
    "a list": "[1, 2]",
    "nothing": "",
    "a number": "7",
    "another version": written(version=99),
    "cores": written(cores="two"),
    "no rates": written(measured={"cpu": {"device": "x", "start": 1}}),
    "below zero": written(measured={"cpu": ENTRY | {"start": -1}}),
    "no number": written(measured={"cpu": ENTRY | {"start": True}}),
    "infinite": written(measured={"cpu": ENTRY}).replace("2e-08", "Infinity"),
    "NaN": written(measured={"cpu": ENTRY}).replace("2e-08", "NaN"),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_bad_file_is_told_and_typical_costs_are_used(path, text):
    good = read_book()
    path.parent.mkdir()
    path.write_text(text)
    book = read_book()
    assert book.costs == good.costs
    assert str(path) in book.note
    assert "gpuanim bench --calibrate" in book.note


def test_a_file_that_cannot_be_read_is_told(path):
    path.mkdir(parents=True)
    assert "cannot be used" in read_book().note
    path.rmdir()
    path.write_bytes(b"\xff\xfe\xff")
    assert "cannot be used" in read_book().note


def test_kinds_of_a_later_version_are_passed_over(path):
    path.parent.mkdir()
    path.write_text(written(measured={"metal": {}, "cuda": ENTRY}))
    book = read_book()
    assert (book.note, set(book.measured)) == ("", {"cuda"})


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "folder").touch()
    with pytest.raises(FileError, match="GPUANIM_COSTS names another file"):
        write_book({}, tmp_path / "folder" / "costs.json")


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {"XDG_CONFIG_HOME": "/settings"}, Path("/settings/gpuanim/costs.json")),
        ("linux", {"XDG_CONFIG_HOME": "settings"}, Path.home() / ".config/gpuanim/costs.json"),
        ("linux", {}, Path.home() / ".config/gpuanim/costs.json"),
        ("darwin", {}, Path.home() / "Library/Application Support/gpuanim/costs.json"),
        ("win32", {"APPDATA": "/roaming"}, Path("/roaming/gpuanim/costs.json")),
        ("win32", {"APPDATA": "/roaming", "GPUANIM_COSTS": "mine.json"}, Path("mine.json")),
    ],
)
def test_where_the_file_lies(monkeypatch, system, variables, expected):
    for name in ("XDG_CONFIG_HOME", "APPDATA", "GPUANIM_COSTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    assert costs_path() == expected


@pytest.fixture
def quick(monkeypatch):
    """Measure little, of the processor only."""
    cases = (Case(100, 2.0, 1.0, (32, 32)), Case(2000, 2.0, 1.0, (32, 32)))
    monkeypatch.setattr(calibrate, "CASES", cases)
    monkeypatch.setattr(calibrate, "_SECONDS", 0.0)
    monkeypatch.setattr(rivals, "look_for_opengl", lambda: "there is no OpenGL here")
    monkeypatch.setattr(rivals, "look_for_cuda", lambda: "CUDA needs CuPy")


def test_the_command_measures_prints_and_keeps(path, quick, capsys):
    assert main(["bench", "--calibrate"]) == 0
    out, err = capsys.readouterr()
    assert "1,000,000 moving, 300 frames" in out
    assert str(path) in out
    assert "left out: CUDA needs CuPy" in err
    book = read_book()
    assert list(book.measured) == ["cpu"]
    assert book.costs["cpu"].move.seconds(CASES[3].load(still=False)) > 0
    other = path.with_name("other.json")
    assert main(["bench", "--calibrate", "--output", str(other)]) == 0
    assert isinstance(read_book(other), Book)
    assert read_book(other).measured


def test_the_command_needs_to_know_what_to_measure(capsys):
    with pytest.raises(SystemExit) as left:
        main(["bench"])
    assert left.value.code == 2
    assert "--calibrate" in capsys.readouterr().err


def test_a_renderer_that_fails_is_left_out(monkeypatch, quick):
    monkeypatch.setattr(rivals, "look_for_cuda", lambda: Here("cuda", "a GPU that is none"))
    found = list(calibrate.calibrate())
    assert isinstance(found[0], Measured)
    assert "cuda was not measured" in str(found[2])


@pytest.mark.opengl
def test_opengl_is_measured_as_what_draws_it(monkeypatch, quick):
    monkeypatch.undo()
    monkeypatch.setattr(calibrate, "CASES", (Case(100, 2.0, 1.0, (32, 32)), Case(2000, 2.0, 0.5, (32, 32))))
    monkeypatch.setattr(calibrate, "_SECONDS", 0.0)
    found = rivals.look_for_opengl()
    if isinstance(found, str):
        pytest.skip(found)
    measured = calibrate._measure("opengl", found)
    assert measured.kind == found.kind
    assert measured.costs.move.seconds(LOADS[0]) > 0
    assert ("software" in measured.device) == (measured.kind == "opengl, software")
