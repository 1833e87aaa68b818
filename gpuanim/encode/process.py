"""Our own ffmpeg process: raw frames in, a whole file out, or an exception that says what ffmpeg said.

`imageio_ffmpeg.write_frames` never looks at ffmpeg's exit status and reports success on a full disk,
a bad option, a killed encoder or a sheared frame; only the binary is taken from that package.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

from gpuanim.encode._guarded import GuardedWriter, write_all
from gpuanim.encode.target import Part, check_target
from gpuanim.errors import EncoderError, MissingDependencyError
from gpuanim.frames import FilmSpec
from gpuanim.types import Buffer

__all__ = ["FFmpegWriter", "ended", "ffmpeg_exe"]

_PIPE_BYTES = 1 << 20
"""Linux' default of 64 KiB needs 48 switches for a 1080p frame: a raw sink gains 141 -> 473 frames/s."""

_LAST_WORDS = 2000
"""Bytes of ffmpeg's stderr that an exception shows."""

_GRACE = 2.0
"""Seconds that ffmpeg gets to exit after it closed the pipe, so that its own message is what one sees."""


def ffmpeg_exe() -> str:
    """Return the path of ffmpeg: `IMAGEIO_FFMPEG_EXE`, else the binary of imageio-ffmpeg.

    Raises
    ------
    MissingDependencyError
        With the line that installs it.
    """
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError, OSError) as error:
        raise MissingDependencyError(
            f"ffmpeg was not found ({error}); install it with: pip install imageio-ffmpeg"
        ) from error


class FFmpegWriter(GuardedWriter):
    """One ffmpeg process that reads raw frames and writes a hidden file beside the target.

    Parameters
    ----------
    target
        File to write.
    spec
        The film; its pixel format is what goes through the pipe.
    input_options, output_options
        Command line before `-i` and before the output file.
    """

    def __init__(
        self, target: Path, spec: FilmSpec, input_options: Sequence[str], output_options: Sequence[str]
    ) -> None:
        super().__init__(spec)
        exe = ffmpeg_exe()
        self._part = Part(check_target(target))
        command = [exe, *_HEAD, *_raw_input(spec), *input_options, "-i", "pipe:0", *output_options]
        with ExitStack() as undo:
            undo.callback(self._part.discard)
            # A file, because a pipe that nobody reads fills up and stalls ffmpeg.
            self._stderr: IO[bytes] = undo.enter_context(_messages())
            # "file:" keeps ffmpeg from reading a protocol, an option or "-" into the name.
            self._process = _start([*command, f"file:{self._part.path}"], self._stderr)
            undo.pop_all()
        # For a writer that is forgotten, and for one that is open when the interpreter exits.
        self._end = weakref.finalize(self, _end, self._process, self._stderr, os.getpid())
        _close_in_children(self)

    @property
    def growing(self) -> Path:
        """The file while it is written."""
        return self._part.path

    def disown(self) -> None:
        """In a forked child: close the copies of pipe and file, and leave the film to the parent."""
        self._disown()
        self._end()

    def _put(self, frame: Buffer) -> None:
        try:
            write_all(self._stdin, frame.data)
        except OSError as error:
            raise self._failure(f"frame {self._count}") from error

    def _complete(self) -> None:
        self._stdin.close()
        if self._process.wait() != 0:
            raise self._failure("the end of the film")
        if self.growing.stat().st_size == 0:
            raise self._failure("the end of the film but wrote nothing")
        self._part.commit()
        self._end()

    def _interrupt(self) -> None:
        with suppress(OSError):
            self._process.kill()  # a write that is stuck in a full pipe fails then

    def _drop(self) -> None:
        self._end()
        self._part.discard()

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    def _failure(self, where: str) -> EncoderError:
        """Return ffmpeg's last words as an exception."""
        if self._dropped:  # by another thread, while this one was waiting
            return EncoderError("the film was aborted")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        status = self._process.poll()
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - _LAST_WORDS))
        words = self._stderr.read().decode(errors="replace").strip()
        said = f" and said:\n{words}" if words else " without a word"
        return EncoderError(f"ffmpeg {ended(status)} at {where}{said}")


_HEAD = ("-hide_banner", "-nostats", "-loglevel", "error", "-y")


def _raw_input(spec: FilmSpec) -> list[str]:
    size = f"{spec.width}x{spec.height}"
    fps = spec.fps.limit_denominator(1_000_000)  # ffmpeg's are of 32 bits; Fraction(29.97) has 48
    rate = f"{fps.numerator}/{fps.denominator}"
    return ["-f", "rawvideo", "-pixel_format", spec.pixel_format, "-video_size", size, "-framerate", rate]


def _messages() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise EncoderError(
            f"there is no room for ffmpeg's messages: {error}; set TMPDIR to a folder that can be written"
        ) from error


def _start(command: list[str], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    # A process group of its own: at Ctrl-C ffmpeg would complete a film that is too short.
    group: dict[str, Any] = {"process_group": 0}
    quiet = {**os.environ, "SVT_LOG": "1"}  # SVT-AV1 has a log of its own: errors only
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            bufsize=0,
            env=quiet,
            **group,
        )
    except OSError as error:
        raise EncoderError(f"ffmpeg could not be started: {error}") from error
    if sys.platform == "linux" and process.stdin is not None:
        import fcntl

        with suppress(OSError):  # the user's share of pipe memory may be spent
            fcntl.fcntl(process.stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


def _end(process: subprocess.Popen[bytes], stderr: IO[bytes], owner: int) -> None:
    """End the process if it still runs, and close what belongs to it."""
    if os.getpid() == owner and process.poll() is None:
        with suppress(OSError):
            process.kill()
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    with suppress(OSError):
        stderr.close()
    if os.getpid() == owner:
        process.wait()


def ended(status: int | None) -> str:
    """Say how ffmpeg ended, for messages that begin with its name."""
    if status is None:
        return "stopped reading"
    if status >= 0:
        return f"ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = " (often the system's, for lack of memory)" if name == "SIGKILL" else ""
    return f"was killed by {name}{hint}"


_open_writers: weakref.WeakSet[FFmpegWriter] = weakref.WeakSet()


def _close_in_children(writer: FFmpegWriter) -> None:
    """See to it that a forked process closes its copy of the pipe: ffmpeg would wait for that one, too."""
    _register_fork_hook()
    _open_writers.add(writer)


@cache
def _register_fork_hook() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_in_child)


def _forget_in_child() -> None:
    for writer in list(_open_writers):
        writer.disown()
