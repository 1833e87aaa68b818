"""The way in: sources of values, timelines, norms and colour tables."""

from gpuanim.values._base import Mapping, Norm, Source
from gpuanim.values.colors import color_table
from gpuanim.values.normalize import Linear, MatplotlibNorm, Rank, as_norm
from gpuanim.values.sources import Columns, as_source
from gpuanim.values.timeline import Timeline, as_fps

__all__ = [
    "Columns",
    "Linear",
    "Mapping",
    "MatplotlibNorm",
    "Norm",
    "Rank",
    "Source",
    "Timeline",
    "as_fps",
    "as_norm",
    "as_source",
    "color_table",
]
