"""The bases that everyone has, by their names."""

from __future__ import annotations

from typing import Any

from gpuanim.animation import Animation
from gpuanim.pl.embedding import embedding

__all__ = ["pca", "tsne", "umap"]


def umap(adata: Any, **options: Any) -> Animation:
    """Film a UMAP: ``embedding(adata, "umap", ...)``."""
    return embedding(adata, "umap", **options)


def tsne(adata: Any, **options: Any) -> Animation:
    """Film a t-SNE: ``embedding(adata, "tsne", ...)``."""
    return embedding(adata, "tsne", **options)


def pca(adata: Any, **options: Any) -> Animation:
    """Film principal components: ``embedding(adata, "pca", ...)``."""
    return embedding(adata, "pca", **options)
