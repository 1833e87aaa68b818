"""One real film in every format: time, size, frames per second, error of colour, and where it opened.

    python benchmarks/formats.py --size 1920x1080 --frames 100

The film is a glow that runs through 517,229 papers by their date (or over 700 blood cells where the data are
not there). Each format is saved with its defaults; times are medians of turns that go round all formats, so
that a busy machine is unfair to nobody. Every file is decoded by ffmpeg and compared with the frames that
the renderer makes in RGB; "error" is the mean absolute difference of channels, of 255, where the frame is not
background, and "flat" the largest one in the middle of areas of one colour. Formats for browsers are opened
in Chromium, too, if playwright and a Chromium are there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _report import shared_data, write
from numpy.typing import NDArray

import gpuanim as ga
from gpuanim.decode import film_info
from gpuanim.decode.frames import read_frames
from gpuanim.decode.page import film_of_page
from gpuanim.encode import CODECS, SUFFIXES
from gpuanim.errors import FileError
from gpuanim.frames import PixelFormat

Frames = NDArray[np.uint8]

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "mp4, H.264": ("film.mp4", {}),
    "mp4, H.264 4:4:4": ("film444.mp4", {"pixel_format": "yuv444p"}),
    "mp4, H.265": ("film265.mp4", {"codec": "h265"}),
    "mp4, AV1": ("filmav1.mp4", {"codec": "av1"}),
    "webm, VP9": ("film.webm", {}),
    "mov, ProRes 4444": ("film.mov", {"codec": "prores"}),
    "mkv, lossless H.264": ("film.mkv", {}),
    "mkv, FFV1": ("filmffv1.mkv", {"codec": "ffv1"}),
    "GIF": ("film.gif", {}),
    "APNG": ("film.apng", {}),
    "WebP": ("film.webp", {}),
    "WebP, lossless": ("lossless.webp", {"quality": "lossless"}),
    "PNG files": ("still-%05d.png", {}),
    "HTML": ("film.html", {}),
    "HTML, interactive": ("points.html", {"interactive": True}),
    "array in memory": ("", {}),
}
BROWSER = (
    "mp4, H.264",
    "mp4, H.264 4:4:4",
    "mp4, AV1",
    "webm, VP9",
    "GIF",
    "APNG",
    "WebP",
    "WebP, lossless",
    "HTML",
    "HTML, interactive",
)
GL = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FLAT = 33  # pixels of one colour around a pixel that make it "flat": 16 px off every edge


def animation(size: tuple[int, int], count: int) -> tuple[str, ga.Animation]:
    """Describe the film."""
    path = shared_data("cord19_umap_517k.h5ad")
    if path is None:
        import scanpy

        cells = scanpy.datasets.pbmc68k_reduced()
        coords, rank, name = (
            np.asarray(cells.obsm["X_umap"], np.float32),
            np.linspace(0, 1, cells.n_obs),
            "pbmc68k",
        )
    else:
        import anndata

        data = anndata.read_h5ad(path)
        coords, name = np.asarray(data.obsm["X_umap"], np.float32), "cord19"
        rank = data.obs["publish_date"].to_numpy().argsort().argsort() / data.n_obs
    glow = [np.exp(-np.square((rank - t) / 0.15)).astype(np.float32) for t in np.linspace(0, 1, count)]
    film = ga.animate(coords, glow, vmin=0, vmax=1, cmap="magma", order="random", size=size, fps=25)
    return name, film


def known(case: str) -> bool:
    """Whether this version of gpuanim has the format."""
    name, options = CASES[case]
    if not name:
        return hasattr(ga.Animation, "to_array")
    suffix, codec = Path(name).suffix, options.get("codec")
    return suffix in SUFFIXES and (codec not in CODECS or codec in SUFFIXES[suffix])


def save(film: ga.Animation, case: str, folder: Path) -> tuple[float, int]:
    """Return seconds and bytes."""
    name, options = CASES[case]
    start = time.perf_counter()
    nbytes = film.save(folder / name, **options).nbytes if name else film.to_array().nbytes
    return time.perf_counter() - start, nbytes


def decoded(path: Path, count: int) -> Iterator[Frames]:
    """Yield the frames of a file; of PNG files one after the other."""
    if "%" in path.name:
        for i in range(count):
            yield from decoded(path.with_name(path.name % i), 1)
        return
    info = film_info(path)
    if info.container == "html":
        with film_of_page(path) as film:
            yield from decoded(film, count)
        return
    for frame in read_frames(path, info, PixelFormat.RGB24):
        yield frame.reshape(info.height, info.width, 3)


def errors(path: Path, frames: Frames) -> dict[str, float] | None:
    """Compare every tenth frame; None for a page of points, which has no frames to decode."""
    from scipy.ndimage import maximum_filter, minimum_filter

    total, n, flat_error, count = 0.0, 0, 0, 0
    try:
        for i, shown in enumerate(decoded(path, len(frames))):
            count += 1
            if i % 10:
                continue
            wanted = frames[i]
            gap = np.abs(shown[: wanted.shape[0], : wanted.shape[1]].astype(np.int16) - wanted)
            drawn = (wanted != wanted[0, 0]).any(-1)
            total, n = total + float(gap[drawn].sum()), n + 3 * int(drawn.sum())
            box = (FLAT, FLAT, 1)
            flat = (maximum_filter(wanted, box) == minimum_filter(wanted, box)).all(-1)
            flat_error = max(flat_error, int(gap[flat].max(initial=0)))
    except FileError:
        return None
    if count != len(frames):
        raise AssertionError(f"{path.name} holds {count} frames, not {len(frames)}")
    return {"error": total / max(1, n), "flat": flat_error}


@contextmanager
def chromium() -> Iterator[Any]:
    """Give a browser, or None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = os.environ.get("GPUANIM_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    try:
        from playwright.sync_api import sync_playwright  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        path = None
    if path is None:
        yield None
        return
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=GL)
        yield browser
        browser.close()


SHOWS = """async name => {
  const film = document.querySelector("video, img, .gpuanim-points canvas");
  if (film.tagName === "CANVAS") { return [film.width, film.height]; }
  if (film.tagName === "IMG") { await film.decode(); return [film.naturalWidth, film.naturalHeight]; }
  await new Promise((done, fail) => {
    if (film.readyState >= 2) { done(); return; }
    film.onloadeddata = done;
    film.onerror = () => fail(film.error.message);
  });
  return [film.videoWidth, film.videoHeight];
}"""


def opens(browser: Any, path: Path, size: tuple[int, int]) -> bool:
    """Whether the browser shows the film in its size."""
    tag = "img" if path.suffix in (".gif", ".apng", ".webp") else "video muted"
    page = path
    if path.suffix != ".html":
        page = path.with_name("opens.html")
        page.write_text(f'<!DOCTYPE html><{tag} src="{path.name}"></{tag.split(maxsplit=1)[0]}>')
    tab = browser.new_page()
    try:
        tab.goto(page.as_uri())
        tab.wait_for_selector("video, img, .gpuanim-points canvas", state="attached")
        shown = tuple(tab.evaluate(SHOWS))
        return shown == size or (path.name == "points.html" and min(shown) > 1)  # as large as the window
    except Exception as error:
        print(f"Chromium does not open {path.name}: {error}")
        return False
    finally:
        tab.close()


def main() -> None:
    """Run all and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1920x1080", help="WIDTHxHEIGHT, even")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-json", action="store_true", help="only print")
    args = parser.parse_args()
    width, height = (int(side) for side in args.size.split("x"))
    name, film = animation((width, height), args.frames)
    cases = [case for case in CASES if known(case)]
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        folder = Path(place)
        save(film, cases[0], folder)  # compiles the kernels
        times: dict[str, list[tuple[float, int]]] = {case: [] for case in cases}
        for _ in range(args.repeat):
            for case in cases:
                times[case].append(save(film, case, folder))
        frames = film.to_array()
        rows = {case: row(case, times[case], folder, frames, browser) for case in cases}
    print(table(rows))
    if not args.no_json:
        write("formats", {"film": name, "size": args.size, "frames": args.frames, "formats": rows})


def row(
    case: str, times: list[tuple[float, int]], folder: Path, frames: Frames, browser: Any
) -> dict[str, Any]:
    """Sum up a format, and open its file."""
    seconds, nbytes = median(t for t, _ in times), times[-1][1]
    result: dict[str, Any] = {"seconds": seconds, "fps": len(frames) / seconds, "MB": nbytes / 1e6}
    name = CASES[case][0]
    if not name:
        return {**result, "error": 0.0, "flat": 0, "opened": []}
    found = errors(folder / name, frames)
    result["error"], result["flat"] = (None, None) if found is None else (found["error"], found["flat"])
    opened = [] if found is None else ["ffmpeg"]
    if browser is not None and case in BROWSER and opens(browser, folder / name, frames.shape[2:0:-1]):
        opened.append("Chromium")
    return {**result, "opened": opened}


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Return the rows as Markdown."""
    lines = ["| format | s | frames/s | MB | error | flat | opened in |", "|---|---|---|---|---|---|---|"]
    for case, found in rows.items():
        error = "" if found["error"] is None else f"{found['error']:.1f}"
        flat = "" if found["flat"] is None else str(found["flat"])
        numbers = f"{found['seconds']:.2f} | {found['fps']:.0f} | {found['MB']:.1f} | {error} | {flat}"
        lines.append(f"| {case} | {numbers} | {', '.join(found['opened'])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
