"""A turn around three principal components, while a signal spreads from a B cell over the graph."""

from pathlib import Path

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    seed = int(np.flatnonzero(adata.obs["bulk_labels"] == "CD19+ B")[0])
    ga.tl.label_propagation(adata, seeds=[seed], alpha=0.99, n_steps=24, key_added="signal")
    return ga.pl.pca(
        adata, frames="signal", camera=ga.Orbit(elevation=20, perspective=0.4, depth_cue=0.6), cmap="plasma",
        size=320, title="PC 1 to 3, from one B cell, step {step} of {steps}", n_frames=240, fps=30,
        tween="linear", figsize=(9, 5.5), dpi=120, theme="dark",
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "orbit.mp4")


if __name__ == "__main__":
    main()
