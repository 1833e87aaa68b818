"""Importing the way in loads numpy and nothing heavier."""

from __future__ import annotations

import subprocess
import sys


def test_import_is_light():
    code = "import sys, gpuanim.values; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"numba", "scipy", "matplotlib", "pandas", "zarr", "h5py"} & set(loaded)


def test_colors_load_no_pyplot():
    code = "import sys; from gpuanim.values import color_table; color_table('viridis'); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "matplotlib.colors" in loaded
    assert "matplotlib.pyplot" not in loaded
