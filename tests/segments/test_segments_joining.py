"""Segments become one file: every frame, in order, at its time, with the pixels that were encoded."""

from __future__ import annotations

import subprocess
from fractions import Fraction

import numpy as np
import pytest

from gpuanim.decode.streams import packet_times, stream_info
from gpuanim.encode import SUFFIXES, encoder_for
from gpuanim.encode._joining import THREADS, Joinable, Segment, concat, joinable_suffixes
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.errors import EncoderError, FormatError, TargetError
from gpuanim.frames import FilmSpec, PixelFormat

RATES = [Fraction(24000, 1001), *map(Fraction, (24, 25, 30, 50, 60))]
COUNTS = (17, 20, 9, 13)
"""Frames of the segments: of no use to a clock of seconds, milliseconds or microseconds."""

CODECS = {
    "film.mp4": None,
    "film.mov": None,
    "film.webm": None,
    "film.mkv": None,
    "av1.mp4": "av1",
    "av1.webm": "av1",
    "h265.mp4": "h265",
    "h265.mkv": "h265",
    "prores.mov": "prores",
    "vp9.mkv": "vp9",
    "ffv1.mkv": "ffv1",
}
QUICK = {"av1": {"preset": 13}, "h265": {"preset": "ultrafast"}}
EXACT = ("film.mkv", "ffv1.mkv", "prores.mov")
"""Names of films whose frames do not depend on those before."""


def noise(spec, n, seed=0):
    """Return frames of coarse noise that moves, so that codecs have motion and waste no time on grain."""
    rng = np.random.default_rng(seed)
    size = spec.pixel_format.nbytes(spec.width, spec.height)
    return [
        np.repeat(rng.integers(40, 200, -(-size // 64)), 64)[:size].astype(np.uint8) // 2
        + np.uint8(40 + i % 60)
        for i in range(n)
    ]


def made(encoder, path, spec, frames):
    with encoder.open(path, spec) as writer:
        for frame in frames:
            writer.write(frame)


def spec_for(encoder, fps, *, alpha=False, n_frames=None):
    layout = PixelFormat.RGBA if alpha else encoder.formats[0]
    return FilmSpec(64, 48, fps, layout, n_frames, np.zeros((1, 3), np.uint8), "a film", None, {})


def in_segments(encoder, folder, target, spec, frames):
    inner, name = encoder.for_segments(target, spec)
    parts, done = [], 0
    for i, count in enumerate(COUNTS):
        (folder / f"{i:04d}").mkdir()
        parts.append(Segment(folder / f"{i:04d}" / name, count))
        made(inner, parts[-1].path, spec, frames[done : done + count])
        done += count
    encoder.join(parts, target, spec)
    return inner, parts


def hashes(path, decoder=()):
    """Return a hash of each decoded frame."""
    command = [ffmpeg_exe(), "-v", "error", *decoder, "-i", f"file:{path}", "-fps_mode", "passthrough"]
    command += ["-f", "framemd5", "-pix_fmt", "rgba", "-"]
    out = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout
    return [line.split(",")[-1].strip() for line in out.decode().splitlines() if line[0] != "#"]


@pytest.mark.parametrize("name", CODECS)
def test_joined_films_are_their_segments_on_the_clock_of_the_whole_film(name, tmp_path):
    codec = CODECS[name]
    encoder = encoder_for(name, codec, threads=2, **QUICK.get(codec, {}))
    # The codec matters little to the clock: all rates for the first of each container.
    rates = RATES if codec is None else (RATES[0], RATES[3])
    for i, fps in enumerate(rates):
        folder = tmp_path / str(i)
        folder.mkdir()
        spec = spec_for(encoder, fps, n_frames=sum(COUNTS))
        frames = noise(spec, sum(COUNTS))
        joined, whole = folder / name, folder / f"whole-{name}"
        _, parts = in_segments(encoder, folder, joined, spec, frames)
        made(encoder, whole, spec, frames)
        unit, times = packet_times(joined)
        assert (unit, sorted(times)) == (packet_times(whole)[0], sorted(packet_times(whole)[1])), fps
        assert len(times) == sum(COUNTS)
        info, plain = stream_info(joined), stream_info(whole)
        assert (info.fps, info.title, info.color) == (plain.fps, "a film", plain.color)
        assert (info.codec, info.pixel_format) == (plain.codec, plain.pixel_format)
        if i == 0:
            shown = hashes(joined)
            assert shown == [frame for part in parts for frame in hashes(part.path)]
            assert (shown == hashes(whole)) or name not in EXACT


def test_transparency_comes_along(tmp_path):
    encoder = encoder_for("film.webm", transparent=True)
    spec = spec_for(encoder, Fraction(30), alpha=True)
    frames = noise(spec, sum(COUNTS))
    _, parts = in_segments(encoder, tmp_path, tmp_path / "film.webm", spec, frames)
    assert stream_info(tmp_path / "film.webm").transparent
    vp9 = ("-c:v", "libvpx-vp9")
    shown = hashes(tmp_path / "film.webm", vp9)
    assert shown == [frame for part in parts for frame in hashes(part.path, vp9)]
    assert shown != hashes(tmp_path / "film.webm"), "the decoder without alpha"


def test_a_page_of_segments_is_around_their_film(tmp_path):
    spec = spec_for(encoder_for("film.mp4"), Fraction(30))
    frames = noise(spec, sum(COUNTS))
    (tmp_path / "video").mkdir()
    in_segments(encoder_for("film.mp4"), tmp_path / "video", tmp_path / "film.mp4", spec, frames)
    page = encoder_for("film.html", embed_frames=False)
    in_segments(page, tmp_path, tmp_path / "page.html", spec, frames)
    assert (tmp_path / "page.mp4").read_bytes() == (tmp_path / "film.mp4").read_bytes()
    assert f"{sum(COUNTS)}" in (tmp_path / "page.html").read_text()


def test_pictures_of_segments_are_numbered_through(tmp_path):
    encoder = encoder_for("%03d.png", start=5)
    spec = spec_for(encoder, Fraction(30))
    frames = noise(spec, sum(COUNTS))
    in_segments(encoder, tmp_path, tmp_path / "out" / "%03d.png", spec, frames)
    (tmp_path / "whole").mkdir()
    made(encoder, tmp_path / "whole" / "%03d.png", spec, frames)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"{5 + i:03d}.png" for i in range(sum(COUNTS))]
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_segments_do_not_depend_on_the_number_of_cores(tmp_path):
    inner, name = encoder_for("film.mp4").for_segments(tmp_path / "film.mp4", spec_for(inner_h264(), 30))
    assert (inner.threads, name) == (THREADS, "film.mp4")
    own, _ = encoder_for("film.mp4", threads=2).for_segments(tmp_path / "f.mp4", spec_for(inner_h264(), 30))
    assert own.threads == 2


def inner_h264():
    return encoder_for("film.mp4")


def test_a_frame_that_is_missing_is_an_error(tmp_path):
    encoder = encoder_for("film.mp4")
    spec = spec_for(encoder, Fraction(30))
    made(encoder, tmp_path / "a.mp4", spec, noise(spec, 10))
    made(encoder, tmp_path / "b.mp4", spec, noise(spec, 8))
    with pytest.raises(EncoderError, match="joined film has 18 frames, its segments had 19"):
        encoder.join(
            [Segment(tmp_path / "a.mp4", 10), Segment(tmp_path / "b.mp4", 9)], tmp_path / "c.mp4", spec
        )
    parts = [Segment(tmp_path / "a.mp4", 12), Segment(tmp_path / "b.mp4", 6)]
    with pytest.raises(EncoderError, match=r"frame 1\d of the joined film is at"):
        encoder.join(parts, tmp_path / "c.mp4", spec)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"], "nothing is left"


def test_a_segment_that_cannot_be_read_is_an_error_in_ffmpegs_words(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no film")
    with pytest.raises(EncoderError, match=r"(?s)while it joined segments, and said:\n.*a\.mp4"):
        concat([Segment(tmp_path / "a.mp4", 3)], tmp_path / "out.mp4", Fraction(30), "mp4")


def test_odd_names_of_folders(tmp_path):
    folder = tmp_path / "it's #1? 100% \n'new'"
    folder.mkdir()
    encoder = encoder_for("film.mp4")
    spec = spec_for(encoder, Fraction(30))
    in_segments(encoder, folder, folder / "film.mp4", spec, noise(spec, sum(COUNTS)))
    assert stream_info(folder / "film.mp4").n_frames == sum(COUNTS)


def test_what_can_be_joined_is_known():
    assert joinable_suffixes() == [".mp4", ".m4v", ".mov", ".webm", ".mkv", ".png", ".html", ".htm"]
    assert not isinstance(encoder_for("film.gif"), Joinable)
    assert set(joinable_suffixes()) < set(SUFFIXES)


def test_targets_are_checked_before_the_first_segment(tmp_path):
    spec = spec_for(inner_h264(), Fraction(30))
    with pytest.raises(TargetError, match="does not exist"):
        inner_h264().for_segments(tmp_path / "no" / "film.mp4", spec)
    with pytest.raises(FormatError, match=r"H\.264 is written to"):
        inner_h264().for_segments(tmp_path / "film.avi", spec)
    picture = encoder_for("one.png")
    with pytest.raises(FormatError, match="one picture"):
        picture.for_segments(tmp_path / "one.png", spec_for(picture, Fraction(30), n_frames=3))
