"""The points themselves in one HTML file: pan, zoom, play, and point at a cell for its name and rank."""

from pathlib import Path

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    labels = np.zeros(adata.n_obs)
    labels[[0, 350]] = 1  # two seed cells
    steps = ga.LabelPropagation(adata.obsp["connectivities"], labels, alpha=0.999, n_steps=20)
    return ga.animate(
        adata.obsm["X_umap"], steps, norm=ga.Rank(stretch=True), order="value", tween="linear", duration=4
    )


def main() -> None:
    OUT.mkdir(exist_ok=True)
    adata = sc.datasets.pbmc68k_reduced()
    made = film().save(
        OUT / "cells.html", interactive=True, title="Ranking of blood cells from two seeds",
        names=adata.obs_names, groups=adata.obs["bulk_labels"],
    )  # fmt: skip
    print(f"{made.path}: {made.nbytes / 1e3:.0f} kB, {made.n_frames} frames")


if __name__ == "__main__":
    main()
