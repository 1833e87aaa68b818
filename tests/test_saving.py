"""One rendering for several files: the same files as one by one, all or none."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import gpuanim as ga
from gpuanim.encode.h264 import H264
from gpuanim.errors import OptionError


@pytest.fixture
def film():
    rng = np.random.default_rng(0)
    coords = rng.normal(size=(300, 2))
    calls = []

    def values(i):
        calls.append(i)
        return np.sin(coords[:, 0] + i)

    animation = ga.animate(coords, values, n_frames=5, size=(65, 48), vmin=-1, vmax=1)
    return animation, calls


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_several_files_are_those_saved_one_by_one(film, tmp_path):
    animation, calls = film
    once, alone = tmp_path / "once", tmp_path / "alone"
    once.mkdir()
    alone.mkdir()
    targets = ["film.mp4", "film.gif", "film.html", "%02d.png"]
    results = animation.save([once / name for name in targets])
    assert calls == [0, 1, 2, 3, 4], "every step is read once"
    for name, result in zip(targets, results, strict=True):
        single = animation.save(alone / name)
        assert (result.path, result.n_frames, result.nbytes) == (once / name, 5, single.nbytes)
        assert (result.width, result.height, result.notes) == (single.width, single.height, single.notes)
    assert names(once) == names(alone)
    for path in alone.iterdir():
        assert (once / path.name).read_bytes() == path.read_bytes(), path.name
    assert results[0].width == 66, "padded for 4:2:0"
    assert results[1].width == 65


def test_targets_of_one_format_share_their_frames(film, tmp_path):
    animation, _ = film
    first, second = animation.save([tmp_path / "a.mp4", tmp_path / "b.mp4"])
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert first.facts == second.facts
    assert first.seconds is second.seconds


def test_one_target_in_a_list_gives_a_list(film, tmp_path):
    (result,) = film[0].save([tmp_path / "a.gif"])
    assert result.path == tmp_path / "a.gif"
    with Image.open(result.path) as picture:
        assert picture.n_frames == 5


def test_options_go_to_the_formats_that_have_them(film, tmp_path):
    animation, _ = film
    targets = [tmp_path / "a.mp4", tmp_path / "a.gif"]
    animation.save(targets, crf=40, loop=3)
    animation.save(tmp_path / "b.mp4", crf=40)
    animation.save(tmp_path / "b.gif", loop=3)
    for suffix in (".mp4", ".gif"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_moving_points_in_several_formats(tmp_path):
    rng = np.random.default_rng(0)
    coords, values = rng.normal(size=(4, 200, 2)), rng.random((4, 200))
    animation = ga.animate(coords, values, size=(64, 48), order="value")
    animation.save([tmp_path / "a.mp4", tmp_path / "a.gif"])
    animation.save(tmp_path / "b.gif")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_if_the_values_fail_no_file_is_left(tmp_path):
    coords = np.random.default_rng(0).normal(size=(300, 2))

    def values(i):
        if i == 3:
            raise RuntimeError("no more")
        return coords[:, 0] * i

    animation = ga.animate(coords, values, n_frames=5, size=(64, 48), vmin=0, vmax=1)
    with pytest.raises(ga.SourceError, match="no more"):
        animation.save([tmp_path / "a.mp4", tmp_path / "a.gif", tmp_path / "%d.png"])
    assert names(tmp_path) == []


def test_one_bad_target_is_found_before_the_first_frame(film, tmp_path):
    animation, calls = film
    with pytest.raises(ga.TargetError, match="does not exist"):
        animation.save([tmp_path / "a.mp4", tmp_path / "nowhere" / "a.gif"])
    assert calls == []
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ([], {}, "empty list"),
        (["a.gif", "a.gif"], {}, "'a.gif' twice"),
        (["a.gif", 3], {}, "file name, not 3"),
        (7, {}, "a file name or a list of them, not 7"),
        (["a.gif", "a.mp4"], {"cfr": 3}, "none of the formats has an option 'cfr'; did you mean 'crf'"),
        (["a.gif", "b.gif"], {"encoder": H264(), "crf": 3}, "to the encoder itself"),
    ],
)
def test_what_is_refused(film, target, options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ga.OptionError, match=message):
        film[0].save(target, **options)
    assert names(tmp_path) == []


def test_writers_of_matplotlib_are_taken_and_others_refused(tmp_path):
    film = ga.animate(np.random.default_rng(0).normal(size=(20, 2)), np.zeros((2, 20)), size=(32, 32))
    assert film.save(tmp_path / "a.gif", writer="imagemagick").n_frames == 2
    with pytest.raises(OptionError, match="writer must be one of matplotlib's"):
        film.save(tmp_path / "b.gif", writer="magick")
    assert not (tmp_path / "b.gif").exists()
