"""The compositing operator: literal pictures, and equality with drawing point by point."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.canvas import KeptCanvas
from gpuanim.raster.cpu import CpuRenderer
from gpuanim.raster.kernels import coverage
from gpuanim.raster.operator import Operator
from gpuanim.raster.palette import light_colors, nearest, reduce_colors
from gpuanim.raster.pen import Pen
from gpuanim.raster.pixels import ONE, pack, rgb_to_yuv, unique_colors, yuv_to_rgb

RED, GREEN, BLUE, GRAY = [255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 200, 200]
TABLE = np.array([RED, GREEN, BLUE, GRAY], np.uint8)
WHITE, BLACK = np.full(3, 255, np.uint8), np.zeros(3, np.uint8)


def scene(width, height, **changes):
    given = {"clip": (0, 0, width, height), "under": WHITE, "over": None, "alpha": 1.0, "antialias": True}
    given |= changes
    parts = {name: given.pop(name) for name in ("under", "over", "transparent") if name in given}
    return Scene(ground=Ground(width, height, **parts), **given)


def points(xy, diameter, ids=None, opacity=None):
    xy = np.asarray(xy, np.float32).reshape(-1, 2)
    ids = np.arange(len(xy), dtype=np.uint32) if ids is None else np.asarray(ids, np.uint32)
    diameter = np.asarray(diameter, np.float32) if np.ndim(diameter) else float(diameter)
    opacity = None if opacity is None else np.asarray(opacity, np.float32)
    return Points(np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1]), diameter, ids, opacity)


def render(pts, scn, codes, table=TABLE, fmt=PixelFormat.RGB24, palette=None, keep=True):
    codes = np.asarray(codes, np.uint16)
    with CpuRenderer() as renderer:
        renderer.place(pts, scn, len(codes), keep=keep)
        canvas = renderer.canvas(table, fmt, palette)
        seen = renderer.visible
        out = np.full(fmt.nbytes(scn.width, scn.height), 77, np.uint8)
        canvas.still(out)
        canvas.draw(codes if seen is None else codes[seen], out)
    return out.reshape(fmt.shape(scn.width, scn.height))


def painted(pts, scn, codes, table=TABLE):
    """Draw the same picture the slow way: point after point over a float canvas."""
    canvas = np.broadcast_to(scn.ground.under.astype(float), (scn.height, scn.width, 3)).copy()
    radius = np.broadcast_to(np.asarray(pts.diameter) / 2, len(pts.x))
    opacity = np.broadcast_to(1.0 if pts.opacity is None else pts.opacity, len(pts.x))
    left, top, right, bottom = scn.clip
    for x, y, r, o, i in zip(pts.x, pts.y, radius, opacity, pts.ids, strict=True):
        for row in range(top, bottom):
            for column in range(left, right):
                dx, dy = column + 0.5 - x, row + 0.5 - y
                if scn.antialias:
                    share = coverage.exact(dx, dy, r)
                else:
                    share = float(dx * dx + dy * dy <= r * r or (column, row) == (np.floor(x), np.floor(y)))
                a = share * scn.alpha * o
                canvas[row, column] = (1 - a) * canvas[row, column] + a * table[codes[i]]
    if scn.ground.over is not None:
        a = scn.ground.over[..., 3:] / 255
        canvas = (1 - a) * canvas + a * scn.ground.over[..., :3]
    return canvas


def test_one_opaque_pixel():
    picture = render(points([[1.5, 0.5]], 1.0), scene(3, 2, antialias=False), [0])
    expected = np.full((2, 3, 3), 255)
    expected[0, 1] = RED
    assert np.array_equal(picture, expected)


def test_a_disc_without_antialiasing_has_the_pixels_whose_centres_it_covers():
    picture = render(points([[2.5, 2.5]], 3.0), scene(5, 5, antialias=False), [1])
    shape = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 0]])
    assert np.array_equal((picture == GREEN).all(-1), shape.astype(bool))


def test_the_last_point_lies_on_top():
    stack = points([[1.5, 1.5]] * 3, 2.0)
    assert render(stack, scene(3, 3, antialias=False), [0, 1, 2])[1, 1].tolist() == BLUE
    below = points([[1.5, 1.5]] * 3, 2.0, ids=[2, 1, 0])
    assert render(below, scene(3, 3, antialias=False), [0, 1, 2])[1, 1].tolist() == RED


def test_half_covered_pixel_is_half_the_colour():
    wide = points([[-98.5, 1.5]], 200.0)  # a huge disc is a straight edge at x = 1.5
    picture = render(wide, scene(4, 3), [2], table=np.array([[0, 0, 0]] * 4, np.uint8))
    assert picture[1].tolist()[0] == [0, 0, 0]
    assert picture[1, 1, 0] == pytest.approx(128, abs=1)
    assert picture[1].tolist()[2:] == [[255] * 3] * 2


def test_translucent_layers_follow_the_over_rule():
    stack = points([[1.5, 1.5]] * 2, 4.0)
    picture = render(stack, scene(3, 3, alpha=0.5), [0, 1])
    assert picture[1, 1].tolist() == pytest.approx([128, 191, 64], abs=1)


def test_opacities_of_points_multiply_that_of_the_scene():
    apart = points([[1.5, 1.5], [5.5, 1.5], [9.5, 1.5]], 2.0, opacity=[1.0, 0.5, 0.0])
    row = render(apart, scene(11, 3, alpha=0.8), [2, 2, 2])[1, :, 0]
    assert row[[1, 5, 9]].tolist() == pytest.approx([51, 153, 255], abs=1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.37, 1.0]), st.booleans(), st.booleans())
def test_opacities_of_one_change_no_bit_of_the_operator(seed, alpha, antialias, own_sizes):
    rng = np.random.default_rng(seed)
    n = 500
    xy, sizes = rng.uniform(-3, 40, (n, 2)), rng.uniform(1, 5, n) if own_sizes else 2.3
    scn = scene(37, 35, alpha=alpha, antialias=antialias)
    built = [Operator(points(xy, sizes, None, o), scn, n, keep=True) for o in (None, np.ones(n))]
    for plain, ones in zip(*(operator.bands for operator in built), strict=True):
        for name in ("live", "points", "classes", "order", "ids", "weights", "rest"):
            assert np.array_equal(getattr(plain, name), getattr(ones, name))


def test_opacities_follow_their_points():
    some = points([[0, 0], [1, 1], [2, 2]], 1.0, opacity=[0.1, 0.2, 0.3])
    taken = some.take(np.array([2, 0]))
    assert taken.opacity.tolist() == some.opacity[[2, 0]].tolist()


def test_nan_code_has_its_own_colour():
    assert render(points([[1.5, 1.5]], 3.0), scene(3, 3), [3])[1, 1].tolist() == GRAY


def test_points_outside_leave_no_trace():
    outside = points([[-5, 1], [50, 1], [1, -5], [1, 50], [1e30, 0], [-1e30, 1e30]], 3.0)
    assert (render(outside, scene(8, 8), [0] * 6) == 255).all()


def test_clip_cuts_points():
    picture = render(points([[4, 4]], 8.0), scene(8, 8, clip=(2, 3, 6, 5), antialias=False), [0])
    red = (picture == RED).all(-1)
    assert red[3:5, 2:6].all()
    assert red.sum() == 8


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.03, 0.3, 0.7, 1.0]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_equal_to_painting_point_by_point(seed, alpha, antialias, own_sizes, own_opacities, chrome):
    rng = np.random.default_rng(seed)
    n, w, h = int(rng.integers(1, 60)), int(rng.integers(1, 14)), int(rng.integers(1, 14))
    xy = rng.uniform(-2, max(w, h) + 2, (n, 2))
    sizes = rng.uniform(1.0, 6.0, n) if own_sizes else rng.uniform(1.0, 6.0)
    pts = points(xy, sizes, rng.permutation(n), rng.uniform(0, 1, n) if own_opacities else None)
    over = rng.integers(0, 256, (h, w, 4)).astype(np.uint8) if chrome else None
    scn = scene(w, h, alpha=alpha, antialias=antialias, over=over)
    codes = rng.integers(0, 4, n)
    # Cutting a list off below 1/512, tabulated coverage and rounding: less than one grey level each.
    assert np.abs(render(pts, scn, codes).astype(float) - painted(pts, scn, codes)).max() <= 1.6


def cloud(n=3000, w=61, h=47, **changes):
    rng = np.random.default_rng(5)
    pts = points(rng.normal([w / 2, h / 2], [w / 5, h / 5], (n, 2)), 2.15)
    return pts, scene(w, h, **changes), rng.integers(0, 4, n)


def test_weights_sum_to_one():
    pts, scn, codes = cloud(alpha=0.3)
    white = np.full((4, 3), 255, np.uint8)
    assert (render(pts, scn, codes, table=white) == 255).all()


def test_order_of_threads_and_of_calls_does_not_matter():
    pts, scn, codes = cloud(alpha=0.4)
    pictures = [render(pts, scn, codes, keep=keep) for keep in (True, False, True)]
    assert all(np.array_equal(p, pictures[0]) for p in pictures)


def test_visible_points_ascend_and_suffice():
    pts, scn, _ = cloud(n=20000, antialias=False)
    with CpuRenderer() as renderer:
        renderer.place(pts, scn, 20000, keep=True)
        seen = renderer.visible
        assert (np.diff(seen.astype(np.int64)) > 0).all()
        assert len(seen) <= scn.width * scn.height
        assert renderer.facts()["visible"] == len(seen)


@pytest.mark.parametrize("size", [(64, 48), (2, 2), (62, 34)])
def test_video_formats_decode_to_the_rgb_picture(size):
    pts, scn, codes = cloud(w=size[0], h=size[1], alpha=0.6)
    rgb = render(pts, scn, codes).astype(float)
    w, h = size
    planar = render(pts, scn, codes, fmt=PixelFormat.YUV420P)
    semi = render(pts, scn, codes, fmt=PixelFormat.NV12)
    assert np.array_equal(planar[:h], semi[:h])
    u, v = planar[h:].reshape(2, h // 2, w // 2)
    assert np.array_equal(semi[h:].reshape(h // 2, w // 2, 2), np.stack([u, v], -1))
    quads = rgb.reshape(h // 2, 2, w // 2, 2, 3).mean((1, 3))
    luma = planar[:h].reshape(h // 2, 2, w // 2, 2).mean((1, 3))
    assert np.abs(yuv_to_rgb(np.stack([luma, u, v], -1)) - quads).max() < 3


def test_flat_colours_survive_the_way_to_yuv_and_back():
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (5000, 3)).astype(np.uint8)
    back = np.clip(np.rint(yuv_to_rgb(rgb_to_yuv(colors))), 0, 255)
    assert np.abs(back - colors).max() <= 2
    assert rgb_to_yuv(np.array([[0, 0, 0], [255, 255, 255]], np.uint8)).tolist() == [
        [16, 128, 128],
        [235, 128, 128],
    ]


def test_transparent_background_has_straight_alpha():
    pts = points([[1.5, 1.5]], 2.0)
    picture = render(pts, scene(4, 3, transparent=True, alpha=0.5), [0], fmt=PixelFormat.RGBA)
    assert picture[1, 1].tolist() == [255, 0, 0, 128]
    assert picture[0, 3].tolist() == [0, 0, 0, 0]
    edge = picture[0, 1]
    assert edge[:3].tolist() == RED
    assert 0 < edge[3] < 128


def test_opaque_rgba_is_the_rgb_picture():
    pts, scn, codes = cloud()
    rgba = render(pts, scn, codes, fmt=PixelFormat.RGBA)
    assert (rgba[..., 3] == 255).all()
    assert np.array_equal(rgba[..., :3], render(pts, scn, codes))


def test_palette_frames_look_up_to_the_rgb_picture():
    over = np.zeros((47, 61, 4), np.uint8)
    over[3] = [9, 8, 7, 255]
    pts, scn, codes = cloud(antialias=False, over=over)
    palette = np.array([[255, 255, 255], RED, GREEN, BLUE, GRAY, [9, 8, 7]], np.uint8)
    frame = render(pts, scn, codes, fmt=PixelFormat.PAL8, palette=palette)
    assert scn.flat
    assert np.array_equal(palette[frame], render(pts, scn, codes))


@pytest.mark.parametrize(
    ("changes", "flat"),
    [({}, False), ({"antialias": False}, True), ({"antialias": False, "alpha": 0.5}, False)],
)
def test_flat_scenes_have_unmixed_colours(changes, flat):
    assert scene(4, 4, **changes).flat is flat


def test_under_picture_shows_where_no_point_is():
    rng = np.random.default_rng(1)
    under = rng.integers(0, 256, (9, 7, 3)).astype(np.uint8)
    picture = render(points([[3.5, 4.5]], 1.0), scene(7, 9, under=under, antialias=False), [0])
    under[4, 3] = RED
    assert np.array_equal(picture, under)


def test_reduce_colors_merges_the_closest_and_keeps_the_first():
    colors = np.array([[0, 0, 0], [10, 0, 0], [11, 0, 0], [200, 0, 0], [10, 0, 0]], np.uint8)
    same, error = reduce_colors(colors, 4)
    assert (same.tolist(), error) == ([[0, 0, 0], [10, 0, 0], [11, 0, 0], [200, 0, 0]], 0)
    fewer, error = reduce_colors(colors, 3)
    assert (fewer.tolist(), error) == ([[0, 0, 0], [10, 0, 0], [200, 0, 0]], 1)
    assert nearest(np.array([[12, 0, 0]], np.uint8), fewer).tolist() == [1]


def test_unique_colors_of_runs():
    picture = np.array([[[1, 2, 3], [1, 2, 3]], [[0, 0, 1], [1, 2, 3]]], np.uint8)
    colors, rows = unique_colors(picture)
    assert np.array_equal(colors[rows], picture)
    assert len(colors) == 2


def test_words_hold_four_full_weights():
    word = int(pack(np.array([[255, 255, 255]], np.uint8))[0]) * ONE
    assert word & (2**20 - 1) == 255 * ONE
    assert (word >> 20) * 4 < 2**64
    assert ((word >> 20) & (2**22 - 1)) == 255 * ONE


FORMATS = st.sampled_from([f for f in PixelFormat if f is not PixelFormat.PAL8])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    FORMATS | st.just(PixelFormat.PAL8),
    st.sampled_from([0.3, 1.0]),
    st.lists(st.sampled_from([0.0, 0.004, 0.02, 0.3, 1.0]), min_size=1, max_size=8),
)
def test_a_film_of_few_changes_is_the_film_drawn_anew(seed, fmt, alpha, shares):
    rng = np.random.default_rng(seed)
    n, width, height = 600, 62, 44
    flat = fmt is PixelFormat.PAL8
    clip = (2, 0, width - 3, height - 1)
    scn = scene(
        width,
        height,
        clip=clip,
        alpha=1.0 if flat else alpha,
        antialias=not flat,
        transparent=fmt is PixelFormat.RGBA,
    )
    pts = points(rng.uniform(-4, 66, (n, 2)), rng.uniform(1, 5, n) if seed % 2 else 2.5, rng.permutation(n))
    palette = np.concatenate([WHITE[None], TABLE]) if flat else None
    codes = rng.integers(0, 4, n).astype(np.uint16)
    buffers = [np.zeros(fmt.nbytes(width, height), np.uint8) for _ in range(3)]
    with CpuRenderer() as renderer:
        canvas = renderer.canvas(TABLE, fmt, palette)
        renderer.place(pts, scn, n, keep=True)
        for buffer in buffers:
            canvas.still(buffer)
        for k, share in enumerate(shares):
            changed = rng.random(n) < share
            codes = np.where(changed, rng.integers(0, 4, n), codes).astype(np.uint16)
            canvas.draw(codes[renderer.visible], buffers[k % 3])
            anew = render(pts, scn, codes, fmt=fmt, palette=palette)
            assert np.array_equal(buffers[k % 3].reshape(anew.shape), anew)


def test_few_changes_are_told_from_many():
    pts = points(np.random.default_rng(0).uniform(0, 300, (2000, 2)), 3.0)
    codes = np.zeros(2000, np.uint16)
    operator = Operator(pts, scene(300, 300), 2000, keep=True)
    canvas = KeptCanvas(TABLE, Pen(PixelFormat.RGB24, None))
    canvas.take(operator)
    out = np.empty(270000, np.uint8)
    canvas.still(out)
    seen = codes[operator.visible]
    canvas.draw(seen, out)
    assert canvas._picture is None, "the first frame is drawn as it is"
    for k in range(3):
        seen[k] = 1
        canvas.draw(seen, out)
        assert canvas._picture is not None
    assert canvas._changes is not None
    canvas.draw((seen + 1) % 3, out)
    assert canvas._picture is None


def test_points_that_share_a_value_change_together():
    fillers = 64
    pts = points(
        np.concatenate([[[2.5, 2.5], [30.5, 30.5]], np.random.default_rng(0).uniform(8, 24, (fillers, 2))]),
        3.0,
        ids=[0, 0, *range(1, fillers + 1)],
    )
    codes = np.zeros(fillers + 1, np.uint16)
    with CpuRenderer() as renderer:
        renderer.place(pts, scene(34, 34), len(codes), keep=True)
        canvas = renderer.canvas(TABLE, PixelFormat.RGB24)
        out = np.empty(34 * 34 * 3, np.uint8)
        canvas.still(out)
        for code in (0, 0, 1, 2):
            codes[0] = code
            canvas.draw(codes[renderer.visible], out)
            picture = out.reshape(34, 34, 3)
            assert picture[2, 2].tolist() == picture[30, 30].tolist() == TABLE[code].tolist()


def test_light_leaves_the_hull_of_its_colours():
    shown = light_colors(TABLE[[0, 2]], np.array([10, 20, 30])).tolist()
    assert [138, 20, 30] in shown, "half of red"
    assert [255, 20, 255] in shown, "red and blue"
    assert [255, 255, 255] in shown
    assert light_colors(np.zeros((300, 3), np.uint8), BLACK).tolist() == [[0, 0, 0], [255, 255, 255]]
