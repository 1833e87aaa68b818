"""A figure that is ready for a talk: a title for each step, axes, a colour bar, and the seeds as stars."""

from pathlib import Path

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")
SEEDS = [0, 350]


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    labels = np.zeros(adata.n_obs)
    labels[SEEDS] = 1
    steps = ga.LabelPropagation(adata.obsp["connectivities"], labels, alpha=0.999, n_steps=20)
    return ga.animate(
        adata.obsm["X_umap"], steps, norm=ga.Rank(stretch=True), cmap="viridis", tween="linear", duration=4,
        title="Ranking from two seeds, step {step} of {steps}", axes="frame", xlabel="UMAP1", ylabel="UMAP2",
        colorbar="rank", highlight=ga.Highlight(SEEDS, marker="star"), progress_line=True, theme="light",
        figsize=(7.2, 6), dpi=150,
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "finished_figure.mp4")


if __name__ == "__main__":
    main()
