"""Films of values that change over a million-point embedding."""

from gpuanim.animation import Animation, SaveResult
from gpuanim.errors import (
    DataKeyError,
    EncoderError,
    FileError,
    FormatError,
    GpuanimError,
    GraphError,
    MissingDependencyError,
    OptionError,
    ShapeError,
    SourceError,
    TargetError,
)
from gpuanim.highlight import Highlight
from gpuanim.propagation import (
    HarmonicExtension,
    LabelPropagation,
    Solution,
    harmonic_extension,
    label_propagation,
)
from gpuanim.values import Linear, MatplotlibNorm, Rank
from gpuanim.verbs import animate, create_animation

__all__ = [
    "Animation",
    "DataKeyError",
    "EncoderError",
    "FileError",
    "FormatError",
    "GpuanimError",
    "GraphError",
    "HarmonicExtension",
    "Highlight",
    "LabelPropagation",
    "Linear",
    "MatplotlibNorm",
    "MissingDependencyError",
    "OptionError",
    "Rank",
    "SaveResult",
    "ShapeError",
    "Solution",
    "SourceError",
    "TargetError",
    "animate",
    "create_animation",
    "harmonic_extension",
    "label_propagation",
]

__version__ = "0.1.0"
