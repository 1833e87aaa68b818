"""Particles flow over 700 blood cells, to where the neighbours of a cell are later in pseudotime.

The arrows come from real data, but they are no RNA velocity, which these data do not hold: each cell's points
to those of its neighbours in the graph that are later in diffusion pseudotime, averaged over the graph. With
scVelo's `velocity_umap` in `obsm`, `ga.pl.velocity(adata, "umap")` is all it takes.
"""

from pathlib import Path
from typing import Any

import numpy as np
import scanpy as sc
from numpy.typing import NDArray

import gpuanim as ga

OUT = Path("out")


def towards_later(adata: Any) -> NDArray[np.float64]:
    """Return (n, 2) the mean direction from each cell to its neighbours, by how much later they are."""
    graph = adata.obsp["connectivities"].tocoo()
    places, time = (
        adata.obsm["X_pca"][:, :2].astype(float),
        adata.obs["dpt_pseudotime"].rank(pct=True).to_numpy(),
    )
    way = places[graph.col] - places[graph.row]
    way /= np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    arrows = np.zeros_like(places)
    np.add.at(arrows, graph.row, (graph.data * (time[graph.col] - time[graph.row]))[:, None] * way)
    for _ in range(2):
        arrows = graph.tocsr() @ arrows / graph.sum(axis=1)
    return np.asarray(arrows)


def film() -> ga.Animation:
    adata = sc.datasets.pbmc68k_reduced()
    adata.uns["iroot"] = int(np.flatnonzero(adata.obs["bulk_labels"] == "CD34+")[0])
    sc.tl.diffmap(adata)
    sc.tl.dpt(adata)
    adata.obsm["later_pca"] = towards_later(adata)
    return ga.pl.velocity(
        adata, "pca", vkey="later", color="bulk_labels", size=380, alpha=0.35, theme="dark", smooth=1.3,
        min_mass=6, n_particles=700, lifetime=2.5, trail=0.7, duration=7.5, figsize=(8.8, 6), dpi=120,
        title="Towards later neighbours in pseudotime (not RNA velocity)",
    )  # fmt: skip


def main() -> None:
    OUT.mkdir(exist_ok=True)
    film().save(OUT / "velocity.mp4")


if __name__ == "__main__":
    main()
