"""`max_bytes`: the largest film that fits, in few renders, or nothing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import gpuanim as ga
from gpuanim.animation import Animation
from gpuanim.encode.gif import GIF
from gpuanim.fit import _Search, as_bytes


def make(n_frames=12, n=3000, size=(320, 240), fps=10, **options):
    rng = np.random.default_rng(0)
    coords = rng.normal(size=(n, 2))
    noise = rng.normal(size=n) * 0.3
    steps = [np.sin(coords[:, 0] * 2 + 0.1 * t) + noise for t in range(n_frames)]
    options = {"antialias": False, "fps": fps, **options}
    return ga.animate(coords, steps, size=size, vmin=-1.5, vmax=1.5, **options)


@pytest.fixture
def renders(monkeypatch):
    """Count the frames of each rendering."""
    counts = []
    inner = Animation.save

    def save(self, target, **options):
        result = inner(self, target, **options)
        if options.get("max_bytes") is None:
            counts.append(result.n_frames)
        return result

    monkeypatch.setattr(Animation, "save", save)
    return counts


@pytest.mark.parametrize(
    ("suffix", "share"),
    # The player of a page takes 28 kB, half of the page around so small a film.
    [("gif", 0.75), ("gif", 0.4), ("gif", 0.25), ("mp4", 0.75), ("mp4", 0.4), ("mp4", 0.25), ("html", 0.75)],
)
def test_the_largest_size_that_fits(tmp_path, renders, suffix, share):
    film = make()
    path = tmp_path / f"film.{suffix}"
    full = film.save(path).nbytes
    renders.clear()
    limit = int(full * share)
    result = film.save(path, max_bytes=limit)
    assert path.stat().st_size == result.nbytes <= limit
    assert result.nbytes >= 0.85 * limit
    assert len(renders) <= 4
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert result.path == path
    assert result.width / result.height == pytest.approx(320 / 240, rel=0.03)
    (note,) = [note for note in result.notes if "to stay within" in note]
    assert note.startswith(
        f"{result.width}x{result.height} pixels instead of 320x240, to stay within {limit:,}"
    )
    assert f"{result.nbytes:,}; rendered" in note
    assert result.seconds["total"] >= result.seconds["fit"] > 0


def test_the_file_is_that_of_its_dpi(tmp_path):
    film = make()
    result = film.save(tmp_path / "film.gif", max_bytes="60 kB")
    again = film.save(tmp_path / "again.gif", dpi=100 * result.width / 320)
    assert (tmp_path / "film.gif").read_bytes() == (tmp_path / "again.gif").read_bytes()
    with Image.open(tmp_path / "film.gif") as image:
        assert image.size == (again.width, again.height)


def test_a_film_that_fits_is_rendered_once_as_it_is(tmp_path, renders):
    film = make()
    plain = film.save(tmp_path / "plain.gif")
    renders.clear()
    result = film.save(tmp_path / "film.gif", max_bytes=plain.nbytes)
    assert renders == [12]
    assert (tmp_path / "film.gif").read_bytes() == (tmp_path / "plain.gif").read_bytes()
    assert result.notes == plain.notes


@pytest.mark.parametrize("share", [0.7, 0.3])
def test_fewer_frames_instead(tmp_path, renders, share):
    film = make(n_frames=40)
    path = tmp_path / "film.gif"
    limit = int(film.save(path).nbytes * share)
    renders.clear()
    result = film.save(path, max_bytes=limit, shrink="rate", holds={0: 1, -1: 2})
    assert 0.75 * limit <= result.nbytes <= limit
    assert (result.width, result.height) == (320, 240)
    assert result.n_frames / result.fps == 4
    assert len(renders) <= 4
    assert any(
        f"{result.n_frames} frames at" in note and "instead of 40 at 10" in note for note in result.notes
    )
    with Image.open(path) as image:
        assert image.n_frames == result.n_frames


def test_long_films_are_sampled_first(tmp_path, renders):
    film = make(n_frames=120, n=600, size=(160, 120))
    path = tmp_path / "film.gif"
    limit = int(film.save(path).nbytes * 0.45)
    renders.clear()
    result = film.save(path, max_bytes=limit)
    assert renders[:2] == [24, 24]
    assert renders.count(120) == len(renders) - 2 <= 3
    assert 0.85 * limit <= result.nbytes <= limit
    renders.clear()
    film.save(path, max_bytes=10**9)
    assert renders == [24, 120]


@pytest.mark.parametrize(("shrink", "least"), [("size", "64x48 pixels"), ("rate", "4 frames|at 1 fps|1 fps")])
def test_what_does_not_fit_leaves_the_old_file(tmp_path, shrink, least):
    path = tmp_path / "film.gif"
    path.write_bytes(b"old")
    with pytest.raises(
        ga.FormatError, match=r"does not fit in max_bytes=900: even at .* takes [\d,]+ bytes"
    ) as caught:
        make(n_frames=40).save(path, max_bytes=900, shrink=shrink)
    if shrink == "size":
        assert least in str(caught.value)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["film.gif"]


def test_several_targets_are_fitted_one_by_one(tmp_path):
    results = make().save([tmp_path / "a.gif", tmp_path / "b.mp4"], max_bytes=50_000)
    assert [r.path.name for r in results] == ["a.gif", "b.mp4"]
    assert all(r.nbytes <= 50_000 for r in results)


def test_a_failing_source_leaves_nothing(tmp_path):
    def values(i):
        if i == 3:
            raise RuntimeError("boom")
        return np.arange(50.0) + i

    film = ga.animate(
        np.random.default_rng(0).normal(size=(50, 2)), values, n_frames=5, vmin=0, vmax=9, fps=10
    )
    with pytest.raises(ga.SourceError):
        film.save(tmp_path / "film.gif", max_bytes=1000)
    assert not list(tmp_path.iterdir())


def test_options_that_do_not_go_together(tmp_path):
    film, path = make(), tmp_path / "film.gif"
    with pytest.raises(ga.OptionError, match=r"shrink must be one of \('size', 'rate'\), not 'frames'"):
        film.save(path, max_bytes=1000, shrink="frames")
    with pytest.raises(ga.OptionError, match=r"films of one file, %02d.png makes several"):
        film.save(tmp_path / "%02d.png", max_bytes=1000)
    with pytest.raises(ga.OptionError, match='holds names frames that shrink="rate" may leave out'):
        film.save(path, max_bytes=1000, shrink="rate", holds={3: 1})
    coords = np.random.default_rng(0).normal(size=(50, 2))
    once = ga.animate(coords, (np.arange(50.0) for _ in range(3)), vmin=0, vmax=9, fps=10)
    with pytest.raises(ga.OptionError, match="can be read only once"):
        once.save(path, max_bytes=1000)
    with pytest.raises(ga.OptionError, match="max_bytes must be a number of bytes"):
        film.save(path, max_bytes="much")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (8_000_000, 8_000_000), ("8 MB", 8_000_000), ("8MB", 8_000_000), ("1.5 kB", 1500), ("2KiB", 2048),
        ("3 MiB", 3 << 20), ("1 gb", 10**9), ("700", 700), ("700 B", 700), (1e6, 10**6),
    ],
)  # fmt: skip
def test_bytes(given_, expected):
    assert as_bytes(given_) == expected


@pytest.mark.parametrize(
    "bad", ["8 XB", "-1 MB", "", "MB", 0, -5, True, None, float("nan"), float("inf"), [1]]
)
def test_bad_bytes(bad):
    with pytest.raises(ga.OptionError, match="max_bytes must be a number of bytes such as"):
        as_bytes(bad)


@given(st.floats(0.8, 2.8), st.floats(0.05, 0.98), st.integers(0, 3000))
def test_the_search_on_files_that_grow_as_a_power(power, share, header):
    """Whatever the power, one of four renders fits."""
    search = _Search(10_000 + header, 0.01, 1.8, {})
    x, best = 1.0, 0.0
    for count in range(4):
        size = round(header + 10_000 / share * x**power)
        search.tried[x] = size
        if size <= search.limit:
            best = max(best, x)
            if size >= 0.9 * search.limit:
                break
        x = search.next(0.7 if count == 2 and not best else 0.96)
        assert 0.01 <= x <= 1
    assert best > 0


def test_thinned_timelines_keep_the_duration():
    from gpuanim.values.timeline import Timeline

    whole = Timeline.resolve(30, n_frames=90, fps=30, tween="linear", hold=(0.5, 1), boomerang=True)
    for n in (200, 100, 50, 7, 2):
        thin = whole.thinned(n)
        assert thin.n_frames / thin.fps == whole.n_frames / whole.fps
        assert abs(thin.n_frames - n) <= 2
    assert Timeline.resolve(10, fps=5).thinned(5).fps == Fraction(5, 2)
    with pytest.raises(ga.OptionError, match="not known in advance"):
        Timeline.resolve(None).thinned(3)


def test_gif_encoder_objects(tmp_path):
    result = make().save(tmp_path / "x.gif", encoder=GIF(max_error=8), max_bytes="40 kB")
    assert result.nbytes <= 40_000
    assert any(note.startswith("max_error=8") for note in result.notes)
