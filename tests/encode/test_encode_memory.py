from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gpuanim.encode.memory import Each, Memory
from gpuanim.errors import EncoderError, FormatError, OptionError


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


@pytest.mark.parametrize("pixel_format", ["rgb24", "rgba", "nv12", "yuv444p"])
def test_each_frame_is_handed_over(make_spec, pixel_format):
    spec = make_spec(pixel_format, 8, 6)
    seen = []
    each = Each(lambda frame: seen.append(frame.copy()), pixel_format)
    frame = np.empty(spec.pixel_format.nbytes(8, 6), np.uint8)
    with each.open(Path(), spec) as writer:
        for i in range(3):
            frame[:] = i
            writer.write(frame)
    assert [picture.shape for picture in seen] == [spec.pixel_format.shape(8, 6)] * 3
    assert [int(picture.max()) for picture in seen] == [0, 1, 2]


def test_what_the_callable_raises_ends_the_film(make_spec):
    def fail(frame):
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"), Each(fail).open(Path(), make_spec("rgb24")) as writer:
        writer.write(np.zeros(64 * 48 * 3, np.uint8))
    with pytest.raises(OptionError, match="cannot be called"):
        Each(3)
    with pytest.raises(OptionError, match="pixel_format must be one of rgb24, rgba, yuv420p"):
        Each(fail, "pal8")
