"""Texts that name the embedding shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gpuanim.chrome._base import Moment
from gpuanim.chrome.text import Text, as_text

__all__ = ["naming_basis"]

_FIELD = "{basis}"


@dataclass(frozen=True)
class _PerStop(Text):
    """A text for each stop, shown from the middle of the way there to the middle of the way on.

    Parameters
    ----------
    texts
        One for each.
    stop
        Returns the number of the stop that a moment names.
    """

    texts: tuple[Text, ...]
    stop: Callable[[Moment], int]
    name: str
    still = False

    @property
    def tallest(self) -> str:  # type: ignore[override]
        return max((text.tallest for text in self.texts), key=lambda text: text.count("\n"))

    @property
    def longest(self) -> str:
        return max((text.longest for text in self.texts), key=len)

    def at(self, moment: Moment) -> str:
        return self.texts[self.stop(moment)].at(moment)

    def check(self, n_steps: int | None, n_frames: int | None) -> None:
        for text in self.texts:
            text.check(n_steps, n_frames)


def naming_basis(value: Any, names: Sequence[str], stop: Callable[[Moment], int], what: str) -> Any:
    """Return a text in which ``{basis}`` stands for the name of the embedding shown; others as they are.

    Raises
    ------
    OptionError
        If the rest of a template cannot be used.
    """
    if not isinstance(value, str) or _FIELD not in value:
        return value
    literal = [name.replace("{", "{{").replace("}", "}}") for name in names]
    return _PerStop(tuple(as_text(value.replace(_FIELD, name), what) for name in literal), stop, what)
