"""H.264 on frames made beforehand, against ffmpeg alone; `gif.py` is for GIF.

    python benchmarks/encode.py --size 1920x1080 --frames 60

The H.264 writer is fed NV12 from memory; "ffmpeg alone" reads the same frames with the same options from a
raw file. Runs alternate, so that a busy machine is unfair to nobody; medians are compared.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _report import write
from numpy.typing import NDArray

from gpuanim.encode.h264 import BT709, H264
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.frames import FilmSpec, PixelFormat

Frames = list[NDArray[np.uint8]]
FPS = Fraction(25)


def index_frames(width: int, height: int, count: int, levels: int) -> Frames:
    """Draw a wave with noise of its own per point over 30 clusters of 2 x 2 px points; `levels` is empty."""
    random = np.random.default_rng(0)
    n = width * height // 2
    centers = random.normal(0.5, 0.25, (30, 2))[random.integers(0, 30, n)]
    xy = (centers + random.normal(0, 0.05, (n, 2))) * (width, height)
    x, y = np.clip(xy, 0, (width - 2, height - 2)).astype(int).T
    owner = np.full((height, width), -1)
    for dy in (0, 1):
        for dx in (0, 1):
            owner[y + dy, x + dx] = np.arange(n)
    visible = owner >= 0
    ids = owner[visible]
    noise = random.normal(0, 10, n)
    frames = []
    for t in range(count):
        wave = 127 + 100 * np.sin(9 * x / width + 7 * y / height + t / 6) + noise
        frame = np.full((height, width), levels, np.uint8)
        frame[visible] = np.clip(wave, 0, levels - 1).astype(np.uint8)[ids]
        frames.append(frame)
    return frames


def palette(levels: int) -> NDArray[np.uint8]:
    """Return viridis and white."""
    import matplotlib

    colors = np.asarray(matplotlib.colormaps["viridis"](np.linspace(0, 1, levels)))[:, :3]
    return np.concatenate([np.rint(colors * 255), [[255, 255, 255]]]).astype(np.uint8)


def to_nv12(frame: NDArray[np.uint8], colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shade an index frame into BT.709 4:2:0, for the benchmark only."""
    r, g, b = (colors[:, i] / 255 for i in range(3))
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    tables = [16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748]
    luma, u, v = (np.rint(table).astype(np.uint8)[frame] for table in tables)
    h, w = frame.shape
    chroma = [plane.reshape(h // 2, 2, w // 2, 2).mean((1, 3)) for plane in (u, v)]
    return np.concatenate([luma.ravel(), np.rint(np.stack(chroma, -1)).astype(np.uint8).ravel()])


def save(encoder: H264, path: Path, spec: FilmSpec, frames: Iterable[NDArray[np.uint8]]) -> None:
    """Write a film through our contract."""
    with encoder.open(path, spec) as writer:
        for frame in frames:
            writer.write(frame)


def seconds(jobs: dict[str, Callable[[], object]], repeat: int) -> dict[str, list[float]]:
    """Time the jobs in turns, `repeat` times after one warm-up."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(repeat + 1):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            if turn:
                times[name].append(time.perf_counter() - start)
    return times


def h264(folder: Path, frames: Frames, spec: FilmSpec, encoder: H264, repeat: int) -> dict[str, Any]:
    """Compare our writer with ffmpeg alone, for one quality."""
    raw = folder / "frames.nv12"
    if not raw.exists():
        with raw.open("wb") as file:
            for frame in frames:
                file.write(frame.data)
    size, rate = f"{spec.width}x{spec.height}", f"{spec.fps.numerator}/{spec.fps.denominator}"
    source = ["-f", "rawvideo", "-pixel_format", "nv12", "-video_size", size, "-framerate", rate, *BT709]
    alone = [ffmpeg_exe(), "-nostats", "-loglevel", "error", "-y", *source, "-i", str(raw)]
    alone += [*encoder.output_options(spec), str(folder / "alone.mp4")]
    ours = folder / "ours.mp4"
    times = seconds(
        {
            "ours": lambda: save(encoder, ours, spec, frames),
            "ffmpeg": lambda: subprocess.run(alone, check=True, stdin=subprocess.DEVNULL),
        },
        repeat,
    )
    ratios = [a / b for a, b in zip(times["ours"], times["ffmpeg"], strict=True)]
    return {
        "ours_fps": len(frames) / median(times["ours"]),
        "ffmpeg_fps": len(frames) / median(times["ffmpeg"]),
        "ratio": median(ratios),
        "kB_per_frame": ours.stat().st_size / len(frames) / 1000,
        "same_bytes": ours.read_bytes() == (folder / "alone.mp4").read_bytes(),
    }


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1920x1080", help="WIDTHxHEIGHT, even")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--qualities", default="draft,standard", help="of draft, standard, high")
    parser.add_argument("--no-json", action="store_true", help="only print")
    return parser.parse_args()


def main() -> None:
    """Run all and print a table."""
    args = arguments()
    width, height = (int(side) for side in args.size.split("x"))
    colors = palette(254)
    frames = index_frames(width, height, args.frames, 254)
    nv12 = [to_nv12(frame, colors) for frame in frames[: args.frames]]
    results: dict[str, Any] = {"size": args.size, "frames": args.frames}
    print(f"{args.size}, {args.frames} frames, NV12 -> H.264")
    print(f"{'quality':>18} {'ours fps':>9} {'ffmpeg fps':>11} {'ratio':>6} {'kB/frame':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = FilmSpec(width, height, FPS, PixelFormat.NV12, args.frames, colors)
        for quality in args.qualities.split(","):
            row = h264(folder, nv12, spec, H264(quality=quality), args.repeat)
            results[f"h264 {quality}"] = row
            print(
                f"{quality:>18} {row['ours_fps']:9.1f} {row['ffmpeg_fps']:11.1f} {row['ratio']:6.2f} "
                f"{row['kB_per_frame']:9.1f}{'' if row['same_bytes'] else '  (bytes differ)'}"
            )
    if not args.no_json:
        write("encode", results)


if __name__ == "__main__":
    main()
