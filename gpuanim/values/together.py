"""One scale for the values of several panels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gpuanim.types import Values
from gpuanim.values._base import Mapping, Norm, Source, Steps

__all__ = ["Together"]


@dataclass(frozen=True, eq=False)
class Together(Norm):
    """A norm that is fitted to the values of several sources at once, each read in full.

    Parameters
    ----------
    inner
        A norm that holds for the film.
    sources
        Of all panels; read-once sources cannot serve a norm that has to look at them first.
    """

    inner: Norm
    sources: tuple[Source, ...]
    scope = "film"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process without the values: who has them has fitted it before."""
        return Together, (self.inner, ())

    @property
    def needs_film(self) -> bool:
        return self.inner.needs_film

    def fit(self, steps: Steps) -> Mapping:
        """Fit the norm to the steps of all sources, whatever `steps` are."""

        def every() -> Iterator[Values]:
            for source in self.sources:
                yield from source.steps()

        return self.inner.fit(every)
