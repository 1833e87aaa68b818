from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gpuanim.encode import SUFFIXES, Encoder, encoder_for, encoder_type
from gpuanim.encode.gif import GIF
from gpuanim.encode.h264 import H264
from gpuanim.encode.probe import ffmpeg_info
from gpuanim.errors import EncoderError, FormatError, OptionError


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix(suffix):
    encoder = encoder_for(f"some/film{suffix.upper()}")
    assert isinstance(encoder, Encoder)
    assert encoder.formats
    assert hash(encoder) == hash(encoder_for(Path(f"film{suffix}")))


def test_options():
    assert encoder_for("film.mp4", crf=20) == H264(crf=20)
    assert encoder_for("film.gif", loop=3) == GIF(loop=3)
    assert encoder_type("film.gif") is GIF


@pytest.mark.parametrize(("name", "text"), [("film.wmv", "the suffix '.wmv'"), ("film", "without a suffix")])
def test_unknown_suffix(name, text):
    with pytest.raises(FormatError, match=rf"{text}.*use one of \.mp4, .*\.webm, .*\.gif, .*\.png, \.html"):
        encoder_for(name)


def test_unknown_option():
    with pytest.raises(OptionError, match="H264 has no option 'prest'; did you mean 'preset'"):
        encoder_for("film.mp4", prest="fast")
    with pytest.raises(OptionError, match="GIF has no option 'crf'; its options are loop, holds"):
        encoder_for("film.gif", crf=3)


def test_importing_loads_nothing_heavy():
    code = (
        "import sys; import gpuanim.encode as e; "
        "[e.encoder_for('film' + suffix) for suffix in e.SUFFIXES]; "
        "print({'numba', 'matplotlib', 'PIL', 'imageio', 'imageio_ffmpeg', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_ffmpeg_info():
    info = ffmpeg_info()
    assert Path(info.path).is_file()
    assert info.version
    assert "libx264" in info.encoders


def test_ffmpeg_info_of_something_else(monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")
    with pytest.raises(EncoderError, match="ffmpeg at /nowhere/ffmpeg does not run"):
        ffmpeg_info()


def test_encoders_by_the_names_of_their_classes():
    from gpuanim import encode

    names = [path.partition(":")[2] for path in encode.CODECS.values()]
    for name in (*names, "Each", "Memory"):
        kind = getattr(encode, name)
        assert issubclass(kind, encode.Encoder)
        assert kind.__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'H266'"):
        _ = encode.H266
