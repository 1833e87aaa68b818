"""What the user says: one verb a file."""

from gpuanim.verbs.animate import animate
from gpuanim.verbs.blog import create_animation
from gpuanim.verbs.lines import lines
from gpuanim.verbs.panels import panels

__all__ = ["animate", "create_animation", "lines", "panels"]
