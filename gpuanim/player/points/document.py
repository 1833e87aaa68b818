"""The text of an interactive page: markup, styles, scripts, and the data as base64."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

from gpuanim.player.assets import closure, template, text
from gpuanim.player.points.blob import Blob

__all__ = ["frame_html", "page_parts"]

_SCRIPTS = (
    "shared/icons.js",
    "shared/controls.js",
    "points/codec.js",
    "points/film.js",
    "points/highlights.js",
    "points/order.js",
    "points/view.js",
    "points/gestures.js",
    "points/canvas.js",
    "points/marks.js",
    "points/pick.js",
    "points/scale.js",
    "points/meaning.js",
    "points/legend.js",
    "points/page.js",
)
_SHADERS = {"vertex": "points/points.vert", "fragment": "points/points.frag"}


def page_parts(facts: dict[str, Any], blob: Blob, title: str) -> Iterator[bytes]:
    """Yield a whole page in pieces; nothing of the user's reaches a script other than as JSON data.

    The page allows itself its own script and style, by their hashes, and nothing from anywhere else.
    """
    style = text("shared/controls.css") + "\n" + text("points/page.css")
    shaders = {name: text(path) for name, path in _SHADERS.items()}
    script = closure(
        f"const SHADERS = {json.dumps(shaders)};", *(text(name) for name in _SCRIPTS), "start();"
    )
    head, tail = (
        template("points/page.html")
        .substitute(
            policy=_policy(script, style),
            title=escape(title or "Animation"),
            style=style,
            facts=_json(facts),
            script=script,
            data="\0",
        )
        .split("\0")
    )
    yield head.encode("utf-8")
    yield from blob.base64()
    yield tail.encode("utf-8")


def frame_html(page: str, height: int, title: str) -> str:
    """Return a fragment that shows a whole page in a frame of its own, `height` CSS pixels high.

    The frame may run scripts, save pictures and fill the screen, and has no access to what is around it. It
    stands in a block, because IPython warns of HTML that is a frame and nothing else.
    """
    source = page.replace("&", "&amp;").replace('"', "&quot;")
    return (
        f'<div><iframe title="{escape(title or "Animation")}" width="100%" height="{height}" '
        'sandbox="allow-scripts allow-downloads" allow="fullscreen" '
        f'style="border: 0; display: block" srcdoc="{source}"></iframe></div>'
    )


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src blob: data:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    """Return the hash of an element's text; the template puts a line break before and after it."""
    digest = hashlib.sha256(f"\n{content}\n".encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _json(facts: dict[str, Any]) -> str:
    """Return JSON in ASCII that cannot end the element which it stands in."""
    plain = json.dumps(facts, allow_nan=False, separators=(",", ":"))
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
