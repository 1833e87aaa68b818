"""The codes of a panel's points in the memory of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuanim.codes import outline_codes
from gpuanim.cuda._base import Array, Device
from gpuanim.cuda.mappings import on_device
from gpuanim.types import Ids
from gpuanim.values._base import Mapping

if TYPE_CHECKING:
    from gpuanim.film import Cloud

__all__ = ["DeviceCodes"]


class DeviceCodes:
    """Codes on a device, of values that lie there; `codes.HostCodes` has the same names.

    Parameters
    ----------
    cloud
        Whose points they are of.
    device
        Where its values lie.
    """

    def __init__(self, cloud: Cloud, device: Device) -> None:
        self._cloud, self._device = cloud, device
        self.codes: Array = None
        self._where: Ids | None = None
        self._mapping: Mapping | None = None

    def encode(self, mapping: Mapping, values: Array, where: Ids | None) -> None:
        """Queue what turns values into codes; see `HostCodes.encode`."""
        if self.codes is None or where is not self._where:
            self._lay_out(where)
        if mapping is not self._mapping:
            self._mapping, self._there = mapping, on_device(mapping, self._device)
        if self._there is None:
            raise RuntimeError("values that lie on a device have a mapping there")
        self._there.encode(values, self._wanted, self._own)

    def _lay_out(self, where: Ids | None) -> None:
        """Find room for the codes, and write those that never change."""
        own, outlines = outline_codes(self._cloud, where)
        self._where = where
        self._wanted = None if where is None else self._device.upload(where[:own])
        self.codes = self._device.upload(np.concatenate([np.zeros(own, np.uint16), outlines]))
        self._own = self.codes[:own]
