"""Sources whose steps are arrays of a device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from gpuanim.cuda._base import MOST_BLOCKS, Array, Device, blocks_for
from gpuanim.values._base import Blender, Source
from gpuanim.values.convert import EXACT, check_dtype, check_shape

__all__ = ["blended", "step_on", "uploaded"]


class _Converted(Source):
    """The steps of another source, each converted.

    Parameters
    ----------
    source
        Tells how many there are.
    convert
        Takes a step, returns an array of the device.
    device
        Where that lies; steps are blended linearly there.
    """

    def __init__(self, source: Source, convert: Callable[[Any], Array], device: Device) -> None:
        self._source, self._convert, self._device = source, convert, device
        self.n_points, self.n_steps, self.n_columns = source.n_points, source.n_steps, source.n_columns
        self.coded, self.rewindable = source.coded, source.rewindable
        self.permutation = source.permutation

    def steps(self) -> Iterator[Array]:
        return map(self._convert, self._source.steps())

    @property
    def blender(self) -> Blender:
        return partial(_blend, self._device)


class _Random(_Converted):
    """The same with random access, as its source has it."""

    def step(self, index: int) -> Array:
        return self._convert(self._source.step(index))


def uploaded(source: Source, device: Device) -> Source:
    """Return a source of the same steps, copied to a device as they are read.

    Their place is always the same: what reads it can be recorded.
    """
    known: dict[tuple[Any, ...], Array] = {}

    def convert(values: Any) -> Array:
        shape = (values.shape, values.dtype)
        if shape not in known:
            known[shape] = device.empty(*shape)
        device.put(values, known[shape])
        return known[shape]

    random = type(source).step is not Source.step
    return (_Random if random else _Converted)(source, convert, device)


def blended(source: Source, device: Device) -> Source:
    """Return a source of a device for a timeline that blends its steps."""

    def convert(values: Array) -> Array:
        device.launches.run()  # a timeline keeps copies of both steps, and these are made at once
        return values

    random = type(source).step is not Source.step
    return (_Random if random else _Converted)(source, convert, device)


def _blend(device: Device, before: Array, after: Array, share: float, into: Array) -> Array:
    """See `values.blending.linear`."""
    dtype = np.result_type(before.dtype, after.dtype)
    if into.shape != before.shape or into.dtype != dtype:
        into = device.empty(before.shape, dtype)
    steps = (step.astype(dtype, copy=False) for step in (before, after))
    kernel = device.kernel("cuda/blend.cu", "blend", {"VALUE": "float" if dtype == np.float32 else "double"})
    kernel(blocks_for(into.size, MOST_BLOCKS), np.int64(into.size), *steps, np.float64(share), into)
    return into


def step_on(device: Device) -> Callable[[Any, int, str], Array]:
    """Return what `values.convert.as_step` does, for steps that are arrays on a GPU and stay there."""

    def convert(raw: Any, n_points: int, what: str) -> Array:
        check_dtype(raw.dtype, what)
        check_shape(tuple(raw.shape), n_points, what)
        flat = raw.reshape(-1)
        return device.xp.ascontiguousarray(flat.astype(_float_type(flat), copy=False))

    return convert


def _float_type(array: Array) -> type[np.float32 | np.float64]:
    dtype = np.dtype(array.dtype)
    if dtype.kind == "f":
        return np.float32 if dtype.itemsize <= 4 else np.float64
    if dtype.itemsize <= 2 or array.size == 0:
        return np.float32
    exact = int(array.min()) >= -EXACT and int(array.max()) <= EXACT
    return np.float32 if exact else np.float64
