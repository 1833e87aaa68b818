"""Any values over any points: a wave as a callable, blended between steps, to mp4, GIF and one picture."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 30_000), np.sqrt(rng.uniform(0, 1, 30_000))
    coords = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])

    def wave(step: int) -> NDArray[np.float64]:
        return np.asarray(np.sin(12 * radius - step * np.pi / 6) * (1 - radius) + 0.1 * np.cos(5 * angle))

    return ga.animate(
        coords, wave, n_steps=13, tween="linear", fps=25, duration=2, cmap="RdBu_r", vcenter=0,
        background="#101418", size=(480, 480),
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    wave = film()
    wave.save(OUT / "wave.mp4", quality="high")
    wave.save(OUT / "wave.gif")
    Image.fromarray(wave.frame(10)).save(OUT / "wave.png")


if __name__ == "__main__":
    main()
