"""Patches over frames: literal cases, a reference in floats for each format, and that restore undoes put.

Tolerances: a sample is off by half a level for the patch's colour and half for the mixture; chroma of
4:2:0 by some 0.4 more, because its opacity has 8 bits too.
"""

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuanim.chrome._base import Patch
from gpuanim.errors import ShapeError
from gpuanim.frames import PixelFormat
from gpuanim.raster.overlay import Overlay
from gpuanim.raster.pixels import float_yuv, yuv_to_rgb

FORMATS = [fmt for fmt in PixelFormat if fmt is not PixelFormat.PAL8]
TOLERANCE = {PixelFormat.YUV420P: 1.5, PixelFormat.NV12: 1.5}


def frame(fmt, width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, fmt.nbytes(width, height), dtype=np.uint8)


def noise(left, top, width, height, seed=0):
    rng = np.random.default_rng(seed)
    rgba = rng.integers(0, 256, (height, width, 4), dtype=np.uint8)
    rgba[..., 3][rng.random((height, width)) < 0.3] = 0
    rgba[..., 3][rng.random((height, width)) < 0.3] = 255
    return Patch(left, top, rgba)


def flat(left, top, width, height, rgba):
    return Patch(left, top, np.full((height, width, 4), rgba, np.uint8))


def on_canvas(patch, width, height):
    """Return the patch as (h, w, 3) colours and (h, w) opacities of a whole frame, in floats."""
    canvas = np.zeros((height, width, 4))
    rows, columns = patch.rgba.shape[:2]
    for y in range(max(0, patch.top), min(height, patch.top + rows)):
        for x in range(max(0, patch.left), min(width, patch.left + columns)):
            canvas[y, x] = patch.rgba[y - patch.top, x - patch.left]
    return canvas[..., :3], canvas[..., 3] / 255


def chroma_planes(fmt, out, width, height):
    """Return Cb and Cr of a 4:2:0 frame."""
    chroma = out[width * height :]
    if fmt is PixelFormat.NV12:
        return np.moveaxis(chroma.reshape(height // 2, width // 2, 2), -1, 0)
    return chroma.reshape(2, height // 2, width // 2)


def blocks(values):
    """Return the mean of (h, w) over blocks of 2 x 2."""
    height, width = values.shape
    return values.reshape(height // 2, 2, width // 2, 2).mean((1, 3))


def expected(fmt, before, patch, width, height):
    """Blend in floats, as the docstrings say; returns planes to compare with `planes`."""
    color, a = on_canvas(patch, width, height)
    old = planes(fmt, before, width, height)
    if fmt is PixelFormat.RGBA:
        below = old[3] / 255
        alpha = a + below * (1 - a)
        share = np.divide(a, alpha, out=np.zeros_like(a), where=alpha > 0)
        # Where nothing is put, colours stay even if nobody can see them.
        return [*(share * color[..., i] + (1 - share) * old[i] for i in range(3)), 255 * alpha]
    if not fmt.yuv:
        return [a * color[..., i] + (1 - a) * old[i] for i in range(3)]
    yuv = float_yuv(color)
    if not fmt.subsampled:
        return [a * yuv[..., i] + (1 - a) * old[i] for i in range(3)]
    chroma = [blocks(a * yuv[..., i]) + (1 - blocks(a)) * old[i] for i in (1, 2)]
    return [a * yuv[..., 0] + (1 - a) * old[0], *chroma]


def planes(fmt, out, width, height):
    """Return the channels of a frame as a list of float arrays."""
    if fmt.subsampled:
        luma = out[: width * height].reshape(height, width)
        return [part.astype(float) for part in (luma, *chroma_planes(fmt, out, width, height))]
    array = out.reshape(fmt.shape(width, height)).astype(float)
    return list(array if fmt is PixelFormat.YUV444P else np.moveaxis(array, -1, 0))


def to_rgb(fmt, out, width, height):
    """Return (h, w, 3) RGB of a frame, each sample of chroma taken for its four pixels."""
    parts = planes(fmt, out, width, height)
    if not fmt.yuv:
        return np.stack(parts[:3], -1)
    luma, cb, cr = parts
    if fmt.subsampled:
        cb, cr = (part.repeat(2, 0).repeat(2, 1) for part in (cb, cr))
    return yuv_to_rgb(np.stack([luma, cb, cr], -1))


def test_rgb24_literally():
    overlay = Overlay(PixelFormat.RGB24, 3, 2)
    out = np.full(18, 100, np.uint8)
    rgba = np.array([[[255, 0, 50, 255], [255, 0, 50, 51]]], np.uint8)  # opaque, and a fifth
    overlay.put(out, [Patch(1, 1, rgba)])
    first, second = out.reshape(2, 3, 3)
    assert (first == 100).all()
    assert second.tolist() == [[100] * 3, [255, 0, 50], [131, 80, 90]]


def test_rgba_literally():
    overlay = Overlay(PixelFormat.RGBA, 4, 1)
    out = np.array([9, 8, 7, 0, 200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 85], np.uint8)
    rgba = np.array([[1, 2, 3, 0], [0, 200, 40, 51], [0, 200, 40, 51], [0, 200, 40, 51]], np.uint8)
    overlay.put(out, [Patch(0, 0, rgba[None])])
    assert out.reshape(4, 4).tolist() == [
        [9, 8, 7, 0],  # nothing on nothing keeps its colour
        [160, 120, 8, 255],  # four fifths of what is opaque
        [0, 200, 40, 51],  # on nothing: itself
        [114, 143, 17, 119],  # 1/5 + 4/5 * 1/3 = 7/15 is seen, 3/7 of it the patch
    ]


def test_an_odd_patch_takes_a_quarter_of_the_chroma_of_its_block():
    overlay = Overlay(PixelFormat.YUV420P, 4, 4)
    out = np.full(24, 128, np.uint8)
    overlay.put(out, [flat(1, 1, 1, 1, [0, 0, 255, 255])])  # BT.709 blue: Y 31.8, Cb 240, Cr 117.7
    luma, cb, cr = out[:16].reshape(4, 4), out[16:20].reshape(2, 2), out[20:].reshape(2, 2)
    assert np.argwhere(luma != 128).tolist() == [[1, 1]]
    assert luma[1, 1] == 32
    assert cb.tolist() == [[156, 128], [128, 128]]  # 128 + (240 - 128) / 4
    assert cr.tolist() == [[125, 128], [128, 128]]


def test_chroma_is_that_of_the_opaque_pixels_of_a_block():
    overlay = Overlay(PixelFormat.NV12, 2, 2)
    out = np.full(6, 128, np.uint8)
    blue, unseen = [0, 0, 255, 255], [255, 0, 0, 0]
    overlay.put(out, [Patch(0, 0, np.array([[blue, unseen], [unseen, blue]], np.uint8))])
    assert out.tolist() == [32, 128, 128, 32, 184, 123]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(("left", "top"), [(0, 0), (3, 1), (2, 5), (5, 4), (-3, -2), (9, 7), (-4, 3)])
def test_as_in_floats(fmt, left, top):
    width, height = 16, 12
    before = frame(fmt, width, height)
    out, patch = before.copy(), noise(left, top, 10, 7)
    Overlay(fmt, width, height).put(out, [patch])
    wanted = expected(fmt, before, patch, width, height)
    for i, (made, exact) in enumerate(zip(planes(fmt, out, width, height), wanted, strict=True)):
        assert np.abs(made - exact).max() <= (TOLERANCE.get(fmt, 1.01) if i else 1.01)


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_colour_over_every_colour_to_the_nearest_level(fmt):
    """All opacities of one channel: the mixture itself is rounded as exactly as can be."""
    if fmt.yuv:
        grey = np.arange(256)
        luma = np.rint(float_yuv(np.stack([grey] * 3, -1).astype(float))[..., 0])
    else:
        luma = np.arange(256.0)
    alpha, upper = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    rgba = np.stack([upper, upper, upper, alpha], -1).astype(np.uint8)
    for old in (16, 77, 235):
        out = np.full(fmt.nbytes(256, 256), old, np.uint8)
        if fmt is PixelFormat.RGBA:
            out[3::4] = 255
        Overlay(fmt, 256, 256).put(out, [Patch(0, 0, rgba)])
        exact = (alpha * luma[upper] + (255 - alpha) * old) / 255
        assert np.abs(planes(fmt, out, 256, 256)[0] - exact).max() <= 0.5


@pytest.mark.parametrize("fmt", FORMATS)
def test_opaque_leaves_its_colour_and_transparent_the_frame(fmt):
    width, height = 20, 14
    before = frame(fmt, width, height)
    out = before.copy()
    overlay = Overlay(fmt, width, height)
    overlay.put(out, [flat(-5, 3, 50, 7, [255, 255, 255, 0]), flat(3, 3, 9, 9, [1, 2, 3, 0])])
    assert np.array_equal(out, before)
    for color in ([255, 255, 255], [0, 0, 0], [31, 119, 180], [214, 39, 40], [188, 189, 34]):
        overlay.restore(out)
        overlay.put(out, [flat(4, 2, 10, 8, [*color, 255])])
        seen = to_rgb(fmt, out, width, height)[2:10, 4:14]
        assert np.abs(seen - color).max() <= (2 if fmt.yuv else 0)


@st.composite
def heaps(draw):
    fmt = draw(st.sampled_from(FORMATS))
    boxes = draw(st.lists(st.tuples(*[st.integers(-9, 14)] * 2, *[st.integers(0, 18)] * 2), max_size=5))
    return fmt, [noise(*box, seed=i) for i, box in enumerate(boxes)]


@settings(max_examples=150)
@given(heaps())
def test_restore_undoes_put(heap):
    fmt, patches = heap
    before = frame(fmt, 14, 10)
    out, overlay = before.copy(), Overlay(fmt, 14, 10)
    for shown in (patches, patches[1:], patches[::-1]):  # in memory that is used again
        overlay.put(out, shown)
        overlay.restore(out)
        assert np.array_equal(out, before)


@settings(max_examples=60)
@given(heaps())
def test_patches_together_are_patches_one_by_one(heap):
    fmt, patches = heap
    together, single = frame(fmt, 14, 10), frame(fmt, 14, 10)
    Overlay(fmt, 14, 10).put(together, patches)
    for patch in patches:
        Overlay(fmt, 14, 10).put(single, [patch])
    assert np.array_equal(together, single)


def test_each_buffer_has_what_lay_under_it():
    fmt = PixelFormat.YUV420P
    overlay = Overlay(fmt, 16, 12)
    before = [frame(fmt, 16, 12, seed) for seed in range(4)]
    ring = [out.copy() for out in before]
    for i, out in enumerate(ring):
        overlay.put(out, [noise(i, 2 * i, 5 + i, 4, seed=i)])
    for i in (2, 0, 3, 1):
        assert not np.array_equal(ring[i], before[i])
        overlay.restore(ring[i])
        assert np.array_equal(ring[i], before[i])


def test_restore_leaves_what_was_drawn_since():
    overlay, out = Overlay(PixelFormat.RGB24, 4, 2), np.zeros(24, np.uint8)
    overlay.restore(out)
    overlay.put(out, [flat(0, 0, 4, 2, [9, 9, 9, 255])])
    overlay.restore(out)
    out[:] = 5
    overlay.restore(out)
    assert (out == 5).all()


def test_a_buffer_at_the_address_of_one_that_is_gone_is_another():
    overlay = Overlay(PixelFormat.RGB24, 4, 2)
    patch = flat(0, 0, 4, 2, [9, 9, 9, 255])
    for level in range(5):
        out = np.full(24, level, np.uint8)
        overlay.put(out, [patch])  # would raise if it were taken for the one before
        del out
        gc.collect()
    assert not overlay._under


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_patch_that_stays_is_prepared_once(fmt, monkeypatch):
    prepared = []
    prepare = Overlay._prepare
    monkeypatch.setattr(Overlay, "_prepare", lambda self, p: prepared.append(p) or prepare(self, p))
    overlay, out = Overlay(fmt, 16, 12), frame(fmt, 16, 12)
    title, legend, other = (noise(i, i, 8, 6, seed=i) for i in range(3))
    pictures = []
    for patches in ([title, legend], [title, other], [title, title], [other]):
        overlay.restore(out)
        overlay.put(out, patches)
        pictures.append(out.copy())
    assert prepared == [title, legend, other, other]  # it was gone in between
    assert not np.array_equal(pictures[0], pictures[1])


@pytest.mark.parametrize("fmt", FORMATS)
def test_threads_make_no_difference(fmt, monkeypatch):
    patch = noise(-3, 5, 700, 390)
    pictures = []
    for grain in (1 << 40, 1 << 12):
        monkeypatch.setattr("gpuanim.raster.overlay._GRAIN", grain)
        pictures.append(frame(fmt, 640, 400))
        Overlay(fmt, 640, 400).put(pictures[-1], [patch])
    assert np.array_equal(*pictures)


def test_pixels_may_be_strided_or_read_only():
    patch = noise(1, 1, 8, 6)
    frozen = Patch(1, 1, np.frombuffer(patch.rgba.tobytes(), np.uint8).reshape(6, 8, 4))
    strided = Patch(1, 1, patch.rgba[::-1].copy()[::-1])
    outs = [frame(PixelFormat.NV12, 16, 12) for _ in range(3)]
    for out, each in zip(outs, (patch, frozen, strided), strict=True):
        Overlay(PixelFormat.NV12, 16, 12).put(out, [each])
    assert np.array_equal(outs[0], outs[1])
    assert np.array_equal(outs[0], outs[2])


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_painted_picture_stays(fmt):
    overlay, out = Overlay(fmt, 16, 12), frame(fmt, 16, 12)
    overlay.paint(out, flat(0, 0, 16, 12, [31, 119, 180, 255]))
    assert np.abs(to_rgb(fmt, out, 16, 12) - [31, 119, 180]).max() <= 2
    painted = out.copy()
    overlay.put(out, [noise(2, 2, 9, 9)])
    overlay.restore(out)
    assert np.array_equal(out, painted)


def test_paint_replaces_what_a_frame_of_alpha_held():
    out, picture = frame(PixelFormat.RGBA, 16, 12), noise(0, 0, 16, 12)
    Overlay(PixelFormat.RGBA, 16, 12).paint(out, picture)
    assert np.array_equal(out.reshape(12, 16, 4), picture.rgba)


def test_palette_frames_are_refused():
    with pytest.raises(RuntimeError, match="cannot be mixed into pal8 frames"):
        Overlay(PixelFormat.PAL8, 4, 4)


def test_two_puts_without_restore_are_refused():
    overlay, out = Overlay(PixelFormat.RGB24, 4, 4), np.zeros(48, np.uint8)
    overlay.put(out, [noise(0, 0, 2, 2)])
    with pytest.raises(RuntimeError, match=r"restore\(\) comes before the next put\(\)"):
        overlay.put(out, [])


@pytest.mark.parametrize(
    "rgba", [np.zeros((2, 2, 3), np.uint8), np.zeros((2, 4), np.uint8), np.zeros((2, 2, 4), np.float32)]
)
def test_a_patch_of_another_kind_is_an_error(rgba):
    with pytest.raises(ShapeError, match=r"a patch must be \(h, w, 4\) uint8, not \(2, "):
        Overlay(PixelFormat.RGB24, 4, 4).put(np.zeros(48, np.uint8), [Patch(0, 0, rgba)])
