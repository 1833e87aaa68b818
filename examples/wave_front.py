"""The wave front: cells whose colour has just changed light up, and a lasso marks where it ends."""

from pathlib import Path

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    coords = adata.obsm["X_umap"]
    labels = np.zeros(adata.n_obs)
    labels[350] = 1
    steps = ga.LabelPropagation(adata.obsp["connectivities"], labels, alpha=0.999, n_steps=20)
    monocytes = adata.obs["bulk_labels"] == "CD14+ Monocyte"
    return ga.animate(
        coords, steps, norm=ga.Rank(stretch=True), cmap="cividis", tween="linear", duration=5, s=60,
        theme="dark", title="The wave front, {time:.1f} s", caption="CD14+ monocytes outlined",
        progress_line="#ff5d8f",
        highlight=[
            ga.Highlight(front="#ff5d8f"),
            ga.Highlight(monocytes.to_numpy(), outline=("white", "#14161b")),
            ga.Highlight(350, marker="star"),
        ],
        size=(900, 900),
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "wave_front.mp4")


if __name__ == "__main__":
    main()
