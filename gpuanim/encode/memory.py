"""Frames as one array, for those who go on with them in Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gpuanim.encode._base import Encoder
from gpuanim.encode._guarded import GuardedWriter, check_spec
from gpuanim.errors import EncoderError
from gpuanim.frames import FilmSpec, PixelFormat
from gpuanim.types import Buffer

__all__ = ["Memory", "MemoryWriter"]


@dataclass(frozen=True)
class Memory(Encoder):
    """Keeps all frames; the one encoder whose memory grows with the film. The target is ignored."""

    formats: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.RGB24, PixelFormat.RGBA)

    def open(self, target: Path, spec: FilmSpec) -> MemoryWriter:
        """Return a writer whose `frames` are there once it is finished."""
        del target
        check_spec(self, spec)
        return MemoryWriter(spec)


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
