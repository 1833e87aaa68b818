"""How much memory this process takes and may still take, without a package for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["available", "peak", "resident"]

_CGROUPS = (
    ("", "memory.max", "memory.current", "inactive_file"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""Folder, limit, use, and the name in `memory.stat` of the cache in it: of cgroups, version 2 and 1."""


def available(root: Path = Path("/")) -> int | None:
    """Return the bytes that can be had without swapping, of the machine or of its container; None if unknown.

    Parameters
    ----------
    root
        Where `proc` and `sys` are.
    """
    return min(_limits(root), default=None)


def resident(root: Path = Path("/")) -> int | None:
    """Return the bytes of this process that are in memory now; None if unknown."""
    return _of_process(root, "VmRSS")


def peak(root: Path = Path("/")) -> int | None:
    """Return the most bytes that this process has had in memory at any time; None if unknown."""
    return _of_process(root, "VmHWM")


def _of_process(root: Path, name: str) -> int | None:
    # Not `resource.getrusage`: its peak starts with that of the process that started this one.
    kilobytes = _numbers(root / "proc/self/status").get(name)
    return None if kilobytes is None else kilobytes * 1024


def _limits(root: Path) -> Iterator[int]:
    free = _numbers(root / "proc/meminfo").get("MemAvailable")
    if free is not None:
        yield free * 1024
    elif hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:  # macOS tells no more than this
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for version, limit, use, cache in _CGROUPS:
        folder = root / "sys/fs/cgroup" / version
        total, used = _number(folder / limit), _number(folder / use)
        if total is not None and used is not None:
            yield max(0, total - used + _numbers(folder / "memory.stat").get(cache, 0))


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None  # "max" is no limit


def _numbers(path: Path) -> dict[str, int]:
    """Read lines of a name and a number."""
    lines = (line.split() for line in _text(path).splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
