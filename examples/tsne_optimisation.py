"""t-SNE while it runs: openTSNE tells a recorder of every other iteration, and the view follows its scale."""

from pathlib import Path

import openTSNE
import scanpy as sc

import gpuanim as ga

OUT = Path("out")


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    recorder = ga.OpenTSNERecorder()
    openTSNE.TSNE(
        early_exaggeration_iter=60, n_iter=240, callbacks=recorder, callbacks_every_iters=2,
        initialization="pca", random_state=0, negative_gradient_method="bh",
    ).fit(adata.obsm["X_pca"][:, :30])  # fmt: skip
    return recorder.film(
        adata.obs["bulk_labels"], rescale=0.8, legend="right margin", s=60, alpha=0.85, fps=30,
        hold=(0, 1), theme="dark", figsize=(8.8, 6), dpi=120,
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "tsne_optimisation.mp4")


if __name__ == "__main__":
    main()
