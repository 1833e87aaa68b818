"""Writes a store of frames step by step: beside its target, and in its place once it is whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.encode.target import PartFolder
from gpuanim.errors import OptionError, ShapeError, TargetError
from gpuanim.frame_store.layout import (
    ATTRIBUTE,
    VERSION,
    add_array,
    chunk_shape,
    create,
    is_store,
    stored_dtype,
)
from gpuanim.types import Ids, Values
from gpuanim.values.ranks import Rank

__all__ = ["FrameWriter", "check_target"]

_ROOM = 16
"""Steps that an array of unknown length begins with; it doubles when it is full."""


def check_target(path: str | os.PathLike[str]) -> Path:
    """Return the folder to write, links followed, or say why no store can be written there.

    Raises
    ------
    TargetError
        The name does not end in .zarr; its folder is missing or read-only; or something is there that is not
        a store of frames, which is never replaced.
    """
    target = Path(os.path.realpath(path))
    if target.suffix != ".zarr":
        raise TargetError(f"a store of frames has a name that ends in .zarr, not {str(path)!r}")
    if target.exists() and not is_store(target):
        raise TargetError(
            f"{path} is there and is no store of frames, so it is not replaced; choose another name, or "
            "remove it first"
        )
    return target


class FrameWriter:
    """Takes steps one by one; the store appears at `finish`, and an older one stays until then.

    A context manager: what is not finished at its end is removed.

    Parameters
    ----------
    path
        Where, such as "frames.zarr".
    dtype
        "float32", "float64", or "uint8": then steps are kept as levels of `rank`.
    rank
        Whose levels; of scope "frame".
    n_steps
        How many there will be, None if nobody knows.
    permutation
        (n,) the point of each value, None if they come in the order of the data.
    about
        What the store says of itself, as JSON knows it: "settings" and "fingerprints".

    Raises
    ------
    OptionError, TargetError
        Before the first step.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        dtype: str = "float32",
        rank: Rank | None = None,
        n_steps: int | None = None,
        permutation: Ids | None = None,
        about: Mapping[str, Any],
    ) -> None:
        self._dtype = stored_dtype(dtype)
        self._rank = (rank or Rank()) if self._dtype == np.uint8 else None
        if self._rank is not None and self._rank.scope != "frame":
            raise OptionError(
                'ranks of 8 bits are those within each step, scope="frame"; for ranks among all steps store '
                "float32"
            )
        self._n_steps, self._permutation, self._about = n_steps, permutation, dict(about)
        self.target = check_target(path)
        self._part = PartFolder(self.target)
        self._folder = self._part.path / "frames"
        self._group: Any = None
        self._array: Any = None
        self._codes = np.empty(0, np.uint16)
        self.count = 0
        # A signal ends what the calling thread does, but not what is being written: `discard` waits for it.
        self._hand = ThreadPoolExecutor(1, "gpuanim-store")

    def add(self, values: Values) -> None:
        """Write the next step, (n,) or (n, k); it is on disk when this returns."""
        if self._array is None:
            self._hand.submit(self._begin, values.shape).result()
        if values.shape != self._array.shape[1:]:
            raise ShapeError(
                f"step {self.count} has shape {values.shape}, those before have {self._array.shape[1:]}"
            )
        self._hand.submit(self._append, self._kept(values)).result()
        self.count += 1

    def _append(self, step: NDArray[Any]) -> None:
        if self.count == self._array.shape[0]:
            self._array.resize((2 * self.count, *step.shape))
        self._array[self.count] = step

    def _begin(self, shape: tuple[int, ...]) -> None:
        if self._rank is not None and len(shape) > 1:
            raise ShapeError(
                f"ranks of 8 bits are of one value for each point, these have {shape[1]}: store float32"
            )
        self._group = create(self._folder)
        shape = (self._n_steps or _ROOM, *shape)
        self._array = add_array(self._group, "frames", shape, chunk_shape(shape), self._dtype)
        if self._permutation is not None:
            chunks = chunk_shape((1, *self._permutation.shape))[1:]
            points = add_array(self._group, "points", self._permutation.shape, chunks, np.uint32)
            points[...] = self._permutation

    def _kept(self, values: Values) -> NDArray[Any]:
        if self._rank is None:
            with np.errstate(over="ignore"):
                return values.astype(self._dtype, copy=False)
        if len(self._codes) != len(values):
            self._codes = np.empty(len(values), np.uint16)
        mapping = self._rank.fit(lambda: [values])
        mapping.encode(values, None, self._codes)
        if len(self._codes) and int(self._codes.max()) >= mapping.n_levels:
            raise ShapeError(
                f"step {self.count} has missing values (NaN), for which 8 bits have no room: store float32"
            )
        return self._codes.astype(np.uint8)

    def finish(self) -> Path:
        """Put the store in its place, in place of an older one; return the place.

        Raises
        ------
        OptionError
            There was no step.
        TargetError
            The store cannot be moved there.
        """
        if self._array is None:
            raise OptionError("values have no steps: there is nothing to store")
        self._array.resize((self.count, *self._array.shape[1:]))
        rank = None if self._rank is None else {"stretch": self._rank.stretch}
        self._group.attrs[ATTRIBUTE] = {"version": VERSION, **self._about, "rank": rank}
        _replace(self._folder, check_target(self.target), self._part.path / "older")
        self.discard()
        return self.target

    def discard(self) -> None:
        """Remove what is not finished; idempotent, never raises."""
        self._hand.shutdown(wait=True)
        self._part.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def _replace(folder: Path, target: Path, older: Path) -> None:
    """Move a folder to the target; what is there is moved to `older` first, and back if that fails."""
    try:
        if target.exists():
            os.rename(target, older)
        try:
            os.rename(folder, target)
        except BaseException:
            if older.exists():
                os.rename(older, target)
            raise
    except OSError as error:
        raise TargetError(f"the frames are complete but cannot be moved to {target}: {error}") from error
