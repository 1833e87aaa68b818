"""What a film in segments costs, and what it saves: bytes, quality, time, a crash, a killed worker.

    python benchmarks/segments.py                              # 1,000,000 cells, 240 frames at 720p
    python benchmarks/segments.py --cells 100000 --frames 96   # quickly

The film is a wave with noise of its own per cell over a simulated atlas: every pixel changes with every
frame. All ways are timed in one run, after a first one that warms up. The ways are: in one piece; in
segments by one encoder and by several; resumed after half of the segments; and on two worker processes of
Dask, of which one is killed after the first segment. Frames are compared decoded. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from _report import write

import gpuanim as ga
from gpuanim.decode import film_info
from gpuanim.decode.frames import read_frames
from gpuanim.encode._ffmpeg import FFmpegEncoder
from gpuanim.frames import PixelFormat
from gpuanim.segments.journal import kept_folder
from gpuanim.segments.piecework import Piecework
from gpuanim.simulate import atlas

FPS = 24
QUALITY_FRAMES = 48


def make_film(cells: int, frames: int, size: tuple[int, int]) -> ga.Animation:
    """Let a wave with noise run over an atlas; steps are computed when they are due."""
    coords = atlas(cells, k=1).coords
    noise = np.random.default_rng(0).normal(0, 0.6, len(coords)).astype(np.float32)
    x, y = (coords / np.abs(coords).max()).T
    blended = [np.sin(3 * x + 2 * y + t / 3) + noise for t in range(24)]
    return ga.animate(
        coords, lambda i: blended[i % 24], n_steps=frames, vmin=-2, vmax=2, order="random", size=size, fps=FPS
    )


def timed(save: Callable[[], ga.SaveResult]) -> tuple[float, ga.SaveResult]:
    start = time.perf_counter()
    result = save()
    return time.perf_counter() - start, result


def hashes(path: Path) -> list[str]:
    """Return a hash of each decoded frame."""
    info = film_info(path)
    return [hashlib.sha256(frame.data).hexdigest() for frame in read_frames(path, info, PixelFormat.YUV420P)]


def psnr(path: Path, exact: list[Any]) -> float:
    """Return the PSNR in dB of the luma of the first frames."""
    info = film_info(path)
    luma = info.width * info.height
    error = [
        np.square(frame[:luma].astype(np.float32) - true[:luma]).mean()
        for frame, true in zip(read_frames(path, info, PixelFormat.YUV420P), exact, strict=False)
    ]
    return float(10 * np.log10(255**2 / np.mean(error)))


def resumed(film: ga.Animation, target: Path) -> ga.SaveResult:
    """Save, lose the film when its segments are joined, and half of the segments; save again."""
    with patch.object(FFmpegEncoder, "join", side_effect=KeyboardInterrupt), suppress(KeyboardInterrupt):
        film.save(target, resume="wave")
    made = sorted(path for path in kept_folder(target).iterdir() if path.is_dir())
    for segment in made[len(made) // 2 :]:
        (segment / "segment.json").unlink()
    start = time.perf_counter()
    result = film.save(target, resume="wave")
    print(f"resumed with {len(made) // 2} of {len(made)} segments in {time.perf_counter() - start:.1f} s")
    return result


def on_workers(film: ga.Animation, target: Path, *, kill: bool) -> tuple[float, ga.SaveResult]:
    """Save on two processes of Dask; with `kill` one of them dies after the first segment."""
    import distributed

    dask: Any = distributed
    keep = Piecework.keep
    threads = str(max(1, (os.cpu_count() or 2) // 2))
    with (
        dask.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50,
            env={"GPUANIM_NUM_THREADS": threads},
        ) as cluster,
        dask.Client(cluster) as client,
    ):  # fmt: skip
        film.save(target, client=client)  # warms the workers up
        pids = list(client.run(os.getpid).values())

        def killing(self: Piecework, number: int, files: Any) -> None:
            keep(self, number, files)
            if kill and pids:
                os.kill(pids.pop(), signal.SIGKILL)
                pids.clear()

        with patch.object(Piecework, "keep", killing):
            return timed(lambda: film.save(target, client=client))


def measure(cells: int, frames: int, size: tuple[int, int]) -> list[dict[str, Any]]:
    film = make_film(cells, frames, size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film.save(folder / "warm.mp4", segment=2)
        ways: dict[str, Callable[[], ga.SaveResult]] = {
            "in one piece": lambda: film.save(folder / "film.mp4"),
            "segments of 2 s": lambda: film.save(folder / "film.mp4", segment=2),
            "segments of 2 s, 2 encoders": lambda: film.save(folder / "film.mp4", workers=2),
            "segments of 2 s, kept": lambda: film.save(folder / "film.mp4", resume="wave"),
            "segments of 4 s": lambda: film.save(folder / "film.mp4", segment=4),
        }
        film.save(folder / "exact.mp4", quality="lossless", pixel_format="yuv420p")
        exact = [
            frame
            for _, frame in zip(
                range(QUALITY_FRAMES),
                read_frames(folder / "exact.mp4", film_info(folder / "exact.mp4"), PixelFormat.YUV420P),
                strict=False,
            )
        ]
        rows: list[dict[str, Any]] = []
        shown: dict[str, list[str]] = {}

        def note(way: str, seconds: float | None, result: ga.SaveResult) -> None:
            path = Path(result.path)
            shown[way] = hashes(path)
            rows.append(
                {
                    "way": way,
                    "seconds": None if seconds is None else round(seconds, 2),
                    "bytes": result.nbytes,
                    "psnr": round(psnr(path, exact), 2),
                    "as segments of 2 s": shown[way] == shown.get("segments of 2 s"),
                }
            )

        for way, save in ways.items():
            note(way, *timed(save))
        note("resumed after half", None, resumed(film, folder / "film.mp4"))
        note("two Dask workers", *on_workers(film, folder / "film.mp4", kill=False))
        note("two Dask workers, one killed", *on_workers(film, folder / "film.mp4", kill=True))
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    first = rows[0]
    lines = [
        "| way | time | bytes | PSNR of luma | the frames of segments of 2 s |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        took = "" if row["seconds"] is None else f"{row['seconds'] / first['seconds']:.2f} x"
        same = "yes" if row["as segments of 2 s"] else "no"
        lines.append(
            f"| {row['way']} | {took} | {row['bytes'] / first['bytes']:.3f} x | {row['psnr']:.2f} dB "
            f"| {same} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 720))
    parser.add_argument("--no-write", action="store_true", help="print only")
    args = parser.parse_args()
    rows = measure(args.cells, args.frames, tuple(args.size))
    print(table(rows))
    if not args.no_write:
        write("segments", {"cells": args.cells, "frames": args.frames, "size": args.size, "rows": rows})


if __name__ == "__main__":
    main()
