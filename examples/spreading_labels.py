"""Two seeds on a simulated atlas: propagated while it is rendered, nothing kept in memory."""

from pathlib import Path

import numpy as np

import gpuanim as ga
from gpuanim.simulate import atlas

OUT = Path("out")


def film(n_cells: int = 20_000) -> ga.Animation:
    cells = atlas(n_cells)
    labels = np.zeros(n_cells, np.float32)
    labels[[0, n_cells // 2]] = 1
    steps = ga.LabelPropagation(cells.graph, labels, alpha=0.999, n_steps=60)
    return ga.animate(
        cells.coords, steps, norm="rank", cmap="magma", fps=20, hold=1, title=cells.title,
        caption="step {step} of {steps}", theme="dark", size=(720, 720),
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    result = film().save(OUT / "spreading_labels.mp4")
    print(f"{result.n_frames} frames in {result.seconds['total']:.2f} s")


if __name__ == "__main__":
    main()
