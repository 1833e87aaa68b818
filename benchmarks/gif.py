"""GIFs of the same frames by all that write them: time, bytes, and how far colours are off.

    python benchmarks/gif.py --size 1920x1080 --frames 60

A wave of viridis with noise of its own for each of a million points, made beforehand. Each writer gets
what it takes: ours and Pillow palette rows, the others RGB; gifski (if it is installed, or named by
`--gifski`) reads PNG files, whose making is not timed. Pillow decodes every film, and colours are compared
where the points are. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _report import write
from numpy.typing import NDArray

from gpuanim.encode.gif import GIF
from gpuanim.encode.process import ffmpeg_exe
from gpuanim.frames import FilmSpec, PixelFormat

FPS = 25
LEVELS = 254

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Job:
    """Frames as palette rows, their colours, and a folder for what is made of them."""

    rows: list[Image]
    colors: Image
    folder: Path

    @property
    def rgb(self) -> list[Image]:
        """The frames in RGB, made anew."""
        return [np.ascontiguousarray(self.colors[frame]) for frame in self.rows]


def frames(width: int, height: int, count: int, n_points: int) -> tuple[list[Image], Image]:
    """Draw a wave that gains speed over 30 clusters of 2 x 2 px points, as rows of viridis and white."""
    import matplotlib

    random = np.random.default_rng(0)
    centers = random.normal(0.5, 0.22, (30, 2))[random.integers(0, 30, n_points)]
    xy = (centers + random.normal(0, 0.06, (n_points, 2))) * (width, height)
    x, y = np.clip(xy, 0, (width - 2, height - 2)).astype(int).T
    owner = np.full((height, width), -1)
    for dy in (0, 1):
        for dx in (0, 1):
            owner[y + dy, x + dx] = np.arange(n_points)
    visible = owner >= 0
    noise = random.normal(0, 8, n_points)
    made = []
    for t in range(count):
        wave = 127 + 100 * np.sin(9 * x / width + 7 * y / height + 0.0005 * t * t) + noise
        frame = np.full((height, width), LEVELS, np.uint8)
        frame[visible] = np.clip(wave, 0, LEVELS - 1).astype(np.uint8)[owner[visible]]
        made.append(frame)
    table = np.asarray(matplotlib.colormaps["viridis"](np.linspace(0, 1, LEVELS)))[:, :3]
    return made, np.concatenate([np.rint(table * 255), [[255, 255, 255]]]).astype(np.uint8)


def ours(job: Job, path: Path, *, rgb: list[Image] | None = None, **options: Any) -> None:
    height, width = job.rows[0].shape
    pixels = PixelFormat.PAL8 if rgb is None else PixelFormat.RGB24
    spec = FilmSpec(
        width, height, Fraction(FPS), pixels, len(job.rows), job.colors, background=(255, 255, 255)
    )
    with GIF(**options).open(path, spec) as writer:
        for frame in job.rows if rgb is None else rgb:
            writer.write(frame)


def pillow(job: Job, path: Path) -> None:
    from PIL import Image

    images = [Image.frombytes("P", frame.shape[::-1], frame.tobytes()) for frame in job.rows]
    for image in images:
        image.putpalette(job.colors.tobytes())
    images[0].save(
        path, save_all=True, append_images=images[1:], duration=1000 // FPS, loop=0, optimize=False
    )


def imageio(path: Path, rgb: list[Image]) -> None:
    import imageio.v3 as iio

    iio.imwrite(path, rgb, plugin="pillow", duration=1000 // FPS, loop=0)


def ffmpeg(path: Path, rgb: list[Image], dither: str) -> None:
    """Let palettegen choose the colours of the whole film, and paletteuse map them."""
    height, width = rgb[0].shape[:2]
    graph = f"split[a][b];[a]palettegen[p];[b][p]paletteuse=dither={dither}"
    source = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}"]
    command = [ffmpeg_exe(), "-loglevel", "error", "-y", *source, "-framerate", str(FPS), "-i", "-"]
    process = subprocess.Popen([*command, "-filter_complex", graph, str(path)], stdin=subprocess.PIPE)
    assert process.stdin is not None
    with process.stdin as pipe:
        for frame in rgb:
            pipe.write(frame.data)
    if process.wait() != 0:
        raise RuntimeError(f"ffmpeg ended with status {process.returncode}")


def gifski(exe: str, path: Path, pictures: list[Path], width: int) -> None:
    # Without a width it shrinks large pictures.
    command = [exe, "--quiet", "--fps", str(FPS), "--width", str(width), "-o", str(path), *map(str, pictures)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def shown(path: Path) -> Iterator[Image]:
    """Decode a film by Pillow, an image for each frame that it is shown."""
    from PIL import Image, ImageSequence

    with Image.open(path) as film:
        for image in ImageSequence.Iterator(film):
            for _ in range(max(1, round(image.info["duration"] * FPS / 1000))):
                yield np.asarray(image.convert("RGB"))


def errors(job: Job, path: Path) -> dict[str, float]:
    """Compare channels, of 255: mean and largest difference in the points, and the largest anywhere."""
    mean, worst, anywhere, count = 0.0, 0, 0, 0
    for frame, image in zip(job.rows, shown(path), strict=False):
        off = np.abs(job.colors[frame].astype(np.int16) - image)
        points = off[frame != LEVELS]
        mean += float(points.mean())
        worst, anywhere = max(worst, int(points.max())), max(anywhere, int(off.max()))
        count += 1
    return {"mean": mean / count, "max": worst, "max_anywhere": anywhere, "frames": count}


def jobs(job: Job, skipped: list[str], exe: str | None) -> dict[str, Callable[[Path], None]]:
    """Name all ways to write the film, but for those that begin as one of `skipped`."""
    rgb = job.rgb
    ways: dict[str, Callable[[Path], None]] = {
        "ours, exact": lambda path: ours(job, path),
        "ours, max_error=4": lambda path: ours(job, path, max_error=4),
        "ours, max_error=8": lambda path: ours(job, path, max_error=8),
        "ours, max_error=11": lambda path: ours(job, path, max_error=11),
        "ours, max_error=4, small": lambda path: ours(job, path, max_error=4, effort="small"),
        "ours, max_error=11, small": lambda path: ours(job, path, max_error=11, effort="small"),
        "ours from RGB": lambda path: ours(job, path, rgb=rgb),
        "ours from RGB, bayer": lambda path: ours(job, path, rgb=rgb, dither="bayer"),
        "ours from RGB, floyd-steinberg": lambda path: ours(job, path, rgb=rgb, dither="floyd-steinberg"),
        "Pillow, palette frames": lambda path: pillow(job, path),
        "imageio from RGB": lambda path: imageio(path, rgb),
        "ffmpeg palettegen": lambda path: ffmpeg(path, rgb, "none"),
        "ffmpeg palettegen, sierra2_4a": lambda path: ffmpeg(path, rgb, "sierra2_4a"),
    }
    if exe:
        pictures = [job.folder / f"{i:04d}.png" for i in range(len(rgb))]
        for picture, frame in zip(pictures, rgb, strict=True):
            _save_png(picture, frame)
        ways["gifski"] = lambda path: gifski(exe, path, pictures, job.rows[0].shape[1])
    return {name: way for name, way in ways.items() if not name.startswith(tuple(skipped or ["\0"]))}


def _save_png(path: Path, frame: Image) -> None:
    from PIL import Image

    Image.fromarray(frame).save(path, compress_level=1)


def measure(job: Job, ways: dict[str, Callable[[Path], None]], repeat: int) -> dict[str, Any]:
    """Run all in turns after a warm-up of ours; slow ways, below 15 frames/s, run once."""
    results: dict[str, Any] = {}
    times: dict[str, list[float]] = {name: [] for name in ways}
    few = Job(job.rows[:2], job.colors, job.folder)
    for options in ({}, {"max_error": 4}, {"max_error": 4, "effort": "small"}):
        ours(few, job.folder / "warm.gif", **options)
    for dither in (None, "bayer", "floyd-steinberg"):
        ours(few, job.folder / "warm.gif", rgb=few.rgb, dither=dither)
    for turn in range(repeat):
        for name, way in ways.items():
            if turn and len(job.rows) / times[name][0] < 15:
                continue
            path = job.folder / f"{name}.gif"
            start = time.perf_counter()
            way(path)
            times[name].append(time.perf_counter() - start)
    for name in ways:
        path = job.folder / f"{name}.gif"
        seconds = median(times[name])
        results[name] = {
            "seconds": seconds,
            "fps": len(job.rows) / seconds,
            "bytes": path.stat().st_size,
            "runs": len(times[name]),
            **errors(job, path),
        }
    return results


def table(results: dict[str, Any]) -> str:
    """Return Markdown."""
    lines = ["| writer | seconds | frames/s | MB | mean error | largest |", "|---|---|---|---|---|---|"]
    for name, row in results.items():
        lines.append(
            f"| {name} | {row['seconds']:.2f} | {row['fps']:.1f} | {row['bytes'] / 1e6:.2f} | "
            f"{row['mean']:.2f} | {row['max']} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run all, print the table and write the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1920x1080", help="WIDTHxHEIGHT")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--points", type=int, default=720_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--skip", action="append", default=[], metavar="NAME", help="ways that begin so")
    parser.add_argument("--gifski", default=shutil.which("gifski"), help="its program")
    parser.add_argument("--no-json", action="store_true", help="only print")
    args = parser.parse_args()
    width, height = (int(side) for side in args.size.split("x"))
    rows, colors = frames(width, height, args.frames, args.points)
    with tempfile.TemporaryDirectory() as name:
        job = Job(rows, colors, Path(name))
        results = measure(job, jobs(job, args.skip, args.gifski), args.repeat)
    print(table(results))
    if not args.no_json:
        write("gif", {"size": args.size, "frames": args.frames, "points": args.points, "writers": results})


if __name__ == "__main__":
    main()
