"""What a finished figure costs: a film with titles, a colour bar and a legend against the points alone.

    python benchmarks/chrome.py
    python benchmarks/chrome.py --cells 200000 --frames 50

The points alone stand in the same box of a frame of the same size, so that they take as long to draw; for
comparison, the film of the same call without chrome, whose points fill the whole frame. Values come from a
memory-mapped file: a wave with noise of its own per cell, which changes all of the picture, and a front as
of a label propagation, where most cells stand still. Runs alternate; the ratios are medians of those of
pairs, of wall time, and of processor time with that of the encoder, which tells more on a busy machine. The
cost of one frame's chrome is measured in each pixel format alone: bringing the texts to the moment, drawing
them, and putting the patches over a frame.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from _report import write
from numpy.typing import NDArray

import gpuanim as ga
from gpuanim.chrome._base import Fitted, Moment, Stage, StageLayers
from gpuanim.film import Fits, Timings
from gpuanim.frames import PixelFormat
from gpuanim.raster.overlay import Overlay
from gpuanim.view.plane import View

SIZE = (1920, 1080)
FORMATS = (PixelFormat.NV12, PixelFormat.YUV420P, PixelFormat.YUV444P, PixelFormat.RGB24, PixelFormat.RGBA)


def prepare(folder: Path, cells: int, frames: int) -> NDArray[np.float32]:
    """Simulate an atlas and keep two films of values in files; return the places of the cells."""
    from gpuanim.simulate import atlas

    coords = np.asarray(atlas(cells, k=5).coords, np.float32)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.15, cells).astype(np.float32)
    far = np.hypot(*(coords - coords[0]).T)
    waves, fronts = (
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float32, (frames, cells))
        for name in ("wave", "front")
    )
    for i in range(frames):
        waves[i] = np.sin(coords[:, 0] * 0.8 + coords[:, 1] * 0.5 + i / 6) + noise
        fronts[i] = np.clip((far.max() * (i + 1) / frames - far) * 4, 0, 1)
    return coords


def film_of(coords: NDArray[np.float32], values: Any, **options: Any) -> ga.Animation:
    """Describe the film, without chrome unless `options` have it."""
    return ga.animate(coords, values, size=SIZE, s=0.3, aspect="auto", vmin=-1, vmax=1, **options)


def titled(coords: NDArray[np.float32], values: Any) -> ga.Animation:
    """Describe the film with a title per frame, colour bar and legend."""
    seeds = ga.Highlight([0, len(coords) // 2], marker="star", label="seeds")
    return film_of(
        coords, values, title="step {step} of {steps}, {time:.1f} s", colorbar="value", legend="upper right",
        highlight=seeds,
    )  # fmt: skip


def dressed(coords: NDArray[np.float32], values: Any) -> ga.Animation:
    """Describe the film with a title per frame, axes, colour bar, legend, scale bar and progress line."""
    seeds = ga.Highlight([0, len(coords) // 2], marker="star", label="seeds")
    return film_of(
        coords, values, title="step {step} of {steps}, {time:.1f} s", axes=True, xlabel="UMAP1",
        ylabel="UMAP2", colorbar="value", legend="upper right", highlight=seeds, scale_bar=True,
        progress_line=True,
    )  # fmt: skip


class Bare(Stage):
    """Points alone, in the box that they have on another stage."""

    n_panels = 1

    def __init__(self, stage: Stage, views: tuple[View, ...]) -> None:
        self.figsize, self.background = stage.figsize, stage.background
        self._stage, self._views = stage, views

    def without_background(self) -> Bare:
        """Return the stage of a transparent film."""
        return Bare(self._stage.without_background(), self._views)

    def layers(self, dpi: float, size: tuple[int, int], fitted: Fitted) -> StageLayers:
        """Leave all out but the place of the points."""
        ground = np.full(3, 255, np.uint8) if self.background is None else self.background
        return StageLayers(self._views, ground, None)

    def describe(self) -> dict[str, Any]:
        """Return the options of the other stage."""
        return self._stage.describe()


def undressed(film: ga.Animation) -> ga.Animation:
    """Return the same points in the same box, and nothing around them."""
    views = Fits(film._film, Timings()).layers(film._dpi, film.size).views
    return replace(film, _film=replace(film._film, stage=Bare(film._film.stage, views)))


def compare(folder: Path, coords: NDArray[np.float32], name: str, runs: int) -> dict[str, Any]:
    """Save both films in turns."""
    values = np.load(folder / f"{name}.npy", mmap_mode="r")
    film = dressed(coords, values)
    jobs = {
        "points alone": partial(undressed(film).save, folder / "alone.mp4"),
        "finished figure": partial(film.save, folder / "dressed.mp4"),
        "whole frame": partial(film_of(coords, values).save, folder / "plain.mp4"),
        "title, colour bar, legend": partial(titled(coords, values).save, folder / "titled.mp4"),
    }
    times: dict[str, list[float]] = {job: [] for job in jobs}
    spent: dict[str, list[float]] = {job: [] for job in jobs}
    stages: dict[str, dict[str, float]] = {}
    for turn in range(runs + 1):
        for job, save in jobs.items():
            start, busy = time.perf_counter(), sum(os.times()[:4])
            result = save()
            if turn:
                times[job].append(time.perf_counter() - start)
                spent[job].append(sum(os.times()[:4]) - busy)
            stages[job] = dict(result.seconds)
    pairs = [
        ("finished figure", "points alone"), ("finished figure", "whole frame"),
        ("title, colour bar, legend", "whole frame"),
    ]  # fmt: skip
    ratios = {
        kind: {
            f"{dress} / {job}": statistics.median(
                after / before for before, after in zip(taken[job], taken[dress], strict=True)
            )
            for dress, job in pairs
        }
        for kind, taken in (("wall", times), ("processor", spent))
    }
    for job in jobs:
        told = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in stages[job].items())
        print(f"{name:6s} {job:16s} {statistics.median(times[job]):7.2f} s  {told}")
    for kind, against in ratios.items():
        told = ", ".join(f"{pair} {ratio:.3f}" for pair, ratio in against.items())
        print(f"{name:6s} ratio by {kind} time: {told}")
    rows = {
        job: {"seconds": times[job], "processor seconds": spent[job], "stages": stages[job]} for job in jobs
    }
    return {**rows, "ratios by": ratios}


def one_frame(film: ga.Animation, frames: int) -> dict[str, Any]:
    """Return the median milliseconds of a frame's chrome in each pixel format."""
    layers = Fits(film._film, Timings()).layers(film._dpi, film.size)
    rows: dict[str, Any] = {}
    for pixel_format in FORMATS:
        overlay = Overlay(pixel_format, *SIZE)
        out = pixel_format.empty(*SIZE)
        out[:] = 128
        spent: dict[str, list[float]] = {"texts": [], "draw": [], "put": []}
        for i in range(frames):
            moment = Moment(i, frames, i, frames, float(i / Fraction(30)))
            marks = [time.perf_counter()]
            for part in layers.moving:
                part.show(moment)
            marks.append(time.perf_counter())
            patches = [patch for part in layers.moving if (patch := part.draw()) is not None]
            marks.append(time.perf_counter())
            overlay.restore(out)
            overlay.put(out, patches)
            marks.append(time.perf_counter())
            for stage, (before, after) in zip(spent, pairwise(marks), strict=True):
                spent[stage].append(1e3 * (after - before))
        rows[pixel_format.value] = {stage: statistics.median(ms) for stage, ms in spent.items()}
        told = ", ".join(f"{stage} {ms:.2f}" for stage, ms in rows[pixel_format.value].items())
        print(f"one frame's chrome, {pixel_format.value:8s} ms: {told}")
    return rows


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-json", action="store_true")
    args = parser.parse_args()
    results: dict[str, Any] = {"cells": args.cells, "frames": args.frames, "size": SIZE}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        coords = prepare(folder, args.cells, args.frames)
        for values in ("wave", "front"):
            results[values] = compare(folder, coords, values, args.runs)
        film = dressed(coords, np.load(folder / "wave.npy", mmap_mode="r"))
        results["ms of one frame's chrome"] = one_frame(film, min(args.frames, 100))
    if not args.no_json:
        write("chrome", results)


if __name__ == "__main__":
    main()
