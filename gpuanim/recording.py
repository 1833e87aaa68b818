"""Pictures that have been taken: kept losslessly in a temporary file, read one at a time."""

from __future__ import annotations

import operator
import tempfile
import threading
import weakref
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError, ShapeError

__all__ = ["Reader", "Recording", "Spool"]

Picture = NDArray[np.uint8]

_LEVEL = 2  # of zlib: as fast as 1 on drawings, and smaller
_KEY_EVERY = 32
"""Longest chain of pictures that each hold only what differs from the one before: what `picture(i)` costs."""
_PACKED = np.array([1 << 16, 1 << 8, 1], np.uint32)


class _Tally:
    """Counts colours: each picture's on every fourth row, which takes 0.3 ms for 640x480."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._n = 0

    def add(self, picture: Picture) -> None:
        rgb = picture[self._n % 4 :: 4].astype(np.uint32)
        self._n += 1
        keys, counts = np.unique(rgb @ _PACKED, return_counts=True)
        most = np.argsort(-counts)[:256]
        self._counts.update(dict(zip(keys[most].tolist(), counts[most].tolist(), strict=True)))
        if len(self._counts) > 1 << 16:  # photographs: most of their colours are rare
            self._counts = Counter(dict(self._counts.most_common(1 << 12)))

    def most(self, limit: int) -> NDArray[np.uint8]:
        keys = np.array([key for key, _ in self._counts.most_common(limit)], np.uint32)
        return (keys[:, None] // _PACKED & 255).astype(np.uint8)


@dataclass(frozen=True)
class _Record:
    """Where a picture lies in the file, and the record that it changes; None if it is whole.

    The bytes are, compressed by zlib, a bit for each row that changed and these rows.
    """

    offset: int
    nbytes: int
    base: int | None
    depth: int


class Spool:
    """Pictures of one size in a temporary file, which is removed with the object.

    Attributes
    ----------
    shape
        (h, w, 3) of the pictures, None before the first.
    """

    def __init__(self) -> None:
        self.shape: tuple[int, ...] | None = None
        self._file: Any = tempfile.TemporaryFile(prefix="gpuanim-", suffix=".frames")  # noqa: SIM115
        self.close = weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._records: list[_Record] = []
        self._last: Picture = np.empty((0, 0, 3), np.uint8)
        self._tally = _Tally()

    @property
    def nbytes(self) -> int:
        """Bytes in the file."""
        return sum(record.nbytes for record in self._records)

    def add(self, picture: Picture) -> int:
        """Store a picture, (h, w, 3) uint8, and return its number; the array must not change afterwards."""
        if self.shape is None:
            self.shape = picture.shape
        if picture.shape != self.shape:
            raise ShapeError(f"the picture is {picture.shape}, those before are {self.shape}")
        base = len(self._records) - 1 if self._records else None
        changed = np.ones(len(picture), np.bool_)
        if base is not None:
            changed = (picture != self._last).any(axis=(1, 2))
        depth = 0 if base is None else self._records[base].depth + 1
        if depth == _KEY_EVERY or changed.mean() > 0.5:
            base, depth, changed = None, 0, np.ones(len(picture), np.bool_)
        packed = zlib.compress(np.packbits(changed).tobytes() + picture[changed].tobytes(), _LEVEL)
        with self._lock:
            offset = self._file.seek(0, 2)
            self._file.write(packed)
        self._records.append(_Record(offset, len(packed), base, depth))
        self._last = picture
        self._tally.add(picture)
        return len(self._records) - 1

    def colors(self, limit: int) -> NDArray[np.uint8]:
        """Return the colours that occur most often, (at most `limit`, 3), the most frequent first."""
        return self._tally.most(limit)

    def base(self, number: int) -> int | None:
        """Return the number of the picture that this one is stored as a change of."""
        return self._records[number].base

    def change(self, number: int, picture: Picture) -> None:
        """Turn the picture that is `base(number)` into picture `number`."""
        record = self._records[number]
        with self._lock:
            self._file.seek(record.offset)
            data = np.frombuffer(zlib.decompress(self._file.read(record.nbytes)), np.uint8)
        n_bits = -(-len(picture) // 8)
        changed = np.unpackbits(data[:n_bits], count=len(picture)).view(np.bool_)
        picture[changed] = data[n_bits:].reshape(-1, *picture.shape[1:])


class Reader:
    """Reads pictures of a spool; those that follow each other cost one decompression each."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._picture: Picture = np.empty(spool.shape or (0, 0, 3), np.uint8)
        self._number: int | None = None

    def read(self, number: int) -> Picture:
        """Return picture `number`; the array is only valid until the next call."""
        chain = []
        wanted: int | None = number
        while wanted is not None and wanted != self._number:
            chain.append(wanted)
            wanted = self._spool.base(wanted)
        for link in reversed(chain):
            self._spool.change(link, self._picture)
        self._number = number
        return self._picture


class Recording:
    """The pictures of a film, taken and kept in a temporary file.

    An iterable; a context manager that removes the file at its end, as does the object's own end.

    Parameters
    ----------
    spool
        Where they are.
    numbers
        Those of the spool's pictures that are shown, in order.
    """

    def __init__(self, spool: Spool, numbers: tuple[int, ...]) -> None:
        if spool.shape is None or not numbers:
            raise OptionError("a recording has one picture or more")
        self._spool, self._numbers, self._shape = spool, numbers, spool.shape

    @property
    def n_frames(self) -> int:
        """Number of pictures."""
        return len(self._numbers)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._shape[1], self._shape[0]

    @property
    def nbytes(self) -> int:
        """Bytes of the temporary file."""
        return self._spool.nbytes

    def colors(self, limit: int = 128) -> NDArray[np.uint8]:
        """Return the colours that occur most often, (at most `limit`, 3) uint8, the most frequent first."""
        return self._spool.colors(limit)

    def picture(self, index: int) -> Picture:
        """Return one picture.

        Parameters
        ----------
        index
            From 0; negative numbers count from the end.

        Returns
        -------
        numpy.ndarray
            (h, w, 3) uint8 RGB, the caller's own.

        Raises
        ------
        IndexError
            If there is no such picture.
        """
        index = operator.index(index)
        if not -self.n_frames <= index < self.n_frames:
            raise IndexError(f"picture {index} of a recording of {self.n_frames}")
        return Reader(self._open()).read(self._numbers[index])

    def read(self, index: int, reader: Reader) -> Picture:
        """Return picture `index` as `reader` has it, valid until it reads the next."""
        return reader.read(self._numbers[index])

    def reader(self) -> Reader:
        """Return a new reader, for `read`."""
        return Reader(self._open())

    def close(self) -> None:
        """Remove the temporary file; the pictures are gone then. Harmless if called again."""
        self._spool.close()

    def __len__(self) -> int:
        return self.n_frames

    def __iter__(self) -> Iterator[Picture]:
        reader = self.reader()
        for number in self._numbers:
            yield reader.read(number).copy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _open(self) -> Spool:
        if not self._spool.close.alive:
            raise OptionError("the recording has been closed, its pictures are gone")
        return self._spool
