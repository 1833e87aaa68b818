"""The device of the contract by CuPy. This module and `propagation.cuda` are the only ones that import it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gpuanim.cuda._base import BLOCK, NOTHING, Array, Defines, Device, Kernel, Recording, source_of

__all__ = ["CupyDevice"]

_OPTIONS = ("--std=c++17", "--fmad=false")
"""Products and sums are rounded apart, as on the CPU: the kernels wait for memory in any case."""


class CupyDevice(Device):
    """CuPy's current device; work goes to CuPy's current stream, copies to the host to one of their own."""

    def __init__(self) -> None:
        import cupy
        import cupyx.scipy.sparse

        self.xp, self.sparse = cupy, cupyx.scipy.sparse
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
        self.name = properties["name"].decode()
        self._recorder = cupy.cuda.Stream()
        self._copies = cupy.cuda.Stream(non_blocking=True)
        self._modules: dict[tuple[Any, ...], Any] = {}

    def upload(self, array: NDArray[Any]) -> Array:
        return self.xp.asarray(np.ascontiguousarray(array))

    def download(self, array: Array) -> NDArray[Any]:
        found: NDArray[Any] = self.xp.asnumpy(array)
        return found

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
        return self.xp.empty(shape, dtype)

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
        return self.xp.zeros(shape, dtype)

    def fill(self, array: Array, value: int) -> None:
        array.data.memset_async(value, array.nbytes, self.xp.cuda.get_current_stream())

    def pinned(self, nbytes: int) -> NDArray[np.uint8]:
        return np.frombuffer(self.xp.cuda.alloc_pinned_memory(nbytes), np.uint8, nbytes)

    def fetch(self, array: Array, into: NDArray[Any]) -> Callable[[], None]:
        self._copies.wait_event(self.xp.cuda.get_current_stream().record())
        array.data.copy_to_host_async(into.ctypes.data, array.nbytes, self._copies)
        done = self._copies.record()
        wait: Callable[[], None] = done.synchronize
        return wait

    def kernel(self, source: str, name: str, defines: Defines = NOTHING) -> Kernel:
        key = (source, *sorted(defines.items()))
        if key not in self._modules:
            code = source_of(source, defines)
            self._modules[key] = self.xp.RawModule(code=code, options=_OPTIONS, backend="nvrtc")
        function = self._modules[key].get_function(name)
        return lambda blocks, *args: function((blocks,), (BLOCK,), args)

    def record(self, work: Callable[[], None]) -> Recording:
        with self._recorder as stream:
            stream.begin_capture()
            try:
                work()
            finally:
                graph = stream.end_capture()
        return _Graph(graph, self._recorder)

    def wait(self) -> None:
        self.xp.cuda.get_current_stream().synchronize()

    def memory(self) -> tuple[int, int]:
        free, total = self.xp.cuda.runtime.memGetInfo()
        return free + self.xp.get_default_memory_pool().free_bytes(), total


class _Graph:
    """A CUDA graph, launched on the stream that it was captured from."""

    def __init__(self, graph: Any, stream: Any) -> None:
        self._graph, self._stream = graph, stream

    def replay(self) -> None:
        self._graph.launch(self._stream)
