"""Every kernel is compiled to machine code for each kind of GPU that is supported."""

from __future__ import annotations

from importlib.resources import files
from itertools import product

import pytest

from gpuanim.cuda import source_of

ARCHITECTURES = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90")
PACKAGE = files("gpuanim")

VARIANTS = {
    "raster/cuda/build.cu": [{"ANTIALIAS": a, "TABLED": t} for a, t in ((1, 1), (1, 0), (0, 0))],
    "cuda/ranks.cu": [
        {"VALUE": value, "VALUE_BITS": bits, "STRETCH": stretch}
        for value, bits in (("float", 32), ("double", 64))
        for stretch in (0, 1)
    ],
    "cuda/blend.cu": [{"VALUE": value} for value in ("float", "double")],
    "cuda/levels.cu": [{"VALUE": value} for value in ("float", "double")],
    "cuda/categories.cu": [{"VALUE": value} for value in ("float", "double", "signed char", "i64")],
    "raster/cuda/shade.cu": [{"PTR": ptr} for ptr in ("u32", "u64")],
    "propagation/step.cu": [
        {"VALUE": value, "LANES": lanes} | ({"WEIGHT": weight} if weight else {})
        for (value, weight), lanes in zip(
            product(("float", "double"), (None, "float", "double")), (8, 1, 2, 4, 16, 32), strict=True
        )
    ],
}
"""File -> the definitions that it is compiled with."""


def test_no_file_is_left_out():
    found = {str(p.relative_to(PACKAGE)) for p in PACKAGE.rglob("*.cu")}
    assert found == set(VARIANTS)


@pytest.mark.kernels
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("source", VARIANTS)
def test_it_compiles(nvrtc, source, architecture):
    variants = VARIANTS[source]
    for defines in variants if architecture == "sm_90" else variants[:1]:
        binary = nvrtc.compile(source_of(source, defines), architecture)
        assert binary[:4] == b"\x7fELF"


@pytest.mark.kernels
def test_an_error_is_told(nvrtc):
    with pytest.raises(AssertionError, match="undefined"):
        nvrtc.compile("__global__ void k() { nowhere(); }", "sm_90")
