"""The other ways to make the same film, each as its own users write it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frames = list[NDArray[np.floating[Any]]]


@dataclass(frozen=True)
class Job:
    """One film: points, values per frame, and what to write."""

    coords: NDArray[np.float32]
    frames: Frames
    fps: int
    dpi: int
    """Of the 6 x 6 inch figure; 100 gives 600 x 600 pixels, 200 gives 1200 x 1200."""
    size: tuple[int, int] | None = None
    """Pixels, instead of the square figure."""

    @property
    def figsize(self) -> tuple[float, float]:
        return (6.0, 6.0) if self.size is None else (self.size[0] / self.dpi, self.size[1] / self.dpi)

    def first(self, n_frames: int) -> Job:
        """Return the job with its first frames only."""
        return Job(self.coords, self.frames[:n_frames], self.fps, self.dpi, self.size)


def matplotlib_celluloid(job: Job, target: Path) -> dict[str, float]:
    """Snap one scatter per frame with celluloid, then save: the path that gpuanim stands in for.

    Without celluloid its calls are written out: it collects each snap's artists for ArtistAnimation.
    """
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt
    import scipy.stats
    from matplotlib.animation import ArtistAnimation, FFMpegWriter

    use_our_ffmpeg()
    start = time.perf_counter()
    fig, axes = plt.subplots(1, 1, figsize=job.figsize)
    plt.tight_layout()
    axes.set_xticks([])
    axes.set_yticks([])
    try:
        from celluloid import Camera

        camera = Camera(fig)
        for values in job.frames:
            axes.scatter(job.coords[:, 0], job.coords[:, 1], c=scipy.stats.rankdata(values), s=0.3)
            camera.snap()
        animation = camera.animate()
    except ImportError:
        snaps = [
            [axes.scatter(job.coords[:, 0], job.coords[:, 1], c=scipy.stats.rankdata(values), s=0.3)]
            for values in job.frames
        ]
        animation = ArtistAnimation(fig, snaps)
    drawn = time.perf_counter()
    if target.suffix == ".html":
        with mpl.rc_context({"savefig.dpi": job.dpi, "animation.embed_limit": 2**10}):
            target.write_text(animation.to_jshtml(fps=job.fps))
    else:
        animation.save(target, dpi=job.dpi, writer=FFMpegWriter(fps=job.fps))
    plt.close(fig)
    return {"describe": drawn - start, "save": time.perf_counter() - drawn}


def matplotlib_tuned(job: Job, target: Path) -> dict[str, float]:
    """One collection whose colours change, its raw pixels piped into ffmpeg: matplotlib at its best."""
    import scipy.stats
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fig = Figure(figsize=job.figsize, dpi=job.dpi)
    canvas: Any = FigureCanvasAgg(fig)
    axes = fig.add_subplot()
    axes.set_xticks([])
    axes.set_yticks([])
    points = axes.scatter(job.coords[:, 0], job.coords[:, 1], c=np.zeros(len(job.coords)), s=0.3)
    writer = imageio_writer(target, canvas.get_width_height(), job.fps, "rgba")
    seconds = {"rank": 0.0, "draw": 0.0, "encode": 0.0}
    for values in job.frames:
        with _timed(seconds, "rank"):
            ranks = scipy.stats.rankdata(values)
        with _timed(seconds, "draw"):
            points.set_array(ranks)
            points.set_clim(ranks.min(), ranks.max())
            canvas.draw()
        with _timed(seconds, "encode"):
            writer.send(np.ascontiguousarray(canvas.buffer_rgba()))
    with _timed(seconds, "encode"):
        writer.close()
    return seconds


def datashader_imageio(job: Job, target: Path) -> dict[str, float]:
    """Aggregate with datashader, shade, and write with imageio: what large scatter plots use today."""
    import datashader as ds
    import datashader.transfer_functions as tf
    import pandas as pd
    import scipy.stats
    from matplotlib import colormaps

    width, height = (round(side * job.dpi) for side in job.figsize)
    frame = pd.DataFrame({"x": job.coords[:, 0], "y": job.coords[:, 1]})
    canvas = ds.Canvas(plot_width=width, plot_height=height)
    writer = imageio_writer(target, (width, height), job.fps, "rgba")
    seconds = {"rank": 0.0, "draw": 0.0, "encode": 0.0}
    for values in job.frames:
        with _timed(seconds, "rank"):
            frame["v"] = scipy.stats.rankdata(values)
        with _timed(seconds, "draw"):
            reduced = canvas.points(frame, "x", "y", ds.last("v"))
            image = tf.set_background(tf.shade(reduced, cmap=colormaps["viridis"], how="linear"), "white")
            pixels = image.values.view(np.uint8).reshape(height, width, 4)[::-1]
        with _timed(seconds, "encode"):
            writer.send(np.ascontiguousarray(pixels))
    with _timed(seconds, "encode"):
        writer.close()
    return seconds


PEERS: dict[str, Callable[[Job, Path], dict[str, float]]] = {
    "matplotlib + celluloid": matplotlib_celluloid,
    "matplotlib, tuned": matplotlib_tuned,
    "datashader + imageio": datashader_imageio,
}


def use_our_ffmpeg() -> None:
    """Let matplotlib find the ffmpeg that imageio-ffmpeg brings, so that all encode with the same one."""
    import imageio_ffmpeg
    import matplotlib as mpl

    mpl.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()


def imageio_writer(target: Path, size: tuple[int, int], fps: int, pix_fmt: str) -> Any:
    import imageio_ffmpeg

    writer = imageio_ffmpeg.write_frames(
        str(target), size, pix_fmt_in=pix_fmt, fps=fps, quality=None, codec="libx264", macro_block_size=2,
        output_params=["-preset", "veryfast", "-crf", "17"],
    )  # fmt: skip
    writer.send(None)
    return writer


class _timed:  # noqa: N801
    """Adds the time of its block to a stage."""

    def __init__(self, seconds: dict[str, float], stage: str) -> None:
        self.seconds, self.stage = seconds, stage

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *exc: object) -> None:
        self.seconds[self.stage] += time.perf_counter() - self.start
