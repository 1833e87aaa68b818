"""Films of values that change over a million-point embedding."""

from typing import TYPE_CHECKING, Any

from gpuanim import blend
from gpuanim.animation import Animation, SaveResult
from gpuanim.camera import Camera
from gpuanim.chrome._base import Moment
from gpuanim.chrome.parts import Caption, ColorBar, Legend, Logo, ProgressLine, ScaleBar
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
from gpuanim.spreading import Spread
from gpuanim.values import Linear, MatplotlibNorm, Rank
from gpuanim.verbs import animate, create_animation, lines, panels

if TYPE_CHECKING:
    from gpuanim import pl, tl

__all__ = [
    "Animation",
    "Camera",
    "Caption",
    "ColorBar",
    "DataKeyError",
    "EncoderError",
    "FileError",
    "FormatError",
    "GpuanimError",
    "GraphError",
    "HarmonicExtension",
    "Highlight",
    "LabelPropagation",
    "Legend",
    "Linear",
    "Logo",
    "MatplotlibNorm",
    "MissingDependencyError",
    "Moment",
    "OptionError",
    "ProgressLine",
    "Rank",
    "SaveResult",
    "ScaleBar",
    "ShapeError",
    "Solution",
    "SourceError",
    "Spread",
    "TargetError",
    "animate",
    "blend",
    "create_animation",
    "harmonic_extension",
    "label_propagation",
    "lines",
    "panels",
    "pl",
    "tl",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the single-cell face, `pl` and `tl`, when it is first asked for."""
    if name in ("pl", "tl"):
        from importlib import import_module

        return import_module(f"gpuanim.{name}")
    raise AttributeError(f"module 'gpuanim' has no attribute {name!r}")
