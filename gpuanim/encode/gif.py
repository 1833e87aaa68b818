"""GIF: written by ourselves, so that palettes stay exact and every delay is what it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from gpuanim.encode._base import Encoder, Writer
from gpuanim.encode._delays import FAST, MAX_FPS, Delays, as_holds
from gpuanim.encode._guarded import check_spec
from gpuanim.encode._metadata import film_comment
from gpuanim.encode._palette import MAX_ROWS, film_palette
from gpuanim.encode.target import check_target
from gpuanim.errors import OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["GIF"]

_MAX_SIDE = 65535
_DITHERS = (None, "bayer", "floyd-steinberg")
_EFFORTS = ("fast", "small")


@dataclass(frozen=True)
class GIF(Encoder):
    """Animated GIF with one palette for the whole film; what does not change takes no bytes.

    Palette frames keep their colours exactly. RGB frames, which anti-aliased or translucent points need,
    are mapped to at most 255 colours that are chosen before the first frame from the colours of the film
    and their mixtures; `notes` says how far off they are.

    Delays are hundredths of a second: at 30 frames/s they alternate (3, 3, 4), so that the film keeps its
    duration to 1/200 s. Frames that show nothing new lengthen the delay of the one before.

    Parameters
    ----------
    loop
        How often the film is shown: 0 for ever, n times, 1 or None once.
    holds
        Seconds that chosen frames are shown instead of `1 / fps`: a mapping such as ``{0: 1.0, -1: 3.0}``,
        where negative numbers count from the end, or a sequence with a number, or None, for each frame.
        Frames beyond the end of a film whose length is not known in advance are passed over.
    dither
        For RGB frames: None shows the nearest colour; "bayer" mixes two colours in a fixed pattern, which
        hides steps in colour and stays where it is while the picture does; "floyd-steinberg" spreads errors
        over the neighbours, of changed pixels only. Both make larger files.
    max_error
        What may be wrong in a pixel, in each channel, of 255: a pixel keeps the colour that it shows, or
        takes another one of the palette, while that is at most so far from the colour it would have with 0,
        which is exact. Errors do not add up, and the background stays exact. For noisy values 4 halves the
        size and 8 cuts it to a third; 8 cannot be seen among them, and is a fine grain in smooth areas.
        Colours of categories are further apart than that; where they are not, use 0.
    effort
        With `max_error`: "fast", or "small", which searches longer matches: 10 to 25 % smaller, in two to
        four times the time.
    too_fast
        What to do above 50 frames/s, which browsers slow down to 10: "error"; "drop" leaves frames out, such
        as each sixth of 60/s, and keeps the duration; "slow" keeps the frames, and the film takes longer.

    Raises
    ------
    OptionError
        If an option is not of this kind.
    """

    loop: int | None = 0
    holds: Mapping[int, float] | Sequence[float | None] | None = field(default=None, hash=False)
    dither: str | None = None
    max_error: int = 0
    effort: str = "fast"
    too_fast: str = "error"

    formats: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.PAL8, PixelFormat.RGB24)

    def __post_init__(self) -> None:
        loop = self.loop
        if loop is not None and not _whole(loop, 65536):
            raise OptionError(f"loop must be 0 (for ever), a number of times, or None (once), not {loop!r}")
        object.__setattr__(self, "holds", as_holds(self.holds) or None)
        if not _whole(self.max_error, 255):
            raise OptionError(
                f"max_error must be a whole number from 0 (exact) to 255, not {self.max_error!r}"
            )
        for name, known in (("dither", _DITHERS), ("effort", _EFFORTS), ("too_fast", FAST)):
            if getattr(self, name) not in known:
                raise OptionError(f"{name} must be one of {known}, not {getattr(self, name)!r}")

    def open(self, target: Path, spec: FilmSpec) -> Writer:
        """Choose the palette and write the head of the file."""
        check_spec(self, spec, _MAX_SIDE)
        delays = self._delays(spec)
        from gpuanim.encode._gif_writer import GifWriter  # loads numba

        return GifWriter(
            check_target(target), spec, delays=delays, loop=self.loop, dither=self.dither,
            max_error=self.max_error, thorough=self.effort == "small",
            comment=film_comment(spec).encode("ascii"),
        )  # fmt: skip

    def notes(self, spec: FilmSpec) -> tuple[str, ...]:
        """Say how frames are timed, and what may be wrong with colours."""
        notes = [*self._timing(spec)]
        if spec.pixel_format is PixelFormat.RGB24:
            palette = film_palette(spec.colors, spec.background)
            dithered = "" if self.dither is None else f"; single pixels more, by dither={self.dither!r}"
            notes.append(
                f"GIF holds {MAX_ROWS} colours: mixtures of colours are on average {palette.mean_error:.1f} "
                f"and at most about {palette.max_error} of 255 off in a channel, unmixed ones at most "
                f"{palette.flat_error}{dithered}; antialias=False with alpha=1 keeps all exact"
            )
        if self.max_error:
            notes.append(
                f"max_error={self.max_error}: every pixel is at most {self.max_error} of 255 in each channel "
                "off the colour that it would have without this option, in every frame"
            )
        return tuple(notes)

    def _timing(self, spec: FilmSpec) -> list[str]:
        fps = spec.fps
        if fps > MAX_FPS:
            share = f"{float(1 - MAX_FPS / fps):.0%} of the frames are left out, the film keeps its duration"
            if self.too_fast == "slow":
                share = f"the film takes {float(fps / MAX_FPS):.3g} times as long"
            return [f"GIF shows at most {MAX_FPS} frames/s, not {float(fps):g}: {share}"]
        if (100 / fps).denominator == 1:
            return []
        delays = self._delays(spec)
        shown = " or ".join(str(cs) for cs in sorted({delays.plain(i) for i in range(100)}))
        return [
            f"GIF counts hundredths of a second: at {float(fps):g} fps frames are shown for {shown} "
            "hundredths, the film keeps its duration"
        ]

    def _delays(self, spec: FilmSpec) -> Delays:
        return Delays(spec.fps, spec.n_frames, as_holds(self.holds), self.too_fast)


def _whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
