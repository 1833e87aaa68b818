"""Code for matplotlib and celluloid with its import changed: fair coins, and how fast their means settle."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import gpuanim as ga
from gpuanim import Camera

OUT = Path("out")


def film() -> ga.Animation:
    flips = np.random.default_rng(2).integers(0, 2, (40, 1000))
    n = np.arange(1, 1001)
    means = flips.cumsum(axis=1) / n

    fig, ax = plt.subplots(figsize=(8, 4.5))
    ax.set(xlabel="flips", ylabel="share of heads", xlim=(1, 1000), ylim=(0, 1), xscale="log")
    camera = Camera(fig)
    for end in np.unique(np.geomspace(2, 1000, 80).astype(int)):
        ax.fill_between(n, 0.5 - 1 / np.sqrt(n), 0.5 + 1 / np.sqrt(n), color="0.93")
        ax.axhline(0.5, color="0.5", linewidth=1)
        ax.plot(n[:end], means[1:, :end].T, color="C0", alpha=0.25, linewidth=0.8)
        (one,) = ax.plot(n[:end], means[0, :end], color="C3", linewidth=2)
        ax.legend([one], [f"one coin: {means[0, end - 1]:.3f} after {end} flips"], loc="upper right")
        ax.set_title(f"{len(means)} fair coins, {end} flips")
        camera.snap()
    plt.close(fig)
    return camera.animate(interval=50)


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save([OUT / "coin_flips.gif", OUT / "coin_flips.mp4"])


if __name__ == "__main__":
    main()
