"""Time on the way of a camera: that of the film as it was made."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuanim.chrome._base import Moment
    from gpuanim.values.timeline import Timeline

__all__ = ["UNTIMED", "Clock"]


@dataclass(frozen=True)
class Clock:
    """The length of a film as it was made.

    A film that is saved at another rate, or with fewer frames to fit a size, shows the same camera.

    Parameters
    ----------
    n_frames, fps
        Of the film; None where only the moments tell.
    """

    n_frames: int | None = None
    fps: Fraction | None = None

    @classmethod
    def of(cls, timeline: Timeline) -> Clock:
        """Return the clock of a film."""
        return cls(timeline.n_frames, timeline.fps)

    def frame(self, moment: Moment) -> float:
        """Return the frame of the film as it was made that is seen at a moment."""
        if self.n_frames is None or moment.n_frames in (None, self.n_frames):
            return moment.frame
        return moment.frame * (self.n_frames - 1) / max(1, (moment.n_frames or 1) - 1)

    def seconds(self, moment: Moment) -> float:
        """Return the time of that frame."""
        return moment.time if self.fps is None else float(self.frame(moment) / self.fps)

    def share(self, moment: Moment) -> float:
        """Return how far the film has gone, from 0 in its first frame to 1 in its last."""
        return min(moment.frame / max(1, (moment.n_frames or 1) - 1), 1.0)


UNTIMED = Clock()
"""The clock of moments, before there is a film."""
