"""The examples that move, on `opengl` and on `cpu`: the same within 2 of 255 on 99.9 % of the pixels.

Morphs with trails, an orbit in three dimensions, keyframes that zoom and follow, particles that flow.
"""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest

from gpuanim.raster.opengl.probe import looked

pytestmark = pytest.mark.opengl

FOLDER = Path(__file__).parent.parent / "examples"


@pytest.fixture(autouse=True)
def opengl():
    found, tried = looked()
    if found is None:
        pytest.skip(f"no OpenGL here: {tried}")


@pytest.mark.parametrize("name", ["morph", "orbit", "zoom", "velocity"])
def test_the_film_is_that_of_cpu(name, pbmc68k, monkeypatch):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scanpy's old file
        spec.loader.exec_module(module)
        film = module.film()
        frames = {}
        for renderer in ("cpu", "opengl"):
            monkeypatch.setenv("GPUANIM_RENDERER", renderer)
            n = film.n_frames
            frames[renderer] = np.stack([film.frame(i).astype(int) for i in (n // 5, n // 2, 2 * n // 3)])
    cpu, opengl = frames["cpu"], frames["opengl"]
    off = np.abs(cpu - opengl)
    assert (off.max(axis=-1) > 2).mean(axis=(1, 2)).max() <= 1e-3
    assert off.max() <= 32
    assert np.abs(cpu[0] - cpu[1]).mean() > 0.2  # it moves
    assert np.abs(cpu - cpu[0, 0, 0]).mean() > 2  # and shows something
