"""How the shares of categories become colours: mixed by weight, or the winner's by its confidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gpuanim import _threads
from gpuanim.errors import OptionError, ShapeError
from gpuanim.types import Codes, Colors, Ids, Values
from gpuanim.values._base import Mapping, Norm, Steps
from gpuanim.values.colors import as_rgb
from gpuanim.values.lattice import Lattice, linear_light

__all__ = ["Confident", "Likeliest", "Mixed"]

_LEVELS = 65_535
"""Rows of the largest colour table, without that of NA."""

_SHADES = 256
_FEWEST_SHADES = 16
_SPACES = ("linear", "srgb")
_GRAIN = 1 << 14
_EVERYTHING = np.empty(0, np.uint32)


@dataclass(frozen=True, eq=False)
class Mixed(Norm):
    """Colours of the categories, mixed by their weights.

    Weights count relative to their sum over the categories of a point; negative ones count as 0. Points
    whose weights sum to 0, or have a NaN or infinite one, get the colour of NA.

    Parameters
    ----------
    colors
        (k, 3) uint8 colours of the categories.
    na
        Colour of points without weights.
    space
        Where colours are mixed: in "linear" light, as light of both colours would add up, or by their
        "srgb" numbers, which is darker between bright colours.

    Raises
    ------
    ShapeError, OptionError
        If there are no colours or more than 4,095, they are not bytes, or there is no such space.

    Notes
    -----
    The colours that can occur are held as a `Lattice` of at most 65,535; a point shows the one of its cell.
    That is off by at most `error`: 1 of 255 for up to 3 categories, 2 for the first 20 of scanpy's colours,
    2.5 for its 28, 3.5 for its 102. Where the others have less than 1e-4 of the weight, it is the colour of
    the category itself.

    References
    ----------
    IEC 61966-2-1:1999, the transfer function of sRGB.
    """

    colors: Colors
    na: Any = "lightgray"
    space: str = "linear"
    scope: str = field(default="film", init=False)
    needs_film = False

    def __post_init__(self) -> None:
        check_colors(self.colors)
        as_rgb(self.na, "na")
        if self.space not in _SPACES:
            raise OptionError(f'space must be "linear" or "srgb", not {self.space!r}')

    @cached_property
    def _lattice(self) -> Lattice:
        return Lattice.finest(self.colors, _LEVELS - len(self.colors), linear=self.space == "linear")

    @property
    def error(self) -> float:
        """How far a channel of a shown colour can be from that of the exact mixture, of 255."""
        return max(axis.side for axis in self._lattice.axes) / 2

    def table(self) -> Colors:
        """Return the (levels + 1, 3) uint8 colours of the codes: cells, categories, NA."""
        return np.concatenate([self._lattice.colors(), self.colors, as_rgb(self.na, "na")[None]])

    def fit(self, steps: Steps) -> Mapping:
        """Make the table of cells; `steps` is not called."""
        shares = self.colors / 255
        linear = self.space == "linear"
        return Mixture.of(linear_light(shares) if linear else shares, self._lattice, linear=linear)


@dataclass(frozen=True, eq=False)
class Confident(Norm):
    """The colour of the category of the largest weight, fading into the background as its share falls.

    Weights count as those of `Mixed` do. Of equal weights the first category wins. The fade is that of an
    opacity in sRGB, from 1 where the category has all the weight to 0 at `floor`, but it is one of colour: a
    faded point still covers those below it.

    Parameters
    ----------
    colors
        (k, 3) uint8 colours of the categories.
    towards
        The colour to fade to, that of the background.
    floor
        Share of the winner, 0 to below 1, at which its colour is gone; 1/k if None, which is the least share
        that a winner can have.
    na
        Colour of points without weights.

    Raises
    ------
    ShapeError, OptionError
        If there are no colours or more than 4,095, they are not bytes, or `floor` is out of range.
    """

    colors: Colors
    towards: Any = "white"
    floor: float | None = None
    na: Any = "lightgray"
    scope: str = field(default="film", init=False)
    needs_film = False

    def __post_init__(self) -> None:
        check_colors(self.colors)
        as_rgb(self.towards, "towards")
        as_rgb(self.na, "na")
        if self.floor is not None and not 0 <= self.floor < 1:
            raise OptionError(f"floor must be a share from 0 to below 1, not {self.floor!r}")

    @property
    def n_shades(self) -> int:
        """Shades of a category: 256, or fewer if there are more than 255 categories."""
        return min(_SHADES, _LEVELS // len(self.colors))

    def table(self) -> Colors:
        """Return the (levels + 1, 3) uint8 colours: of each category from faded to full, and of NA."""
        opacity = np.linspace(0, 1, self.n_shades)[:, None]
        ground = as_rgb(self.towards, "towards").astype(np.float64)
        rows = np.rint(ground + (self.colors[:, None] - ground) * opacity).astype(np.uint8)
        return np.concatenate([rows.reshape(-1, 3), as_rgb(self.na, "na")[None]])

    def fit(self, steps: Steps) -> Mapping:
        """Return the mapping; `steps` is not called."""
        k = len(self.colors)
        least = (1 / k if k > 1 else 0.0) if self.floor is None else self.floor
        return Winner(k, least, self.n_shades, k * self.n_shades)


@dataclass(frozen=True, eq=False)
class Likeliest(Norm):
    """The colour of the category of the largest weight, however large it is.

    Weights count as those of `Mixed` do. Of equal weights the first category wins.

    Parameters
    ----------
    colors
        (k, 3) uint8 colours of the categories.
    na
        Colour of points without weights.

    Raises
    ------
    ShapeError, OptionError
        If there are no colours or more than 4,095, or they are not bytes.
    """

    colors: Colors
    na: Any = "lightgray"
    scope: str = field(default="film", init=False)
    needs_film = False

    def __post_init__(self) -> None:
        check_colors(self.colors)
        as_rgb(self.na, "na")

    def table(self) -> Colors:
        """Return the (k + 1, 3) uint8 colours of the categories and of NA."""
        return np.concatenate([self.colors, as_rgb(self.na, "na")[None]])

    def fit(self, steps: Steps) -> Mapping:
        """Return the mapping; `steps` is not called."""
        k = len(self.colors)
        return Winner(k, 0.0, 1, k)


def check_colors(colors: Any) -> None:
    """Raise an error if `colors` are not (k, 3) uint8, or too many or too few."""
    if not isinstance(colors, np.ndarray) or colors.dtype != np.uint8 or colors.shape[1:] != (3,):
        came = f"{colors.dtype} of shape {colors.shape}" if isinstance(colors, np.ndarray) else repr(colors)
        raise ShapeError(f"colors must be (categories, 3) uint8, not {came}; palette_colors makes them")
    most = _LEVELS // _FEWEST_SHADES
    if not 0 < len(colors) <= most:
        raise OptionError(f"colors must be those of 1 to {most:,} categories, there are {len(colors):,}")


@dataclass(frozen=True, eq=False)
class Mixture(Mapping):
    colors: NDArray[np.float32]
    cells: NDArray[np.uint8]
    thresholds: NDArray[np.float32]
    columns: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]
    n_cells: int
    n_levels: int

    @classmethod
    def of(cls, light: NDArray[np.float64], lattice: Lattice, *, linear: bool) -> Mixture:
        from gpuanim.values.category_kernels import BINS

        thresholds = np.full((3, 257), np.inf, np.float32)
        cells = np.empty((3, BINS + 1), np.uint8)
        bins = (np.arange(BINS + 1) / BINS).astype(np.float32)
        for i, axis in enumerate(lattice.axes):
            between = axis.edges(linear=linear)[1:-1].astype(np.float32)
            thresholds[i, 1 : axis.count] = between
            cells[i] = np.searchsorted(between, bins, "right")
        first, last, bases = (np.ascontiguousarray(a, np.int32) for a in (
            lattice.first, lattice.last, lattice.bases
        ))  # fmt: skip
        n_cells, columns = lattice.n_cells, (bases, first, last)
        return cls(light.astype(np.float32), cells, thresholds, columns, n_cells, n_cells + len(light))

    def encode(self, values: Values, where: Ids | None, out: Codes) -> None:
        from gpuanim.values.category_kernels import encode_mixtures

        rows, ids = _rows(values, len(self.colors)), _EVERYTHING if where is None else where
        tables = (self.colors, self.cells, self.thresholds, *self.columns, self.n_cells)
        _by_blocks(lambda lo, hi: encode_mixtures(rows, ids, lo, hi, *tables, out), len(out))


@dataclass(frozen=True, eq=False)
class Winner(Mapping):
    n_categories: int
    floor: float
    n_shades: int
    n_levels: int

    def encode(self, values: Values, where: Ids | None, out: Codes) -> None:
        from gpuanim.values.category_kernels import encode_winners

        rows, ids = _rows(values, self.n_categories), _EVERYTHING if where is None else where
        _by_blocks(lambda lo, hi: encode_winners(rows, ids, lo, hi, self.floor, self.n_shades, out), len(out))


def _by_blocks(task: Callable[[int, int], None], n: int) -> None:
    parts = _threads.blocks(n, _GRAIN)
    _threads.run(lambda i: task(*parts[i]), len(parts))


def _rows(values: Values, n_categories: int) -> Values:
    rows = cast(Values, values.reshape(len(values), -1))
    if rows.shape[1] != n_categories:
        raise ShapeError(
            f"values have shape {values.shape}, expected (n, {n_categories}): a share for each colour"
        )
    return rows
