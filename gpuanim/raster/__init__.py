"""W, the matrix that paints: which points show in which pixel, and with what weight."""

from __future__ import annotations

from importlib import import_module

from gpuanim.errors import OptionError
from gpuanim.raster._base import Renderer

__all__ = ["RENDERERS", "choose", "create"]

RENDERERS = {"cpu": "gpuanim.raster.cpu:CpuRenderer", "cuda": "gpuanim.raster.cuda.renderer:CudaRenderer"}
"""Name -> import path; a renderer is imported when it is used."""


def choose(asked: str) -> tuple[str, str]:
    """Resolve the `renderer` option to a name and the reason for it.

    Raises
    ------
    OptionError
        If no renderer has that name.
    """
    if asked == "auto":
        return "cpu", "the only renderer of this version; it needs no GPU, display or OpenGL"
    if asked not in RENDERERS:
        raise OptionError(f"renderer must be 'auto' or one of {sorted(RENDERERS)}, not {asked!r}")
    return asked, "as asked"


def create(name: str) -> Renderer:
    """Make a renderer by its resolved name."""
    module, _, attribute = RENDERERS[name].partition(":")
    renderer: Renderer = getattr(import_module(module), attribute)()
    return renderer
