"""The bases that everyone has, by their names."""

from __future__ import annotations

from typing import Any

from gpuanim.adata import open_cells
from gpuanim.adata.sizes import spot_diameter
from gpuanim.animation import Animation
from gpuanim.pl.embedding import embedding

__all__ = ["pca", "spatial", "tsne", "umap"]


def umap(adata: Any, **options: Any) -> Animation:
    """Film a UMAP: ``embedding(adata, "umap", ...)``."""
    return embedding(adata, "umap", **options)


def tsne(adata: Any, **options: Any) -> Animation:
    """Film a t-SNE: ``embedding(adata, "tsne", ...)``."""
    return embedding(adata, "tsne", **options)


def pca(adata: Any, **options: Any) -> Animation:
    """Film principal components: ``embedding(adata, "pca", ...)``."""
    return embedding(adata, "pca", **options)


def spatial(
    adata: Any, *, spot_size: float | None = None, library_id: str | None = None, **options: Any
) -> Animation:
    """Film cells or spots where they lie in a tissue.

    As ``embedding(adata, "spatial", ...)``, by default with equal scales and y downwards as in the picture
    of the tissue, which is not drawn.

    Parameters
    ----------
    adata
        As in `embedding`, with ``obsm["spatial"]``.
    spot_size
        Diameter of a spot in the units of the coordinates. Default: that of ``uns["spatial"]``, if there is
        one, and else as in `embedding`.
    library_id
        Key in ``uns["spatial"]``, if there are several.
    **options
        Of `embedding`.
    """
    if spot_size is None and options.get("size") is None:
        with open_cells(adata) as cells:
            spot_size = spot_diameter(cells, library_id)
    usual: dict[str, Any] = {"aspect": "equal", "y_down": True}
    return embedding(adata, "spatial", spot_size=spot_size, **(usual | options))
