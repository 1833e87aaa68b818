"""The colour table of a page: blocks of 256 rows, so that a code is one byte, or two for larger tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpuanim.errors import OptionError
from gpuanim.film import Cloud
from gpuanim.types import Codes, Colors
from gpuanim.values.emphasis import STRENGTHS, Emphasis

__all__ = ["PageRows"]

_BLOCK = 256
_MOST_BLOCKS = 256


@dataclass(frozen=True)
class PageRows:
    """Rows of the colour table of a film, and where they stand in that of its page.

    The levels fill `span` rows, whole blocks; the brightened copies of a front follow, `span` rows each. So
    the level of a row is its remainder by `span`. Points without a value have no row among them.

    Parameters
    ----------
    n_levels
        Levels of the norm.
    copies
        Brightened copies of the levels.
    first
        Row of the film's table at which they begin.

    Raises
    ------
    OptionError
        If two bytes cannot hold the rows.
    """

    n_levels: int
    copies: int = 0
    first: int = 0

    def __post_init__(self) -> None:
        if self.n_rows > _BLOCK * _MOST_BLOCKS:
            raise OptionError(
                f"an interactive page has no room for {self.copies + 1} colours of each of "
                f"{self.n_levels:,} levels: save the film as .mp4 or .html, or leave out the front"
            )

    @classmethod
    def of(cls, cloud: Cloud) -> PageRows:
        """Return the rows that a cloud needs."""
        norm = cloud.norm
        if not isinstance(norm, Emphasis):
            return cls(len(cloud.table) - 1)
        rows = norm.rows
        return cls(rows.n_levels, STRENGTHS if rows.front else 0, rows.brightened)

    @property
    def span(self) -> int:
        """Rows of the page for the levels once."""
        return _BLOCK * max(1, -(-self.n_levels // _BLOCK))

    @property
    def n_rows(self) -> int:
        """Rows of the page, a multiple of 256."""
        return self.span * (1 + self.copies)

    @property
    def wide(self) -> bool:
        """Whether a code takes two bytes."""
        return self.n_rows > _BLOCK

    def table(self, table: Colors) -> Colors:
        """Return the (n_rows + 1, 3) colours of the page, last that of no value, from those of the film."""
        colors = np.empty((self.n_rows + 1, 3), np.uint8)
        colors[:] = table[self.n_levels]
        for copy in range(1 + self.copies):
            start = self.first + (copy - 1) * self.n_levels if copy else 0
            colors[copy * self.span :][: self.n_levels] = table[start : start + self.n_levels]
        return colors

    def split(self, codes: Codes, low: Codes, high: Codes) -> None:
        """Write the lower and the higher byte of the page's row of each code; 256 and 0 for no value."""
        from gpuanim.player.points.kernels import split

        split(codes, self.n_levels, self.first, self.span, low, high)
