"""Films of values that change over a million-point embedding."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gpuanim.errors import (
    ClusterError,
    DataKeyError,
    EncoderError,
    FileError,
    FormatError,
    GpuanimError,
    GraphError,
    MemoryPlanError,
    MissingDependencyError,
    OptionError,
    RendererError,
    ShapeError,
    SourceError,
    TargetError,
)

if TYPE_CHECKING:
    from gpuanim import blend, pl, tl
    from gpuanim.animation import Animation, SaveResult
    from gpuanim.camera import Camera
    from gpuanim.chrome._base import Moment
    from gpuanim.chrome.parts import Caption, ColorBar, Legend, Logo, ProgressLine, ScaleBar
    from gpuanim.frame_store import Frames, open_frames, store_frames
    from gpuanim.highlight import Highlight
    from gpuanim.motion.recorders import OpenTSNERecorder, Recorder, UMAPRecorder
    from gpuanim.motion.trails import Trail
    from gpuanim.propagation import (
        HarmonicExtension,
        LabelPropagation,
        Solution,
        harmonic_extension,
        label_propagation,
    )
    from gpuanim.spreading import Spread
    from gpuanim.values import Linear, MatplotlibNorm, Rank
    from gpuanim.verbs import animate, create_animation, flow, lines, morph, panels
    from gpuanim.view.follow import Follow
    from gpuanim.view.keyframes import Keyframes
    from gpuanim.view.orbit import Orbit
    from gpuanim.view.shots import Shot

__all__ = [
    "Animation",
    "Camera",
    "Caption",
    "ClusterError",
    "ColorBar",
    "DataKeyError",
    "EncoderError",
    "FileError",
    "Follow",
    "FormatError",
    "Frames",
    "GpuanimError",
    "GraphError",
    "HarmonicExtension",
    "Highlight",
    "Keyframes",
    "LabelPropagation",
    "Legend",
    "Linear",
    "Logo",
    "MatplotlibNorm",
    "MemoryPlanError",
    "MissingDependencyError",
    "Moment",
    "OpenTSNERecorder",
    "OptionError",
    "Orbit",
    "ProgressLine",
    "Rank",
    "Recorder",
    "RendererError",
    "SaveResult",
    "ScaleBar",
    "ShapeError",
    "Shot",
    "Solution",
    "SourceError",
    "Spread",
    "TargetError",
    "Trail",
    "UMAPRecorder",
    "animate",
    "blend",
    "create_animation",
    "flow",
    "harmonic_extension",
    "label_propagation",
    "lines",
    "morph",
    "open_frames",
    "panels",
    "pl",
    "store_frames",
    "tl",
]

__version__ = "0.1.0"

_HOMES = {
    "gpuanim.animation": (
        "Animation",
        "SaveResult",
    ),
    "gpuanim.camera": ("Camera",),
    "gpuanim.chrome._base": ("Moment",),
    "gpuanim.chrome.parts": (
        "Caption",
        "ColorBar",
        "Legend",
        "Logo",
        "ProgressLine",
        "ScaleBar",
    ),
    "gpuanim.frame_store": (
        "Frames",
        "open_frames",
        "store_frames",
    ),
    "gpuanim.highlight": ("Highlight",),
    "gpuanim.motion.recorders": (
        "OpenTSNERecorder",
        "Recorder",
        "UMAPRecorder",
    ),
    "gpuanim.motion.trails": ("Trail",),
    "gpuanim.propagation": (
        "HarmonicExtension",
        "LabelPropagation",
        "Solution",
        "harmonic_extension",
        "label_propagation",
    ),
    "gpuanim.spreading": ("Spread",),
    "gpuanim.values": (
        "Linear",
        "MatplotlibNorm",
        "Rank",
    ),
    "gpuanim.verbs": (
        "animate",
        "create_animation",
        "flow",
        "lines",
        "morph",
        "panels",
    ),
    "gpuanim.view.follow": ("Follow",),
    "gpuanim.view.keyframes": ("Keyframes",),
    "gpuanim.view.orbit": ("Orbit",),
    "gpuanim.view.shots": ("Shot",),
}
"""Module -> the public names that live there. A module is loaded when one of them is first asked for."""

_PACKAGES = ("blend", "pl", "tl")


if not TYPE_CHECKING:  # to a type checker this would make any name right

    def __getattr__(name: str) -> Any:
        if name in _PACKAGES:
            return import_module(f"gpuanim.{name}")
        for home, names in _HOMES.items():
            if name in names:
                found = globals()[name] = getattr(import_module(home), name)
                return found
        raise AttributeError(f"module 'gpuanim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
