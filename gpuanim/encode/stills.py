"""PNG files: one picture, or one for each frame."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from gpuanim import _threads
from gpuanim.encode._base import Encoder
from gpuanim.encode._guarded import GuardedWriter, check_spec
from gpuanim.encode._joining import Joinable, Segment
from gpuanim.encode._metadata import film_comment
from gpuanim.encode.target import PartFolder, check_target
from gpuanim.errors import FormatError, OptionError
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.types import Buffer

if TYPE_CHECKING:
    from PIL.PngImagePlugin import PngInfo

__all__ = ["PNG"]

_NUMBER = re.compile(r"%(0[1-9]\d?)?d")
_WAITING = 2  # frames in the queue for each thread that compresses


@dataclass(frozen=True)
class PNG(Joinable):
    """PNG files, lossless, with transparency where the film has it.

    A name with `%d` or `%03d` is a pattern for the numbers of the frames, `%%` is a percent sign in it;
    any other name is a single picture. The folder of a pattern is made if only that one is missing. All
    files appear at the end, or none; files of an older, longer film are left alone.

    Parameters
    ----------
    start
        Number of the first file.
    compress_level
        zlib's, 0 to 9; 1 saves a tenth of the time for 4 % more bytes.

    Raises
    ------
    OptionError
        If an option is not in its range.
    """

    start: int = 0
    compress_level: int = 6

    formats: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.RGB24, PixelFormat.RGBA)

    @property
    def exact(self) -> bool:
        return True

    def __post_init__(self) -> None:
        if not (isinstance(self.start, int) and self.start >= 0):
            raise OptionError(f"start must be 0 or a positive integer, not {self.start!r}")
        if not (isinstance(self.compress_level, int) and 0 <= self.compress_level <= 9):
            raise OptionError(f"compress_level must be from 0 to 9, not {self.compress_level!r}")

    def files(self, target: Path, n_frames: int) -> list[Path]:
        return [target.with_name(_numbered(target.name, self.start + i)) for i in range(n_frames)]

    def open(self, target: Path, spec: FilmSpec) -> _Writer:
        """Check the target and start the threads that compress."""
        target, pattern = self._checked(target, spec)
        return _Writer(self, target, spec, pattern=pattern)

    def for_segments(self, target: Path, spec: FilmSpec) -> tuple[Encoder, str]:
        self._checked(target, spec)
        return replace(self, start=0), "%d.png"

    def join(self, segments: Sequence[Segment], target: Path, spec: FilmSpec) -> None:
        target, pattern = self._checked(target, spec)
        parts = [file for part in segments for file in PNG().files(part.path, part.n_frames)]
        films = self.files(target.absolute(), len(parts)) if pattern else [target]
        folder = PartFolder(target.absolute(), make=pattern)
        try:
            folder.publish(list(zip(parts, films, strict=True)))
        except BaseException:
            folder.discard()
            raise

    def _checked(self, target: Path, spec: FilmSpec) -> tuple[Path, bool]:
        """Return the target, and whether it is a pattern."""
        check_spec(self, spec)
        if _NUMBER.search(str(target.parent)):
            raise FormatError(f"the frame number must be in the file's name, not in its folder: {target}")
        pattern = _NUMBER.search(target.name.replace("%%", "  ")) is not None
        if not pattern:
            target = check_target(target)
            if spec.n_frames is not None and spec.n_frames != 1:
                raise _single(target, spec.n_frames)
        return target, pattern


def _single(target: Path, n_frames: int | str) -> FormatError:
    pattern = f"{target.stem}-%03d{target.suffix}"
    return FormatError(
        f"{target} is one picture, but the film has {n_frames} frames; save to a pattern such as "
        f"{pattern!r}, or take one picture with frame(i)"
    )


def _numbered(name: str, number: int) -> str:
    """Fill in the frame number; a lone percent sign stays what it is."""

    def fill(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        width = int(found[1]) if found[1] else 0
        return f"{number:0{width}d}"

    return re.sub(r"%%|%(?:0([1-9]\d?))?d", fill, name)


def _texts(spec: FilmSpec) -> PngInfo:
    """Return title and metadata as the text chunks that PNG has for them."""
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    if spec.title:
        texts.add_itxt("Title", spec.title)
    if comment := film_comment(spec):
        texts.add_text("Comment", comment)
    return texts


class _Writer(GuardedWriter):
    def __init__(self, settings: PNG, target: Path, spec: FilmSpec, *, pattern: bool) -> None:
        super().__init__(spec)
        self._settings, self._target, self._pattern = settings, target, pattern
        self._folder = PartFolder(target.absolute(), make=pattern)
        self._pool = ThreadPoolExecutor(_threads.n_threads(), thread_name_prefix="gpuanim-png")
        self._slots = threading.Semaphore(_WAITING * _threads.n_threads())
        self._moves: list[tuple[Path, Path]] = []
        self._first_error: BaseException | None = None
        self._dropping = threading.Event()

    def _put(self, frame: Buffer) -> None:
        if self._count == 1 and not self._pattern:
            raise _single(self._target, "more")
        name = self._target.name
        if self._pattern:
            name = _numbered(name, self._settings.start + self._count)
        self._slots.acquire()
        self._check_pool()
        self._moves.append((self._folder.path / f"{self._count}.png", self._folder.path.parent / name))
        self._pool.submit(self._save, self._moves[-1][0], frame.copy()).add_done_callback(self._done)

    def _save(self, path: Path, frame: Buffer) -> None:
        from PIL import Image

        if self._dropping.is_set() or self._first_error is not None:
            return
        spec = self._spec
        shape = spec.pixel_format.shape(spec.width, spec.height)
        with path.open("wb") as file:
            Image.fromarray(frame.reshape(shape)).save(
                file, "png", compress_level=self._settings.compress_level, pnginfo=_texts(spec)
            )

    def _done(self, task: Future[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self._first_error is None:
            self._first_error = error
        self._slots.release()

    def _check_pool(self) -> None:
        if self._first_error is not None:
            raise self._first_error

    def _complete(self) -> None:
        self._pool.shutdown()
        self._check_pool()
        self._folder.publish(self._moves)

    def _interrupt(self) -> None:
        self._dropping.set()

    def _drop(self) -> None:
        with suppress(RuntimeError):
            self._pool.shutdown(cancel_futures=True)
        self._folder.discard()
