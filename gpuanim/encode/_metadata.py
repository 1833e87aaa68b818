"""What a film file says of itself: `FilmSpec.metadata` as one line of JSON, and back.

The line is ASCII, so that it fits every container: an mp4 or mkv comment, a GIF comment, a PNG text chunk.
"""

from __future__ import annotations

import json
from typing import Any

from gpuanim.frames import FilmSpec

__all__ = ["MARK", "film_comment", "parse_comment"]

MARK = "gpuanim"
"""The first name in the JSON; its value is the version that wrote it."""


def film_comment(spec: FilmSpec) -> str:
    """Return the metadata of a film as compact JSON in ASCII, "" if there are none.

    The same metadata give the same text: names stay in their order, and there are no dates.
    """
    if not spec.metadata:
        return ""
    return json.dumps(dict(spec.metadata), separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def parse_comment(text: str | None) -> dict[str, Any] | None:
    """Return the metadata that a comment holds, None if it is not one of ours."""
    if not text or MARK not in text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and MARK in found else None
