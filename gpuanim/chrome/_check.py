"""Checks that the nouns of chrome share; their errors name the option, what it expects, and what came."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

from gpuanim.errors import OptionError

__all__ = ["check_color", "check_number", "one_of"]


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
