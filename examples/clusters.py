"""Clusters one after the other, the rest in grey, and their names on the data."""

from pathlib import Path

import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    return ga.pl.umap(
        adata, along="bulk_labels", legend_loc="on data", legend_fontoutline=3, legend_fontsize="small",
        size=160, fps=1, figsize=(7, 6), dpi=120, theme="light",
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "clusters.mp4")


if __name__ == "__main__":
    main()
