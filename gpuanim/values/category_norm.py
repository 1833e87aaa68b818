"""The norm of categories: a level each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpuanim import _threads
from gpuanim.errors import OptionError
from gpuanim.types import Codes, Ids, Values
from gpuanim.values._base import Mapping, Norm, Steps
from gpuanim.values.categories import MOST

__all__ = ["CategoryNorm"]

_GRAIN = 1 << 16
_EVERYTHING = np.empty(0, np.uint32)


@dataclass(frozen=True)
class CategoryNorm(Norm):
    """Codes of categories are levels.

    Parameters
    ----------
    n_categories
        Number k of categories. The colour table has k rows, and one for points without a category.

    Raises
    ------
    OptionError
        If there are more than 65,000.
    """

    n_categories: int
    scope = "film"
    needs_film = False
    blends = False

    def __post_init__(self) -> None:
        if not 0 <= self.n_categories <= MOST:
            raise OptionError(f"n_categories must be at most {MOST:,}, not {self.n_categories:,}")

    def fit(self, steps: Steps) -> Mapping:
        return CategoryMapping(self.n_categories)


@dataclass(frozen=True)
class CategoryMapping(Mapping):
    n_levels: int

    def encode(self, values: Values, where: Ids | None, out: Codes) -> None:
        from gpuanim.values.category_kernels import encode_categories

        ids = _EVERYTHING if where is None else where
        parts = _threads.blocks(len(out), _GRAIN)
        _threads.run(lambda i: encode_categories(values, ids, *parts[i], self.n_levels, out), len(parts))
