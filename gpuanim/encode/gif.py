"""GIF: written by ourselves, so that palettes stay exact and every delay is what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import floor
from pathlib import Path
from typing import ClassVar

from gpuanim.encode._base import Encoder, Writer
from gpuanim.encode._guarded import check_spec
from gpuanim.encode._palette import MAX_ROWS, film_palette
from gpuanim.encode.target import check_target
from gpuanim.errors import FormatError, OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["GIF"]

_MAX_FPS = 50
"""Browsers show a frame of 1/100 s for 10/100 s, so that 2/100 s is the shortest that works."""
_MAX_DELAY = 65535  # 16 bits, in hundredths of a second
_MAX_SIDE = 65535


@dataclass(frozen=True)
class GIF(Encoder):
    """Animated GIF with one palette for the whole film.

    Palette frames keep their colours exactly. RGB frames, which anti-aliased or translucent points need,
    are mapped to at most 255 colours that are chosen before the first frame from the colours of the film
    and their mixtures; `notes` says how far off they are.

    Delays are hundredths of a second: at 30 frames/s they alternate (3, 3, 4), so that the film keeps its
    duration to 1/200 s.

    Parameters
    ----------
    loop
        How often the film is shown: 0 for ever, n times, 1 or None once.
    final_hold
        Seconds that the last frame is shown, instead of `1 / fps`.

    Raises
    ------
    OptionError
        If an option is not of this kind.
    """

    loop: int | None = 0
    final_hold: float | None = None

    formats: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.PAL8, PixelFormat.RGB24)

    def __post_init__(self) -> None:
        loop = self.loop
        if loop is not None and (
            isinstance(loop, bool) or not isinstance(loop, int) or not 0 <= loop <= 65536
        ):
            raise OptionError(f"loop must be 0 (for ever), a number of times, or None (once), not {loop!r}")
        hold = self.final_hold
        if hold is not None and not 0.02 <= hold <= _MAX_DELAY / 100:
            raise OptionError(f"final_hold must be from 0.02 to 655.35 seconds, or None, not {hold!r}")

    def open(self, target: Path, spec: FilmSpec) -> Writer:
        """Choose the palette and write the head of the file."""
        check_spec(self, spec, _MAX_SIDE)
        _check_rate(spec.fps)
        from gpuanim.encode._gif_writer import GifWriter  # loads numba

        hold = None if self.final_hold is None else round(self.final_hold * 100)
        delays = partial(delay, fps=spec.fps)
        return GifWriter(check_target(target), spec, delays=delays, final_delay=hold, loop=self.loop)

    def notes(self, spec: FilmSpec) -> tuple[str, ...]:
        """Say how frames are timed, and how many colours were lost."""
        notes = []
        if (100 / spec.fps).denominator != 1:
            shown = sorted({delay(i, spec.fps) for i in range(100)})
            notes.append(
                f"GIF counts hundredths of a second: at {float(spec.fps):g} fps frames are shown for "
                f"{' or '.join(str(cs) for cs in shown)} hundredths, the film keeps its duration"
            )
        if spec.pixel_format is PixelFormat.RGB24:
            palette = film_palette(spec.colors, spec.background)
            notes.append(
                f"GIF holds {MAX_ROWS} colours: mixtures of colours are on average {palette.mean_error:.1f} "
                f"and at most about {palette.max_error} of 255 off in a channel, unmixed ones at most "
                f"{palette.flat_error}; antialias=False with alpha=1 keeps all exact"
            )
        return tuple(notes)


def delay(i: int, fps: Fraction) -> int:
    """Return the hundredths of a second of frame `i`; their sums follow the film's clock."""
    return _centiseconds((i + 1) / fps) - _centiseconds(i / fps)


def _centiseconds(seconds: Fraction) -> int:
    return floor(seconds * 100 + Fraction(1, 2))


def _check_rate(fps: Fraction) -> None:
    if fps > _MAX_FPS:
        raise FormatError(
            f"GIF cannot show {float(fps):g} frames/s: browsers slow frames under 1/50 s down to 1/10 s; "
            "use fps=50 or less, or save to .mp4"
        )
    if 100 / fps > _MAX_DELAY:
        raise FormatError(f"GIF shows a frame for at most 655 s, fps={float(fps):g} is too slow")
