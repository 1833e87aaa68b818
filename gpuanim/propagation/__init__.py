"""S, the matrix that moves: values spread over a graph, step by step."""

from gpuanim.propagation.blog import harmonic_extension, label_propagation
from gpuanim.propagation.iterate import HarmonicExtension, LabelPropagation
from gpuanim.propagation.solve import Solution

__all__ = ["HarmonicExtension", "LabelPropagation", "Solution", "harmonic_extension", "label_propagation"]
