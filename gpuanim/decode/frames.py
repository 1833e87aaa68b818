"""The frames of a film, decoded by ffmpeg, one after the other."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Generator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np

from gpuanim.decode._base import FilmInfo
from gpuanim.encode.process import ended, ffmpeg_exe
from gpuanim.errors import FileError
from gpuanim.frames import PixelFormat
from gpuanim.types import Buffer

__all__ = ["decoded_size", "read_frames"]


def decoded_size(info: FilmInfo, pixel_format: PixelFormat) -> tuple[int, int]:
    """Return width and height of decoded frames: odd sizes are padded where chroma is halved."""
    if pixel_format.subsampled:
        return info.width + info.width % 2, info.height + info.height % 2
    return info.width, info.height


def read_frames(
    film: Path, info: FilmInfo, pixel_format: PixelFormat, *, fps: Fraction | None = None, every: int = 1
) -> Generator[Buffer, None, None]:
    """Decode a film; each frame is a new flat array.

    Parameters
    ----------
    film, info
        The file, and what `film_info` says of it; the film of a page is a file of its own.
    pixel_format
        Of the frames; YUV is BT.709 in limited range, whatever the film's is.
    fps
        Repeat or drop frames so that they come at this rate; None gives each frame of the file once.
    every
        Give each so manieth frame only.

    Raises
    ------
    FileError
        If ffmpeg cannot decode the film to its end; with its words.
    """
    # VP9 keeps alpha in a stream that ffmpeg's own decoder does not see.
    decoder = ["-c:v", "libvpx-vp9"] if info.codec == "vp9" and info.transparent else []
    filters = _filters(info, pixel_format, fps, every)
    output = ["-map", "0:v:0", "-vf", filters, "-fps_mode", "passthrough", "-f", "rawvideo"]
    command = [ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error", *decoder, "-i", f"file:{film}"]
    command += [*output, "-pix_fmt", pixel_format, "pipe:1"]
    size = pixel_format.nbytes(*decoded_size(info, pixel_format))
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        try:
            assert process.stdout is not None
            while True:
                frame = np.empty(size, np.uint8)
                n = process.stdout.readinto(frame.data)  # type: ignore[attr-defined]
                if n < size:
                    break
                yield frame
            status = process.wait()
            errors.seek(0)
            words = errors.read(2000).decode(errors="replace").strip()
            if status != 0 or n or words:
                raise FileError(f"{info.path} could not be decoded: ffmpeg {ended(status)}: {words}")
        finally:
            with suppress(OSError):
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _filters(info: FilmInfo, pixel_format: PixelFormat, fps: Fraction | None, every: int) -> str:
    filters = []
    if fps is not None:
        filters.append(f"fps={fps.numerator}/{fps.denominator}")
    if every > 1:
        filters.append(f"select=not(mod(n\\,{every}))")
    width, height = decoded_size(info, pixel_format)
    if (width, height) != (info.width, info.height):
        color = (info.gpuanim or {}).get("background") or "white"
        color = color.replace("#", "0x") if isinstance(color, str) else "white"
        filters.append(f"pad={width}:{height}:color={color if color.isalnum() else 'white'}")
    scale = "scale=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
    filters.append(scale + (":out_color_matrix=bt709:out_range=tv" if pixel_format.yuv else ""))
    return ",".join([*filters, f"format={pixel_format}"])
