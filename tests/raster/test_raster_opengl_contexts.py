"""Contexts: found by children, shared by films and threads, given back; and each way in which they fail."""

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import gpuanim as ga
from gpuanim.errors import OptionError, RendererError
from gpuanim.raster.opengl import probe, remedies
from gpuanim.raster.opengl.context import context_of
from gpuanim.raster.opengl.limits import Limits

ROOT = Path(__file__).parents[2]


@pytest.fixture
def opengl():
    found, tried = probe.looked()
    if found is None:
        pytest.skip(f"no OpenGL here: {tried}")
    return found


def film(n_frames=3, seed=0, **options):
    """A film whose points move."""
    rng = np.random.default_rng(seed)
    coords = rng.normal(size=(n_frames, 200, 2)).astype(np.float32)
    return ga.animate(coords, rng.random((n_frames, 200)), size=(90, 70), xlim=(-3, 3), **options)


@pytest.fixture
def child(monkeypatch, tmp_path):
    """Run code before the child's own; it may end the child."""

    def use(code):
        script = tmp_path / "_probe.py"
        script.write_text(
            f"{code}\nimport runpy\nrunpy.run_path({str(probe.SCRIPT)!r}, run_name='__main__')\n"
        )
        monkeypatch.setattr(probe, "SCRIPT", script)
        probe._look.cache_clear()

    yield use
    probe._look.cache_clear()


WITHOUT = """import ctypes.util as u
find = u.find_library
u.find_library = lambda name: None if name in ({}) else find(name)"""


@pytest.mark.opengl
def test_the_environment_stays_as_it_was(opengl):
    before = dict(os.environ)
    assert context_of().limits.renderer == opengl.limits.renderer
    assert dict(os.environ) == before


@pytest.mark.opengl
def test_a_context_serves_any_thread(opengl):
    expected = film().to_array()
    context_of()  # opened by this thread
    drawn = []
    threads = [
        threading.Thread(target=lambda: drawn.append(film(renderer="opengl").to_array())) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 2
    for frames in drawn:
        assert (np.abs(frames.astype(int) - expected) <= 2).mean() > 0.999


@pytest.mark.opengl
def test_films_that_take_turns_do_not_mix(opengl):
    looks = [{"seed": 1, "alpha": 0.4}, {"seed": 2, "antialias": False}, {"seed": 3, "cmap": "magma"}]
    alone = [film(renderer="opengl", **look).to_array() for look in looks]
    turns = zip(*(film(renderer="opengl", **look).frames() for look in looks), strict=True)
    for i, frames in enumerate(turns):
        for frame, own in zip(frames, alone, strict=True):
            assert np.array_equal(frame, own[i])


@pytest.mark.opengl
def test_fifty_films_leave_nothing_behind(opengl, monkeypatch):
    context = context_of()
    film(renderer="opengl").to_array()  # compiles the programs, which stay
    gl, alive = context._gl, Counter()

    def counted(name, by):
        plain = getattr(gl, name)

        def call(*arguments):
            alive[name.removeprefix("glCreate").removeprefix("glDelete")] += by
            return plain(*arguments)

        monkeypatch.setattr(gl, name, call)

    for kind in ("Buffer", "Texture", "Framebuffer"):
        counted(f"glCreate{kind}", 1)
        counted(f"glDelete{kind}", -1)
    for seed in range(50):
        film(2, seed=seed, renderer="opengl").frame(1)
    assert set(alive) == {"Buffer", "Texture", "Framebuffer"}
    assert not any(alive.values())
    assert context_of() is context


@pytest.mark.opengl
def test_the_first_device_can_be_named(opengl, monkeypatch):
    listed = probe.run_child("opengl", "devices")["devices"]
    if not listed:
        pytest.skip("EGL lists no devices here")
    named = film(device=0, renderer="opengl").frame(0)
    assert np.array_equal(named, film(renderer="opengl").frame(0))
    with pytest.raises(OptionError, match=r"device=77 is not here: EGL has \d device"):
        film(device=77, renderer="opengl").frame(0)
    monkeypatch.setenv("GPUANIM_EGL_DEVICE", "77")
    with pytest.raises(OptionError, match="device=77 is not here"):
        film(renderer="opengl").frame(0)


def test_a_device_is_a_number_of_a_gpu():
    with pytest.raises(OptionError, match="device must be a whole number from 0 on, not 'cuda'"):
        film(device="cuda", renderer="opengl")
    with pytest.raises(OptionError, match='device=1 is a GPU\'s: say renderer="cuda" or "opengl"'):
        film(device=1).frame(0)


@pytest.mark.opengl
def test_the_result_tells_who_drew(opengl, tmp_path):
    result = film(renderer="opengl").save(tmp_path / "film.mp4")
    assert result.renderer == "opengl"
    kind = "software" if opengl.limits.software else "GPU"
    assert result.facts["opengl"] == f"{opengl.limits.renderer} ({kind}, {opengl.place})"


CUDA_REVERSED = [{"cuda": 1, "hardware": True}, {"cuda": 0, "hardware": True}]
NO_CUDA = [{"cuda": None, "hardware": False}, {"cuda": None, "hardware": True}]


def test_devices_are_numbered_as_cuda_does():
    assert probe._places(CUDA_REVERSED, 0, egl=True) == ["device:1"]
    assert probe._places(NO_CUDA, 0, egl=True) == ["device:1"]  # the processor is none, if there is a GPU
    with pytest.raises(OptionError, match=r"EGL has 2 devices, numbered \[0, 1\] as CUDA numbers them"):
        probe._places(CUDA_REVERSED, 2, egl=True)


def test_gpus_come_first_and_windows_last(monkeypatch):
    monkeypatch.setattr(probe.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "EGL_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert probe._places(NO_CUDA, None, egl=True) == ["device:1", "surfaceless", "osmesa"]
    monkeypatch.setenv("DISPLAY", ":0")
    assert probe._places([], None, egl=True)[:3] == ["display", "surfaceless", "osmesa"]
    monkeypatch.setattr(probe.sys, "platform", "darwin")
    assert probe._places([], None, egl=False) == list(probe.WINDOWS)


def test_no_library_at_all_says_what_to_install(child):
    child(WITHOUT.format("'EGL', 'GL', 'OpenGL', 'OSMesa'"))
    with pytest.raises(RendererError, match='renderer="cpu" draws the same pictures') as told:
        film(renderer="opengl").frame(0)
    assert "EGL library not found" in str(told.value)
    assert f"a library is missing; for OpenGL in software, without a display: {remedies.MESA}" in str(
        told.value
    )


@pytest.mark.opengl
def test_egl_without_opengl_says_what_to_install(opengl, child):
    child(WITHOUT.format("'GL', 'OpenGL', 'OSMesa'"))
    with pytest.raises(RendererError, match="Could not load OpenGL library"):
        film(renderer="opengl").frame(0)


def test_a_driver_that_crashes_leaves_us_alive(child):
    child("import os\nos.abort()")
    with pytest.raises(RendererError, match="the driver crashed"):
        film(renderer="opengl").frame(0)


def test_no_file_is_left_where_opengl_does_not_start(child, tmp_path):
    child("import os\nos.abort()")
    with pytest.raises(RendererError):
        film(renderer="opengl").save(tmp_path / "film.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["_probe.py"]


@pytest.mark.opengl
def test_an_old_opengl_is_refused(opengl, monkeypatch):
    if not opengl.limits.vendor.startswith("Mesa"):
        pytest.skip("only Mesa can be told to be older")
    monkeypatch.setenv("MESA_GL_VERSION_OVERRIDE", "2.1")
    told = probe.run_child("opengl", opengl.place)
    assert "OpenGL 3.3 is needed" in told["error"]
    assert "update it" in "\n".join(remedies.advice({"here": told["error"]}, software=None))


def failing(monkeypatch, code, at):
    """Have OpenGL report an error at the `at`-th look from now."""
    gl, looks = context_of()._gl, iter(range(10**6))
    monkeypatch.setattr(gl, "glGetError", lambda: code if next(looks) == at else 0)


@pytest.mark.opengl
@pytest.mark.parametrize("at", range(6))
def test_a_lost_context_is_told_and_a_new_one_opened(opengl, monkeypatch, at):
    lost = context_of()
    failing(monkeypatch, 0x0507, at)
    with pytest.raises(RendererError, match=r"the graphics driver has reset its context.*save again"):
        film(renderer="opengl").to_array()
    monkeypatch.undo()
    assert context_of() is not lost
    assert film(renderer="opengl").to_array().shape == (3, 70, 90, 3)


@pytest.mark.opengl
@pytest.mark.parametrize("at", range(6))
def test_no_memory_is_told_with_what_to_do(opengl, monkeypatch, at):
    failing(monkeypatch, 0x0505, at)
    with pytest.raises(
        RendererError, match=r"has no memory left for .*: close what else uses it, choose another"
    ):
        film(renderer="opengl").to_array()
    monkeypatch.undo()
    assert film(renderer="opengl").to_array().shape == (3, 70, 90, 3)


@pytest.mark.opengl
def test_frames_beyond_the_driver_are_drawn_in_tiles(opengl, monkeypatch):
    whole = film(renderer="opengl").frame(0)
    context = context_of()
    monkeypatch.setattr(context, "limits", Limits(**{**vars(context.limits), "texture": 40}))
    assert np.array_equal(film(renderer="opengl").frame(0), whole)


def test_a_container_without_the_graphics_part_is_told(tmp_path, monkeypatch):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidia0").touch()
    monkeypatch.setenv("NVIDIA_DRIVER_CAPABILITIES", "compute,utility")
    (line,) = remedies.advice({}, software=True, root=tmp_path)
    assert "NVIDIA_DRIVER_CAPABILITIES=graphics,compute,utility (it has 'compute,utility')" in line
    libraries = tmp_path / "usr/lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True)
    (libraries / "libEGL_nvidia.so.0").touch()
    (line,) = remedies.advice({}, software=True, root=tmp_path)
    assert "/usr/share/glvnd/egl_vendor.d/10_nvidia.json" in line
    vendors = tmp_path / "usr/share/glvnd/egl_vendor.d"
    vendors.mkdir(parents=True)
    (vendors / "10_nvidia.json").touch()
    assert not list(remedies.advice({}, software=True, root=tmp_path))
    assert not list(remedies.advice({}, software=False, root=Path("/")))


def test_vispy_is_imported_in_one_module_and_only_when_it_draws():
    users = [
        path.name
        for path in (ROOT / "gpuanim").rglob("*.py")
        if "import vispy" in (text := path.read_text()) or "from vispy" in text
    ]
    assert users == ["_vispy.py"]
    code = (
        "import sys; import gpuanim.raster.opengl.renderer, gpuanim.raster.opengl.probe\n"
        "assert not {'vispy', 'OpenGL'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.opengl
def test_the_benchmark_runs(opengl):
    command = ["--points", "500", "--size", "160x120", "--runs", "1", "--style", "antialiased", "--no-json"]
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "opengl.py", *command],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "draw takes" in done.stdout
