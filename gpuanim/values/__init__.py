"""The way in: sources of values, timelines, norms and colour tables."""

from gpuanim.values._base import Mapping, Norm, Source
from gpuanim.values.categories import as_categories, looks_categorical
from gpuanim.values.category_norm import CategoryNorm
from gpuanim.values.colors import color_table
from gpuanim.values.normalize import Linear, MatplotlibNorm, Rank, as_norm
from gpuanim.values.palettes import palette_colors
from gpuanim.values.shares import Confident, Mixed, as_shares
from gpuanim.values.sources import Columns, as_source
from gpuanim.values.timeline import Timeline, as_fps

__all__ = [
    "CategoryNorm",
    "Columns",
    "Confident",
    "Linear",
    "Mapping",
    "MatplotlibNorm",
    "Mixed",
    "Norm",
    "Rank",
    "Source",
    "Timeline",
    "as_categories",
    "as_fps",
    "as_norm",
    "as_shares",
    "as_source",
    "color_table",
    "looks_categorical",
    "palette_colors",
]
