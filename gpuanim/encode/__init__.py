"""The way out: an encoder for each kind of file, found by the suffix of its name.

Importing this package loads none of them, and none of what they need; ``from gpuanim.encode import H265``
loads that one.
"""

from __future__ import annotations

import difflib
import importlib
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from gpuanim.encode._base import Encoder, Writer
from gpuanim.errors import FormatError, OptionError

__all__ = ["CODECS", "SUFFIXES", "Encoder", "Writer", "encoder_for", "encoder_type", "transparent_suffixes"]

CODECS: dict[str, str] = {
    "h264": "gpuanim.encode.h264:H264",
    "h265": "gpuanim.encode.h265:H265",
    "av1": "gpuanim.encode.av1:AV1",
    "vp9": "gpuanim.encode.vp9:VP9",
    "prores": "gpuanim.encode.prores:ProRes",
    "lossless": "gpuanim.encode.lossless:Lossless",
    "gif": "gpuanim.encode.gif:GIF",
    "apng": "gpuanim.encode.apng:APNG",
    "webp": "gpuanim.encode.webp:WebP",
    "png": "gpuanim.encode.stills:PNG",
    "html": "gpuanim.encode.html:HTML",
}
"""Name of a codec -> where its encoder is."""

_CONSUMERS = ("gpuanim.encode.memory:Memory", "gpuanim.encode.memory:Each")

SUFFIXES: dict[str, tuple[str, ...]] = {
    ".mp4": ("h264", "h265", "av1"),
    ".m4v": ("h264", "h265", "av1"),
    ".mov": ("h264", "prores", "h265"),
    ".webm": ("vp9", "av1"),
    ".mkv": ("lossless", "h264", "h265", "vp9", "av1", "prores"),
    ".gif": ("gif",),
    ".apng": ("apng",),
    ".webp": ("webp",),
    ".png": ("png",),
    ".html": ("html",),
    ".htm": ("html",),
}
"""Suffix -> the codecs that it can hold. The first is what it stands for; `codec="..."` names another. For a
transparent film it is the first that has transparency: ProRes in .mov.

.webm stands for VP9, which plays wherever WebM does; AV1 has half its bytes, but Safari plays it on new
devices only. .mov is H.264, as QuickTime writes it.
"""

_TRANSPARENT = ("prores", "lossless", "vp9", "apng", "webp", "png")


def encoder_type(target: str | Path, codec: str | None = None, *, transparent: bool = False) -> type[Encoder]:
    """Return the class of the encoder for a file name.

    Parameters
    ----------
    target
        Its suffix is looked at.
    codec
        A name of `CODECS` that the suffix can hold; None for what the suffix stands for.
    transparent
        Prefer a codec that has transparency.

    Raises
    ------
    FormatError
        If the suffix is unknown, or cannot hold the codec; lists those that are known.
    """
    suffix = Path(target).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        what = f"the suffix {suffix!r}" if suffix else "a name without a suffix"
        raise FormatError(f"cannot tell the format of {str(target)!r} from {what}; use one of {known}")
    names = SUFFIXES[suffix]
    if codec is None:
        codec = next((name for name in names if transparent and name in _TRANSPARENT), names[0])
    elif str(codec).lower() not in names:
        raise FormatError(_no_such_codec(suffix, str(codec)))
    module, name = CODECS[str(codec).lower()].split(":")
    return cast("type[Encoder]", getattr(importlib.import_module(module), name))


def _no_such_codec(suffix: str, codec: str) -> str:
    holds = ", ".join(SUFFIXES[suffix])
    elsewhere = [other for other, names in SUFFIXES.items() if codec.lower() in names]
    near = difflib.get_close_matches(codec.lower(), CODECS, 1)
    hint = f"; {codec} goes into {', '.join(elsewhere)}" if elsewhere else ""
    hint = f"; did you mean {near[0]!r}?" if near and not elsewhere else hint
    return f"{suffix} holds {holds}, not {codec!r}{hint}"


def encoder_for(
    target: str | Path, codec: str | None = None, *, transparent: bool = False, **options: Any
) -> Encoder:
    """Return the encoder for a file name, with its options; the other parameters as in `encoder_type`.

    Raises
    ------
    FormatError
        If the suffix is unknown, or cannot hold the codec.
    OptionError
        If the format has no such option, or not with such a value.
    """
    if codec == "ffv1":  # one of the two ways of "lossless"
        codec, options = "lossless", {**options, "codec": "ffv1"}
    kind = encoder_type(target, codec, transparent=transparent)
    known = [f.name for f in fields(cast("Any", kind))]
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise OptionError(
                f"{kind.__name__} has no option {name!r}; {hint}its options are {', '.join(known)}"
            )
    return kind(**options)


def __getattr__(name: str) -> type[Encoder]:
    """Load an encoder when it is asked for by the name of its class."""
    for path in (*CODECS.values(), *_CONSUMERS):
        module, _, own = path.partition(":")
        if own == name:
            return cast("type[Encoder]", getattr(importlib.import_module(module), name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def transparent_suffixes() -> list[str]:
    """Return the suffixes that can hold a transparent film."""
    return [suffix for suffix, names in SUFFIXES.items() if any(name in _TRANSPARENT for name in names)]
