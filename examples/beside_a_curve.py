"""An embedding beside a curve: what a propagation does, and how far it still is from its end."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    labels = np.zeros(adata.n_obs)
    labels[[0, 350]] = 1
    steps = list(ga.LabelPropagation(adata.obsp["connectivities"], labels, alpha=0.99, n_steps=60))
    change = [np.linalg.norm(b - a) / np.linalg.norm(b) for a, b in pairwise(steps)]
    cells = ga.animate(
        adata.obsm["X_umap"], steps[1:], norm=ga.Rank(stretch=True), cmap="magma", axes="frame", fps=15,
        title="Step {step}", colorbar="rank", theme="light",
    )  # fmt: skip
    curve = ga.lines(
        np.arange(1, len(change) + 1), change, mode="grow", xlabel="step", ylabel="relative change",
        title="Convergence", yscale="log", theme="light",
    )  # fmt: skip
    return ga.panels([cells, curve], size=(1400, 640), theme="light")


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "beside_a_curve.mp4")


if __name__ == "__main__":
    main()
