"""Cell types spread from ten labelled cells of each: the most likely type of each cell, step by step."""

from pathlib import Path

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    types = adata.obs["bulk_labels"].astype(object)
    rng = np.random.default_rng(0)
    known = [cell for cells in types.groupby(types).indices.values() for cell in rng.permutation(cells)[:5]]
    adata.obs["known"] = types.where(np.isin(np.arange(adata.n_obs), known)).astype("category")
    ga.tl.label_propagation(adata, labels="known", alpha=0.99, n_steps=12, key_added="spread")
    return ga.pl.umap(
        adata, frames="spread", title="Cell types from five cells of each, step {step} of {steps}",
        legend_loc="right margin", highlight=ga.Highlight(known, marker="ring", size=40, color="black"),
        fps=3, hold=1, figsize=(9, 6), dpi=120, theme="light",
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "spreading_cell_types.mp4")


if __name__ == "__main__":
    main()
