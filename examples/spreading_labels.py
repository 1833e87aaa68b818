"""Two seeds on a simulated atlas: propagated while it is rendered, nothing kept in memory."""

from pathlib import Path

import numpy as np

import gpuanim as ga
from gpuanim.simulate import atlas

OUT = Path("out")


def main(n_cells: int = 20_000) -> None:
    OUT.mkdir(exist_ok=True)
    cells = atlas(n_cells)
    labels = np.zeros(n_cells, np.float32)
    labels[[0, n_cells // 2]] = 1
    steps = ga.LabelPropagation(cells.graph, labels, alpha=0.999, n_steps=60)
    film = ga.animate(cells.coords, steps, norm="rank", cmap="magma", size=(720, 720), fps=20, hold=1)
    result = film.save(OUT / "spreading_labels.mp4")
    print(f"{cells.title}: {result.n_frames} frames in {result.seconds['total']:.2f} s")


if __name__ == "__main__":
    main()
