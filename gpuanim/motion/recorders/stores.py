"""Where recorded steps are kept: in memory, or in a zarr array."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import MissingDependencyError, OptionError, TargetError

__all__ = ["Steps", "as_steps"]

_CHUNK = 1 << 16
"""Points of a chunk, of one step or more."""


class Steps(Protocol):
    """A list of (n, 2) float32 arrays that grows at its end."""

    def append(self, step: NDArray[np.float32], /) -> None:
        """Add a step, which the list may keep."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> NDArray[np.float32]: ...


class _ZarrSteps:
    """Steps in a zarr array that is made for the first of them, or given."""

    def __init__(self, path: Path | None, array: Any = None) -> None:
        self._path, self._array = path, array

    def append(self, step: NDArray[np.float32]) -> None:
        if self._array is None:
            import zarr

            chunks = (max(1, _CHUNK // len(step)), len(step), 2)
            self._array = zarr.create_array(
                self._path, shape=(0, len(step), 2), chunks=chunks, dtype="float32"
            )
        self._array.append(step[None])

    def __len__(self) -> int:
        return 0 if self._array is None else int(self._array.shape[0])

    def __getitem__(self, index: int) -> NDArray[np.float32]:
        return np.asarray(self._array[index], np.float32)


def as_steps(store: Any) -> Steps:
    """Return the place that is meant by `store`, as `Recorder` takes it.

    Raises
    ------
    MissingDependencyError
        If zarr is needed and not installed.
    OptionError, TargetError
        If it cannot be written to.
    """
    if store is None:
        return []
    if isinstance(store, str | os.PathLike):
        try:
            import zarr  # noqa: F401
        except ImportError as error:
            raise MissingDependencyError("store=... writes a zarr array: pip install zarr") from error
        path = Path(store)
        if path.exists():
            raise TargetError(f"{path} exists: give another path, or open it as a zarr array to add to it")
        return _ZarrSteps(path)
    shape: tuple[int, ...] = tuple(getattr(store, "shape", ()))
    if not hasattr(store, "append") or len(shape) != 3 or shape[2] != 2:
        raise OptionError(
            f"store must be a path, or a zarr array of shape (steps, points, 2), not {type(store).__name__}"
            + (f" of shape {shape}" if shape else "")
        )
    return _ZarrSteps(None, store)
