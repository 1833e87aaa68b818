"""The wave front on a simulated atlas: cells whose colour has just changed light up; a star, and a lasso."""

from pathlib import Path

import numpy as np

import gpuanim as ga
from gpuanim.simulate import atlas

OUT = Path("out")


def film(n_cells: int = 20_000) -> ga.Animation:
    cells = atlas(n_cells)
    seed = int(np.argmin(np.square(cells.coords - np.median(cells.coords, axis=0)).sum(1)))
    labels = np.zeros(n_cells, np.float32)
    labels[seed] = 1
    steps = ga.LabelPropagation(cells.graph, labels, alpha=0.999, n_steps=48)
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    reach = 0.1 * np.ptp(cells.coords, axis=0).max()
    circle = cells.coords[seed] + reach * np.column_stack([np.cos(angle), np.sin(angle)])
    return ga.animate(
        cells.coords, steps, norm=ga.Rank(stretch=True), cmap="cividis", fps=16, theme="dark",
        title=f"A wave front, {cells.title}", caption="hop {step} from the star", progress_line="#ff5d8f",
        highlight=[
            ga.Highlight(front="#ff5d8f"),
            ga.Highlight(seed, marker="star", size=300),
            ga.Highlight(lasso=circle, color="white"),
        ],
        size=(900, 900),
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "wave_front.mp4")


if __name__ == "__main__":
    main()
