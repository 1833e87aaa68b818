"""What every writer guards: the spec, the bytes of each frame, the order of calls, the way out."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import BinaryIO

import numpy as np

from gpuanim.encode._base import Encoder, Writer
from gpuanim.errors import EncoderError, FormatError, GpuanimError, ShapeError
from gpuanim.frames import FilmSpec
from gpuanim.types import Buffer

__all__ = ["GuardedWriter", "check_spec", "write_all"]


class _State(Enum):
    OPEN = auto()
    DONE = auto()
    DROPPED = auto()


class GuardedWriter(Writer):
    """A writer whose formats say only how to put a frame, to complete the film, and to drop it.

    Calls may come from different threads: `abort` frees a `write` that hangs in another one. After a
    failure everything is dropped at once, so that nothing depends on the caller's manners.
    """

    def __init__(self, spec: FilmSpec) -> None:
        self._spec = spec
        self._count = 0
        self._state = _State.OPEN
        self._lock = threading.RLock()

    @property
    def n_written(self) -> int:
        """Frames taken so far."""
        return self._count

    def write(self, frame: Buffer) -> None:
        """Check the frame's bytes and append it."""
        array = as_array(frame, self._spec)
        with self._lock:
            self._check_open()
            with self._all_or_nothing():
                self._put(array)
            self._count += 1

    def finish(self) -> None:
        """Complete the film and move it to its target; a second call does nothing."""
        with self._lock:
            if self._state is _State.DONE:
                return
            self._check_open()
            with self._all_or_nothing():
                if self._count == 0:
                    raise EncoderError(
                        "the film has zero frames: nothing was written; check n_frames and the values"
                    )
                self._complete()
            self._state = _State.DONE

    def abort(self) -> None:
        """Drop everything; never raises, and does nothing once the film is finished."""
        if self._state is not _State.OPEN:
            return
        self._state = _State.DROPPED
        self._interrupt()
        with self._lock:
            self._drop()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.abort()
            if isinstance(error, OSError) and not isinstance(error, GpuanimError):
                what = error.strerror or str(error)
                raise EncoderError(
                    f"the film could not be written: {what}; nothing was left behind"
                ) from error
            raise

    def _disown(self) -> None:
        """Forget the film, without a trace and without the lock, which another thread may hold for ever."""
        if self._state is _State.OPEN:
            self._state = _State.DROPPED

    @property
    def _dropped(self) -> bool:
        return self._state is _State.DROPPED

    def _check_open(self) -> None:
        if self._state is _State.DONE:
            raise EncoderError("the film is finished: open a new writer for more frames")
        if self._state is _State.DROPPED:
            raise EncoderError("the film was aborted")

    @abstractmethod
    def _put(self, frame: Buffer) -> None:
        """Append a frame, a flat array of the right length."""

    @abstractmethod
    def _complete(self) -> None:
        """Write the end and move the film to its target."""

    @abstractmethod
    def _drop(self) -> None:
        """Remove all traces; must not raise."""

    def _interrupt(self) -> None:
        """Free a thread that waits inside `_put` or `_complete`; must not raise."""


def check_spec(encoder: Encoder, spec: FilmSpec, max_side: int | None = None) -> None:
    """Raise `FormatError` unless `encoder` can write films like `spec`."""
    name = type(encoder).__name__
    if spec.pixel_format not in encoder.formats:
        takes = ", ".join(encoder.formats)
        raise FormatError(f"{name} takes frames in {takes}, not {spec.pixel_format}")
    if spec.width < 1 or spec.height < 1:
        raise FormatError(f"a frame of {spec.width}x{spec.height} pixels has nothing in it")
    if spec.pixel_format.subsampled and (spec.width % 2 or spec.height % 2):
        raise FormatError(
            f"{spec.pixel_format} needs an even width and height, not {spec.width}x{spec.height}; "
            "pad the frames by one row or column"
        )
    if max_side is not None and max(spec.width, spec.height) > max_side:
        raise FormatError(
            f"{name} holds at most {max_side} pixels a side, not {spec.width}x{spec.height}; use a lower dpi"
        )
    if spec.fps <= 0:
        raise FormatError(f"fps must be positive, not {spec.fps}")


def as_array(frame: Buffer, spec: FilmSpec) -> Buffer:
    """Return the frame as a flat array without copying it; any shape with the right bytes is taken."""
    expected = spec.pixel_format.nbytes(spec.width, spec.height)
    array = np.asarray(frame)
    if array.dtype != np.uint8 or array.nbytes != expected or not array.flags.c_contiguous:
        raise ShapeError(
            f"a {spec.pixel_format} frame of {spec.width}x{spec.height} is {expected} contiguous uint8, "
            f"not {array.dtype} of shape {array.shape} ({array.nbytes} bytes)"
        )
    return array.reshape(-1)


def write_all(file: BinaryIO, data: bytes | memoryview) -> None:
    """Write to an unbuffered file, which may take a part at a time."""
    view = memoryview(data)
    while view.nbytes:
        view = view[file.write(view) :]
