"""The code for matplotlib and celluloid with its imports changed: a ranking spreads over real cells."""

from pathlib import Path

import numpy as np
import scanpy as sc

from gpuanim import Animation, create_animation, label_propagation

OUT = Path("out")


def film() -> Animation:
    adata = sc.datasets.pbmc68k_reduced()
    labels = np.zeros((adata.n_obs, 1))
    labels[[0, 350]] = 1
    ranking = label_propagation(
        labels, adata.obsp["connectivities"], labels[:, 0] == 1, param_alpha=0.999, method="iterative"
    )
    return create_animation(adata.obsm["X_umap"], ranking)


def main() -> None:
    OUT.mkdir(exist_ok=True)
    animation = film()
    (OUT / "ranking_search.html").write_text(animation.to_jshtml())
    animation.save(OUT / "ranking_search.mp4", dpi=200, fps=20)


if __name__ == "__main__":
    main()
