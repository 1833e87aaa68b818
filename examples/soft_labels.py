"""Shares of classes two ways, side by side: colours mixed by share, the winner faded by its confidence."""

from pathlib import Path
from typing import Any

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    phases = adata.obs["phase"].cat.codes.to_numpy()
    shares = np.zeros((adata.n_obs, 3))
    known = np.random.default_rng(1).permutation(adata.n_obs)[:60]
    shares[known, phases[known]] = 1
    steps = ga.LabelPropagation(adata.obsp["connectivities"], shares, alpha=0.95, n_steps=15)
    look: dict[str, Any] = {
        "categories": list(adata.obs["phase"].cat.categories),
        "palette": ["#e4572e", "#17bebb", "#ffc914"],
        "tween": "linear",
        "duration": 5,
        "axes": "frame",
        "theme": "dark",
    }
    coords = adata.obsm["X_umap"]
    mixed = ga.animate(coords, steps, mix="linear", title="Colours mixed by share", **look)
    sure = ga.animate(
        coords, steps, mix="confidence", title="Most likely, by confidence", legend=True, **look
    )
    return ga.panels(
        [mixed, sure], title="Cell cycle phases, step {step} of {steps}", size=(1280, 640), theme="dark"
    )


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "soft_labels.mp4")


if __name__ == "__main__":
    main()
