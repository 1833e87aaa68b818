"""Mappings of values that lie on a device: those of the CPU, with the same codes.

`encode` takes and fills arrays of the device, and is queued in `Device.launches`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.cuda._base import MOST_BLOCKS, Array, Device, blocks_for
from gpuanim.cuda.ranks import DeviceRanks
from gpuanim.values._base import Mapping, Norm, Steps
from gpuanim.values.category_norm import CategoryMapping
from gpuanim.values.mixing import Mixture, Winner
from gpuanim.values.ranks import Rank
from gpuanim.values.staircase import Staircase

__all__ = ["DeviceRank", "on_device"]

_TYPES = {
    "float32": "float", "float64": "double", "int8": "signed char", "int16": "short", "int32": "int",
    "int64": "i64", "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64",
}  # fmt: skip
"""Names of the types of values in kernels."""

Told = Callable[["np.dtype[Any]"], tuple[Any, ...]]
"""What a kernel is told of a mapping, for values of a type."""


class _DeviceMapping(Mapping):
    """A kernel that is launched for each of the values that are wanted.

    Parameters
    ----------
    device
        Where the values lie.
    source, name
        File and name of the kernel: it takes n, values, `where`, whether all are wanted, what `told`
        returns, and the codes.
    n_levels
        As in `Mapping`.
    """

    def __init__(self, device: Device, source: str, name: str, told: Told, n_levels: int) -> None:
        self.n_levels = n_levels
        self._device, self._source, self._name, self._told = device, source, name, told
        self._known: dict[np.dtype[Any], tuple[Any, ...]] = {}

    def encode(self, values: Array, where: Array | None, out: Array) -> None:
        device, dtype = self._device, np.dtype(values.dtype)
        if dtype not in self._known:
            self._known[dtype] = self._told(dtype)
        kernel = device.kernel(self._source, self._name, {"VALUE": _TYPES[dtype.name]})
        n, every = len(out), where is None
        args = (np.int64(n), values, out if every else where, np.int32(every), *self._known[dtype], out)
        addresses = tuple(map(device.address, (args[1], args[2], out)))
        device.launches.add((self, addresses, n, dtype), lambda: kernel(blocks_for(n, MOST_BLOCKS), *args))


def on_device(mapping: Mapping, device: Device) -> Mapping | None:
    """Return a mapping for values on a device, or None if only the CPU has it."""
    if isinstance(mapping, _DeviceMapping):
        return mapping
    if isinstance(mapping, Staircase):
        return _staircase(mapping, device)
    if isinstance(mapping, CategoryMapping):
        told = (np.int32(mapping.n_levels),)
        return _DeviceMapping(device, "cuda/categories.cu", "categories", lambda _: told, mapping.n_levels)
    if isinstance(mapping, Mixture):
        return _mixture(mapping, device)
    if isinstance(mapping, Winner):
        return _winner(mapping, device)
    return None


class DeviceRank(Norm):
    """`Rank` within each step, for steps on a device.

    Parameters
    ----------
    rank
        Of scope "frame".
    device
        Where the steps lie.
    """

    scope = "frame"
    needs_film = False

    def __init__(self, rank: Rank, device: Device) -> None:
        self._rank, self._device = rank, device
        self._found: dict[np.dtype[Any], _Ranked] = {}

    def fit(self, steps: Steps) -> Mapping:
        """Find the thresholds; they hold until the next step is fitted."""
        values, device = next(iter(steps())), self._device
        dtype = np.dtype(values.dtype)
        if dtype not in self._found:
            finder = DeviceRanks(device, dtype, stretch=self._rank.stretch)
            self._found[dtype] = _Ranked(device, finder)
        ranked = self._found[dtype]
        device.launches.add(
            (ranked, device.address(values), len(values)), lambda: _launched(ranked.finder, values)
        )
        return ranked


class _Ranked(_DeviceMapping):
    """Levels by the thresholds that a finder has found last."""

    def __init__(self, device: Device, finder: DeviceRanks) -> None:
        super().__init__(device, "cuda/levels.cu", "levels", lambda _: (finder.thresholds,), 256)
        self.finder = finder

    def lower_edges(self) -> NDArray[np.float64]:
        self._device.launches.run()
        return self._device.download(self.finder.thresholds)


def _launched(finder: DeviceRanks, values: Array) -> None:
    finder.find(values)


def _staircase(mapping: Staircase, device: Device) -> Mapping:
    def told(dtype: np.dtype[Any]) -> tuple[Any, ...]:
        return (device.upload(mapping.thresholds(dtype).astype(np.float64)),)

    return _DeviceMapping(device, "cuda/levels.cu", "levels", told, mapping.n_levels)


def _mixture(mapping: Mixture, device: Device) -> Mapping:
    bases, first, last = mapping.columns
    tables = (mapping.colors, mapping.cells, mapping.thresholds, bases, first, last)
    colors, cells, thresholds, *columns = [device.upload(table) for table in tables]
    told = (
        np.int32(len(mapping.colors)), colors, np.int32(mapping.cells.shape[1] - 1), cells, thresholds,
        np.int32(bases.shape[1]), *columns, np.int32(mapping.n_cells),
    )  # fmt: skip
    return _DeviceMapping(device, "cuda/categories.cu", "mixtures", lambda _: told, mapping.n_levels)


def _winner(mapping: Winner, device: Device) -> Mapping:
    steps = np.float32((mapping.n_shades - 1) / (1.0 - mapping.floor))
    told = (
        np.int32(mapping.n_categories), np.float32(mapping.floor), steps, np.int32(mapping.n_shades)
    )  # fmt: skip
    return _DeviceMapping(device, "cuda/categories.cu", "winners", lambda _: told, mapping.n_levels)
