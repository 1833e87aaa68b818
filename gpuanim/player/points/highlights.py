"""What stands out in a page: points that are faded for all of the film, and outlines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.film import Cloud, Film, Fits, Timings
from gpuanim.player.points.blob import Blob, deflate
from gpuanim.player.points.meaning import hexed
from gpuanim.player.points.place import Placement, planes
from gpuanim.values.emphasis import Emphasis

__all__ = ["highlight_facts", "without_fading"]


def without_fading(film: Film, fits: Fits, timings: Timings) -> tuple[Film, Fits]:
    """Return a film with one cloud whose faded points have the codes of their values, and its fits.

    The page fades them itself, so that it can tell what they are worth.
    """
    cloud = film.clouds[0]
    if not (isinstance(cloud.norm, Emphasis) and len(cloud.norm.faded)):
        return film, fits
    norm = replace(cloud.norm, faded=np.empty(0, np.uint8))
    film = replace(film, clouds=(replace(cloud, norm=norm),))
    return film, Fits(film, timings)


def highlight_facts(cloud: Cloud, placement: Placement, blob: Blob) -> dict[str, Any]:
    """Pack the highlights of a cloud: a bit for each faded point, and the points that have an outline."""
    colors = hexed(cloud.table[cloud.halo_row : cloud.halo_row + len(cloud.halos)])
    halos = [
        {
            "color": color,
            "scale": halo.scale,
            "cells": blob.add(deflate(planes(np.diff(cells, prepend=np.uint32(0))))),
        }
        for halo, color, cells in zip(cloud.halos, colors, placement.halos, strict=True)
    ]
    norm, faded = cloud.norm, None
    if isinstance(norm, Emphasis) and len(norm.faded):
        bits = np.packbits(_by_point(norm.faded, cloud)[placement.order], bitorder="little")
        color = hexed(np.atleast_2d(cloud.table[norm.rows.faded]))[0]
        faded = {"color": color, "cells": blob.add(deflate(bits.tobytes()))}
    return {"halos": halos, "faded": faded}


def _by_point(flags: NDArray[np.uint8], cloud: Cloud) -> NDArray[np.uint8]:
    """Bring flags from the order of the source into that of the points."""
    if cloud.values.permutation is None:
        return flags
    out = np.empty_like(flags)
    out[cloud.values.permutation] = flags
    return out
