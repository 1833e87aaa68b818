"""`save` in segments: the same film however many encoders write it, and what it refuses."""

from __future__ import annotations

import subprocess
from fractions import Fraction

import numpy as np
import pytest

import gpuanim as ga
from gpuanim import _memory
from gpuanim.decode.streams import packet_times
from gpuanim.encode import encoder_for
from gpuanim.errors import FormatError, OptionError, SourceError, TargetError
from gpuanim.segments.cut import Cut

COORDS = np.random.default_rng(0).normal(size=(2000, 2))
N = 125
VALUES = np.stack([np.sin(COORDS[:, 0] + i / 6) for i in range(N)]).astype(np.float32)


def film(**options):
    options = {"size": (160, 120), "fps": 20, "s": 9, "title": "{step}"} | options
    return ga.animate(options.pop("coords", COORDS), options.pop("values", VALUES), **options)


def psnr(exact, shown):
    return 10 * np.log10(255**2 / ((exact.astype(float) - shown) ** 2).mean())


@pytest.mark.parametrize("name", ["film.mp4", "film.webm", "film.mkv"])
def test_the_film_is_the_same_file_for_any_number_of_workers(name, tmp_path, decode):
    animation = film()
    result = animation.save(tmp_path / name, segment=2)
    assert (result.n_frames, result.notes) == (N, animation.save(tmp_path / f"plain-{name}").notes)
    assert {"join", "finish"} < set(result.seconds)
    again = animation.save(tmp_path / f"again-{name}", workers=3)
    assert (tmp_path / f"again-{name}").read_bytes() == (tmp_path / name).read_bytes()
    assert again.nbytes == result.nbytes
    whole, cut = decode(tmp_path / f"plain-{name}").frames, decode(tmp_path / name).frames
    assert whole.shape == cut.shape
    if name == "film.mkv":
        np.testing.assert_array_equal(whole, cut)
    else:  # the encoder decides otherwise, to the same quality
        animation.save(tmp_path / "exact.mkv")
        exact = decode(tmp_path / "exact.mkv").frames
        assert psnr(exact, cut) > psnr(exact, whole) - 0.3
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), 24, 25, 30, 50, 60])
def test_every_frame_is_at_its_time(tmp_path, fps):
    options = {"size": (32, 24), "values": VALUES[:, :10], "coords": COORDS[:10], "fps": fps}
    film(**options, n_frames=2 * N).save(tmp_path / "a.mp4", workers=2)
    unit, times = packet_times(tmp_path / "a.mp4")
    assert [start * unit * Fraction(fps) for start, _ in sorted(times)] == list(range(2 * N))
    assert {length * unit * Fraction(fps) for _, length in times} == {1}
    assert len(Cut.of(2 * N, Fraction(fps))) > 1


def keyframes(path):
    from gpuanim.encode.process import ffmpeg_exe

    command = [ffmpeg_exe(), "-v", "error", "-skip_frame", "nokey", "-i", path, "-fps_mode", "passthrough"]
    out = subprocess.run([*command, "-f", "framecrc", "-"], capture_output=True, check=True).stdout
    return [int(line.split(b",")[2]) for line in out.splitlines() if line[:1] != b"#"]


def test_segments_begin_with_keyframes(tmp_path):
    film().save(tmp_path / "a.mp4", segment=2)
    starts = [part.start for part in Cut.of(N, Fraction(20)).segments]
    assert starts == [0, 41, 83]
    assert set(starts) <= set(keyframes(tmp_path / "a.mp4"))


SOURCES = {
    "array": lambda: VALUES,
    "generator": lambda: (v for v in VALUES),
    "callable": lambda: VALUES.__getitem__,
    "columns": VALUES.T[:, :124].copy,
}


@pytest.mark.parametrize("kind", SOURCES)
def test_values_of_any_kind(kind, tmp_path):
    def made():
        n = None if kind == "columns" else N
        return film(values=SOURCES[kind](), n_steps=n, vmin=-1, vmax=1)

    made().save(tmp_path / "plain.mkv")
    result = made().save(tmp_path / "cut.mkv", workers=2)
    assert result.n_frames == (124 if kind == "columns" else N)
    frames = [ga_frames(tmp_path / name) for name in ("plain.mkv", "cut.mkv")]
    np.testing.assert_array_equal(*frames)


def ga_frames(path):
    from gpuanim.decode.frames import read_frames
    from gpuanim.decode.info import film_info
    from gpuanim.frames import PixelFormat

    return np.stack(list(read_frames(path, film_info(path), PixelFormat.RGB24)))


def test_several_files_at_once(tmp_path):
    animation = film()
    targets = [tmp_path / "a.mp4", tmp_path / "a.mkv", tmp_path / "stills" / "%03d.png"]
    results = animation.save(targets, resume=True)
    assert [result.n_frames for result in results] == [N] * 3
    assert len(list((tmp_path / "stills").iterdir())) == N
    animation.save(tmp_path / "b.mp4", segment=2)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_frame_is_only_made_for_those_that_lack_it(tmp_path, monkeypatch):
    animation = film()
    targets = [tmp_path / "a.mp4", tmp_path / "a.mkv"]
    real = type(encoder_for("a.mkv")).join

    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(encoder_for("a.mkv")), "join", fail)
    with pytest.raises(KeyboardInterrupt):
        animation.save(targets, resume=True)
    monkeypatch.setattr(type(encoder_for("a.mkv")), "join", real)
    (tmp_path / ".a.mkv.segments" / "0001" / "film.mkv").unlink()
    results = animation.save(targets, resume=True)
    assert [result.notes[-1] for result in results] == [
        "3 of 3 segments were there from an earlier run",
        "2 of 3 segments were there from an earlier run",
    ]
    animation.save(tmp_path / "b.mkv", segment=2)
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mkv", "a.mp4", "b.mkv"]


def test_transparent_films(tmp_path):
    result = film(title=None).save(tmp_path / "a.webm", transparent=True, workers=2)
    assert result.n_frames == N
    film(title=None).save(tmp_path / "b.webm", transparent=True, segment=2)
    assert (tmp_path / "a.webm").read_bytes() == (tmp_path / "b.webm").read_bytes()


def test_a_film_of_one_segment(tmp_path):
    film(values=VALUES[:3]).save(tmp_path / "a.mp4", workers=4, resume=True)
    film(values=VALUES[:3]).save(tmp_path / "b.mp4", segment=600)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_the_bar_counts_what_is_there(tmp_path, capsys):
    film().save(tmp_path / "a.mp4", segment=2, progress=True)
    assert f"{N}/{N}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["film.gif", "film.apng", "film.webp"])
def test_formats_that_cannot_be_joined(name, tmp_path):
    with pytest.raises(FormatError, match=rf"{name} cannot be made in segments.*\.mp4, .*\.mkv"):
        film().save(tmp_path / name, workers=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"segment": 1}, "segment must be 2 seconds"),
        ({"workers": 0}, "workers must be"),
        ({"resume": 3}, "resume must be"),
        ({"resume": True, "max_bytes": 10**6}, "max_bytes goes with none of segment, workers, resume"),
        ({"resume": True, "interactive": True}, "interactive=True goes with none of"),
    ],
)
def test_words_that_do_not_fit(options, text, tmp_path):
    with pytest.raises(OptionError, match=text):
        film().save(tmp_path / "film.mp4", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_film_of_unknown_length_cannot_be_cut(tmp_path):
    animation = film(values=(v for v in VALUES), vmin=0, vmax=1)
    with pytest.raises(OptionError, match=r"unknown length cannot be cut into segments: say n_steps"):
        animation.save(tmp_path / "film.mp4", workers=2)


def test_frames_that_wait_must_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(_memory, "available", lambda: 20_000_000)
    text = r"workers=20 keep 0\.0 GB of frames waiting, .*: take workers=9, or a lower dpi"
    with pytest.raises(OptionError, match=text):
        film().save(tmp_path / "film.mp4", workers=20)
    film().save(tmp_path / "film.mp4", workers=9)


def test_values_that_fail_leave_nothing_without_resume(tmp_path):
    def values(i):
        if i == 100:
            raise RuntimeError("broken")
        return VALUES[i]

    with pytest.raises(SourceError, match="broken"):
        film(values=values, n_steps=N, vmin=-1, vmax=1).save(tmp_path / "film.mp4", workers=2)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SourceError, match="broken"):
        film(values=values, n_steps=N, vmin=-1, vmax=1).save(tmp_path / "film.mp4", resume="mine")
    assert [path.name for path in tmp_path.iterdir()] == [".film.mp4.segments"]
    assert "0000" in [path.name for path in (tmp_path / ".film.mp4.segments").iterdir()]


def test_targets_are_checked_first(tmp_path):
    with pytest.raises(TargetError, match="does not exist"):
        film().save(tmp_path / "no" / "film.mp4", resume=True)
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(TargetError, match="is a folder"):
        film().save(tmp_path / "film.mp4", workers=2)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_real_cells_with_all_that_is_around_them(pbmc68k, tmp_path):
    coords, louvain = pbmc68k.obsm["X_umap"], np.asarray(pbmc68k.obs["louvain"]).astype(int)
    seeds = (louvain == 0).astype(float)
    values = ga.LabelPropagation(pbmc68k.obsp["connectivities"], seeds, n_steps=50, coords=coords)
    options = {"coords": coords, "values": values, "norm": "rank", "colorbar": "rank", "axes": "ticks"}
    animation = film(**options, caption="{step} of {steps}", hold=(0.5, 1.0), size=(320, 240))
    animation.save(tmp_path / "a.mkv", workers=3, resume=True)
    animation.save(tmp_path / "b.mkv")
    np.testing.assert_array_equal(ga_frames(tmp_path / "a.mkv"), ga_frames(tmp_path / "b.mkv"))
