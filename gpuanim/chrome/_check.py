"""Checks that the nouns of chrome share; their errors name the option, what it expects, and what came."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

from gpuanim.errors import OptionError

__all__ = ["check_color", "check_number", "check_text", "formula_fault", "one_of"]


def one_of(name: str, value: Any, names: Iterable[str]) -> None:
    """Raise OptionError, with the nearest of `names`, if `value` is none of them."""
    known = list(names)
    if isinstance(value, str) and value in known:
        return
    near = difflib.get_close_matches(value, known, 1) if isinstance(value, str) else []
    hint = f'; did you mean "{near[0]}"?' if near else ""
    listed = ", ".join(f'"{known_name}"' for known_name in known)
    raise OptionError(f"{name} must be one of {listed}, not {value!r}{hint}")


def check_color(name: str, value: Any) -> None:
    """Raise OptionError if `value` is neither None nor a colour as matplotlib takes it."""
    from matplotlib.colors import is_color_like

    if value is not None and not is_color_like(value):
        raise OptionError(f"{name} must be a colour such as 'white' or '#102030', or None, not {value!r}")


def check_number(name: str, value: Any, *, above: float = 0.0, up_to: float = math.inf) -> None:
    """Raise OptionError if `value` is neither None nor a finite number in (above, up_to]."""
    if value is None:
        return
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and above < number <= up_to):
        limit = "" if up_to == math.inf else f" and up to {up_to:g}"
        raise OptionError(f"{name} must be a number above {above:g}{limit}, or None, not {value!r}")


def check_text(name: str, text: Any) -> None:
    """Raise OptionError if matplotlib cannot draw a text: not a str, not Unicode, or no formula."""
    if not isinstance(text, str):
        raise OptionError(f"{name} must be a str or None, not {text!r}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise OptionError(f"{name}: {text!r} is no valid Unicode text: {error.reason}") from None
    fault = formula_fault(text)
    if fault:
        raise OptionError(
            f"{name}: {text!r} has a pair of dollar signs, and what is between them is no formula that "
            f"matplotlib can read ({fault}); write dollars that are meant as \\$"
        )


def formula_fault(text: str) -> str:
    """Return why what a text has between dollar signs cannot be drawn as a formula, or an empty str."""
    if "$" not in text:
        return ""
    from matplotlib import rcParams
    from matplotlib.cbook import is_math_text
    from matplotlib.mathtext import MathTextParser

    if rcParams["text.usetex"] or not rcParams["text.parse_math"]:  # LaTeX reads it then, or nobody
        return ""
    parser: Any = MathTextParser("path")
    for line in text.split("\n"):
        try:
            if is_math_text(line):
                parser.parse(line)
        except ValueError as error:
            return str(error).strip().splitlines()[-1]
    return ""
