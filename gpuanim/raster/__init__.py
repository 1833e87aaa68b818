"""W, the matrix that paints: which points show in which pixel, and with what weight."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib import import_module

from gpuanim.cuda import missing
from gpuanim.errors import OptionError
from gpuanim.frames import PixelFormat
from gpuanim.raster._base import Renderer
from gpuanim.raster.choice import Workload

__all__ = ["RENDERERS", "can", "check_mixing", "choose", "create"]

RENDERERS = {
    "cpu": "gpuanim.raster.cpu:CpuRenderer",
    "cuda": "gpuanim.raster.cuda.renderer:CudaRenderer",
    "opengl": "gpuanim.raster.opengl.renderer:OpenglRenderer",
}
"""Name -> import path; a renderer is imported when it is used."""


def choose(asked: str, device: int | None = None, work: Workload | None = None) -> tuple[str, str]:
    """Resolve the `renderer` option to a name and the reason for it.

    Parameters
    ----------
    asked
        A name, or "auto".
    device
        Of a GPU, None for the renderer's choice.
    work
        What there is to draw, by which "auto" chooses; without it "auto" is "cpu".

    Raises
    ------
    OptionError
        If no renderer has that name, or has no devices.
    MissingDependencyError
        If "cuda" was asked for and there is no CuPy or no GPU.
    """
    if asked != "auto" and asked not in RENDERERS:
        near = difflib.get_close_matches(str(asked), RENDERERS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise OptionError(f"renderer must be 'auto' or one of {sorted(RENDERERS)}, not {asked!r}{hint}")
    if device is not None and asked not in ("cuda", "opengl"):
        raise OptionError(
            f'device={device} is a GPU\'s: say renderer="cuda" or "opengl" with it, not {asked!r}'
        )
    if asked == "cuda":
        missing.require('renderer="cuda"')
    if asked != "auto":
        return asked, "as asked"
    if work is None:
        return "cpu", "needs no GPU, display or OpenGL"
    return _fastest(work)


def _fastest(work: Workload) -> tuple[str, str]:
    from gpuanim.raster import rivals
    from gpuanim.raster.book import read_book

    book = read_book()
    found = rivals.fastest(work, book)
    return found.name, f"{found.reason}; {book.note}" if book.note else found.reason


def create(name: str, device: int | None = None) -> Renderer:
    """Make a renderer by its resolved name; `device` is that of a GPU, None for its own choice."""
    made = _type(name)
    renderer: Renderer = made() if device is None else made(device)  # type: ignore[call-arg]
    return renderer


def can(name: str, mixings: Iterable[str], pixel_format: PixelFormat) -> bool:
    """Say whether a renderer has these mixings and this format."""
    made = _type(name)
    return pixel_format in made.formats and set(mixings) <= set(made.mixings)


def check_mixing(name: str, mixing: str) -> None:
    """Raise OptionError if a renderer cannot put points together as a blend wants it."""
    _type(name).check(mixing)


def _type(name: str) -> type[Renderer]:
    module, _, attribute = RENDERERS[name].partition(":")
    found: type[Renderer] = getattr(import_module(module), attribute)
    return found
