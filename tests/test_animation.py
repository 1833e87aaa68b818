"""The public verbs from end to end: what is drawn, what is written, and what is refused."""

import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import scipy.ndimage
from PIL import Image
from skimage.metrics import structural_similarity

import gpuanim as ga


@pytest.fixture
def cloud():
    rng = np.random.default_rng(0)
    return rng.normal(size=(400, 2))


@pytest.fixture
def steps(cloud):
    return [np.sin(cloud[:, 0] * 2 + t) for t in range(6)]


def small(cloud, values, **options):
    return ga.animate(cloud, values, **({"size": (64, 48)} | options))


# ---- what is drawn


def test_one_point_in_the_middle():
    picture = ga.animate([[3, 4]], [[1.0]], size=(9, 9), s=0, cmap=["red", "red"]).frame(0)
    assert picture.shape == (9, 9, 3)
    assert picture[0, 0].tolist() == [255, 255, 255]
    assert picture[4, 4, 0] == 255
    assert picture[4, 4, 1] < 255


def test_two_points_with_their_colours():
    picture = ga.animate(
        [[0, 0], [1, 0]], [[0.0, 1.0]], size=(20, 10), s=4, dpi=72, xlim=(-0.5, 1.5), ylim=(-0.5, 0.5),
        cmap=["#ff0000", "#0000ff"], antialias=False,
    ).frame(0)  # fmt: skip
    assert picture[5, 5].tolist() == [255, 0, 0]
    assert picture[5, 15].tolist() == [0, 0, 255]


def test_nan_has_its_colour(cloud):
    values = np.full(len(cloud), np.nan)
    picture = small(cloud, [values], na_color="#123456", antialias=False, vmin=0, vmax=1).frame(0)
    assert {tuple(c) for c in picture.reshape(-1, 3).tolist()} == {(255, 255, 255), (0x12, 0x34, 0x56)}


def test_all_equal_values_make_one_colour(cloud):
    picture = small(cloud, [np.ones(len(cloud))], antialias=False).frame(0)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 2


@pytest.mark.parametrize("norm", ["rank", "linear"])
def test_value_order_puts_high_values_on_top(norm):
    coords = np.zeros((3, 2))
    anim = ga.animate(
        coords, [[1.0, 3.0, 2.0], [9.0, 3.0, 2.0], [1.0, np.nan, 2.0]], size=(9, 9), order="value", norm=norm,
        cmap=["black", "red"], antialias=False, vmin=None, scope="frame",
    )  # fmt: skip
    for picture in anim.frames():
        assert picture[4, 4, 0] >= 190  # the highest of three ranks is level 213, of two 192


def test_order_array_and_data_order_differ():
    coords = np.zeros((2, 2))
    options = {"size": (9, 9), "cmap": ["black", "red"], "antialias": False}
    assert ga.animate(coords, [[0.0, 1.0]], **options).frame(0)[4, 4].tolist() == [255, 0, 0]
    assert ga.animate(coords, [[0.0, 1.0]], order=[1, 0], **options).frame(0)[4, 4].tolist() == [0, 0, 0]


def test_frames_follow_the_values(cloud, steps):
    pictures = list(small(cloud, steps).frames())
    assert len(pictures) == 6
    alone = small(cloud, steps[3], vmin=-1, vmax=1).frame(0)
    within = small(cloud, steps, vmin=-1, vmax=1)
    assert np.array_equal(within.frame(3), alone)
    assert np.array_equal(within.frame(-3), alone)
    assert not np.array_equal(within.frame(2), alone)


def test_a_permuted_source_shows_the_same_film(cloud):
    rng = np.random.default_rng(1)
    adjacency = rng.random((400, 400)) < 0.02
    adjacency = (adjacency | adjacency.T).astype(float)
    labels = np.zeros(400)
    labels[:5] = 1
    films = []
    for order in ("given", "locality"):
        steps = ga.LabelPropagation(adjacency, labels, n_steps=4, order=order, dtype=np.float64)
        films.append(list(small(cloud, steps, norm="rank", order="value").frames()))
    for given, reordered in zip(*films, strict=True):
        assert np.array_equal(given, reordered)


def test_moving_points_are_drawn_where_they_are():
    places = np.array([[[0.0, 0.0]], [[1.0, 0.0]]])
    anim = ga.animate(places, [1.0], size=(20, 10), s=0, xlim=(-0.5, 1.5), ylim=(-0.5, 0.5), antialias=False)
    first, second = anim.frames()
    assert np.argwhere((first != 255).any(-1)).tolist() == [[5, 5]]
    assert np.argwhere((second != 255).any(-1)).tolist() == [[5, 15]]


def test_moving_points_and_values_together(cloud, steps):
    places = [cloud + t * 0.1 for t in range(6)]
    pictures = list(ga.animate(places, steps, size=(64, 48)).frames())
    assert len(pictures) == 6
    with pytest.raises(ga.OptionError, match="coords have 5 steps, values have 6 steps: these must agree"):
        ga.animate(places[:5], steps)


def test_tween_blends_and_hold_repeats(cloud):
    anim = small(
        cloud, [np.zeros(400), np.ones(400)], n_frames=5, tween="linear", vmin=0, vmax=1, hold=0.1, fps=10
    )
    pictures = list(anim.frames())
    assert anim.n_frames == len(pictures) == 6
    half = small(cloud, np.full(400, 0.5), vmin=0, vmax=1).frame(0)
    assert np.array_equal(pictures[2], half)
    assert np.array_equal(pictures[4], pictures[5])


def test_dpi_scales_picture_and_points(cloud, steps):
    anim = ga.animate(cloud, steps, figsize=(1, 0.5), s=20)
    assert anim.size == (100, 50)
    large = anim.frame(0, dpi=200)
    assert large.shape == (100, 200, 3)
    halved = large.reshape(50, 2, 100, 2, 3).mean((1, 3))
    assert structural_similarity(halved, anim.frame(0).astype(float), channel_axis=2, data_range=255) > 0.98


def test_transparent_background(cloud, steps, tmp_path):
    anim = small(cloud, steps, background=None)
    picture = anim.frame(0)
    assert picture.shape == (48, 64, 4)
    assert picture[0, 0, 3] == 0
    assert picture[..., 3].max() == 255
    anim.save(tmp_path / "%d.png")
    assert np.array_equal(np.array(Image.open(tmp_path / "0.png")), picture)
    with pytest.raises(ga.FormatError, match="no transparency"):
        anim.save(tmp_path / "x.mp4")


# ---- what is written


def test_mp4_holds_the_frames(cloud, steps, tmp_path, decode):
    anim = small(cloud, steps, s=80)
    result = anim.save(tmp_path / "x.mp4", fps=12)
    film = decode(tmp_path / "x.mp4")
    assert film.frames.shape == (6, 48, 64, 3)
    assert film.fps == 12 == result.fps
    assert (result.n_frames, result.width, result.height) == (6, 64, 48)
    assert result.nbytes == (tmp_path / "x.mp4").stat().st_size
    assert result.renderer == "cpu"
    assert result.seconds["total"] > 0
    for wanted, got in zip(anim.frames(), film.frames, strict=True):
        assert np.abs(wanted.mean(-1) - got.mean(-1)).mean() < 6  # chroma has half the resolution


def test_flat_areas_of_an_mp4_have_the_colours_of_the_map(tmp_path, decode):
    import matplotlib as mpl

    coords = [[x, y] for x in range(4) for y in range(3)]
    values = np.linspace(0, 1, 12)
    ga.animate(coords, [values] * 3, size=(480, 360), s=9000, dpi=72).save(tmp_path / "x.mp4")
    decoded = decode(tmp_path / "x.mp4").frames[-1]
    still = ga.animate(coords, [values], size=(480, 360), s=9000, dpi=72).frame(0)
    expected = mpl.colormaps["viridis"](values, bytes=True)[:, :3]
    for color in expected:
        flat = (still == color).all(-1)
        inner = scipy.ndimage.binary_erosion(flat, iterations=16)  # away from the blocks at its edge
        assert inner.any()
        error = np.abs(decoded[inner].astype(int) - color).max(-1)
        assert np.percentile(error, 99) <= 3  # x264 leaves single pixels further off


def test_odd_sizes_are_padded_and_the_result_says_so(cloud, steps, tmp_path, decode):
    result = small(cloud, steps, size=(63, 47)).save(tmp_path / "x.mp4")
    assert (result.width, result.height) == (64, 48)
    assert any("padded to 64x48" in note for note in result.notes)
    frames = decode(tmp_path / "x.mp4").frames
    assert frames.shape[1:3] == (48, 64)
    assert frames[0][:, 63].min() > 245


def test_gif_without_antialiasing_is_exact(cloud, steps, tmp_path):
    anim = small(cloud, steps, antialias=False, cmap=["#000000", "#ff0000", "#00ff00"], fps=20)
    anim.save(tmp_path / "x.gif")
    with Image.open(tmp_path / "x.gif") as gif:
        assert gif.n_frames == 6
        for i, wanted in enumerate(anim.frames()):
            gif.seek(i)
            assert np.abs(np.array(gif.convert("RGB")).astype(int) - wanted).max() <= 2


def test_gif_with_antialiasing_is_close(cloud, steps, tmp_path):
    anim = small(cloud, steps)
    result = anim.save(tmp_path / "x.gif")
    assert result.notes
    with Image.open(tmp_path / "x.gif") as gif:
        assert np.abs(np.array(gif.convert("RGB")).astype(int) - anim.frame(0)).mean() < 2


def test_stills(cloud, steps, tmp_path):
    anim = small(cloud, steps)
    result = anim.save(tmp_path / "still_%03d.png")
    files = sorted(tmp_path.iterdir())
    assert [f.name for f in files] == [f"still_{i:03d}.png" for i in range(6)]
    assert result.nbytes == sum(f.stat().st_size for f in files)
    for wanted, file in zip(anim.frames(), files, strict=True):
        assert np.array_equal(np.array(Image.open(file)), wanted)


def test_html_in_all_its_ways(cloud, steps, tmp_path):
    anim = small(cloud, steps)
    assert "data:video/mp4;base64," in anim.to_html5_video()
    player = anim.to_jshtml(fps=5, default_mode="reflect")
    assert "data:video/mp4;base64," in player
    assert anim._repr_html_() == anim.to_jshtml() or "data:video/mp4" in anim._repr_html_()
    anim.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    linked = anim.to_jshtml(embed_frames=False, linked_file=tmp_path / "film.mp4")
    assert "base64" not in linked
    assert (tmp_path / "film.mp4").is_file()


def test_embed_limit_is_an_error_and_drops_nothing(cloud, steps):
    with pytest.raises(ga.FormatError, match=r"embed_limit=0\.001"):
        small(cloud, steps).to_jshtml(embed_limit=0.001)
    with pytest.raises(ga.FormatError, match="embed_limit"):
        small(cloud, steps).to_html5_video(embed_limit=0.001)
    with pytest.raises(ga.OptionError, match="linked_file"):
        small(cloud, steps).to_jshtml(embed_frames=False)


def test_the_same_film_twice_is_the_same_file(cloud, steps, tmp_path):
    anim = small(cloud, steps, alpha=0.5)
    for suffix in ("mp4", "gif"):
        anim.save(tmp_path / f"a.{suffix}")
        anim.save(tmp_path / f"b.{suffix}")
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_generators_and_callables(cloud, steps, tmp_path):
    assert small(cloud, iter(steps), vmin=-1, vmax=1).save(tmp_path / "a.mp4").n_frames == 6
    assert small(cloud, steps.__getitem__, n_frames=6).save(tmp_path / "b.mp4").n_frames == 6
    with pytest.raises(ga.OptionError, match="give vmin and vmax"):
        small(cloud, iter(steps))


def test_progress_is_quiet_unless_asked(cloud, steps, tmp_path, capfd):
    small(cloud, steps).save(tmp_path / "a.mp4")
    assert capfd.readouterr() == ("", "")
    small(cloud, steps).save(tmp_path / "a.mp4", progress=True)
    assert "6/6" in capfd.readouterr().err


def test_several_films_at_once(cloud, steps, tmp_path):
    anims = [small(cloud, steps, order="value") for _ in range(4)]
    threads = [threading.Thread(target=a.save, args=(tmp_path / f"{i}.mp4",)) for i, a in enumerate(anims)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = [(tmp_path / f"{i}.mp4").read_bytes() for i in range(4)]
    assert len(set(files)) == 1


# ---- what is refused, and what is left behind then


def left_behind(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("suffix", ["mp4", "gif", "html", "png"])
def test_a_callable_that_fails_at_step_4_leaves_nothing(cloud, steps, tmp_path, suffix):
    def values(i):
        if i == 4:
            raise ZeroDivisionError("of the user's making")
        return steps[i]

    target = tmp_path / f"old.{suffix}" if suffix != "png" else tmp_path / "%d.png"
    if suffix != "png":
        target.write_text("older film")
    threads = threading.active_count()
    with pytest.raises(ga.SourceError, match="step 4") as caught:
        small(cloud, values, n_steps=6, scope="frame").save(target)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert left_behind(tmp_path) == ([f"old.{suffix}"] if suffix != "png" else [])
    if suffix != "png":
        assert target.read_text() == "older film"
    assert not [t for t in threading.enumerate() if t.name == "gpuanim-writer"]
    assert threading.active_count() <= threads + 2  # the kernels' own pool may have started


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"values": []}, ga.OptionError, "no steps|zero|empty"),
        ({"values": [np.zeros(3)]}, ga.ShapeError, r"400"),
        ({"coords": np.zeros((0, 2))}, ga.ShapeError, "no points"),
        ({"coords": np.full((400, 2), np.nan)}, ga.ShapeError, "400 of 400 rows"),
        ({"size": (0, 10)}, ga.OptionError, "size must be two positive numbers"),
        ({"size": (64, 48), "figsize": (6, 6)}, ga.OptionError, "not both"),
        ({"size": None, "figsize": (1e6, 1)}, ga.OptionError, "not between 1 and"),
        ({"alpha": 0}, ga.OptionError, "alpha must be above 0 and up to 1"),
        ({"alpha": "x"}, ga.OptionError, "alpha must be a number"),
        ({"alpha": [0.5, 1]}, ga.ShapeError, r"alpha must be one number or have shape \(\d+,\), not \(2,\)"),
        ({"alpha": ["a", "b"]}, ga.OptionError, "alpha must be a number or one number per point"),
        ({"order": "up"}, ga.OptionError, "order must be one of"),
        ({"aspect": "wide"}, ga.OptionError, "aspect must be one of"),
        ({"s": -1}, ga.OptionError, "s must be finite and not negative"),
        ({"s": [1, 2]}, ga.ShapeError, r"s must be one number or have shape \(400,\)"),
        ({"xlim": (1, 1)}, ga.OptionError, "xlim must be two different"),
        ({"dpi": -5}, ga.OptionError, "dpi must be a positive number"),
        ({"dpi": "x"}, ga.OptionError, "dpi must be a positive number"),
        ({"seed": -1}, ga.OptionError, "seed must be a whole number"),
        ({"size": (1.5, 2)}, ga.OptionError, "size must be whole pixels"),
        ({"cmap": "virdis"}, ga.OptionError, "viridis"),
        ({"norm": "ranks"}, ga.OptionError, "rank"),
        ({"renderer": "metal"}, ga.OptionError, "renderer must be"),
        ({"background": "no such colour"}, ga.OptionError, "no such colour"),
        ({"n_frames": 0}, ga.OptionError, "n_frames"),
        ({"fps": 0}, ga.OptionError, "fps"),
        ({"fps": 10, "duration": 2, "n_frames": 3}, ga.OptionError, "duration"),
    ],
)
def test_bad_options_are_refused_before_the_first_frame(cloud, steps, tmp_path, options, error, text):
    arguments = {"coords": cloud, "values": steps, "size": (64, 48)} | options
    with pytest.raises(error, match=text):
        ga.animate(**arguments).save(tmp_path / "x.mp4")
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("wrong", [-0.1, 1.5, np.nan])
def test_opacities_are_between_0_and_1(cloud, steps, wrong):
    alpha = np.ones(400)
    alpha[7] = wrong
    with pytest.raises(ga.OptionError, match=rf"1 of 400 are not, the first is alpha\[7\] = {wrong}"):
        ga.animate(cloud, steps, alpha=alpha)


def test_each_point_may_have_its_own_opacity(tmp_path):
    frame = {"size": (90, 30), "xlim": (-0.5, 2.5), "ylim": (-0.5, 0.5), "cmap": ["red", "red"]}
    anim = ga.animate([[0, 0], [1, 0], [2, 0]], np.zeros((1, 3)), alpha=[1, 0.5, 0], s=100, **frame)
    row = anim.frame(0)[15]
    assert row[[15, 45, 75]].tolist() == [[255, 0, 0], [255, 128, 128], [255, 255, 255]]
    anim.save(tmp_path / "a.gif")
    with pytest.raises(ga.OptionError, match="one alpha for all points"):
        anim.save(tmp_path / "page.html", interactive=True)


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("x.xyz", ga.FormatError),
        ("x", ga.FormatError),
        ("missing/x.mp4", ga.TargetError),
        ("", ga.GpuanimError),
    ],
)
def test_bad_targets(cloud, steps, tmp_path, monkeypatch, target, error):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        small(cloud, steps).save(target)
    assert left_behind(tmp_path) == []


def test_no_such_frame(cloud, steps):
    anim = small(cloud, steps)
    for index in (6, -7):
        with pytest.raises(IndexError, match="film of 6 frames"):
            anim.frame(index)


def test_unknown_encoder_option(cloud, steps, tmp_path):
    with pytest.raises(ga.OptionError, match="crf"):
        small(cloud, steps).save(tmp_path / "x.mp4", cfr=3)


def test_arguments_are_not_changed(cloud, steps, tmp_path):
    before = cloud.copy(), [s.copy() for s in steps]
    cloud.flags.writeable = False
    for step in steps:
        step.flags.writeable = False
    small(cloud, steps, norm="rank", order="abs").save(tmp_path / "x.mp4")
    assert np.array_equal(cloud, before[0])
    assert all(np.array_equal(a, b) for a, b in zip(steps, before[1], strict=True))


def test_frames_masks_and_ragged_lists_as_coords(cloud, steps):
    import pandas as pd

    assert np.array_equal(small(pd.DataFrame(cloud), steps).frame(2), small(cloud, steps).frame(2))
    masked = np.ma.array(cloud, mask=False)
    masked[3] = np.ma.masked
    with pytest.raises(ga.ShapeError, match="1 of 400 rows hold NaN or inf, the first is row 3"):
        small(masked, steps)
    with pytest.raises(ga.ShapeError, match="cannot be read as an array"):
        ga.animate([[1, 2], [3]], [[0.0, 1.0]])
    with pytest.raises(ga.ShapeError, match="span more than a number can hold"):
        ga.animate([[-1.7e308, 0], [1.7e308, 1]], [[0.0, 1.0]]).frame(0)


def test_boundary_norm_of_a_short_list_of_colours():
    from matplotlib.colors import BoundaryNorm, ListedColormap

    cmap = ListedColormap(["red", "lime", "blue"])
    picture = ga.animate(
        [[0, 0], [1, 0], [2, 0]], [[0.5, 1.5, 2.5]], norm=BoundaryNorm([0, 1, 2, 3], cmap.N), cmap=cmap,
        size=(90, 30), s=100, xlim=(-0.5, 2.5), ylim=(-0.5, 0.5),
    ).frame(0)  # fmt: skip
    assert picture[15, [15, 45, 75]].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def test_colours_beyond_the_limits_are_refused(cloud, steps):
    import matplotlib as mpl

    with pytest.raises(ga.OptionError, match="colours of its own for values beyond"):
        small(cloud, steps, cmap=mpl.colormaps["viridis"].with_extremes(under="red"))


@pytest.mark.parametrize("name", ["50% done %03d.png", "100%/f%d.png", "%s%d.png"])
def test_stills_with_percent_signs_in_their_names(cloud, steps, tmp_path, name):
    (tmp_path / "100%").mkdir()
    result = small(cloud, steps).save(tmp_path / name, start=5)
    files = list(tmp_path.rglob("*.png"))
    assert len(files) == 6
    assert result.nbytes == sum(p.stat().st_size for p in files)


def test_linked_film_must_be_one_that_browsers_play(cloud, steps, tmp_path):
    for name in ("film.gif", "%d.png"):
        with pytest.raises(ga.OptionError, match="linked_file must be an"):
            small(cloud, steps).to_jshtml(embed_frames=False, linked_file=tmp_path / name)
    assert left_behind(tmp_path) == []


def test_propagation_of_several_columns_shows_their_shares(cloud):
    labels = np.zeros((400, 2))
    labels[[0, 1], [0, 1]] = 1
    steps = ga.LabelPropagation(np.ones((400, 400)), labels, n_steps=2)
    film = small(cloud, steps, mix="argmax", palette=["#ff0000", "#0000ff"], antialias=False)
    shown = {tuple(color) for frame in film.frames() for color in frame.reshape(-1, 3).tolist()}
    assert {(255, 0, 0), (0, 0, 255)} & shown
    assert shown <= {(255, 255, 255), (255, 0, 0), (0, 0, 255), (211, 211, 211)}
    with pytest.raises(ga.OptionError, match="values have 2 classes, but categories names 3"):
        small(cloud, steps, categories=["a", "b", "c"])


def test_moving_points_and_values_find_their_number_of_steps(cloud, steps):
    places = np.stack([cloud + t for t in range(6)])
    assert ga.animate(places, steps, n_steps=3).n_frames == 3
    assert ga.animate(places, lambda i: steps[i]).n_frames == 6
    assert ga.animate(lambda i: places[i], lambda i: steps[i], n_frames=6).n_frames == 6
    assert ga.animate(places, iter(steps), vmin=-1, vmax=1).n_frames == 6
    with pytest.raises(ga.OptionError, match="n_steps is 7, but coords have 6"):
        ga.animate(places, steps[0], n_steps=7)


def test_a_callable_limit_that_fails(cloud, steps):
    with pytest.raises(ga.SourceError, match="vmin: the callable failed"):
        small(cloud, steps, vmin=lambda v: 1 / 0).frame(0)


def test_without_a_writable_cache_kernels_compile_all_the_same(tmp_path):
    code = (
        "import numba.core.caching as c; c.CacheImpl.check_cachable = lambda *a: True\n"
        "c.FunctionCache._impl_class._locator_classes = []\n"
        "import numpy as np, gpuanim as ga\n"
        "print(ga.animate([[0, 0]], [[1.0]], size=(4, 4)).frame(0).shape)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "(4, 4, 3)"


# ---- the drop-in


@pytest.mark.parametrize("dpi", [100, 200])
@pytest.mark.parametrize("name", ["pbmc3k_2638", "ovary_atac_18k", "cord19_umap_517k"])
def test_create_animation_looks_like_scatter(shared_data, name, dpi):
    import anndata
    import h5py

    with h5py.File(shared_data(f"{name}.h5ad")) as file:
        coords = anndata.io.read_elem(file["obsm/X_umap"])
    values = np.sin(coords[:, 0]) + np.random.default_rng(0).normal(size=len(coords)) * 0.1
    ours = ga.create_animation(coords, [values]).frame(0, dpi=dpi)
    assert structural_similarity(scatter(coords, values, dpi), ours, channel_axis=2) >= 0.995


def test_create_animation_on_cells_that_everyone_has(pbmc68k):
    coords = pbmc68k.obsm["X_umap"]
    values = np.zeros(len(coords))
    values[:40] = np.arange(40)  # ranks with many ties: matplotlib scales them to the whole map
    ours = ga.create_animation(coords, [values]).frame(0, dpi=100)
    assert structural_similarity(scatter(coords, values, 100), ours, channel_axis=2) >= 0.995


def scatter(coords, values, dpi):
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt
    from scipy.stats import rankdata

    fig, axes = plt.subplots(1, 1, figsize=(6, 6))
    plt.tight_layout()
    axes.set_xticks([])
    axes.set_yticks([])
    axes.scatter(coords[:, 0], coords[:, 1], c=rankdata(values), s=0.3)
    fig.set_dpi(dpi)
    fig.canvas.draw()
    picture = np.asarray(fig.canvas.buffer_rgba())[..., :3].copy()
    plt.close(fig)
    return picture


def test_create_animation_takes_lists_columns_and_functions(cloud, steps):
    by_list = ga.create_animation(cloud, [s[:, None] for s in steps])
    by_function = ga.create_animation(cloud, lambda i: steps[i], niter=6)
    assert by_list.n_frames == by_function.n_frames == 6
    assert np.array_equal(by_list.frame(4), by_function.frame(4))
    assert ga.create_animation(cloud, steps, niter=3).n_frames == 3
    assert not np.array_equal(ga.create_animation(cloud, steps, qnorm=False).frame(4), by_list.frame(4))
    with pytest.raises(ga.OptionError, match=r"n_steps|niter"):
        ga.create_animation(cloud, lambda i: steps[i])


# ---- the package


def test_import_is_light():
    code = (
        "import sys, gpuanim; heavy = {'numba', 'scipy', 'matplotlib', 'vispy', 'anndata', 'cupy', "
        "'PIL', 'imageio', 'imageio_ffmpeg', 'h5py', 'zarr', 'pandas', 'tqdm'} & set(sys.modules); "
        "print(sorted(heavy))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_public_names():
    assert ga.__all__ == sorted(ga.__all__)
    assert all(hasattr(ga, name) for name in ga.__all__)
    assert {"animate", "create_animation", "label_propagation", "harmonic_extension"} <= set(ga.__all__)


@pytest.mark.parametrize(("name", "basis"), [("pbmc3k_2638", "X_umap"), ("npm_graph_193k", "X_layout")])
def test_the_blog_posts_cells_run_with_their_imports_changed(shared_data, tmp_path, decode, name, basis):
    import anndata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anndata's, about names that are not unique
        adata = anndata.read_h5ad(shared_data(f"{name}.h5ad"))
    labels = np.zeros((adata.n_obs, 1))
    labels[[0, 1000]] = 1
    ranking = ga.label_propagation(
        labels, adata.obsp["connectivities"], labels[:, 0] == 1, param_alpha=0.999, method="iterative"
    )
    assert all(np.isfinite(step).all() for step in ranking)
    anim = ga.create_animation(adata.obsm[basis], ranking)
    assert "data:video/mp4" in anim.to_jshtml()
    anim.save(tmp_path / "ranking_search.mp4", dpi=200, fps=20)
    assert decode(tmp_path / "ranking_search.mp4").frames.shape == (len(ranking), 1200, 1200, 3)
