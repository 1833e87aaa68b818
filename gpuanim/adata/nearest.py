"""What messages say of a key that is not there: the nearest one, and those that are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = ["listing", "nearest", "suggestion"]


def nearest(key: str, keys: Iterable[str]) -> str | None:
    """Return the key that was probably meant: case and a leading `X_` do not count, or None."""
    plain: dict[str, str] = {}
    for other in keys:
        plain.setdefault(_plain(other), other)
    wanted = _plain(key)
    if wanted in plain:
        return plain[wanted]
    similar = [other for other in plain if abs(len(other) - len(wanted)) <= 1 + len(wanted) // 3]
    found = difflib.get_close_matches(wanted, similar, 1)
    return plain[found[0]] if found else None


def suggestion(key: str, keys: Iterable[str]) -> str:
    """Return "; did you mean ...?", or nothing."""
    found = nearest(key, keys)
    return f"; did you mean {found!r}?" if found is not None else ""


def listing(keys: Sequence[str], what: str = "there are") -> str:
    """Return "; there are ..." with the first 20."""
    if not len(keys):
        return "; there is nothing in it"
    more = f" and {len(keys) - 20} more" if len(keys) > 20 else ""
    return f"; {what} {', '.join(map(repr, keys[:20]))}{more}"


def _plain(key: str) -> str:
    return key.removeprefix("X_").casefold()
