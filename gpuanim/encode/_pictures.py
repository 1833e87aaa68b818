"""Films made of single pictures, one after the other in one file: what APNG and WebP share.

Pictures are compressed on threads and written in order; each holds only the box of what has changed.
"""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.encode._guarded import GuardedWriter, write_all
from gpuanim.encode.target import Part
from gpuanim.errors import FormatError, OptionError
from gpuanim.frames import FilmSpec
from gpuanim.types import Buffer

__all__ = ["Box", "PicturesWriter", "changed_box", "check_loop", "check_rate"]

_WAITING = 2  # pictures in the queue for each thread
_MAX_FPS = 90
"""Browsers show a frame of 10 ms or less for 100 ms."""


class Box(NamedTuple):
    """A part of a frame, in pixels from its left and upper edge."""

    left: int
    top: int
    width: int
    height: int


class PicturesWriter(GuardedWriter):
    """Compresses each frame on a thread of its own and appends it to a hidden file beside the target.

    Parameters
    ----------
    target
        As `check_target` returns it.
    spec
        The film, in an interleaved pixel format.
    align
        Boxes begin at multiples of this many pixels.
    """

    def __init__(self, target: Path, spec: FilmSpec, align: int = 1) -> None:
        super().__init__(spec)
        self._align = align
        self._shape = spec.pixel_format.shape(spec.width, spec.height)
        self._shown: NDArray[np.uint8] | None = None
        self._waiting: deque[tuple[Box, Future[bytes]]] = deque()
        self._n_written = 0
        self._part = Part(target)
        try:
            self._file: BinaryIO = self._part.path.open("r+b", buffering=0)
            weakref.finalize(self, self._file.close)
            self._pool = ThreadPoolExecutor(_threads.n_threads(), thread_name_prefix="gpuanim-pictures")
            write_all(self._file, self._head())
        except BaseException:
            self._part.discard()
            raise

    def _put(self, frame: Buffer) -> None:
        picture = frame.reshape(self._shape)
        box = changed_box(self._shown, picture, self._align)
        crop = picture[box.top : box.top + box.height, box.left : box.left + box.width].copy()
        if self._shown is None:
            self._shown = picture.copy()
        else:
            self._shown[:] = picture
        while len(self._waiting) >= _WAITING * _threads.n_threads():
            self._write_next()
        self._waiting.append((box, self._pool.submit(self._compress, crop)))

    def _complete(self) -> None:
        while self._waiting:
            self._write_next()
        self._pool.shutdown()
        self._end(self._file, self._n_written)
        self._file.close()
        self._part.commit()

    def _write_next(self) -> None:
        box, compressed = self._waiting.popleft()
        write_all(self._file, self._block(self._n_written, box, compressed.result()))
        self._n_written += 1

    def _drop(self) -> None:
        with suppress(RuntimeError):
            self._pool.shutdown(cancel_futures=True)
        self._waiting.clear()
        with suppress(OSError):
            self._file.close()
        self._part.discard()

    @abstractmethod
    def _head(self) -> bytes:
        """Return what stands before the first picture."""

    @abstractmethod
    def _compress(self, picture: NDArray[np.uint8]) -> bytes:
        """Compress (h, w, 3) or (h, w, 4); called on any thread."""

    @abstractmethod
    def _block(self, index: int, box: Box, data: bytes) -> bytes:
        """Wrap the compressed picture of frame `index`."""

    @abstractmethod
    def _end(self, file: BinaryIO, n_frames: int) -> None:
        """Append the end, and put into the head what was not known at the start."""


def changed_box(shown: NDArray[np.uint8] | None, picture: NDArray[np.uint8], align: int = 1) -> Box:
    """Return the smallest box that holds all changes: all of the first frame, one pixel if there are none."""
    height, width = picture.shape[:2]
    if shown is None:
        return Box(0, 0, width, height)
    changed = shown.reshape(height, -1) != picture.reshape(height, -1)
    rows = np.flatnonzero(changed.any(axis=1))
    if len(rows) == 0:
        return Box(0, 0, 1, 1)
    top, bottom = int(rows[0]) // align * align, int(rows[-1]) + 1
    channels = np.flatnonzero(changed[top:bottom].any(axis=0))
    n_channels = picture.shape[2]
    left = int(channels[0]) // n_channels // align * align
    right = int(channels[-1]) // n_channels + 1
    return Box(left, top, right - left, bottom - top)


def check_loop(loop: object, most: int) -> None:
    """Raise `OptionError` unless `loop` is None or a whole number from 0 to `most`."""
    if loop is None or (isinstance(loop, int) and not isinstance(loop, bool) and 0 <= loop <= most):
        return
    raise OptionError(f"loop must be 0 (for ever), a number of times, or None (once), not {loop!r}")


def check_rate(name: str, spec: FilmSpec) -> None:
    """Raise `FormatError` if browsers would show the film slower than it is."""
    if spec.fps > _MAX_FPS:
        raise FormatError(
            f"browsers slow {name} frames under 11 ms down to 100 ms: use fps={_MAX_FPS} or less, "
            f"not {float(spec.fps):g}, or save to .mp4"
        )
