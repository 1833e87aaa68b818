"""Texts that may change with the frames: templates, callables, and one text per step."""

from __future__ import annotations

import difflib
import string
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuanim.chrome._base import Moment
from gpuanim.chrome._check import check_text
from gpuanim.errors import OptionError, SourceError

__all__ = ["FIELDS", "Text", "as_text"]

FIELDS = ("step", "steps", "frame", "frames", "time", "share")
"""What a template may name: `step` and `frame` count from 1 and go up to `steps` and `frames`; `time` is in
seconds; `share` is that of `Moment`, how far a blend has gone from the step that is shown."""

_SAMPLE = {"step": 1, "steps": 1, "frame": 1, "frames": 1, "time": 0.0, "share": 0.0}
_LENGTHS = {"steps": "n_steps", "frames": "n_frames"}


class Text(ABC):
    """A text of the figure.

    Attributes
    ----------
    name
        The option that it was given to, for messages.
    still
        Whether it is the same in all frames.
    tallest
        A text with as many lines as any of the frames has; room is made for it.
    """

    name: str
    still: bool
    tallest: str

    @property
    def longest(self) -> str:
        """A text with the most letters; broken into lines it may take more of them than `tallest`."""
        return self.tallest

    @abstractmethod
    def at(self, moment: Moment) -> str:
        """Return the text of a frame."""

    @abstractmethod
    def check(self, n_steps: int | None, n_frames: int | None) -> None:
        """Raise OptionError if a film of this length cannot have the text; None is a length not known."""


def as_text(value: Any, name: str = "text") -> Text:
    """Return the text that the user's words mean.

    Parameters
    ----------
    value
        A template in the manner of `str.format` with the fields of `FIELDS`, such as
        ``"step {step} of {steps}, {time:.1f} s"``, where braces that are meant literally are doubled; a
        callable of a `Moment` that returns a str; or a sequence of str, one per step, taken as they are.
        The room made for a callable is one line: longer texts are drawn smaller.
    name
        The option, for messages.

    Raises
    ------
    OptionError
        If it is none of these, a template has other fields, or matplotlib cannot draw a text.
    """
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        return _template(value, name)
    if callable(value):
        return _Called(value, name)
    if isinstance(value, Sequence | np.ndarray) and len(value) and all(isinstance(v, str) for v in value):
        for text in value:
            check_text(name, str(text))
        return _PerStep(tuple(map(str, value)), name)
    raise OptionError(
        f"{name} must be a str, a callable(moment) that returns one, or a sequence with one str per step, "
        f"not {value!r}"
    )


@dataclass(frozen=True)
class _Still(Text):
    text: str
    name: str
    still = True

    @property
    def tallest(self) -> str:  # type: ignore[override]
        return self.text

    def at(self, moment: Moment) -> str:
        return self.text

    def check(self, n_steps: int | None, n_frames: int | None) -> None:
        pass


@dataclass(frozen=True)
class _Template(Text):
    template: str
    fields: frozenset[str]
    name: str
    still = False

    @property
    def tallest(self) -> str:  # type: ignore[override]
        return self.template.format(**_SAMPLE)

    def at(self, moment: Moment) -> str:
        # A length not known was refused by `check`, unless its field is not used.
        return self.template.format(
            step=moment.step + 1,
            steps=moment.n_steps,
            frame=moment.frame + 1,
            frames=moment.n_frames,
            time=moment.time,
            share=moment.share,
        )

    def check(self, n_steps: int | None, n_frames: int | None) -> None:
        for field, length in (("steps", n_steps), ("frames", n_frames)):
            if field in self.fields and length is None:
                raise OptionError(
                    f"{self.name} names {{{field}}}, but nobody knows how many there will be: give "
                    f"{_LENGTHS[field]}, or leave the field out"
                )


@dataclass(frozen=True)
class _PerStep(Text):
    texts: tuple[str, ...]
    name: str
    still = False

    @property
    def tallest(self) -> str:  # type: ignore[override]
        return max(self.texts, key=lambda text: text.count("\n"))

    @property
    def longest(self) -> str:
        return max(self.texts, key=len)

    def at(self, moment: Moment) -> str:
        if moment.step >= len(self.texts):
            self.check(moment.step + 1, None)
        return self.texts[moment.step]

    def check(self, n_steps: int | None, n_frames: int | None) -> None:
        if n_steps is not None and n_steps != len(self.texts):
            raise OptionError(
                f"{self.name} must have one text per step: the film has {n_steps}, and {len(self.texts)} came"
            )


@dataclass(frozen=True)
class _Called(Text):
    function: Callable[[Moment], Any]
    name: str
    still = False
    tallest = "Xg"

    def at(self, moment: Moment) -> str:
        try:
            text = self.function(moment)
        except Exception as error:
            raise SourceError(
                f"the callable of {self.name} failed at frame {moment.frame}: {error}"
            ) from error
        if not isinstance(text, str):
            raise SourceError(
                f"the callable of {self.name} must return a str, not {text!r} (frame {moment.frame})"
            )
        try:
            check_text(self.name, text)
        except OptionError as error:
            raise SourceError(f"the callable of {error} (frame {moment.frame})") from error
        return text

    def check(self, n_steps: int | None, n_frames: int | None) -> None:
        pass


def _template(value: str, name: str) -> Text:
    """Check the fields of a template; they are plain names, so that no attribute can be reached."""
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError as error:
        raise OptionError(
            f"{name}: {value!r} is no template: {error}; double braces that are meant"
        ) from None
    fields = [(field, spec, conversion) for _, field, spec, conversion in parts if field is not None]
    for field, spec, conversion in fields:
        _check_field(name, value, field, spec or "", conversion)
    text: Text = _Template(value, frozenset(field for field, _, _ in fields), name)
    if not fields:
        text = _Still(value.format(), name)
    check_text(name, text.tallest)
    return text


def _check_field(name: str, template: str, field: str, spec: str, conversion: str | None) -> None:
    if field not in FIELDS:
        known = sorted(FIELDS, key=lambda f: -difflib.SequenceMatcher(None, f, field).ratio())
        listed = ", ".join(f"{{{f}}}" for f in known)
        raise OptionError(
            f"{name}: {template!r} names {{{field}}}, but there are {listed}; double braces that are meant "
            f"literally, as in {{{{{field}}}}}"
        )
    try:
        if "{" in spec or "$" in spec or conversion:
            raise ValueError("only plain formats are known, such as {time:.1f}")  # noqa: TRY301
        format(_SAMPLE[field], spec)
    except ValueError as error:
        raise OptionError(f"{name}: {template!r} cannot format {{{field}}}: {error}") from None
