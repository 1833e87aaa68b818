"""The stage of a film whose frames have been drawn before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gpuanim.chrome._base import Fitted, Moment, Moving, Patch, Stage, StageLayers
from gpuanim.errors import OptionError
from gpuanim.recording import Recording

__all__ = ["RecordedStage"]

_WHITE = np.array([255, 255, 255], np.uint8)


@dataclass(frozen=True, eq=False)
class RecordedStage(Stage):
    """Pictures of a figure, a frame each, at the one resolution that they were taken at.

    Parameters
    ----------
    recording
        The pictures.
    dpi
        Dots per inch of the figure.
    """

    recording: Recording
    dpi: float
    background = _WHITE

    @property
    def figsize(self) -> tuple[float, float]:  # type: ignore[override]
        width, height = self.recording.size
        return width / self.dpi, height / self.dpi

    def without_background(self) -> Self:
        raise OptionError("the frames of a Camera have the figure's background: they cannot be transparent")

    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        if size != self.recording.size:
            width, height = self.recording.size
            raise OptionError(
                f"dpi={dpi:g} would make frames of {size[0]}x{size[1]} pixels, but they were taken with "
                f"{width}x{height}, at {self.dpi:g} dpi: give the resolution beforehand, "
                f"Camera(fig, dpi={dpi:g})"
            )
        slides = _Slides(self.recording)
        return StageLayers((), self.background, None, (slides,), self.recording.colors())

    def describe(self) -> dict[str, Any]:
        return {"camera": {"snaps": self.recording.n_frames, "dpi": self.dpi}}


class _Slides(Moving):
    """Shows the picture of each step, one column and row more where frames have even sizes."""

    def __init__(self, recording: Recording) -> None:
        self._recording, self._reader = recording, recording.reader()
        self._step = 0

    def show(self, moment: Moment) -> int:
        self._step = moment.step
        return self._step

    def draw(self) -> Patch:
        picture = self._recording.read(self._step, self._reader)
        return Patch(0, 0, _opaque(picture))


def _opaque(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGBA whose sides are even, as 4:2:0 video needs: the last row and column are repeated."""
    height, width = picture.shape[:2]
    rgba = np.full((height + height % 2, width + width % 2, 4), 255, np.uint8)
    rgba[:height, :width, :3] = picture
    rgba[height:], rgba[:, width:] = rgba[height - 1], rgba[:, width - 1 : width]
    return rgba
