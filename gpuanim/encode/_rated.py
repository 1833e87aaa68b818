"""What H.264, H.265, AV1 and VP9 share: a rate factor and a preset, chroma, a bit rate, and hardware."""

from __future__ import annotations

import difflib
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from gpuanim.encode._ffmpeg import BT709, FFmpegEncoder, chroma, keyframe_interval
from gpuanim.encode.hardware import Device, check_hardware, find_device
from gpuanim.errors import OptionError
from gpuanim.frames import FilmSpec, PixelFormat

__all__ = ["Level", "RatedEncoder"]


class Level(NamedTuple):
    """What a word for quality stands for; no `crf` where nothing is lost."""

    preset: str
    crf: float | None


@dataclass(frozen=True, kw_only=True)
class RatedEncoder(FFmpegEncoder):
    """A codec that keeps a quality, not a number of bits.

    Parameters
    ----------
    crf
        Constant rate factor; lower is better and larger. The same number means different qualities in
        different codecs, and at different presets.
    preset
        How hard the codec tries; slower is smaller.
    quality
        "draft", "standard" (default), "high" or "lossless": sets `crf` and `preset` where those are not
        given. "lossless" keeps the frames as they are, in 4:4:4; not many players show such films.
    bitrate
        Bits per second, such as `"4M"` or `800_000`, in place of `crf`.
    pixel_format
        "yuv420p", which all players take, or "yuv444p", which keeps the colour of single points.
    hardware
        "nvenc", "vaapi" or "videotoolbox": the encoder of a graphics chip, tried with one frame before
        the film starts. "auto" takes the first that works, and software if none does. Fast, but
        larger at the same quality.
    """

    crf: float | None = None
    preset: str | int | None = None
    bitrate: str | int | None = None
    pixel_format: str | None = None
    hardware: str | None = None

    levels: ClassVar[Mapping[str, Level]]
    presets: ClassVar[tuple[str, ...]]
    """From fast to slow."""
    max_crf: ClassVar[int] = 51
    family: ClassVar[str]
    """First part of the names of hardware encoders."""
    subsampled: ClassVar[tuple[PixelFormat, ...]] = (PixelFormat.YUV420P,)
    """What is taken for 4:2:0, in order of preference."""
    full_chroma: ClassVar[bool] = True
    """Whether 4:4:4 can be written."""

    def __post_init__(self) -> None:
        super().__post_init__()
        level = self.levels[self.quality or "standard"]
        preset = str(level.preset if self.preset is None else self.preset)
        if preset not in self.presets:
            near = difflib.get_close_matches(preset, self.presets, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"preset must be one of {', '.join(self.presets)}, not {self.preset!r}{hint}")
        self._check_rate()
        wanted = chroma(self.pixel_format, self.quality)
        if wanted is PixelFormat.YUV444P and not self.full_chroma:
            raise OptionError(f"{self.name} is written in yuv420p only; H.264, H.265 and VP9 have yuv444p")
        if self.hardware is not None:
            self._check_hardware(wanted)
        exact = self.bitrate is not None or self.crf is not None
        object.__setattr__(self, "crf", self.crf if exact else level.crf)
        object.__setattr__(self, "preset", preset)
        object.__setattr__(self, "pixel_format", str(wanted))

    def _check_rate(self) -> None:
        crf, top = self.crf, self.max_crf
        if crf is not None and (
            isinstance(crf, bool) or not isinstance(crf, int | float) or not 0 < crf <= top
        ):
            mend = 'quality="lossless"' if "lossless" in self.qualities else "save to .mkv"
            raise OptionError(f"crf must be above 0 and at most {top}, not {crf!r} (for lossless: {mend})")
        if self.bitrate is not None and not re.fullmatch(r"[1-9]\d*(\.\d+)?[kM]?", str(self.bitrate)):
            raise OptionError(
                f'bitrate must be bits per second such as "4M" or 800_000, not {self.bitrate!r}'
            )
        given = {"crf": crf, "bitrate": self.bitrate, 'quality="lossless"': self.quality == "lossless"}
        both = [name for name, value in given.items() if value]
        if len(both) > 1:
            raise OptionError(f"give {both[0]} or {both[1]}, not both: each sets how much may be lost")

    def _check_hardware(self, wanted: PixelFormat) -> None:
        check_hardware(self.hardware)
        if self.preset is not None:
            raise OptionError("preset is the software encoder's; leave it out with hardware")
        if self.quality == "lossless" or wanted is PixelFormat.YUV444P:
            raise OptionError("hardware encoders are used for yuv420p with loss; leave hardware out")

    @property
    def formats(self) -> tuple[PixelFormat, ...]:
        if self.hardware is not None:
            return (PixelFormat.NV12,)
        if self.pixel_format == PixelFormat.YUV444P:
            return (PixelFormat.YUV444P,)
        return self.subsampled

    @property
    def exact(self) -> bool:
        return self.quality == "lossless"

    def notes(self, spec: FilmSpec) -> tuple[str, ...]:
        """Say what few players show, and which encoder "auto" came to."""
        notes = []
        if spec.pixel_format is PixelFormat.YUV444P:
            browsers = "" if self.family == "hevc" else "Chromium, "
            notes.append(f"{self.name} in 4:4:4 plays in {browsers}VLC and mpv, not in Safari or PowerPoint")
        if self.hardware == "auto":
            device = self._device()
            notes.append(f"encoded by {'software' if device is None else device.name}")
        return tuple(notes)

    def input_options(self, spec: FilmSpec) -> list[str]:
        """Add the device of a hardware encoder."""
        device = self._device()
        return [*super().input_options(spec), *(() if device is None else device.before)]

    def _device(self) -> Device | None:
        return None if self.hardware is None else find_device(self.hardware, self.family)

    def _codec_options(self, spec: FilmSpec) -> Sequence[str]:
        device = self._device()
        interval = ("-g", str(keyframe_interval(spec.fps)))
        if device is not None:
            return [*device.options(self.crf, self.bitrate), *interval, *BT709]
        return [*self._software_options(spec), *interval]

    @property
    def _rate(self) -> tuple[str, ...]:
        """The words for `crf` or `bitrate`; none where nothing is lost."""
        if self.bitrate is not None:
            return ("-b:v", str(self.bitrate))
        return () if self.crf is None else ("-crf", f"{self.crf:g}")

    @abstractmethod
    def _software_options(self, spec: FilmSpec) -> Sequence[str]:
        """Return codec, settings, pixel format and tags."""
