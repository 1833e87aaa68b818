"""Options of scanpy's plots that films do not have, and words that are no options at all."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from gpuanim.errors import OptionError

__all__ = ["check_no_others"]

_INSTEAD = {
    "show": "a film is shown by the last line of a notebook, or written by its save(...)",
    "save": 'a film is written by its save("film.mp4")',
    "return_fig": "a film is returned in any case",
    "ax": "ga.animate(coords, values, ax=ax) puts points on axes of yours",
    "s": "the size of the dots is size=",
    "edges": "edges of the graph are not drawn",
    "projection": "camera=ga.Orbit() looks into a space of three dimensions",
    "marker": "dots are round",
    "wspace": "the room between panels follows from what stands there",
    "hspace": "the room between panels follows from what stands there",
}


def check_no_others(others: Mapping[str, Any], function: Callable[..., Any]) -> None:
    """Raise OptionError if there are options that a function does not have."""
    for name in others:
        if name in _INSTEAD:
            raise OptionError(f"there is no option {name!r} here: {_INSTEAD[name]}")
        near = difflib.get_close_matches(name, inspect.signature(function).parameters, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise OptionError(f"there is no option {name!r}{hint}")
