"""What the user says: one verb a file."""

from gpuanim.verbs.blog import create_animation
from gpuanim.verbs.of_curves import lines
from gpuanim.verbs.of_embeddings import morph
from gpuanim.verbs.of_flow import flow
from gpuanim.verbs.of_points import animate
from gpuanim.verbs.side_by_side import panels

__all__ = ["animate", "create_animation", "flow", "lines", "morph", "panels"]
