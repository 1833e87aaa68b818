"""What `Animation.save` is told about segments, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpuanim.errors import OptionError
from gpuanim.segments.cut import LEAST_SECONDS, as_seconds

__all__ = ["Segmenting", "as_segmenting"]

MOST_WORKERS = 64


@dataclass(frozen=True)
class Segmenting:
    """How a film is made in segments.

    Parameters
    ----------
    seconds
        Least length of a segment.
    workers
        Encoders at work at once.
    resume
        Whether finished segments stay for the next run after a failure.
    key
        The user's name for values that cannot be fingerprinted; None if there is none.
    client
        Of Dask, whose workers make the segments; None: this process does.
    """

    seconds: float = LEAST_SECONDS
    workers: int = 1
    resume: bool = False
    key: str | None = None
    client: Any = None


def as_segmenting(segment: Any, workers: Any, resume: Any, client: Any = None) -> Segmenting | None:
    """Return how the film is to be cut, or None for a film in one piece.

    Raises
    ------
    OptionError
        If an option has a value that cannot be used.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= MOST_WORKERS:
        raise OptionError(f"workers must be a whole number from 1 to {MOST_WORKERS}, not {workers!r}")
    if not isinstance(resume, bool | str) or resume == "":
        raise OptionError(f"resume must be True, False, or a name for the values, not {resume!r}")
    if segment is None and workers == 1 and resume is False and client is None:
        return None
    key = resume if isinstance(resume, str) else None
    return Segmenting(as_seconds(segment), workers, resume is not False, key, client)
