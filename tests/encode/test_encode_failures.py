"""Every way in which a film can fail: the message, the old file, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from gpuanim.encode.h264 import H264
from gpuanim.errors import EncoderError, GpuanimError, MissingDependencyError, ShapeError


@pytest.fixture
def case(kind_or_picture, tmp_path, make_spec):
    """A target with an older film at it, and a spec."""
    kind = kind_or_picture
    return (
        tmp_path / kind.name,
        kind.put_old(tmp_path),
        make_spec(kind.pixel_format, n_frames=None),
        kind.encoder,
    )


def assert_untouched(target, olds):
    assert sorted(target.parent.iterdir()) == sorted(olds)
    assert all(old.read_text() == "old" for old in olds)


def feed(writer, frames):
    with writer:
        for frame in frames:
            writer.write(frame)


@pytest.mark.parametrize("error", [RuntimeError("at frame 7"), KeyboardInterrupt(), SystemExit()])
@pytest.mark.parametrize("count", [0, 1])
def test_exception_in_the_block(case, grey, error, count):
    target, olds, spec, encoder = case

    def frames():
        for _ in range(count):
            yield grey(spec, 0)
        raise error

    writer = encoder.open(target, spec)
    with pytest.raises(type(error)):
        feed(writer, frames())
    assert_untouched(target, olds)
    with pytest.raises(EncoderError, match="aborted"):
        writer.write(grey(spec, 0))
    writer.abort()


def test_zero_frames(case):
    target, olds, spec, encoder = case
    with pytest.raises(EncoderError, match="zero frames"), encoder.open(target, spec):
        pass
    assert_untouched(target, olds)


@pytest.mark.parametrize("change", [-1, 1])
def test_wrong_length(case, grey, change):
    target, olds, spec, encoder = case
    frame = np.zeros(spec.pixel_format.nbytes(64, 48) + change, np.uint8)
    with pytest.raises(ShapeError, match=rf"64x48 is \d+ contiguous uint8.*\({len(frame)} bytes\)"):
        feed(encoder.open(target, spec), [grey(spec, 0), frame])
    assert_untouched(target, olds)


def test_wrong_dtype_and_gaps(tmp_path, make_spec, grey):
    spec = make_spec()
    with pytest.raises(ShapeError, match="float32"), H264().open(tmp_path / "a.mp4", spec) as writer:
        writer.write(np.zeros(64 * 12, np.float32))
    with pytest.raises(ShapeError, match="contiguous"), H264().open(tmp_path / "a.mp4", spec) as writer:
        writer.write(np.repeat(grey(spec, 0), 2)[::2])
    with H264().open(tmp_path / "a.mp4", spec) as writer:  # any shape of the right bytes is a frame
        writer.write(grey(spec, 0).reshape(72, 64))


def test_finish_and_abort_are_idempotent(case, grey):
    target, _, spec, encoder = case
    writer = encoder.open(target, spec)
    writer.write(grey(spec, 0))
    writer.finish()
    writer.finish()
    writer.abort()
    made = target if "%" not in target.name else target.parent / "000.png"
    assert made.stat().st_size > 10
    with pytest.raises(EncoderError, match="finished"):
        writer.write(grey(spec, 0))
    other = encoder.open(target, spec)
    other.abort()
    other.abort()
    with pytest.raises(EncoderError, match="aborted"):
        other.finish()


def test_two_writers_to_one_target(tmp_path, make_spec, grey, decode):
    spec, target = make_spec(), tmp_path / "film.mp4"
    first, second = (H264().open(target, spec) for _ in range(2))
    for i in range(6):
        second.write(grey(spec, 120))
        if i < 3:
            first.write(grey(spec, 30))
    second.finish()
    assert len(decode(target).frames) == 6
    first.finish()
    assert len(decode(target).frames) == 3


def big(make_spec):
    return make_spec(width=1280, height=720)  # a frame is larger than the pipe


@pytest.mark.parametrize("when", ["during", "at the end"])
def test_ffmpeg_is_killed(tmp_path, make_spec, grey, when):
    target, spec = tmp_path / "film.mp4", big(make_spec)
    target.write_text("old")
    writer = H264().open(target, spec)

    def frames():
        yield grey(spec, 0)
        os.kill(writer._process.pid, signal.SIGKILL)
        while when == "during":
            yield grey(spec, 0)

    with pytest.raises(EncoderError, match=r"killed by SIGKILL \(often"):
        feed(writer, frames())
    assert_untouched(target, [target])


def test_abort_frees_a_stuck_write(tmp_path, make_spec, grey):
    target, spec = tmp_path / "film.mp4", big(make_spec)
    writer = H264().open(target, spec)
    os.kill(writer._process.pid, signal.SIGSTOP)
    errors = []

    def feed():
        try:
            for _ in range(3):
                writer.write(grey(spec, 0))
        except EncoderError as error:
            errors.append(str(error))

    thread = threading.Thread(target=feed)
    thread.start()
    time.sleep(0.2)
    assert thread.is_alive()
    writer.abort()
    thread.join(10)
    assert not thread.is_alive()
    assert errors == ["the film was aborted"]


def test_forgotten_writer(kind, tmp_path, make_spec):
    writer = kind.encoder.open(tmp_path / kind.name, make_spec(kind.pixel_format))
    assert len(list(tmp_path.iterdir())) == 1
    del writer
    assert not list(tmp_path.iterdir())


SCRIPT = """
import os, sys, time
from fractions import Fraction
from pathlib import Path
import numpy as np
from gpuanim.encode import encoder_for
from gpuanim.frames import FilmSpec, PixelFormat

def spec(pixel_format="nv12", width=320, height=240, n=None):
    pixel_format = PixelFormat(pixel_format)
    return FilmSpec(width, height, Fraction(30), pixel_format, n, np.zeros((200, 3), np.uint8))

def noise(spec, seed):
    n = spec.pixel_format.nbytes(spec.width, spec.height)
    return np.random.default_rng(seed).integers(0, 200, n).astype(np.uint8)

target = Path(sys.argv[1])
"""


def python(code, target, **options):
    command = [sys.executable, "-c", SCRIPT + textwrap.dedent(code), str(target)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is POSIX")
def test_forked_child_does_not_hold_the_pipe_or_clean_up(tmp_path, decode):
    code = """
    import warnings
    warnings.simplefilter("ignore")  # of threads and fork: what the test is about
    film = spec()
    start = time.monotonic()
    with encoder_for(target).open(target, film) as writer:
        writer.write(noise(film, 0))
        pid = os.fork()
        if pid == 0:
            time.sleep(20)
            os._exit(0)
        other = os.fork()
        if other == 0:
            sys.exit(0)  # runs what is to be run at exit
        os.waitpid(other, 0)
        writer.write(noise(film, 1))
    print("finished" if time.monotonic() - start < 15 else "waited")
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    """
    with python(code, tmp_path / "film.mp4") as process:
        out, errors = process.communicate(timeout=60)
    assert out.strip() == "finished", errors
    assert len(decode(tmp_path / "film.mp4").frames) == 2


def test_open_at_interpreter_exit(tmp_path):
    code = "keep = [encoder_for(target).open(target, spec())]; keep[0].write(noise(spec(), 0))"
    with python(code, tmp_path / "film.mp4") as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert not list(tmp_path.iterdir())


def test_no_ffmpeg(tmp_path, make_spec, monkeypatch):
    import imageio_ffmpeg

    def missing():
        raise RuntimeError("No ffmpeg exe could be found")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", missing)
    with pytest.raises(MissingDependencyError, match="pip install imageio-ffmpeg"):
        H264().open(tmp_path / "film.mp4", make_spec())
    assert not list(tmp_path.iterdir())


def test_ffmpeg_that_cannot_start(tmp_path, make_spec, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path))
    with pytest.raises(EncoderError, match="could not be started"):
        H264().open(tmp_path / "film.mp4", make_spec())
    assert not list(tmp_path.iterdir())


def test_errors_are_of_one_tree(case):
    target, _, spec, encoder = case
    with (
        pytest.raises(GpuanimError),
        encoder.open(target.parent / "no" / target.name / "x", spec),
    ):
        pass
