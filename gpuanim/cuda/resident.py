"""Which films are coloured on a device from end to end, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpuanim.cuda._base import Device
from gpuanim.cuda.mappings import DeviceRank, on_device
from gpuanim.cuda.sources import blended, uploaded
from gpuanim.values._base import Mapping
from gpuanim.values.blending import linear
from gpuanim.values.ranks import Rank
from gpuanim.values.timeline import Timeline

if TYPE_CHECKING:
    from gpuanim.film import Cloud

__all__ = ["resident"]


def resident(cloud: Cloud, mapping: Mapping | None, timeline: Timeline, device: Device) -> Cloud | None:
    """Return a cloud whose steps are arrays of a device, or None if its colours need the CPU.

    Steps that lie on the host are copied there: it takes less time than to rank them, and leaves the
    processor to the encoder. The CPU sums up pixels, orders points by their values, and knows norms of all
    kinds, emphasis, blends that are not linear, and scales that follow single frames but are not ranks.

    Parameters
    ----------
    mapping
        Of the whole film; None where it is fitted to each frame.
    timeline
        Of the film.
    """
    norm = cloud.norm
    blends = timeline.blend is not None and norm.blends
    if isinstance(cloud.order, str) or (blends and cloud.values.blender is not linear):
        return None
    if mapping is None:
        if not isinstance(norm, Rank):
            return None
        norm = DeviceRank(norm, device)
    elif on_device(mapping, device) is None:
        return None
    values = cloud.values.on_device(device) or uploaded(cloud.values, device)
    return replace(cloud, values=blended(values, device) if blends else values, norm=norm)
