"""What `camera=` can be -> how the camera moves, and the cells that it is told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim.errors import OptionError
from gpuanim.geometry import check_cells
from gpuanim.view._base import Move
from gpuanim.view.keyframes import Keyframes
from gpuanim.view.shots import Shot

__all__ = ["GroupOf", "as_move", "picker"]

GroupOf = Callable[[str, str | None], NDArray[np.bool_]]
"""Name of a group, and column of `obs` or None -> (n,) which cells are in it."""


def as_move(camera: Any) -> Move | None:
    """Return a shot, or a list of shots, as keyframes, and moves as they are; raises OptionError."""
    if camera is None or isinstance(camera, Move):
        return camera
    if isinstance(camera, Shot):
        return Keyframes([camera])
    if isinstance(camera, list | tuple):
        return Keyframes(camera)
    raise OptionError(
        "camera must be a list of ga.Shot, or ga.Keyframes, ga.Follow or ga.Orbit, such as "
        f"[ga.Shot.all(), ga.Shot.box((0, 1), (0, 1))], not {camera!r}"
    )


def picker(
    n: int, group_of: GroupOf, keep: NDArray[np.bool_] | None = None
) -> Callable[[Any], NDArray[np.int64]]:
    """Return what finds cells by mask, positions or group; see `Subject.pick`.

    Parameters
    ----------
    n
        Number of cells.
    group_of
        Finds those of a group.
    keep
        (n,) which cells have a place, if not all: positions are then those among them.
    """

    def pick(cells: Any) -> NDArray[np.int64]:
        if isinstance(cells, str):
            cells, what = group_of(cells, None), f"group {cells!r}"
        elif isinstance(cells, tuple) and len(cells) == 2 and all(isinstance(part, str) for part in cells):
            cells, what = group_of(cells[1], cells[0]), f"group {cells[1]!r} of {cells[0]!r}"
        else:
            what = "what was given as its cells"
        positions = check_cells(cells, n, "camera")
        if keep is not None:
            positions = (np.cumsum(keep) - 1)[positions[keep[positions]]]
        if len(positions) == 0:
            raise OptionError(f"camera: no cell to look at in {what}")
        return positions

    return pick
