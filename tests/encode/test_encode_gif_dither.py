"""Dithering: closer on average, exact where the palette is, and still where the picture is."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage

from gpuanim.encode._gif_colors import DITHERS, Mapper, bayer
from gpuanim.encode._palette import film_palette

TABLE = np.array([[20, 40, 90], [200, 60, 40], [250, 230, 60], [30, 160, 80]], np.uint8)
WHITE = (255, 255, 255)


def gradient(height=64, width=96):
    """Smooth mixtures of four colours; the top quarter is white."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j][..., None]
    a, b, c, d = TABLE.astype(float)
    picture = (1 - y) * ((1 - x) * a + x * b) + y * ((1 - x) * c + x * d)
    picture[: height // 4] = 255
    return np.rint(picture).astype(np.uint8)


def mapper(make_spec, dither, picture, palette=None):
    height, width = picture.shape[:2]
    spec = make_spec("rgb24", width, height, colors=TABLE, background=WHITE)
    palette = film_palette(TABLE, WHITE).colors if palette is None else palette
    made = Mapper(palette, spec, dither)
    return lambda rgb: palette[made(np.ascontiguousarray(rgb).reshape(-1)).reshape(height, width)].copy()


def blurred(picture):
    return scipy.ndimage.uniform_filter(picture.astype(float), (8, 8, 0))


COARSE = np.array(
    [[r, g, b] for r in (0, 85, 170, 255) for g in (0, 85, 170, 255) for b in (0, 127, 255)], np.uint8
)


@pytest.mark.parametrize("dither", DITHERS)
def test_means_are_closer(make_spec, dither):
    picture = gradient()
    inner = np.s_[24:, 8:-8]
    off = {}
    for way in (None, dither):
        shown = mapper(make_spec, way, picture, COARSE)(picture)
        off[way] = np.abs(blurred(shown) - blurred(picture))[inner].mean()
    assert off[dither] < 0.55 * off[None]


@pytest.mark.parametrize("dither", DITHERS)
def test_background_is_exact(make_spec, dither):
    picture = gradient()
    shown = mapper(make_spec, dither, picture)(picture)
    assert (shown[:16] == 255).all()


@pytest.mark.parametrize("dither", DITHERS)
def test_still_pixels_stay_while_others_move(make_spec, dither):
    rng = np.random.default_rng(0)
    picture = gradient()
    to_rows = mapper(make_spec, dither, picture, COARSE)
    before, shown = picture, to_rows(picture)
    for _ in range(12):
        after = before.copy()
        y, x = rng.integers(0, 50), rng.integers(0, 80)
        after[y : y + 14, x : x + 16] = rng.integers(0, 256, (14, 16, 3))
        now = to_rows(after)
        still = (after == before).all(-1)
        np.testing.assert_array_equal(now[still], shown[still])
        before, shown = after, now


def test_diffusion_reaches_as_well_what_changes_late(make_spec):
    """A patch that changes is diffused as well as the whole picture at once."""
    picture = gradient()
    patch = np.s_[28:60, 20:80]
    to_rows = mapper(make_spec, "floyd-steinberg", picture, COARSE)
    first = picture.copy()
    first[patch] = 255 - first[patch]
    to_rows(first)
    late = np.abs(blurred(to_rows(picture)) - blurred(picture))[patch].mean()
    once = np.abs(blurred(mapper(make_spec, "floyd-steinberg", picture, COARSE)(picture)) - blurred(picture))
    assert late < 1.3 * once[patch].mean()


def test_order_of_frames_does_not_matter_to_bayer(make_spec):
    pictures = [gradient(), 255 - gradient(), gradient()[::-1]]
    forth, back = (mapper(make_spec, "bayer", pictures[0]) for _ in range(2))
    one = [forth(picture) for picture in pictures]
    other = [back(picture) for picture in reversed(pictures)][::-1]
    np.testing.assert_array_equal(one, other)


def test_bayer_mixes_exactly_in_proportion(make_spec):
    """A colour at a share of 2^-k of the way is shown by that share of the pixels of each 8 x 8 square."""
    ends = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    picture = np.full((16, 16, 3), 64, np.uint8)
    shown = mapper(make_spec, "bayer", picture, ends)(picture)
    squares = (shown[..., 0] == 255).reshape(2, 8, 2, 8).sum((1, 3))
    assert (squares == squares[0, 0]).all()
    assert 6 <= squares[0, 0] <= 16  # 16 would be unbiased; fewer, because far rows cost


def test_bayer_squares():
    np.testing.assert_array_equal(bayer(1), [[0, 2], [3, 1]])
    assert sorted(bayer(3).ravel()) == list(range(64))


@pytest.mark.parametrize("dither", [None, *DITHERS])
def test_palette_colours_are_exact(make_spec, dither):
    """Flat areas of colours that are in the palette are not dithered."""
    palette = film_palette(TABLE, WHITE).colors
    picture = np.repeat(np.repeat(palette[: len(palette) // 16 * 16].reshape(-1, 16, 3), 6, 0), 6, 1)
    np.testing.assert_array_equal(mapper(make_spec, dither, picture)(picture), picture)


@pytest.mark.parametrize("dither", DITHERS)
def test_films_are_dithered_alike_with_any_number_of_threads(tmp_path, make_spec, gifs, monkeypatch, dither):
    from gpuanim import _threads

    big = gradient(600, 300)
    spec = make_spec("rgb24", 300, 600, colors=TABLE, background=WHITE)
    made = []
    for threads in (1, 3):
        monkeypatch.setattr(_threads, "n_threads", lambda n=threads: n)
        path = tmp_path / f"{threads}.gif"
        gifs.write(path, spec, [big, big[::-1].copy(), big], dither=dither)
        made.append(path.read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize("dither", DITHERS)
def test_still_frames_cost_nothing(tmp_path, make_spec, gifs, dither):
    path = tmp_path / "film.gif"
    spec = make_spec("rgb24", 96, 64, fps=10, colors=TABLE, background=WHITE)
    gifs.write(path, spec, [gradient()] * 9, dither=dither)
    assert gifs.read(path)[1] == [90]
