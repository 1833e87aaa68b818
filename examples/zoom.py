"""A flight over a UMAP: from all cells to the B cells, on to a cluster of monocytes, and back."""

from pathlib import Path

import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    every, b_cells = ga.Shot.all(), ga.Shot.group("CD19+ B", margin=0.3)
    cluster = ga.Shot.group("1", key="louvain", margin=0.1)
    flight = ga.Keyframes(
        [every, every, b_cells, b_cells, cluster, cluster, every], at=[0, 1, 3, 5, 7, 8, 9.7], unit="seconds"
    )
    return ga.pl.umap(
        adata, color="bulk_labels", camera=flight, title="{time:.1f} s", duration=9.8, fps=30, figsize=(9, 6),
        dpi=120, theme="light",
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "zoom.mp4")


if __name__ == "__main__":
    main()
