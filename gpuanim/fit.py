"""A film within a number of bytes: rendered smaller, or with fewer frames, as few times as possible.

The size of a file grows as a power of the side of its frames, or of their number; the power depends on
the film. So it is measured: on a sample of the frames if the film is long, then on the film itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gpuanim.dials import Dial, Rate, Size
from gpuanim.encode._base import Encoder
from gpuanim.encode.target import PartFolder, check_target
from gpuanim.errors import FormatError, OptionError
from gpuanim.saving import SaveResult

if TYPE_CHECKING:
    from gpuanim.animation import Animation

__all__ = ["SHRINKS", "as_bytes", "save_within"]

SHRINKS = ("size", "rate")

_RENDERS = 4
_NEAR_ENOUGH = 0.9
"""A film that fills this share of the limit is not rendered again."""
_AIM = 0.96
_LAST_AIM = 0.7  # of the last render, if none has fitted
_RUNS, _RUN = 3, 8
"""Runs of consecutive frames that make a sample, because most formats store what changes."""
_SAMPLED = 4  # films that are at least so many times as long as their sample are sampled
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}


def as_bytes(value: Any) -> int:
    """Return a number of bytes from a number, or from words such as "8 MB" (10^6) or "8 MiB" (2^20).

    Raises
    ------
    OptionError
        If it is not one, or less than one byte.
    """
    number: float | None = None
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmg]i?)?b?\s*", value, re.IGNORECASE)
        if found:
            number = float(found[1]) * _UNITS[(found[2] or "").lower()]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    if number is None or not 1 <= number < 2**63:
        raise OptionError(f'max_bytes must be a number of bytes such as 8_000_000 or "8 MB", not {value!r}')
    return int(number)


@dataclass
class _Search:
    """Settings tried so far, and the next one to try."""

    limit: int
    least: float
    power: float
    tried: dict[float, int]

    def next(self, aim: float) -> float:
        """Return the setting that should take `aim` of the limit, above what fits and below what does not."""
        fits = [x for x, size in self.tried.items() if size <= self.limit]
        over = [x for x, size in self.tried.items() if size > self.limit]
        near = sorted(self.tried, key=lambda x: abs(log(self.tried[x] / self.limit)))
        power = self.power
        if len(near) > 1:
            a, b = near[:2]
            slope = log(self.tried[a] / self.tried[b]) / log(a / b)
            power = min(max(slope, 0.4), 3.0)
        x = near[0] * (aim * self.limit / self.tried[near[0]]) ** (1 / power)
        low, high = max(fits, default=self.least), min(over, default=1.0)
        if fits and over and not low < x < high:
            x = (low * high) ** 0.5
        return float(min(max(x, low), high))


def save_within(
    animation: Animation,
    target: Path,
    encoder: Encoder,
    max_bytes: Any,
    *,
    shrink: str = "size",
    dpi: float | None = None,
    fps: Any = None,
    **options: Any,
) -> SaveResult:
    """Save the largest film that fits.

    Parameters
    ----------
    max_bytes
        As `as_bytes` takes it.
    shrink
        "size" turns down the resolution, "rate" the number of frames; the duration stays.
    **options
        Of `Animation.save`.

    Raises
    ------
    OptionError
        If an option cannot be used, or the values can be read only once.
    FormatError
        If not even the smallest film fits; nothing is left at the target.
    """
    start = time.perf_counter()
    limit = as_bytes(max_bytes)
    dial = _dial(animation, target, encoder, shrink, dpi, fps)
    checked = check_target(target)
    folder = PartFolder(checked)
    try:
        film = folder.path / target.name

        def render(x: float, frames: tuple[int, ...] | None = None) -> SaveResult:
            shown, settings = dial.apply(x)
            if frames is not None:
                shown = replace(shown, _film=shown._film.only(*frames))
            return shown.save(film, encoder=encoder, **settings, **options)

        search = _Search(limit, dial.least, dial.power, {})
        first = _sampled(dial, search, render)
        result, best, count = _fitting(
            dial, search, render, first, film, folder.path / f"best{target.suffix}"
        )
        folder.publish([(best, checked)])
    except BaseException:
        folder.discard()
        raise
    seconds = dict(result.seconds)
    whole = time.perf_counter() - start
    seconds |= {"fit": whole - seconds.get("total", 0.0), "total": whole}
    notes = result.notes
    if not (count == 1 and first == 1.0):
        times = "once" if count == 1 else f"{count} times"
        notes = (
            *notes,
            f"{dial.words(result)}, to stay within {limit:,} bytes: {result.nbytes:,}; rendered {times}",
        )
    return replace(result, path=target, seconds=MappingProxyType(seconds), notes=notes)


def _dial(animation: Animation, target: Path, encoder: Encoder, shrink: str, dpi: Any, fps: Any) -> Dial:
    if shrink not in SHRINKS:
        raise OptionError(f"shrink must be one of {SHRINKS}, not {shrink!r}")
    if encoder.files(target, 2) != [target]:
        raise OptionError(f"max_bytes is for films of one file, {target.name} makes several")
    if not animation._film.rewindable:
        raise OptionError(
            "max_bytes may render the film several times, but its values can be read only once: give them as "
            "a list, an array or a callable"
        )
    if shrink == "size":
        return Size(animation, dpi, fps)
    if any(frame not in (0, -1) for frame in getattr(encoder, "holds", None) or ()):
        raise OptionError(
            'holds names frames that shrink="rate" may leave out: hold only the first (0) and the last (-1)'
        )
    return Rate(animation, dpi, fps)


def _sampled(dial: Dial, search: _Search, render: Callable[..., SaveResult]) -> float:
    """Return the setting to begin with, from samples if the film is long."""
    shown, _ = dial.apply(1.0)
    n = shown.n_frames
    if n is None or n < _SAMPLED * _RUNS * _RUN:
        return 1.0
    estimates = replace(search, tried={})
    x = 1.0
    for _ in range(2):
        shown, _ = dial.apply(x)
        n = shown.n_frames or 1
        starts = [(n - _RUN) * (2 * i + 1) // (2 * _RUNS) for i in range(_RUNS)]
        frames = tuple(start + j for start in starts for j in range(_RUN))
        estimates.tried[x] = max(1, render(x, frames).nbytes * n // len(frames))
        if x == 1 and estimates.tried[x] < 1.3 * search.limit:  # a sample overestimates: it has cuts
            return 1.0
        x = dial.snap(estimates.next(_AIM))
        if x in estimates.tried:
            break
    return x


def _fitting(
    dial: Dial,
    search: _Search,
    render: Callable[..., SaveResult],
    x: float,
    film: Path,
    best: Path,
) -> tuple[SaveResult, Path, int]:
    """Render until a film fits well enough; return its result, its file and the number of renders."""
    found: SaveResult | None = None
    smallest: SaveResult | None = None
    count = 0
    while count < _RENDERS and x not in search.tried:
        result = render(x)
        count += 1
        search.tried[x] = max(1, result.nbytes)
        if smallest is None or result.nbytes < smallest.nbytes:
            smallest = result
        if result.nbytes <= search.limit and (found is None or result.nbytes > found.nbytes):
            found = result
            film.replace(best)
            if x == 1 or result.nbytes >= _NEAR_ENOUGH * search.limit:
                break
        last = count == _RENDERS - 1 and found is None
        x = dial.snap(search.next(_LAST_AIM if last else _AIM))
    if found is None:
        assert smallest is not None
        even = f"even at {smallest.width}x{smallest.height} pixels and {float(smallest.fps):.4g} fps"
        raise FormatError(
            f"the film does not fit in max_bytes={search.limit:,}: {even}, the smallest of {count} tries, it "
            f'takes {smallest.nbytes:,} bytes; try the other of shrink="size" and "rate", fewer frames, or a '
            "lower quality (max_error= for GIF, crf= for video)"
        )
    return found, best, count
