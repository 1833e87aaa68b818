"""Frames for those who go on with them in Python: as one array, or one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gpuanim.encode._base import Encoder
from gpuanim.encode._guarded import GuardedWriter, check_spec
from gpuanim.errors import EncoderError, OptionError
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.types import Buffer

__all__ = ["Each", "Memory", "MemoryWriter"]


@dataclass(frozen=True)
class Memory(Encoder):
    """Keeps all frames; the one encoder whose memory grows with the film. The target is ignored."""

    formats: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.RGB24, PixelFormat.RGBA)

    def open(self, target: Path, spec: FilmSpec) -> MemoryWriter:
        """Return a writer whose `frames` are there once it is finished."""
        del target
        check_spec(self, spec)
        return MemoryWriter(spec)

    def files(self, target: Path, n_frames: int) -> list[Path]:
        return []


class MemoryWriter(GuardedWriter):
    """Collects frames."""

    def __init__(self, spec: FilmSpec) -> None:
        super().__init__(spec)
        self._parts: list[Buffer] = []
        self._frames: NDArray[np.uint8] | None = None

    @property
    def frames(self) -> NDArray[np.uint8]:
        """(n, h, w, 3) or (n, h, w, 4) uint8, once the film is finished."""
        if self._frames is None:
            raise EncoderError("the film is not finished: its frames are there after the with-block")
        return self._frames

    def _put(self, frame: Buffer) -> None:
        spec = self._spec
        if self._count == 0 and spec.n_frames is not None:  # one array, and no second copy at the end
            self._parts = list(np.empty((spec.n_frames, len(frame)), np.uint8))
        if self._count < len(self._parts):
            self._parts[self._count][:] = frame
        else:
            self._parts.append(frame.copy())

    def _complete(self) -> None:
        spec = self._spec
        shape = (self._count, *spec.pixel_format.shape(spec.width, spec.height))
        parts = self._parts[: self._count]
        base = parts[0].base
        whole = base if base is not None and len(base) == self._count else np.stack(parts)
        self._frames = np.asarray(whole).reshape(shape)
        self._parts = []

    def _drop(self) -> None:
        self._parts = []


@dataclass(frozen=True)
class Each(Encoder):
    """Hands each frame to a callable, while the next ones are drawn; the target is only a name.

    ``anim.save("stream", encoder=Each(writer.append_data))``

    Parameters
    ----------
    call
        Gets (h, w, 3) uint8 RGB, or what `pixel_format` says; a view that is valid during the call only.
        It is called on a thread of its own, frame after frame; an exception ends the film.
    pixel_format
        A name of `PixelFormat` but "pal8": "rgb24", "rgba" (for transparent films only), "nv12", "yuv420p"
        or "yuv444p".

    Raises
    ------
    OptionError
        If an option is not of this kind.
    """

    call: Callable[[NDArray[np.uint8]], Any]
    pixel_format: str = "rgb24"

    def __post_init__(self) -> None:
        if not callable(self.call):
            raise OptionError(f"call must take one frame, {self.call!r} cannot be called")
        names = [str(name) for name in PixelFormat if name is not PixelFormat.PAL8]
        if self.pixel_format not in names:
            raise OptionError(f"pixel_format must be one of {', '.join(names)}, not {self.pixel_format!r}")

    @property
    def formats(self) -> tuple[PixelFormat, ...]:
        asked = PixelFormat(self.pixel_format)
        return (asked, PixelFormat.RGBA) if asked is PixelFormat.RGB24 else (asked,)

    def open(self, target: Path, spec: FilmSpec) -> GuardedWriter:
        """Return a writer that calls."""
        del target
        check_spec(self, spec)
        return _EachWriter(self.call, spec)

    def files(self, target: Path, n_frames: int) -> list[Path]:
        return []


class _EachWriter(GuardedWriter):
    def __init__(self, call: Callable[[NDArray[np.uint8]], Any], spec: FilmSpec) -> None:
        super().__init__(spec)
        self._call = call

    def _put(self, frame: Buffer) -> None:
        spec = self._spec
        self._call(frame.reshape(spec.pixel_format.shape(spec.width, spec.height)))

    def _complete(self) -> None:
        """Nothing is left to do."""

    def _drop(self) -> None:
        """Frames that were handed over stay where they are."""
