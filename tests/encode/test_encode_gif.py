from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gpuanim.encode._delays import Delays
from gpuanim.encode._gif_writer import GifWriter
from gpuanim.encode._palette import MAX_ROWS, film_palette
from gpuanim.encode.gif import GIF
from gpuanim.errors import FormatError, OptionError, ShapeError


@pytest.mark.parametrize("n_colors", [1, 2, 3, 4, 5, 16, 17, 128, 254, 255, 256])
def test_palette_frames_are_exact(tmp_path, make_spec, decode, n_colors, gifs):
    rng = np.random.default_rng(n_colors)
    colors = gifs.palette(n_colors)
    spec = make_spec("pal8", 61, 47, fps=10, colors=colors)
    frames = [rng.integers(0, n_colors, (47, 61)).astype(np.uint8)]
    for part in (np.s_[5:9, 3:50], np.s_[46:, 60:], np.s_[:1, :1], np.s_[:, 20:22], np.s_[3:3, 3:3]):
        frames.append(frames[-1].copy())
        frames[-1][part] = rng.integers(0, n_colors, frames[-1][part].shape)
    path = tmp_path / "film.gif"
    gifs.write(path, spec, frames)
    expected = colors[np.stack(frames)]
    np.testing.assert_array_equal(gifs.read_film(path, 10), expected)
    changed = [True, *(before.any() for before in np.diff(expected.astype(int), axis=0))]
    np.testing.assert_array_equal(decode(path).frames, expected[changed])


@pytest.mark.parametrize("kind", ["noise", "smooth", "flat", "runs"])
def test_large_frames_in_several_bands(tmp_path, make_spec, decode, kind, gifs):
    """Full dictionaries, clear codes and the seams between bands, on 9 bands."""
    h, w = 1003, 1201
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:h, :w]
    frames = []
    for t in range(3):
        frame = {
            "noise": lambda: rng.integers(0, 255, (h, w)),
            "smooth": lambda t=t: (x // 9 + y // 7 + 3 * t) % 255,
            "flat": lambda t=t: np.full((h, w), t),
            "runs": lambda t=t: np.where(rng.random((h, w)) < 0.02, 7 + t, 100),
        }[kind]()
        frames.append(frame.astype(np.uint8))
    colors = gifs.palette(255)
    path = tmp_path / "film.gif"
    gifs.write(path, make_spec("pal8", w, h, colors=colors), frames)
    np.testing.assert_array_equal(decode(path).frames, colors[np.stack(frames)])
    np.testing.assert_array_equal(gifs.read(path)[0], colors[np.stack(frames)])


@pytest.mark.parametrize("count", [1, 2, 9, 130])
def test_frame_count(tmp_path, make_spec, count, gifs):
    spec = make_spec("pal8", 20, 10, fps=25, colors=gifs.palette(8))
    path = tmp_path / "film.gif"
    gifs.write(path, spec, (np.full(200, i % 7, np.uint8) for i in range(count)))
    frames, delays = gifs.read(path)
    assert len(frames) == count
    assert delays == [4] * count


@pytest.mark.parametrize(("loop", "stored"), [(0, 0), (1, None), (None, None), (2, 1), (65536, 65535)])
def test_loop(tmp_path, make_spec, loop, stored, gifs):
    path = tmp_path / "film.gif"
    gifs.write(path, make_spec("pal8", 8, 8), [np.zeros(64, np.uint8)] * 2, loop=loop)
    with Image.open(path) as image:
        assert image.info.get("loop") == stored


@pytest.mark.parametrize(
    "options",
    [
        {"loop": -1}, {"loop": 1.5}, {"loop": True},
        {"max_error": -1}, {"max_error": 256}, {"max_error": 1.5}, {"max_error": True},
        {"dither": "none"}, {"effort": "big"}, {"too_fast": None},
    ],
)  # fmt: skip
def test_bad_options(options):
    with pytest.raises(OptionError, match=f"^{next(iter(options))} must be "):
        GIF(**options)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1)])
@pytest.mark.parametrize("options", [{}, {"max_error": 9}, {"max_error": 9, "effort": "small"}])
def test_thin_frames(tmp_path, make_spec, gifs, size, options):
    rng = np.random.default_rng(1)
    colors = np.repeat(np.arange(0, 240, 12, dtype=np.uint8)[:, None], 3, 1)  # too far apart for max_error
    frames = rng.integers(0, 20, (5, *size)).astype(np.uint8)
    path = tmp_path / "film.gif"
    gifs.write(path, make_spec("pal8", *size[::-1], fps=10, colors=colors), frames, **options)
    np.testing.assert_array_equal(gifs.read_film(path, 10), colors[frames])


@pytest.mark.parametrize("comment", [b"", b"short", bytes(range(1, 256)) * 3])
def test_comment(tmp_path, make_spec, gifs, comment):
    path = tmp_path / "film.gif"
    spec = make_spec("pal8", 8, 8, fps=10, colors=gifs.palette(4))
    with GifWriter(path, spec, delays=Delays(spec.fps), comment=comment) as writer:
        for i in range(3):
            writer.write(np.full(64, i, np.uint8))
    with Image.open(path) as image:
        assert image.info.get("comment", b"") == comment
    np.testing.assert_array_equal(gifs.read_film(path, 10)[:, 0, 0], spec.colors[:3])


def test_rows_that_are_not_in_the_palette(tmp_path, make_spec, gifs):
    spec = make_spec("pal8", 8, 8, colors=gifs.palette(4))
    with pytest.raises(ShapeError, match="row 4, but there are 4 colours"):
        gifs.write(tmp_path / "film.gif", spec, [np.full(64, 4, np.uint8)])
    with pytest.raises(FormatError, match="1 to 256 colours, not 257"):
        GIF().open(tmp_path / "film.gif", make_spec("pal8", colors=gifs.palette(257)))
    with pytest.raises(FormatError, match="takes frames in pal8, rgb24, not nv12"):
        GIF().open(tmp_path / "film.gif", make_spec("nv12"))


def test_same_frames_same_bytes_with_any_number_of_threads(tmp_path, make_spec, monkeypatch, gifs):
    from gpuanim import _threads

    rng = np.random.default_rng(5)
    frames = rng.integers(0, 200, (3, 700 * 800)).astype(np.uint8)
    made = []
    for threads in (1, 3):
        monkeypatch.setattr(_threads, "n_threads", lambda n=threads: n)
        path = tmp_path / f"{threads}.gif"
        gifs.write(path, make_spec("pal8", 800, 700, colors=gifs.palette(200)), frames)
        made.append(path.read_bytes())
    assert made[0] == made[1]


def mixed_film(table, background, seed=0, size=160, n=6000, scale=4):
    """Draw opaque discs at `scale` times the resolution and average: anti-aliased points."""
    rng = np.random.default_rng(seed)
    big = size * scale
    xy = (rng.random((8, 2)) * big)[rng.integers(0, 8, n)] + rng.normal(size=(n, 2)) * big / 12
    xy = np.clip(xy, 5, big - 6).astype(int)
    wave = 0.5 + 0.4 * np.sin(xy[:, 0] / big * 6) + rng.normal(size=n) * 0.1
    picture = np.empty((big, big, 3), np.float32)
    picture[:] = background
    colors = table[np.clip(wave * len(table), 0, len(table) - 1).astype(int)]
    for dy in range(-4, 5):
        for dx in range(-4, 5):
            if dx * dx + dy * dy <= 18:
                picture[xy[:, 1] + dy, xy[:, 0] + dx] = colors
    return np.rint(picture.reshape(size, scale, size, scale, 3).mean((1, 3))).astype(np.uint8)


def color_table(name):
    import matplotlib

    cmap = matplotlib.colormaps[name]
    return np.rint(np.asarray(cmap(np.arange(cmap.N)))[:, :3] * 255).astype(np.uint8)


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0)])
@pytest.mark.parametrize(("name", "flat", "mean", "worst"), [("viridis", 3, 1.6, 24), ("tab20", 0, 2.4, 30)])
def test_mixed_colours(tmp_path, make_spec, decode, name, background, flat, mean, worst, gifs):
    """Measured: mean 1.2 and at most 18 of 255 off for viridis, 2.1 and 28 for tab20."""
    table = color_table(name)
    rgb = mixed_film(table, background)
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) > 1000
    spec = make_spec("rgb24", *rgb.shape[1::-1], fps=25, colors=np.concatenate([[background], table]))
    path = tmp_path / "film.gif"
    gifs.write(path, spec, [rgb, rgb[::-1].copy()])
    seen = decode(path).frames
    error = np.abs(seen[0].astype(int) - rgb)
    assert error.mean() < mean
    assert error.max() <= worst
    empty = (rgb == background).all(-1)
    assert empty.mean() > 0.1
    assert (seen[0][empty] == background).all()
    np.testing.assert_array_equal(seen[1], seen[0][::-1])
    made = film_palette(spec.colors)
    rows = made.colors
    assert len(rows) <= MAX_ROWS
    gaps = np.abs(table[:, None].astype(int) - rows[None]).max(-1).min(1)
    assert gaps.max() == made.flat_error <= flat
    note = " ".join(GIF().notes(spec))
    assert "on average" in note
    assert f"unmixed ones at most {made.flat_error}" in note


def test_each_colour_takes_its_nearest_row(tmp_path, make_spec, decode, gifs):
    rng = np.random.default_rng(9)
    colors = gifs.palette(300)
    rgb = rng.integers(0, 256, (90, 70, 3)).astype(np.uint8)
    path = tmp_path / "film.gif"
    gifs.write(path, make_spec("rgb24", 70, 90, colors=colors), [255 - rgb, rgb])
    rows = film_palette(colors).colors.astype(int)
    gap = np.square(rgb[..., None, :].astype(int) - rows).sum(-1)
    seen = decode(path).frames[1].astype(int)
    np.testing.assert_array_equal(np.square(seen - rgb).sum(-1), gap.min(-1))


@pytest.mark.parametrize("colors", [[(7, 7, 7)], [(0, 0, 0), (255, 255, 255)], [(0, 0, 0), (1, 0, 0)]])
def test_palettes_of_few_colours(colors):
    made = film_palette(np.array(colors, np.uint8))
    assert made.flat_error == 0
    assert {tuple(row) for row in made.colors.tolist()} >= set(colors)


def test_named_background_is_exact():
    table = color_table("turbo")
    made = film_palette(table, (12, 34, 56))
    assert [12, 34, 56] in made.colors.tolist()
