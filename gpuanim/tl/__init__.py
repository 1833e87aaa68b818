"""Tools on an AnnData, in scanpy's manner: values spread over its graph and are kept in it."""

from gpuanim.tl.spread import harmonic_extension, label_propagation

__all__ = ["harmonic_extension", "label_propagation"]
