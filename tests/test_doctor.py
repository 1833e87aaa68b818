"""The report: what is here is told, what is not here is told too, and nothing is made up."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gpuanim import doctor
from gpuanim.doctor import Cuda, Ffmpeg, OpenGL
from gpuanim.raster.opengl import probe
from gpuanim.raster.opengl.limits import Limits


@pytest.fixture(scope="module")
def found():
    return doctor.report()


@pytest.fixture
def child(monkeypatch, tmp_path):
    """Replace the child process that looks at drivers by one that runs the given code."""

    def use(code):
        (tmp_path / "_probe.py").write_text(code)
        monkeypatch.setattr(probe, "SCRIPT", tmp_path / "_probe.py")
        probe._look.cache_clear()

    yield use
    probe._look.cache_clear()


def test_this_machine_can_make_films(found):
    assert found.ok
    assert found.renderer == "cpu"
    assert "libx264" in found.ffmpeg.encoders
    text = str(found)
    assert text.startswith("gpuanim")
    assert "films can be made" in text
    assert "drawing   cpu" in text


def test_json(found):
    content = json.loads(found.to_json())
    assert content["ok"] is True
    assert content["packages"]["numpy"]
    assert content["opengl"]["software"] in (True, False)


@pytest.mark.opengl
def test_software_opengl_is_not_called_a_gpu(found):
    if not found.opengl.draws:
        pytest.skip(str(found.opengl.tried))
    text, limits = str(found), found.opengl.limits
    if "llvmpipe" in limits.renderer:
        assert found.opengl.software
        assert "software, no GPU: llvmpipe" in text
    assert limits.version in text
    assert f"at most {limits.texture} pixels a side of a texture" in text


def test_crashing_driver_is_reported(child, found):
    child("import os, sys; print('libGL error: bad', file=sys.stderr, flush=True); os.abort()")
    opengl = doctor._opengl()
    assert not opengl.draws
    text = str(replace(found, opengl=opengl))
    assert "OpenGL    not available" in text
    assert "not EGL: the driver crashed (exit status -6): libGL error: bad" in text
    assert "the driver crashed" in doctor._cuda().error


def test_hanging_driver_is_reported(child, monkeypatch):
    child("import time; time.sleep(60)")
    monkeypatch.setattr(probe, "CHILD_SECONDS", 0.2)
    assert "timed out" in " ".join(doctor._opengl().tried.values())


def test_missing_egl_library_says_what_to_install(child, found):
    child('print(\'{"error": "OSError: EGL library not found"}\')')
    without = replace(found, opengl=doctor._opengl())
    advice = "\n".join(doctor._advice(without))
    assert "apt-get install libegl1 libgl1 libgl1-mesa-dri libfontconfig1" in advice


def test_a_device_that_is_no_number_is_told(monkeypatch):
    monkeypatch.setenv("GPUANIM_EGL_DEVICE", "first")
    assert "must be a number from 0 on, not 'first'" in doctor._opengl().tried["device"]


@pytest.mark.parametrize(("driver", "extra"), [("12.4", "cuda12"), ("13.0", "cuda13")])
def test_driver_without_cupy(found, driver, extra):
    without = replace(found, cuda=Cuda(driver=driver, devices=("NVIDIA H200",)))
    assert f'for CUDA: pip install "gpuanim[{extra}]"' in "\n".join(doctor._advice(without))
    assert f"CUDA      NVIDIA H200; driver for CUDA {driver}; CuPy is not installed" in str(without)


def test_cupy_that_fails(found):
    cuda = Cuda("12.4", ("NVIDIA T4",), cupy="13.3", error="CuPy fails: no nvrtc")
    assert "CuPy 13.3 does not work: CuPy fails: no nvrtc" in str(replace(found, cuda=cuda))


def test_data_centre_gpu_is_said_to_draw_slowly(found):
    limits = Limits("NVIDIA Corporation", "NVIDIA H200/PCIe/SSE2", "4.6.0", 32768, 32768, 2047.0, 32)
    text = str(replace(found, opengl=OpenGL("device:0", limits)))
    assert "GPU; an H200 draws OpenGL slowly: NVIDIA H200/PCIe/SSE2" in text


def test_no_ffmpeg(found):
    without = replace(found, ffmpeg=Ffmpeg(error="no ffmpeg anywhere"))
    assert not without.ok
    assert "pip install imageio-ffmpeg" in "\n".join(doctor._advice(without))
    assert "films can NOT be made" in str(without)


def test_missing_package(found):
    without = replace(found, packages={**found.packages, "numba": None})
    assert not without.ok
    assert "numba is required: pip install numba" in "\n".join(doctor._advice(without))


def test_drivers_are_not_loaded_into_this_process():
    code = (
        "import sys; from gpuanim import doctor; doctor.report()\n"
        "assert not {'vispy', 'cupy', 'OpenGL'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr


def test_what_auto_would_choose_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("GPUANIM_COSTS", str(tmp_path / "costs.json"))
    (tmp_path / "costs.json").write_text("[]")
    monkeypatch.delenv("GPUANIM_RENDERER", raising=False)
    found = doctor.report()
    assert "still points" in found.reason
    assert [why.split(" in ")[0] for _, why in found.films][-1] == "1,000,000 moving points"
    assert "costs.json cannot be used" in str(found)
    monkeypatch.setenv("GPUANIM_RENDERER", "opengl")
    found = doctor.report()
    assert (found.renderer, found.reason, found.films, found.costs) == ("opengl", "as asked", (), "")
