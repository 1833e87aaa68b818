"""The codes of a panel's points: of those that can be seen, and of the outlines behind them."""

from __future__ import annotations

import numpy as np

from gpuanim.film import Cloud
from gpuanim.types import Codes, Ids, Values
from gpuanim.values._base import Mapping

__all__ = ["HostCodes", "outline_codes"]


class HostCodes:
    """Codes in the memory of the host; `cuda.codes.DeviceCodes` has the same names.

    Parameters
    ----------
    cloud
        Whose points they are of.

    Attributes
    ----------
    codes
        Of the last frame; the array is used again.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.codes: Codes = np.empty(0, np.uint16)

    def encode(self, mapping: Mapping, values: Values, where: Ids | None) -> None:
        """Turn values into codes.

        Parameters
        ----------
        where
            Of the points and outlines that can be seen, ascending; None for all.
        """
        own, outlines = outline_codes(self._cloud, where)
        if len(self.codes) != own + len(outlines):
            self.codes = np.empty(own + len(outlines), np.uint16)
        self.codes[own:] = outlines
        mapping.encode(values, None if where is None else where[:own], self.codes[:own])


def outline_codes(cloud: Cloud, where: Ids | None) -> tuple[int, Codes]:
    """Return how many points can be seen, and the codes of the outlines that stand behind them.

    Outlines stand behind the points in the numbers of colours; theirs never change.
    """
    if where is None:
        return cloud.n_points, cloud.halo_row + np.arange(len(cloud.halos), dtype=np.uint16)
    own = int(np.searchsorted(where, cloud.n_points))
    return own, (cloud.halo_row + where[own:] - cloud.n_points).astype(np.uint16)
