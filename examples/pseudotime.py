"""Cells light up as pseudotime passes, from a progenitor on."""

from pathlib import Path

import numpy as np
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    adata.uns["iroot"] = int(np.flatnonzero(adata.obs["bulk_labels"] == "CD34+")[0])
    sc.tl.diffmap(adata)
    sc.tl.dpt(adata)
    adata.obs["order"] = adata.obs["dpt_pseudotime"].rank()
    return ga.pl.umap(
        adata, along="order", color="dpt_pseudotime", cmap="plasma", size=150, n_frames=90, fps=30,
        title="In the order of diffusion pseudotime", na_color="#2b2f38", theme="dark",
        progress_line="#f5b841", figsize=(7.2, 6), dpi=120,
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "pseudotime.mp4")


if __name__ == "__main__":
    main()
