"""Frames of points that move, drawn at once: bit for bit those of the operator."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.cpu import CpuRenderer

TABLE = np.random.default_rng(1).integers(0, 256, (6, 3), dtype=np.uint8)
PALETTE = np.concatenate([TABLE, np.full((1, 3), 255, np.uint8)])
PICTURED = (PixelFormat.RGB24, PixelFormat.RGBA, PixelFormat.YUV420P, PixelFormat.NV12, PixelFormat.YUV444P)


def drawn(points, scene, codes, fmt, *, keep, palette=None):
    with CpuRenderer() as renderer:
        renderer.place(points, scene, len(codes), keep=keep)
        canvas = renderer.canvas(TABLE, fmt, palette)
        out = np.full(fmt.nbytes(scene.width, scene.height), 77, np.uint8)
        canvas.still(out)
        canvas.draw(codes if renderer.visible is None else codes[renderer.visible], out)
    return out


def cloud(seed, size, n=300, *, each=False, opacity=False):
    rng = np.random.default_rng(seed)
    x, y = (rng.uniform(-5, side + 5, n).astype(np.float32) for side in size)
    diameter = rng.uniform(1, 9, n).astype(np.float32) if each else float(rng.uniform(1, 30))
    shares = rng.random(n).astype(np.float32) if opacity else None
    ids = rng.permutation(n).astype(np.uint32)
    return Points(x, y, diameter, ids, shares), rng.integers(0, 6, n).astype(np.uint16)


def ground(seed, size, kind):
    rng = np.random.default_rng(seed)
    width, height = size
    under = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    over = rng.integers(0, 256, (height, width, 4), dtype=np.uint8)
    over[: height // 2, :, 3] = 0
    plain = under[0, 0]
    return {
        "plain": Ground(width, height, plain),
        "picture": Ground(width, height, under),
        "chrome": Ground(width, height, plain, over),
        "both": Ground(width, height, under, over),
        "transparent": Ground(width, height, plain, over, transparent=True),
    }[kind]


@settings(max_examples=60)
@given(
    st.integers(0, 10**6),
    st.sampled_from([(64, 48), (62, 130), (400, 6)]),
    st.sampled_from(["plain", "picture", "chrome", "both", "transparent"]),
    st.sampled_from(PICTURED),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([1.0, 0.3]),
)
def test_frames_are_those_of_the_operator(seed, size, kind, fmt, antialias, each, opacity, alpha):
    points, codes = cloud(seed, size, each=each, opacity=opacity)
    clip = (3, 2, size[0] - 4, size[1] - 1)
    scene = Scene(ground(seed, size, kind), clip, alpha, antialias)
    kept, once = (drawn(points, scene, codes, fmt, keep=keep) for keep in (True, False))
    assert np.array_equal(kept, once)


@pytest.mark.parametrize("size", [(63, 47), (64, 48)])
def test_palette_frames_are_those_of_the_operator(size):
    points, codes = cloud(3, size)
    scene = Scene(Ground(*size, PALETTE[6]), (0, 0, *size), 1.0, antialias=False)
    kept, once = (
        drawn(points, scene, codes, PixelFormat.PAL8, keep=keep, palette=PALETTE) for keep in (True, False)
    )
    assert np.array_equal(kept, once)


@pytest.mark.parametrize("fmt", [PixelFormat.RGB24, PixelFormat.RGBA])
def test_odd_sizes(fmt):
    points, codes = cloud(4, (63, 47))
    scene = Scene(ground(4, (63, 47), "both"), (0, 0, 63, 47), 0.5, antialias=True)
    kept, once = (drawn(points, scene, codes, fmt, keep=keep) for keep in (True, False))
    assert np.array_equal(kept, once)


def test_one_frame_after_the_other_with_the_same_memory():
    size = (90, 70)
    scene = Scene(ground(5, size, "both"), (0, 0, *size), 0.6, antialias=True)
    with CpuRenderer() as renderer:
        canvas = renderer.canvas(TABLE, PixelFormat.RGB24)
        out = np.empty(90 * 70 * 3, np.uint8)
        for seed, n in ((0, 200), (1, 500), (2, 10), (3, 0), (4, 300)):
            points, codes = cloud(seed, size, n)
            renderer.place(points, scene, n, keep=False)
            canvas.still(out)
            canvas.draw(codes, out)
            assert np.array_equal(out, drawn(points, scene, codes, PixelFormat.RGB24, keep=False))


def test_a_canvas_goes_from_moving_to_still_and_back():
    size = (60, 40)
    points, codes = cloud(6, size)
    first, second = (
        Scene(ground(seed, size, "chrome"), (0, 0, *size), 0.6, antialias=True) for seed in (7, 8)
    )
    with CpuRenderer() as renderer:
        canvas = renderer.canvas(TABLE, PixelFormat.RGB24)
        out = np.empty(60 * 40 * 3, np.uint8)
        for scene, keep in ((first, False), (second, True), (second, False), (first, False)):
            renderer.place(points, scene, len(codes), keep=keep)
            canvas.still(out)
            canvas.draw(codes if renderer.visible is None else codes[renderer.visible], out)
            assert np.array_equal(out, drawn(points, scene, codes, PixelFormat.RGB24, keep=True))


def test_facts_of_a_frame():
    points, codes = cloud(9, (60, 40))
    scene = Scene(Ground(60, 40, TABLE[0]), (0, 0, 60, 40), 1.0, antialias=False)
    with CpuRenderer() as renderer:
        canvas = renderer.canvas(TABLE, PixelFormat.RGB24)
        renderer.place(points, scene, len(codes), keep=False)
        out = np.empty(60 * 40 * 3, np.uint8)
        canvas.still(out)
        canvas.draw(codes, out)
        facts = renderer.facts()
    assert facts["visible"] is None
    assert 0 < facts["fragments"] <= 60 * 40, "opaque points: one for each pixel at most"
    assert facts["operator_bytes"] > 60 * 40 * 3


def test_place_comes_first():
    with CpuRenderer() as renderer:
        canvas = renderer.canvas(TABLE, PixelFormat.RGB24)
        with pytest.raises(RuntimeError, match=r"place\(\) comes before drawing"):
            canvas.still(np.empty(3, np.uint8))
