"""The frames of a film -> blocks of a page: what changes, and the words that change with it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.coding import CodedFrame, code_frames
from gpuanim.errors import EncoderError, OptionError
from gpuanim.film import Cloud, Film, Fits, Timings
from gpuanim.player.points.blob import Blob
from gpuanim.player.points.chrome import Chrome
from gpuanim.player.points.frames import FramePacker
from gpuanim.player.points.meaning import is_scale
from gpuanim.player.points.rows import PageRows
from gpuanim.player.points.scale import level_edges
from gpuanim.types import Codes, Ids, Values

__all__ = ["pack_frames"]


def pack_frames(
    film: Film,
    points: Ids,
    rows: PageRows,
    chrome: Chrome,
    blob: Blob,
    fits: Fits,
    timings: Timings,
    fps: Fraction,
    on_frame: Callable[[], object],
) -> dict[str, Any]:
    """Pack what changes of `points`, in their order.

    Returns
    -------
    dict
        For each of the ``frames`` its block; the ``blocks`` of the lower bytes of codes and, if there are
        any, the ``high`` ones; the ``edges`` of the levels if they hold for the film; and whether there are
        points without a value, ``gaps``.

    Raises
    ------
    EncoderError
        If there is no frame.
    OptionError
        If the order of drawing cannot follow the values.
    """
    shown: list[int] = []
    with _Packer(film.clouds[0], rows, blob, len(points)) as packer:
        for frame in code_frames(film, points, fits, timings, fps):
            with timings.measure("pack"):
                if frame.changed or not shown:
                    packer.add(frame)
                chrome.add(frame.moment)
                shown.append(packer.count - 1)
            on_frame()
        with timings.measure("wait"):
            facts = packer.finish()
    return facts | {"frames": shown}


class _Packer:
    """Codes as one or two planes of bytes, and the edges of their levels."""

    def __init__(self, cloud: Cloud, rows: PageRows, blob: Blob, n_points: int) -> None:
        self._cloud, self._rows = cloud, rows
        self._planes = [FramePacker(blob) for _ in range(1 + rows.wide)]
        self._low, self._high = np.empty(n_points, np.uint16), np.empty(n_points, np.uint16)
        self._frame: CodedFrame | None = None
        self._ends = (np.inf, -np.inf)
        self._gaps = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        with ExitStack() as threads:
            for plane in self._planes:
                threads.push(plane)

    @property
    def count(self) -> int:
        return self._planes[0].count

    def add(self, frame: CodedFrame) -> None:
        low, high = self._low, self._high
        self._rows.split(frame.codes, low, high)
        self._gaps = self._gaps or bool((low > 255).any())
        self._frame = frame
        self._planes[0].add(low, self._own_edges(frame, low) if is_scale(self._cloud) else None)
        if self._rows.wide:
            self._planes[1].add(high)

    def _own_edges(self, frame: CodedFrame, levels: Codes) -> NDArray[np.float64] | None:
        """Take note of the reach of the values; return the edges of levels that are the frame's alone."""
        from gpuanim.player.points.kernels import reach

        self._check_order(frame)
        ends = reach(_now(self._rows, frame.values), frame.where, levels)
        self._ends = min(self._ends[0], ends[0]), max(self._ends[1], ends[1])
        return level_edges(frame.mapping, *ends) if self._cloud.norm.scope != "film" else None

    def _check_order(self, frame: CodedFrame) -> None:
        follows = isinstance(self._cloud.order, str) and self._cloud.order == "abs"
        if follows and frame.mapping.lower_edges() is None:
            raise OptionError(
                'order="abs" needs a norm whose levels rise with the values in an interactive page; '
                'use order="value" or "data"'
            )

    def finish(self) -> dict[str, Any]:
        planes = [[block.row() for block in packer.finish()] for packer in self._planes]
        if self._frame is None:
            raise EncoderError("the film has zero frames: nothing was written; check n_frames and the values")
        edges = None
        if self._cloud.norm.scope == "film" and is_scale(self._cloud):
            edges = level_edges(self._frame.mapping, *self._ends)
        return {
            "blocks": planes[0],
            "high": planes[1] if self._rows.wide else None,
            "edges": None if edges is None else edges.tolist(),
            "gaps": self._gaps,
        }


def _now(rows: PageRows, values: Values) -> Values:
    """Return the values of a step; those that a front compares come with the step before."""
    return values[0] if rows.copies else values
