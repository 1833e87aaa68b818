"""What a pixel shows where many points lie in it: blends of colours, and reductions of values."""

from __future__ import annotations

import difflib
from typing import Any

from gpuanim.blend._base import Blend, Composite, Reduction
from gpuanim.blend.composites import Additive, Mix, Weighted
from gpuanim.blend.over import Over
from gpuanim.blend.reductions import Count, Max, Mean, Min, Mode, Presence, Sum
from gpuanim.errors import OptionError

__all__ = [
    "BLENDS",
    "Additive",
    "Blend",
    "Composite",
    "Count",
    "Max",
    "Mean",
    "Min",
    "Mix",
    "Mode",
    "Over",
    "Presence",
    "Reduction",
    "Sum",
    "Weighted",
    "as_blend",
]  # fmt: skip

BLENDS: dict[str, type[Blend]] = {
    "over": Over,
    "mix": Mix,
    "weighted": Weighted,
    "additive": Additive,
    "mean": Mean,
    "max": Max,
    "min": Min,
    "sum": Sum,
    "count": Count,
    "density": Count,
    "any": Presence,
    "mode": Mode,
}
"""Word -> what it is shorthand for."""


def as_blend(blend: Any) -> Blend:
    """Return a blend from a word or from itself.

    Raises
    ------
    OptionError
        If there is no such blend.
    """
    if isinstance(blend, Blend):
        return blend
    if isinstance(blend, str) and blend in BLENDS:
        return BLENDS[blend]()
    near = difflib.get_close_matches(blend, BLENDS, 1) if isinstance(blend, str) else []
    hint = f'; did you mean "{near[0]}"?' if near else ""
    words = ", ".join(f'"{word}"' for word in BLENDS)
    raise OptionError(f"blend must be {words}, or an object of gpuanim.blend, not {blend!r}{hint}")
