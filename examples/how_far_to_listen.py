"""Three settings of a method side by side, with one timeline and one colour bar: how far a seed is heard."""

from pathlib import Path

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    labels = np.zeros(adata.n_obs)
    labels[350] = 1
    panels = [
        ga.animate(
            adata.obsm["X_umap"],
            ga.LabelPropagation(adata.obsp["connectivities"], labels, alpha=alpha, n_steps=30),
            norm="log", vmin=1e-9, vmax=1e-1, cmap="inferno", na_color="#2b2f38", s=40,
            title=f"alpha = {alpha}", colorbar="signal", highlight=ga.Highlight(350, marker="star", size=260),
        )
        for alpha in (0.3, 0.8, 0.99)
    ]  # fmt: skip
    return ga.panels(
        panels, share_colors=True, title="Label propagation, step {step} of {steps}", theme="dark",
        tween="linear", duration=6, hold=1, size=(1600, 620), progress_line="#f5b841",
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "how_far_to_listen.mp4")


if __name__ == "__main__":
    main()
