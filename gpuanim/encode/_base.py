"""The contract of an encoder: it opens a target for a film and takes the frames one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.types import Buffer


class Writer(ABC):
    """One film being written; nothing stands at the target before `finish`.

    As a context manager a writer finishes on a clean exit and aborts on an exception.
    """

    @abstractmethod
    def write(self, frame: Buffer) -> None:
        """Append a frame of exactly the spec's bytes; it may be reused after the call returns."""

    @abstractmethod
    def finish(self) -> None:
        """Complete the film and move it to its target. Raises `EncoderError` or `TargetError`."""

    @abstractmethod
    def abort(self) -> None:
        """Drop everything: no file, process or thread stays behind. Never raises; idempotent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.abort()
            return
        try:
            self.finish()
        except BaseException:
            self.abort()
            raise


class Encoder(ABC):
    """Settings of one file format: immutable, reusable, cheap."""

    @property
    @abstractmethod
    def formats(self) -> tuple[PixelFormat, ...]:
        """Pixel formats that the encoder takes, in order of preference.

        RGBA among them says that the format holds transparency.
        """

    @abstractmethod
    def open(self, target: Path, spec: FilmSpec) -> Writer:
        """Check that `target` can be written and start; raises before the first frame."""

    @property
    def exact(self) -> bool:
        """Whether decoding gives back every frame as it was written."""
        return False

    def files(self, target: Path, n_frames: int) -> list[Path]:
        """Name the files that a film of `n_frames` frames at `target` consists of."""
        del n_frames
        return [target]

    def notes(self, spec: FilmSpec) -> tuple[str, ...]:
        """Say what the format cannot hold exactly, such as GIF's hundredths of a second."""
        del spec
        return ()
