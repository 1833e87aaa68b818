"""The interactive page: time to pack, bytes, and the time until Chromium shows it.

Two films of noisy values, as large as a page should bear: 200,000 points x 18 frames (at most 2 MB) and a
million x 60 (at most 15 MB). Each page is opened in a new Chromium that draws with software WebGL2, until the
first frame is on the screen; without playwright or a Chromium that part is left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _report import write
from numpy.typing import NDArray

import gpuanim as ga

FILMS = {"200k_x_18": (200_000, 18, 2.0), "1m_x_60": (1_000_000, 60, 15.0)}
"""Points, frames, and the budget in MB of 10^6 bytes."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SETTLED = "() => document.querySelector('.gpuanim-points').page?.settled"


def noisy_film(n: int, n_frames: int) -> tuple[NDArray[np.float64], list[NDArray[np.float32]]]:
    """Return 30 clusters and a wave of values over them, with noise of each point's own."""
    rng = np.random.default_rng(0)
    centres, cluster = rng.normal(size=(30, 2)) * 4, rng.integers(0, 30, n)
    coords = centres[cluster] + rng.normal(size=(n, 2)) * rng.uniform(0.3, 1.2, 30)[cluster][:, None]
    noise, phase = rng.normal(size=n) * 0.013, coords @ [0.55, 0.325]
    values = [0.5 + 0.4 * np.sin(phase - np.pi * t / n_frames) + noise for t in range(n_frames)]
    return coords, [step.astype(np.float32) for step in values]


def pack(n: int, n_frames: int, path: Path, repeats: int) -> dict[str, Any]:
    """Save the film as a page, and time it in a warm process."""
    coords, values = noisy_film(n, n_frames)
    film = ga.animate(coords, values, vmin=0, vmax=1)
    results = [film.save(path, interactive=True) for _ in range(repeats + 1)][1:]
    seconds = {stage: median(r.seconds[stage] for r in results) for stage in results[0].seconds}
    return {"seconds": seconds, "bytes": results[0].nbytes, **results[0].facts}


def open_times(path: Path, repeats: int) -> dict[str, float] | None:
    """Open a page in new processes of Chromium; seconds until the first frame, and to reach the last one."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    chromium = os.environ.get("GPUANIM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        return None
    opened, sought = [], []
    with sync_playwright() as running:
        for _ in range(repeats):
            browser = running.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            start = time.perf_counter()
            page.goto(path.as_uri())
            page.wait_for_function(SETTLED, timeout=60_000)
            opened.append(time.perf_counter() - start)
            start = time.perf_counter()
            page.evaluate("() => { const p = document.querySelector('.gpuanim-points').page.player;"
                          " p.seek(p.count - 1); }")  # fmt: skip
            page.wait_for_function(SETTLED, timeout=60_000)
            sought.append(time.perf_counter() - start)
            browser.close()
    return {"open_seconds": median(opened), "seek_to_the_end_seconds": median(sought)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--shrink", type=int, default=1, help="divide the number of points; writes no results"
    )
    asked = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="gpuanim-") as folder:
        for name, (n, n_frames, budget) in FILMS.items():
            path = Path(folder) / f"{name}.html"
            found = pack(n // asked.shrink, n_frames, path, asked.repeats)
            found |= {"budget_mb": budget, **(open_times(path, asked.repeats) or {})}
            opened = found.get("open_seconds")
            shown = "not opened: no Chromium" if opened is None else f"open in {opened:.2f} s"
            packed = found["seconds"]["total"]
            print(f"{name}: packed in {packed:.2f} s, {found['bytes'] / 1e6:.2f} MB of {budget:g}, {shown}")
            results[name] = found
    if asked.shrink == 1:
        write("page", results)


if __name__ == "__main__":
    main()
