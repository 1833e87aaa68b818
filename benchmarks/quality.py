"""What the words for quality mean: PSNR and SSIM of luma, size and speed of each format at each of them.

    python benchmarks/quality.py

Two films of real points at 1280x720, 24 frames each: a wave with noise of its own per point over 55,656 mouse
cells (every pixel changes with every frame), and dates that light up among 517,229 papers. Every format is
decoded by ffmpeg and compared with the frames that went in. The rate factors in `gpuanim.encode` are such
that a word has about the same PSNR of luma, averaged over both films, in every format.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _report import shared_data, write
from numpy.typing import NDArray

import gpuanim as ga
from gpuanim.decode import film_info
from gpuanim.decode.frames import read_frames
from gpuanim.frames import PixelFormat

FORMATS: dict[str, dict[str, Any]] = {
    "H.264 .mp4": {"codec": "h264"},
    "H.265 .mp4": {"codec": "h265"},
    "AV1 .webm": {"codec": "av1"},
    "VP9 .webm": {"codec": "vp9"},
    "ProRes .mov": {"codec": "prores"},
    "WebP .webp": {},
}
QUALITIES = ("draft", "standard", "high")
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
FRAMES, COMPARED = 24, 4


def noisy_cells() -> ga.Animation | None:
    """Let a wave with noise run over the cells."""
    path = shared_data("tabula_muris_droplet_56k.h5ad")
    if path is None:
        return None
    import anndata

    coords = np.asarray(anndata.read_h5ad(path).obsm["X_tsne"], np.float32)
    noise = np.random.default_rng(0).normal(0, 0.6, len(coords)).astype(np.float32)
    x, y = (coords / np.abs(coords).max()).T
    waves = [np.sin(3 * x + 2 * y + t / 3) + noise for t in range(FRAMES)]
    return ga.animate(coords, waves, vmin=-2, vmax=2, order="random", size=(1280, 720), fps=25)


def dated_papers() -> ga.Animation | None:
    """Let papers light up around a date that moves."""
    path = shared_data("cord19_umap_517k.h5ad")
    if path is None:
        return None
    import anndata

    data = anndata.read_h5ad(path)
    rank = data.obs["publish_date"].to_numpy().argsort().argsort() / data.n_obs
    glow = [np.exp(-np.square((rank - t) / 0.15)).astype(np.float32) for t in np.linspace(0.2, 0.8, FRAMES)]
    coords = np.asarray(data.obsm["X_umap"], np.float32)
    return ga.animate(coords, glow, vmin=0, vmax=1, cmap="magma", order="random", size=(1280, 720), fps=25)


def ssim(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the structural similarity of two pictures of luma, windows of 8 x 8 (Wang et al. 2004)."""
    from scipy.ndimage import uniform_filter

    mean_a, mean_b = uniform_filter(a, 8), uniform_filter(b, 8)
    var_a = uniform_filter(a * a, 8) - mean_a**2
    var_b = uniform_filter(b * b, 8) - mean_b**2
    both = uniform_filter(a * b, 8) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((above / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def measure(
    film: ga.Animation, frames: NDArray[np.uint8], path: Path, options: dict[str, Any]
) -> dict[str, float]:
    """Save, decode and compare every fourth frame."""
    start = time.perf_counter()
    result = film.save(path, **options)
    seconds = time.perf_counter() - start
    squares, similar = [], []
    shown = read_frames(path, film_info(path), PixelFormat.RGB24)
    for i, frame in enumerate(shown):
        if i % COMPARED == 0:
            ours, theirs = (
                picture.astype(np.float64) @ LUMA for picture in (frames[i], frame.reshape(frames[i].shape))
            )
            squares.append(np.square(ours - theirs).mean())
            similar.append(ssim(ours, theirs))
    return {
        "psnr_y": float(10 * np.log10(255**2 / max(np.mean(squares), 1e-9))),
        "ssim_y": float(np.mean(similar)),
        "kB_per_frame": result.nbytes / len(frames) / 1000,
        "fps": len(frames) / seconds,
    }


def main() -> None:
    """Run all and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-json", action="store_true", help="only print")
    args = parser.parse_args()
    films = {"cells": noisy_cells(), "papers": dated_papers()}
    results: dict[str, Any] = {}
    print(
        "| format | quality | "
        + " | ".join(f"{name}: PSNR, SSIM, kB, frames/s" for name in films)
        + " | mean PSNR |"
    )
    print("|---|---|" + "---|" * (len(films) + 1))
    with tempfile.TemporaryDirectory() as folder:
        drawn = {name: film.to_array() for name, film in films.items() if film is not None}
        for name, options in FORMATS.items():
            for quality in QUALITIES:
                path = Path(folder) / f"film{name.split()[-1]}"
                rows = {
                    label: measure(film, drawn[label], path, {**options, "quality": quality})
                    for label, film in films.items()
                    if film is not None
                }
                results[f"{name} {quality}"] = rows
                cells = [
                    f"{r['psnr_y']:.1f} dB, {r['ssim_y']:.4f}, {r['kB_per_frame']:.0f}, {r['fps']:.0f}"
                    for r in rows.values()
                ]
                mean = np.mean([r["psnr_y"] for r in rows.values()])
                print(f"| {name} | {quality} | " + " | ".join(cells) + f" | {mean:.1f} |", flush=True)
    if not args.no_json:
        write("quality", results)


if __name__ == "__main__":
    main()
