"""Points that do not hide each other: literal pictures, the formulas in floats, and laws."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Ground, Points, Scene
from gpuanim.raster.cpu import CpuRenderer
from gpuanim.raster.kernels import coverage
from gpuanim.raster.mixing import importance, scattered
from gpuanim.raster.operator import MOST, Operator
from gpuanim.raster.pixels import yuv_to_rgb

RED, GREEN, BLUE, GRAY = [255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 200, 200]
TABLE = np.array([RED, GREEN, BLUE, GRAY], np.uint8)
WHITE, BLACK = np.full(3, 255, np.uint8), np.zeros(3, np.uint8)
MIXINGS = ("mix", "weighted", "additive")
VIDEO = (PixelFormat.YUV420P, PixelFormat.NV12, PixelFormat.YUV444P)


def scene(width, height, mixing, *, alpha=1.0, antialias=True, under=WHITE, over=None, transparent=False):
    ground = Ground(width, height, under, over, transparent)
    falloff = 3.0 if mixing == "weighted" else 0.0
    return Scene(ground, (0, 0, width, height), alpha, antialias, mixing, falloff)


def points(xy, diameter, ids=None, opacity=None):
    x, y = np.asarray(xy, np.float32).reshape(-1, 2).T.copy()
    diameter = np.asarray(diameter, np.float32) if np.ndim(diameter) else float(diameter)
    ids = np.arange(len(x)) if ids is None else ids
    opacity = None if opacity is None else np.asarray(opacity, np.float32)
    return Points(x, y, diameter, np.asarray(ids, np.uint32), opacity)


def render(pts, scn, codes, fmt=PixelFormat.RGB24, table=TABLE):
    codes = np.asarray(codes, np.uint16)
    with CpuRenderer() as renderer:
        canvas = renderer.canvas(table, fmt)
        renderer.place(pts, scn, len(codes), keep=True)
        out = np.full(fmt.nbytes(scn.width, scn.height), 77, np.uint8)
        canvas.still(out)
        canvas.draw(codes[renderer.visible], out)
    return out.reshape(fmt.shape(scn.width, scn.height))


def decoded(frame, fmt, width, height):
    """Convert a video frame to RGB, its chroma spread over two by two pixels."""
    if fmt is PixelFormat.YUV444P:
        return yuv_to_rgb(np.moveaxis(frame.reshape(3, height, width), 0, -1))
    chroma = frame.ravel()[width * height :]
    if fmt is PixelFormat.NV12:
        chroma = np.moveaxis(chroma.reshape(height // 2, width // 2, 2), -1, 0)
    chroma = chroma.reshape(2, height // 2, width // 2).repeat(2, 1).repeat(2, 2)
    return yuv_to_rgb(np.stack([frame.ravel()[: width * height].reshape(height, width), *chroma], -1))


def formula(pts, scn, codes):
    """Evaluate the definitions of the blends in floats, pixel by pixel."""
    m = len(pts.x)
    radius = np.broadcast_to(np.asarray(pts.diameter) / 2, m)
    opacity = scn.alpha * (np.ones(m) if pts.opacity is None else pts.opacity)
    colors = TABLE[codes[pts.ids]].astype(float)
    weight = ((np.arange(m) + 0.5) / m) ** scn.falloff
    picture = np.broadcast_to(scn.ground.under.astype(float), (scn.height, scn.width, 3)).copy()
    for row, column in np.ndindex(scn.height, scn.width):
        dx, dy = column + 0.5 - pts.x, row + 0.5 - pts.y
        if scn.antialias:
            share = [coverage.exact(*at) for at in zip(dx, dy, radius, strict=True)]
        else:
            own = (np.floor(pts.x) == column) & (np.floor(pts.y) == row)
            share = (dx * dx + dy * dy <= radius**2) | own
        a = opacity * share
        if scn.mixing == "additive":
            picture[row, column] = np.minimum(255, picture[row, column] + a @ colors)
        elif a.any():
            cover = 1 - np.prod(1 - a)
            mean = (a * weight) @ colors / (a * weight).sum()
            picture[row, column] = cover * mean + (1 - cover) * picture[row, column]
    if scn.ground.over is not None:
        share = scn.ground.over[..., 3:] / 255
        picture = (1 - share) * picture + share * scn.ground.over[..., :3]
    return picture


def cloud(n=900, w=46, h=38, seed=5):
    rng = np.random.default_rng(seed)
    return points(rng.normal([w / 2, h / 2], [w / 5, h / 5], (n, 2)), 2.15), rng.integers(0, 4, n)


def test_one_pixel_of_three_points():
    stack = points([[1.5, 1.5]] * 3, 2.0)
    ground = np.array([10, 20, 30], np.uint8)
    mix = render(stack, scene(3, 3, "mix", antialias=False, under=ground), [0, 0, 2])
    assert mix[1, 1].tolist() == [170, 0, 85]
    assert mix[0, 0].tolist() == ground.tolist()
    weighted = render(stack, scene(3, 3, "weighted", antialias=False, under=ground), [0, 1, 2])
    # Heights 1/6, 3/6 and 5/6 to the third power are as 1 : 27 : 125.
    assert weighted[1, 1].tolist() == pytest.approx([255 / 153, 255 * 27 / 153, 255 * 125 / 153], abs=0.6)


def test_light_is_added_to_the_ground_and_clipped_in_each_channel():
    stack = points([[1.5, 1.5]] * 3, 2.0)
    ground = np.array([10, 20, 30], np.uint8)
    dim = render(stack, scene(3, 3, "additive", antialias=False, under=ground, alpha=0.25), [0, 0, 2])
    assert dim[1, 1].tolist() == pytest.approx([10 + 127.5, 20, 30 + 63.75], abs=0.6)
    bright = render(stack, scene(3, 3, "additive", antialias=False, under=ground), [0, 0, 2])
    assert bright[1, 1].tolist() == [255, 20, 255]
    assert bright[0, 0].tolist() == ground.tolist()


def test_what_is_not_covered_shows_the_ground():
    stack = points([[1.5, 1.5]] * 2, 4.0)
    mix = render(stack, scene(3, 3, "mix", alpha=0.5), [0, 2])
    # 1 - 0.5^2 of it is half red, half blue.
    assert mix[1, 1].tolist() == pytest.approx([159.4, 63.75, 159.4], abs=1)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(MIXINGS),
    st.sampled_from([0.04, 0.5, 1.0]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_equal_to_the_formula(seed, mixing, alpha, antialias, own_sizes, own_opacities, chrome):
    rng = np.random.default_rng(seed)
    n, w, h = int(rng.integers(1, 50)), int(rng.integers(1, 10)), int(rng.integers(1, 10))
    sizes = rng.uniform(1.0, 6.0, n) if own_sizes else rng.uniform(1.0, 6.0)
    opacity = rng.uniform(0, 1, n) if own_opacities else None
    pts = points(rng.uniform(-2, max(w, h) + 2, (n, 2)), sizes, rng.permutation(n), opacity)
    over = rng.integers(0, 256, (h, w, 4)).astype(np.uint8) if chrome else None
    under = rng.integers(0, 120, (h, w, 3)).astype(np.uint8)
    scn = scene(w, h, mixing, alpha=alpha, antialias=antialias, under=under, over=over)
    codes = rng.integers(0, 4, n)
    # Transmittance below 1/512, tabulated coverage, rounding of weights and results: below a level each.
    assert np.abs(render(pts, scn, codes) - formula(pts, scn, codes)).max() <= 2.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["mix", "additive"]), st.booleans())
def test_the_order_of_drawing_changes_no_bit(seed, mixing, antialias):
    pts, codes = cloud(400, 24, 22, seed)
    scn = scene(24, 22, mixing, alpha=0.3, antialias=antialias, under=BLACK)
    anyhow = pts.take(np.random.default_rng(seed).permutation(400))
    assert np.array_equal(render(pts, scn, codes), render(anyhow, scn, codes))


@pytest.mark.parametrize("mixing", ["mix", "additive"])
def test_the_order_of_the_data_changes_roundings_only(mixing):
    pts, codes = cloud()
    scn = scene(46, 38, mixing, alpha=0.3, under=BLACK)
    order = np.random.default_rng(0).permutation(900)
    other = points(np.stack([pts.x, pts.y], -1)[order], 2.15)
    difference = render(pts, scn, codes).astype(int) - render(other, scn, codes[order])
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("alpha", [0.37, 1.0])
@pytest.mark.parametrize("mixing", ["mix", "weighted"])
def test_points_that_do_not_touch_are_as_over(mixing, alpha):
    rng = np.random.default_rng(0)
    grid = np.array(list(itertools.product(range(3, 40, 6), repeat=2))) + rng.uniform(-1, 1, (49, 2))
    pts, codes = points(grid, 3.3), rng.integers(0, 4, 49)
    over = render(pts, scene(42, 42, "over", alpha=alpha), codes)
    assert np.abs(render(pts, scene(42, 42, mixing, alpha=alpha), codes) - over.astype(int)).max() <= 1


@pytest.mark.parametrize("mixing", ["mix", "weighted"])
def test_weights_sum_to_one(mixing):
    pts, codes = cloud()
    white = np.full((4, 3), 255, np.uint8)
    assert (render(pts, scene(46, 38, mixing, alpha=0.3), codes, table=white) == 255).all()


def test_a_steep_falloff_shows_the_topmost():
    stack = points([[1.5, 1.5]] * 3, 2.0)
    ground = Ground(3, 3, WHITE)
    for falloff, expected in ((0.0, [85, 85, 85]), (200.0, BLUE)):
        scn = Scene(ground, (0, 0, 3, 3), 1.0, False, "weighted", falloff)
        assert render(stack, scn, [0, 1, 2])[1, 1].tolist() == expected


def test_importance_is_that_of_the_topmost_point_of_an_id():
    ids = np.array([2, 0, 0, 1], np.uint32)
    heights = np.array([5 / 8, 7 / 8, 1 / 8, 0], np.float32)  # of ids 0, 1, 2; there is no point of id 3
    assert importance(ids, 4, 1.0).tolist() == heights.tolist()
    assert importance(ids, 4, 90.0)[2] == pytest.approx(1e-30)
    assert importance(ids, 4, 0.0).tolist() == [1]


def test_scattered_points_depend_on_their_ids_alone():
    pts = points(np.arange(2000).reshape(-1, 2), np.arange(1000), opacity=np.arange(1000) / 1000)
    mixed = scattered(pts.take(np.random.default_rng(0).permutation(1000)))
    assert np.array_equal(mixed.ids, scattered(pts).ids)
    assert np.array_equal(mixed.x, 2 * mixed.ids)
    assert np.array_equal(mixed.diameter, mixed.ids)
    assert np.array_equal(np.sort(mixed.ids), pts.ids)
    steps = np.diff(mixed.ids.astype(int))
    assert abs(np.count_nonzero(steps % 2) / 999 - 0.5) < 0.05, "odd and even ids take no turns"


@pytest.mark.parametrize("n", [10, 255, 1000, 2731, 4000])
def test_shares_of_crowded_pixels_are_right(n):
    pts = points(np.full((n, 2), 1.5), 1.0)
    kinds = np.arange(n) % 2  # as bad as it gets for roundings that follow the order of the data
    pixel = render(pts, scene(3, 3, "mix", antialias=False), kinds)[1, 1]
    assert pixel[:2].tolist() == pytest.approx([127.5, 127.5], abs=0.004 * 255)


def test_pixels_of_too_many_points_show_a_sample_and_say_so():
    n = 3 * MOST + 5
    pts = points(np.concatenate([np.full((n, 2), 1.5), [[5.5, 1.5]]]), 1.0)
    kinds = np.append(np.arange(n) % 3 % 2, 2)  # two of three are red
    for mixing in ("mix", "weighted"):
        with CpuRenderer() as renderer:
            renderer.place(pts, scene(8, 3, mixing, antialias=False), n + 1, keep=True)
            assert renderer.facts()["sampled_pixels"] == 1
            assert renderer.facts()["fragments"] <= MOST + 1
        picture = render(pts, scene(8, 3, mixing, antialias=False), kinds)
        assert picture[1, 1].tolist() == pytest.approx([170, 85, 0], abs=0.03 * 255)
        assert picture[1, 5].tolist() == BLUE
    with CpuRenderer() as renderer:
        renderer.place(pts.take(np.arange(MOST)), scene(8, 3, "mix", antialias=False), MOST, keep=True)
        assert "sampled_pixels" not in renderer.facts()


@pytest.mark.parametrize("mixing", MIXINGS)
def test_large_discs_show_samples_where_memory_would_run_out(monkeypatch, mixing):
    monkeypatch.setattr("gpuanim.raster.operator._BAND_FRAGMENTS", 5000)
    rng = np.random.default_rng(0)
    pts, kinds = points(rng.uniform(5, 15, (900, 2)), 30.0), rng.integers(0, 2, 900)
    scn = scene(20, 20, mixing, alpha=1.0 if mixing != "additive" else 0.001, under=BLACK)
    operator = Operator(pts, scn, 900, keep=True)
    assert operator.n_thinned == 400
    assert max(len(band.ids) for band in operator.bands) <= 5000
    part = np.average(kinds, weights=((np.arange(900) + 0.5) / 900) ** scn.falloff)
    whole = 255 * (0.9 if mixing == "additive" else 1)
    picture = render(pts, scn, kinds)[5:15, 5:15]
    assert picture.mean((0, 1)) == pytest.approx([whole * (1 - part), whole * part, 0], abs=3)


def test_light_of_too_many_points_keeps_its_sum():
    n = 3 * MOST
    pts = points(np.full((n, 2), 1.5), 1.0)
    dim = scene(3, 3, "additive", antialias=False, alpha=0.5 / n, under=BLACK)
    assert render(pts, dim, np.full(n, 3))[1, 1].tolist() == pytest.approx([100, 100, 100], abs=1)
    glaring = scene(3, 3, "additive", antialias=False, under=BLACK)
    faint = np.array([[1, 0, 0]] * 4, np.uint8)
    assert render(pts, glaring, np.zeros(n), table=faint)[1, 1].tolist() == RED
    assert render(pts, glaring, np.full(n, 3))[1, 1].tolist() == WHITE.tolist()


@pytest.mark.parametrize("fmt", VIDEO)
@pytest.mark.parametrize("mixing", MIXINGS)
def test_video_formats_decode_to_the_rgb_picture(mixing, fmt):
    pts, codes = cloud()
    rng = np.random.default_rng(2)
    over = np.zeros((38, 46, 4), np.uint8)
    over[10:14] = rng.integers(0, 256, (4, 46, 4))
    scn = scene(46, 38, mixing, alpha=0.3, under=np.array([20, 30, 60], np.uint8), over=over)
    rgb = render(pts, scn, codes).astype(float)
    video = decoded(render(pts, scn, codes, fmt), fmt, 46, 38)
    if fmt.subsampled:
        rgb, video = (p.reshape(19, 2, 23, 2, 3).mean((1, 3)) for p in (rgb, video))
    assert np.abs(video - rgb).max() < 3


@pytest.mark.parametrize("mixing", MIXINGS)
def test_opaque_rgba_is_the_rgb_picture(mixing):
    pts, codes = cloud()
    scn = scene(46, 38, mixing, alpha=0.3, under=BLACK)
    rgba = render(pts, scn, codes, PixelFormat.RGBA)
    assert (rgba[..., 3] == 255).all()
    assert np.array_equal(rgba[..., :3], render(pts, scn, codes))


@pytest.mark.parametrize("chrome", [False, True])
@pytest.mark.parametrize("mixing", MIXINGS)
def test_transparent_films_look_over_black_as_opaque_ones(mixing, chrome):
    pts, codes = cloud()
    over = np.random.default_rng(3).integers(0, 256, (38, 46, 4)).astype(np.uint8) if chrome else None
    rgba, rgb = (
        render(pts, scene(46, 38, mixing, alpha=0.3, under=BLACK, over=over, transparent=clear), codes, fmt)
        for clear, fmt in ((True, PixelFormat.RGBA), (False, PixelFormat.RGB24))
    )
    shown = rgba[..., :3] * (rgba[..., 3:] / 255)
    assert np.abs(shown - rgb).max() <= 2
    assert chrome or rgba[0, 0].tolist() == [0, 0, 0, 0]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(MIXINGS),
    st.sampled_from([PixelFormat.RGB24, PixelFormat.RGBA, *VIDEO]),
)
def test_a_film_of_few_changes_is_the_film_drawn_anew(seed, mixing, fmt):
    rng = np.random.default_rng(seed)
    n = 300
    pts = points(rng.uniform(-4, 50, (n, 2)), rng.uniform(1, 5, n) if seed % 2 else 2.5, rng.permutation(n))
    scn = scene(46, 38, mixing, alpha=0.4, under=BLACK, transparent=fmt is PixelFormat.RGBA)
    codes = rng.integers(0, 4, n).astype(np.uint16)
    with CpuRenderer() as renderer:
        canvas = renderer.canvas(TABLE, fmt)
        renderer.place(pts, scn, n, keep=True)
        out = fmt.empty(46, 38)
        canvas.still(out)
        for share in (1.0, 0.0, 0.01, 0.02):
            codes = np.where(rng.random(n) < share, rng.integers(0, 4, n), codes).astype(np.uint16)
            canvas.draw(codes[renderer.visible], out)
            anew = render(pts, scn, codes, fmt)
            assert np.array_equal(out.reshape(anew.shape), anew)


def test_a_canvas_goes_from_one_mixing_to_another():
    pts, codes = cloud()
    fmt = PixelFormat.YUV444P
    with CpuRenderer() as renderer:
        canvas = renderer.canvas(TABLE, fmt)
        for mixing in ("mix", "additive", "over", "additive"):
            scn = scene(46, 38, mixing, alpha=0.3, under=BLACK)
            renderer.place(pts, scn, len(codes), keep=False)
            out = fmt.empty(46, 38)
            canvas.still(out)
            canvas.draw(codes.astype(np.uint16), out)
            anew = render(pts, scn, codes, fmt)
            assert np.array_equal(out.reshape(anew.shape), anew)


@pytest.mark.parametrize("mixing", MIXINGS)
def test_mixed_scenes_are_not_flat(mixing):
    assert scene(4, 4, "over", antialias=False).flat
    assert not scene(4, 4, mixing, antialias=False).flat


def test_words_have_room_for_the_largest_weight():
    pts = points(np.full((5000, 2), 1.5), 1.0)
    weights = Operator(pts, scene(3, 3, "additive", antialias=False), 5000, keep=False).bands[0].weights
    assert int(weights.max()) * 255 < 1 << 20


def test_mixed_categories_are_datashaders_shares(pbmc68k):
    import datashader
    import pandas

    w, h = 24, 18
    places = np.asarray(pbmc68k.obsm["X_umap"], np.float64)
    low, high = places.min(0), places.max(0)
    x, y = ((places - low) / (high - low) * (np.array([w, h]) - 0.02) + 0.01).astype(np.float32).T
    kinds = pbmc68k.obs["bulk_labels"].cat
    cells = pandas.DataFrame({"x": x, "y": y, "kind": kinds.codes})
    cells["kind"] = cells["kind"].astype("category")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        canvas = datashader.Canvas(w, h, x_range=(0, w), y_range=(0, h))
        counts = canvas.points(cells, "x", "y", datashader.by("kind", datashader.count())).to_numpy()
    colors = np.random.default_rng(0).integers(0, 256, (len(kinds.categories) + 1, 3)).astype(np.uint8)
    total = counts.sum(-1, keepdims=True)
    assert total.sum() == 700
    assert total.max() > 10
    expected = np.where(total > 0, counts @ colors[:-1].astype(float) / np.maximum(total, 1), 255)
    scn = scene(w, h, "mix", antialias=False)
    picture = render(points(np.stack([x, y], -1), 1.0), scn, kinds.codes.to_numpy(), table=colors)
    assert np.abs(picture - expected).max() <= 0.6
