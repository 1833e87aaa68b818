"""The `opengl` renderer against `cpu`: one matrix of points, sizes, overlap, opacity, order and formats.

Tolerance: within 2 of 255 in every channel on 99.9 % of the pixels, and never far off. What differs: `cpu`
rounds shares of pixels to 1/4096 and leaves out what 511/512 hide; `opengl` cuts discs into slices and rounds
each layer to 1/65535. Frames with transparency are compared as they look, on white: the colour of what can
hardly be seen means nothing.
"""

import numpy as np
import pytest

from gpuanim import raster
from gpuanim.errors import OptionError
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.opengl.layout import Layout
from gpuanim.raster.opengl.tiles import windows

N = 1500
TABLE = np.random.default_rng(3).integers(0, 256, (256, 3)).astype(np.uint8)
WIDE_TABLE = np.random.default_rng(4).integers(0, 256, (700, 3)).astype(np.uint8)
PAPER = np.array([250, 240, 230], np.uint8)
FULL = [f for f in PixelFormat if f is not PixelFormat.PAL8]


def cloud(width, height, diameter=2.15, *, n=N, opacity=None, seed=0):
    """Points in the frame and around it, dense in the middle; some are not numbers of this world."""
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(side / 2, side / 4, n).astype(np.float32) for side in (width, height))
    x[:4], y[:4] = [1e30, -1e30, width, 0], [1, 1, height, 0]
    return Points(x, y, diameter, rng.permutation(n).astype(np.uint32), opacity)


def scene(width, height, *, alpha=1.0, antialias=True, clip=None, **ground):
    ground = {"under": PAPER, "over": None} | ground
    return Scene(Ground(width, height, **ground), clip or (0, 0, width, height), alpha, antialias)


def chrome(width, height, *, soft=True):
    rng = np.random.default_rng(9)
    over = rng.integers(0, 256, (height, width, 4)).astype(np.uint8)
    over[height // 4 :, :, 3] = 0
    if not soft:
        over[..., 3] = np.where(over[..., 3] > 100, 255, 0)
    return over


def draw(name, points, scn, codes, table=TABLE, fmt=PixelFormat.RGB24, palette=None, **options):
    """Draw a frame to a buffer that holds something else."""
    with raster._type(name)(**options) as renderer:
        renderer.place(points, scn, len(codes), keep=True)
        canvas = renderer.canvas(table, fmt, palette)
        seen = renderer.visible
        out = np.full(fmt.nbytes(scn.width, scn.height), 77, np.uint8)
        canvas.still(out)
        canvas.draw(codes if seen is None else codes[seen], out)
        canvas.finish(out)
    return out.reshape(fmt.shape(scn.width, scn.height))


def on_white(rgba):
    alpha = rgba[..., 3:] / 255
    return np.concatenate([rgba[..., :3] * alpha, 255 - (255 - rgba[..., :3]) * alpha, rgba[..., 3:]], -1)


def check_alike(one, other, *, transparent=False):
    if transparent:
        one, other = on_white(one.astype(float)), on_white(other.astype(float))
    off = np.abs(one.astype(float) - other.astype(float))
    assert (off > 2.01).mean() <= 1e-3, (
        f"{(off > 2).mean():.2%} of the samples differ, by {off.max()} at most"
    )
    assert off.max() <= 12


def codes_for(table, n=N):
    codes = np.random.default_rng(5).integers(0, len(table), n).astype(np.uint16)
    codes[:20] = len(table) - 1  # of points without a value
    return codes


SIZES = {
    "smallest": 1.0,
    "usual": 2.15,
    "large": 13.0,
    "own": np.random.default_rng(1).uniform(1, 9, N).astype(np.float32),
    "beyond sprites": np.where(np.arange(N) % 100, 2.0, 190.0).astype(np.float32),
}


@pytest.fixture(
    scope="module",
    params=[pytest.param("any", marks=pytest.mark.opengl), pytest.param("hardware", marks=pytest.mark.gpu)],
)
def opengl(request):
    """Whatever draws here, which CI must have; and a GPU, where there is one."""
    from gpuanim.raster.opengl.probe import looked

    found, tried = looked()
    if found is None:
        pytest.skip(f"no OpenGL here: {tried}")
    if request.param == "hardware" and found.limits.software:
        pytest.skip(f"no hardware OpenGL here, but {found.limits.renderer}")
    return found


@pytest.mark.parametrize("size", [(64, 48), (61, 47)], ids=["even", "odd"])
@pytest.mark.parametrize("diameter", SIZES)
@pytest.mark.parametrize("alpha", [1.0, 0.3, 0.02])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("fmt", FULL)
def test_parity(opengl, size, diameter, alpha, antialias, fmt):
    if fmt.subsampled and size[0] % 2:
        size = (62, 46)
    points = cloud(*size, SIZES[diameter])
    scn = scene(*size, alpha=alpha, antialias=antialias, over=chrome(*size))
    codes = codes_for(TABLE)
    check_alike(*(draw(name, points, scn, codes, fmt=fmt) for name in ("cpu", "opengl")))


@pytest.mark.parametrize("alpha", [1.0, 0.4])
@pytest.mark.parametrize("over", [False, True])
def test_parity_without_a_ground(opengl, alpha, over):
    size = (61, 47)
    scn = scene(*size, alpha=alpha, transparent=True, over=chrome(*size) if over else None)
    points, codes = cloud(*size, 3.0, n=300), codes_for(TABLE, 300)
    pictures = [draw(name, points, scn, codes, fmt=PixelFormat.RGBA) for name in ("cpu", "opengl")]
    assert 0 in pictures[1][..., 3]
    check_alike(*pictures, transparent=True)


@pytest.mark.parametrize("fmt", [*FULL, PixelFormat.PAL8])
def test_palettes_and_opaque_pixels_are_exact(opengl, fmt):
    size = (62, 46)
    points, codes = cloud(*size, SIZES["own"]), codes_for(TABLE)
    scn = scene(*size, antialias=False, over=chrome(*size, soft=False))
    palette = np.concatenate([PAPER[None], TABLE[:254]])
    cpu, opengl = (draw(name, points, scn, codes, fmt=fmt, palette=palette) for name in ("cpu", "opengl"))
    # Centres whose distance is the radius, to the last bit of a float, may fall on either side; the chroma of
    # four pixels is rounded once by `cpu`, and after each pixel was rounded by `opengl`.
    assert (np.abs(cpu.astype(int) - opengl) > int(fmt.subsampled)).mean() <= 1e-3


@pytest.mark.parametrize("fmt", [PixelFormat.RGB24, PixelFormat.NV12, PixelFormat.RGBA])
def test_opacities_pictures_below_wide_tables_and_clips(opengl, fmt):
    size = (62, 46)
    opacity = np.random.default_rng(2).uniform(0, 1, N).astype(np.float32)
    under = np.random.default_rng(6).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    points, codes = cloud(*size, 4.0, opacity=opacity), codes_for(WIDE_TABLE)
    scn = scene(*size, alpha=0.7, under=under, clip=(7, 5, 51, 41), over=chrome(*size))
    cpu, opengl = (draw(name, points, scn, codes, WIDE_TABLE, fmt) for name in ("cpu", "opengl"))
    check_alike(cpu, opengl)


@pytest.mark.parametrize("fmt", [*FULL, PixelFormat.PAL8])
@pytest.mark.parametrize("tile", [16, 30])
def test_tiles_join_without_a_seam(opengl, fmt, tile):
    size = (62, 46)
    points, codes = cloud(*size, SIZES["own"]), codes_for(TABLE)
    flat = fmt is PixelFormat.PAL8
    scn = scene(*size, antialias=not flat, over=chrome(*size, soft=not flat), clip=(3, 2, 59, 45))
    whole, tiled = (
        draw("opengl", points, scn, codes, fmt=fmt, palette=TABLE[:255], tile=side) for side in (None, tile)
    )
    assert np.array_equal(whole, tiled)


def test_frames_lag_behind_and_finish_in_order(opengl):
    size = (64, 48)
    scn, codes = scene(*size, alpha=0.5), codes_for(TABLE)
    turns = [cloud(*size, seed=k) for k in range(4)]
    expected = [draw("opengl", points, scn, codes) for points in turns]
    with raster.create("opengl") as renderer:
        canvas = renderer.canvas(TABLE, PixelFormat.RGB24)
        outs = [np.zeros(3 * size[0] * size[1], np.uint8) for _ in turns]
        for points, out in zip(turns, outs, strict=True):
            renderer.place(points, scn, N, keep=False)
            canvas.still(out)
            canvas.draw(codes, out)  # the next points are placed before it is read back
        canvas.finish(outs[2])
        done = [np.array_equal(a.ravel(), b) for a, b in zip(expected, outs, strict=True)]
        assert done[:3] == [True, True, True]
        canvas.finish(outs[3])
        canvas.finish(outs[3])
    assert np.array_equal(outs[3], expected[3].ravel())


def test_no_points_leave_the_ground(opengl):
    none = cloud(8, 6, n=4).take(np.empty(0, np.int64))
    picture = draw("opengl", none, scene(8, 6), np.empty(0, np.uint16))
    assert (picture == PAPER).all()


def test_large_frames_have_sharp_far_corners(opengl):
    """Positions are float32: 7,000 pixels from the origin they still say where a disc begins."""
    width, height = 7680, 64
    x = np.array([7600.3, 7610.8], np.float32)
    points = Points(x, np.array([30.2, 31.7], np.float32), 9.0, np.arange(2, dtype=np.uint32))
    codes = np.array([1, 2], np.uint16)
    check_alike(*(draw(name, points, scene(width, height), codes) for name in ("cpu", "opengl")))


def test_what_it_cannot_draw_names_who_can():
    with pytest.raises(OptionError, match='"opengl" cannot draw blend="additive", renderer="cpu" can'):
        raster.check_mixing("opengl", "additive")
    raster.check_mixing("opengl", "over")
    raster.check_mixing("cpu", "additive")


@pytest.mark.parametrize("fmt", list(PixelFormat))
@pytest.mark.parametrize("side", [8, 10, 64])
def test_windows_cover_a_box_once(fmt, side):
    width, height, box = 62, 46, (3, 5, 60, 41)
    seen = np.zeros((height, width), int)
    for left, top, right, bottom in windows(box, width, height, fmt, side):
        assert 0 < right - left <= side
        layout = Layout(fmt, width, height, (left, top, right, bottom), box)
        assert max(layout.shape) <= side
        if fmt.subsampled:
            assert not any(edge % 2 for edge in (left, top, right, bottom))
        seen[top:bottom, left:right] += 1
    assert seen.max() == 1
    assert seen[box[1] : box[3], box[0] : box[2]].all()


def test_an_empty_box_has_no_windows():
    assert list(windows((5, 5, 5, 9), 20, 20, PixelFormat.NV12, 8)) == []
