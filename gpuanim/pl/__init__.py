"""Films of an AnnData, in scanpy's manner: keys, colours, sizes and order of drawing are scanpy's."""

from gpuanim.pl.embedding import embedding
from gpuanim.pl.shortcuts import pca, tsne, umap
from gpuanim.pl.spatial import spatial
from gpuanim.pl.velocity import velocity

__all__ = ["embedding", "pca", "spatial", "tsne", "umap", "velocity"]
