"""Films with renderer="cuda" against those of "cpu": the same bytes, wherever the values lie.

The device's arrays refuse to be taken for numpy's, as CuPy's do. On a GPU, large discs may be covered by a
grey level more or less: exact coverage goes through a square root and an arc sine of another library.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import gpuanim as ga
from gpuanim.cuda.mappings import on_device
from gpuanim.values.mixing import Confident, Likeliest, Mixed

N, STEPS = 700, 4


@pytest.fixture(
    params=[pytest.param("host", marks=pytest.mark.kernels), pytest.param("gpu", marks=pytest.mark.gpu)]
)
def there(request, libraries, monkeypatch):
    """Let "cuda" mean the CPU, and in a test of its own the GPU; returns what brings an array there."""
    from gpuanim.cuda import missing

    if request.param == "gpu":
        if missing.missing():
            pytest.skip(f"needs {missing.missing()}")
        return ga.cuda.default_device()
    strict, host = (request.getfixturevalue("load")(name) for name in ("strict_device", "host_device"))
    device = strict.strict(host.HostDevice(libraries))
    monkeypatch.setattr(missing, "missing", lambda: "")
    monkeypatch.setattr("gpuanim.cuda.default_device", lambda number=None: device)
    monkeypatch.setattr("gpuanim.raster.cuda.renderer.default_device", lambda number=None: device)
    return device


@pytest.fixture
def cells():
    rng = np.random.default_rng(0)
    coords = rng.normal(size=(N, 2)).astype(np.float32)
    values = np.cumsum(rng.normal(size=(STEPS, N)), axis=0).astype(np.float32)
    values[:, :5] = np.nan
    values[1] = np.round(values[1])
    return coords, values


def assert_same(one, other, there, *, frames=None):
    one, other = (list(anim.frames()) for anim in (one, other))
    assert len(one) == len(other) == (frames or len(one))
    for a, b in zip(one, other, strict=True):
        assert a.shape == b.shape
        if there.name == "CPU":
            np.testing.assert_array_equal(b, a)
        else:
            assert (np.abs(a.astype(int) - b) > 2).mean() <= 1e-3


def both(there, coords, values, **options):
    one, other = (ga.animate(coords, values, size=(72, 50), renderer=r, **options) for r in ("cpu", "cuda"))
    assert_same(one, other, there)


CASES = {
    "rank": {"norm": "rank"},
    "stretched": {"norm": ga.Rank(stretch=True)},
    "linear of the film": {"vmin": "p1", "vmax": "p99"},
    "linear of a frame": {"scope": "frame"},
    "log": {"norm": "log", "vmin": 0.1, "vmax": 3.0},
    "ranks of the film": {"norm": "rank", "scope": "film"},
    "tween": {"norm": "rank", "tween": "linear", "n_frames": 9},
    "tween by share of the film": {
        "vmin": -2.0,
        "vmax": 2.0,
        "tween": "linear",
        "n_frames": 9,
    },
    "order by value": {"norm": "rank", "order": "value"},
    "order once": {"norm": "rank", "order": "value", "order_scope": "film"},
    "mean of pixels": {"blend": "mean"},
    "highlight": {"highlight": ga.Highlight(cells=[1, 2, 40], rest=True, outline=True)},
    "outlines and ranks": {"norm": "rank", "highlight": ga.Highlight(cells=[1, 2, 40], outline=True)},
    "front": {"highlight": ga.Highlight(front=True)},
    "translucent": {"norm": "rank", "alpha": 0.3, "s": 30},
    "hard edges": {"norm": "rank", "antialias": False},
    "sizes": {"norm": "rank", "s": np.random.default_rng(1).uniform(1, 60, N)},
    "holds": {"norm": "rank", "fps": 10, "hold": (0.2, 0.3), "n_frames": 7},
    "a bar that moves": {"norm": "rank", "axes": True, "colorbar": True},
    "titles": {"norm": "rank", "title": "step {step}"},
}


@pytest.mark.parametrize("case", CASES)
def test_films_are_those_of_the_cpu(there, cells, case):
    both(there, *cells, **CASES[case])


def test_a_frame_of_the_usual_film_never_leaves_the_device(there, cells):
    """Steps go there; nothing but pictures comes back, and the launches of a frame become graphs."""
    if there.name != "CPU":
        pytest.skip("counts what the host device was asked for")
    coords, values = cells
    film = ga.animate(coords, values[[0, 2, 3] * 3], norm="rank", size=(60, 44), renderer="cuda")
    frames = film.frames()
    next(frames), next(frames)
    there.launched.clear()
    there.download = lambda array: pytest.fail("a frame waits for a copy")
    assert len(list(frames)) == 7
    assert there.launched.count("levels") <= 1  # all others are replayed
    assert there.replays == 7


@pytest.mark.parametrize("kind", ["list", "rows", "columns", "integers", "doubles"])
def test_arrays_of_the_device_stay_there(there, cells, kind, monkeypatch):
    coords, values = cells
    given = {"integers": np.nan_to_num(values * 10).astype(np.int32), "doubles": values.astype(float)}.get(
        kind, values
    )
    if kind == "list":
        steps = [there.upload(step) for step in given]
    else:
        steps = there.upload(given.T if kind == "columns" else given)
    one = ga.animate(coords, given, norm="rank", size=(60, 44), renderer="cpu")
    other = ga.animate(coords, steps, norm="rank", size=(60, 44), renderer="cuda")
    expected = list(one.frames())
    if there.name == "CPU":
        monkeypatch.setattr(
            type(there.upload(values)), "get", lambda array: pytest.fail("copied to the host")
        )
    for a, b in zip(expected, other.frames(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_arrays_of_the_device_can_be_drawn_by_the_cpu(there, cells):
    coords, values = cells
    one = ga.animate(coords, values, size=(60, 44), renderer="cpu")
    other = ga.animate(coords, [there.upload(step) for step in values], size=(60, 44), renderer="cpu")
    assert_same(one, other, there)


@pytest.mark.parametrize("kind", ["categories", "linear", "srgb", "confidence", "argmax"])
def test_categories_and_their_shares(there, cells, kind):
    rng = np.random.default_rng(3)
    if kind == "categories":
        both(there, cells[0], rng.choice(np.array(["a", "b", "c", "d"]), (STEPS, N)))
        return
    shares = np.maximum(rng.normal(size=(STEPS, N, 5)), 0).astype(np.float32)
    shares[:, :7] = 0
    shares[:, 7:12, 2:] = np.nan
    shares[:, 12:30] = np.eye(5)[rng.integers(0, 5, 18)]
    both(there, cells[0], shares, mix=kind)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mix", ["linear", "confidence", "argmax"])
def test_codes_of_shares_are_those_of_the_cpu(there, mix, dtype):
    rng = np.random.default_rng(4)
    colors = rng.integers(0, 256, (9, 3)).astype(np.uint8)
    shares = (rng.random((3000, 9)) ** 6).astype(dtype)
    norm = (
        Mixed(colors) if mix == "linear" else Confident(colors) if dtype == "float32" else Likeliest(colors)
    )
    mapping = norm.fit(lambda: [shares])
    expected, codes = np.empty(3000, np.uint16), there.empty(3000, np.uint16)
    mapping.encode(shares, None, expected)
    on_device(mapping, there).encode(there.upload(shares), None, codes)
    there.launches.run()
    np.testing.assert_array_equal(there.download(codes), expected)


def graph(n, seed=0):
    made = sparse.random(n, n, 8 / n, random_state=seed, format="csr", dtype=np.float32)
    made.data[:] = 1
    return made + made.T


@pytest.mark.parametrize(
    "options",
    [{"n_steps": 7}, {"n_steps": 7, "include_initial": True}, {"n_steps": 9, "tol": 1e-3}, {"tol": 0.02}],
    ids=str,
)
def test_a_propagation_is_rendered_where_it_runs(there, cells, options):
    """In double, so that sums in another order do not change a level."""
    labels = np.zeros(N)
    labels[[3, 50]] = 1
    films = []
    for place in ("cpu", "cuda"):
        source = ga.LabelPropagation(graph(N), labels, dtype="float64", device=place, alpha=0.9, **options)
        film = ga.animate(cells[0], source, vmin=0, vmax=0.01, size=(60, 44), renderer=place)
        films.append((list(film.frames()), source))
    (one, by_cpu), (other, by_gpu) = films
    assert len(one) == len(other)
    assert by_gpu.n_done == by_cpu.n_done
    assert by_gpu.residual == pytest.approx(by_cpu.residual, rel=1e-9)
    for a, b in zip(one, other, strict=True):
        assert (a != b).mean() <= 1e-3


def test_nobody_waits_for_steps_whose_residual_is_not_asked_for(there, cells):
    if there.name != "CPU":
        pytest.skip("counts what the host device was asked for")
    labels = np.eye(1, N, 5)[0]
    source = ga.LabelPropagation(graph(N), labels, n_steps=12, device="cuda")
    frames = ga.animate(cells[0], source, norm="rank", size=(60, 44), renderer="cuda").frames()
    next(frames)
    fetched = []
    download = there.download
    there.download = lambda array: fetched.append(array.shape) or download(array)
    for _ in range(9):
        next(frames)
    assert fetched == []
    assert len(list(frames)) == 2
    assert set(fetched) == {(2,)}  # the sums of the last two steps
    # Step, ranks, levels and pixels are one graph from the third frame on, of which the first two of a pair
    # are recorded; in the last frame the sums are waited for before the rest.
    assert there.replays == 9
    assert there.launched.count("total") == 5
    assert there.launched.count("to_channels") == 6  # with the frame without points


def test_values_that_leave_the_range_are_told_at_the_end(there, cells):
    labels = np.eye(1, N, 5)[0] * 1e300
    with np.errstate(all="ignore"):
        source = ga.LabelPropagation(graph(N), labels, n_steps=3, device="cuda", dtype="float64")
        film = ga.animate(cells[0], source, norm="rank", size=(60, 44), renderer="cuda")
        with pytest.raises(ga.GpuanimError, match="left the range of float64"):
            list(film.frames())


def test_classes_are_mixed_where_they_are_propagated(there, cells):
    labels = np.eye(3)[np.arange(N) % 3] * (np.arange(N) < 30)[:, None]
    films = [
        ga.animate(
            cells[0],
            ga.LabelPropagation(graph(N), labels, dtype="float64", device=place, n_steps=4),
            size=(60, 44), renderer=place,
        )
        for place in ("cpu", "cuda")
    ]  # fmt: skip
    for a, b in zip(*(film.frames() for film in films), strict=True):
        assert (a != b).mean() <= 1e-3


@pytest.mark.parametrize("name", ["film.mp4", "film.gif", "film.mkv"])
def test_files(there, cells, name, decode, tmp_path):
    """Odd sizes too; equal frames went to the encoders, so what they wrote is decoded to equal ones."""
    found = []
    for renderer in ("cpu", "cuda"):
        hard = name == "film.gif"
        film = ga.animate(*cells, norm="rank", size=(61, 47), renderer=renderer, antialias=not hard)
        result = film.save(tmp_path / f"{renderer}-{name}")
        assert result.renderer == renderer
        found.append(decode(result.path).frames)
        assert len(found[-1]) == STEPS
    if there.name == "CPU":
        np.testing.assert_array_equal(*found)


def test_transparency(there, cells):
    one, other = (
        ga.animate(*cells, norm="rank", size=(61, 47), renderer=r, background=None, alpha=0.5)
        for r in ("cpu", "cuda")
    )
    assert_same(one, other, there)


def test_panels_and_moving_points(there, cells):
    coords, values = cells
    way = np.stack([coords * (1 + 0.1 * i) for i in range(STEPS)])

    def film(renderer):
        options = {"norm": "rank", "size": (50, 40)}
        moving = ga.animate(way, values, **options)
        still = ga.animate(coords, values, alpha=0.4, **options)
        return ga.panels([moving, still], renderer=renderer, size=(100, 44))

    assert_same(film("cpu"), film("cuda"), there)


def test_real_cells(there, pbmc68k):
    """Propagated and rendered, by ranks: float sums in another order may change the last bits."""
    coords, adj = pbmc68k.obsm["X_umap"], pbmc68k.obsp["connectivities"]
    labels = np.zeros(len(coords))
    labels[[0, 300]] = 1
    frames = []
    for place in ("cpu", "cuda"):
        source = ga.LabelPropagation(adj, labels, device=place, n_steps=8, dtype="float64", coords=coords)
        film = ga.animate(coords, source, norm="rank", size=(120, 100), renderer=place)
        frames.append(film.to_array())
    assert (np.abs(frames[0].astype(int) - frames[1]) > 2).mean() <= 1e-3


def test_two_films_in_turn(there, cells):
    coords, values = cells
    films = [
        ga.animate(coords, values * sign, norm="rank", size=(60, 44), renderer="cuda") for sign in (1, -1)
    ]
    alone = [list(film.frames()) for film in films]
    for a, b in zip(
        zip(*(film.frames() for film in films), strict=True), zip(*alone, strict=True), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_a_blend_it_does_not_have_names_who_has(there, cells):
    film = ga.animate(*cells, size=(60, 44), renderer="cuda", blend="additive")
    with pytest.raises(
        ga.OptionError, match='renderer="cuda" cannot draw blend="additive", renderer="cpu" can'
    ):
        film.frame(0)


def test_without_cupy_it_is_told_before_the_first_frame(cells, monkeypatch, tmp_path):
    from gpuanim import raster
    from gpuanim.cuda import missing

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    missing.missing.cache_clear()
    try:
        film = ga.animate(*cells, renderer="cuda")
        with pytest.raises(
            ga.MissingDependencyError,
            match=r"renderer=\"cuda\" needs CuPy, which is not installed; pip install 'gpuanim\[cuda12\]'",
        ):
            film.save(tmp_path / "film.mp4")
        assert list(tmp_path.iterdir()) == []
        assert raster.choose("auto") == (
            "cpu", "needs no GPU, display or OpenGL; CUDA needs CuPy, which is not installed"
        )  # fmt: skip
    finally:
        missing.missing.cache_clear()


def test_what_stays_is_not_sent_again(there, cells, monkeypatch):
    """Of points that move, places go to the device for each frame, and nothing else does."""
    if there.name != "CPU":
        pytest.skip("counts what the host device was asked for")
    coords, values = cells
    way = np.stack([coords * (1 + 0.1 * i) for i in range(STEPS)])
    frames = ga.animate(way, values, norm="rank", size=(60, 44), renderer="cuda").frames()
    next(frames), next(frames)
    sent = []
    upload = there.upload
    monkeypatch.setattr(there, "upload", lambda array: sent.append(array.nbytes) or upload(array))
    next(frames)
    assert sum(sent) <= 2 * 8 * N
    assert len(list(frames)) == 1


def test_pages_of_points_take_values_of_the_device(there, cells):
    coords, values = cells
    options = {"norm": "rank", "size": (60, 44)}
    one = ga.animate(coords, values, renderer="cpu", **options).to_interactive_html()
    steps = [there.upload(step) for step in values]
    other = ga.animate(coords, steps, renderer="cuda", **options).to_interactive_html()
    assert other.replace("&quot;cuda&quot;", "&quot;cpu&quot;") == one


def test_films_of_arrays_of_the_device_are_saved_and_resumed(there, cells, tmp_path):
    coords, values = cells
    steps = [there.upload(step) for step in values]
    film = ga.animate(coords, steps, norm="rank", size=(60, 44), renderer="cuda")
    assert film.save(tmp_path / "film.mp4").n_frames == STEPS
    assert film.save(tmp_path / "film.mkv", resume=True).n_frames == STEPS


@pytest.mark.parametrize("values", ["propagated", "given", "shares"])
def test_steps_are_blended_where_they_lie(there, cells, values):
    coords, given = cells
    labels = np.eye(1, N, 5)[0] if values != "shares" else np.eye(N, 3)
    films = []
    for place in ("cpu", "cuda"):
        source = ga.LabelPropagation(graph(N), labels, dtype="float64", device=place, n_steps=4)
        if values == "given":
            source = [there.upload(step) for step in given] if place == "cuda" else given
        options = {} if values == "shares" else {"vmin": 0, "vmax": 0.01}
        film = ga.animate(
            coords, source, tween="linear", n_frames=10, size=(60, 44), renderer=place, **options
        )
        films.append(list(film.frames()))
    assert len(films[1]) == 10
    for a, b in zip(*films, strict=True):
        assert (a != b).mean() <= 1e-3
    if there.name == "CPU":
        assert there.launched.count("blend") == 6
