"""Blood cells on their way from principal components to UMAP, type by type, with the trails they leave."""

from pathlib import Path

import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    return ga.morph(
        adata, ["pca", "umap"], color="bulk_labels", align="umap", stagger="bulk_labels", lag=0.5, move=2.5,
        trail=ga.Trail(0.4, alpha=0.35), s=50, size=(960, 680), theme="dark",
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "morph.mp4")


if __name__ == "__main__":
    main()
