"""The contract of a device: what the CUDA modules need of it, and nothing else.

Kernels are files ``*.cu`` of this package, written for NVRTC: no headers, `common.cuh` comes before them.
Host code gets arrays from the device and hands them back to it; it never asks what they are made of. So the
same sources and the same host code run on a GPU by CuPy, and in the tests on the CPU.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

if TYPE_CHECKING:
    from gpuanim.cuda.launches import Launches

__all__ = [
    "BLOCK",
    "MOST_BLOCKS",
    "NOTHING",
    "Array",
    "Defines",
    "Device",
    "Kernel",
    "Recording",
    "blocks_for",
    "source_of",
]

BLOCK = 256
"""Threads of a block, everywhere: a multiple of the 32 threads of a warp."""

MOST_BLOCKS = 2048
"""Of kernels whose threads go on to further elements: all that the largest GPU runs at a time, and more."""

Array = Any
"""An array on the device: has `shape`, `dtype`, `size` and `nbytes`, and can be sliced and reshaped."""

Defines = Mapping[str, str | int]
NOTHING: Defines = MappingProxyType({})


class Kernel(Protocol):
    """A function of a `.cu` file, launched for one-dimensional grids."""

    def __call__(self, blocks: int, *args: Any) -> None:
        """Launch `blocks` blocks of `BLOCK` threads on the device's stream.

        Arrays are handed over as pointers; numbers are numpy scalars of the type that the kernel takes.
        """


class Recording(Protocol):
    """Launches that were recorded once: one call gives all of them to the device again."""

    def replay(self) -> None:
        """Run them on the device's stream, with what the arrays hold now."""


class Device(ABC):
    """Arrays and kernels on one GPU, and one stream of work in order.

    Attributes
    ----------
    name
        Of the GPU, as the driver tells it.
    xp, sparse
        The modules of its arrays and sparse matrices: the functions of numpy and `scipy.sparse`.
    """

    name: str
    xp: Any
    sparse: Any

    @abstractmethod
    def upload(self, array: NDArray[Any]) -> Array:
        """Copy an array to the device."""

    @abstractmethod
    def put(self, array: NDArray[Any], into: Array) -> None:
        """Copy an array to one on the device that has its shape and dtype, after all work so far."""

    @abstractmethod
    def download(self, array: Array) -> NDArray[Any]:
        """Copy an array to the host, and wait for it."""

    @abstractmethod
    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return an array that holds anything."""

    @abstractmethod
    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
        """Return an array of zeros."""

    @abstractmethod
    def fill(self, array: Array, value: int) -> None:
        """Set all bytes of an array in one piece to `value`, on the stream."""

    @abstractmethod
    def address(self, array: Array) -> int:
        """Return where an array begins, as kernels are told."""

    @abstractmethod
    def pinned(self, nbytes: int) -> NDArray[np.uint8]:
        """Return host memory that copies reach without a detour."""

    @abstractmethod
    def fetch(self, array: Array, into: NDArray[Any]) -> Callable[[], None]:
        """Begin to copy an array in one piece to pinned memory, after all work so far; the result waits.

        Work that is launched later overlaps with the copy, and must not write to `array` before it is over.
        """

    @abstractmethod
    def wait_for_copies(self) -> None:
        """Wait for all that `fetch` has begun."""

    @abstractmethod
    def kernel(self, source: str, name: str, defines: Defines = NOTHING) -> Kernel:
        """Compile a file of this package, such as ``"cuda/ranks.cu"``, and return one of its kernels."""

    @abstractmethod
    def record(self, work: Callable[[], None]) -> Recording:
        """Record the launches of `work`, which has run before and neither allocates nor waits."""

    @abstractmethod
    def wait(self) -> None:
        """Wait for all work so far."""

    @abstractmethod
    def memory(self) -> tuple[int, int]:
        """Return the bytes that can still be had, and all there are."""

    @cached_property
    def launches(self) -> Launches:
        """What the frames of all films on this device are launched through."""
        from gpuanim.cuda.launches import Launches

        return Launches(self)


def source_of(path: str, defines: Defines) -> str:
    """Return the text of a `.cu` file of this package, after `common.cuh` and the definitions.

    Parameters
    ----------
    path
        From the package's folder, such as ``"cuda/ranks.cu"``.
    defines
        Macros that the file is compiled with.
    """
    package = files("gpuanim")
    lines = [f"#define {name} {value}" for name, value in defines.items()]
    common = package.joinpath("cuda/common.cuh").read_text(encoding="utf-8")
    own = package.joinpath(path).read_text(encoding="utf-8")
    return "\n".join([f"#define BLOCK {BLOCK}", *lines, common, own])


def blocks_for(n: int, most: int | None = None) -> int:
    """Return the number of blocks whose threads take one element each, or more if that is above `most`."""
    blocks = max(1, -(-n // BLOCK))
    return blocks if most is None else min(blocks, most)
