"""The files that pages are made of: styles, scripts and templates, joined when a page is written."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template

__all__ = ["closure", "template", "text"]


@cache
def text(name: str) -> str:
    """Return a file of this package by its path, such as ``"shared/icons.js"``."""
    return files("gpuanim.player").joinpath(name).read_text(encoding="utf-8").strip()


@cache
def template(name: str) -> Template:
    """Return a file of this package whose ``$names`` are to be filled in."""
    return Template(text(name))


def closure(*parts: str) -> str:
    """Join scripts so that they see one another's names and leave none of them behind."""
    return "\n\n".join(["(() => {", '"use strict";', *parts, "})();"])
