from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gpuanim.encode.memory import Memory
from gpuanim.errors import EncoderError, FormatError


@pytest.mark.parametrize(("pixel_format", "channels"), [("rgb24", 3), ("rgba", 4)])
@pytest.mark.parametrize(("promised", "written"), [(None, 4), (4, 4), (6, 4), (2, 4)])
def test_frames(make_spec, pixel_format, channels, promised, written):
    spec = make_spec(pixel_format, 7, 5, n_frames=promised)
    frame = np.zeros(7 * 5 * channels, np.uint8)
    with Memory().open(Path(), spec) as writer:
        for i in range(written):
            frame[:] = np.arange(len(frame)) + i
            writer.write(frame)
        with pytest.raises(EncoderError, match="not finished"):
            _ = writer.frames
    assert writer.frames.shape == (written, 5, 7, channels)
    for i, seen in enumerate(writer.frames):
        np.testing.assert_array_equal(seen.ravel(), (np.arange(len(frame)) + i).astype(np.uint8))


def test_promised_frames_are_not_copied_at_the_end(make_spec):
    spec = make_spec("rgb24", n_frames=3)
    with Memory().open(Path(), spec) as writer:
        for _ in range(3):
            writer.write(np.zeros(64 * 48 * 3, np.uint8))
        whole = writer._parts[0].base
    assert np.shares_memory(writer.frames, whole)


def test_format(make_spec):
    with pytest.raises(FormatError, match="takes frames in rgb24, rgba"):
        Memory().open(Path(), make_spec("nv12"))
