"""The device of the contract by CuPy. This module and `missing` are the only ones that import it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gpuanim.cuda._base import BLOCK, NOTHING, Array, Defines, Device, Kernel, Recording, source_of
from gpuanim.errors import OptionError

__all__ = ["CupyDevice", "chosen"]

_OPTIONS = ("--std=c++17", "--fmad=false")
"""Products and sums are rounded apart, as on the CPU: the kernels wait for memory in any case."""


def chosen(number: int | None) -> int:
    """Make a device CuPy's current one in this thread, and return its number; None for the current one.

    Raises
    ------
    OptionError
        If there are not so many.
    """
    import cupy

    if number is None:
        return int(cupy.cuda.Device().id)
    count = cupy.cuda.runtime.getDeviceCount()
    if not 0 <= number < count:
        raise OptionError(f"device={number}: CUDA has {count} here, counted from 0")
    cupy.cuda.Device(number).use()
    return number


class CupyDevice(Device):
    """CuPy's current device; work goes to CuPy's current stream, copies to the host to one of their own.

    Parameters
    ----------
    number
        Of the current device.
    """

    def __init__(self, number: int) -> None:
        import cupy
        import cupyx.scipy.sparse

        self.xp, self.sparse = cupy, cupyx.scipy.sparse
        self.name = cupy.cuda.runtime.getDeviceProperties(number)["name"].decode()
        # Graphs are recorded on a stream that work on the default one does not wait for, nor it for that.
        self._recorder = cupy.cuda.Stream(non_blocking=True)
        self._copies = cupy.cuda.Stream(non_blocking=True)
        self._modules: dict[tuple[Any, ...], Any] = {}
        self._functions: dict[tuple[Any, ...], Kernel] = {}

    def upload(self, array: NDArray[Any]) -> Array:
        return self.xp.asarray(np.ascontiguousarray(array))

    def put(self, array: NDArray[Any], into: Array) -> None:
        into.set(np.ascontiguousarray(array))

    def download(self, array: Array) -> NDArray[Any]:
        found: NDArray[Any] = self.xp.asnumpy(array)
        return found

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
        return self.xp.empty(shape, dtype)

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
        return self.xp.zeros(shape, dtype)

    def fill(self, array: Array, value: int) -> None:
        array.data.memset_async(value, array.nbytes, self.xp.cuda.get_current_stream())

    def address(self, array: Array) -> int:
        return int(array.data.ptr)

    def pinned(self, nbytes: int) -> NDArray[np.uint8]:
        return np.frombuffer(self.xp.cuda.alloc_pinned_memory(nbytes), np.uint8, nbytes)

    def fetch(self, array: Array, into: NDArray[Any]) -> Callable[[], None]:
        self._copies.wait_event(self.xp.cuda.get_current_stream().record())
        array.data.copy_to_host_async(into.ctypes.data, array.nbytes, self._copies)
        done = self._copies.record()
        wait: Callable[[], None] = done.synchronize
        return wait

    def wait_for_copies(self) -> None:
        self._copies.synchronize()

    def kernel(self, source: str, name: str, defines: Defines = NOTHING) -> Kernel:
        key = (source, *sorted(defines.items()))
        if (key, name) not in self._functions:
            if key not in self._modules:
                code = source_of(source, defines)
                self._modules[key] = self.xp.RawModule(code=code, options=_OPTIONS, backend="nvrtc")
            function = self._modules[key].get_function(name)
            self._functions[key, name] = lambda blocks, *args: function((blocks,), (BLOCK,), args)
        return self._functions[key, name]

    def record(self, work: Callable[[], None]) -> Recording:
        with self._recorder as stream:
            stream.begin_capture()
            try:
                work()
            finally:
                graph = stream.end_capture()
        return _Graph(graph)

    def wait(self) -> None:
        self.xp.cuda.get_current_stream().synchronize()

    def memory(self) -> tuple[int, int]:
        free, total = self.xp.cuda.runtime.memGetInfo()
        return free + self.xp.get_default_memory_pool().free_bytes(), total


class _Graph:
    """A CUDA graph, launched on the current stream."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph

    def replay(self) -> None:
        self._graph.launch()
