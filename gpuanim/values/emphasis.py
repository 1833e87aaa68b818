"""Points that stand out: the rest faded, outlines below them, and a front that lights up as it passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import OptionError
from gpuanim.types import Codes, Colors, Ids, Values
from gpuanim.values._base import Mapping, Norm, Source, Steps

__all__ = ["STRENGTHS", "Emphasis", "Rows", "WithPrevious"]

STRENGTHS = 8
"""Steps of brightness of a front."""

_FULL = 64
"""Levels, of 256, by which the colour of a point has changed when it is brightest."""

_MOST_ROWS = 1 << 16
_GRAIN = 1 << 16
_NOBODY = np.empty(0, np.uint8)


@dataclass(frozen=True)
class Rows:
    """Where the colours of an emphasised table stand.

    The levels come first and NaN behind them, as in any table; then the faded points, the outlines, and with
    a front `STRENGTHS` brightened copies of the levels.

    Parameters
    ----------
    n_levels
        Levels of the norm.
    n_outlines
        Colours of outlines.
    front
        Whether there are brightened copies.
    """

    n_levels: int
    n_outlines: int
    front: bool

    @property
    def faded(self) -> int:
        """Row of faded points."""
        return self.n_levels + 1

    @property
    def outlines(self) -> int:
        """First row of the outlines."""
        return self.n_levels + 2

    @property
    def brightened(self) -> int:
        """First row of the brightened copies."""
        return self.outlines + self.n_outlines

    def table(self, plain: Colors, faded: Colors, outlines: Colors, front: Colors | None) -> Colors:
        """Return the colours of all rows.

        Parameters
        ----------
        plain
            (n_levels + 1, 3) uint8, the table of the norm.
        faded
            (3,) uint8.
        outlines
            (n_outlines, 3) uint8.
        front
            (3,) uint8, what the brightest points of a front come close to: nine tenths of the way in sRGB.
        """
        parts = [plain, faded[None], outlines.reshape(-1, 3)]
        if front is not None:
            levels = plain[: self.n_levels].astype(np.float64)
            for strength in range(1, STRENGTHS + 1):
                share = 0.9 * strength / STRENGTHS
                parts.append(np.rint(levels * (1 - share) + front * share).astype(np.uint8))
        table = np.concatenate(parts)
        if len(table) > _MOST_ROWS:
            raise OptionError(
                f"a front needs {STRENGTHS + 1} colours for each of {self.n_levels:,} levels, more than the "
                f"{_MOST_ROWS:,} that there are: use fewer categories, or leave it out"
            )
        return table


class WithPrevious(Source):
    """Steps together with those before them: (2, ...) arrays, of which row 1 is the step before.

    The first step is paired with itself.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.n_points, self.n_steps = source.n_points, source.n_steps
        self.n_columns, self.rewindable = source.n_columns, source.rewindable

    @property
    def permutation(self) -> Ids | None:  # type: ignore[override]
        return self.source.permutation

    def origin(self) -> Any:
        return self.source.origin()

    def steps(self) -> Iterator[Values]:
        before: Values | None = None
        for values in self.source.steps():
            now = np.array(values)
            yield np.stack([now, now if before is None else before])
            before = now

    def step(self, index: int) -> Values:
        now = np.array(self.source.step(index))
        return np.stack([now, now if index == 0 else self.source.step(index - 1)])


@dataclass(frozen=True, eq=False)
class Emphasis(Norm):
    """A norm whose levels are changed where points are faded or lie on a front.

    Parameters
    ----------
    inner
        What the levels are without it.
    rows
        Of the table.
    faded
        (n,) uint8 in the order of the source, 1 for faded points; (0,) for none.
    categorical
        Whether levels are categories: then any change is a whole one.
    """

    inner: Norm
    rows: Rows
    faded: NDArray[np.uint8]
    categorical: bool = False

    @property
    def scope(self) -> str:  # type: ignore[override]
        return self.inner.scope

    @property
    def needs_film(self) -> bool:
        return self.inner.needs_film

    @property
    def blends(self) -> bool:  # type: ignore[override]
        return self.inner.blends

    def fit(self, steps: Steps) -> Mapping:
        """Fit the norm to the steps, and where each step has its own, to the step before as well."""
        if not self.rows.front:
            mapping = self.inner.fit(steps)
            return EmphasisMapping(self, mapping, mapping)
        now = self.inner.fit(lambda: (pair[0] for pair in steps()))
        before = now if self.scope == "film" else self.inner.fit(lambda: (pair[1] for pair in steps()))
        return EmphasisMapping(self, now, before)


class EmphasisMapping(Mapping):
    """A fitted `Emphasis`."""

    def __init__(self, norm: Emphasis, now: Mapping, before: Mapping) -> None:
        self._norm, self.inner, self._before = norm, now, before
        self.n_levels = now.n_levels
        self._earlier: Codes = np.empty(0, np.uint16)

    def encode(self, values: Values, where: Ids | None, out: Codes) -> None:
        from gpuanim.values.emphasis_kernels import brighten, fade

        norm, rows = self._norm, self._norm.rows
        self.inner.encode(values[0] if rows.front else values, where, out)
        parts = _threads.blocks(len(out), _GRAIN)
        if rows.front:
            if len(self._earlier) != len(out):
                self._earlier = np.empty(len(out), np.uint16)
            self._before.encode(values[1], where, self._earlier)
            full = 1 if norm.categorical else _FULL
            _threads.run(
                lambda i: brighten(
                    self._earlier, *parts[i], rows.n_levels, full, STRENGTHS, rows.brightened, out
                ),
                len(parts),
            )
        if len(norm.faded):
            ids = _ALL if where is None else where
            _threads.run(lambda i: fade(norm.faded, ids, *parts[i], rows.faded, out), len(parts))

    def lower_edges(self) -> NDArray[np.float64] | None:
        return self.inner.lower_edges()

    def norm(self) -> Any:
        return self.inner.norm()


_ALL: Ids = np.empty(0, np.uint32)
