"""The way out: an encoder for each kind of file, found by the suffix of its name.

Importing this package loads none of them, and none of what they need.
"""

from __future__ import annotations

import difflib
import importlib
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from gpuanim.encode._base import Encoder, Writer
from gpuanim.errors import FormatError, OptionError

__all__ = ["ENCODERS", "Encoder", "Writer", "encoder_for", "encoder_type"]

ENCODERS: dict[str, str] = {
    ".mp4": "gpuanim.encode.h264:H264",
    ".m4v": "gpuanim.encode.h264:H264",
    ".mov": "gpuanim.encode.h264:H264",
    ".mkv": "gpuanim.encode.h264:H264",
    ".gif": "gpuanim.encode.gif:GIF",
    ".png": "gpuanim.encode.stills:PNG",
    ".html": "gpuanim.encode.html:HTML",
    ".htm": "gpuanim.encode.html:HTML",
}
"""Suffix -> where its encoder is."""


def encoder_type(target: str | Path) -> type[Encoder]:
    """Return the class of the encoder for a file name.

    Raises
    ------
    FormatError
        If the suffix is unknown; lists those that are known.
    """
    suffix = Path(target).suffix.lower()
    if suffix not in ENCODERS:
        known = ", ".join(ENCODERS)
        what = f"the suffix {suffix!r}" if suffix else "a name without a suffix"
        raise FormatError(f"cannot tell the format of {str(target)!r} from {what}; use one of {known}")
    module, name = ENCODERS[suffix].split(":")
    return cast("type[Encoder]", getattr(importlib.import_module(module), name))


def encoder_for(target: str | Path, **options: Any) -> Encoder:
    """Return the encoder for a file name, with its options.

    Raises
    ------
    FormatError
        If the suffix is unknown.
    OptionError
        If the format has no such option, or not with such a value.
    """
    kind = encoder_type(target)
    known = [f.name for f in fields(cast("Any", kind))]
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise OptionError(
                f"{kind.__name__} has no option {name!r}; {hint}its options are {', '.join(known)}"
            )
    return kind(**options)
