"""Nothing lost: whatever goes wrong while a film is saved, its file is whole or not there.

Each test runs for every kind of writer (`KINDS` in conftest.py), through `Animation.save`. The fixture
`nothing_left` looks for files, processes, threads and descriptors afterwards.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gpuanim as ga
from gpuanim.encode import process
from gpuanim.encode.target import publish

posix = pytest.mark.skipif(os.name != "posix", reason="signals, shell scripts and mounts are POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
COORDS = np.random.default_rng(0).normal(size=(3000, 2))


def film(n_frames=6, value=None, on_step=lambda i: None, size=(320, 240)):
    """Make a film of noise, or of one value everywhere, that calls `on_step` before each step."""

    def step(i):
        on_step(i)
        if value is not None:
            return np.full(len(COORDS), value)
        return np.random.default_rng(i).random(len(COORDS))

    options = {"size": size, "s": 60, "vmin": 0, "vmax": 1, "antialias": False, "cmap": ["black", "red"]}
    return ga.animate(COORDS, step, n_steps=n_frames, **options)


def assert_old(folder, olds):
    assert sorted(folder.iterdir()) == sorted(olds)
    assert all(old.read_text() == "old" for old in olds)


def ffmpegs():
    """Return the ids of this process's children, whichever thread made them."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def at(step, action):
    """Return a callback that acts at one step."""
    return lambda i: action() if i == step else None


def test_values_that_fail(kind, tmp_path):
    olds = kind.put_old(tmp_path)

    def fail():
        raise ZeroDivisionError("of mine")

    with pytest.raises(ga.SourceError, match="of mine") as caught:
        film(on_step=at(4, fail)).save(tmp_path / kind.name, **kind.options)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert_old(tmp_path, olds)


def test_old_film_stays_until_the_new_one_is_whole(kind, tmp_path):
    olds = kind.put_old(tmp_path)
    seen = []
    film(3, on_step=lambda i: seen.append([old.read_text() for old in olds])).save(
        tmp_path / kind.name, **kind.options
    )
    assert seen == [["old"] * len(olds)] * 3
    assert sorted(tmp_path.iterdir()) == sorted(olds)
    assert all(old.stat().st_size > 100 for old in olds)


NAMES = [
    "-y", "two words", "quote'\"", "\u00fcmlaut \u65e5\u672c \U0001f600", "new\nline", "a:b;c&d|e$HOME`x`",
    "[brackets]#?", "pipe:0", "\u65e5" * 70,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_odd_names(kind, tmp_path, monkeypatch, name):
    """As a name in the current folder, where a dash could be an option, and as that of a folder."""
    monkeypatch.chdir(tmp_path)
    target = Path(kind.name).with_stem(name + Path(kind.name).stem)
    small = film(3, size=(32, 24))
    for _ in range(2):  # the second time something is replaced
        small.save(target, **kind.options)
    made = kind.encoder.files(tmp_path / target, 3)
    assert sorted(tmp_path.iterdir()) == sorted(made)
    (tmp_path / name).mkdir()
    small.save(tmp_path / name / kind.name, **kind.options)
    assert sorted((tmp_path / name).iterdir()) == sorted(kind.files(tmp_path / name))
    assert all(path.stat().st_size > 80 for path in tmp_path.rglob("*"))


@posix
def test_read_only_folder(kind, tmp_path, mount):
    folder = tmp_path / "mine"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):  # root may write everywhere, but not here
        folder = mount("ro")
    steps = []
    with pytest.raises(ga.TargetError, match=r"the folder .* is not writable; choose another"):
        film(on_step=steps.append).save(folder / kind.name, **kind.options)
    assert steps == []
    assert not list(folder.iterdir())


@posix
def test_full_disk(kind, tmp_path, mount):
    folder = mount("size=200k")
    olds = kind.put_old(folder)
    with pytest.raises(ga.EncoderError, match="No space left on device"):
        film(60).save(folder / kind.name, **kind.options)
    assert_old(folder, olds)
    film(3, size=(32, 24)).save(folder / kind.name, **kind.options)  # and there is room again


def one_colour(path, decode):
    """Decode a film of one value, and return its colour once all frames have it."""
    if path.suffix == ".png":
        return Image.open(path).convert("RGB").getpixel((160, 120))[0] > 128
    red = decode(path).frames[:, 120, 160, 0] > 128
    assert red.all() or not red.any()
    return bool(red[0])


def test_two_threads_save_to_one_target(kind, tmp_path, decode):
    both, errors = threading.Barrier(2, timeout=30), []

    def save(value):
        try:
            film(value=value, on_step=at(4, both.wait)).save(
                tmp_path / kind.name, fps=10 + 10 * value, **kind.options
            )
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=save, args=(value,)) for value in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    made = kind.files(tmp_path, 6)
    assert sorted(tmp_path.iterdir()) == sorted(made)
    if kind.suffix == ".html":
        page = made[0].read_text()
        films = made[1:] or [page]
        assert 'data-frames="6"' in page
        if kind.options:
            fps = 20 if one_colour(films[0], decode) else 10
            assert f'data-fps="{fps}/1"' in page
    else:
        assert len({one_colour(path, decode) for path in made}) == 1


def test_films_of_several_files_do_not_mix(tmp_path, monkeypatch):
    """A second film is published while the first one is: the files that are left are all of one."""
    targets = [tmp_path / f"{i}" for i in range(3)]
    moves = {}
    for who in "ab":
        sources = [tmp_path / f"{who}{i}" for i in range(3)]
        for source in sources:
            source.write_text(who)
        moves[who] = list(zip(sources, targets, strict=True))
    second = threading.Thread(target=publish, args=(moves["b"],))
    replace = os.replace

    def slow(source, target):
        replace(source, target)
        if target == targets[0] and not second.ident:
            second.start()
            second.join(0.3)

    monkeypatch.setattr(os, "replace", slow)
    publish(moves["a"])
    second.join()
    assert [target.read_text() for target in targets] == ["b"] * 3
    assert sorted(tmp_path.iterdir()) == targets


# ---- what ffmpeg may do


@linux
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_ffmpeg_is_ended(ffmpeg_kind, tmp_path, signum):
    olds = ffmpeg_kind.put_old(tmp_path)
    # At SIGTERM ffmpeg completes its file, which is too short, and says so.
    text = "255|Exiting normally|SIGTERM" if signum == signal.SIGTERM else f"was killed by {signum.name}"
    with pytest.raises(ga.EncoderError, match=text):
        film(200, on_step=at(4, lambda: os.kill(*ffmpegs(), signum))).save(
            tmp_path / ffmpeg_kind.name, **ffmpeg_kind.options
        )
    assert_old(tmp_path, olds)


@posix
@pytest.mark.parametrize(
    ("script", "text"),
    [
        (
            "head -c 200000 >/dev/null; echo 'enough of it' >&2",
            "ended with status 0 at frame .* enough of it",
        ),
        ("exec 0<&-; echo 'not at home' >&2; exec sleep 60", "stopped reading at frame .* not at home"),
        ("cat >/dev/null; echo 'it is lost' >&2", "status 0 .* wrote nothing.* it is lost"),
        ("cat >/dev/null; echo 'no codec' >&2; exit 7", "status 7 at the end of the film .* no codec"),
        ("exec 0<&-", "status 0 at frame .* without a word"),
    ],
)
def test_ffmpeg_that_leaves(ffmpeg_kind, tmp_path, pretend, monkeypatch, script, text):
    pretend(script)
    monkeypatch.setattr(process, "_GRACE", 0.2)
    olds = ffmpeg_kind.put_old(tmp_path)
    with pytest.raises(ga.EncoderError, match=re.compile(text.replace(" ", r"\s"), re.DOTALL)):
        film(60).save(tmp_path / ffmpeg_kind.name, **ffmpeg_kind.options)
    assert_old(tmp_path, olds)


NOISE = "head -c 2000000 /dev/zero | tr '\\000' x >&2"


@posix
def test_ffmpeg_noisy_and_slow(ffmpeg_kind, tmp_path, pretend):
    pretend(f'{NOISE}\nsleep 0.5\n{NOISE}\nexec "$FFMPEG" "$@"')
    result = film(20).save(tmp_path / ffmpeg_kind.name, **ffmpeg_kind.options)
    assert result.n_frames == 20
    assert sorted(tmp_path.iterdir()) == sorted(ffmpeg_kind.files(tmp_path, 20))


@posix
def test_last_words_of_a_noisy_ffmpeg(ffmpeg_kind, tmp_path, pretend):
    pretend(f"{NOISE}; echo; echo 'out of colours' >&2; exit 3")
    with pytest.raises(ga.EncoderError, match=r"out of colours\Z") as caught:
        film(60).save(tmp_path / ffmpeg_kind.name, **ffmpeg_kind.options)
    assert len(str(caught.value)) < 3000
    assert not list(tmp_path.iterdir())


@linux
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_ffmpeg_hangs(ffmpeg_kind, tmp_path):
    """The thread that feeds is stuck in the pipe, and the one that draws waits for it."""
    olds = ffmpeg_kind.put_old(tmp_path)
    seen, stopped = [], threading.Event()

    def stop():
        os.kill(*ffmpegs(), signal.SIGSTOP)
        stopped.set()

    def press():
        stopped.wait()
        before = -1
        while before != len(seen):  # as long as frames are drawn, nobody waits
            before = len(seen)
            threading.Event().wait(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    def look(i):
        seen.append(i)
        if i == 2:
            stop()

    finger = threading.Thread(target=press)
    finger.start()
    with pytest.raises(KeyboardInterrupt):
        film(10**4, on_step=look).save(tmp_path / ffmpeg_kind.name, **ffmpeg_kind.options)
    finger.join()
    assert len(seen) < 30  # the ring and the pipe bound what is drawn ahead
    assert_old(tmp_path, olds)


@linux
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_ffmpeg_hangs_at_the_end(ffmpeg_kind, tmp_path, pretend):
    pretend("cat >/dev/null; kill -INT $PPID; exec sleep 60")
    with pytest.raises(KeyboardInterrupt):
        film(3).save(tmp_path / ffmpeg_kind.name, **ffmpeg_kind.options)
    assert not list(tmp_path.iterdir())


@linux
def test_one_of_several_targets_fails(all_kinds, tmp_path):
    """Of a film that is rendered once for all of them; so no other is finished, either."""
    olds = [old for kind in all_kinds for old in kind.put_old(tmp_path)]

    def end_one():
        os.kill(ffmpegs()[0], signal.SIGKILL)

    with pytest.raises(ga.EncoderError, match="was killed by SIGKILL"):
        film(200, on_step=at(4, end_one)).save([tmp_path / kind.name for kind in all_kinds])
    assert_old(tmp_path, olds)


def test_a_bar_that_fails(kind, tmp_path, monkeypatch):
    """Between the start of the encoder and the first frame, too."""

    def fail(*args, **options):
        raise RuntimeError("no bar")

    monkeypatch.setattr("tqdm.tqdm", fail)
    with pytest.raises(RuntimeError, match="no bar"):
        film().save(tmp_path / kind.name, progress=True, **kind.options)
    assert not list(tmp_path.iterdir())


def test_no_room_for_messages(ffmpeg_kind, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(ga.EncoderError, match=r"no room for ffmpeg's messages: .*set TMPDIR"):
        film().save(tmp_path / ffmpeg_kind.name, **ffmpeg_kind.options)
    assert not list(tmp_path.iterdir())
