"""Moments, and a flight's lens."""

import pytest

from gpuanim.chrome._base import Moment


@pytest.fixture
def at():
    """Return a function that makes the moment of a frame."""

    def moment(frame, n_frames=11, fps=10):
        return Moment(frame, n_frames, frame, n_frames, frame / fps)

    return moment
