"""Reads a store of frames: a source that takes a step from disk when it is shown."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import FormatError, OptionError, ShapeError, SourceError
from gpuanim.frame_store.layout import ATTRIBUTE, is_store, open_group
from gpuanim.types import Values
from gpuanim.values._base import Source

__all__ = ["Frames", "is_store", "open_frames"]


class Frames(Source):
    """Steps in a store, or some of them: ``frames[10:60]`` are frames too; nothing is read for that.

    Give it to `animate` or `pl.embedding`; ``frames[3]`` is a step in the order of the data.

    Attributes
    ----------
    path
        Of the store.
    dtype
        Of the values on disk; uint8 for levels of ranks.
    settings
        How the steps were made, under the names of `LabelPropagation`.
    fingerprints
        Of "coords", "graph" and "labels", where they are known; see `gpuanim.provenance`.
    """

    n_points: int
    n_steps: int
    portable = True

    def __init__(self, path: Path, group: Any, shown: range, *, same_points: bool) -> None:
        about = group.attrs[ATTRIBUTE]
        self.path, self._group, self._shown, self._same = path, group, shown, same_points
        self._array = group["frames"]
        self.dtype: np.dtype[Any] = self._array.dtype
        self.n_points, self.n_steps = int(self._array.shape[1]), len(shown)
        self.n_columns = int(np.prod(self._array.shape[2:]))
        if "points" in group:
            self.permutation = np.asarray(group["points"][...])
        if about["rank"] is not None:
            from gpuanim.values.levels import RankLevels
            from gpuanim.values.ranks import Rank

            self.own_norm = RankLevels(Rank(stretch=about["rank"]["stretch"]))
        self.settings: Mapping[str, Any] = MappingProxyType(about["settings"])
        self.fingerprints: Mapping[str, str] = MappingProxyType(about["fingerprints"])

    def steps(self) -> Iterator[Values]:
        return map(self.step, range(self.n_steps))

    def step(self, index: int) -> Values:
        """Return step `index`, (n,) or (n, k), in the order of `permutation`; levels as float32."""
        if not 0 <= index < self.n_steps:
            raise IndexError(index)
        place = self._shown[index]
        try:
            values = np.asarray(self._array[place])
        except Exception as error:
            raise SourceError(
                f"{self.path}: step {place} cannot be read, the store is damaged ({error}): copy it "
                "again, or write it anew"
            ) from error
        return values.astype(np.float32) if self.dtype == np.uint8 else values

    def origin(self) -> Any:
        return self.steps()

    def __len__(self) -> int:
        return self.n_steps

    @overload
    def __getitem__(self, index: int) -> Values: ...

    @overload
    def __getitem__(self, index: slice) -> Frames: ...

    def __getitem__(self, index: int | slice) -> Values | Frames:
        """Return a step in the order of the data, or frames of some steps; -1 is the last one."""
        if isinstance(index, slice):
            shown = self._shown[index]
            if not shown:
                raise OptionError(f"{_told(index)} holds none of the {self.n_steps} steps of {self.path}")
            return Frames(self.path, self._group, shown, same_points=self._same)
        number = operator.index(index)
        if not -self.n_steps <= number < self.n_steps:
            raise IndexError(f"step {number} of {self.n_steps} in {self.path}")
        values = self.step(number % self.n_steps)
        if self.permutation is None:
            return values
        ordered = np.empty_like(values)
        ordered[self.permutation] = values
        return ordered

    def check_points(self, coords: NDArray[Any]) -> None:
        if len(coords) != self.n_points:
            raise ShapeError(
                f"{self.path} holds frames of {self.n_points} points, and there are {len(coords)}: it "
                "belongs to other data; write it anew from these, or take the data it was made from"
            )
        known = self.fingerprints.get("coords")
        if known is None or self._same:
            return
        from gpuanim.provenance import points_fingerprint

        if points_fingerprint(coords) != known:
            raise ShapeError(
                f"{self.path} was made with other coordinates of {self.n_points} points, so its frames may "
                "belong to other data. If these are the same points in the same order, as in another "
                "embedding, say so: open_frames(..., same_points=True), or --same-cells in a command"
            )

    def describe(self) -> dict[str, Any]:
        return dict(self.settings)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as a path: each opens the store for itself."""
        return _reopened, (self.path.absolute(), self._shown, self._same)

    def __repr__(self) -> str:
        steps = f"{self.n_steps} steps" if len(self._shown) == self._array.shape[0] else f"{self._shown}"
        columns = f" x {self.n_columns} classes" if self.n_columns > 1 else ""
        return f"<Frames of {str(self.path)!r}: {steps} of {self.n_points} points{columns}, {self.dtype}>"


def open_frames(path: str | os.PathLike[str], *, same_points: bool = False) -> Frames:
    """Open a store of frames that `store_frames` or ``gpuanim propagate --store`` has written.

    Parameters
    ----------
    path
        Such as "frames.zarr".
    same_points
        Whether to take its frames for those of any points of the right number: of another embedding of the
        same cells in the same order. By default `animate` compares the coordinates with those that the
        frames were made with, where the store knows them.

    Returns
    -------
    Frames
        Lazy: a step is read when it is shown. ``frames[10:60]`` are some of them.

    Raises
    ------
    FileError
        There is no such folder.
    FormatError
        It is not a store of frames, or one of a later version, or parts of it are missing.

    Examples
    --------
    >>> ga.animate(coords, ga.open_frames("frames.zarr")[10:60], norm="rank").save("part.mp4")
    """
    place = Path(path)
    group = open_group(place)
    if "frames" not in group:
        raise FormatError(f"{place} is not whole, it has no frames: copy it again, or write it anew")
    array = group["frames"]
    there, wanted = int(array.nchunks_initialized), int(array.nchunks)
    if there != wanted:
        raise FormatError(
            f"{place} is not whole, {there} of {wanted} chunks are there: copy it again, or write it anew"
        )
    return Frames(place, group, range(int(array.shape[0])), same_points=same_points)


def _reopened(path: Path, shown: range, same_points: bool) -> Frames:
    return Frames(path, open_group(path), shown, same_points=same_points)


def _told(steps: slice) -> str:
    """Return a slice as it is written."""
    ends = ["" if end is None else str(end) for end in (steps.start, steps.stop)]
    return ":".join(ends if steps.step is None else [*ends, str(steps.step)])
