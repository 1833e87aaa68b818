"""Marker genes one after the other, in scanpy's colours and order of drawing."""

from pathlib import Path

import scanpy as sc

import gpuanim as ga

OUT = Path("out")
GENES = ["CD3D", "NKG7", "CD79A", "CST3", "FCER1A", "PPBP"]


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    genes = [gene for gene in GENES if gene in adata.raw.var_names]
    return ga.pl.umap(
        adata,
        frames=genes,
        cmap="magma",
        vmax="p99",
        size=140,
        fps=1,
        figsize=(7.2, 6),
        dpi=120,
        theme="light",
    )


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save([OUT / "genes.mp4", OUT / "genes.gif"])


if __name__ == "__main__":
    main()
