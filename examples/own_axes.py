"""A figure of your own as the stage: its limits, annotations and arrows stay, the points move in."""

from pathlib import Path

import numpy as np
import scanpy as sc
from matplotlib.figure import Figure

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    coords = adata.obsm["X_umap"]
    labels = np.zeros(adata.n_obs)
    labels[0] = 1
    steps = ga.LabelPropagation(adata.obsp["connectivities"], labels, alpha=0.999, n_steps=24)

    fig = Figure(figsize=(7.5, 6), dpi=120, layout="constrained", facecolor="#fbfaf7")
    ax = fig.add_subplot(facecolor="#f4f1ea")
    ax.set(title="From one dendritic cell", xlabel="UMAP1", ylabel="UMAP2")
    ax.set_xlim(coords[:, 0].min() - 2, coords[:, 0].max() + 1)
    ax.set_ylim(coords[:, 1].min() - 1, coords[:, 1].max() + 2)
    ax.grid(color="white", linewidth=1.2)
    ax.set_axisbelow(True)
    ax.annotate(
        "the seed", coords[0], (30, 40), textcoords="offset points", fontsize=12,
        arrowprops={"arrowstyle": "-|>", "color": "#333333", "connectionstyle": "arc3,rad=-0.2"},
    )  # fmt: skip
    return ga.animate(coords, steps, norm=ga.Rank(stretch=True), cmap="YlGnBu", s=22, fps=12, ax=ax)


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "own_axes.mp4")


if __name__ == "__main__":
    main()
